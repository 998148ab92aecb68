"""What `home-files` will hold: the leaves that its build makes of `home.file` (Home Manager's modules/files.nix)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hmeval.plan.disk import Disk, walk
from hmeval.plan.future import Future
from hmeval.plan.inputs import ManagedFile, text_bytes

_LEFT_OUT_BY_LNDIR = {".git", ".svn", "CVS", "CVS.adm", "RCS", "SCCS", "BitKeeper", ".hg"}


class Leaf(NamedTuple):
    """One file or link of home-files, which becomes a link of the same name below HOME.

    Attributes:
        target: its place below HOME.
        kind: link, copy, directory or out-of-store.
        text: its content, where the configuration holds it.
        source: the path of what it shows; there may be nothing yet.
        store: whether it is in the store, where what is not there now will be once it is built.
        file: what it is made of; None for one of a generation that was built.
    """

    target: str
    kind: str
    text: bytes | None
    source: str
    store: bool
    file: ManagedFile | None = None


class Unknown(NamedTuple):
    """A recursive folder whose leaves are known once its source is built."""

    target: str
    file: ManagedFile


class NewFiles(NamedTuple):
    """The home-files of the configuration.

    Attributes:
        root: its path, to which the links below HOME lead.
        leaves: by target.
        folders: what is a folder in it.
        unknown: the folders of which only the place is known.
        ignored: what a recursive folder hides, with the reason.
        failures: why it cannot be built, if it cannot; a build sees nothing but the store, as in a sandbox.
        misplaced: files that come to lie within the folder that they are meant to be, with the place of their link.
    """

    root: str
    leaves: dict[str, Leaf]
    folders: set[str]
    unknown: list[Unknown]
    ignored: list[tuple[ManagedFile, str]]
    failures: list[tuple[ManagedFile, str]]
    misplaced: list[tuple[ManagedFile, str]]


def compose(files: Iterable[ManagedFile], root: str, disk: Disk, overlap: str = "ignore") -> NewFiles:
    """The leaves that the files become; `overlap` is what home.fileOverlapResolution says."""
    composition = _Composition(NewFiles(root, {}, set(), [], [], [], []), Future(disk), overlap)
    for file in sorted(files, key=lambda file: _length(file.target)):
        composition.insert(file)
    return composition.made


def _length(target: str) -> int:
    """How many bytes a target has."""
    return len(target) if target.isascii() else len(text_bytes(target))


def built(folder: str, disk: Disk) -> NewFiles:
    """The leaves of a home-files that was built, as `find` sees them. What cannot be read is left out."""
    made = NewFiles(folder, {}, set(), [], [], [], [])
    store = f"{posixpath.dirname(folder)}/"
    for target, kind in walk(disk, folder, []):
        path = f"{folder}/{target}"
        if kind == "link":
            made.leaves[target] = _built_link(target, path, store, disk)
        elif kind == "file":
            made.leaves[target] = Leaf(target, "copy", None, path, True)
        parent = target.rpartition("/")[0]
        if parent not in made.folders:
            made.folders.update((parent, *above(parent)))
    made.folders.discard("")
    return made


def _built_link(target: str, path: str, store: str, disk: Disk) -> Leaf:
    """The leaf for a link; mkOutOfStoreSymlink makes one within the store, which leads out of it."""
    try:
        source = end = absolute(disk.readlink(path), path)
    except OSError:  # gone meanwhile
        source = end = path
    there = disk.entry(source)
    leads_to = absolute(there.link, source) if there.kind == "link" and source.startswith(store) else source
    if there.kind == "link":
        end = disk.real(source)
        there = disk.entry(end)
    if not end.startswith(store):
        return Leaf(target, "out-of-store", None, leads_to, False)
    return Leaf(target, "directory" if there.kind == "directory" else "link", None, source, there.kind != "absent")


def absolute(link: str, path: str) -> str:
    """Where a link at a path leads to, which may be told from its folder."""
    return link if link.startswith("/") else f"{path.rpartition('/')[0]}/{link}"


def above(target: str) -> Iterator[str]:
    """The folders above a target, the nearest first, HOME itself left out."""
    folder = target.rpartition("/")[0]
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]


def _is_plain(target: str) -> bool:
    """Whether a target is written in the only way that it can be."""
    return not (
        target == "."
        or target.startswith(("/", "./", "../"))
        or "//" in target
        or "/." in target
        or target.endswith("/")
    )


def _normalized(target: str) -> str:
    """A target without detours, as `realpath -m` has it below home-files; empty for home-files itself."""
    if _is_plain(target):
        return target
    plain = posixpath.normpath(target.lstrip("/"))
    return "" if plain == "." else plain


class _Composition:
    """The build's `insertFile`, file by file."""

    def __init__(self, made: NewFiles, future: Future, overlap: str) -> None:
        self.made = made
        self._future = future
        self._overlap = overlap
        self._seen: set[str] = set()

    def insert(self, file: ManagedFile) -> None:
        if file.target in self._seen:
            return  # an assertion of Home Manager's has told it
        target = _normalized(file.target)
        folder = target.rpartition("/")[0]
        # Whether nothing is at the place, in a folder of home-files.
        is_free = target not in self.made.leaves and (not folder or folder in self.made.folders)
        if is_free and file.text is not None and target not in self.made.folders and target not in ("", ".."):
            self._seen.add(file.target)  # most files are so, and there may be many
            self.made.leaves[target] = Leaf(target, "link", file.text, file.source, file.store, file)
        elif target == ".." or target.startswith("../"):
            self.made.failures.append((file, f"{file.target} is outside of HOME"))
        elif is_free or (not self._hidden(file, target) and self._reachable(file, target)):
            self._seen.add(file.target)
            self._put(file, target)

    def _hidden(self, file: ManagedFile, target: str) -> bool:
        """Whether a recursive folder, or one that is a link, has a file there already."""
        if not self._occupied(target):
            return False
        if self._overlap == "error":
            self.made.failures.append((file, f"{target} is in a recursive folder already"))
        elif self._overlap == "override" and target in self.made.leaves:
            del self.made.leaves[target]
            return False
        elif self._overlap == "override":
            self.made.failures.append((file, f"{target} is behind a link, and cannot be replaced there"))
        else:
            self.made.ignored.append((file, "a folder that is linked has a file there, which stays"))
        return True

    def _occupied(self, target: str) -> bool:
        """Whether something that is no folder is there."""
        if not target:
            return False
        leaf = self.made.leaves.get(target)
        if leaf is not None:
            return self._kind(leaf) in ("file", "unknown")
        holder = next((self.made.leaves[folder] for folder in above(target) if folder in self.made.leaves), None)
        if holder is None or holder.text is not None:
            return False
        below = self._future.final(f"{holder.source}{target[len(holder.target) :]}")
        return below is not None and below.entry.kind != "directory"

    def _reachable(self, file: ManagedFile, target: str) -> bool:
        """Whether the place is in home-files, and not behind one of its links."""
        for place in (target, *above(target)):
            if place in self.made.leaves:
                self.made.failures.append((file, f"{place} is a link to something outside of HOME"))
                return False
        return True

    def _kind(self, leaf: Leaf) -> str:
        if leaf.text is not None:
            return "file"
        found = self._future.final(leaf.source)
        if found is not None:
            return "directory" if found.entry.kind == "directory" else "file"
        return "unknown" if leaf.store else "absent"

    def _put(self, file: ManagedFile, target: str) -> None:
        found = None if file.text is not None or file.link_to is not None else self._future.final(file.source)
        is_folder = found is not None and found.entry.kind == "directory"
        if file.recursive and is_folder:
            self._put_recursively(file, target)
        elif file.recursive and found is None and file.text is None and file.link_to is None and file.store:
            self._folder(target)
            self.made.unknown.append(Unknown(target, file))
        elif not target or target in self.made.folders:
            self._put_within(file, target, "directory" if is_folder else "link")
        elif file.link_to is not None and file.executable:
            self.made.failures.append((file, "what is out of the store cannot be copied, to be made executable"))
        elif file.link_to is not None:
            self._leaf(file._replace(source=file.link_to, store=False), target, "out-of-store")
        else:
            self._leaf(file, target, "directory" if is_folder else self._single_kind(file, found is not None))

    def _put_within(self, file: ManagedFile, folder: str, kind: str) -> None:
        """`ln -s` puts a link into a folder that is there already, under the source's name in the store."""
        if not file.store:
            where = "HOME itself" if not folder else "a folder"
            self.made.ignored.append((file, f"{where} is there, and its link lands within, under a name in the store"))
            return
        name = posixpath.basename(file.source)
        place = f"{folder}/{name}" if folder else name
        self._leaf(file, place, kind)
        self.made.misplaced.append((file, place))

    def _single_kind(self, file: ManagedFile, there: bool) -> str:
        """A copy where the executable bit has to differ from the source's."""
        if file.executable is None or not there:
            return "link"
        return "link" if self._future.disk.executable(file.source) == file.executable else "copy"

    def _put_recursively(self, file: ManagedFile, target: str) -> None:
        """`lndir`: a link for each file below the source; links there keep where they lead to."""
        self._folder(target)
        for below, source in _linked_tree(self._future, file.source, file.ignore_links):
            place = f"{target}/{below}" if target else below
            if source is None:
                self._folder(place)
            elif place not in self.made.leaves:
                self._leaf(file._replace(source=source), place, self._kind_below(file, source))

    def _kind_below(self, file: ManagedFile, source: str) -> str:
        found = self._future.final(source)
        if found is not None and found.entry.kind == "directory":
            return "directory"
        return self._single_kind(file._replace(source=source), found is not None)

    def _leaf(self, file: ManagedFile, target: str, kind: str) -> None:
        self.made.leaves[target] = Leaf(target, kind, file.text, file.source, file.store, file)
        self._folder(target.rpartition("/")[0])

    def _folder(self, target: str) -> None:
        """Make a folder, and those above it."""
        if target and target not in self.made.folders:
            self.made.folders.add(target)
            self.made.folders.update(above(target))


def _linked_tree(future: Future, source: str, ignore_links: bool) -> Iterator[tuple[str, str | None]]:
    """What lndir makes of a folder: places below it, each with what its link leads to; None for a folder."""
    pending = [("", source)]
    while pending:
        below, folder = pending.pop()
        here = future.folder(folder)
        try:
            children = future.disk.children(here.path) if here else []
        except OSError:
            children = []
        for name, kind in children:
            place, path = f"{below}{name}", f"{folder}/{name}"
            if kind == "directory":
                if name not in _LEFT_OUT_BY_LNDIR:
                    yield place, None
                    pending.append((f"{place}/", path))
            elif kind == "link" and not ignore_links:
                yield place, absolute(future.disk.entry(path).link, path)
            else:
                yield place, path
