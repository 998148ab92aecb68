"""What a workspace's options are those of: what the setting `hmeval.target` says, else what lies next to the file."""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hmeval.errors import TargetError
from hmeval.lsp.meaning import HOME, SYSTEM, Scope
from hmeval.targets import names
from hmeval.targets.discovery import upwards
from hmeval.targets.nixos_file import is_nixos_file
from hmeval.targets.project import completed, find_project, read_flags
from hmeval.targets.request import Request

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
        folder: the folder whose code is evaluated, and which has to be trusted for it.
        flake, file, home_manager, nixpkgs, offline, user, system: as `hmeval.load` takes them.
        override_inputs: the same, by pairs; project: the hmeval.toml that says some of it.
    """

    folder: Path
    flake: str | None = None
    file: str | None = None
    home_manager: str | None = None
    nixpkgs: str | None = None
    offline: bool = False
    user: str | None = None
    system: bool = False
    override_inputs: tuple[tuple[str, str], ...] = ()
    project: str | None = None

    @property
    def folders(self) -> Sequence[Path]:
        """All folders that have to be trusted for an evaluation of it."""
        return [self.folder, *(project_folders(self.project) if self.project else ())]

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

    def request(self) -> Request:
        """What is to be evaluated; whatever a hmeval.toml has to say is in it already."""
        given = {name: value for name, value in self._asdict().items() if name not in ("folder", "project")}
        return Request(**given | {"override_inputs": dict(self.override_inputs)})

    def __str__(self) -> str:
        chosen = f"--flake {self.flake}" if self.flake else f"--file {self.file}"
        user = f" --user {self.user}" if self.user else ""
        return f"{chosen}{user}{' --system' if self.system else ''}"


def chosen_target(text: str, folder: Path) -> ChosenTarget:
    """The target that a setting names, with the command line's flags. Raises TargetError for what it does not know."""
    try:
        given = read_flags(text, _FLAGS, _SWITCHES)
    except TargetError as error:
        raise TargetError(f"hmeval.target: {error}") from None
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
    for candidate in upwards(file.parent, top):
        if candidate.is_there and not (wants_system and candidate.path.name == "home.nix"):
            # A flake.nix that is a link is the flake of another folder, which has to be trusted.
            folder = Path(candidate.flake) if candidate.flake else candidate.path.parent
            return ChosenTarget(folder, flake=candidate.flake, file=candidate.file)
    return None


def project_file(file: Path, top: Path) -> str | None:
    """The nearest hmeval.toml above a file, up to the workspace's folder; it is not read."""
    return find_project(str(file.parent), str(top))


def project_folders(project: str) -> Sequence[Path]:
    """The folders that have to be trusted before a hmeval.toml is read: its own, and the one that a link leads to."""
    return list(dict.fromkeys((Path(project).parent, Path(os.path.realpath(project)).parent)))


def project_target(project: str, file: Path, top: Path, chosen: ChosenTarget | None) -> ChosenTarget | None:
    """The target of a file by a hmeval.toml that is trusted, and by the setting where that names one (`chosen`).

    Raises TargetError for a hmeval.toml that is wrong.
    """
    request = completed(chosen.request() if chosen else Request(), project, str(file.parent))
    target = chosen or _named(request, Path(project).parent)
    target = target or nearest_target(file, top, wants_system=bool(request.user or request.system))
    if target is None or not request.files:
        return target
    return target._replace(
        user=request.user,
        system=request.system,
        offline=request.offline,
        override_inputs=tuple(request.override_inputs.items()),
        project=project,
    )


def _named(request: Request, folder: Path) -> ChosenTarget | None:
    """The flake or the file that a request names."""
    if request.file is not None:
        return ChosenTarget(Path(request.file).parent, file=str(request.file))
    return None if request.flake is None else _flake_target({"flake": request.flake}, folder)
