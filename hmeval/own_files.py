"""Which files are the user's own, and where these name a file or an input of a flake."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from hmeval.errors import Position
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.targets.target import Begin

_PACKAGE = str(Path(__file__).resolve().parent)
# A relative path as Nix writes it, that is no part of a longer path, a string or a URL.
_PATH = re.compile(r"""(?<![\w./"'$}~+:-])\.{1,2}/[\w./+-]*[\w+-]""")
_COMMENT = re.compile(r"(^|\s)#.*")
_MOST_FILES = 5000


class OwnFiles:
    """The files of one target that its user writes.

    Of a flake, those in its source; of a file, all that belong neither to Home Manager, nixpkgs and the store, nor to
    hmeval. What is not known to be the user's own is none.
    """

    def __init__(self, evaluator: AnyEvaluator, begin: Begin | None, described: Mapping[str, Any]) -> None:
        """`begin` and `described` are a target's."""
        self._evaluator = evaluator
        self._begin = begin
        self._described = described

    def holds(self, file: str) -> bool:
        """Whether the file is one of them."""
        if self._begin is None or not file.startswith("/"):
            return False
        if self._begin.tree is not None:
            return _is_below(file, self._begin.tree)
        return not any(_is_below(file, folder) for folder in self._foreign)

    def naming(self, path: str) -> Position | None:
        """Where one of them names a file or folder by a relative path, with or without its default.nix."""
        wanted = {path, path.removesuffix("/default.nix")}
        return next((place for place, named in self._named() if named in wanted), None)

    def mentioning(self, pattern: re.Pattern[str], file: str | None = None, since: int = 1) -> Position | None:
        """The first place where one of them, or this one from a line on, has such words in its code."""
        for each in [file] if file else self._read():
            for number, line in enumerate(_code(each), 1):
                if number >= since and (found := pattern.search(line)):
                    return Position(each, number, found.start() + 1)
        return None

    @cached_property
    def _foreign(self) -> list[str]:
        given = [str(self._described[name]) for name in ("nixpkgs", "home_manager") if name in self._described]
        folders = [self._folder(place) for place in given] + [self._store()]
        return [_PACKAGE, *folders, *map(os.path.realpath, folders)]

    def _folder(self, place: str) -> str:
        """The folder of <nixpkgs>, or the folder itself."""
        return str(self._evaluator.eval(f"toString {place}").to_python()) if place.startswith("<") else place

    def _store(self) -> str:
        return str(self._evaluator.eval("builtins.storeDir").to_python())

    def _named(self) -> Iterator[tuple[Position, str]]:
        """The relative paths in these files, each with what it leads to."""
        for file in self._read():
            for number, line in enumerate(_code(file), 1):
                for found in _PATH.finditer(line):
                    yield Position(file, number, found.start() + 1), _resolved(file, found[0])

    def _read(self) -> Iterator[str]:
        """The Nix files that the first one leads to by relative paths, that one first."""
        waiting, seen = [self._begin.file] if self._begin else [], set[str]()
        while waiting and len(seen) < _MOST_FILES:
            file = waiting.pop(0)
            file = os.path.join(file, "default.nix") if os.path.isdir(file) else file
            if file in seen or not (os.path.isfile(file) and self.holds(file)):
                continue
            seen.add(file)
            yield file
            waiting += [_resolved(file, found[0]) for line in _code(file) for found in _PATH.finditer(line)]


def _is_below(file: str, folder: str) -> bool:
    return file == folder or file.startswith(f"{folder.rstrip('/')}/")


def _resolved(file: str, path: str) -> str:
    return os.path.normpath(os.path.join(os.path.dirname(file), path))


def _code(file: str) -> list[str]:
    """The lines of a file without their comments; none where it cannot be read."""
    try:
        with open(file, encoding="utf-8", errors="replace") as source:
            return [_COMMENT.sub(r"\1", line) for line in source]
    except OSError:
        return []
