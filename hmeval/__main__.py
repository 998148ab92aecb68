"""`python -m hmeval`: the command line."""

import sys

from hmeval.cli import main

sys.exit(main())
