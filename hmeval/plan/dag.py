"""Home Manager's own order of activation blocks, result for result.

It is `lib.hm.dag.topoSort` (modules/lib/dag.nix) over nixpkgs' `lib.toposort` (lib/lists.nix), which is no textbook
sort: it walks depth-first from the head of the list, always to the first of those that come before, emits the one
where the walk ends, and begins again with what it has seen, the latest first, and then the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol


class Constraints(Protocol):
    """What an entry says of its place: names that are no entry's are ignored."""

    @property
    def after(self) -> Sequence[str]: ...

    @property
    def before(self) -> Sequence[str]: ...


class Order(NamedTuple):
    """The names in their order; or, where there is none, the names of a cycle and those that it closes with."""

    result: list[str]
    cycle: list[str]
    loops: list[str]


def order(entries: Mapping[str, Constraints]) -> Order:
    """The order of the entries; an entry that comes before itself is no cycle to Home Manager."""
    before = predecessors(entries)
    remaining = attribute_order(entries)
    result: list[str] = []
    while len(remaining) > 1:
        emitted, visited, rest, loops = _walk(remaining, before)
        if loops:
            return Order([], [*reversed(visited), emitted], loops)
        result.append(emitted)
        remaining = visited + rest
    return Order(result + remaining, [], [])


def attribute_order(names: Mapping[str, object]) -> list[str]:
    """Names in the order of Nix's attributes: by their bytes."""
    return sorted(names, key=lambda name: name.encode("utf-8", "surrogateescape"))


def predecessors(entries: Mapping[str, Constraints]) -> dict[str, set[str]]:
    """For each entry the names that it wants to come after, those included that want to come before it."""
    wanted = {name: set(entry.after) for name, entry in entries.items()}
    for name, entry in entries.items():
        for later in entry.before:
            if later in wanted:
                wanted[later].add(name)
    return wanted


def _walk(names: list[str], before: Mapping[str, set[str]]) -> tuple[str, list[str], list[str], list[str]]:
    """lib.lists.listDfs: where a walk from the head ends, what it has seen (the latest first), the rest, and loops."""
    here, *rest = names
    visited: list[str] = []
    while True:
        wanted = before[here]
        loops = [name for name in visited if name in wanted]
        earlier = [name for name in rest if name in wanted]
        if loops or not earlier:
            return here, visited, rest, loops
        visited.insert(0, here)
        rest = earlier[1:] + [name for name in rest if name not in wanted]
        here = earlier[0]
