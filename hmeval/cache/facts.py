"""What an evaluation sees of a path, as a text that changes whenever it would see something else."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING

from hmeval.cache.fingerprint import signature

if TYPE_CHECKING:
    from hmeval.cache.fingerprint import Signature

ABSENT = "absent"


def fact(kind: str, path: str) -> str:
    """What of a path the kind is about (native/hmeval.h names them), in a text to compare."""
    try:
        return _FACTS[kind](path)
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except OSError as error:
        return f"error {error.errno}"


def _exists(path: str) -> str:
    os.lstat(path)
    return "there"


def _type(path: str) -> str:
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        return f"link to {os.readlink(path)}"
    return str(stat.S_IFMT(mode))


def _target(path: str) -> str:
    return oct(os.stat(path).st_mode)


def contents(path: str) -> str:
    """The hash of a file's contents. Raises OSError."""
    with open(path, "rb") as file:
        return blake2b(file.read(), digest_size=20).hexdigest()


def _listing(path: str) -> str:
    with os.scandir(path) as entries:
        lines = sorted(f"{entry.name}\0{_kind_of(entry)}" for entry in entries)
    return _digest("\0".join(lines))


def _kind_of(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "link"
    return "folder" if entry.is_dir() else "file" if entry.is_file() else "other"


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=20).hexdigest()


def _copied(path: str) -> str:
    """As in a Nix archive: contents and whether it is executable, a link's target, a folder's names."""
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        return f"link to {os.readlink(path)}"
    if stat.S_ISDIR(mode):
        return f"folder {_listing(path)}"
    executable = "executable " if mode & stat.S_IXUSR else ""
    return f"{executable}{contents(path) if stat.S_ISREG(mode) else stat.S_IFMT(mode)}"


def _dated(path: str) -> str:
    return f"{_copied(path)} of {int(os.lstat(path).st_mtime)}"


def _resolved(path: str) -> str:
    return os.path.realpath(path)


_FACTS = {
    "exists": _exists,
    "type": _type,
    "target": _target,
    "file": contents,
    "listing": _listing,
    "copied": _copied,
    "dated": _dated,
    "resolved": _resolved,
}


# -- Git --------------------------------------------------------------------------------------------------------------


def git_state(folder: str) -> str:
    """What of Git a flake is told: the commit, its branch, and the files that Git knows with their staged contents."""
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    branch = _git(folder, "symbolic-ref", "--quiet", "HEAD")
    return _digest("\0".join((commit, branch, _git(folder, "ls-files", "--stage", "-z"))))


def git_files(folder: str) -> list[str]:
    """The files in a work tree that Git knows."""
    names = _git(folder, "ls-files", "-z", "--full-name").split("\0")
    return [os.path.join(folder, name) for name in names if name]


def git_watched(folder: str) -> list[tuple[str, Signature | None]]:
    """The files without whose change `git_state` does not change, and their signatures."""
    own, common = (os.path.join(folder, place) for place in _git(folder, *_GIT_FOLDERS).splitlines())
    head = os.path.join(own, "HEAD")
    places = [head, os.path.join(own, "index"), os.path.join(common, "packed-refs")]
    places += [os.path.join(place, "reftable/tables.list") for place in dict.fromkeys((own, common))]
    try:
        with open(head, encoding="utf-8", errors="surrogateescape") as file:
            places += [os.path.join(common, reference) for reference in _reference(file.read())]
    except OSError:
        return []
    return [(place, signature(place)) for place in places]


_GIT_FOLDERS = ("rev-parse", "--git-dir", "--git-common-dir")


def _reference(head: str) -> Iterator[str]:
    if head.startswith("ref: "):
        yield head.removeprefix("ref: ").strip()


def _git(folder: str, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, stdin=subprocess.DEVNULL)
    return done.stdout.decode("utf-8", "surrogateescape")
