"""Values of which parts cannot be evaluated: the rest is there, each failure in its place, and listed beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmeval import EvaluationError, Evaluator, Failed, Worker
from hmeval.evaluation.codec import to_nix
from hmeval.literals import string_literal
from hmeval.options.extract import ALONE, VALUES, extract_options
from tests.native.programs import ENDLESS
from tests.native.test_round_trip import names, same, scalars

Program = Callable[..., str]

# What fails, by the message that comes of it.
FAILING = {
    "no": 'throw "no"',
    "line one\nline two": 'throw "line one\\nline two"',
    "attribute 'y' missing": "{ }.y",
    "evaluation aborted with the following error message: 'q'": 'abort "q"',
    "undefined": 'throw "undefined"',
}


class Hole(str):
    """In the place of a part that fails: its message."""


holes = st.sampled_from(sorted(FAILING)).map(Hole)
# The value itself must not fail.
parts = st.recursive(
    scalars | holes,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)
whole = st.lists(parts, max_size=5) | st.dictionaries(names, parts, max_size=5)


def expression(value: Any) -> str:
    """The Nix expression for a value with holes."""
    if isinstance(value, Hole):
        return f"({FAILING[value]})"
    if isinstance(value, list):
        return f"[ {' '.join(map(expression, value))} ]"
    if isinstance(value, dict):
        return f"{{ {' '.join(f'{string_literal(name)} = {expression(item)};' for name, item in value.items())} }}"
    return f"({to_nix(value)[0]})"


def holes_in(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The paths of the holes, and their messages, in Nix's order."""
    if isinstance(value, Hole):
        yield path, str(value)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from holes_in(item, (*path, number))
    elif isinstance(value, dict):
        for name in sorted(value, key=lambda name: name.encode("utf-8", "surrogateescape")):
            yield from holes_in(value[name], (*path, name))


def with_holes(value: Any, hole: Callable[[Any], Any]) -> Any:
    """The value with what `hole` gives for each that is one."""
    if isinstance(value, list):
        return [with_holes(item, hole) for item in value]
    if isinstance(value, dict):
        return {name: with_holes(item, hole) for name, item in value.items()}
    return hole(value)


@given(value=whole)
def test_values_with_random_holes(evaluator: Evaluator, value: Any) -> None:
    found, failed = evaluator.eval(expression(value)).with_failures()
    assert [(one.path, one.error.message) for one in failed] == list(holes_in(value))
    as_hole = with_holes(found, lambda part: Hole(part.error.message) if isinstance(part, Failed) else part)
    assert same(as_hole, value)


@given(value=whole)
def test_the_text_of_values_with_random_holes(evaluator: Evaluator, value: Any) -> None:
    """It is that of the value with something else in the place of each hole."""
    shown, failed = evaluator.eval(expression(value)).text_with_failures()
    marked = with_holes(value, lambda part: f"«error: {part.split(chr(10))[0]}»" if isinstance(part, Hole) else part)
    other = evaluator.eval(expression(marked)).show()
    for message in FAILING:
        mark = f"«error: {message.split(chr(10))[0]}»"
        other = other.replace(f'"{mark}"', mark)
    assert shown == other
    assert [(one.path, one.error.message) for one in failed] == list(holes_in(value))


def test_a_value_is_plain_where_nothing_fails(evaluator: Evaluator) -> None:
    assert evaluator.eval("{ a = [ 1 ]; }").with_failures() == ({"a": [1]}, [])


def test_a_set_with_an_attribute_error_is_no_failure(evaluator: Evaluator) -> None:
    value = evaluator.eval('{ a.error = { kind = "throw"; message = "no"; }; b = throw "no"; }')
    found = value.to_python(errors="keep")
    assert found["a"] == {"error": {"kind": "throw", "message": "no"}}
    assert isinstance(found["b"], Failed)
    with pytest.raises(EvaluationError, match="no"):
        value.to_python()
    with pytest.raises(EvaluationError, match="no"):
        value.show()


@pytest.mark.parametrize(
    "expression",
    [
        '{ __toString = _: throw "no"; }',
        '{ outPath = throw "no"; }',
        "let f = x: 1 + f x; in { a = f 1; }",
        "let x = { a = x; }; in x",
    ],
)
def test_what_fails_as_a_whole(evaluator: Evaluator, expression: str) -> None:
    """An error of the value itself, and the end of the stack, which is that of any part."""
    with pytest.raises(EvaluationError):
        evaluator.eval(expression).to_python(errors="keep")


def test_a_message_like_that_of_the_stack_is_kept(evaluator: Evaluator) -> None:
    assert (
        evaluator.eval('[ (throw "stack overflow; no") ]').show(errors="keep") == "[\n  «error: stack overflow; no»\n]"
    )


def test_an_interrupt_ends_it() -> None:
    with Worker(timeout=2) as worker:
        value = worker.eval(f'{{ a = throw "no"; b = {ENDLESS}; }}')
        with pytest.raises(EvaluationError) as caught:
            value.to_python(errors="keep")
    assert caught.value.kind == "interrupted"


def test_a_worker_gives_the_same() -> None:
    with Worker() as worker:
        value = worker.eval('{ a = [ 1 (throw "no") ]; }')
        found, (failed,) = value.with_failures()
        assert found == {"a": [1, failed]}
        assert (failed.path, failed.error.message, failed.error.kind) == (("a", 1), "no", "throw")
        assert value.show(errors="keep") == "{\n  a = [\n    1\n    «error: no»\n  ];\n}"


def option(value: str) -> str:
    return f'{{ _type = "option"; loc = [ "a" ]; value = {value}; definitionsWithLocations = [ ]; }}'


@pytest.mark.parametrize("flags", [VALUES, VALUES | ALONE])
def test_an_option_s_value_names_the_parts_that_fail(evaluator: Evaluator, flags: int) -> None:
    (record,) = extract_options(evaluator, evaluator.eval(option('{ a = [ 1 { b = throw "no"; } ]; }')), flags)
    (failed,) = record["value"]["failed"]
    assert (failed["path"], failed["kind"], failed["message"]) == (["a", 1, "b"], "throw", "no")
    error = {name: field for name, field in failed.items() if name != "path"}
    assert record["value"]["json"] == {"a": [1, {"b": {"error": error}}]}
    assert "errors" not in record


def test_the_parts_of_a_value_that_is_text(evaluator: Evaluator) -> None:
    value = '{ a = /x; b = throw "no\\nmore"; c = { type = throw "type"; d = 1; }; }'
    (record,) = extract_options(evaluator, evaluator.eval(option(value)), VALUES)
    assert record["value"]["nix"] == (
        "{\n  a = /x;\n  b = «error: no»;\n  c = {\n    d = 1;\n    type = «error: type»;\n  };\n}"
    )
    assert [(one["path"], one["message"]) for one in record["value"]["failed"]] == [
        (["b"], "no\nmore"),
        (["c", "type"], "type"),
    ]


def test_a_value_with_too_many_failures_is_cut(evaluator: Evaluator) -> None:
    value = 'builtins.genList (n: throw "no ${toString n}") 1000'
    (record,) = extract_options(evaluator, evaluator.eval(option(value)), VALUES)
    assert record["value"]["truncated"] is True
    assert len(record["value"]["failed"]) == 100
    assert record["value"]["nix"].count("«error: no ") == 100
