"""Where generations are found: the one that was activated last, those of Home Manager's profile, and any folder.

Source: `setHomeManagerPathVariables`, `doListGens` and `doSwitch` of Home Manager's home-manager/home-manager.
"""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple

from hmeval.errors import PlanError
from hmeval.plan.disk import Disk

_LINK = re.compile(r"home-manager-([0-9]+)-link")


class Found(NamedTuple):
    """A generation that was asked for.

    Attributes:
        kind: current, none, previous, numbered or folder.
        path: its folder, links resolved; None where there is none.
        number: its number in the profile; None where it was not found by it.
    """

    kind: str
    path: str | None
    number: int | None = None

    def as_json(self) -> dict[str, Any]:
        """How a plan tells of it."""
        told: dict[str, Any] = {"kind": self.kind, "generation": self.path}
        return told if self.number is None else told | {"number": self.number}


def find_generation(asked: str | os.PathLike[str], home: str, disk: Disk) -> Found:
    """The generation that is meant by `current`, `none`, `previous`, a number or a folder.

    `current` is the one that was activated last, which may be none; `previous` is the one that a rollback would take;
    numbers are those that `home-manager generations` lists. Raises PlanError for what is no generation, or not there.
    """
    name = os.fspath(asked)
    if name == "none":
        return Found("none", None)
    if name == "current":
        current = disk.real(_current(home, disk))
        return _checked(Found("current", current), disk) if _is_folder(disk, current) else Found("current", None)
    if name == "previous":
        return _checked(_previous(_profiles(home, disk), disk), disk)
    if re.fullmatch("[0-9]+", name):
        return _checked(_numbered(_profiles(home, disk), int(name), disk), disk)
    return _checked(Found("folder", disk.real(os.path.abspath(name))), disk)


def _checked(found: Found, disk: Disk) -> Found:
    parts = (f"{found.path}/{name}" for name in ("home-files", "activate"))
    if not any(disk.entry(part).kind != "absent" for part in parts):
        raise PlanError(f"{found.path} is no generation: it holds neither home-files nor activate")
    return found


def _previous(profiles: str, disk: Disk) -> Found:
    """The generation before the profile's own, as `nix-env --rollback` takes it."""
    own = _LINK.fullmatch(disk.entry(f"{profiles}/home-manager").link)
    if own is None:
        raise PlanError(f"{profiles}/home-manager leads to no generation that could be rolled back from")
    earlier = [number for number in _numbers(profiles, disk) if number < int(own[1])]
    if not earlier:
        raise PlanError(f"generation {own[1]} is the oldest in {profiles}: there is none to roll back to")
    return _numbered(profiles, max(earlier), disk)._replace(kind="previous")


def _numbered(profiles: str, number: int, disk: Disk) -> Found:
    numbers = _numbers(profiles, disk)
    if number not in numbers:
        listed = ", ".join(map(str, sorted(numbers))) or "none"
        raise PlanError(f"there is no generation {number} in {profiles}; there is {listed}")
    return Found("numbered", disk.real(f"{profiles}/home-manager-{number}-link"), number)


def _numbers(profiles: str, disk: Disk) -> list[int]:
    try:
        names = [name for name, _ in disk.children(profiles)]
    except OSError as error:
        raise PlanError(f"{profiles}: {error.strerror}") from None
    return [int(match[1]) for match in map(_LINK.fullmatch, names) if match]


def _profiles(home: str, disk: Disk) -> str:
    """The folder of the user's profiles, where it is there; else the machine's for that user."""
    own = f"{_state(home, disk)}/nix/profiles"
    state = os.environ.get("NIX_STATE_DIR") or "/nix/var/nix"
    shared = f"{state}/profiles/per-user/{os.environ.get('USER', '')}"
    for folder in (own, shared):
        if _is_folder(disk, folder):
            return folder
    raise PlanError(f"there is no profile of Home Manager's: neither {own} nor {shared} is a folder")


def _current(home: str, disk: Disk) -> str:
    """Where the generation is that was activated last: not the profile, which a blocked switch has set already."""
    return f"{_state(home, disk)}/home-manager/gcroots/current-home"


def _state(home: str, disk: Disk) -> str:
    """The folder of a user's state: $XDG_STATE_HOME is that of $HOME, by whichever path to it."""
    own = os.environ.get("HOME")
    state = os.environ.get("XDG_STATE_HOME") if own and disk.real(own) == disk.real(home) else None
    return state or f"{home}/.local/state"


def _is_folder(disk: Disk, path: str) -> bool:
    return disk.entry(disk.real(path)).kind == "directory"
