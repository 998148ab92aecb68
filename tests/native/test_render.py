"""`Value.show()` beside lib.generators.toPretty with `multiline` and `allowPrettyValues`, for which it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hmeval import EvaluationError, Evaluator, NixPath, Value

OFFLINE_LIB = Path(__file__).resolve().parents[2] / "hmeval/offline/nixpkgs/lib"


def pretty_printer(evaluator: Evaluator, lib: Path) -> Value:
    """toPretty of a lib."""
    arguments = "{ multiline = true; allowPrettyValues = true; }"
    return evaluator.eval(f"(import {lib}).generators.toPretty {arguments}")


@pytest.fixture(scope="module")
def offline(evaluator: Evaluator) -> Value:
    """toPretty of the stand-in."""
    return pretty_printer(evaluator, OFFLINE_LIB)


@pytest.fixture(scope="module")
def real(evaluator: Evaluator, nixpkgs_lib: Path) -> Value:
    """toPretty of nixpkgs."""
    return pretty_printer(evaluator, nixpkgs_lib / "lib")


characters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
AWKWARD = [
    "",
    "\n",
    "a\n",
    "\na",
    "\n\n",
    "a\n\nb",
    "${",
    "$${x}\n",
    "''",
    "'''",
    "'''\n''''",
    '"',
    "\\",
    "\r\n",
    "$\n{",
]
texts = (
    st.text(st.sampled_from("a$'{}\n\\\"\t\r é"), max_size=10)
    | st.text(characters, max_size=6)
    | st.sampled_from(AWKWARD)
)
names = texts | st.sampled_from(
    ["in", "or", "rec", "null", "a-b", "a'", "1a", "_", "-a", "a.b", "<name>", "*", "é", "$", "a$b"]
)
ordinary_names = names.filter(lambda name: not name.startswith("__"))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.integers(-4000, 4000).map(lambda number: number / 8)
    | texts
    | st.sampled_from(["/", "/a/b", "/a b", "/é"]).map(NixPath),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ordinary_names, inner, max_size=4),
    max_leaves=20,
)


@given(values)
@settings(max_examples=150)
def test_values_as_the_stand_in_writes_them(evaluator: Evaluator, offline: Value, value: Any) -> None:
    made = evaluator.value(value)
    assert made.show() == offline(made).to_python()


@pytest.mark.real
@given(values)
@settings(max_examples=150)
def test_values_as_nixpkgs_writes_them(evaluator: Evaluator, real: Value, value: Any) -> None:
    made = evaluator.value(value)
    assert made.show() == real(made).to_python()


DERIVATION = '(derivation { name = "n"; system = "s"; builder = "/b"; })'
SPECIAL = {
    "a float that is a whole number": "1.0",
    "a small float": "1.0e-7",
    "a large float": "[ 1.0e300 (-0.5) 123456789.125 ]",
    "floats without end": "[ (1.0e308 * 10) (-1.0e308 * 10) ]",
    "the integers' bounds": "[ 9223372036854775807 (-9223372036854775807 - 1) 0 ]",
    "a path": "{ a = /a/b; b = /.; }",
    "nothing in nothing": '[ [ ] { } [ [ ] ] { a = { }; } "" ]',
    "depth": '{ a = [ { b = [ 1 "x\\ny" { c = "p\\nq\\n"; } ]; } ]; }',
    "lines in a list": '[ "a\\nb" "a\\n" "\\n" ]',
    "keywords": '{ "assert" = 1; "else" = 2; "if" = 3; "in" = 4; "inherit" = 5; "let" = 6; or = 7; "rec" = 8; }',
    "more keywords": '{ "then" = 9; "with" = 10; null = 11; true = 12; "__curPos" = 13; }',
    "odd names": '{ "a b" = 1; "" = 2; "é" = 3; "$" = 4; "\\${x}" = 5; "\\n\\t\\r" = 6; "\\"" = 7; "a.b" = 8; }',
    "a name with control characters": '{ "a\x01b\x7f" = 1; "\\\\" = 2; }',
    "a function": "x: x",
    "a function with arguments": "{ b, a ? 1, c-d, ... }@all: 1",
    "a function that takes any set": "{ ... }: 1",
    "a function that takes an empty set": "{ }: 1",
    "builtins": "[ builtins.add (builtins.add 1) import ]",
    "a functor": "{ __functor = self: x: x; a = 1; }",
    "a functor with arguments": "{ __functor = self: { a, b ? 2 }: a; }",
    "a functor with said arguments": "{ __functor = self: x: x; __functionArgs = { z = true; a = false; }; }",
    "a functor that says it has no arguments": "{ __functor = self: { a }: a; __functionArgs = { }; }",
    "a functor that is a builtin": "{ __functor = self: builtins.add; }",
    "a functor that is a functor": "{ __functor = { __functor = self: set: { m }: m; }; }",
    "a functor that gives a functor": "{ __functor = self: { __functor = self: { q }: q; }; }",
    "a functor that gives no function": "{ __functor = self: 1; a = 2; }",
    "a value that prints itself": '{ __pretty = value: "shown ${toString value}"; val = 1; }',
    "a value that prints itself in lines": '[ { __pretty = value: "a\\nb"; val = 1; } ]',
    "a value that prints itself without the value": '{ __pretty = value: "shown"; val = throw "not asked for"; }',
    "a value that prints itself by an out path": '[ { __pretty = value: { outPath = "/o"; }; val = 1; } ]',
    "no value to print": '{ __pretty = value: "x"; }',
    "nothing that prints": "{ val = 1; }",
    "a functor that prints itself": '{ __functor = self: x: x; __pretty = value: "x"; val = 1; }',
    "a derivation": DERIVATION,
    "derivations within": f"{{ a = [ {DERIVATION} ]; b = {DERIVATION}; }}",
    "a derivation without a name": '{ type = "derivation"; }',
    "a derivation that nothing else is known of": '{ type = "derivation"; drvPath = throw "d"; outPath = throw "o"; }',
    "a derivation with a printer that is not used": '{ type = "derivation"; name = "n"; __pretty = throw "p"; }',
    "a derivation whose name is made": '{ type = "derivation"; name = { __toString = self: "made"; }; }',
    "a type that is no derivation": '[ { type = "option"; _type = "option"; } { type = 1; } { type = { }; } ]',
    "a literal expression": '{ _type = "literalExpression"; text = "pkgs.x"; }',
    "what JSON would coerce": '[ { outPath = "/x"; } { __toString = self: "x"; } ]',
}
FAILING = {
    "an attribute": '{ a = throw "it"; }',
    "an element": '[ 1 (throw "it") ]',
    "a type": '{ type = throw "it"; }',
    "a functor": '{ __functor = throw "it"; }',
    "a functor's function": '{ __functor = self: throw "it"; }',
    "a printer": '{ __pretty = value: throw "it"; val = 1; }',
    "a printer that is no function": "[ { __pretty = 1; val = 1; } ]",
    "a printer that gives no text": "[ { __pretty = value: 1; val = 1; } ]",
    "a derivation's name": '{ type = "derivation"; name = throw "it"; }',
    "a derivation's name that is no text": '{ type = "derivation"; name = [ 1 ]; }',
    "said arguments": "{ __functor = self: x: x; __functionArgs = 1; }",
}


def shown(evaluator: Evaluator, expression: str) -> str:
    return evaluator.eval(expression).show()


@pytest.mark.parametrize("case", SPECIAL)
def test_special_values_as_the_stand_in_writes_them(evaluator: Evaluator, offline: Value, case: str) -> None:
    value = evaluator.eval(SPECIAL[case])
    assert value.show() == offline(value).to_python()


@pytest.mark.real
@pytest.mark.parametrize("case", SPECIAL)
def test_special_values_as_nixpkgs_writes_them(evaluator: Evaluator, real: Value, case: str) -> None:
    value = evaluator.eval(SPECIAL[case])
    assert value.show() == real(value).to_python()


@pytest.mark.parametrize("case", FAILING)
def test_what_cannot_be_written(evaluator: Evaluator, offline: Value, case: str) -> None:
    value = evaluator.eval(FAILING[case])
    with pytest.raises(EvaluationError) as expected:
        offline(value).to_python()
    with pytest.raises(EvaluationError) as failure:
        value.show()
    assert failure.value.kind == expected.value.kind == ("throw" if "throw" in FAILING[case] else "type")


@pytest.mark.parametrize("text", ["\udcff", "a\udc80b\n\udcfe"])
def test_bytes_that_are_not_utf_8(evaluator: Evaluator, text: str) -> None:
    """They stand as they are in strings."""
    lines = text.split("\n")
    expected = f'"{text}"' if len(lines) == 1 else "''\n  " + "\n  ".join(lines) + "''"
    assert evaluator.value(text).show() == expected


@pytest.mark.parametrize(
    "expression",
    [
        "let x = [ x ]; in x",
        "let x = { a = x; }; in x",
        "let f = n: { __pretty = f; val = n; }; in let x = [ x (f 1) ]; in x",
    ],
)
def test_a_value_without_end_is_an_error_and_no_more(evaluator: Evaluator, expression: str) -> None:
    with pytest.raises(EvaluationError) as failure:
        shown(evaluator, expression)
    assert failure.value.kind == "stack-overflow"
    assert shown(evaluator, "[ 1 ]") == "[\n  1\n]"


def test_depth_and_width(evaluator: Evaluator, offline: Value) -> None:
    deep = evaluator.eval("builtins.foldl' (a: _: [ { inherit a; } ]) 1 (builtins.genList (x: x) 200)")
    assert deep.show() == offline(deep).to_python()
    wide = evaluator.value({f"a{number}": [number] for number in range(3000)})
    assert wide.show() == offline(wide).to_python()
