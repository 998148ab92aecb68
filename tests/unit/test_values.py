"""Values of records of which parts failed: what failed, the rest, and what is at a path."""

from __future__ import annotations

from typing import Any

import pytest

from hmeval.lsp.index import OptionIndex, removal
from hmeval.options.model import Option
from hmeval.options.query import search
from hmeval.options.values import failures, json_with, part_at
from hmeval.render.nix_text import value_line, value_text

NO = {"kind": "throw", "message": "no\nmore"}
VALUE: dict[str, Any] = {
    "json": {"a": [1, {"error": NO}], "b": {"error": {"kind": "throw"}}, "c": None},
    "failed": [{"path": ["a", 1], **NO}],
}


def test_what_failed() -> None:
    assert failures(None) == ()
    assert failures({"json": 1}) == ()
    assert list(failures({"error": NO})) == [NO]
    assert list(failures(VALUE)) == VALUE["failed"]


def test_a_set_that_looks_like_a_failure_is_a_value() -> None:
    replaced = json_with(VALUE, lambda failed: failed["message"])
    assert replaced == {"a": [1, "no\nmore"], "b": {"error": {"kind": "throw"}}, "c": None}
    assert VALUE["json"]["a"][1] == {"error": NO}, "the record is left as it is"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (["a", "0"], {"json": 1}),
        (["a", "1"], {"error": NO}),
        (["a", "1", "error"], {"error": NO}),
        (["a"], {"json": [1, {"error": NO}], "failed": [{"path": [1], **NO}]}),
        (["b", "error"], {"json": {"kind": "throw"}}),
        (["c"], None),
        (["c", "d"], None),
        (["a", "2"], None),
        (["d"], None),
    ],
)
def test_what_is_at_a_path(path: list[str], found: Any) -> None:
    assert part_at(VALUE, path) == found


def test_text_has_the_failure_in_its_place() -> None:
    assert value_line(VALUE) == '{ a = [ 1 «error: no» ]; b = { error = { kind = "throw"; }; }; c = null; }'
    assert "\n    «error: no»\n" in value_text(VALUE)


def test_a_search_in_values_does_not_find_what_errors_say() -> None:
    option = Option({"name": "x", "loc": ["x"], "value": VALUE})
    assert search([option], "more") == []
    assert search([option], "kind") == [option]


def test_a_removed_option_is_known_by_a_part_of_its_value() -> None:
    gone = "The option `x' can no longer be used since it's been removed. Use y."
    value = {"json": {"a": {"error": {}}}, "failed": [{"path": ["a"], "kind": "throw", "message": gone}]}
    assert removal(Option({"name": "x", "loc": ["x"], "value": value})) == gone


def test_names_in_a_failure_are_not_those_of_the_value() -> None:
    info = {"name": "attrsOf", "elements": [{"name": "anything"}]}
    index = OptionIndex([Option({"name": "x", "loc": ["x"], "value": VALUE, "type_info": info})])
    assert [entry.name for entry in index.below(["x"])] == ["a", "b", "c"]
    assert index.below(["x", "a", "1"]) == []
