"""A configuration of a flake: `REF#NAME`, NAME as the `home-manager` tool takes it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hmeval.errors import TargetError
from hmeval.literals import path_literal, string_literal
from hmeval.targets.target import OFFLINE, Target

_OUTPUT = "homeConfigurations"
_CALL_FLAKE = Path(__file__).resolve().parent.parent / "nix/call-flake.nix"
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")


class FlakeReference:
    """A flake, and the name of one of its home configurations, if one was asked for.

    `override_inputs` replaces inputs by folders; `offline` replaces `nixpkgs` and `home-manager` by hmeval's own
    stand-ins. Raises TargetError where a local folder holds no flake.
    """

    def __init__(self, text: str, override_inputs: Mapping[str, str] | None = None, *, offline: bool = False) -> None:
        place, _, name = text.partition("#")
        self.name = _without_output(name) or None
        self.folder = _local_folder(place)
        self.reference = str(self.folder) if self.folder else place
        self._as_path = place.startswith("path:")
        stand_ins = {name: OFFLINE / name for name in ("nixpkgs", "home-manager")} if offline else {}
        given = {name: _input_folder(name, folder) for name, folder in (override_inputs or {}).items()}
        self.override_inputs = stand_ins | given
        if self.override_inputs and self.folder is None:
            raise TargetError(f"inputs can be replaced in local flakes alone, and {place} is none")

    def expression(self) -> str:
        """A Nix expression for the flake: its outputs, with `inputs`."""
        if self.folder is None:
            return f"builtins.getFlake {string_literal(self.reference)}"
        source, subdirectory = self._source(self.folder)
        overrides = "".join(
            f"{string_literal(name)} = {_fetch_path(folder)}; " for name, folder in self.override_inputs.items()
        )
        return (
            f"import {path_literal(str(_CALL_FLAKE))} {{ source = {source}; "
            f"subdirectory = {string_literal(subdirectory)}; overrides = {{ {overrides}}}; }}"
        )

    def _source(self, folder: Path) -> tuple[str, str]:
        """How Nix fetches a local folder, and where in what it fetches the flake lies.

        A folder in a Git work tree is taken as Git has it, without the files that it does not know; `path:` takes
        all of it (Nix, flake references).
        """
        work_tree = None if self._as_path else _work_tree(folder)
        if work_tree is None:
            return _fetch_path(folder), ""
        subdirectory = folder.relative_to(work_tree).as_posix()
        url = string_literal(f"file://{quote(str(work_tree))}")
        return f'builtins.fetchTree {{ type = "git"; url = {url}; }}', "" if subdirectory == "." else subdirectory

    def _copied(self) -> tuple[str, Path] | None:
        if self.folder is None:
            return None
        source, subdirectory = self._source(self.folder)
        depth = len(Path(subdirectory).parts)
        return f"({source}).outPath", self.folder.parents[depth - 1] if depth else self.folder

    def target(self, name: str) -> Target:
        """The target for the home configuration `name`."""
        flake = f"({self.expression()})"
        description: dict[str, Any] = {"kind": "flake", "flake": self.reference, "name": name}
        if self.override_inputs:
            description["override_inputs"] = {name: str(folder) for name, folder in self.override_inputs.items()}
        return Target(
            expression=f"{flake}.{_OUTPUT}.{string_literal(name)}",
            with_module=None,
            library=f"{flake}.inputs.nixpkgs.lib",
            source=self._copied(),
            description=description,
        )


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
    import getpass
    import socket

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
    if path == place and _SCHEME.match(path):
        return None
    folder = Path(os.path.abspath(path.partition("?")[0] or "."))
    if not (folder / "flake.nix").is_file():
        raise TargetError(f"{folder} holds no flake.nix")
    return folder


def _input_folder(name: str, place: str) -> Path:
    folder = Path(os.path.abspath(place.removeprefix("path:")))
    if not folder.is_dir():
        raise TargetError(f"--override-input {name} {place}: there is no folder {folder}")
    return folder


def _work_tree(folder: Path) -> Path | None:
    """The Git work tree that a folder is in."""
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), None)


def _fetch_path(folder: Path) -> str:
    return f'(builtins.fetchTree {{ type = "path"; path = {string_literal(str(folder))}; }})'
