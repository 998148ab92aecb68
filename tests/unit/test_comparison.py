"""Whether two values are the same, as far as that can be known."""

from __future__ import annotations

from typing import Any

import pytest

from hmeval.options.comparison import DEFAULT, LARGE, TYPE, VALUE, compare_field
from hmeval.options.model import Option

NO = {"kind": "throw", "message": "no\nmore"}
OTHER = {"kind": "throw", "message": "other"}
UNDEFINED = {
    "kind": "throw",
    "message": "The option `x.a' was accessed but has no value defined. Try setting the option.",
}
FUNCTION = {"nix": "<function>"}


def option(value: Any = None, definitions: Any = (), **record: Any) -> Option:
    named = {"name": "x", "loc": ["x"], "definitions": [{"file": "/f", "value": one} for one in definitions]}
    return Option(named | ({} if value is None else {"value": value}) | record)


def part(error: Any, **rest: Any) -> dict[str, Any]:
    """A set of which the attribute `a` fails."""
    return {"json": {"a": {"error": error}, **rest}, "failed": [{"path": ["a"], **error}]}


def text(error: Any, more: str = "") -> dict[str, Any]:
    """The same as Nix text."""
    first = error["message"].partition("\n")[0]
    return {"nix": f"{{ a = «error: {first}»; }}{more}", "failed": [{"path": ["a"], **error}]}


def plain(error: Any) -> dict[str, Any]:
    """What looks like a part that failed, and is a set of the user's."""
    return {"json": {"a": {"error": error}}}


@pytest.mark.parametrize(
    ("one", "other", "outcome"),
    [
        ({"json": 1}, {"json": 1}, "same"),
        ({"json": 1}, {"json": True}, "different"),
        ({"error": NO}, {"error": NO}, "no"),
        ({"error": NO}, {"error": OTHER}, "different"),
        ({"error": NO}, {"json": 1}, "different"),
        (None, {"error": NO}, "different"),
        (None, None, "same"),
        (part(NO), part(NO), "no"),
        (part(NO, b=1), part(NO, b=2), "different"),
        (part(NO, b=1), part(NO), "different"),
        (part(NO), part(OTHER), "different"),
        (part(NO), plain(NO), "different"),
        (plain(NO), plain(NO), "same"),
        (plain(NO), plain({**NO, "more": 1}), "different"),
        (plain(NO), {"json": {"a": {"error": NO, "b": 1}}}, "different"),
        (part(UNDEFINED), part(UNDEFINED), "same"),
        (part(UNDEFINED, b=1), part(UNDEFINED, b=2), "different"),
        (text(NO), text(NO), "no"),
        (text(NO), text(NO, " "), "different"),
        (text(UNDEFINED), text(UNDEFINED), "same"),
        (FUNCTION, FUNCTION, "same"),
        ({"nix": "{", "truncated": True}, {"nix": "{", "truncated": True}, LARGE),
        ({"nix": "{", "truncated": True}, {"nix": "[", "truncated": True}, "different"),
        ({"json": [1, [2]]}, {"json": [1, [3]]}, "different"),
        ({"json": "/nix/store/" + 32 * "a" + "-source/x"}, {"json": "/nix/store/" + 32 * "b" + "-source/x"}, "same"),
    ],
)
def test_values(one: Any, other: Any, outcome: str) -> None:
    for before, after in ((one, other), (other, one)):
        verdict = compare_field(option(before), option(after), VALUE)
        assert (verdict.differs, verdict.reason) == {"same": (False, ""), "different": (True, "")}.get(
            outcome, (False, outcome)
        )


@pytest.mark.parametrize("value", [{"error": NO}, part(NO), {"nix": "{", "truncated": True}])
def test_what_is_not_known_differs_where_its_definitions_do(value: Any) -> None:
    one, two = {"json": {"b": 1}}, {"json": {"b": 2}}
    assert compare_field(option(value, [one]), option(value, [two]), VALUE).differs
    assert compare_field(option(value, [one]), option(value, [one, two]), VALUE).differs
    assert compare_field(option(value, [part(NO, b=1)]), option(value, [part(NO, b=2)]), VALUE).differs
    assert compare_field(option(value, [one]), option(value, [one]), VALUE).reason
    assert compare_field(option(value, [part(NO)]), option(value, [part(NO)]), VALUE).reason


def test_definitions_do_not_count_where_the_value_is_known() -> None:
    assert compare_field(option({"json": 1}, [{"json": 1}]), option({"json": 1}, [{"json": 2}]), VALUE) == (False, "")


def test_an_option_that_nothing_defines_has_no_value_on_both_sides() -> None:
    undefined = option({"error": NO}, is_defined=False)
    assert compare_field(undefined, undefined, VALUE) == (False, "")


@pytest.mark.parametrize("field", [TYPE, DEFAULT])
def test_documentation_that_fails_on_both_sides(field: str) -> None:
    failed, other = option(errors={field: NO}), option(errors={field: OTHER})
    assert compare_field(failed, failed, field) == (False, "no")
    assert compare_field(failed, other, field).differs
    assert compare_field(failed, option(type="string", default="1"), field).differs


def test_an_option_that_fails_as_a_whole() -> None:
    failed = option(errors={"option": NO})
    assert compare_field(failed, failed, VALUE) == (False, "no")
