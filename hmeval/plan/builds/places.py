"""The files of a build while it is followed."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias

from hmeval.plan.builds.syntax import Unsupported

UNKNOWN = "\x01"
"""In the names of what only the build names: the folder that it runs in, and variables that are passed as files."""

_MOST_LINKS = 40
_LARGEST = 64 * 1024 * 1024
# What Nix (attributes as files) and the stdenv (dumpVars) write in the folder of a build.
_NAMES_OF_OTHERS = (".attr", "env-vars")


class File(NamedTuple):
    """A regular file."""

    content: bytes
    executable: bool = False


class Link(NamedTuple):
    """A symbolic link."""

    target: str


class Folder(NamedTuple):
    """A folder."""


Node: TypeAlias = "File | Link | Folder"


class Places:
    """What a build has made, in its outputs and in the folder that it runs in; the store beside it is read."""

    def __init__(self, outputs: Iterable[str], folder: str, read: Callable[[str], File | None]) -> None:
        self._outputs = tuple(outputs)
        self._folder = folder
        self._read = read
        self._stores = {posixpath.dirname(output) for output in self._outputs}
        self._made: dict[str, Node] = {folder: Folder()}
        self._written: list[str] = []

    def get(self, path: str) -> Node | None:
        """What was made at a path; a link at its end is not followed. Raises Unsupported for one that links bend."""
        return self._made.get(self._absolute(path))

    def put(self, path: str, node: Node) -> None:
        """Make something at a path whose folder is there.

        Raises Unsupported where another thing is in the way, or the content has a name that only the build knows.
        """
        if (isinstance(node, Link) and UNKNOWN in node.target) or (
            isinstance(node, File) and UNKNOWN.encode() in node.content
        ):
            raise Unsupported("what has the name of the build's own folder in it")
        if isinstance(node, File) and len(node.content) > _LARGEST:
            raise Unsupported("a large file")
        path, there = self._changed(path), self._made.get(self._own(path))
        parent = posixpath.dirname(path)
        if parent not in self._stores and not isinstance(self._made.get(parent), Folder):
            raise Unsupported(f"{parent} is no folder that was made")
        if there is not None and not (isinstance(there, File) and isinstance(node, File)):
            raise Unsupported(f"{path} is there already")
        self._made[path] = node

    def make_folders(self, path: str) -> None:
        """`mkdir -p`. Raises Unsupported."""
        path = self._absolute(path)
        if path in self._stores or isinstance(self._made.get(path), Folder):
            return
        self.make_folders(posixpath.dirname(self._own(path)))
        self.put(path, Folder())

    @contextmanager
    def written(self, path: str) -> Iterator[None]:
        """While a command writes to a file, nothing else reads or changes it."""
        self._written.append(self._absolute(path))
        try:
            yield
        finally:
            self._written.pop()

    def saved(self) -> dict[str, Node]:
        """What was made so far, for `restore`."""
        return dict(self._made)

    def restore(self, saved: dict[str, Node]) -> None:
        """Undo what was made since."""
        self._made = saved

    def remove(self, path: str) -> None:
        """Take away what was made. Raises Unsupported where nothing was."""
        if self._made.pop(self._changed(path), None) is None:
            raise Unsupported(f"{path} was not made")

    def same(self, path: str, other: str) -> bool:
        """Whether two paths lead to one place. Raises Unsupported."""
        return self._end(path) == self._end(other)

    def exists(self, path: str) -> bool:
        """Whether something is at a path, links followed. Raises Unsupported where that is not known."""
        if not path:
            return False
        path = self._absolute(path)
        node = self._made.get(path)
        if node is None and self._is_own(path):
            self._must_not_be_there(path)
            return False
        return isinstance(node, Folder) or self.file(path) is not None

    def file(self, path: str) -> File:
        """The file that a path leads to. Raises Unsupported where there is none, or it is not known."""
        path = self._end(path)
        node = self._made.get(path)
        if path in self._written:
            raise Unsupported(f"{path} is read while it is written")
        found = node if isinstance(node, File) else self._read(path) if self._in_store(path) else None
        if found is None:
            raise Unsupported(f"{path} is no file that is known")
        return found

    def _end(self, path: str) -> str:
        """Where a path leads to, links that were made followed. Raises Unsupported."""
        path = self._absolute(path)
        for _ in range(_MOST_LINKS):
            node = self._made.get(path)
            if not isinstance(node, Link):
                return path
            path = self._absolute(posixpath.join(posixpath.dirname(path), node.target))
        raise Unsupported(f"{path} leads to itself")

    def _in_store(self, path: str) -> bool:
        return any(path.startswith(f"{store}/") for store in self._stores) and not self._is_own(path)

    def _is_own(self, path: str) -> bool:
        tops = (*self._outputs, self._folder)
        return path in tops or path.startswith(tuple(f"{top}/" for top in tops))

    def _absolute(self, path: str) -> str:
        """A path of the build, from the folder that it runs in. Raises Unsupported for one that links may bend."""
        path = posixpath.join(self._folder, path)
        parts = path.split("/")
        if ".." in parts or path.endswith("/") or self._is_below_link(path):
            raise Unsupported(f"where {path} leads to")
        return posixpath.normpath(path)

    def _is_below_link(self, path: str) -> bool:
        links = (place for place, node in self._made.items() if isinstance(node, Link))
        return any(path.startswith(f"{place}/") for place in links)

    def _must_not_be_there(self, path: str) -> None:
        """Raises Unsupported in the folder of the build, in which Nix and the stdenv put files of their own."""
        if path.startswith(f"{self._folder}/"):
            raise Unsupported(f"what else is in the build's own folder: {path}")

    def _changed(self, path: str) -> str:
        """A path that a command may make something of. Raises Unsupported."""
        path = self._own(path)
        if path in self._written or path.startswith(tuple(f"{self._folder}/{name}" for name in _NAMES_OF_OTHERS)):
            raise Unsupported(f"{path} is written by others")
        return path

    def _own(self, path: str) -> str:
        path = self._absolute(path)
        if not self._is_own(path):
            raise Unsupported(f"{path} is not the build's")
        return path
