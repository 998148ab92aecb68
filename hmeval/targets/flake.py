"""A configuration of a flake: `REF#NAME`, NAME as the `home-manager` tool takes it."""

from __future__ import annotations

import getpass
import os
import socket
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from hmeval.errors import TargetError
from hmeval.literals import string_literal
from hmeval.targets.target import OFFLINE, Target

_OUTPUT = "homeConfigurations"


class FlakeReference:
    """A flake, and the name of one of its home configurations, if one was asked for.

    `reference` is what Nix takes: an URL, or an absolute path. Raises TargetError where a local folder holds no flake.
    """

    def __init__(self, text: str, override_inputs: Mapping[str, str] | None = None, *, offline: bool = False) -> None:
        place, _, name = text.partition("#")
        self.name = _without_output(name) or None
        self.folder = _local_folder(place)
        self.reference = str(self.folder) if self.folder else place
        overrides = dict(override_inputs or {})
        if offline:
            overrides = {"nixpkgs": str(OFFLINE / "nixpkgs"), "home-manager": str(OFFLINE / "home-manager")} | overrides
        self.override_inputs = {name: _input_reference(name, place) for name, place in overrides.items()}

    def expression(self) -> str:
        """A Nix expression for the flake's outputs and inputs."""
        if not self.override_inputs:
            return f"builtins.getFlake {string_literal(self.reference)}"
        return f"(builtins.getFlake {string_literal(self._wrapper())}).inputs.target"

    def _wrapper(self) -> str:
        """A flake whose only input is this one, with inputs replaced: the way that Nix itself has for it."""
        target = self.reference if not self.folder else f"path:{self.folder}"
        overrides = "".join(
            f"    inputs.{string_literal(name)}.url = {string_literal(url)};\n"
            for name, url in self.override_inputs.items()
        )
        folder = Path(tempfile.mkdtemp(prefix="hmeval-flake-"))
        (folder / "flake.nix").write_text(
            f"{{\n  inputs.target = {{\n    url = {string_literal(target)};\n{overrides}  }};\n"
            "  outputs = { target, ... }: { };\n}\n"
        )
        return str(folder)

    def target(self, name: str) -> Target:
        """The target for the home configuration `name`."""
        flake = f"({self.expression()})"
        description = {"kind": "flake", "flake": self.reference, "name": name}
        if self.override_inputs:
            description |= {"override_inputs": self.override_inputs}  # type: ignore[dict-item]
        return Target(f"{flake}.{_OUTPUT}.{string_literal(name)}", f"{flake}.inputs.nixpkgs.lib", description)


def choose_name(wanted: str | None, names: Sequence[str], flake: str) -> str:
    """The home configuration to take, among the `names` that a flake has.

    Without a wanted name, $USER, but rather $USER@ and the host's full, whole or short name (home-manager/home-manager,
    setFlakeParams: the last that is there). Raises TargetError, which names those that there are.
    """
    if not names:
        raise TargetError(f"the flake {flake} has no {_OUTPUT}")
    tried = [wanted] if wanted else default_names()
    found = [name for name in tried if name in names]
    if not found:
        raise TargetError(
            f"the flake {flake} has no {_OUTPUT}.{' or '.join(tried)}; it has {', '.join(names)}: "
            f"give one as --flake {flake}#NAME"
        )
    return found[-1]


def default_names() -> list[str]:
    """The names that the `home-manager` tool tries, the last one first in rank."""
    user = os.environ.get("USER") or getpass.getuser()
    host = socket.gethostname()
    names = [user, f"{user}@{socket.getfqdn()}", f"{user}@{host}", f"{user}@{host.partition('.')[0]}"]
    return list(dict.fromkeys(names))


def _without_output(name: str) -> str:
    path = name.removeprefix(_OUTPUT + ".")
    return path[1:-1] if path.startswith('"') and path.endswith('"') else path


def _local_folder(place: str) -> Path | None:
    """The folder that a reference names, or None for what is to be fetched."""
    path = place.removeprefix("path:")
    scheme = path.partition(":")[0]
    if path == place and (":" in path and "/" not in scheme):
        return None
    folder = Path(os.path.abspath(path.partition("?")[0] or "."))
    if not (folder / "flake.nix").is_file():
        raise TargetError(f"{folder} holds no flake.nix")
    return folder


def _input_reference(name: str, place: str) -> str:
    folder = _local_folder_or_none(place)
    if folder is None:
        return place
    if not folder.is_dir():
        raise TargetError(f"--override-input {name} {place}: {folder} is no folder")
    return f"path:{folder}"


def _local_folder_or_none(place: str) -> Path | None:
    path = place.removeprefix("path:")
    return Path(os.path.abspath(path)) if path != place or ":" not in path else None
