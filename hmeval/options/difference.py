"""What differs between two option trees: options that came, went, were renamed, or have another type, default, value.

Pure. The two trees hold hidden options as well: an old name is known by what it stands for (options/renames.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from hmeval.options.comparison import FIELDS, VALUE, Verdict, compare_field, compare_values, told
from hmeval.options.model import Option, OptionTree
from hmeval.options.path import show_option
from hmeval.options.renames import alias_target

_MOST_ALIASES = 16  # of aliases of aliases; one of itself has no end


class Pair(NamedTuple):
    """An option as it was and as it is, under another name where it was renamed.

    Attributes:
        fields: which of its FIELDS differ.
        unknown: of which of its fields that is not known, and why.
    """

    before: Option
    after: Option
    fields: tuple[str, ...]
    unknown: Mapping[str, str]

    @property
    def by_definitions(self) -> bool:
        """Whether the value differs by its definitions, and what is known of it does not tell."""
        return VALUE in self.fields and bool(compare_values(self.before, self.after).reason)

    def record(self) -> dict[str, Any]:
        """For JSON: {name, renamed_to?, changes: {field: {before?, after?}}}; a side that has none is absent."""
        changes = {field: self._sides(partial(told, field=field)) for field in self.fields}
        if self.by_definitions:
            changes["definitions"] = self._sides(lambda option: [one.get("value") for one in option.definitions])
        return self._named() | {"changes": changes}

    def record_of_unknown(self) -> dict[str, Any]:
        """For JSON, what could not be compared: {name, renamed_to?, fields: {field: reason}}."""
        return self._named() | {"fields": dict(self.unknown)}

    def _named(self) -> dict[str, Any]:
        renamed = {"renamed_to": self.after.name} if self.before.name != self.after.name else {}
        return {"name": self.before.name, **renamed}

    def _sides(self, tell: Callable[[Option], Any]) -> dict[str, Any]:
        sides = {"before": self.before, "after": self.after}
        return {side: found for side, option in sides.items() if (found := tell(option)) is not None}


class Removed(NamedTuple):
    """An option that is gone, and what the configuration says of that, or ""."""

    option: Option
    reason: str

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return _described(self.option) | ({"reason": self.reason} if self.reason else {})


class Difference(NamedTuple):
    """What differs; options are in their tree's order.

    Attributes:
        added, removed: options that one of the trees has.
        renamed: options of which the one tree's name is, in the other, an old name of that one's.
        changed: options that both trees have, with a difference.
        not_compared: options that both trees have, of which a field may differ or not; they may be `changed`, too.
    """

    added: Sequence[Option]
    removed: Sequence[Removed]
    renamed: Sequence[Pair]
    changed: Sequence[Pair]
    not_compared: Sequence[Pair]

    def differing(self, field: str) -> list[Pair]:
        """The options that differ in one of the FIELDS, renamed ones among them."""
        return [pair for pair in (*self.changed, *self.renamed) if field in pair.fields]

    def counts(self) -> dict[str, int]:
        """How many options there are of each kind; one option can be of several."""
        kinds = {"added": len(self.added), "removed": len(self.removed), "renamed": len(self.renamed)}
        changed = {f"{field}_changed": len(self.differing(field)) for field in FIELDS}
        return {**kinds, **changed, "not_compared": len(self.not_compared)}

    def record(self) -> dict[str, Any]:
        """For JSON: the counts as `summary`, then the lists."""
        return {
            "summary": self.counts(),
            "added": list(map(_described, self.added)),
            "removed": [each.record() for each in self.removed],
            "renamed": [each.record() for each in self.renamed],
            "changed": [each.record() for each in self.changed],
            "not_compared": [each.record_of_unknown() for each in self.not_compared],
        }


def compare(
    before: OptionTree, after: OptionTree, *, hidden: bool = False, explain: Callable[[Option], str] = lambda _: ""
) -> Difference:
    """What differs between two trees that hold hidden options, too; values count where they are known.

    Told of are options that are listed in a tree, or all with `hidden`. Packages are compared by name, functions not at
    all, and sources in the store by what is below them. Values of which parts fail are compared part by part, and by
    their definitions. `explain` says why an option is gone that `after` has, hidden. compare(b, a) is
    compare(a, b) the other way round.
    """
    one, other = _Side(before, hidden=hidden), _Side(after, hidden=hidden)
    forth, back = list(_renames(one, other)), list(_renames(other, one))
    renames = [*forth, *((old, new) for new, old in back)]
    old_names, new_names = {old for old, _ in renames}, {new for _, new in renames}
    # Those that are an option of their own on the one side, and another's name on the other.
    turned = {name for name, _ in (*forth, *back)}
    both = (name for name in one.shown if name in other.shown and name not in turned)
    renamed = [_compared(one.shown[old], other.shown[new]) for old, new in sorted(renames)]
    pairs = [_compared(one.shown[name], other.shown[name]) for name in both]
    return Difference(
        added=[option for name, option in other.shown.items() if name not in one.shown and name not in new_names],
        removed=[
            Removed(option, explain(after[name]) if name in after else "")
            for name, option in one.shown.items()
            if name not in other.shown and name not in old_names
        ],
        renamed=renamed,
        changed=[pair for pair in pairs if pair.fields],
        not_compared=[pair for pair in (*pairs, *renamed) if pair.unknown],
    )


class _Side:
    """A tree, and what is told of: options of their own, without the old names of others."""

    def __init__(self, tree: OptionTree, *, hidden: bool) -> None:
        self._aliases = {name: to for name, option in tree.items() if (to := alias_target(option.record))}
        self.shown = {
            name: option
            for name, option in tree.items()
            if (hidden or option.listed) and not (name in self._aliases and not option.visible)
        }

    def other_name(self, option: Option) -> str | None:
        """What an option, or one that holds it, is an old name of; None where it is none."""
        loc = list(option.loc)
        for followed in range(_MOST_ALIASES):
            depths = range(len(loc), 0, -1) if self._aliases else ()
            depth = next((depth for depth in depths if show_option(loc[:depth]) in self._aliases), None)
            if depth is None:
                return show_option(loc) if followed else None
            loc = [*self._aliases[show_option(loc[:depth])], *loc[depth:]]
        return None


def _renames(one: _Side, other: _Side) -> Iterator[tuple[str, str]]:
    """The names of the one side that are old names in the other, each with what it is called there."""
    for name, option in one.shown.items():
        to = other.other_name(option)
        if to in other.shown and to != name and one.other_name(option) is None:
            yield name, to


def _compared(before: Option, after: Option) -> Pair:
    verdicts = {field: compare_field(before, after, field) for field in FIELDS} | _sub_options(before, after)
    fields = tuple(field for field, verdict in verdicts.items() if verdict.differs)
    return Pair(before, after, fields, {field: one.reason for field, one in verdicts.items() if one.reason})


def _sub_options(before: Option, after: Option) -> dict[str, Verdict]:
    """Of options below an option that could not be listed on a side, nothing is known."""
    failed = before.errors.get("sub_options") or after.errors.get("sub_options")
    return {"sub_options": Verdict(False, str(failed.get("message", "")).partition("\n")[0])} if failed else {}


def _described(option: Option) -> dict[str, Any]:
    fields = ("name", "loc", "type", "description", "default", "value", "is_defined", "priority")
    return {name: option.record[name] for name in fields if option.record.get(name) is not None}
