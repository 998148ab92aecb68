"""flake.lock: what is written is read again, whatever the graph; what is damaged is told, and never a traceback."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmeval import TargetError
from hmeval.targets.lock import InputPath, LockFile, Node, parse_lock_file

NAMES = st.sampled_from(["nixpkgs", "home-manager", "utils", "ü", "a b"])
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["path", "rev", "narHash", "url"]), st.text(st.characters(codec="utf-8"))
).map(lambda given: {"type": "path", **given})


def nodes(inputs: st.SearchStrategy[dict[str, Node | InputPath]]) -> st.SearchStrategy[Node]:
    """Nodes with such inputs."""
    parents = st.none() | st.lists(NAMES, max_size=2).map(tuple)

    def make(locked: Any, original: Any, flake: bool, parent: InputPath | None, inputs: Any) -> Node:
        node = Node(locked, original, is_flake=flake, parent=parent)
        node.inputs = inputs
        return node

    return st.builds(make, ATTRIBUTES, ATTRIBUTES, st.booleans(), parents, inputs)


PATHS = st.lists(NAMES, max_size=3).map(tuple)
TREES = st.recursive(
    nodes(st.just({})), lambda below: nodes(st.dictionaries(NAMES, below | PATHS, max_size=3)), max_leaves=8
)
LOCK_FILES = st.dictionaries(NAMES, TREES | PATHS, max_size=4)


def lock_file(inputs: dict[str, Node | InputPath]) -> LockFile:
    root = Node()
    root.inputs = inputs
    return LockFile(root)


@given(LOCK_FILES)
def test_what_is_written_is_read(inputs: dict[str, Node | InputPath]) -> None:
    written = lock_file(inputs)
    read = parse_lock_file(written.text(), "flake.lock")
    assert read.to_json() == written.to_json()
    assert read.text() == written.text()
    assert [path for path, _ in read.edges()] == [path for path, _ in written.edges()]


@given(LOCK_FILES)
def test_keys_are_different_and_begin_with_a_name(inputs: dict[str, Node | InputPath]) -> None:
    lock = lock_file(inputs)
    content = lock.to_json()
    named = {path[-1] for path, _ in lock.edges()} | {"root"}
    assert len(set(lock.keys().values())) == len(lock.keys()) == len(content["nodes"])
    assert all(key in named or key.rpartition("_")[0] in named for key in content["nodes"])


@given(LOCK_FILES, PATHS)
def test_what_is_found_is_what_following_by_hand_finds(inputs: dict[str, Node | InputPath], path: InputPath) -> None:
    lock = lock_file(inputs)
    assert outcome(lambda: lock.find(path)) == outcome(lambda: found_by_hand(lock.root, lock.root, path, 60))


def found_by_hand(root: Node, node: Node | None, path: InputPath, steps: int) -> Node | None:
    """The node at a path; raises TargetError once that takes more steps than any way without a circle."""
    if steps == 0:
        raise TargetError("a circle")
    if node is None or not path:
        return node
    edge = node.inputs.get(path[0])
    below = found_by_hand(root, root, edge, steps - 1) if isinstance(edge, tuple) else edge
    return found_by_hand(root, below, path[1:], steps - 1)


def outcome(find: Any) -> Any:
    try:
        node = find()
    except TargetError:
        return "a circle"
    return id(node)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=3), below, max_size=3),
    max_leaves=5,
)


@given(LOCK_FILES, st.data())
def test_damage_is_told_with_the_file(inputs: dict[str, Node | InputPath], data: st.DataObject) -> None:
    text = lock_file(inputs).text()
    cut = text[: data.draw(st.integers(0, len(text) - 3))]
    with pytest.raises(TargetError, match=r"^/a/flake\.lock "):
        parse_lock_file(cut, "/a/flake.lock")


@given(LOCK_FILES, st.data(), JSON)
def test_what_stands_in_the_wrong_place(inputs: dict[str, Node | InputPath], data: st.DataObject, wrong: Any) -> None:
    content = lock_file(inputs).to_json()
    places: list[tuple[Any, Any]] = []
    pending: list[Any] = [content]
    while pending:
        container = pending.pop()
        each = container.items() if isinstance(container, dict) else enumerate(container)
        for key, value in each:
            places.append((container, key))
            pending += [value] if isinstance(value, (dict, list)) else []
    container, key = data.draw(st.sampled_from(places))
    container[key] = wrong
    problem = ""
    try:
        parse_lock_file(json.dumps(content), "/a/flake.lock")
    except TargetError as error:
        problem = str(error)
    assert not problem or problem.startswith("/a/flake.lock ")


def test_two_inputs_of_one_key_are_one_node() -> None:
    content = lock_file({"a": Node({"type": "path"}, {"type": "path"})}).to_json()
    content["nodes"]["root"]["inputs"]["b"] = "a"
    lock = parse_lock_file(json.dumps(content), "flake.lock")
    assert lock.find(("a",)) is lock.find(("b",)) is not None


def test_version_5_has_the_tree_beside_what_is_locked() -> None:
    node = {"locked": {"type": "path"}, "info": {"narHash": "sha256-x"}, "original": {"type": "path"}}
    content = {"version": 5, "root": "r", "nodes": {"r": {"inputs": {"a": "n"}}, "n": node}}
    found = parse_lock_file(json.dumps(content), "flake.lock").find(("a",))
    assert found is not None
    assert found.locked == {"type": "path", "narHash": "sha256-x"}


def test_an_input_that_follows_nothing() -> None:
    lock = lock_file({"a": ("b",)})
    with pytest.raises(TargetError, match="the input a follows b, and there is no such input"):
        lock.check("/a/flake.nix")
    lock_file({"a": ()}).check("/a/flake.nix")
