"""Where hmeval keeps things."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


def cache_place() -> str:
    """What can be made anew: $XDG_CACHE_HOME/hmeval, by default ~/.cache/hmeval."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "hmeval")


def cache_folder() -> Path:
    """The same as a Path, which takes longer to import than most answers do."""
    from pathlib import Path

    return Path(cache_place())
