"""Which `onChange` hooks run: Home Manager compares sources with HOME as it is before any link is made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hmeval.plan.disk import Disk
from hmeval.plan.future import Future, Placed
from hmeval.plan.inputs import ManagedFile


def hook_runs(files: Iterable[ManagedFile], home: str, disk: Disk) -> list[dict[str, Any]]:
    """An entry for each of the files, which have a hook: whether it runs."""
    now = Future(disk)
    return [{"target": file.target, "runs": _runs(file, home, now)} for file in files]


def _runs(file: ManagedFile, home: str, now: Future) -> str:
    there = now.final(f"{home}/{file.target}")
    if there is None:
        return "yes"
    if file.text is not None:
        return "no" if _has_text(there, file.text, now.disk) else "yes"
    source = now.final(file.link_to or file.source)
    if source is None:
        return "unknown-until-built" if file.store and file.link_to is None else "yes"
    is_same = now.same(source, there)
    return "unknown-until-built" if is_same is None else "no" if is_same else "yes"


def _has_text(there: Placed, text: bytes, disk: Disk) -> bool:
    try:
        return there.entry.kind == "file" and there.origin is not None and disk.read(there.origin) == text
    except OSError:
        return False
