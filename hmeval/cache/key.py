"""What a result is of: everything that is known before an evaluation and changes what it gives."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from hmeval.targets.request import Request

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# What Nix reads of the environment before it evaluates anything, and what hmeval itself goes by.
_VARIABLES = frozenset(
    "HOME USER LOGNAME LNAME USERNAME HOME_MANAGER_CONFIG LD_LIBRARY_PATH LD_PRELOAD XDG_CACHE_HOME XDG_CONFIG_HOME "
    "XDG_CONFIG_DIRS XDG_DATA_HOME XDG_STATE_HOME".split()
)
_PREFIXES = ("NIX_", "GIT_")


def lookup_path() -> list[str]:
    """The folders in $NIX_PATH, as the current folder has them."""
    entries = (entry.rpartition("=")[2] for entry in os.environ.get("NIX_PATH", "").split(":"))
    return [os.path.abspath(place) for place in entries if place and not place.startswith("//")]


def identity(request: Request, evaluator: Any) -> tuple[Any, ...]:
    """Everything that is known before an evaluation and changes what it gives."""
    import sys

    # Files that parts of the request were read from count by what they said.
    given = {name: _absolute(name, value) for name, value in request.arguments().items() if name != "files"}
    variables = {name: value for name, value in os.environ.items() if name in _VARIABLES or name.startswith(_PREFIXES)}
    return (
        given,
        (sorted(variables.items()), lookup_path()),
        (None if given["file"] or str(given["flake"]).startswith("/") else os.getcwd()),
        (os.geteuid(), os.uname().nodename, os.uname().machine),
        (sys.implementation.cache_tag, _PACKAGE),
        None if callable(evaluator) or evaluator is None else evaluator.identity,
    )


def _absolute(name: str, value: Any) -> Any:
    if value is None or name == "flake" or isinstance(value, bool):
        return value
    if name == "override_inputs":
        return sorted((key, place if ":" in place else os.path.abspath(place)) for key, place in value.items())
    return os.path.abspath(os.fspath(value))
