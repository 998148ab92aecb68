"""What is on the shelf, for people: of which targets, how large, and whether it still holds."""

from __future__ import annotations

import marshal
from typing import Any, NamedTuple

from hmeval.cache.entries import Damaged, Entry
from hmeval.cache.fingerprint import Fingerprint
from hmeval.cache.shelf import Shelf

FORMAT_VERSION = "1"


class Described(NamedTuple):
    """One entry: its file, what it is of, its bytes, and what has changed since it was written (None: it holds)."""

    path: str
    part: str
    target: str
    size: int
    changed: str | None


def folder() -> str:
    """Where the entries are."""
    return Shelf().folder


def contents() -> list[Described]:
    """All entries that can be read, those first that were used last."""
    files = sorted(Shelf().entries(), key=lambda file: file[1].st_mtime, reverse=True)
    return [kept for path, found in files if (kept := _kept(path, found.st_size)) is not None]


def damaged() -> dict[str, str]:
    """By path, what is wrong with those that cannot be read."""
    return Shelf().verify(_described)


def document(kept: list[Described]) -> dict[str, Any]:
    """The entries as JSON has them."""
    entries = [entry._asdict() for entry in kept]
    size = sum(entry.size for entry in kept)
    return {"format_version": FORMAT_VERSION, "folder": folder(), "size": size, "entries": entries}


def _kept(path: str, size: int) -> Described | None:
    try:
        entry = Entry(path)
        part, target, fingerprint = _described(entry)
    except (OSError, Damaged):
        return None
    return Described(path, part, target, size, fingerprint.changed())


def _described(entry: Entry) -> tuple[str, str, Fingerprint]:
    """What an entry says of itself. Raises Damaged."""
    try:
        described = entry.head["description"]
        name = f"#{described['name']}" if "name" in described else ""
        target = f"{described.get('file') or described.get('flake')}{name}"
        return entry.head["part"], target, Fingerprint.of(marshal.loads(entry.head["fingerprint"]))
    except (KeyError, TypeError, ValueError, EOFError) as error:
        raise Damaged(f"its head lacks {error}") from None
