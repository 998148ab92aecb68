"""Options and the tree of them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from hmeval.options.model import Option, OptionTree, priority_name
from hmeval.options.path import show_option


def record(*loc: str, **fields: Any) -> dict[str, Any]:
    """A record with what is always there."""
    identity: dict[str, Any] = {"loc": list(loc), "name": show_option(loc), "type": "boolean"}
    always: dict[str, Any] = {
        "description": None,
        "declarations": [],
        "internal": False,
        "visible": True,
        "readOnly": False,
    }
    return {**identity, **always, **fields}


@pytest.fixture
def tree() -> OptionTree:
    """A few options in an order that is not the alphabet's."""
    return OptionTree(
        [
            record("programs", "git", "enable"),
            record("programs", "git-sync", "enable"),
            record("home", "packages", visible=False),
            record("users", "<name>", "shell"),
            record("users", "root", "shell", internal=True),
        ]
    )


def test_a_tree_is_a_mapping_in_its_own_order(tree: OptionTree) -> None:
    assert list(tree)[:2] == ["programs.git.enable", "programs.git-sync.enable"]
    assert len(tree) == 5
    assert "home.packages" in tree
    assert tree["home.packages"].loc == ["home", "packages"]
    assert tree.at(["users", "<name>", "shell"]).name == "users.<name>.shell"
    assert tree.get("nothing") is None


def test_under_goes_by_whole_names(tree: OptionTree) -> None:
    assert list(tree.under("programs.git")) == ["programs.git.enable"]
    assert list(tree.under(["programs"])) == ["programs.git.enable", "programs.git-sync.enable"]
    assert not tree.under("programs.g")


def test_listed_leaves_out_what_is_hidden_or_internal(tree: OptionTree) -> None:
    assert list(tree.listed()) == ["programs.git.enable", "programs.git-sync.enable", "users.<name>.shell"]


@pytest.mark.parametrize(
    ("path", "declared"),
    [
        ("users.alice.shell", "users.<name>.shell"),
        ("users.root.shell", "users.root.shell"),
        ("users.alice.home", None),
    ],
)
def test_the_declaration_of_a_real_name_has_a_placeholder(tree: OptionTree, path: str, declared: str | None) -> None:
    declaration = tree.declaration_of(path)
    assert (declaration and declaration.name) == declared


def test_the_first_of_two_options_of_one_name_stays() -> None:
    tree = OptionTree([record("a", type="first"), record("a", type="second")])
    assert tree["a"].type == "first"


def test_an_option_tells_what_its_record_holds_and_cannot_be_changed() -> None:
    option = Option(record("a", description={"_type": "mdDoc", "text": "Text."}, readOnly=True))
    assert option.description == "Text."
    assert option.read_only
    assert (option.value, option.default, option.priority, list(option.definitions)) == (None, None, None, [])
    with pytest.raises(AttributeError):
        option.record = {}


@pytest.mark.parametrize(
    ("state", "is_set"),
    [
        ({}, False),
        ({"is_defined": True, "priority": {"number": 1500, "name": "mkOptionDefault"}}, False),
        ({"is_defined": True, "priority": {"number": 1000, "name": "mkDefault"}}, True),
        ({"is_defined": False, "priority": {"number": 100, "name": "plain"}}, False),
        ({"is_defined": True}, False),
    ],
)
def test_set_means_defined_at_a_priority_below_that_of_defaults(state: dict[str, Any], is_set: bool) -> None:
    assert Option(record("a", **state)).is_set is is_set


def test_priorities_have_the_names_of_nixpkgs() -> None:
    assert [priority_name(number) for number in (50, 100, 1000, 1500, 900)] == [
        "mkForce",
        "plain",
        "mkDefault",
        "mkOptionDefault",
        "mkOverride 900",
    ]


def test_documents_takes_the_formats_that_there_are(tree: OptionTree) -> None:
    assert len(tree.documents()) == 5
    assert len(tree.documents("options-json")) == 3
    assert tree.documents("markdown").startswith("## ")
    with pytest.raises(ValueError, match="no such format"):
        tree.documents("pdf")  # type: ignore[call-overload]


def test_an_option_is_copied_and_pickled() -> None:
    option = Option({"name": "a", "loc": ["a"], "type": "string"})
    assert copy.deepcopy(option) == option
    assert pickle.loads(pickle.dumps(option)) == option
