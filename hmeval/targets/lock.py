"""flake.lock: the graph of a flake's locked inputs, read and written as Nix does (versions 5 to 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from hmeval.errors import TargetError

Attributes: TypeAlias = dict[str, str | int | bool]
"""A flake reference as attributes: `type`, and what that type takes; `dir` where the flake is not at the top."""

InputPath: TypeAlias = tuple[str, ...]
"""Names of inputs, each one of the flake before it; () is the flake itself."""

KNOWN_VERSIONS = (5, 6, 7)


class Node:
    """A flake, or a tree that is none, in a lock file.

    Attributes:
        inputs: by name, the node of an input, or the path from the root that it follows.
        locked: what it is locked to; empty for the root.
        original: what flake.nix asks for; empty for the root.
        is_flake: False for an input with `flake = false`.
        parent: for a path that is relative to another flake, the path of that one (since Nix 2.26); else None.
        is_missing: whether it could not be fetched to be locked; what its inputs are is not known then.
    """

    __slots__ = ("inputs", "is_flake", "is_missing", "locked", "original", "parent")

    def __init__(
        self,
        locked: Attributes | None = None,
        original: Attributes | None = None,
        *,
        is_flake: bool = True,
        parent: InputPath | None = None,
    ) -> None:
        self.inputs: dict[str, Node | InputPath] = {}
        self.locked = locked or {}
        self.original = original or {}
        self.is_flake = is_flake
        self.parent = parent
        self.is_missing = False


class LockFile:
    """What a flake.lock says, or will say: its `root` stands for the flake itself."""

    def __init__(self, root: Node | None = None) -> None:
        self.root = root or Node()

    def find(self, path: InputPath) -> Node | None:
        """The node at a path of input names, whatever it follows on the way; None where there is none.

        It is one that is missing where such a one is on the way. Raises TargetError for inputs that follow each other
        in a circle.
        """
        return self._find(path, ())

    def _find(self, path: InputPath, visited: tuple[InputPath, ...]) -> Node | None:
        if path in visited:
            circle = " → ".join("/".join(each) or "the flake itself" for each in (*visited, path))
            raise TargetError(f"inputs follow each other in a circle: {circle}")
        node = self.root
        for name in path:
            if node.is_missing:
                break
            edge = node.inputs.get(name)
            found = self._find(edge, (*visited, path)) if isinstance(edge, tuple) else edge
            if found is None:
                return None
            node = found
        return node

    def edges(self) -> Iterator[tuple[InputPath, Node | InputPath]]:
        """Every input with its path from the root: its node, or the path that it follows; each node is entered once."""
        done: set[int] = set()
        pending: list[tuple[InputPath, Node]] = [((), self.root)]
        while pending:
            prefix, node = pending.pop()
            if id(node) in done:
                continue
            done.add(id(node))
            for name, edge in sorted(node.inputs.items()):
                yield (*prefix, name), edge
                if isinstance(edge, Node):
                    pending.append(((*prefix, name), edge))

    def check(self, where: str) -> None:
        """Raise TargetError where an input follows one that is not there, or itself."""
        for path, edge in self.edges():
            if isinstance(edge, Node):
                continue
            try:
                found = self.find(edge)
            except TargetError as error:
                raise TargetError(f"{where}: {error}") from None
            if found is None:
                raise TargetError(
                    f"{where}: the input {'/'.join(path)} follows {'/'.join(edge)}, and there is no such input"
                )

    def keys(self) -> dict[int, str]:
        """The keys of the nodes in the file, by the nodes' id(): input names, made different by numbers."""
        keys: dict[int, str] = {}
        taken: set[str] = set()

        def name(wanted: str, node: Node) -> None:
            if id(node) in keys:
                return
            numbered = (f"{wanted}_{number}" for number in range(2, len(taken) + 3))
            keys[id(node)] = wanted if wanted not in taken else next(key for key in numbered if key not in taken)
            taken.add(keys[id(node)])
            for child_name, child in sorted(node.inputs.items()):
                if isinstance(child, Node):
                    name(child_name, child)

        name("root", self.root)
        return keys

    def to_json(self) -> dict[str, Any]:
        """The file's content, of version 7, in the order of its keys."""
        keys = self.keys()
        nodes = {id(edge): edge for _, edge in self.edges() if isinstance(edge, Node)} | {id(self.root): self.root}
        content = {keys[identity]: _node_to_json(node, keys, node is self.root) for identity, node in nodes.items()}
        return {"nodes": dict(sorted(content.items())), "root": keys[id(self.root)], "version": KNOWN_VERSIONS[-1]}

    def text(self) -> str:
        """The file, byte for byte as Nix writes it."""
        import json

        return json.dumps(self.to_json(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _node_to_json(node: Node, keys: dict[int, str], is_root: bool) -> dict[str, Any]:
    inputs = {name: keys[id(edge)] if isinstance(edge, Node) else list(edge) for name, edge in node.inputs.items()}
    content: dict[str, Any] = {"inputs": inputs} if inputs else {}
    if not is_root:
        content |= {"locked": node.locked, "original": node.original}
        content |= {} if node.is_flake else {"flake": False}
        content |= {} if node.parent is None else {"parent": list(node.parent)}
    return content


def parse_lock_file(text: str, file: str) -> LockFile:
    """The content of a flake.lock. Raises TargetError, with the file's name, where it is none that is known."""
    import json

    try:
        content = json.loads(text)
    except ValueError as error:
        raise TargetError(f"{file} is damaged ({error}): restore it, or delete it and lock the flake anew") from None
    version = content.get("version") if isinstance(content, dict) else None
    if version not in KNOWN_VERSIONS:
        raise TargetError(f"{file} has version {version}; versions {', '.join(map(str, KNOWN_VERSIONS))} are known")
    try:
        return _Reading(content).lock_file()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise TargetError(f"{file} is damaged: {_what(error)}") from None


def _what(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


class _Reading:
    """One reading of a lock file: a node that two inputs name is one node."""

    def __init__(self, content: dict[str, Any]) -> None:
        self._nodes = content["nodes"]
        self._root_key = _typed(content["root"], str)
        self._read: dict[str, Node] = {}

    def lock_file(self) -> LockFile:
        root = self._read[self._root_key] = Node()
        pending = [(root, self._root_key)]
        while pending:
            node, key = pending.pop()
            for name, edge in _typed(self._nodes[key].get("inputs", {}), dict).items():
                node.inputs[name] = self._edge(edge, lambda child, key: pending.append((child, key)))
        _check_no_circle(root)
        return LockFile(root)

    def _edge(self, edge: Any, found: Callable[[Node, str], None]) -> Node | InputPath:
        if isinstance(edge, list):
            return _input_path(edge)
        key = _typed(edge, str)
        if key == self._root_key:
            raise ValueError("an input is the flake itself, and does not follow it")
        if key not in self._read:
            self._read[key] = _node_from_json(self._nodes[key])
            found(self._read[key], key)
        return self._read[key]


def _check_no_circle(root: Node) -> None:
    """Raise ValueError where an input is among its own inputs, which only what follows another one may be."""
    done: set[int] = set()
    above: set[int] = set()
    pending = [(root, False)]
    while pending:
        node, is_left = pending.pop()
        if is_left:
            above.remove(id(node))
            done.add(id(node))
        elif id(node) in above:
            raise ValueError("an input is among its own inputs, and does not follow another one")
        elif id(node) not in done:
            above.add(id(node))
            pending += [(node, True), *((edge, False) for edge in node.inputs.values() if isinstance(edge, Node))]


def _node_from_json(content: dict[str, Any]) -> Node:
    parent = content.get("parent")
    # Version 5 had what is known of the tree beside `locked`.
    locked = _typed(content["locked"], dict) | _typed(content.get("info", {}), dict)
    return Node(
        _attributes(locked),
        _attributes(_typed(content["original"], dict)),
        is_flake=_typed(content.get("flake", True), bool),
        parent=None if parent is None else _input_path(parent),
    )


def _attributes(content: dict[str, Any]) -> Attributes:
    _typed(content["type"], str)
    for value in content.values():
        _typed(value, (str, int))
    if ("dirtyRev" in content) != ("dirtyShortRev" in content):  # at which Nix's fetchTree ends the process
        raise ValueError("dirtyRev and dirtyShortRev go together")
    return dict(content)


def _input_path(content: Any) -> InputPath:
    return tuple(_typed(name, str) for name in _typed(content, list))


def _typed(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is in the wrong place")
    return value
