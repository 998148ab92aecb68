"""The definitions of an option's record with the places that one pass over all modules found for them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from hmeval.options.model import priority_name
from hmeval.options.why import PLAIN

_PLAIN_ORDER = 1000


class Written(NamedTuple):
    """A definition as it is written: the module's file, its place or None, its priority and order, None for none.

    `value` is as a record has it, and there for those that lost alone.
    """

    file: str
    position: Mapping[str, Any] | None
    priority: int | None
    order: int | None
    value: Mapping[str, Any] | None = None

    @property
    def strength(self) -> int:
        """The priority that it competes with."""
        return PLAIN if self.priority is None else self.priority


def losers(written: Sequence[Written]) -> list[int]:
    """The numbers of those that another one of the same option is stronger than."""
    strongest = min((each.strength for each in written), default=0)
    return [number for number, each in enumerate(written) if each.strength > strongest]


def placed(record: Mapping[str, Any], written: Sequence[Written]) -> list[dict[str, Any]]:
    """The definitions of a record, those that count with their places, as far as these are certain; then the losers.

    The module system tells the file of each one that counts, in its order. Where a file has as many there as were found
    in it, they are the same.
    """
    priority = record.get("priority")
    strength = priority["number"] if priority else PLAIN
    counted: list[dict[str, Any]] = list(record["definitions"])
    winners = sorted((each for each in written if each.strength == strength), key=_order)
    found = _by_file((each.file, each) for each in winners)
    known = _by_file((each["file"], each) for each in counted)
    for file, definitions in known.items():
        if len(definitions) == len(found[file]):
            for definition, each in zip(definitions, found[file], strict=True):
                definition |= each.position or {}
    return counted + [_lost(each) for each in written if each.strength > strength]


def _by_file(pairs: Iterable[tuple[str, Any]]) -> defaultdict[str, list[Any]]:
    grouped: defaultdict[str, list[Any]] = defaultdict(list)
    for file, each in pairs:
        grouped[file].append(each)
    return grouped


def _order(each: Written) -> int:
    return _PLAIN_ORDER if each.order is None else each.order


def _lost(each: Written) -> dict[str, Any]:
    position = each.position or {"file": each.file, "line": None, "column": None}
    priority = {"number": each.strength, "name": priority_name(each.strength)}
    return {**position, "priority": priority, "value": each.value, "wins": False}
