"""Where hmeval keeps things."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """What can be made anew: $XDG_CACHE_HOME/hmeval, by default ~/.cache/hmeval."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "hmeval"
