"""Where in a store the local folders lie that inputs of flakes were copied from, as long as they are what they were."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hmeval.cache.fingerprint import clock_of
from hmeval.cache.whole_tree import name_of, packed, state, state_of, survey

if TYPE_CHECKING:
    from hmeval.cache.fingerprint import Signature
    from hmeval.cache.shelf import Shelf
    from hmeval.cache.whole_tree import State


class KnownTrees:
    """What is known of the folders that one evaluation asks for.

    Attributes:
        tables: by folder, everything in it as it was before it was fetched (hmeval.cache.whole_tree).
    """

    def __init__(self, shelf: Shelf, *, refresh: bool = False) -> None:
        self.tables: dict[str, dict[str, Signature]] = {}
        self._shelf = shelf
        self._refresh = refresh
        self._states: dict[str, State | None] = {}

    def recall(self, folder: str, store: str) -> Any:
        """What was remembered of a folder that is still what it was then; None where nothing was."""
        found = self._state(folder)
        known = None if self._refresh else self._shelf.recall(name_of(folder, store))
        return known["tree"] if known and found and known["of"] == (folder, store, found) else None

    def remember(self, folder: str, store: str, tree: Any) -> None:
        """Remember what a folder was fetched to since `recall`, unless it has changed, or did just before."""
        found = self._states[folder]
        if found is not None and state(folder) == found:
            self._shelf.remember(name_of(folder, store), {"of": (folder, store, found), "tree": tree})

    def keep_tables(self) -> None:
        """Keep what tells later that the folders are still what they were (hmeval.cache.fingerprint)."""
        for folder, found in self._states.items():
            if found is not None and self._shelf.recall(name_of(folder, found)) is None:
                table = {"of": (folder, found), **packed(self.tables[folder])}
                self._shelf.remember(name_of(folder, found), table)

    def _state(self, folder: str) -> State | None:
        """The state of a folder; None where it changed so recently that another change may not show."""
        if folder not in self._states:
            begun = time.time_ns()
            try:
                self.tables[folder] = table = survey(folder)
            except (OSError, ValueError):
                self._states[folder] = None
                return None
            newest = max(table.values(), key=lambda found: max(found[2], found[3]))
            is_settled = max(newest[2], newest[3]) <= begun - clock_of(newest)
            self._states[folder] = state_of(table) if is_settled else None
        return self._states[folder]
