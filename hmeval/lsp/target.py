"""What a workspace's options are those of: what the setting `hmeval.target` says, else what lies next to the file."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any, NamedTuple

from hmeval.errors import TargetError
from hmeval.targets.discovery import looked_at

_FLAGS = {"--flake": "flake", "--file": "file", "--home-manager": "home_manager", "--nixpkgs": "nixpkgs"}
_FOLDERS = ("home_manager", "nixpkgs")


class ChosenTarget(NamedTuple):
    """A configuration to evaluate.

    Attributes:
        flake, file, home_manager, nixpkgs, offline: as `hmeval.load` takes them.
        folder: the folder whose code is evaluated, and which has to be trusted for it.
    """

    folder: Path
    flake: str | None = None
    file: str | None = None
    home_manager: str | None = None
    nixpkgs: str | None = None
    offline: bool = False

    def arguments(self) -> dict[str, Any]:
        """The arguments of `hmeval.load`."""
        return {name: value for name, value in self._asdict().items() if name != "folder"}

    def __str__(self) -> str:
        return f"--flake {self.flake}" if self.flake else f"--file {self.file}"


def chosen_target(text: str, folder: Path) -> ChosenTarget:
    """The target that a setting names, with the command line's flags. Raises TargetError for what it does not know."""
    given: dict[str, Any] = {}
    words = iter(shlex.split(text))
    for word in words:
        if word == "--offline":
            given["offline"] = True
        elif word in _FLAGS:
            given[_FLAGS[word]] = next(words, "")
        else:
            raise TargetError(f"hmeval.target: {word} is not known; give {', '.join(_FLAGS)} or --offline")
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


def nearest_target(file: Path, top: Path) -> ChosenTarget | None:
    """The configuration that is nearest above a file, up to the workspace's folder, as discovery finds it."""
    for candidate in looked_at(file.parent):
        if not candidate.path.is_relative_to(top):
            break
        if candidate.is_there:
            # A flake.nix that is a link is the flake of another folder, which has to be trusted.
            folder = Path(candidate.flake) if candidate.flake else candidate.path.parent
            return ChosenTarget(folder, flake=candidate.flake, file=candidate.file)
    return None
