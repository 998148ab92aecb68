"""Flakes, fetched and locked with an evaluator; the only place that writes a lock file."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote

from hmeval.errors import EvaluationError, HmevalError, Position, TargetError
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.evaluation.value import Value
from hmeval.literals import path_literal
from hmeval.source_places import SourcePlaces
from hmeval.targets.flake import FlakeReference, call_flake
from hmeval.targets.git import announce, checked_out_branch, copy_tracked_files, default_branch, describe_work_tree
from hmeval.targets.informing import informing, told_of
from hmeval.targets.inputs import declared_inputs
from hmeval.targets.lock import Attributes, InputPath, LockFile, Node, parse_lock_file
from hmeval.targets.locking import Input, Locked, Place, Rules, Tree, lock_flake, text_to_fill_in
from hmeval.targets.reachable import Reachable
from hmeval.targets.reference import describe_reference, with_canonical_url
from hmeval.targets.registry import resolve

_FLAKE_INPUTS = Path(__file__).resolve().parent / "nix/flake-inputs.nix"
# The context that hmeval/nix/call-flake.nix adds to what goes wrong with an input.
_FETCHING = re.compile(r"while fetching the input '(.*?)', locked as '(.*?)'")
_NO_REVISION = "0" * 40


class Called(NamedTuple):
    """A flake that is locked.

    Attributes:
        function: what call_flake gives for it.
        top: where it was fetched to.
        locked: its lock file, as far as its inputs can be fetched.
        known: the lock file that it has; an empty one where it has none.
        replaced: by path of an input, what it was replaced with for this evaluation.
    """

    function: str
    top: Place
    locked: Locked
    known: LockFile
    replaced: Mapping[InputPath, Attributes]

    @property
    def lock(self) -> LockFile:
        """Its lock file, complete but for inputs that could not be fetched."""
        return self.locked.lock

    @property
    def expression(self) -> str:
        """A Nix expression for its outputs."""
        return f"({self.function} [ ])"


class Trees(Protocol):
    """Who remembers where local folders were copied to, as long as they are what they were."""

    def recall(self, folder: str, store: str) -> Any:
        """What was remembered of a folder in a store; None where nothing was, or the folder is another one."""

    def remember(self, folder: str, store: str, tree: Any) -> None:
        """Remember plain data of a folder that was asked for by `recall`."""


def open_flake(
    evaluator: AnyEvaluator, reference: FlakeReference, *, write_lock_file: bool = False, trees: Trees | None = None
) -> Called:
    """Fetch a flake, and complete its lock file: in memory, unless it is to be written.

    What `trees` know is not copied again. An input that is neither locked nor can be fetched fails when it is used.
    Raises TargetError where the lock file cannot be written, and what `lock_flake` raises; EvaluationError where the
    flake cannot be fetched, or its flake.nix not be read.
    """
    sources = _Sources(evaluator, trees)
    top = _top(sources, reference)
    try:
        return _locked_flake(sources, top, reference, write_lock_file)
    except HmevalError as error:
        source = reference.source(top)
        raise (SourcePlaces(*source).told(error) if source else error) from None


def _locked_flake(sources: _Sources, top: Place, reference: FlakeReference, write_lock_file: bool) -> Called:
    overrides = reference.overrides
    if sources.rules.in_parent:
        overrides = {path: with_canonical_url(each) for path, each in overrides.items()}
    locked = lock_flake(top, sources, sources.rules, overrides, reference.stand_ins)
    replaced = _replaced(locked.lock, reference)
    _refuse_void_stand_ins(locked.lock, reference, replaced)
    known = sources.lock_file(top.folder)
    is_changed = locked.lock.to_json() != known.to_json()
    if is_changed and write_lock_file:
        _refuse_missing(locked)
        _write(locked.lock, reference, sources.rules)
        return open_flake(sources.evaluator, reference, trees=sources.trees)
    called = call_flake(locked, sources.rules, is_dirty=is_changed)
    return Called(called, top, locked, known, replaced)


def _refuse_void_stand_ins(lock: LockFile, reference: FlakeReference, replaced: Mapping[InputPath, Attributes]) -> None:
    """Raise TargetError where stand-ins are asked for, and a flake has inputs of which none gives way to them."""
    if reference.stand_ins and lock.root.inputs and not replaced:
        names = ", ".join(sorted(lock.root.inputs))
        wanted = ", ".join(path[0] for path in reference.stand_ins if len(path) == 1)
        raise TargetError(
            f"--offline has no effect on {reference.shown}: it takes the place of inputs called {wanted}, and the "
            f"flake's are {names}; give --override-input NAME DIR"
        )


def _refuse_missing(locked: Locked) -> None:
    """Raise TargetError, which tells all of them, where inputs are missing that a lock file should have."""
    missing = list(locked.missing.values())
    if missing:
        others = f"\n{text_to_fill_in({one.path: one.node for one in missing})}" if len(missing) > 1 else ""
        raise TargetError(f"{missing[0].message}{others}")


def _replaced(lock: LockFile, reference: FlakeReference) -> dict[InputPath, Attributes]:
    """What was replaced; stand-ins give way to what flake.nix says."""
    nodes = {path: edge for path, edge in lock.edges() if isinstance(edge, Node)}
    stand_ins = {
        path: each
        for path, each in reference.stand_ins.items()
        if path in nodes and each.items() <= nodes[path].locked.items()
    }
    return stand_ins | {path: each for path, each in reference.overrides.items() if path in nodes}


def inputs_of(evaluator: AnyEvaluator, called: Called) -> Mapping[str, Input]:
    """The inputs that a flake's flake.nix declares."""
    return _Sources(evaluator).inputs(called.top.folder)


def local_sources(flake: str, override_inputs: Mapping[str, str] | None) -> tuple[list[str], list[str]]:
    """The folders that a flake and its inputs are copied from, and those of them that are Git work trees."""
    reference = FlakeReference(flake, override_inputs)
    sources = [reference.attributes, *reference.overrides.values()]
    file = reference.folder / "flake.lock" if reference.folder else None
    if file is not None and file.exists():
        lock = parse_lock_file(file.read_text(encoding="utf-8", errors="surrogateescape"), str(file))
        sources += [node.locked for _, node in lock.edges() if isinstance(node, Node)]
    folders = [str(source["path"]) for source in sources if source["type"] == "path"]
    urls = [str(source["url"]) for source in sources if source["type"] == "git" and "rev" not in source]
    trees = [unquote(url.removeprefix("file://").partition("?")[0]) for url in urls if url.startswith("file://")]
    absolute = [folder for folder in folders if os.path.isabs(folder)]
    return [*absolute, *trees], trees


def fetched_input(error: EvaluationError) -> str | None:
    """The input (`a`, or `a/b` for one of its own) that was being fetched when an error arose."""
    found = next(filter(None, (_FETCHING.search(frame.text) for frame in error.trace)), None)
    return found[1] if found else None


def unfetched_input(error: EvaluationError, place: Position | None = None) -> EvaluationError:
    """The error, told as one of an input that is locked and cannot be fetched, where it is that; `place` uses it."""
    found = next(filter(None, (_FETCHING.search(frame.text) for frame in error.trace)), None)
    if found is None:
        return error
    if not found[2]:  # it is not locked, and the message says all there is
        return EvaluationError(error.message, "other", place, (), error.option)
    message = f"the input {found[1]}, which flake.lock has as {found[2]}, cannot be fetched: {error.message}"
    return EvaluationError(message, error.kind, place, (), error.option)


def _top(sources: _Sources, reference: FlakeReference) -> Place:
    try:
        tree = sources.fetch(reference.attributes)
    except EvaluationError as error:
        raise TargetError(f"the flake {reference.shown} cannot be fetched: {error.message}") from None
    top = Place(tree, str(tree.locked.get("dir", "")))
    if not os.path.exists(f"{top.folder}/flake.nix"):
        if reference.folder:
            raise TargetError(
                f"{reference.folder}/flake.nix is not known to Git, and Nix takes what Git knows: "
                f"git -C {reference.folder} add flake.nix"
            )
        raise TargetError(f"{reference.shown} holds no flake.nix")
    return top


def _write(lock: LockFile, reference: FlakeReference, rules: Rules) -> None:
    folder = reference.folder
    if folder is None:
        raise TargetError(f"--write-lock-file: {reference.shown} is no folder that a lock file can be written to")
    for path, node in lock.edges():
        if isinstance(node, Node) and not _is_locked(node.locked, rules):
            raise TargetError(
                f"--write-lock-file: the input {'/'.join(path)}, {describe_reference(node.original)}, "
                f"cannot be locked: {_why_not_locked(node.locked)}"
            )
    _replace(Path(os.path.realpath(folder / "flake.lock")), lock.text())
    if reference.attributes["type"] == "git":
        announce(folder, "flake.lock")


def _replace(file: Path, text: str) -> None:
    """Give a file its new content in one step. Raises TargetError."""
    new = file.with_name(f".flake.lock.{os.getpid()}")
    try:
        new.write_text(text, encoding="utf-8", errors="surrogateescape")
        if file.exists():
            new.chmod(stat.S_IMODE(file.stat().st_mode))
        os.replace(new, file)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise TargetError(f"--write-lock-file: {file} cannot be written: {error.strerror}") from None


def _is_locked(locked: Attributes, rules: Rules) -> bool:
    if locked["type"] == "git" and rules.in_parent:
        return locked.get("rev", _NO_REVISION) != _NO_REVISION
    return locked["type"] != "indirect"


def _why_not_locked(locked: Attributes) -> str:
    if locked["type"] == "git":
        return "its Git work tree has changes, commit them"
    return "the global registry says where it is, which `nix flake lock` can read"


class _Sources:
    """Fetches trees with an evaluator, each one once, and reads their flake.nix and flake.lock."""

    def __init__(self, evaluator: AnyEvaluator, trees: Trees | None = None) -> None:
        self.evaluator = evaluator
        self.trees = trees
        self._trees: dict[str, Tree] = {}
        self._reachable = Reachable()
        self._describe: Value | None = None
        self.rules = _rules(evaluator.eval("builtins.nixVersion").to_python())

    def fetch(self, reference: Attributes, *, by_name: bool = True) -> Tree:
        direct = resolve(reference) if by_name else reference
        key = json.dumps(direct, sort_keys=True)
        if key not in self._trees:
            if (why_not := self._reachable.why_not(direct)) and "narHash" not in direct:
                raise EvaluationError(why_not, "other")
            directory: Attributes = {"dir": direct["dir"]} if "dir" in direct else {}
            tree = self._fetch({name: value for name, value in direct.items() if name != "dir"})
            self._trees[key] = tree._replace(locked=tree.locked | directory)
        return self._trees[key]

    def _fetch(self, reference: Attributes) -> Tree:
        if self.trees is not None and reference.keys() == {"type", "path"} and os.path.isabs(str(reference["path"])):
            return self._fetch_folder(reference, self.trees)
        tree = self._fetch_by_path(reference)
        try:
            return tree or self._fetch_by_nix(reference)
        except EvaluationError as error:
            self._reachable.note(reference, error.message)
            raise

    def _fetch_folder(self, reference: Attributes, trees: Trees) -> Tree:
        """A folder that is copied as a whole, unless it was, and is what it was then."""
        folder, store = os.path.normpath(str(reference["path"])), self.evaluator.eval("builtins.storeDir").to_python()
        known = trees.recall(folder, store)
        if known is not None and os.path.lexists(known["path"]):
            return Tree(known["path"], _locked(reference, known["info"], self.rules), known["info"])
        tree = self._fetch_by_nix(reference)
        trees.remember(folder, store, {"path": tree.path, "info": tree.info})
        return tree

    def _fetch_by_path(self, reference: Attributes) -> Tree | None:
        """A local Git work tree whose path Nix 2.8 cannot have in a URL; None for all others."""
        url = str(reference.get("url", ""))
        path = unquote(url.removeprefix("file://").partition("?")[0])
        is_fetched_by_nix = self.rules.in_parent or path == url.removeprefix("file://").partition("?")[0]
        if reference["type"] != "git" or is_fetched_by_nix or reference.keys() & {"ref", "rev"}:
            return None
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            copy_tracked_files(path, Path(folder))
            copied = self._fetch_by_nix({"type": "path", "path": folder})
        info = {"narHash": copied.info["narHash"], **describe_work_tree(path)}
        return Tree(copied.path, _locked(reference, info, self.rules), info)

    def _fetch_by_nix(self, reference: Attributes) -> Tree:
        # Flakes have the number of revisions, for which fetchTree (Nix 2.26) wants to be told to get the whole history.
        whole: Attributes = {"shallow": False} if reference["type"] == "git" else {}
        refused = () if self.rules.in_parent else informing(reference)
        taken = {name: value for name, value in reference.items() if name not in refused}
        info = self.evaluator.eval(_FETCH)(self.evaluator.value(whole | taken)).to_python()
        info |= told_of(reference) if refused else {}
        path = info.pop("path")
        if not os.path.lexists(path):
            self.evaluator.eval(_COPY)(path, os.path.basename(path)[_HASH_LENGTH + 1 :])
        return Tree(path, _locked(reference, info, self.rules), info)

    def inputs(self, folder: str) -> Mapping[str, Input]:
        if self._describe is None:
            self._describe = self.evaluator.eval(f"import {path_literal(str(_FLAKE_INPUTS))}")
        file = f"{folder}/flake.nix"
        if not os.path.exists(file):
            raise TargetError(f"{folder} holds no flake.nix (an input that is no flake needs `flake = false`)")
        described = self._describe(self.evaluator.eval(path_literal(file))).to_python()
        return declared_inputs(described, file, dir_in_url=not self.rules.in_parent)

    def lock_file(self, folder: str) -> LockFile:
        file = Path(folder, "flake.lock")
        if not file.exists():
            return LockFile()
        return parse_lock_file(file.read_text(encoding="utf-8", errors="surrogateescape"), str(file))


_FETCH = """reference:
let tree = builtins.fetchTree reference;
in removeAttrs tree [ "outPath" ] // { path = "${tree.outPath}"; }"""


# Since 2.35 a tree that was fetched is there for Nix alone, until something is built of it.
_COPY = "path: name: builtins.path { inherit path name; }"
_HASH_LENGTH = 32


def _rules(version: str) -> Rules:
    numbers = tuple(int(number) for number in version.split(".")[:3] if number.isdecimal())
    own_lock = numbers >= (2, 30, 1) or (2, 29, 2) <= numbers < (2, 30) or (2, 28, 5) <= numbers < (2, 29)
    return Rules(numbers >= (2, 26), numbers >= (2, 30), numbers < (2, 28, 3), own_lock)


def _locked(reference: Attributes, info: Mapping[str, Any], rules: Rules) -> Attributes:
    """What a lock file says of a tree that was fetched."""
    names = ["narHash", "lastModified"]
    rest = dict(reference)
    if "rev" in info or "dirtyRev" in info:
        names += ["rev", "dirtyRev", "dirtyShortRev"]
        if reference["type"] == "git":
            names.append("revCount")
            branch = "rev" in info and _branch(reference, rules)
            rest |= {"ref": branch} if branch else {}
        else:
            rest.pop("ref", None)
    return rest | {name: info[name] for name in names if name in info}


def _branch(reference: Attributes, rules: Rules) -> str | None:
    """The branch that the lock file names for a Git repository: as Nix 2.8 wrote it, or as later ones do."""
    if "ref" in reference:
        return str(reference["ref"])
    url = str(reference["url"]).partition("?")[0]
    path = unquote(url.removeprefix("file://"))
    is_local = url.startswith("file://") and os.path.exists(f"{path}/.git")
    if not rules.in_parent:
        return (checked_out_branch(path) or "HEAD").removeprefix("refs/heads/") if is_local else "master"
    branch = checked_out_branch(path) if is_local else default_branch(url)
    return branch or (None if is_local and "rev" not in reference else "master")
