"""Why an option has its value: each of its definitions, and whether it counts. Pure; options/judgement.py decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from hmeval.options.model import order_name, priority_name
from hmeval.options.path import show_option

WINNER, LOSER, INACTIVE, UNKNOWN = "winner", "loser", "inactive", "unknown"

PLAIN = 100

_OWN_MODULE = "lib/modules.nix"
"""What the module system calls the module that it adds itself (nixpkgs, lib/modules.nix: internalModule)."""


class Definition(NamedTuple):
    """One definition of an option.

    Attributes:
        file, line, column: where it is written; line and column are None where that is not known.
        exact: False where the place is that of what generates it.
        module: the file of the module that it belongs to; imported_by: of the module that imports that one.
        priority: the number that it competes with; order: its place among equals (mkBefore 500, mkAfter 1500), or None.
        condition: whether its mkIf hold; None without any, or where one cannot be evaluated.
        verdict: winner, loser, inactive (a mkIf does not hold) or unknown; reason says why.
        value: {"json": …}, {"nix": …} or {"error": …}, as in an option's record.
        default: whether it is the option's default.
        written_as: the renamed option that it is written as, or None.
    """

    file: str | None
    line: int | None
    column: int | None
    exact: bool
    module: str | None
    imported_by: str | None
    priority: int
    order: int | None
    condition: bool | None
    verdict: str
    reason: str
    value: Mapping[str, Any] | None
    default: bool = False
    written_as: str | None = None

    @property
    def wins(self) -> bool:
        """Whether it is part of the final value."""
        return self.verdict == WINNER

    def not_counted(self, priority: int) -> Definition:
        """What it is where the module system counts the definitions of this priority alone."""
        if not self.wins or self.priority == priority:
            return self
        return self._replace(verdict=LOSER, reason=f"the module system counts those of {named_priority(priority)}")

    def position(self) -> dict[str, Any]:
        """{file, line, column}."""
        return {"file": self.file, "line": self.line, "column": self.column}

    def place(self) -> str:
        """file:line:column, as far as it is known."""
        parts = (self.file, self.line, self.column)
        return ":".join(str(part) for part in parts if part is not None) or "an unknown place"

    def entry(self) -> dict[str, Any]:
        """As it stands in an option's record: {file, line, column, priority, value, wins, generated?}."""
        priority = {"number": self.priority, "name": priority_name(self.priority)}
        entry = {**self.position(), "priority": priority, "value": self.value, "wins": self.wins}
        return entry if self.exact else entry | {"generated": True}

    def record(self) -> dict[str, Any]:
        """For JSON: what is not known, or does not apply, is absent, but for file, line and column."""
        record = self.entry() | {"verdict": self.verdict, "reason": self.reason}
        if self.order is not None:
            record["order"] = {"number": self.order, "name": order_name(self.order)}
        optional = ("module", "imported_by", "condition", "written_as")
        record |= {name: found for name in optional if (found := getattr(self, name)) is not None}
        return record | ({"default": True} if self.default else {})


class Why(NamedTuple):
    """Why a path of the configuration has its value.

    Attributes:
        loc: the path; option: the loc of the option that it is, or lies in; type: that of what is at the path.
        value: the final one, None where the path has none; before_apply: what the option's `apply` changed, or None.
        definitions: the winners in the order in which they are merged, then the losers, the inactive ones, the unknown.
        renamed_from: the path that was asked for, where it is the old name of `loc`.
        not_read: {file, message} of each module that could not be searched.
        is_alias: whether `renamed_from` is another name of the option, and not an old one.
    """

    loc: Sequence[str]
    option: Sequence[str]
    type: str
    value: Mapping[str, Any] | None
    before_apply: Mapping[str, Any] | None
    definitions: Sequence[Definition]
    renamed_from: Sequence[str] | None
    not_read: Sequence[Mapping[str, Any]]
    is_alias: bool = False

    @property
    def name(self) -> str:
        """The path as people write it."""
        return show_option(self.loc)

    @property
    def winners(self) -> Sequence[Definition]:
        """The definitions that make the value."""
        return [definition for definition in self.definitions if definition.wins]

    def record(self) -> dict[str, Any]:
        """For JSON; what does not apply is absent."""
        record: dict[str, Any] = {"name": self.name, "loc": list(self.loc), "option": show_option(self.option)}
        if self.renamed_from is not None:
            record["renamed_from"] = show_option(self.renamed_from)
        record |= {"type": self.type, "value": self.value}
        if self.before_apply is not None:
            record["before_apply"] = self.before_apply
        return record | {
            "definitions": [definition.record() for definition in self.definitions],
            "not_read": list(self.not_read),
        }


def named_priority(number: int) -> str:
    """A priority by number and name, for people: `mkForce (50)`, `no priority (100)`."""
    return f"priority {number}" if number == PLAIN else f"{priority_name(number)} ({number})"


def in_order(definitions: Iterable[Definition]) -> list[Definition]:
    """Winners, losers, inactive and unknown ones, else as they come; a default is the last of the losers."""
    ranks = {WINNER: 0, LOSER: 1, INACTIVE: 2, UNKNOWN: 3}
    return sorted(definitions, key=lambda one: (ranks[one.verdict], one.default and not one.wins))


def as_counted(definitions: Sequence[Definition], counted: Sequence[Mapping[str, Any]]) -> list[int | None]:
    """For each one that the module system counts ({file, value}), the number of the definition that it is, or None.

    Where the values cannot be compared, the file decides.
    """
    left = [number for number, definition in enumerate(definitions) if definition.wins]
    found: list[int | None] = [None] * len(counted)
    for is_it in (_is_same, _is_of_its_file):
        for place, one in enumerate(counted):
            if found[place] is None:
                found[place] = next((number for number in left if is_it(definitions[number], one)), None)
                left = [number for number in left if number != found[place]]
    return found


def unplaced(counted: Mapping[str, Any], priority: int, near: Mapping[str, Any] | None) -> Definition:
    """One that the module system counts and that was not found: none is left out for that.

    `near` is the place of what it is made of, where something is known to be that.
    """
    file = counted["file"]
    unknown = "the module system counts it; where it is written could not be found"
    why = "" if near else "the module system's own" if file == _OWN_MODULE else unknown
    place = near or {"file": file, "line": None, "column": None}
    return Definition(
        **place,
        exact=False,
        module=file,
        imported_by=None,
        priority=priority,
        order=None,
        condition=None,
        verdict=WINNER,
        reason=why,
        value=counted.get("value"),
    )


def _is_same(own: Definition, counted: Mapping[str, Any]) -> bool:
    return own.module == counted["file"] and own.value == counted.get("value")


def _is_of_its_file(own: Definition, counted: Mapping[str, Any]) -> bool:
    return bool(own.module == counted["file"])
