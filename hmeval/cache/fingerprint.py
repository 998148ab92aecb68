"""Fingerprint: everything that an evaluation depended on, and whether any of it has changed.

On the way of every quick answer, so it imports nothing; what is rarely needed comes from `facts`.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Signature: TypeAlias = tuple[int, int, int, int, int, int]
    from hmeval.cache.whole_tree import State

    Path: TypeAlias = tuple[str, Signature | None, Signature | None, dict[str, str]]

_FORMAT_OF_LINK = 0o120000
_FORMAT = 0o170000

# A file that changed this shortly before an evaluation began can change again without its time stamp telling.
_CLOCK = 50_000_000
_COARSE_CLOCK = 2_000_000_000

_SETTLED = 3_000_000_000  # nanoseconds; file systems that know every second second alone are the coarsest

# Facts that are in the mode of what is no link.
_OF_MODE = frozenset(("exists", "type", "target"))

# Facts that cost nothing, of paths whose signatures may well change all the time.
_QUICK = frozenset(("exists", "type", "target", "resolved"))


def signature(path: str, follow: bool = False) -> Signature | None:
    """What tells that a path has changed without reading it, or None where there is nothing."""
    try:
        found = os.stat(path) if follow else os.lstat(path)
    except (OSError, ValueError):
        return None
    return (found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev)


def is_link(found: Signature | None) -> bool:
    """Whether what `signature` saw is a symbolic link."""
    return found is not None and found[0] & _FORMAT == _FORMAT_OF_LINK


def clock_of(found: Signature) -> int:
    """How exact the file system's time stamps are: some know whole seconds, or every second one of them."""
    return _COARSE_CLOCK if found[2] % 1_000_000_000 == 0 and found[3] % 1_000_000_000 == 0 else _CLOCK


def signatures(path: str) -> tuple[Signature | None, Signature | None]:
    """The signature of a path, and, where that is a symbolic link, of what it leads to."""
    found = signature(path)
    return found, signature(path, follow=True) if is_link(found) else None


def _is_same_by_mode(mode: int, before: Signature | None, expected: dict[str, str]) -> bool:
    """Whether nothing more counts than what the mode says: /tmp, and a home folder, get new entries all the time."""
    return before is not None and mode == before[0] and not is_link(before) and _OF_MODE.issuperset(expected)


def _is_failure(fact: str) -> bool:
    """Whether a path could not be looked at (hmeval.cache.facts.fact), which is more than that nothing is there."""
    return fact.startswith("error ")


class Fingerprint:
    """Everything that a result depends on.

    Attributes:
        paths: (path, its signature, that of what a link leads to, facts), where the facts say what the evaluation saw:
            `hmeval.cache.facts` by kind. A path whose signatures are the same is not looked at.
        variables: the environment variables that were read.
        git: (work tree, (path, signature) of the files that tell that its state has changed, state).
        trees: by folder, the state of everything in it (hmeval.cache.whole_tree).
        host_names: what this machine is called (hmeval.targets.host), as far as that decided what is evaluated.
        was_read: whether `changed` had to read files, since their signatures were others.
    """

    __slots__ = ("git", "host_names", "paths", "trees", "variables", "was_read")

    def __init__(
        self,
        paths: list[Path],
        variables: dict[str, str | None],
        git: list[tuple[str, list[tuple[str, Signature | None]], str]],
        host_names: dict[str, str],
        trees: dict[str, State] | None = None,
    ) -> None:
        self.paths = paths
        self.variables = variables
        self.git = git
        self.host_names = host_names
        self.trees = trees or {}
        self.was_read = False

    @classmethod
    def of(cls, document: Any) -> Fingerprint:
        """The fingerprint that `document` gave."""
        return cls(*document)

    def document(self) -> tuple[Any, ...]:
        """The fingerprint as plain data."""
        return (self.paths, self.variables, self.git, self.host_names, self.trees)

    def changed(self) -> str | None:
        """What has changed, in words, or None where everything is as it was."""
        return (
            self._changed_variable()
            or self._changed_path()
            or self._changed_git()
            or self._changed_host()
            or self._changed_tree()
        )

    def _changed_variable(self) -> str | None:
        for name, value in self.variables.items():
            if os.environ.get(name) != value:
                return f"the environment variable {name}"
        return None

    def _changed_path(self) -> str | None:
        lstat = os.lstat
        for path, link, target, expected in self.paths:
            try:
                now = lstat(path)
            except (FileNotFoundError, NotADirectoryError):
                if link is None and not any(map(_is_failure, expected.values())):
                    continue
            except OSError:
                pass
            else:
                if (
                    link is not None
                    and now.st_mtime_ns == link[2]
                    and now.st_ctime_ns == link[3]
                    and now.st_size == link[1]
                    and now.st_ino == link[4]
                    and now.st_dev == link[5]
                    and now.st_mode == link[0]
                    and (not is_link(link) or signature(path, follow=True) == target)
                ):
                    continue
                if _is_same_by_mode(now.st_mode, link, expected):
                    continue
            from hmeval.cache import facts

            self.was_read = self.was_read or any(kind not in _QUICK for kind in expected)
            if any(facts.fact(kind, path) != known for kind, known in expected.items()):
                return path
        return None

    def _changed_git(self) -> str | None:
        for folder, watched, state in self.git:
            if any(signature(path) != known for path, known in watched):
                from hmeval.cache import facts

                self.was_read = True
                if facts.git_state(folder) != state:
                    return f"the Git work tree {folder}"
        return None

    def _changed_host(self) -> str | None:
        if self.host_names:
            from hmeval.targets.host import host_name

            if any(host_name(kind) != known for kind, known in self.host_names.items()):
                return "what this machine is called"
        return None

    def _changed_tree(self) -> str | None:
        if self.trees:
            from hmeval.cache.shelf import Shelf
            from hmeval.cache.whole_tree import holds, name_of

            for folder, known in self.trees.items():
                table = Shelf().recall(name_of(folder, known))
                if not holds(folder, known, table if table and table["of"] == (folder, known) else None):
                    return folder
        return None

    def renewed(self) -> Fingerprint | None:
        """The same with the signatures of now, to be asked of one that holds.

        None where one of them is so new that another change may leave it as it is. A folder of which only the type
        counts may be: it has another signature once it is something else.
        """
        import time

        from hmeval.cache import facts

        paths = [(path, *signatures(path), known) for path, _, _, known in self.paths]
        git = [(folder, facts.git_watched(folder), state) for folder, _, state in self.git]
        old = time.time_ns() - _SETTLED
        found = [
            found
            for _, link, target, known in paths
            for found in (link, target)
            if is_link(link) or not _QUICK.issuperset(known)
        ]
        found += [found for _, watched, _ in git for _, found in watched]
        if any(now is not None and max(now[2], now[3]) > old for now in found):
            return None
        return Fingerprint(paths, self.variables, git, self.host_names, self.trees)

    def united(self, other: Fingerprint) -> Fingerprint:
        """What results depend on together, whose fingerprints both hold now."""
        facts = {path: (link, target, dict(known)) for path, link, target, known in other.paths}
        for path, link, target, known in self.paths:
            facts[path] = (link, target, (facts[path][2] if path in facts else {}) | known)
        git = {folder: (watched, state) for folder, watched, state in (*other.git, *self.git)}
        return Fingerprint(
            [(path, *rest) for path, rest in facts.items()],
            other.variables | self.variables,
            [(folder, *rest) for folder, rest in git.items()],
            other.host_names | self.host_names,
            other.trees | self.trees,
        )
