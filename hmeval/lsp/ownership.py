"""Whose options a file's own are: from the modules of an evaluation, from who imports it, else from its shape. Pure."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from hmeval.lsp.meaning import HOME, SYSTEM, Scope
from hmeval.lsp.option_path import Import, Reader

Imports = Callable[[Path], Sequence[Import]]
"""The files that a file names, as if it were a module itself; none of one that cannot be read."""


Preferred = Collection[str | None]
"""Configurations of flakes, as scopes name them: those that are meant where there are several."""

T = TypeVar("T")


class Owner(NamedTuple):
    """What a file is about: whose options, and the path that it stands for, where it is no whole module."""

    scope: Scope
    path: tuple[str, ...] = ()


# Names that options of one kind alone begin with: NixOS' and nix-darwin's, and Home Manager's.
_OF_A_SYSTEM = frozenset(
    "boot console containers documentation environment fileSystems hardware home-manager homebrew location networking "
    "power powerManagement security swapDevices system time users virtualisation zramSwap i18n.defaultLocale "
    "fonts.packages services.openssh systemd.services".split()
)
_OF_A_HOME = frozenset(
    "accounts dconf editorconfig home manual mozilla news pam targets wayland xfconf xresources xsession "
    "xdg.configFile xdg.dataFile xdg.enable xdg.userDirs".split()
)

_MOST_FILES = 2000


def owners(
    known: Mapping[Path, Owner], roots: Iterable[Path], imports: Imports, preferred: Preferred = frozenset()
) -> dict[Path, Owner]:
    """What the files are about that the roots lead to, by what imports what; those that are known stay as they are.

    A file that several import is about what is preferred, or else what the first of them says, the nearest to a root.
    """
    waiting: deque[tuple[Path, Owner | None]] = deque([*((root, None) for root in roots), *known.items()])
    seen = dict.fromkeys(waiting)
    for file, by in islice(_emptied(waiting), _MOST_FILES):
        for one in imports(file):
            found = (module_file(file.parent / one.text), _imported(by, one))
            if found not in seen:
                seen[found] = None
                waiting.append(found)
    told: dict[Path, list[Owner]] = {}
    for path, owner in seen:
        told.setdefault(path, []).extend([owner] if owner else [])
    return {path: _chosen(ones, preferred) for path, ones in told.items() if ones} | dict(known)


def _chosen(told: Sequence[Owner], preferred: Preferred) -> Owner:
    return next((one for one in told if one.scope.configuration in preferred), told[0])


def _emptied(waiting: deque[T]) -> Iterator[T]:
    while waiting:
        yield waiting.popleft()


def certain(told: Iterable[tuple[Path, Scope]], preferred: Preferred) -> dict[Path, Owner]:
    """What files are about that are told to be a home's, or a system's, and not both; of several as `owners` has it."""
    found: dict[Path, list[Owner]] = {}
    for path, scope in told:
        found.setdefault(path, []).append(Owner(scope))
    single = {path: ones for path, ones in found.items() if len({one.scope.kind for one in ones}) == 1}
    return {path: _chosen(ones, preferred) for path, ones in single.items()}


def _imported(by: Owner | None, one: Import) -> Owner | None:
    if one.scope is not None:
        return Owner(one.scope.within(by.scope) if by is not None else one.scope, one.path)
    return Owner(by.scope, (*by.path, *one.path)) if by is not None else None


def module_file(path: Path) -> Path:
    """The file of a module that is named by a path: of a folder, its default.nix."""
    path = Path(os.path.normpath(path))
    return path / "default.nix" if path.is_dir() else path


def shape(reader: Reader) -> Scope | None:
    """A HOME's or a SYSTEM's, by the options that a file defines; None where they do not tell."""
    paths = [one.path for one in reader.found if one.meaning.scope is None]
    names = [".".join(path[:length]) for path in paths for length in (1, 2)]
    of_a_system = sum(name in _OF_A_SYSTEM for name in names)
    of_a_system += any(one.meaning.scope and one.meaning.scope.user for one in reader.found)
    of_a_home = sum(name in _OF_A_HOME for name in names)
    if of_a_system == of_a_home:
        return None
    return Scope(SYSTEM if of_a_system > of_a_home else HOME)
