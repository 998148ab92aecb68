"""A system, NixOS or nix-darwin: its own options, or those of a user whose home it manages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hmeval.literals import path_literal, string_literal
from hmeval.targets.target import Target

_USER = Path(__file__).resolve().parent.parent / "nix/user.nix"


LOOK_UP = """let host = {host}; in {{
  inherit host;
  users = if host.options ? home-manager.users then builtins.attrNames host.config.home-manager.users else null;
}}"""
"""A Nix expression for an evaluated system and the users whose homes it manages; null without Home Manager's module."""

USER_OF = f"host: user: import {path_literal(str(_USER))} {{ inherit host user; }}"
"""A Nix expression for the function from both to the home, as user_target's expression evaluates it."""


def system_target(host: str, source: tuple[str, Path] | None, description: dict[str, Any]) -> Target:
    """The target for the system's own options; `host` is a Nix expression for the evaluated system."""
    return Target(
        expression=f"(let host = {host}; in host // {{ inherit (host._module.args) pkgs; }})",
        with_module=f"module: ({host}).extendModules {{ modules = [ module ]; }}",
        source=source,
        description=description | {"system": True},
    )


def user_target(host: str, user: str, source: tuple[str, Path] | None, description: dict[str, Any]) -> Target:
    """The target for a user's home inside the system; `host` is a Nix expression for the evaluated system."""
    arguments = f"host = {host}; user = {string_literal(user)};"
    function = f"import {path_literal(str(_USER))}"
    return Target(
        expression=f"({function} {{ {arguments} }})",
        with_module=f"module: {function} {{ {arguments} modules = [ module ]; }}",
        source=source,
        description=description | {"user": user},
        system=system_target(host, source, description),
    )
