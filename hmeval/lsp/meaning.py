"""What an expression in Nix text defines: the rules of modules, and of functions that definitions go through. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

HOME, SYSTEM = "home", "system"
_HOMES = "homeConfigurations"


class Scope(NamedTuple):
    """Whose options are meant.

    Attributes:
        kind: those of a HOME, or of a SYSTEM; user: whose home inside a system it is, or ANY, where that is said.
        configuration: which of a flake's, `nixosConfigurations.desk`, where that is known.
    """

    kind: str
    user: str | None = None
    configuration: str | None = None

    def within(self, outer: Scope) -> Scope:
        """The same, as it is meant in what is about another one: a user's home in the system of a file."""
        if self.configuration or not outer.configuration or outer.configuration.startswith(_HOMES):
            return self
        return self._replace(configuration=outer.configuration)


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
            "mkDefinition entryAnywhere id toList unique flatten import concatMap concatLists mergeAttrsList "
            "concatMapAttrs attrValues mapAttrs'",
            "mkIf mkOverride mkOrder optionalAttrs optionals entryAfter entryBefore mkAssert warn warnIf "
            "filterAttrs filter",
            "entryBetween warnIfNot",
        )
    )
    for name in names.split()
}
# Those whose argument makes an attribute, or an element, of it.
_NAMED = {"mapAttrs": 0, "genAttrs": 1}
_ELEMENTS = {"map": 0, "forEach": 1, "optional": 1, "singleton": 0, "imap0": 0, "imap1": 0, "mapAttrsToList": 0}
# Those whose argument is a list of what they make one of.
_MERGED = frozenset(("mkMerge", "concatLists", "mergeAttrsList"))
# Those whose argument holds the elements, or the attributes as pairs of a name and a value.
_FORMS = {"attrValues": "elements", "mapAttrs'": "pair"}
_ANY_ARGUMENT = frozenset(("recursiveUpdate", "mergeAttrs"))
HOSTS = {
    "homeManagerConfiguration": Scope(HOME),
    "nixosSystem": Scope(SYSTEM),
    "darwinSystem": Scope(SYSTEM),
}
"""Functions that make a configuration of `modules`."""
OF_THE_SYSTEM = frozenset(("osConfig", "nixosConfig", "darwinConfig"))
"""What a home's modules call the configuration of the system around it (Home Manager's nixos/common.nix)."""
# The outputs of a flake that are configurations, by name, and those that are modules.
_CONFIGURATIONS = {_HOMES: HOME, "nixosConfigurations": SYSTEM, "darwinConfigurations": SYSTEM}
_MODULES = {
    "homeModules": Scope(HOME),
    "homeManagerModules": Scope(HOME),
    "nixosModules": Scope(SYSTEM),
    "darwinModules": Scope(SYSTEM),
}
_OF_A_MODULE = frozenset(("disabledModules", "freeformType", "_file", "_class", "key"))
OF_A_FLAKE = frozenset(("description", "outputs", "inputs", "nixConfig"))
_WRAPPED = (("home-manager", "users"), ("home-manager", "sharedModules"))


class Meaning(NamedTuple):
    """What an expression stands for.

    Attributes:
        path: the option that it defines; empty for a whole module; None where nothing is known.
        scope: whose options these are; None for the file's own.
        merged: whether a list there holds definitions (mkMerge, imports) and no elements.
        module: whether a set there may have `imports`, `options` and `config`; without a path, it holds modules.
        declares: below `options`, the path that is declared there.
        form: "elements" where each attribute of a set there is an element; "pair" where it is an attribute's `name` and
            `value`.
    """

    path: Path | None
    scope: Scope | None = None
    merged: bool = False
    module: bool = False
    declares: Path | None = None
    form: str = ""

    def at(self, names: Sequence[str]) -> Meaning:
        """What an attribute of it stands for."""
        if not names:
            return self
        if self.declares is not None:
            return Meaning(None, declares=(*self.declares, *names))
        if self.path is None:
            return self._in_outputs(names)
        if self.form:
            return self._formed(names)
        if self.module and names[0] == "imports":
            return Meaning(self.path, self.scope, merged=True, module=True) if len(names) == 1 else NOTHING
        if self.module and names[0] == "config":
            return Meaning(self.path, self.scope).at(names[1:])
        if self.module and names[0] == "options":
            return Meaning(None, declares=(*self.path, *names[1:]))
        if self.module and names[0] in _OF_A_MODULE:
            return NOTHING
        return _unwrapped(Meaning((*self.path, *names), self.scope))

    def _in_outputs(self, names: Sequence[str]) -> Meaning:
        """What is found among a flake's outputs, or within one that holds modules, or configurations."""
        if self.module:
            return _module(names[1:], self.scope)
        if self.scope is not None and self.scope.configuration in _CONFIGURATIONS:
            return _configuration(self.scope.configuration, names)
        return _of_output(names)

    def _formed(self, names: Sequence[str]) -> Meaning:
        plain = self._replace(form="")
        if self.form == "elements":
            return plain.element().at(names[1:])
        return plain.at([ANY, *names[1:]]) if names[0] == "value" else NOTHING

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
        return meaning._replace(merged=meaning.merged or function in _MERGED, form=_FORMS.get(function, meaning.form))
    if function == "nameValuePair":
        return meaning.at(["value"]) if meaning.form == "pair" and place == 1 else NOTHING
    if _NAMED.get(function) == place:
        return meaning.at([ANY])
    if _ELEMENTS.get(function) == place:
        return meaning.element()
    return meaning if function in _ANY_ARGUMENT else NOTHING


def _of_output(names: Sequence[str]) -> Meaning:
    """What is found at these names among a flake's outputs, or within one of them."""
    for place, name in enumerate(names):
        below = names[place + 1 :]
        if name in _CONFIGURATIONS:
            return _configuration(name, below)
        if scope := _MODULES.get(name):
            return _module(below[1:], scope) if below else Meaning(None, scope, module=True)
    return NOTHING


def _configuration(output: str, names: Sequence[str]) -> Meaning:
    """What stands for one of a flake's configurations, or for all of an output."""
    if ANY in names[:1]:
        return NOTHING
    return Meaning(None, Scope(_CONFIGURATIONS[output], None, ".".join((output, *names[:1]))))


def _module(names: Sequence[str], scope: Scope | None) -> Meaning:
    return Meaning((), scope, module=True).at(names)


def _unwrapped(meaning: Meaning) -> Meaning:
    """The same, seen from the configuration that it lies in: a user's, or a specialisation's."""
    path = meaning.path or ()
    if len(path) >= 3 and path[:2] in _WRAPPED:
        user = path[2] if path[1] == "users" else ANY
        configuration = meaning.scope.configuration if meaning.scope is not None else None
        return Meaning(path[3:], Scope(HOME, user, configuration), module=len(path) == 3)
    if len(path) >= 3 and path[0] == "specialisation" and path[2] == "configuration":
        return Meaning(path[3:], meaning.scope, module=len(path) == 3)
    return meaning
