"""Which keys of dconf are set, reset, or left behind (Home Manager's modules/misc/dconf.nix)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Databases = Mapping[str | None, Mapping[str, str | None]]
"""By name, None for the user's own: keys and their values, which may not be known."""


def dconf_changes(new: Databases, old: Databases) -> list[dict[str, Any]]:
    """An entry for each key. A database that is gone has no hook that would reset its keys: they are orphaned."""
    names = sorted({*new, *old}, key=lambda name: (name is not None, name or ""))
    return [entry for name in names for entry in _of_database(name, new.get(name), old.get(name, {}))]


def databases(records: Iterable[Mapping[str, Any]]) -> dict[str | None, dict[str, str | None]]:
    """The databases of a configuration's inputs."""
    return {record["name"]: dict(record["keys"]) for record in records}


def _of_database(
    name: str | None, new: Mapping[str, str | None] | None, old: Mapping[str, str | None]
) -> Iterator[dict[str, Any]]:
    for key in sorted({*(new or {}), *old}):
        before = old.get(key)
        if new is None:
            yield _entry(name, key, "orphaned", before, before, "no setting is left, so that nothing resets it")
        elif key not in new:
            yield _entry(name, key, "reset", before, None, "the configuration no longer has it")
        elif before is not None and before == new[key]:
            yield _entry(name, key, "keep", before, before, "")
        else:
            yield _entry(name, key, "set", before, new[key], "")


def _entry(
    database: str | None, key: str, action: str, before: str | None, after: str | None, reason: str
) -> dict[str, Any]:
    entry = {"key": key, "action": action, "before": before, "after": after, "reason": reason}
    return entry if database is None else {"database": database} | entry
