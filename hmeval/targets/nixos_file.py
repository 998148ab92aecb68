"""A NixOS configuration in a file (configuration.nix), with the nixpkgs of a channel or a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hmeval.literals import path_literal
from hmeval.targets.home_file import existing_module, nixpkgs_folder

if TYPE_CHECKING:
    from hmeval.targets.request import AnyPath

# Modules have the place of the call as that of their importer, where it is not taken away: it is none of the user's.
_EVALUATED = """(let evaluate = {function}; in evaluate ({{ modules = [ {module} ]; }}
  // (if (builtins.functionArgs evaluate) ? modulesLocation then {{ modulesLocation = null; }} else {{ }})))"""


def is_nixos_file(file: AnyPath) -> bool:
    """Whether a file is called as NixOS calls its configuration."""
    return Path(file).name == "configuration.nix"


def nixos_file_host(file: AnyPath, nixpkgs: AnyPath | None, *, offline: bool) -> tuple[str, dict[str, Any]]:
    """A Nix expression for the system that <nixpkgs/nixos> makes of `file`, and what to tell of it.

    Raises TargetError for what is not there.
    """
    module = existing_module(file)
    folder, shown = nixpkgs_folder(nixpkgs, "nixos/lib/eval-config.nix", offline=offline)
    host = _EVALUATED.format(
        function=f'import ({folder} + "/nixos/lib/eval-config.nix")', module=path_literal(str(module))
    )
    return host, {"kind": "nixos-file", "file": os.fspath(module), "nixpkgs": shown}
