"""Search: its ranking, its patience with typing errors, its filters."""

from __future__ import annotations

import pytest

from hmeval.options.model import OptionTree
from hmeval.options.path import show_option
from hmeval.options.query import distance, nearest, search, set_only

DESCRIBED = {
    ("programs", "git", "enable"): "Whether to enable Git.",
    ("programs", "git", "signing", "key"): "The key to sign with.",
    ("programs", "legit", "enable"): "Something else.",
    ("services", "git-sync", "enable"): "Whether to synchronise.",
    ("git",): "An option of just this name.",
    ("programs", "zsh", "enable"): "Whether to enable the Z shell; not git.",
    ("programs", "digital", "enable"): "A clock.",
    ("tools", "git"): "The last part is the word.",
    ("home", "packages"): "What is in the profile.",
}


def tree_of(described: dict[tuple[str, ...], str]) -> OptionTree:
    """Options with nothing but a path and a description."""
    return OptionTree(
        [{"loc": list(loc), "name": show_option(loc), "description": text} for loc, text in described.items()]
    )


def found(text: str) -> list[str]:
    """The names that a search finds, in its order."""
    return [option.name for option in search(tree_of(DESCRIBED).values(), text)]


def test_the_ranking() -> None:
    assert found("git") == [
        "git",
        "tools.git",
        "programs.git.enable",
        "programs.git.signing.key",
        "services.git-sync.enable",
        "programs.legit.enable",
        "programs.digital.enable",
        "programs.zsh.enable",
    ]


def test_every_word_must_match() -> None:
    assert found("GIT sign")[0] == "programs.git.signing.key"
    assert found("git nothing-like-it") == []
    assert len(found("  ")) == len(DESCRIBED)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("pakcages", "home.packages"),
        ("packges", "home.packages"),
        ("program.gti.enable", "programs.git.enable"),
        ("prgitsignkey", "programs.git.signing.key"),
    ],
)
def test_typing_errors_are_forgiven(text: str, first: str) -> None:
    assert found(text)[0] == first


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("programs.gti.enable", "programs.git.enable"),
        ("program.git", "programs.git"),
        ("git.enable", "programs.git.enable"),
        ("home.package", "home.packages"),
    ],
)
def test_the_nearest_path_is_what_was_meant(wrong: str, meant: str) -> None:
    assert nearest(tree_of(DESCRIBED), wrong)[0] == meant


def test_nothing_is_near_something_else() -> None:
    assert nearest(tree_of(DESCRIBED), "quite.something.else") == []


@pytest.mark.parametrize(
    ("left", "right", "apart"),
    [
        ("git", "git", 0),
        ("gti", "git", 1),
        ("gt", "git", 1),
        ("gist", "git", 1),
        ("got", "git", 1),
        ("abc", "git", None),
    ],
)
def test_distance_counts_swapped_neighbours_as_one(left: str, right: str, apart: int | None) -> None:
    assert distance(left, right, 2) == apart


def test_set_only_keeps_what_modules_define() -> None:
    records = [
        {"loc": [name], "name": name, "is_defined": True, "priority": {"number": number}}
        for name, number in (("forced", 50), ("defaulted", 1500), ("<name>", 100))
    ]
    assert [option.name for option in set_only(OptionTree(records).values())] == ["forced"]


VALUES = OptionTree(
    [
        {"loc": ["a"], "name": "a", "type": "null or string", "value": {"json": {"EDITOR": ["nvim"]}}},
        {"loc": ["nvim"], "name": "nvim", "type": "boolean", "value": {"json": True}},
        {"loc": ["b"], "name": "b", "type": "string", "description": "For nvim.", "value": {"nix": "<derivation vim>"}},
        {"loc": ["c"], "name": "c", "type": 'one of "x", "y"', "value": {"error": {"message": "nvim"}}},
    ]
)


def test_values_that_are_known_are_searched_after_names_and_descriptions() -> None:
    assert list(VALUES.search("nvim")) == ["nvim", "b", "a"]
    assert list(VALUES.search("editor")) == ["a"]
    assert list(VALUES.search("derivation")) == ["b"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("string", ["a", "b"]),
        ("nullOr str", ["a"]),
        ("Null or", ["a"]),
        ("enum", ["c"]),
        ("integer", []),
        ("", ["a", "nvim", "b", "c"]),
    ],
)
def test_types_are_found_by_their_words_and_their_names(text: str, found: list[str]) -> None:
    assert list(VALUES.search(type=text)) == found


def test_unset_only_keeps_what_modules_could_define() -> None:
    records = [
        {"loc": [name], "name": name, "is_defined": defined, "priority": {"number": number}}
        for name, defined, number in (("forced", True, 50), ("defaulted", True, 1500), ("nothing", False, 9999))
    ]
    tree = OptionTree([*records, {"loc": ["<name>"], "name": "<name>"}])
    assert list(tree.search(is_set=False)) == ["defaulted", "nothing"]
    assert list(tree.search(is_set=True)) == ["forced"]


def test_words_within_names_and_descriptions_may_be_misspelt() -> None:
    tree = tree_of({("shell", "historySize"): "How many lines.", ("x",): "Whether to synchronise folders."})
    assert list(tree.search("histroy")) == ["shell.historySize"]
    assert list(tree.search("syncronise")) == ["x"]
