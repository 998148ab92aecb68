"""Who defines an option, or a part of one, and which of them counts: from the option's record, evaluating nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from hmeval.options.model import Option, priority_name
from hmeval.options.why import PLAIN


class Defining(NamedTuple):
    """A definition.

    Attributes:
        file, line, column: where it is; line and column are None where that is not known.
        priority: what the field calls its priority; wins: whether it counts.
        value: as a record has it; None where it is not known whether there is one.
    """

    file: str
    line: int | None
    column: int | None
    priority: str
    wins: bool
    value: Mapping[str, Any] | None


def defining(option: Option, path: Sequence[str]) -> list[Defining]:
    """The definitions of what is at a path, the option's own or below it; its own in the order of their lines."""
    if len(path) == len(option.loc):
        return sorted(map(_whole, option.definitions), key=lambda one: (one.file, one.line or 0))
    counting = [(str(one["file"]), one.get("value") or {}) for one in option.definitions if one.get("wins", True)]
    unknown = [Defining(file, None, None, "plain", True, None) for file, value in counting if "json" not in value]
    whole = [(file, value["json"]) for file, value in counting if "json" in value]
    return [*_parts(whole, path[len(option.loc) :]), *unknown]


def _whole(one: Mapping[str, Any]) -> Defining:
    name = str((one.get("priority") or {}).get("name", "plain"))
    return Defining(str(one["file"]), one.get("line"), one.get("column"), name, one.get("wins", True), one.get("value"))


def _parts(whole: Sequence[tuple[str, Any]], names: Sequence[str]) -> list[Defining]:
    """What definitions of a set give for some names in it: at each of them the strongest count."""
    for depth, name in enumerate(names):
        holding = [(file, value[name]) for file, value in whole if isinstance(value, Mapping) and name in value]
        found = [(file, priority, value) for file, one in holding for priority, value in _peeled(one)]
        strongest = min((priority for _, priority, _ in found), default=PLAIN)
        whole = [(file, value) for file, priority, value in found if priority == strongest]
        if depth == len(names) - 1:
            return [
                Defining(file, None, None, priority_name(priority), priority == strongest, {"json": value})
                for file, priority, value in found
            ]
    return []


def _peeled(value: Any, priority: int | None = None) -> Iterator[tuple[int, Any]]:
    """What stands behind the module system's properties; of overrides the outermost counts."""
    match value:
        case {"_type": "merge", "contents": list(contents)}:
            for content in contents:
                yield from _peeled(content, priority)
        case {"_type": "if", "condition": condition, "content": content}:
            if condition:
                yield from _peeled(content, priority)
        case {"_type": "override", "priority": int(number), "content": content}:
            yield from _peeled(content, number if priority is None else priority)
        case {"_type": "order", "content": content}:
            yield from _peeled(content, priority)
        case _:
            yield PLAIN if priority is None else priority, value
