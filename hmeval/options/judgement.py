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

from hmeval.options.model import order_name, priority_name
from hmeval.options.path import show_option
from hmeval.options.why import INACTIVE, LOSER, PLAIN, UNKNOWN, WINNER, Definition, named_priority

_PLAIN_ORDER = 1000

_PROPERTIES = {"if": "mkIf", "merge": "mkMerge", "override": "mkOverride", "order": "mkOrder"}


class Level(NamedTuple):
    """A name of a path: whether definitions are merged at it, whether what holds it is a submodule's value, and whether
    it is an option there.

    `element` is there for a name of an element of a list: which entry it is of which of how many definitions that count
    (`definition`, `entry`, `among`), or empty where that is not known.
    """

    merges: bool
    in_module: bool
    is_option: bool = False
    element: Mapping[str, int] | None = None


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
        module: its number; a name for one that a submodule's type has; None for a default.
        imported_by: the file of the module that imports it, or None.
        position: of the innermost attribute that has one: {file, line, column}, or None.
        exact: whether that attribute is the path's last name.
        begins: how many names of the path lead to where it takes part: to its option for a default; past the submodule
            for what is in a module of a submodule's type; 0 for what is in a module of the configuration.
        depth: how many names of the path led here; complete: whether all did.
        branch: which of the values behind properties was taken, at the module's top and at each name.
        imports: of the submodules on the way, by how many names lead there, which of their modules this is in: where
            in the tree of imports, and which part of it.
        opaque: whether a function stands here, which may define the rest.
        default: whether it is an option's default.
        properties: the outermost first.
        left: the kind of the property that the module system leaves in the value ("merge", too), or None.
        value: as a record has it, where it reaches the path.
    """

    file: str
    module: int | str | None
    imported_by: str | None
    position: Mapping[str, Any] | None
    exact: bool
    begins: int
    depth: int
    branch: Sequence[int]
    imports: Mapping[int, tuple[Sequence[int], int]]
    complete: bool
    opaque: bool
    default: bool
    properties: Sequence[Property]
    left: str | None
    value: Mapping[str, Any] | None

    @property
    def reaches(self) -> bool:
        """Whether it defines the path, or may."""
        return self.complete or self.opaque

    @property
    def active(self) -> bool | None:
        """Whether all its conditions hold; None where that cannot be evaluated."""
        return next((one.holds for one in reversed(self.properties) if one.kind == "if"), True)

    def module_at(self, depth: int) -> Sequence[int]:
        """Where the module is that it is in of the submodule at this depth, in the tree of what this one imports."""
        return self.imports[depth][0] if depth in self.imports else ()

    def definition_at(self, depth: int) -> tuple[object, ...]:
        """What those have in common that are parts of one definition of what so many names lead to."""
        modules = [(at, module) for at, module in self.imports.items() if at < depth]
        return self.begins, self.module, self.branch[: depth + 1], modules


class _AtMerge(NamedTuple):
    """What the properties of a row amount to at one merge."""

    holds: bool | None = True
    priority: int = PLAIN
    order: int | None = None


class Judgement:
    """The verdicts on the rows of one path, of which `levels` are the names; the option is at `option_depth`.

    `is_module` says that what the path ends at is a submodule, which looks into a value for properties by itself.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        levels: Sequence[Level],
        loc: Sequence[str],
        option_depth: int,
        *,
        is_module: bool = False,
    ) -> None:
        self._is_module = is_module
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

        Definitions are sorted by their orders wherever they are merged, an option's default first.
        """
        ordered: list[int] = []
        before = 0
        for merge, depth in enumerate(self._merges):
            entering = [number for number, row in enumerate(self._rows) if before < max(row.begins, 1) <= depth]
            defaults = [number for number in entering if self._rows[number].default]
            others = [number for number in entering if not self._rows[number].default]
            if merge > 0 and self._levels[before].in_module:
                ordered = self._as_modules(ordered, others, before)
            else:
                ordered = [*ordered, *others]
            ordered = sorted([*defaults, *ordered], key=lambda number: _placed(self._at[number][merge].order))
            before = depth
        return ordered

    def _as_modules(self, given: Sequence[int], own: Sequence[int], depth: int) -> list[int]:
        """The definitions of a submodule as its modules, after those that its type has.

        What they import comes after all of them, and those that come last are merged first (nixpkgs, lib/modules.nix:
        filterModules, evalModules).
        """
        rows = self._rows
        groups = groupby(given, key=lambda number: rows[number].definition_at(depth))
        numbered = [(place, number) for place, (_, group) in enumerate(groups) for number in group]
        paths = {number: ((1, place), *rows[number].module_at(depth)) for place, number in numbered}
        paths |= {number: ((0, place), *rest) for number in own for place, *rest in [rows[number].module_at(depth)]}
        return sorted([*own, *given], key=lambda number: (len(paths[number]), paths[number]), reverse=True)

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
            imported_by=row.imported_by,
            priority=self._priority(number),
            order=self._at[number][-1].order,
            condition=row.active if any(one.kind == "if" for one in row.properties) else None,
            verdict=verdict,
            reason=reason,
            value=row.value,
            default=row.default,
        )

    def _priority(self, number: int) -> int:
        """The priority at the option that the path is; of what is in its value, the nearest that is one."""
        at_merges = self._at[number]
        if self._levels[-1].is_option:
            return at_merges[-1].priority
        return next((at.priority for at in reversed(at_merges) if at.priority != PLAIN), PLAIN)

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
        return WINNER, self._remark(number)

    def _remark(self, number: int) -> str:
        """What there is to be said of one that counts: what stands around it further up, what is left in its value."""
        row = self._rows[number]
        if row.default:
            whole = show_option(self._loc[: row.begins])
            return "nothing else defines it" if row.begins == len(self._levels) else f"part of the default of {whole}"
        if row.left is not None and not self._is_module:
            return _how_to_write(row)
        outer_ones = [
            f"{named_priority(at.priority)} of {show_option(self._loc[:depth])}"
            for depth, at in zip(self._merges[:-1], self._at[number][:-1], strict=True)
            if at.priority != PLAIN and self._levels[-1].is_option
        ]
        return f"within {', '.join(outer_ones)}" if outer_ones else ""


def _how_to_write(row: Row) -> str:
    """What to write in the place of a property within another one, which the module system leaves in the value."""
    outer = next(one for one in reversed(row.properties) if one.kind != "if")
    name = _property_name(outer)
    inner = _PROPERTIES[row.left or ""]
    instead = f"{inner} {'[ ' if row.left == 'merge' else '… '}({name} …){' ]' if row.left == 'merge' else ''}"
    advice = "write one of them" if row.left == outer.kind else f"write {instead}"
    return f"its {inner} is inside {name}, where the module system does not look: it stays in the value; {advice}"


def _property_name(one: Property) -> str:
    number = one.number or 0
    if number == PLAIN:
        return f"mkOverride {number}"
    return priority_name(number) if one.kind == "override" else order_name(number)


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
