"""Which definitions count, in what order, and what the others lost to: the module system's rules. Pure.

A definition can have properties (mkIf, mkOverride, mkOrder) at each name of its path: `programs.git = mkForce { … }`.
They take effect where definitions are merged: at the option itself, at each name of an `attrsOf`, at each option of a
submodule. There the module system looks for conditions, within them for a priority, within that for an order, and
leaves what is further inside to the next merge (nixpkgs, lib/modules.nix: mergeDefinitions, pushDownProperties).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from hmeval.options.path import show_option
from hmeval.options.why import INACTIVE, LOSER, PLAIN, UNKNOWN, WINNER, Definition, named_priority

_PLAIN_ORDER = 1000


class Level(NamedTuple):
    """A name of a path: whether definitions are merged at it, and whether what holds it is a submodule's value."""

    merges: bool
    in_module: bool


class Property(NamedTuple):
    """What stands around a value: "if", "override" or "order", and how many names of the path lead to it.

    `number` is the priority, or the order; `holds` says of a condition whether it and those around it hold, None with
    an `error` where that cannot be evaluated.
    """

    kind: str
    depth: int
    number: int | None
    holds: bool | None
    error: Mapping[str, Any] | None


class Row(NamedTuple):
    """What was found by following a path through a module: a value, or an end before the path's own.

    Attributes:
        file: the module's file, as the module system names it.
        module: its number; None for a default.
        position: of the innermost attribute that has one: {file, line, column}, or None.
        exact: whether that attribute is the path's last name.
        begins: how many names of the path lead to where it begins, for a default; 0 for what is in a module.
        depth: how many names of the path led here; complete: whether all did.
        branch: which of the values behind properties was taken, at the module's top and at each name.
        opaque: whether a function stands here, which may define the rest.
        default: whether it is an option's default.
        properties: the outermost first.
        value: as a record has it.
    """

    file: str
    module: int | None
    position: Mapping[str, Any] | None
    exact: bool
    begins: int
    depth: int
    branch: Sequence[int]
    complete: bool
    opaque: bool
    default: bool
    properties: Sequence[Property]
    value: Mapping[str, Any] | None

    @property
    def reaches(self) -> bool:
        """Whether it defines the path, or may."""
        return self.complete or self.opaque

    @property
    def active(self) -> bool | None:
        """Whether all its conditions hold; None where that cannot be evaluated."""
        return next((one.holds for one in reversed(self.properties) if one.kind == "if"), True)


class _AtMerge(NamedTuple):
    """What the properties of a row amount to at one merge."""

    holds: bool | None = True
    priority: int = PLAIN
    order: int | None = None


class Judgement:
    """The verdicts on the rows of one path, of which `levels` are the names; the option is at `option_depth`."""

    def __init__(self, rows: Sequence[Row], levels: Sequence[Level], loc: Sequence[str], option_depth: int) -> None:
        self._loc = loc
        self._levels = levels
        self._merges = [depth for depth, level in enumerate(levels, 1) if level.merges and depth >= option_depth]
        self._rows = rows
        self._at = [_at_merges(row.properties, self._merges) for row in rows]
        self._lost = self._competition()

    def definitions(self) -> list[tuple[int, Definition]]:
        """A definition for each row that reaches the path, with the row's number, in the order in which they merge."""
        return [(number, self._definition(number)) for number in self._in_order() if self._rows[number].reaches]

    def _competition(self) -> dict[int, str]:
        """What each row that counts for nothing lost to. A row that ends before the path's own end takes part above it:
        `programs = mkForce { }` beats what others define below.
        """
        lost: dict[int, str] = {}
        out: set[int] = set()
        for merge, depth in enumerate(self._merges):
            here = [number for number, row in enumerate(self._rows) if row.begins <= depth and number not in out]
            competing = [
                number for number in here if self._rows[number].depth >= depth and self._at[number][merge].holds
            ]
            best = min(competing, key=lambda number: self._at[number][merge].priority, default=None)
            out.update(set(here) - set(competing))
            for number in competing:
                if best is not None and self._at[number][merge].priority > self._at[best][merge].priority:
                    lost[number] = self._lost_to(best, merge)
            out.update(lost)
        return lost

    def _lost_to(self, best: int, merge: int) -> str:
        row, depth = self._rows[best], self._merges[merge]
        position = row.position or {"file": row.file}
        place = ":".join(str(position[name]) for name in ("file", "line", "column") if position.get(name) is not None)
        stronger = f"{named_priority(self._at[best][merge].priority)} at {place} is stronger"
        return f"{show_option(self._loc[:depth])}: {stronger}" if depth < len(self._loc) else stronger

    def _in_order(self) -> list[int]:
        """The numbers of the rows in the order in which the module system merges them.

        Definitions are sorted by their orders wherever they are merged. Those of a submodule become its modules, and
        those that are imported last are merged first (nixpkgs, lib/modules.nix: evalModules). A default comes first.
        """
        option_depth = self._merges[0]
        own_defaults = [number for number, row in enumerate(self._rows) if row.begins > option_depth]
        ordered = [number for number, row in enumerate(self._rows) if row.begins <= option_depth]
        for merge, depth in enumerate(self._merges):
            ordered.sort(key=lambda number: _placed(self._at[number][merge].order))
            if depth < len(self._levels) and self._levels[depth].in_module:
                ordered = self._last_first(ordered, depth)
        return [*own_defaults, *ordered]

    def _last_first(self, numbers: Sequence[int], depth: int) -> list[int]:
        """Those of the last definition first; those of one definition keep their order."""
        rows = self._rows
        groups = groupby(numbers, key=lambda number: (rows[number].module, rows[number].branch[: depth + 1]))
        return [number for group in reversed([list(group) for _, group in groups]) for number in group]

    def _definition(self, number: int) -> Definition:
        row = self._rows[number]
        position = row.position or {}
        verdict, reason = self._verdict(number)
        return Definition(
            file=position.get("file") or row.file,
            line=position.get("line"),
            column=position.get("column"),
            exact=row.exact,
            module=row.file,
            imported_by=None,
            # The nearest to the value that is one.
            priority=next((at.priority for at in reversed(self._at[number]) if at.priority != PLAIN), PLAIN),
            order=self._at[number][-1].order,
            condition=row.active if any(one.kind == "if" for one in row.properties) else None,
            verdict=verdict,
            reason=reason,
            value=row.value,
            default=row.default,
        )

    def _verdict(self, number: int) -> tuple[str, str]:
        row = self._rows[number]
        if row.active is None:
            error = next((one.error for one in row.properties if one.error), {})
            return UNKNOWN, f"its condition cannot be evaluated: {error.get('message', '')}"
        if not row.active:
            return INACTIVE, "the condition of its mkIf is false"
        if number in self._lost:
            return LOSER, self._lost[number]
        if row.opaque:
            return UNKNOWN, "a function defines what holds the path, and may define it"
        return WINNER, "nothing else defines it" if row.default else ""


def _placed(order: int | None) -> int:
    return _PLAIN_ORDER if order is None else order


def _at_merges(properties: Sequence[Property], merges: Sequence[int]) -> list[_AtMerge]:
    found = [_AtMerge() for _ in merges]
    for merge, one in _with_merges(properties, merges):
        if merge == len(merges):  # left in the value
            continue
        if one.kind == "if":
            found = [at if place < merge else at._replace(holds=one.holds) for place, at in enumerate(found)]
        else:
            found[merge] = _with_number(found[merge], one)
    return found


def _with_number(at: _AtMerge, one: Property) -> _AtMerge:
    if one.kind == "override" and one.number is not None:
        return at._replace(priority=one.number)
    return at._replace(order=one.number)


def _with_merges(properties: Sequence[Property], merges: Sequence[int]) -> Iterator[tuple[int, Property]]:
    """Each property with the merge at which it takes effect: the first at or below it, or the next where what may stand
    around it there is inside it.
    """
    ranks = {"if": 0, "override": 1, "order": 2}
    merge, rank = 0, 0
    for one in properties:
        first = next((place for place, depth in enumerate(merges) if depth >= one.depth), len(merges))
        if first > merge:
            merge, rank = first, 0
        mine = ranks[one.kind]
        if mine < rank or (mine == rank and mine > 0):
            merge, rank = min(merge + 1, len(merges)), 0
        rank = mine
        yield merge, one
