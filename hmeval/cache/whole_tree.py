"""A folder with all that is in it, for inputs of flakes that are copied as a whole: what tells that it has changed.

On the way of every quick answer, so it imports next to nothing.
"""

from __future__ import annotations

import marshal
import os
from array import array
from zlib import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from hmeval.cache.fingerprint import Signature

    State: TypeAlias = tuple[int, int, int]

_DETERMINISTIC = 2  # later versions of marshal write an object once that is there twice, and say so


def survey(folder: str) -> dict[str, Signature]:
    """The signature (hmeval.cache.fingerprint) of a folder and of everything in it, by path; links are not followed.

    Raises OSError.
    """
    found = os.lstat(folder)
    table = {folder: _signature(found)}
    pending = [folder]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in sorted(entries, key=_name):
                table[entry.path] = _signature(entry.stat(follow_symlinks=False))
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
    return table


def state_of(table: dict[str, Signature]) -> State:
    """What is another one once anything of the table is: how much there is, the newest change, and a checksum."""
    return (
        len(table),
        max(found[3] for found in table.values()),
        crc32(marshal.dumps(list(table.items()), _DETERMINISTIC)),
    )


def state(folder: str) -> State | None:
    """The state of a folder as it is now; None where it cannot be looked at."""
    try:
        return state_of(survey(folder))
    except (OSError, ValueError):
        return None


def packed(table: dict[str, Signature]) -> dict[str, str | bytes]:
    """Of a table what `holds` needs, as plain data that is quick to read."""
    changes, inodes = (
        array("q", (found[3] for found in table.values())),
        array("Q", (found[4] for found in table.values())),
    )
    return {"paths": "\0".join(table), "changes": changes.tobytes(), "inodes": inodes.tobytes()}


def holds(folder: str, known: State, table: dict[str, Any] | None) -> bool:
    """Whether a folder is what it was. `table` is what `packed` gave then, which saves most of the time.

    Whatever changes a file, or what is in a folder, changes the time of its last change, and only the kernel sets that.
    """
    if table is None:
        return state(folder) == known
    lstat, changes, inodes = os.lstat, array("q", table["changes"]), array("Q", table["inodes"])
    try:
        for path, change, inode in zip(table["paths"].split("\0"), changes, inodes, strict=True):
            found = lstat(path)
            if found.st_ctime_ns != change or found.st_ino != inode:
                return False
    except OSError:
        return False
    return True


def name_of(folder: str, of: State | str) -> str:
    """A name for what is remembered of a folder, in a state or for a store; short names can coincide."""
    whole = f"{folder}\0{of}".encode("utf-8", "surrogateescape")
    return f"{crc32(whole):08x}{crc32(whole, 1):08x}"


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _signature(found: os.stat_result) -> Signature:
    return (found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev)
