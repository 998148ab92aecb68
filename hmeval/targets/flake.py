"""A configuration of a flake: `REF#NAME`, NAME as the `home-manager` tool takes it, or a path to it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hmeval.errors import TargetError
from hmeval.literals import path_literal, string_literal
from hmeval.targets.git import work_tree
from hmeval.targets.informing import informing, told_of
from hmeval.targets.inputs import parse_input_path
from hmeval.targets.lock import Attributes, InputPath, LockFile, Node
from hmeval.targets.locking import Locked, Place, Rules
from hmeval.targets.names import Chosen, Wanted, parse_name
from hmeval.targets.reference import URL_SAFE, describe_reference, parse_reference
from hmeval.targets.target import OFFLINE, Target

_CALL_FLAKE = Path(__file__).resolve().parent.parent / "nix/call-flake.nix"
_CONFIGURATION = _CALL_FLAKE.with_name("configuration.nix")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
_NAME_IN_REGISTRY = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]*")


class FlakeReference:
    """A flake, and what was asked for of its configurations.

    `override_inputs` replaces inputs, by their paths (`nixpkgs`, `home-manager/nixpkgs`), with folders or other flake
    references; `offline` replaces `nixpkgs`, `home-manager` and `nix-darwin` by hmeval's own stand-ins. Raises
    TargetError where a local folder holds no flake.

    Attributes:
        wanted: the output and the name that were asked for, as far as they were.
        folder: the flake's folder, where it is one that can be written to; None for what is fetched.
        shown: the flake, as messages name it.
        attributes: the flake, as Nix fetches it.
        overrides: by path of the input, what replaces it.
        stand_ins: the same, for what gives way to what flake.nix says of the inputs of its inputs.
    """

    def __init__(self, text: str, override_inputs: Mapping[str, str] | None = None, *, offline: bool = False) -> None:
        place, _, name = text.partition("#")
        self.wanted: Wanted = parse_name(name)
        self.attributes, self.folder = _flake(place)
        self.shown = str(self.folder) if self.folder else place
        given = {_override_path(name): _replacement(name, each) for name, each in (override_inputs or {}).items()}
        self.overrides: dict[InputPath, Attributes] = given
        self.stand_ins: dict[InputPath, Attributes] = _stand_ins() if offline else {}
        self._overrides_shown = {"/".join(path): describe_reference(each) for path, each in given.items()}

    def target(self, chosen: Chosen, called: str, top: Place) -> Target:
        """The target for a home configuration; `called` is the function that call_flake gives."""
        return Target(
            expression=_pick(f"({called} [ ])", chosen),
            with_module=f"module: {_pick(f'({called} [ module ])', chosen)}",
            source=self.source(top),
            description=self.describe(chosen),
        )

    def host(self, chosen: Chosen, called: str) -> str:
        """A Nix expression for a system; `called` is one for the flake's outputs."""
        return _pick(called, chosen)

    def describe(self, chosen: Chosen) -> dict[str, Any]:
        """What to tell of the flake and of one of its configurations."""
        overrides = {"override_inputs": self._overrides_shown} if self._overrides_shown else {}
        return {"kind": "flake", "flake": self.shown, "name": str(chosen), **overrides}

    def source(self, top: Place) -> tuple[str, Path] | None:
        """The copy in the store of the folder that the flake lies in, and that folder; None for what is fetched."""
        if self.folder is None:
            return None
        depth = len(Path(top.directory).parts)
        return top.tree.path, self.folder.parents[depth - 1] if depth else self.folder


def call_flake(locked: Locked, rules: Rules, *, is_dirty: bool) -> str:
    """A Nix expression for a function that gives a flake's outputs, with `inputs`.

    It takes modules, which the Home Manager among the inputs adds to every configuration. `is_dirty` says that the lock
    file is not the one in the flake's folder: it is then no longer of any revision.
    """
    keys = locked.lock.keys()
    root = id(locked.lock.root)
    places = "".join(
        f"{string_literal(keys[node])} = {_place(place, without_revision=is_dirty and node == root)}; "
        for node, place in locked.places.items()
    )
    refused = "" if rules.in_parent else "".join(_refused(keys, locked.lock))
    missing = "".join(
        f"{string_literal(keys[node])} = {string_literal(one.message)}; " for node, one in locked.missing.items()
    )
    arguments = (
        f"lock = {string_literal(locked.lock.text())}; places = {{ {places}}}; refused = {{ {refused}}}; "
        f"missing = {{ {missing}}};"
    )
    return f"(modules: import {path_literal(str(_CALL_FLAKE))} {{ inherit modules; {arguments} }})"


def _refused(keys: Mapping[int, str], lock: LockFile) -> Iterator[str]:
    """By key, what Nix 2.8 does not fetch with, and what the flake is told by it all the same."""
    for _, node in lock.edges():
        if isinstance(node, Node) and (names := informing(node.locked)):
            told = "".join(f"{name} = {_literal(value)}; " for name, value in told_of(node.locked).items())
            shown = " ".join(map(string_literal, names))
            yield f"{string_literal(keys[id(node)])} = {{ names = [ {shown} ]; told = {{ {told}}}; }}; "


def _pick(outputs: str, chosen: Chosen) -> str:
    function = f"import {path_literal(str(_CONFIGURATION))}"
    return f"({function} {outputs}.{chosen.output} {string_literal(chosen.output)} {string_literal(chosen.name)})"


def _place(place: Place, *, without_revision: bool) -> str:
    left_out = {"rev", "shortRev", "revCount"} if without_revision else set()
    known = {name: value for name, value in place.tree.info.items() if name not in left_out}
    fields = {"outPath": place.tree.path, **known}
    info = "".join(f"{name} = {_literal(value)}; " for name, value in fields.items())
    return f"{{ sourceInfo = {{ {info}}}; directory = {string_literal(place.directory)}; }}"


def _literal(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else string_literal(value)


def _flake(place: str) -> tuple[Attributes, Path | None]:
    """What is fetched for a flake, and the folder that it lies in, where it can be written to."""
    text, _, query = place.partition("?")
    is_path = text.startswith("path:")
    if _SCHEME.match(text) and not is_path:
        attributes = parse_reference(place)
        return attributes, _written_folder(attributes)
    path = Path(os.path.realpath(text.removeprefix("path:") or "."))
    if _NAME_IN_REGISTRY.fullmatch(text) and not path.exists():
        return parse_reference(place), None
    given = parse_reference(f"path:/?{query}" if is_path else f"git+file:///?{query}")
    directory = str(given.get("dir", ""))
    folder = _flake_folder(path / directory, searching=not is_path and not directory)
    if is_path:
        return given | {"path": str(path)}, folder
    return local_reference(folder, {k: v for k, v in given.items() if k not in ("type", "url", "dir")}), folder


def _flake_folder(folder: Path, *, searching: bool) -> Path:
    """The folder, or the one above it in the same Git work tree, that holds a flake.nix. Raises TargetError."""
    for above in (folder, *folder.parents) if searching else (folder,):
        if (above / "flake.nix").is_file():
            return above
        if (above / ".git").exists():
            break
    raise TargetError(f"{folder} holds no flake.nix" + (", and no folder above it does" if searching else ""))


def local_reference(folder: Path, more: Attributes | None = None) -> Attributes:
    """How Nix fetches a local folder.

    A folder in a Git work tree is taken as Git has it, without the files that it does not know; any other folder is
    taken whole, as `path:` takes each (Nix, flake references).
    """
    top = work_tree(folder)
    if top is None:
        return {"type": "path", "path": str(folder)}
    directory = folder.relative_to(top).as_posix()
    shallow: Attributes = {"shallow": True} if (top / ".git/shallow").exists() else {}
    rest: Attributes = {} if directory == "." else {"dir": directory}
    return {"type": "git", "url": f"file://{quote(str(top), safe=URL_SAFE)}", **shallow, **(more or {}), **rest}


def local_place(reference: str) -> str:
    """The path that a flake reference is, where it is one, links and all: they may lead elsewhere another time."""
    return os.path.abspath(reference.partition("#")[0].removeprefix("path:").partition("?")[0] or ".")


def _written_folder(attributes: Attributes) -> Path | None:
    """The folder of a flake that a URL names, where that is a folder or a Git work tree and no revision of it."""
    url = str(attributes.get("url", ""))
    if attributes["type"] != "git" or not url.startswith("file://") or attributes.keys() & {"ref", "rev"}:
        return None
    from urllib.parse import unquote

    folder = Path(os.path.realpath(unquote(url.removeprefix("file://").partition("?")[0])))
    return folder / str(attributes.get("dir", "")) if (folder / ".git").exists() else None


def _override_path(name: str) -> InputPath:
    path = parse_input_path(name)
    if not path:
        raise TargetError("--override-input needs the name of an input")
    return path


def _replacement(name: str, place: str) -> Attributes:
    is_path = place.startswith("path:")
    if _SCHEME.match(place) and not is_path:
        return parse_reference(place)
    folder = Path(os.path.realpath(place.removeprefix("path:")))
    if not folder.is_dir():
        raise TargetError(f"--override-input {name} {place}: there is no folder {folder}")
    return {"type": "path", "path": str(folder)} if is_path else local_reference(folder)


def _stand_ins() -> dict[InputPath, Attributes]:
    """hmeval's own nixpkgs, and what has it as an input: Home Manager, nix-darwin under either of its usual names."""
    of_nixpkgs = {"home-manager": "home-manager", "nix-darwin": "nix-darwin", "darwin": "nix-darwin"}
    folders: dict[InputPath, str] = {("nixpkgs",): "nixpkgs"}
    for name, folder in of_nixpkgs.items():
        folders |= {(name,): folder, (name, "nixpkgs"): "nixpkgs"}
    return {path: {"type": "path", "path": str(OFFLINE / folder)} for path, folder in folders.items()}
