"""Which `onChange` hooks run: Home Manager compares sources with HOME as it is before any link is made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hmeval.plan.disk import Disk
from hmeval.plan.future import Future, Placed
from hmeval.plan.inputs import ManagedFile


def hook_runs(files: Iterable[ManagedFile], home: str, disk: Disk) -> list[dict[str, Any]]:
    """An entry for each file that has a hook: whether it runs."""
    now = Future(disk)
    return [{"target": file.target, "runs": _runs(file, home, now)} for file in files if file.has_hook]


def _runs(file: ManagedFile, home: str, now: Future) -> str:
    there = now.final(f"{home}/{file.target}")
    if there is None:
        return "yes"
    if file.text is not None:
        return "no" if _has_text(there, file.text, now.disk) else "yes"
    source = now.final(file.link_to or file.source)
    if source is None:
        return "unknown-until-built" if file.store and file.link_to is None else "yes"
    return "no" if _same(source, there, now) else "yes"


def _has_text(there: Placed, text: bytes, disk: Disk) -> bool:
    try:
        return there.entry.kind == "file" and there.origin is not None and disk.read(there.origin) == text
    except OSError:
        return False


def _same(one: Placed, other: Placed, now: Future) -> bool:
    """`diff -rq` for two folders, `cmp` for all else."""
    if one.origin is None or other.origin is None:
        return False
    if one.origin == other.origin:
        return True
    try:
        if (one.entry.kind, other.entry.kind) == ("file", "file"):
            return bool(now.disk.same(one.origin, other.origin))
        if (one.entry.kind, other.entry.kind) != ("directory", "directory"):
            return False
        names = [{name for name, _ in now.disk.children(place.origin or "")} for place in (one, other)]
    except OSError:
        return False
    return names[0] == names[1] and all(_same_below(name, one, other, now) for name in names[0])


def _same_below(name: str, one: Placed, other: Placed, now: Future) -> bool:
    first, second = (now.final(f"{place.origin}/{name}") for place in (one, other))
    return first is not None and second is not None and _same(first, second, now)
