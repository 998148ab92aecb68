"""What a workspace's options are those of: what the setting `hmeval.target` says, else what lies next to the file."""

from __future__ import annotations

import getpass
import platform
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hmeval.errors import TargetError
from hmeval.lsp.meaning import HOME, SYSTEM, Scope
from hmeval.targets import names
from hmeval.targets.discovery import looked_at
from hmeval.targets.nixos_file import is_nixos_file

_FLAGS = {
    "--flake": "flake",
    "--file": "file",
    "--home-manager": "home_manager",
    "--nixpkgs": "nixpkgs",
    "--user": "user",
}
_SWITCHES = {"--offline": "offline", "--system": "system"}
_FOLDERS = ("home_manager", "nixpkgs")


class ChosenTarget(NamedTuple):
    """A configuration to evaluate.

    Attributes:
        flake, file, home_manager, nixpkgs, offline, user, system: as `hmeval.load` takes them.
        folder: the folder whose code is evaluated, and which has to be trusted for it.
    """

    folder: Path
    flake: str | None = None
    file: str | None = None
    home_manager: str | None = None
    nixpkgs: str | None = None
    offline: bool = False
    user: str | None = None
    system: bool = False

    @property
    def scope(self) -> Scope:
        """Whose options its files are about where nothing else tells: a home's, unless it is a system."""
        if self.file:
            return Scope(SYSTEM if is_nixos_file(self.file) else HOME)
        return Scope(SYSTEM if self.system or self._output() in (names.NIXOS, names.DARWIN) else HOME)

    def _output(self) -> str | None:
        """The kind of the flake's outputs that is named."""
        return names.parse_name((self.flake or "").partition("#")[2]).output

    @property
    def whose(self) -> Scope:
        """Whose options an evaluation of it gives."""
        name = (self.flake or "").partition("#")[2] if self._output() else None
        return Scope(SYSTEM, None, name) if self.system else Scope(HOME, self.user, name)

    @property
    def configurations(self) -> Sequence[str]:
        """What of the flake may be meant: what is named, or else what has this user's, or machine's, name."""
        name = (self.flake or "").partition("#")[2]
        if self._output():
            return [name]
        user, host = getpass.getuser(), platform.node()
        homes, systems = ([name], [name]) if name else ([user, f"{user}@{host}"], [host, host.partition(".")[0]])
        return [
            *(f"{names.HOME}.{one}" for one in homes),
            *(f"{output}.{one}" for output in (names.NIXOS, names.DARWIN) for one in systems),
        ]

    def of(self, scope: Scope) -> ChosenTarget | None:
        """The target for the options of a scope: of the system, or of a user, that this one is or has; None without."""
        own = self._replace(system=False)
        if self.file and self.scope.kind == HOME:
            return own if scope.kind == HOME else None
        if scope.configuration is not None and self.flake:
            named = f"{self.flake.partition('#')[0]}#{scope.configuration}"
            return self._replace(flake=named, user=scope.user, system=scope.kind == SYSTEM)
        if scope.kind == SYSTEM:
            return self._replace(flake=self._system_flake(), user=None, system=True)
        if scope.user is None or scope.user == self.user:
            return own
        return own._replace(flake=self._system_flake(), user=scope.user)

    def _system_flake(self) -> str | None:
        """The flake with the name of a system in it: that of this machine where the name is a home's."""
        is_system = self._output() != names.HOME if self._output() else bool(self.user or self.system)
        return self.flake if is_system or not self.flake else self.flake.partition("#")[0]

    def arguments(self) -> dict[str, Any]:
        """The arguments of `hmeval.load`."""
        return {name: value for name, value in self._asdict().items() if name != "folder"}

    def __str__(self) -> str:
        chosen = f"--flake {self.flake}" if self.flake else f"--file {self.file}"
        user = f" --user {self.user}" if self.user else ""
        return f"{chosen}{user}{' --system' if self.system else ''}"


def chosen_target(text: str, folder: Path) -> ChosenTarget:
    """The target that a setting names, with the command line's flags. Raises TargetError for what it does not know."""
    given: dict[str, Any] = {}
    words = iter(shlex.split(text))
    for word in words:
        if word in _SWITCHES:
            given[_SWITCHES[word]] = True
        elif word in _FLAGS:
            given[_FLAGS[word]] = next(words, "")
        else:
            raise TargetError(f"hmeval.target: {word} is not known; give {', '.join([*_FLAGS, *_SWITCHES])}")
    if bool(given.get("flake")) == bool(given.get("file")):
        raise TargetError("hmeval.target: give --flake REF[#NAME] or --file FILE")
    for name in _FOLDERS:
        if name in given:
            given[name] = str(folder / Path(given[name]).expanduser())
    if given.get("file"):
        file = folder / Path(given["file"]).expanduser()
        return ChosenTarget(file.parent, **(given | {"file": str(file)}))
    return _flake_target(given, folder)


def _flake_target(given: dict[str, Any], folder: Path) -> ChosenTarget:
    reference, mark, name = given["flake"].partition("#")
    if ":" in reference and not reference.startswith("path:"):
        return ChosenTarget(folder, **given)
    path = (folder / Path(reference.removeprefix("path:") or ".").expanduser()).resolve()
    return ChosenTarget(path, **(given | {"flake": f"{path}{mark}{name}"}))


def nearest_target(file: Path, top: Path, *, wants_system: bool = False) -> ChosenTarget | None:
    """The configuration that is nearest above a file, up to the workspace's folder, as discovery finds it.

    `wants_system` says that a home alone would not do.
    """
    for candidate in looked_at(file.parent):
        if not candidate.path.is_relative_to(top):
            break
        if candidate.is_there and not (wants_system and candidate.path.name == "home.nix"):
            # A flake.nix that is a link is the flake of another folder, which has to be trusted.
            folder = Path(candidate.flake) if candidate.flake else candidate.path.parent
            return ChosenTarget(folder, flake=candidate.flake, file=candidate.file)
    return None
