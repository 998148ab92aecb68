"""Whether what a leaf of home-files shows is the same as what is somewhere else."""

from __future__ import annotations

from hmeval.plan.future import Future, Placed
from hmeval.plan.leaves import Leaf, absolute


def same(future: Future, leaf: Leaf, path: str) -> bool | None:
    """What `cmp` says of a leaf and a path; None where only the build will tell."""
    return _compared(future, leaf, future.final(path))


def same_as_before(future: Future, leaf: Leaf, link: str) -> bool | None:
    """Whether a leaf has the content that a path in the home-files of some generation shows."""
    try:
        shown = future.disk.readlink(link)
    except (OSError, ValueError):
        shown = link
    if shown == leaf.source:
        return True
    shown = absolute(shown, link)
    if leaf.kind == "out-of-store" and future.disk.real(shown) == future.disk.real(leaf.source):
        return True
    there, here = future.final(shown), future.final(leaf.source)
    if leaf.kind == "directory" and there is not None and here is not None:
        return future.same(here, there)
    return _compared(future, leaf, there)


def becomes_executable(future: Future, leaf: Leaf, link: str) -> bool | None:
    """Whether a leaf is executable, if the file behind the link differs in that; None if both are the same."""
    there = future.final(link)
    if there is None or there.origin is None or there.entry.kind != "file":
        return None
    here = _is_executable(future, leaf)
    return None if here is None or here == future.disk.executable(there.origin) else here


def _is_executable(future: Future, leaf: Leaf) -> bool | None:
    """Whether a leaf is executable; None if it is not built yet, or a folder."""
    if leaf.file is not None and leaf.file.executable is not None:
        return leaf.file.executable
    if leaf.text is not None:
        return leaf.file is not None and leaf.file.is_executable
    source = future.final(leaf.source)
    if source is None or source.origin is None or source.entry.kind != "file":
        return None
    return future.disk.executable(source.origin)


def _compared(future: Future, leaf: Leaf, there: Placed | None) -> bool | None:
    """What `cmp` says of a leaf and of what is there: a folder is the same as itself; None where it is not known."""
    if there is None or there.origin is None:
        return False
    source = future.final(leaf.source) if leaf.text is None else None
    if source is not None and source.origin == there.origin:
        return True
    if leaf.text is None and source is None:
        return None if leaf.store and there.entry.kind == "file" else False
    if there.entry.kind != "file" or (source is not None and (source.entry.kind != "file" or source.origin is None)):
        return False
    try:
        if source is None or source.origin is None:
            return future.disk.read(there.origin) == leaf.text
        return future.disk.same(source.origin, there.origin)
    except OSError:
        return False
