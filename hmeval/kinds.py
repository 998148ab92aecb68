"""Nix's own kinds of value, for which Python has no type: they keep their kind when a value becomes Python."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NixPath:
    """A Nix path: a place in the file system, not a string, and not copied to the store."""

    path: str

    def __fspath__(self) -> str:
        return self.path

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True)
class Derivation:
    """A derivation (an attribute set with `type = "derivation"`): its name and its store paths.

    `out_path` and `drv_path` are paths in the evaluator's store; `drv_path` is None where the set has none.
    """

    name: str
    out_path: str
    drv_path: str | None

    def __str__(self) -> str:
        return self.out_path


@dataclass(frozen=True, slots=True)
class Function:
    """A Nix function or builtin; call it through the `Value` that holds it."""

    def __str__(self) -> str:
        return "<function>"
