"""The options of a configuration, to be found by what is written in a file: by path, through placeholders. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from hmeval.lsp.meaning import ANY, ELEMENT
from hmeval.options.model import Option
from hmeval.options.path import is_placeholder, show_option
from hmeval.options.renames import alias_target
from hmeval.options.values import failures, part_at

# nixpkgs, lib/modules.nix: mkRemovedOptionModule.
_GONE = re.compile(r"(no longer has any effect|can no longer be used since it's been removed)")

_OF_ELEMENTS = frozenset(("listOf", "nonEmptyListOf", "attrsOf", "lazyAttrsOf"))

OPTION, GROUP, WITHIN, ABSENT = "option", "group", "within", "absent"


class Entry:
    """A name in the tree of options.

    Attributes:
        name, path: its own name, and that with those above it.
        option: the option of this path; None for a set that only holds options.
        children: what is below it, by name; any: what stands below it for any name, or any element.
        first, last: where the options at and below it stand among all.
    """

    __slots__ = ("any", "children", "first", "last", "name", "option", "path")

    def __init__(self, path: tuple[str, ...]) -> None:
        self.path = path
        self.name = path[-1] if path else ""
        self.option: Option | None = None
        self.children: dict[str, Entry] = {}
        self.any: Entry | None = None
        self.first = self.last = 0

    def child(self, name: str) -> Entry | None:
        """What a name below it leads to."""
        if name in (ANY, ELEMENT):
            return self.any
        return self.children.get(name) or self.any


class Found(NamedTuple):
    """Where a path leads.

    Attributes:
        kind: OPTION, GROUP (it holds options), WITHIN (a value within an option), ABSENT.
        entry: the last entry on the way; depth: how many names of the path led there.
        option: the option that is there, or that holds the value.
    """

    kind: str
    entry: Entry
    depth: int
    option: Option | None


class OptionIndex:
    """All options of a configuration, hidden ones too."""

    def __init__(self, options: Iterable[Option]) -> None:
        self.root = Entry(())
        for option in options:
            self._add(option)
        self.ordered: list[Entry] = []
        self._number(self.root)
        names = [entry.option.name.lower() for entry in self.ordered if entry.option]
        self._text = "\n".join(names)
        self._starts = []
        at = 0
        for name in names:
            self._starts.append(at)
            at += len(name) + 1
        self._names: list[str] | None = None
        self._instances: Mapping[tuple[str, ...], Sequence[str]] = {}

    def __len__(self) -> int:
        return len(self.ordered)

    def find(self, path: Sequence[str]) -> Found:
        """Where a path leads, through placeholders where it has names of its own."""
        entry, option = self.root, None
        for depth, name in enumerate(path):
            below = entry.child(name)
            if below is None and name == "config" and option is not None:
                continue  # a submodule that is written as a module
            if below is None:
                return Found(WITHIN if name == ANY or _is_open(entry, option) else ABSENT, entry, depth, option)
            entry = below
            option = entry.option or option
        return Found(OPTION if entry.option else GROUP, entry, len(path), option)

    def depth_of_module(self, path: Sequence[str]) -> int:
        """How many names of a path lead to the module that declares what is there: none, but below a submodule."""
        entry, depth = self.root, 0
        for place, name in enumerate(path[:-1], 1):
            below = entry.child(name)
            if below is not None:
                entry = below
                depth = place if entry.option is not None or is_placeholder(entry.name) else depth
        return depth

    def option(self, path: Sequence[str]) -> Option | None:
        """The option at a path; None where there is none."""
        found = self.find(path)
        return found.option if found.kind == OPTION else None

    def name_instances(self, instances: Mapping[tuple[str, ...], Sequence[str]]) -> None:
        """Take the names that the configuration has below paths where options have a placeholder."""
        self._instances = instances

    def type_at(self, path: Sequence[str]) -> Mapping[str, Any] | None:
        """The type of what a path defines: an option, or an element or attribute of one; None where it is not known."""
        found = self.find(path)
        if found.option is None:
            return None
        told = found.option.type_info
        for _ in path[len(found.option.loc) :]:
            told = structure(told)
            if told.get("name") not in _OF_ELEMENTS or not told.get("elements"):
                return None
            told = told["elements"][0]
        return told if found.kind in (OPTION, WITHIN) else None

    def below(self, path: Sequence[str]) -> list[Entry]:
        """What a name after this path may be: options, and what the configuration has there."""
        found = self.find(path)
        if found.kind == ABSENT:
            return []
        named = self._instances.get(tuple(path)) or _names_in_value(found.option, path)
        if found.kind == WITHIN:
            return [Entry((*path, name)) for name in named]
        declared = found.entry.children
        real = [_instance(found.entry.any, (*path, name)) for name in named if name not in declared]
        return [*declared.values(), *real]

    def containing(self, path: Sequence[str], text: str) -> Iterator[Entry]:
        """The options below a path whose names hold a text, letter case aside, in the tree's order."""
        found = self.find(path)
        entry = found.entry
        if found.kind in (WITHIN, ABSENT) or entry.first == entry.last:
            return
        end = self._starts[entry.last] if entry.last < len(self._starts) else len(self._text)
        prefix = len(show_option(entry.path)) + 1 if entry.path else 0
        at, wanted = self._starts[entry.first], text.lower()
        while (at := self._text.find(wanted, at, end)) >= 0:
            number = bisect_right(self._starts, at) - 1
            if at >= self._starts[number] + prefix:
                yield self.ordered[number]
                at = self._starts[number + 1] if number + 1 < len(self._starts) else end
            else:
                at += 1

    @property
    def names(self) -> list[str]:
        """The names of all options that are documented."""
        if self._names is None:
            self._names = [entry.option.name for entry in self.ordered if entry.option and entry.option.listed]
        return self._names

    def _add(self, option: Option) -> None:
        entry = self.root
        for name in option.loc:
            below = entry.any if is_placeholder(name) else entry.children.get(name)
            if below is None:
                below = Entry((*entry.path, name))
                if is_placeholder(name):
                    entry.any = below
                else:
                    entry.children[name] = below
            entry = below
        if entry.option is None:
            entry.option = option

    def _number(self, entry: Entry) -> None:
        entry.first = len(self.ordered)
        if entry.option is not None:
            self.ordered.append(entry)
        for below in entry.children.values():
            self._number(below)
        if entry.any is not None:
            self._number(entry.any)
        entry.last = len(self.ordered)


def _instance(declared: Entry | None, path: tuple[str, ...]) -> Entry:
    """What a name of the configuration's own leads to: what is declared for any."""
    entry = Entry(path)
    if declared is not None:
        entry.option, entry.children, entry.any = declared.option, declared.children, declared.any
    return entry


def _names_in_value(option: Option | None, path: Sequence[str]) -> Sequence[str]:
    """The names that an option's value has at a path."""
    found = part_at(option.value or {}, path[len(option.loc) :]) if option is not None else None
    value = (found or {}).get("json")
    return list(value) if isinstance(value, Mapping) else ()


def removal(option: Option) -> str | None:
    """What the module system says of an option that was removed; None for any other."""
    errors = [*option.errors.values(), *failures(option.value)]
    return next((str(one["message"]) for one in errors if _GONE.search(str(one.get("message", "")))), None)


def _is_open(entry: Entry, option: Option | None) -> bool:
    """Whether a name that is not known below an entry may be there; an alias, say, has no sub-options of its own."""
    if option is None:
        return False
    undescribed = entry.option is not None and not entry.children and entry.any is None
    return undescribed or is_open(option.type_info) or alias_target(option.record) is not None


def is_open(told: Mapping[str, Any] | None) -> bool:
    """Whether a value of the type may hold names that are not declared; so it is where that is not known."""
    if told is None or "freeform" in told or "converted_from" in told:
        return True
    if told.get("name") == "submodule":
        return False
    elements = told.get("elements") or ()
    return not elements or not told.get("sub_options") or any(is_open(element) for element in elements)


def structure(told: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The type without what merely may be null, is unique, or is converted."""
    while told and told.get("name") in ("nullOr", "unique", "uniq", "coercedTo") and told.get("elements"):
        told = told["elements"][0]
    return told or {}


def alternatives(told: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """The types that a value may have: those of either, oneOf, nullOr, coercedTo, …"""
    if not told:
        return
    name = told.get("name")
    if name == "nullOr":
        yield {"name": "null"}
    if name in ("nullOr", "either", "oneOf", "unique", "uniq", "coercedTo"):
        for element in told.get("elements") or ():
            yield from alternatives(element)
        if "converted_from" in told:
            yield from alternatives(told["converted_from"])
    else:
        yield told
