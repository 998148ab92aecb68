"""Target: one configuration to evaluate, as a Nix expression."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

OFFLINE = Path(__file__).resolve().parent.parent / "offline"
"""hmeval's own stand-ins for nixpkgs and Home Manager."""


SCOPE = "configuration: let inherit (configuration) config options pkgs; inherit (pkgs) lib; in"
"""The beginning of a Nix function from an evaluated configuration to what an expression within it gives."""


class Begin(NamedTuple):
    """Where the user's own files of a target begin.

    Attributes:
        file: the one that the evaluation begins with: a module, or a flake.nix.
        tree: for a flake, the folder that all of them are in; else None.
    """

    file: str
    tree: str | None = None


class Target(NamedTuple):
    """One Home Manager configuration, or a system's own.

    Attributes:
        expression: a Nix expression for what Home Manager's `modules/default.nix` returns: a set with `config`,
            `options` and `pkgs`.
        with_module: a Nix expression for a function that takes a module and gives the same configuration with it; None
            where none can be added.
        source: for a flake, the folder in the store that it was copied to, and the folder that it was copied from;
            None where nothing was copied.
        description: what was asked for, as the contract's JSON shows it under "target".
        system: of a user's home inside a system, that system; else None.
        begin: where the user's own files begin; None where that is not known.
    """

    expression: str
    with_module: str | None
    source: tuple[str, Path] | None
    description: dict[str, Any]
    system: Target | None = None
    begin: Begin | None = None

    def describe(self) -> dict[str, Any]:
        """The target for output: `kind`, and what it was made from."""
        return dict(self.description)

    def begun_at(self, begin: Begin) -> Target:
        """The same target, and its system, with `begin`."""
        return self._replace(begin=begin, system=self.system and self.system.begun_at(begin))
