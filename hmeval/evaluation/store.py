"""Which Nix store an evaluator uses."""

from __future__ import annotations

import os

from hmeval.errors import EngineError

_STATE = "/nix/var/nix"


def system_store_usable() -> bool:
    """Whether the store that Nix takes by itself can be used: one named in the environment, a daemon, or our own."""
    if os.environ.get("NIX_REMOTE") or os.environ.get("NIX_STORE_DIR"):
        return True
    return os.path.exists(f"{_STATE}/daemon-socket/socket") or os.access(f"{_STATE}/db", os.W_OK)


def private_store_uri() -> str:
    """A store of the user's own below the cache folder: it needs neither /nix nor root.

    Its paths differ from those of /nix/store. Raises EngineError where the folder cannot be made.
    """
    from urllib.parse import quote  # slow to import, and rarely needed

    from hmeval.folders import cache_folder

    folder = cache_folder() / "nix"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(f"no folder for a private Nix store: {error}; set XDG_CACHE_HOME") from error
    places = {"store": folder / "store", "state": folder / "var", "log": folder / "log"}
    return "local?" + "&".join(f"{name}={quote(str(place))}" for name, place in places.items())


def default_store_uri() -> str | None:
    """None for the system's store where it can be used, else the private one."""
    return None if system_store_usable() else private_store_uri()
