"""The process behind the command `hmeval`, which `python -m hmeval` starts as well."""

from __future__ import annotations

import contextlib
import os
import sys

from hmeval.cli import main


def run_process() -> None:
    """Run the command line, and end the process with its exit code.

    What the process holds goes with it: taking apart Python's objects and Nix's one by one costs a tenth of a cold
    listing, and nothing is left to do by then (`main` has written and closed everything).
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or not there
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    run_process()
