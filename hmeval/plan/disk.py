"""What lies on the disk: the one place of the planner that reads HOME and generations, and it only reads."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from typing import NamedTuple, Protocol

LARGEST_COMPARED = 64 * 1024 * 1024
"""Files beyond this many bytes are not compared: whether they are equal is then not known."""

_PIECE = 256 * 1024


class Entry(NamedTuple):
    """What one name of a folder stands for: absent, link, file, directory or other; a link has its target."""

    kind: str
    link: str = ""


ABSENT = Entry("absent")


class Disk(Protocol):
    """What the planner asks of a disk. Paths are absolute; names that are no UTF-8 have their bytes as surrogates."""

    def entry(self, path: str) -> Entry:
        """What is at a path, links in its folders followed; what cannot be looked at is absent, as to the shell."""
        ...

    def readlink(self, path: str) -> str:
        """The raw target of a link. Raises OSError where there is none."""
        ...

    def children(self, folder: str) -> list[tuple[str, str]]:
        """The names in a folder, each with its kind, in order. Raises OSError."""
        ...

    def read(self, path: str) -> bytes:
        """What is in a regular file. Raises OSError."""
        ...

    def same(self, path: str, other: str) -> bool | None:
        """Whether two regular files hold the same; None where they are too large. Raises OSError."""
        ...

    def executable(self, path: str) -> bool:
        """Whether whoever asks may execute what is at a path."""
        ...

    def writable(self, folder: str) -> bool:
        """Whether whoever asks may make and remove names in a folder."""
        ...

    def real(self, path: str) -> str:
        """The path with all links resolved, as far as it exists."""
        ...


class RealDisk:
    """The machine's own."""

    readlink = staticmethod(os.readlink)

    def entry(self, path: str) -> Entry:
        """See Disk."""
        try:
            kind = _kind(os.lstat(path).st_mode)
            return Entry(kind, os.readlink(path) if kind == "link" else "")
        except (OSError, ValueError):  # gone meanwhile, not to be looked at, or a name that no file can have
            return ABSENT

    def children(self, folder: str) -> list[tuple[str, str]]:
        """See Disk."""
        with os.scandir(folder) as entries:
            return sorted((entry.name, _kind_of(entry)) for entry in entries)

    def read(self, path: str) -> bytes:
        """See Disk."""
        with _regular(path) as file:
            return file.read()

    def same(self, path: str, other: str) -> bool | None:
        """See Disk."""
        with _regular(path) as one, _regular(other) as two:
            sizes = {os.fstat(file.fileno()).st_size for file in (one, two)}
            if len(sizes) == 2:
                return False
            if max(sizes) > LARGEST_COMPARED:
                return None
            while (piece := one.read(_PIECE)) == two.read(_PIECE):
                if not piece:
                    return True
            return False

    def executable(self, path: str) -> bool:
        """See Disk."""
        return os.access(path, os.X_OK)

    def writable(self, folder: str) -> bool:
        """See Disk."""
        return os.access(folder, os.W_OK | os.X_OK)

    def real(self, path: str) -> str:
        """See Disk."""
        return os.path.realpath(path)


def content(disk: Disk, path: str) -> bytes | None:
    """What is in a regular file; None for what is none, or cannot be read."""
    try:
        return disk.read(path)
    except (OSError, ValueError):
        return None


def walk(disk: Disk, folder: str, failures: list[str]) -> Iterator[tuple[str, str]]:
    """The names below a folder that are no folders, relative to it, each with its kind; links are not followed.

    Folders that cannot be read are put into `failures`.
    """
    pending = [""]
    while pending:
        below = pending.pop()
        try:
            children = disk.children(f"{folder}/{below}" if below else folder)
        except OSError as error:
            failures.append(f"{folder}/{below}: {error.strerror or error}" if below else f"{folder}: {error.strerror}")
            continue
        prefix = f"{below}/" if below else ""
        for name, kind in children:
            if kind == "directory":
                pending.append(prefix + name)
            else:
                yield prefix + name, kind


def _kind_of(entry: os.DirEntry[str]) -> str:
    try:
        if entry.is_symlink():
            return "link"
        if entry.is_dir(follow_symlinks=False):
            return "directory"
        return "file" if entry.is_file(follow_symlinks=False) else "other"
    except OSError:
        return "absent"


def _kind(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "link"
    if stat.S_ISDIR(mode):
        return "directory"
    return "file" if stat.S_ISREG(mode) else "other"


class _Regular:
    """A file that is read; opening anything but a regular one raises, since a pipe would never end."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)

    def __enter__(self) -> _Regular:
        if stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            return self
        os.close(self._descriptor)
        raise OSError(errno.EINVAL, "not a regular file")

    def __exit__(self, *ignored: object) -> None:
        os.close(self._descriptor)

    def fileno(self) -> int:
        return self._descriptor

    def read(self, size: int | None = None) -> bytes:
        if size is not None:
            return os.read(self._descriptor, size)
        pieces = []
        while piece := os.read(self._descriptor, _PIECE):
            pieces.append(piece)
        return b"".join(pieces)


def _regular(path: str) -> _Regular:
    return _Regular(path)
