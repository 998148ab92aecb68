"""An entry: one immutable file of documents by name, in an order, from which one is read without the others.

    header    what the file is, how long its parts are, and a checksum of all that follows
    head      marshal: what the entry is for, and its fingerprint
    index     the hashes of the names, sorted; the place of each; then begin and end of each place in the data
    data      marshal: (name, document) one after the other

marshal, since it is part of the interpreter: importing any other reader costs more than reading one option does. Which
Python wrote an entry is part of what it is for, and nothing is unmarshalled before the checksum has been compared.
"""

from __future__ import annotations

import marshal
import os
from bisect import bisect_left
from mmap import ACCESS_READ, mmap
from zlib import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

VERSION = 4
"""Of this format, and of what is in the documents."""

_MAGIC = b"hmeval entry\n"
_NUMBERS = 5  # version, length of the file, length of the head, count of documents, checksum of all after the header
_HEADER = len(_MAGIC) + 8 * _NUMBERS + 4  # and a checksum of itself


class Damaged(Exception):
    """The file is no entry, or not of this version, or its contents are not what was written."""


class Entry:
    """An entry that is there: documents by name.

    Attributes:
        head: what was given to `write`.
    """

    def __init__(self, path: str) -> None:
        """Open the file. Raises OSError, Damaged."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            found = os.fstat(descriptor)
            if found.st_uid != os.geteuid():
                raise Damaged("it belongs to another user")
            if found.st_size < _HEADER:
                raise Damaged("it is too short")
            self._data = memoryview(mmap(descriptor, 0, access=ACCESS_READ))
        finally:
            os.close(descriptor)
        self.modified = found.st_mtime
        self.head = self._checked_head()

    def __len__(self) -> int:
        return self._count

    def get(self, name: str) -> Any:
        """The document of a name, or None where there is none."""
        wanted = _hash(name)
        number = bisect_left(self._hashes, wanted)
        while number < self._count and self._hashes[number] == wanted:
            found, document = self._at(self._places[number])
            if found == name:
                return document
            number += 1
        return None

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """All names and documents, in their order."""
        return map(self._at, range(self._count))

    def at(self, place: int) -> Any:
        """The document at a place of the order."""
        return self._at(place)[1]

    def _checked_head(self) -> dict[str, Any]:
        data = self._data
        header = data[:_HEADER]
        if header[: len(_MAGIC)] != _MAGIC:
            raise Damaged("it is no entry")
        if crc32(header[:-4]) != int.from_bytes(header[-4:], "little"):
            raise Damaged("its header has changed")
        numbers = [int.from_bytes(header[at : at + 8], "little") for at in range(len(_MAGIC), _HEADER - 4, 8)]
        version, length, head, self._count, checksum = numbers
        if version != VERSION:
            raise Damaged(f"it is of version {version}")
        if length != len(data) or crc32(data[_HEADER:]) != checksum:
            raise Damaged("its contents have changed")
        index = _HEADER + head
        self._hashes, self._places, self._ends = (
            data[index + 4 * column * self._count : index + 4 * (column + 1) * self._count].cast("I")
            for column in range(3)
        )
        self._documents = data[index + 12 * self._count :]
        described: dict[str, Any] = marshal.loads(data[_HEADER:index])
        return described

    def _at(self, place: int) -> tuple[str, Any]:
        begin = self._ends[place - 1] if place else 0
        found: tuple[str, Any] = marshal.loads(self._documents[begin : self._ends[place]])
        return found


def write(path: str, head: dict[str, Any], documents: Iterable[tuple[str, Any]]) -> int:
    """Write an entry, and put it at its place once it is whole; return its length.

    Raises OSError, and ValueError for what marshal cannot write.
    """
    pieces = packed(head, documents)
    temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return sum(map(len, pieces))


def packed(head: dict[str, Any], documents: Iterable[tuple[str, Any]]) -> list[bytes]:
    """An entry's bytes, in pieces."""
    names: list[str] = []
    data: list[bytes] = []
    for name, document in documents:
        names.append(name)
        data.append(marshal.dumps((name, document)))
    rest = [marshal.dumps(head), _index(names, data), *data]
    checksum = 0
    for piece in rest:
        checksum = crc32(piece, checksum)
    length = _HEADER + sum(map(len, rest))
    numbers = (VERSION, length, len(rest[0]), len(names), checksum)
    header = _MAGIC + b"".join(number.to_bytes(8, "little") for number in numbers)
    return [header, crc32(header).to_bytes(4, "little"), *rest]


def _index(names: list[str], data: list[bytes]) -> bytes:
    from array import array
    from itertools import accumulate

    hashes = sorted((_hash(name), place) for place, name in enumerate(names))
    columns = (*([row[column] for row in hashes] for column in (0, 1)), accumulate(map(len, data)))
    return b"".join(array("I", column).tobytes() for column in columns)


def _hash(name: str) -> int:
    return crc32(name.encode("utf-8", "surrogatepass"))
