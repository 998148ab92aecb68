"""A Home Manager module (home.nix), with a Home Manager and a nixpkgs to evaluate it with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hmeval.errors import TargetError
from hmeval.folders import home_folder
from hmeval.literals import path_literal
from hmeval.targets.target import OFFLINE, Target

if TYPE_CHECKING:
    from hmeval.targets.request import AnyPath


def home_file_target(
    file: AnyPath,
    home_manager: AnyPath | None = None,
    nixpkgs: AnyPath | None = None,
    *,
    offline: bool = False,
) -> Target:
    """The target for `file`, as the `home-manager` tool evaluates it (home-manager/home-manager.nix).

    `home_manager` and `nixpkgs` are folders, by default <home-manager> and <nixpkgs>; with `offline` the built-in
    stand-ins serve where none is given. Raises TargetError for what is not there.
    """
    module = existing_module(file)
    if offline:
        home_manager = home_manager or OFFLINE / "home-manager"
    home_manager_path = _folder(home_manager, "home-manager", "modules/default.nix")
    nixpkgs_path, nixpkgs_shown = nixpkgs_folder(nixpkgs, "default.nix", offline=offline)
    function = f'import ({home_manager_path} + "/modules")'
    path = path_literal(str(module))
    description = {
        "kind": "file",
        "file": str(module),
        "home_manager": _shown(home_manager, "home-manager"),
        "nixpkgs": nixpkgs_shown,
    }
    return Target(
        expression=f"{function} {{ pkgs = import {nixpkgs_path} {{ }}; configuration = {path}; }}",
        with_module=(
            f"module: {function} {{ pkgs = import {nixpkgs_path} {{ }}; configuration.imports = [ {path} module ]; }}"
        ),
        source=None,
        description=description,
    )


def nixpkgs_folder(given: AnyPath | None, wanted: str, *, offline: bool) -> tuple[str, str]:
    """A Nix expression for nixpkgs, which must hold the file `wanted`, and how to show it. Raises TargetError."""
    folder = given or (OFFLINE / "nixpkgs" if offline else None)
    return _folder(folder, "nixpkgs", wanted), _shown(folder, "nixpkgs")


def existing_module(file: AnyPath) -> Path:
    """The absolute path of a module, or of a folder that is one. Raises TargetError where no such thing is there."""
    module = existing(Path(file), "the configuration")
    if module.is_dir() and not (module / "default.nix").exists():
        raise TargetError(f"{module} is a folder without a default.nix: give the file, as in --file {module}/home.nix")
    return module


def existing(path: Path, what: str) -> Path:
    """The absolute path. Raises TargetError where nothing is there."""
    absolute = Path(os.path.abspath(path))
    if not absolute.exists():
        raise TargetError(f"{what} {absolute} does not exist")
    return absolute


def _folder(given: AnyPath | None, name: str, wanted: str) -> str:
    """A Nix expression for the folder `given`, or for <name>; `wanted` is the file that must be in it."""
    if given is None:
        _require_lookup_path(name)
        return f"<{name}>"
    folder = existing(Path(given), f"the folder given with --{name}")
    if not (folder / wanted).exists():
        raise TargetError(f"{folder} holds no {wanted}: it is not a {name} (--{name})")
    return path_literal(str(folder))


def _require_lookup_path(name: str) -> None:
    """Nix finds <name> through $NIX_PATH, or in the channels of its own; without either the answer is known."""
    channels = (Path(home_folder(), ".nix-defexpr/channels"), Path("/nix/var/nix/profiles/per-user/root/channels"))
    if not os.environ.get("NIX_PATH") and not any(folder.exists() for folder in channels):
        raise TargetError(
            f"there is no <{name}>: $NIX_PATH is empty and there are no channels. "
            f"Give --{name} DIR, or --offline for the built-in stand-in"
        )


def _shown(given: AnyPath | None, name: str) -> str:
    return f"<{name}>" if given is None else os.path.abspath(given)
