"""The locking of a flake: from what flake.nix asks for and what flake.lock knows to a lock file that is complete.

What is done, and in which order, is Nix's (src/libflake/flake.cc, lockFlake): a lock is kept as long as flake.nix asks
for the same; what is new is fetched, and brings the locks of its own lock file with it. What differs between versions
is in `Rules`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from hmeval.errors import EvaluationError, HmevalError, Position, TargetError
from hmeval.targets.lock import Attributes, InputPath, LockFile, Node
from hmeval.targets.reference import describe_reference, relative_path, same_reference


class NoSuchInput(TargetError):
    """An override of an input that is not there."""


class Rules(NamedTuple):
    """How a version of Nix locks.

    Attributes:
        in_parent: relative paths are places in the flake that names them (since 2.26), not trees of their own.
        deep: flake.nix may replace inputs of inputs of its inputs, at any depth (since 2.30).
        by_name: an input may be a name that the user's or the system's registry knows (before 2.28.3); the flake itself
            and what takes the place of an input may always.
        own_lock: an input that is locked anew brings its own lock file with it (since 2.28.5, 2.29.2 and 2.30.1);
            before, only where nothing was locked under its name.
    """

    in_parent: bool = True
    deep: bool = True
    by_name: bool = False
    own_lock: bool = True


class Input(NamedTuple):
    """An input as flake.nix declares it; it has a `reference` or `follows`, unless it is only about `inputs`."""

    reference: Attributes | None
    follows: InputPath | None = None
    is_flake: bool = True
    inputs: Mapping[str, Input] = {}
    position: Position | None = None


class Tree(NamedTuple):
    """What was fetched: where it lies in the store, what the lock file says of it, and what a flake is told of it."""

    path: str
    locked: Attributes
    info: dict[str, Any]


class Place(NamedTuple):
    """A folder in a fetched tree; "" for the top."""

    tree: Tree
    directory: str

    @property
    def folder(self) -> str:
        """The folder's path."""
        return f"{self.tree.path}/{self.directory}" if self.directory else self.tree.path

    def below(self, path: str) -> Place:
        """The place at a relative path. Raises TargetError where that leaves the tree."""
        import posixpath

        directory = posixpath.normpath(posixpath.join(self.directory, path))
        if directory == ".." or directory.startswith("../"):
            raise TargetError(f"{path} lies outside of {self.tree.path}")
        return Place(self.tree, "" if directory == "." else directory)


class Sources(Protocol):
    """Who fetches and reads for the locking."""

    def fetch(self, reference: Attributes, *, by_name: bool = True) -> Tree:
        """Fetch a tree; `by_name`: also by the registries of the user and the system.

        Raises EvaluationError, TargetError.
        """

    def inputs(self, folder: str) -> Mapping[str, Input]:
        """What the flake.nix in a folder declares. Raises EvaluationError, TargetError."""

    def lock_file(self, folder: str) -> LockFile:
        """The flake.lock in a folder; an empty one where there is none. Raises TargetError."""


class NotFetched(TargetError):
    """An input that cannot be fetched, and is needed to lock it."""


class Missing(NamedTuple):
    """An input that could not be fetched, and what its use fails with."""

    path: InputPath
    node: Node
    message: str


class Locked(NamedTuple):
    """A complete lock file, but for inputs that could not be fetched.

    Attributes:
        lock: it.
        places: by id() of its nodes, the places of those that have been fetched.
        missing: the same, those that could not.
    """

    lock: LockFile
    places: dict[int, Place]
    missing: dict[int, Missing]


class _Wanted(NamedTuple):
    """What is to take the place of an input: of the command line, or of a flake above (`by`, in the folder `place`)."""

    input: Input
    place: Place
    by: InputPath | None
    by_user: bool = False


def lock_flake(
    place: Place,
    sources: Sources,
    rules: Rules,
    overrides: Mapping[InputPath, Attributes],
    stand_ins: Mapping[InputPath, Attributes],
) -> Locked:
    """Lock the flake in a folder, without writing anything.

    `overrides` replace inputs; `stand_ins` too, but only what no flake.nix replaces by itself. An input that cannot be
    fetched is missing in the result. Raises TargetError where an override has no input, or cannot be fetched, and where
    an input cannot be locked for other reasons.
    """
    locking = _Locking(place, sources, rules, overrides, stand_ins)
    locked = locking.run()
    unused = overrides.keys() - locking.seen
    for one in locked.missing.values():
        if any(path[: len(one.path)] == one.path for path in unused):
            raise NotFetched(one.message)
    if unused:
        names = ", ".join(sorted("/".join(path) for path in locking.seen)) or "none"
        raise NoSuchInput(
            f"--override-input {'/'.join(min(unused))}: there is no such input; "
            f"the inputs of {place.folder} are {names}"
        )
    return locked


class _Locking:
    """One run of the locking."""

    def __init__(
        self,
        place: Place,
        sources: Sources,
        rules: Rules,
        overrides: Mapping[InputPath, Attributes],
        stand_ins: Mapping[InputPath, Attributes],
    ) -> None:
        self.seen: set[InputPath] = set()
        self._top = place
        self._sources = sources
        self._rules = rules
        self._wanted = {path: _Wanted(Input(each), place, None, True) for path, each in overrides.items()}
        self._stand_ins = {path: _Wanted(Input(each), place, None, True) for path, each in stand_ins.items()}
        self._entered: list[str] = []
        self._places: dict[int, Place] = {}
        self._missing: dict[int, Missing] = {}

    def run(self) -> Locked:
        lock = LockFile()
        self._places[id(lock.root)] = self._top
        inputs = self._sources.inputs(self._top.folder)
        old = self._sources.lock_file(self._top.folder)
        self._lock_inputs(inputs, _Parent(lock.root, (), old.root, (), self._top, False))
        lock.check(f"{self._top.folder}/flake.nix")
        return Locked(lock, self._places, self._missing)

    def _lock_inputs(self, inputs: Mapping[str, Input], parent: _Parent) -> None:
        for name, declared in inputs.items():
            self._note_replacements((*parent.path, name), declared.inputs, parent)
        for name, declared in sorted(inputs.items()):
            path = (*parent.path, name)
            self.seen.add(path)
            replaced = self._wanted.get(path) or self._stand_ins.get(path)
            wanted = replaced or _Wanted(declared, parent.place, parent.path)
            wanted = wanted._replace(input=wanted.input._replace(is_flake=declared.is_flake))
            if wanted.input.follows is not None:
                parent.node.inputs[name] = wanted.input.follows
            else:
                parent.node.inputs[name] = self._lock_input(path, declared, wanted, replaced is not None, parent)

    def _note_replacements(self, path: InputPath, inputs: Mapping[str, Input], parent: _Parent) -> None:
        for name, replacing in inputs.items():
            if replacing.reference is not None or replacing.follows is not None:
                self._wanted.setdefault((*path, name), _Wanted(replacing, parent.place, parent.path))
            if self._rules.deep:
                self._note_replacements((*path, name), replacing.inputs, parent)

    def _lock_input(
        self, path: InputPath, declared: Input, wanted: _Wanted, is_replaced: bool, parent: _Parent
    ) -> Node:
        reference = wanted.input.reference
        assert reference is not None
        is_relative = relative_path(reference) is not None and self._rules.in_parent
        by = wanted.by if is_relative else None
        edge = parent.old.inputs.get(path[-1]) if parent.old else None
        old = edge if isinstance(edge, Node) else None
        is_same = old is not None and same_reference(old.original, reference)
        if old and is_same and not wanted.by_user and (old.parent == by or not self._rules.in_parent):
            return self._keep(path, old, wanted, parent)
        # The reference of flake.nix stays in the lock file, so that the next locking does not undo the replacement.
        takes_original = wanted.by_user or (is_replaced and not self._rules.in_parent)
        original = declared.reference if takes_original and declared.reference else reference
        return self._lock_anew(path, wanted, old, original, by, parent)

    def _keep(self, path: InputPath, old: Node, wanted: _Wanted, parent: _Parent) -> Node:
        node = Node(old.locked, old.original, is_flake=old.is_flake, parent=old.parent)
        known = self._known_inputs(path, old, parent)
        if known is not None:
            self._lock_inputs(known, _Parent(node, path, old, parent.follows_prefix, parent.place, True))
            return node
        try:
            place = self._place_of(path, old.locked, wanted, is_locked=True)
        except NotFetched as error:
            return self._without(path, node, wanted, error)
        self._note_place(node, place)
        inputs = self._inputs_of(path, place, wanted)
        self._lock_inputs(inputs, _Parent(node, path, old, parent.follows_prefix, place, False))
        return node

    def _known_inputs(self, path: InputPath, old: Node, parent: _Parent) -> dict[str, Input] | None:
        """The inputs of a node that is kept, as the lock file has them; None where its flake must be read for them.

        It must be where an input followed another one, and now nothing above says so any more.
        """
        known: dict[str, Input] = {}
        for name, edge in old.inputs.items():
            if isinstance(edge, Node):
                known[name] = Input(edge.original, is_flake=edge.is_flake)
            elif not parent.is_trusted and (*path, name) not in self._wanted:
                return None
            else:
                known[name] = Input(None, (*parent.follows_prefix, *edge))
        return known

    def _lock_anew(
        self,
        path: InputPath,
        wanted: _Wanted,
        old: Node | None,
        original: Attributes,
        by: InputPath | None,
        parent: _Parent,
    ) -> Node:
        reference = wanted.input.reference
        assert reference is not None
        try:
            place = self._place_of(path, reference, wanted)
        except NotFetched as error:
            node = Node(reference, original, is_flake=wanted.input.is_flake, parent=by)
            return self._without(path, node, wanted, error)
        locked = reference if by is not None else place.tree.locked
        node = Node(locked, original, is_flake=wanted.input.is_flake, parent=by)
        self._note_place(node, place)
        if wanted.input.is_flake:
            self._enter(path, node, place, wanted, old, parent)
        return node

    def _without(self, path: InputPath, node: Node, wanted: _Wanted, error: NotFetched) -> Node:
        """A node for an input that cannot be fetched: whoever uses it fails. Raises what the user wants and misses."""
        if wanted.by_user:
            raise error
        node.is_missing = True
        self._missing[id(node)] = Missing(path, node, str(error))
        return node

    def _note_place(self, node: Node, place: Place) -> None:
        """Keep a place for the evaluation; of one within its parent's tree Nix tells the flake nothing but the path."""
        if node.parent is None:
            self._places[id(node)] = place
        elif node.is_flake:
            self._places[id(node)] = Place(place.tree._replace(info={}), place.directory)

    def _inputs_of(self, path: InputPath, place: Place, wanted: _Wanted) -> Mapping[str, Input]:
        """The inputs of an input. Raises TargetError, which says what the input is, where it is no flake."""
        try:
            return _below(self._sources.inputs(place.folder), path)
        except TargetError as error:
            assert wanted.input.reference is not None
            shown = describe_reference(wanted.input.reference)
            raise TargetError(f"{_named(path, wanted.input.position)}, {shown}: {error}") from None

    def _enter(
        self, path: InputPath, node: Node, place: Place, wanted: _Wanted, old: Node | None, parent: _Parent
    ) -> None:
        if place.folder in self._entered:
            raise TargetError(f"the input {'/'.join(path)} is a flake that has itself among its inputs: {place.folder}")
        self._entered.append(place.folder)
        # A flake that is new here brings its own lock file with it, in which what follows is told from that flake on.
        own = self._sources.lock_file(place.folder).root
        inputs = self._inputs_of(path, place, wanted)
        brought = _Parent(node, path, own, path, place, False)
        if old and not self._rules.own_lock:
            known = {name: each for name, each in inputs.items() if name in old.inputs or name not in own.inputs}
            self._lock_inputs(known, brought._replace(old=old, follows_prefix=parent.follows_prefix))
            inputs = {name: each for name, each in inputs.items() if name not in known}
        self._lock_inputs(inputs, brought)
        self._entered.pop()

    def _place_of(self, path: InputPath, reference: Attributes, wanted: _Wanted, *, is_locked: bool = False) -> Place:
        """The place of an input, fetched. Raises TargetError, which says what the input is and what to do."""
        relative = relative_path(reference)
        try:
            if relative is not None and self._rules.in_parent:
                return wanted.place.below(relative)
            if relative is not None:
                inside = wanted.place.below(relative).folder
                tree = self._sources.fetch({"type": "path", "path": inside})
                return Place(tree._replace(locked=tree.locked | {"path": relative}), "")
            tree = self._sources.fetch(reference, by_name=wanted.by_user or self._rules.by_name)
            return Place(tree, str(tree.locked.get("dir", "")))
        except EvaluationError as error:
            if error.kind == "interrupted":
                raise
            raise NotFetched(str(_unfetched(path, reference, wanted.input.position, error, is_locked))) from None
        except HmevalError as error:
            raise _unfetched(path, reference, wanted.input.position, error, is_locked) from None


class _Parent(NamedTuple):
    """The flake whose inputs are locked.

    Attributes:
        node: its node in the new lock file.
        path: the path of that node.
        old: its node in the old lock file.
        follows_prefix: where the old lock file's paths of what is followed begin.
        place: where it lies.
        is_trusted: whether its inputs are those of the old lock file, and not of its flake.nix.
    """

    node: Node
    path: InputPath
    old: Node | None
    follows_prefix: InputPath
    place: Place
    is_trusted: bool


def _below(inputs: Mapping[str, Input], prefix: InputPath) -> dict[str, Input]:
    """The inputs of an input: what they follow begins at that input, and is told from the root."""
    return {
        name: each._replace(
            follows=None if each.follows is None else (*prefix, *each.follows), inputs=_below(each.inputs, prefix)
        )
        for name, each in inputs.items()
    }


def _named(path: InputPath, position: Position | None) -> str:
    return f"the input {'/'.join(path)}" + (f" ({position})" if position else "")


def _unfetched(
    path: InputPath, reference: Attributes, position: Position | None, error: HmevalError, is_locked: bool
) -> TargetError:
    """The error for an input that cannot be fetched: which, where, why, and what to do."""
    shown = describe_reference(reference)
    what = f"is locked as {shown}, which" if is_locked else f"is not in flake.lock, and {shown}"
    lock = "" if is_locked else "lock it where it can be fetched (`nix flake lock`, or --write-lock-file), or "
    reason = str(getattr(error, "message", error)).strip()
    return TargetError(
        f"{_named(path, position)} {what} cannot be fetched:\n"
        f"  {reason}\n"
        f"  to do: {lock}replace it for this evaluation with --override-input {'/'.join(path)} DIR"
    )


def text_to_fill_in(missing: Mapping[InputPath, Node]) -> str:
    """What to do about inputs that cannot be fetched, with the text of a file of overrides; the flake's own first."""
    own, deeper = ([path for path in missing if (len(path) == 1) == is_own] for is_own in (True, False))
    between = ["# and inputs of inputs, where they are used:"] if own and deeper else []
    lines = {path: f'{_key(path)} = ""  # {describe_reference(node.locked)}' for path, node in missing.items()}
    listed = [*(lines[path] for path in own), *between, *(lines[path] for path in deeper)]
    return (
        f"{len(missing)} inputs cannot be fetched. To replace them, fill in a folder or a reference for each of those "
        "that are used, in a file for --override-inputs, or below [overrides] in hmeval.toml:"
        + "".join(f"\n  {line}" for line in listed)
    )


def _key(path: InputPath) -> str:
    """A path of inputs, as TOML has it for a key."""
    name = "/".join(path)
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else f'"{name}"'
