"""Where hmeval keeps things."""

from __future__ import annotations

import os

from hmeval.errors import EngineError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


def home_folder() -> str:
    """The user's home folder. Raises EngineError where nothing says which that is: Nix does not start then."""
    home = os.path.expanduser("~")
    if home.startswith("~"):
        raise EngineError(f"there is no home folder: $HOME is not set, and the user {os.geteuid()} has no account")
    return home


def cache_place() -> str:
    """What can be made anew: $XDG_CACHE_HOME/hmeval, by default ~/.cache/hmeval. Raises EngineError without a home."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(home_folder(), ".cache")
    return os.path.join(base, "hmeval")


def cache_folder() -> Path:
    """The same as a Path, which takes longer to import than most answers do."""
    from pathlib import Path

    return Path(cache_place())
