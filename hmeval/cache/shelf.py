"""The shelf: the folder that entries are in. What goes wrong with it costs time, and never more."""

from __future__ import annotations

import os
import time

from hmeval.cache.entries import Damaged, Entry, write
from hmeval.folders import cache_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
    from typing import Any

LARGEST = 512 * 1024 * 1024
"""Bytes in all entries; what was not used for the longest time goes first."""

PATIENCE = 60.0
"""Seconds to wait for another process that evaluates the same."""

_LOG_SIZE = 256 * 1024
_USED_AGAIN = 3600.0  # seconds after which it is worth noting that an entry was used
_ABANDONED = 3600.0  # seconds after which an unfinished file has nobody who finishes it
_ENTRY, _TREE, _UNFINISHED, _LOCKS = ".entry", ".tree", ".tmp", "locks"


class Shelf:
    """The folder of the cache: $XDG_CACHE_HOME/hmeval/evaluations.

    Attributes:
        folder: where it is, whether it is there or not.
    """

    def __init__(self, folder: str | None = None) -> None:
        self.folder = folder if folder is not None else os.path.join(cache_place(), "evaluations")
        self._has_logged = False

    def place(self, name: str) -> str:
        """The path of the entry of a name."""
        return os.path.join(self.folder, name + _ENTRY)

    def take(self, name: str) -> Entry | None:
        """The entry of a name, or None where there is none that can be read."""
        place = self.place(name)
        try:
            entry = Entry(place)
        except FileNotFoundError:
            return None
        except (OSError, Damaged, ValueError, EOFError, TypeError) as error:
            self.log(f"{place} was not used: {error}")
            return None
        self._note_use(place, entry.modified)
        return entry

    def put(self, name: str, head: dict[str, Any], documents: Iterable[tuple[str, Any]]) -> bool:
        """Write an entry; whether that worked."""
        try:
            self._make()
            write(self.place(name), head, documents)
        except (OSError, ValueError) as error:
            self.log(f"{self.place(name)} was not written: {error}")
            return False
        self._bound()
        return True

    def recall(self, name: str) -> Any:
        """What was remembered of a tree (hmeval.cache.known_trees); None where nothing was."""
        try:
            return Entry(self._tree(name)).head
        except (OSError, Damaged, ValueError, EOFError, TypeError):
            return None

    def remember(self, name: str, tree: dict[str, Any]) -> None:
        """Remember something of a tree, where that is possible."""
        try:
            self._make()
            write(self._tree(name), tree, ())
        except (OSError, ValueError) as error:
            self.log(f"{self._tree(name)} was not written: {error}")

    def _tree(self, name: str) -> str:
        return os.path.join(self.folder, name + _TREE)

    def lock(self, purpose: str, name: str = "", patience: float = PATIENCE) -> Lock:
        """For `with`: nobody else has the same lock meanwhile, unless `patience` seconds were not enough to get it.

        Who has one may take another one of another purpose, and none of the same.
        """
        return Lock(self._locks, purpose, name, patience)

    def log(self, line: str) -> None:
        """Add a line to the log file, where that is possible: one is enough, since one fault has others in its wake."""
        if self._has_logged:
            return
        self._has_logged = True
        try:
            self._make()
            place = os.path.join(self.folder, "log")
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            descriptor = os.open(place, flags, 0o600)
            try:
                if os.fstat(descriptor).st_size < _LOG_SIZE:
                    os.write(descriptor, f"{time.strftime('%Y-%m-%dT%H:%M:%S')} {line}\n".encode(errors="replace"))
            finally:
                os.close(descriptor)
        except OSError:
            return

    def entries(self) -> Iterator[tuple[str, os.stat_result]]:
        """The paths of all entries, and what the file system says of them."""
        yield from ((path, found) for path, found in self._files() if path.endswith(_ENTRY))

    def verify(self, check: Callable[[Entry], object]) -> dict[str, str]:
        """What is wrong with entries, by path: all of each is read, and given to `check`, which raises Damaged."""
        wrong: dict[str, str] = {}
        for path, _ in self.entries():
            try:
                entry = Entry(path)
                check(entry)
                for _ in entry:
                    pass
            except (OSError, Damaged, ValueError, EOFError, TypeError) as error:
                wrong[path] = str(error)
        return wrong

    def clear(self) -> int:
        """Remove everything in the folder but locks; return the number of entries. Raises OSError."""
        count = 0
        for path, _ in list(self._files()):
            os.unlink(path)
            count += path.endswith(_ENTRY)
        return count

    def _files(self) -> Iterator[tuple[str, os.stat_result]]:
        try:
            with os.scandir(self.folder) as found:
                files = [entry for entry in found if entry.is_file(follow_symlinks=False)]
        except OSError:
            return
        for file in files:
            try:
                yield file.path, file.stat(follow_symlinks=False)
            except OSError:  # another process has removed it
                continue

    def _locks(self) -> str:
        """The folder of the locks, which is there then. Raises OSError."""
        self._make()
        folder = os.path.join(self.folder, _LOCKS)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        return folder

    def _make(self) -> None:
        if not os.path.isdir(self.folder):
            os.makedirs(os.path.dirname(self.folder), mode=0o700, exist_ok=True)
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
        found = os.stat(self.folder)
        if found.st_uid != os.geteuid():
            raise PermissionError(f"{self.folder} belongs to another user")
        if found.st_mode & 0o077:
            os.chmod(self.folder, 0o700)

    def _note_use(self, place: str, modified: float) -> None:
        if time.time() - modified > _USED_AGAIN:
            try:
                os.utime(place)
            except OSError:
                return

    def _bound(self) -> None:
        """Remove what was not used for the longest time, until the rest is within LARGEST; unless another does it."""
        with self.lock("bound", patience=0) as alone:
            if not alone:
                return
            files = sorted(self._files(), key=lambda file: file[1].st_mtime, reverse=True)
            total = 0
            for path, found in files:
                total += found.st_size
                abandoned = path.endswith(_UNFINISHED) and time.time() - found.st_mtime > _ABANDONED
                if abandoned or (total > LARGEST and path.endswith((_ENTRY, _TREE))):
                    _remove(path)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


class Lock:
    """A lock between processes, which ends with its process. Use it with `with`; it tells whether it was got."""

    def __init__(self, folder: Callable[[], str], purpose: str, name: str, patience: float) -> None:
        self._folder = folder
        # Few files, whatever there is to lock: two names that share one wait for each other, which is harmless.
        self._name = f"{purpose}-{sum(name.encode(errors='replace')) % 64:02}"
        self._patience = patience
        self._descriptor = -1

    def __enter__(self) -> bool:
        import fcntl

        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._descriptor = os.open(os.path.join(self._folder(), self._name), flags, 0o600)
            return self._wait(fcntl.LOCK_EX | fcntl.LOCK_NB, fcntl.flock)
        except OSError:
            return False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)  # and with it goes the lock
            self._descriptor = -1

    def _wait(self, flags: int, flock: Callable[[int, int], None]) -> bool:
        until = time.monotonic() + self._patience
        while True:
            try:
                flock(self._descriptor, flags)
                return True
            except BlockingIOError:
                if time.monotonic() >= until:
                    return False
                time.sleep(0.02)
