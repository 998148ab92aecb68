"""The disk as it will be: what activation changes is kept here, and the disk itself is only read."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from hmeval.plan.disk import ABSENT, Disk, Entry

_MOST_LINKS = 40  # that Linux follows in one path


class Folder(NamedTuple):
    """A folder that a path leads to: where it is, free of links, and where its content lies on the disk.

    A new folder has none there (`origin` is None); one that was moved has it where it was.
    """

    path: str
    origin: str | None
    parent: Folder | None

    def within(self, name: str) -> str:
        """The path of a name in it."""
        return f"{self.path}/{name}" if self.path != "/" else f"/{name}"


class Placed(NamedTuple):
    """An entry, the folder that it is in, its name there, and where its content lies on the disk."""

    entry: Entry
    folder: Folder
    name: str
    origin: str | None


_ROOT = Folder("/", "/", None)
_TOO_LARGE: list[tuple[Placed, Placed]] = []
"""In place of what is to be compared next: it is not known whether two files are the same."""


class Future:
    """A disk, with changes. Nothing raises: what cannot be looked at is absent, what cannot be done returns False."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.changes: dict[str, tuple[Entry, str | None]] = {}
        self._folders: dict[str, Folder] = {}
        self._on_the_way: set[str] = set()
        self._changed_in: dict[str, dict[str, bool]] = {}
        self._names: dict[str, set[str]] = {}
        self._writable: dict[str, bool] = {}

    # -- looking ----------------------------------------------------------------------------------------------------

    def entry(self, path: str) -> Entry:
        """What is at a path; links in its folders are followed, one at its end is not."""
        if not self.changes:
            return self.disk.entry(path)
        placed = self.placed(path)
        return placed.entry if placed else ABSENT

    def exists(self, path: str) -> bool:
        """Whether a path leads to something, links followed to the end."""
        return self.final(path) is not None

    def folder(self, path: str) -> Folder | None:
        """The folder that a path leads to, or None."""
        known = path
        steps = []
        while known and known not in self._folders:
            known, _, name = known.rpartition("/")
            steps.append(name)
        here: Folder | None = self._folders[known] if known else _ROOT
        for name in reversed(steps):
            here = self._step(here, name)
            if here is None:
                return None
            known = f"{known}/{name}"
            self._folders[known] = here
        return here

    def placed(self, path: str) -> Placed | None:
        """What is at a path, or None where its folder is none; a link at the end is not followed."""
        above, _, name = path.rpartition("/")
        folder = self.folder(above or "/")
        return self._look(folder, name) if folder is not None else None

    def final(self, path: str) -> Placed | None:
        """What a path leads to, links followed to the end; None where there is nothing, or a loop."""
        for _ in range(_MOST_LINKS):
            placed = self.placed(path)
            if placed is None or placed.entry.kind == "absent":
                return None
            if placed.entry.kind != "link":
                return placed
            target = placed.entry.link.rstrip("/") or "/"
            path = target if target.startswith("/") else f"{placed.folder.path}/{target}"
            if path.rpartition("/")[2] in ("", ".", ".."):
                folder = self.folder(path)
                return _as_placed(folder) if folder else None
        return None

    def is_folder(self, path: str) -> bool:
        """Whether a path leads to a folder."""
        return self.folder(path) is not None

    def same(self, one: Placed, other: Placed) -> bool | None:
        """Whether two of what the disk has hold the same: `diff -rq` for two folders, `cmp` for all else.

        A folder with a link to itself in it is the same as no other: there `diff` gives up. None where files that are
        too large to be compared decide.
        """
        pending: list[tuple[Placed, Placed, frozenset[str]]] = [(one, other, frozenset())]
        is_known = True
        while pending:
            first, second, above = pending.pop()
            here = frozenset((f"1{first.origin}", f"2{second.origin}"))
            below = None if here & above else self._compared(first, second)
            if below is None:
                return False
            is_known = is_known and below is not _TOO_LARGE
            pending += ((*pair, above | here) for pair in below)
        return True if is_known else None

    def _compared(self, one: Placed, other: Placed) -> list[tuple[Placed, Placed]] | None:
        """What of two that are the same so far is to be compared next; None for two that differ."""
        if one.origin is None or other.origin is None:
            return None
        if one.origin == other.origin:
            return []
        try:
            if (one.entry.kind, other.entry.kind) == ("file", "file"):
                is_same = self.disk.same(one.origin, other.origin)
                return _TOO_LARGE if is_same is None else [] if is_same else None
            if (one.entry.kind, other.entry.kind) == ("directory", "directory"):
                return self._compared_names(one.origin, other.origin)
        except OSError:
            pass
        return None

    def _compared_names(self, one: str, other: str) -> list[tuple[Placed, Placed]] | None:
        """What is in two folders, side by side; None where their names differ. Raises OSError."""
        names, others = ({name for name, _ in self.disk.children(folder)} for folder in (one, other))
        if names != others:
            return None
        sides = ((self.final(f"{one}/{name}"), self.final(f"{other}/{name}")) for name in names)
        pairs = [(first, second) for first, second in sides if first is not None and second is not None]
        return pairs if len(pairs) == len(names) else None

    # -- changing ---------------------------------------------------------------------------------------------------

    def remove(self, path: str) -> bool:
        """Remove what is no folder, as `rm` does."""
        placed = self.placed(path)
        if placed is None or placed.entry.kind in ("absent", "directory") or not self.can_change(placed.folder):
            return False
        self.put(placed.folder, placed.name, ABSENT)
        return True

    def forget(self, path: str) -> None:
        """Take what is at a path to be gone, whatever it was: a command of the user's does that."""
        placed = self.placed(path)
        if placed is not None:
            self.put(placed.folder, placed.name, ABSENT)

    def remove_empty_folder(self, path: str) -> bool:
        """Remove an empty folder, as `rmdir` does."""
        placed = self.placed(path)
        if placed is None or placed.entry.kind != "directory" or not self.can_change(placed.folder):
            return False
        if not self._empty(placed.folder.within(placed.name), placed.origin):
            return False
        self.put(placed.folder, placed.name, ABSENT)
        return True

    def put_link(self, path: str, target: str) -> bool:
        """Put a link where there is no folder, whatever else is there: `ln -Tsf`."""
        placed = self.placed(path)
        if placed is None or placed.entry.kind == "directory" or not self.can_change(placed.folder):
            return False
        self.put(placed.folder, placed.name, Entry("link", target))
        return True

    def make_folders(self, path: str) -> bool:
        """Make a folder and those above it, as `mkdir -p` does."""
        if self.folder(path) is not None:
            return True
        folder, known, missing = _ROOT, "", path.split("/")[1:]
        while (there := self.folder(f"{known}/{missing[0]}")) is not None:
            folder, known, missing = there, f"{known}/{missing[0]}", missing[1:]
        for name in missing:
            # A link that leads nowhere is in the way of `mkdir -p`, too.
            if self._look(folder, name).entry.kind != "absent" or not self.can_change(folder):
                return False
            self.put(folder, name, Entry("directory"))
            folder = Folder(folder.within(name), None, folder)
        return True

    def move(self, path: str, destination: str) -> bool:
        """Move a file or folder, as `mv` does: into what leads to a folder, over what is no folder."""
        placed = self.placed(path)
        into = self.final(destination)
        if into is not None and into.entry.kind == "directory":
            destination = f"{destination}/{path.rpartition('/')[2]}"
        there = self.placed(destination)
        if placed is None or placed.entry.kind == "absent" or there is None:
            return False
        occupied = there.entry.kind != "absent"
        if occupied and (there.entry.kind == "directory") != (placed.entry.kind == "directory"):
            return False
        if there.entry.kind == "directory" and not self._empty(there.folder.within(there.name), there.origin):
            return False
        if not (self.can_change(placed.folder) and self.can_change(there.folder)):
            return False
        self.put(there.folder, there.name, placed.entry, placed.origin)
        if placed.entry.kind == "directory":
            self._move_changes_below(placed.folder.within(placed.name), there.folder.within(there.name))
        self.put(placed.folder, placed.name, ABSENT)
        return True

    def put(self, folder: Folder, name: str, entry: Entry, origin: str | None = None) -> None:
        """Put an entry into a folder, or `ABSENT` to take it out, whatever was there."""
        path = folder.within(name)
        present = entry.kind != "absent"
        self.changes[path] = (entry, origin)
        self._changed_in.setdefault(folder.path, {})[name] = present
        if folder.path in self._names:
            (self._names[folder.path].add if present else self._names[folder.path].discard)(name)
        if path in self._on_the_way:
            self._forget_folders()

    def put_links(self, folder: Folder, links: Mapping[str, str]) -> None:
        """Put links into a folder by their names, whatever was there."""
        prefix = folder.within("")
        paths = {f"{prefix}{name}": (Entry("link", target), None) for name, target in links.items()}
        self.changes.update(paths)
        self._changed_in.setdefault(folder.path, {}).update(dict.fromkeys(links, True))
        if folder.path in self._names:
            self._names[folder.path].update(links)
        if not self._on_the_way.isdisjoint(paths):
            self._forget_folders()

    def can_change(self, folder: Folder) -> bool:
        """Whether names can be made and removed in a folder."""
        if folder.origin is None:
            return True
        known = self._writable.get(folder.origin)
        if known is None:
            known = self._writable[folder.origin] = self.disk.writable(folder.origin)
        return known

    # -- within -----------------------------------------------------------------------------------------------------

    def _step(self, here: Folder | None, name: str) -> Folder | None:
        """The folder that a name in a folder leads to."""
        pending = deque([name])
        links = 0
        while pending and here is not None:
            name = pending.popleft()
            if name in ("", "."):
                continue
            if name == "..":
                here = here.parent or here
                continue
            placed = self._look(here, name)
            self._on_the_way.add(here.within(name))
            if placed.entry.kind == "directory":
                here = Folder(here.within(name), placed.origin, here)
            elif placed.entry.kind == "link" and links < _MOST_LINKS:
                links += 1
                pending.extendleft(reversed(placed.entry.link.split("/")))
                here = _ROOT if placed.entry.link.startswith("/") else here
            else:
                return None
        return here

    def _look(self, folder: Folder, name: str) -> Placed:
        changed = self.changes.get(folder.within(name)) if self.changes else None
        if changed is not None:
            return Placed(changed[0], folder, name, changed[1])
        if folder.origin is None:
            return Placed(ABSENT, folder, name, None)
        origin = f"{folder.origin}/{name}" if folder.origin != "/" else f"/{name}"
        return Placed(self.disk.entry(origin), folder, name, origin)

    def _names_in(self, path: str, origin: str | None) -> set[str]:
        """The names in a folder, listed once and kept up to date. Raises OSError."""
        names = self._names.get(path)
        if names is None:
            names = {name for name, _ in self.disk.children(origin)} if origin is not None else set()
            for name, present in self._changed_in.get(path, {}).items():
                (names.add if present else names.discard)(name)
            self._names[path] = names
        return names

    def _empty(self, path: str, origin: str | None) -> bool:
        """Whether a folder has no names in it; one that cannot be read counts as not empty."""
        try:
            return not self._names_in(path, origin)
        except OSError:
            return False

    def _move_changes_below(self, source: str, target: str) -> None:
        below = [key for key in self.changes if key.startswith(f"{source}/")]
        for key in below:
            self.changes[target + key[len(source) :]] = self.changes.pop(key)
        for key in [key for key in self._changed_in if key == source or key.startswith(f"{source}/")]:
            self._changed_in[target + key[len(source) :]] = self._changed_in.pop(key)
        self._names.clear()
        self._forget_folders()

    def _forget_folders(self) -> None:
        self._folders.clear()
        self._on_the_way.clear()


def _as_placed(folder: Folder) -> Placed:
    return Placed(Entry("directory"), folder.parent or folder, folder.path.rpartition("/")[2], folder.origin)
