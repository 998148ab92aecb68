"""Of what an evaluation read, a fingerprint: after the evaluation, and before anybody relies on its result."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hmeval import _BEGUN
from hmeval.cache import facts, whole_tree
from hmeval.cache.fingerprint import Fingerprint, clock_of, is_link, signature, signatures

if TYPE_CHECKING:
    from hmeval.cache.fingerprint import Signature
    from hmeval.cache.whole_tree import State

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

_DURING = "just before or during the evaluation"

_OF_CONTENTS = frozenset(("file", "listing", "copied", "dated"))

# Nix settings that hmeval has no name for come from here (Nix's manual, nix.conf).
_SYSTEM_CONFIGURATION = "/etc/nix"
_INCLUDES = ("include", "!include")

# While a state is made this is hmeval's own (ffi.environment); the user's is part of an entry's name.
_CONFIGURATION = "NIX_CONFIG"

_MOST_FILES = 100_000
"""In the folders that are taken as a whole; more of them would take longer to look at than to evaluate."""


class Uncacheable(Exception):
    """Why a result is not kept.

    Attributes:
        lasts: whether it is in the configuration, and will be so the next time.
    """

    def __init__(self, reason: str, *, lasts: bool = False) -> None:
        super().__init__(reason)
        self.lasts = lasts


def what_is_missing(traced: Sequence[Sequence[Any]] | None) -> str | None:
    """Why what was traced does not hold everything that was read, as a sentence; None where it does."""
    if traced is None:
        return "a file may read any other, and this engine does not tell what it reads"
    return next((name for kind, name, *_ in traced if kind == "incomplete"), None)


class Observation:
    """What evaluations depend on, from the moment that it is made."""

    def __init__(self) -> None:
        self._begun = time.time_ns()
        self._known: dict[tuple[str, str], tuple[Any, str]] = {}

    def fingerprint(
        self,
        inputs: tuple[Sequence[str], Sequence[Sequence[Any]] | None],
        roots: tuple[Sequence[str], Sequence[str]],
        store: str,
        host_names: Mapping[str, str],
        looked_at: Sequence[str] = (),
        tables: Mapping[str, dict[str, Signature]] = MappingProxyType({}),
    ) -> Fingerprint:
        """The fingerprint of results that depend on `inputs` (AnyEvaluator.inputs).

        Where these do not hold everything that was read, they depend on all that is in `roots`: folders, and Git work
        trees. `store` is the folder of the Nix store, whose paths never change. What is evaluated was decided by
        `host_names` (hmeval.targets.host) and `looked_at`: paths that were there or not. `tables` are those of folders
        of which everything counts (hmeval.cache.whole_tree), as they were before the evaluation.

        Raises Uncacheable, also where something has changed since it was read.
        """
        libraries, traced = inputs
        read, variables, trees = _sorted_out(traced or (), f"{store}/")
        if traced is None or what_is_missing(traced):
            read = [*_without_caches_of_nix(read), *_below(root for root in roots[0] if root not in tables)]
            trees = [*trees, *roots[1]]
        if traced is None:
            _refuse_time(read)
        read = [entry for entry in read if not any(_is_in(table, *entry) for table in tables.values())]
        own = list(_own_inputs(libraries))
        self._own = {path for _, path, _ in own}
        whole = {folder: self._state(folder, table) for folder, table in tables.items()}
        by_path: dict[str, dict[str, str]] = {}
        self._signed: dict[str, tuple[Signature | None, Signature | None]] = {}
        deciding = ((kind, path, None) for path in looked_at for kind in ("exists", "type", "resolved"))
        for kind, path, before in (*read, *own, *_tracked(trees), *deciding):
            by_path.setdefault(path, {})[kind] = self._fact(kind, path, before)
        paths = [(path, *_without_repetition(self._signed[path]), known) for path, known in by_path.items()]
        git = [(folder, facts.git_watched(folder), facts.git_state(folder)) for folder in trees]
        fingerprint = Fingerprint(paths, variables, git, dict(host_names), whole)
        self._refuse_changed(fingerprint)
        return fingerprint

    def _fact(self, kind: str, path: str, before: Any) -> str:
        """What is true of the path, once it is certain that the evaluation saw the same."""
        # What is read now is what the entry says as long as the path is what it was before it was read.
        now = self._signed.setdefault(path, _both(path))
        if before is not None:
            _refuse_other(kind, path, before, now)
        if kind in _OF_CONTENTS:
            self._refuse_racy(path, now)
        known = self._known.get((kind, path))
        if known is None or known[0] != now:
            known = self._known[kind, path] = (now, facts.fact(kind, path))
        return known[1]

    def _state(self, folder: str, table: dict[str, Signature]) -> State:
        """The state of a folder that is still what it was, and was that before the evaluation began."""
        state = whole_tree.state_of(table)
        if whole_tree.state(folder) != state:
            raise Uncacheable(f"{folder} was changed during the evaluation")
        for path, found in table.items():
            self._refuse_racy(path, (found, None))
        return state

    def _refuse_racy(self, path: str, now: tuple[Signature | None, Signature | None]) -> None:
        # Programs and settings are read once in a process, long before some evaluations.
        begun, since = (_BEGUN, "since this process began") if path in self._own else (self._begun, _DURING)
        for found in now:
            if found is not None and max(found[2], found[3]) > begun - clock_of(found):
                raise Uncacheable(f"{path} was changed {since}")

    def _refuse_changed(self, fingerprint: Fingerprint) -> None:
        for path, link, target, known in fingerprint.paths:
            if (link, target) != signatures(path) and _has_changed(path, known):
                raise Uncacheable(f"{path} changes right now")


def _is_in(table: Mapping[str, Signature], kind: str, path: str, before: Any) -> bool:
    """Whether what was read is in a table, once it is certain that the evaluation saw the same."""
    found = table.get(path)
    if found is None:
        above = table.get(os.path.dirname(path))
        return before == (None, None) and above is not None and stat.S_ISDIR(above[0])
    if is_link(found) or kind == "resolved":
        return False
    if before is not None:
        _refuse_other(kind, path, before, (found, found))
    return True


def _has_changed(path: str, known: Mapping[str, str]) -> bool:
    """Whether a path whose signature changed is another one: where a folder's type counts, its entries do not."""
    return bool(_OF_CONTENTS & known.keys()) or any(facts.fact(kind, path) != fact for kind, fact in known.items())


def _both(path: str) -> tuple[Signature | None, Signature | None]:
    return signature(path), signature(path, follow=True)


def _without_repetition(both: tuple[Signature | None, Signature | None]) -> tuple[Signature | None, Signature | None]:
    link, target = both
    return link, target if is_link(link) else None


def _refuse_other(kind: str, path: str, before: tuple[Any, Any], now: tuple[Any, Any]) -> None:
    """Raise Uncacheable where the path is not what it was when it was read."""
    if kind in _OF_CONTENTS or kind == "resolved":
        same = before == now
    elif kind == "target":
        same = _mode(before[1]) == _mode(now[1])
    else:  # that it is there, and its type; a folder may well have got another entry
        same = _kind_and_link(before[0]) == _kind_and_link(now[0])
    if not same:
        raise Uncacheable(f"{path} was changed during the evaluation")


def _kind_and_link(found: Signature | None) -> Any:
    if is_link(found):
        return found
    return found and found[0] & 0o170000


def _mode(found: Signature | None) -> int | None:
    return found and found[0]


def _sorted_out(
    inputs: Sequence[Sequence[Any]], store: str
) -> tuple[list[tuple[str, str, Any]], dict[str, str | None], list[str]]:
    """Paths, environment variables and Git work trees among what was read."""
    read: list[tuple[str, str, Any]] = []
    variables: dict[str, str | None] = {}
    trees: list[str] = []
    kept = set()
    _refuse_uncacheable(inputs)
    for kind, name, link, target, value in inputs:
        if kind == "variable":
            variables[name] = value
        elif kind == "git":
            trees.append(name)
        elif kind == "incomplete":
            continue
        elif name.startswith(store):
            kept.add(store + name[len(store) :].partition("/")[0])
        else:
            read.append((kind, name, (_as_signature(link), _as_signature(target))))
    variables.pop(_CONFIGURATION, None)
    return [*read, *(("exists", path, None) for path in sorted(kept))], variables, trees


def _refuse_uncacheable(traced: Sequence[Sequence[Any]]) -> None:
    for kind, name, *_ in traced:
        if kind == "uncacheable":
            raise Uncacheable(name, lasts=True)


def _as_signature(found: Any) -> Signature | None:
    return None if found is None else tuple(found)


def _tracked(trees: Iterable[str]) -> Iterator[tuple[str, str, Any]]:
    """The files of Git work trees: a change of any makes a work tree one that differs from its commit."""
    for folder in trees:
        for path in facts.git_files(folder):
            yield ("type" if os.path.isdir(path) else "copied"), path, None


# -- what is always an input ------------------------------------------------------------------------------------------


def _own_inputs(libraries: Iterable[str]) -> Iterator[tuple[str, str, None]]:
    """hmeval itself, the engine's libraries, Nix's configuration, and what says which store is in use."""
    yield from (("file", path, None) for path in (*own_files(), *libraries, *_nix_configuration(), *_registries()))
    home = os.path.expanduser("~")
    yield "exists", f"{home}/.nix-defexpr/channels", None
    yield "exists", "/nix/var/nix/profiles/per-user/root/channels", None
    yield "exists", "/nix/var/nix/daemon-socket/socket", None
    yield "exists", "/nix/var/nix/db", None


def own_files() -> Iterator[str]:
    """The files of hmeval that a result may depend on."""
    for folder, folders, files in os.walk(PACKAGE):
        folders[:] = [name for name in folders if name not in ("__pycache__", "offline", "lsp", "cache")]
        yield from (os.path.join(folder, name) for name in files if name.endswith((".py", ".nix", ".so")))


def _registries() -> Iterator[str]:
    """What the names of flakes stand for (hmeval.targets.registry)."""
    yield os.path.join(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"), "nix/registry.json")
    yield os.path.join(os.environ.get("NIX_CONF_DIR") or _SYSTEM_CONFIGURATION, "registry.json")


def _nix_configuration() -> list[str]:
    """The files that Nix reads its settings from, whether they are there or not."""
    places = [os.path.join(os.environ.get("NIX_CONF_DIR") or _SYSTEM_CONFIGURATION, "nix.conf"), *_user_configuration()]
    places += _included(os.environ.get(_CONFIGURATION, ""), os.getcwd())
    for place in places:
        places += [found for found in _included(_text_of(place), os.path.dirname(place)) if found not in places]
    return places


def _user_configuration() -> list[str]:
    if "NIX_USER_CONF_FILES" in os.environ:
        return [place for place in os.environ["NIX_USER_CONF_FILES"].split(":") if place]
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    folders = [home, *(os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")]
    return [os.path.join(folder, "nix/nix.conf") for folder in folders]


def _text_of(place: str) -> str:
    try:
        with open(place, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def _included(text: str, folder: str) -> Iterator[str]:
    """The files that settings include (Nix's manual, nix.conf, file format)."""
    for line in text.split("\n"):
        words = line.partition("#")[0].split()
        if len(words) == 2 and words[0] in _INCLUDES:
            yield os.path.join(folder, words[1])


# -- where not everything is traced -----------------------------------------------------------------------------------


def _without_caches_of_nix(read: Iterable[tuple[str, str, Any]]) -> list[tuple[str, str, Any]]:
    """What was read but for what fetchers cache, which changes with each of them; they made the trace incomplete."""
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    own = os.path.join(os.environ.get("NIX_CACHE_HOME") or os.path.join(caches, "nix"), "")
    return [entry for entry in read if not os.path.join(entry[1], "").startswith(own)]


def _below(roots: Iterable[str]) -> Iterator[tuple[str, str, None]]:
    """Everything in some folders, without what Git keeps for itself."""
    count = 0
    for root in roots:
        yield "dated", root, None
        for folder, folders, files in os.walk(root):
            folders[:] = [name for name in folders if name != ".git"]
            count += len(folders) + len(files)
            if count > _MOST_FILES:
                raise Uncacheable(
                    f"{root} holds more than {_MOST_FILES} files, and this engine tells not which count", lasts=True
                )
            yield from (("dated", os.path.join(folder, name), None) for name in (*folders, *files))


def _refuse_time(read: Iterable[tuple[str, str, Any]]) -> None:
    for _, path, _ in read:
        if path.endswith(".nix") and _mentions_time(path):
            raise Uncacheable(
                f"{path} mentions currentTime, and this engine tells not whether it was asked for", lasts=True
            )


def _mentions_time(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return b"currentTime" in file.read()
    except OSError:
        return False
