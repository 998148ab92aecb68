"""What may be written at a place: names of options, values, paths of the configuration. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from hmeval.lsp.index import Entry, OptionIndex, alternatives, structure
from hmeval.lsp.names import Names
from hmeval.lsp.option_path import KEY, PACKAGE, PACKAGES, READ, Cursor
from hmeval.lsp.syntax import attribute_path
from hmeval.options.model import Option
from hmeval.options.path import is_placeholder, quote, show_option
from hmeval.options.query import distance, tolerance
from hmeval.render.nix_text import nix_line

SET, OPTION, VALUE = "set", "option", "value"
NO_NAMES = Names()

_MOST_DEEP = 100
_MOST_PACKAGES = 200
_FROM_LETTERS = 2
_SNIPPETS = {
    "str": '"$1"',
    "singleLineStr": '"$1"',
    "nonEmptyStr": '"$1"',
    "strMatching": '"$1"',
    "separatedString": '"$1"',
    "string": '"$1"',
    "listOf": "[ $1 ]",
    "path": "$1",
    "package": "pkgs.$1",
}
_SETS = frozenset(("submodule", "attrsOf", "lazyAttrsOf", "attrs", "dagOf", "attrTag", "deferredModule", "anything"))


class Suggestion(NamedTuple):
    """One thing that may be written.

    Attributes:
        label: as it is shown; kind: SET, OPTION, VALUE or PACKAGE.
        insert: what is written, a snippet of the protocol where `snippet`.
        rank: how well it fits; the lower the better.
        entry: the option's, or set's, entry.
    """

    label: str
    kind: str
    insert: str
    snippet: bool
    rank: int
    entry: Entry | None = None


class Suggestions(NamedTuple):
    """What may be written at a place; complete unless it says that more letters may bring others."""

    found: list[Suggestion]
    is_incomplete: bool


def suggestions(
    index: OptionIndex, cursor: Cursor, *, snippets: bool, defined: bool = False, packages: Names = NO_NAMES
) -> Suggestions:
    """What may be written at the place; `defined` says that a value follows it already."""
    if cursor.kind == KEY:
        return _names(index, cursor, snippets and not (defined or cursor.quoted or cursor.inherited))
    if cursor.kind == READ:
        return _names(index, cursor, False)
    if cursor.kind == PACKAGE:
        return _packages(packages, cursor) if not cursor.path else Suggestions([], False)
    told = index.type_at(cursor.path)
    values = list(_values(told, cursor))
    if not cursor.with_packages or cursor.quoted or not _takes(told, "package"):
        return Suggestions(values, False)
    found, is_incomplete = _packages(packages, cursor)
    return Suggestions([*(one for one in found if not one.label.startswith('"')), *values], is_incomplete)


def _packages(packages: Names, cursor: Cursor) -> Suggestions:
    """The names of packages that fit; there are many, and more letters bring those that are not among the first."""
    found = [*islice(packages.matching(cursor.typed), _MOST_PACKAGES + 1)]
    fits = [Suggestion(name, PACKAGE, name, False, _fit(cursor.typed, name) or 0) for name in map(_attribute, found)]
    return Suggestions(fits[:_MOST_PACKAGES], len(found) > _MOST_PACKAGES)


def snippet(option: Option) -> str:
    """What follows an option's name: ` = VALUE;` with the places that are to be filled in."""
    return f" = {_value_snippet(option.type_info)};"


def _names(index: OptionIndex, cursor: Cursor, snippets: bool) -> Suggestions:
    below = index.below(cursor.path)
    found = [_named(entry, rank, snippets) for entry in below if (rank := _fit(cursor.typed, entry.name)) is not None]
    found = [one for one in found if _is_offered(index, one)]
    if cursor.quoted:
        named = [(one, one.entry.name) for one in found if one.entry]
        return Suggestions([one._replace(label=name, insert=quote(name)[1:-1]) for one, name in named], False)
    if cursor.inherited:
        return Suggestions(found, False)
    has_deeper = any(entry.last - entry.first > 1 for entry in below)
    if len(cursor.typed) < _FROM_LETTERS or not has_deeper:
        return Suggestions(found, has_deeper)
    known = {id(one.entry) for one in found}
    depth = len(cursor.path)
    for entry in index.containing(cursor.path, cursor.typed):
        if len(found) - len(known) == _MOST_DEEP:
            break
        if id(entry) not in known and entry.option and entry.option.listed and _has_real_names(entry, depth):
            found.append(_deep(entry, depth, snippets))
    return Suggestions(found, True)


def _named(entry: Entry, rank: int, snippets: bool) -> Suggestion:
    name = attribute_path([entry.name])
    if entry.option is None:
        return Suggestion(name, SET, name, False, rank, entry)
    written = _escaped(name) + snippet(entry.option) if snippets else name
    return Suggestion(name, OPTION, written, snippets, rank, entry)


def _deep(entry: Entry, depth: int, snippets: bool) -> Suggestion:
    name = show_option(entry.path[depth:])
    written = _escaped(name) + snippet(entry.option) if snippets and entry.option else name
    return Suggestion(name, OPTION, written, snippets, 9, entry)


def _has_real_names(entry: Entry, depth: int) -> bool:
    return not any(map(is_placeholder, entry.path[depth:]))


def _is_offered(index: OptionIndex, one: Suggestion) -> bool:
    """Hidden and internal options are not; sets are, where one of their options is, and what the configuration has."""
    entry = one.entry
    if entry is None or entry.option is not None:
        return entry is None or bool(entry.option and entry.option.listed)
    within = index.ordered[entry.first : entry.last]
    return not within or any(below.option and below.option.listed for below in within)


def _fit(typed: str, name: str) -> int | None:
    """How well a name fits what is typed: begins with it, holds it, holds its letters in their order, is near it."""
    if name.startswith(typed):
        return 0
    small, lower = typed.lower(), name.lower()
    if lower.startswith(small):
        return 1
    if small in lower:
        return 2
    letters = iter(lower)
    if all(letter in letters for letter in small):
        return 3
    return 4 if distance(small, lower[: len(small)], tolerance(small)) is not None and len(small) > 3 else None


def _values(told: Mapping[str, Any] | None, cursor: Cursor) -> Iterator[Suggestion]:
    """The values that the type names, and what expressions begin with."""
    typed = cursor.typed
    for text in dict.fromkeys(_written(told)):
        bare = text[1:-1] if text.startswith('"') else text
        if cursor.quoted and not text.startswith('"'):
            continue
        rank = _fit(typed, bare)
        if rank is not None:
            yield Suggestion(text, VALUE, bare if cursor.quoted else text, False, rank)
    if cursor.quoted or told is None:
        return
    for text in ("config", "lib", PACKAGES, "null" if _takes(told, "null") else ""):
        if text and (rank := _fit(typed, text)) is not None:
            yield Suggestion(text, VALUE, text, False, 5 + rank)


def _takes(told: Mapping[str, Any] | None, name: str) -> bool:
    return any(one.get("name") == name for one in alternatives(told))


def _written(told: Mapping[str, Any] | None) -> Iterator[str]:
    for one in alternatives(told):
        if one.get("name") == "bool":
            yield from ("true", "false")
        yield from map(_member, one.get("members") or ())


def _member(member: Any) -> str:
    return str(member["nix"]) if isinstance(member, Mapping) and set(member) == {"nix"} else nix_line(member)


def _value_snippet(told: Mapping[str, Any] | None) -> str:
    if (told or {}).get("name") in ("either", "oneOf"):
        told = next(alternatives(told), None)
    kind = structure(told)
    name = str(kind.get("name"))
    members = [_member(member) for member in kind.get("members") or ()]
    if name == "bool":
        members = ["true", "false"]
    if members:
        return "${1|" + ",".join(re.sub(r"([\\$},|])", r"\\\1", member) for member in members) + "|}"
    if name in _SETS:
        return "{\n\t$1\n}"
    return _SNIPPETS.get(name, "$1")


def _attribute(name: str) -> str:
    return show_option([name])


def _escaped(name: str) -> str:
    return re.sub(r"([\\$}])", r"\\\1", name)
