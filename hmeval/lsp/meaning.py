"""What an expression in Nix text defines: the rules of modules, and of functions that definitions go through. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

HOME, SYSTEM = "home", "system"
ANY = "<any>"
"""A name that the text does not say: `${name}`, or that of a function's argument."""
ELEMENT = "*"

Path = tuple[str, ...]

# The functions whose argument at this place is what the option is defined with.
_CONTENT = {
    name: place
    for place, names in enumerate(
        (
            "mkMerge mkForce mkDefault mkBefore mkAfter mkOptionDefault mkVMOverride mkImageMediaOverride "
            "mkForce mkDefinition entryAnywhere id toList unique flatten",
            "mkIf mkOverride mkOrder optionalAttrs optionals entryAfter entryBefore mkAssert warn warnIf "
            "filterAttrs filter",
            "entryBetween warnIfNot",
        )
    )
    for name in names.split()
}
# Those whose argument makes an attribute, or an element, of it.
_NAMED = {"mapAttrs": 0, "genAttrs": 1}
_ELEMENTS = {"map": 0, "forEach": 1, "optional": 1, "concatMap": 0, "singleton": 0, "imap0": 0, "imap1": 0}
_ANY_ARGUMENT = frozenset(("recursiveUpdate", "mergeAttrs"))
HOSTS = {"homeManagerConfiguration": HOME, "nixosSystem": SYSTEM, "darwinSystem": SYSTEM}
"""Functions that make a configuration of `modules`."""
_OF_A_MODULE = frozenset(("disabledModules", "freeformType", "_file", "_class", "key"))
OF_A_FLAKE = frozenset(("outputs", "inputs", "nixConfig"))
_WRAPPED = (("home-manager", "users"), ("home-manager", "sharedModules"))


class Meaning(NamedTuple):
    """What an expression stands for.

    Attributes:
        path: the option that it defines; empty for a whole module; None where nothing is known.
        scope: whose options these are: HOME, SYSTEM, or None for the file's own.
        merged: whether a list there holds definitions (mkMerge, imports) and no elements.
        module: whether a set there may have `imports`, `options` and `config`.
        declares: below `options`, the path that is declared there.
    """

    path: Path | None
    scope: str | None = None
    merged: bool = False
    module: bool = False
    declares: Path | None = None

    def at(self, names: Sequence[str]) -> Meaning:
        """What an attribute of it stands for."""
        if not names:
            return self
        if self.declares is not None:
            return Meaning(None, declares=(*self.declares, *names))
        if self.path is None:
            return NOTHING
        if self.module and names[0] == "imports":
            return Meaning(self.path, self.scope, merged=True, module=True) if len(names) == 1 else NOTHING
        if self.module and names[0] == "config":
            return Meaning(self.path, self.scope).at(names[1:])
        if self.module and names[0] == "options":
            return Meaning(None, declares=(*self.path, *names[1:]))
        if self.module and names[0] in _OF_A_MODULE:
            return NOTHING
        return _unwrapped(Meaning((*self.path, *names), self.scope))

    def element(self) -> Meaning:
        """What an element of a list there stands for."""
        if self.path is None or self.merged:
            return self._replace(merged=False)
        return _unwrapped(self._replace(path=(*self.path, ELEMENT), module=False))


NOTHING = Meaning(None)


def argument(meaning: Meaning, function: str, place: int) -> Meaning:
    """What the argument at this place of a function stands for, whose result stands for `meaning`."""
    if meaning.path is None:
        return NOTHING
    if _CONTENT.get(function) == place:
        return meaning._replace(merged=meaning.merged or function == "mkMerge")
    if _NAMED.get(function) == place:
        return meaning.at([ANY])
    if _ELEMENTS.get(function) == place:
        return meaning.element()
    return meaning if function in _ANY_ARGUMENT else NOTHING


def _unwrapped(meaning: Meaning) -> Meaning:
    """The same, seen from the configuration that it lies in: a user's, or a specialisation's."""
    path = meaning.path or ()
    if len(path) >= 3 and path[:2] in _WRAPPED:
        return Meaning(path[3:], HOME, module=len(path) == 3)
    if len(path) >= 3 and path[0] == "specialisation" and path[2] == "configuration":
        return Meaning(path[3:], meaning.scope, module=len(path) == 3)
    return meaning
