"""Python data becomes Nix values, and the same Python data again: to_nix, the native writer and the codec in a row."""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hmeval import EvaluationError, Evaluator, Function, NixPath

LARGEST, SMALLEST = 2**63 - 1, -(2**63)
SUBNORMALS = [5e-324, -5e-324, 1e-310, 2.225073858507201e-308]

# Nix strings: any characters, and bytes that are not UTF-8 (lone surrogates of Python's), but no zero byte.
BYTES = "".join(map(chr, range(0xDC80, 0xDD00)))
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0", include_characters=BYTES)
# Bytes that together are UTF-8 come back as what they spell.
random_texts = st.text(characters, max_size=20).map(
    lambda text: text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
)
AWKWARD = ["", '"', "\\", "$", "${", "$${x}", "\\${x}", "''", "''${", "'''", "\r", "\r\n", "\n", "\t", "\x01", "\x7f"]
AWKWARD += ["é", "😀", "\u2028", "\ufeff", "\udcff", "a\udc80b", "in", "or", "a.b", " ", "%1%", "# no", "/* no */", "@"]
texts = random_texts | st.sampled_from(AWKWARD)

# By these a set stands for something else, as in Nix's JSON.
SPECIAL_NAMES = {"__toString", "outPath"}
names = texts.filter(lambda name: name not in SPECIAL_NAMES)

integers = st.integers(SMALLEST, LARGEST) | st.sampled_from([SMALLEST, SMALLEST + 1, -1, 0, LARGEST])
paths = st.lists(texts.filter(lambda part: part.strip(".") and "/" not in part), max_size=3).map(
    lambda parts: NixPath("/" + "/".join(parts))
)
# Negative zero and subnormal numbers have tests of their own.
floats = st.floats(allow_nan=False, allow_subnormal=False).filter(lambda number: str(number) != "-0.0")
scalars = st.none() | st.booleans() | integers | floats | texts | paths
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=5),
    max_leaves=30,
)


def same(left: Any, right: Any) -> bool:
    """Equality that tells true from 1, 1 from 1.0, and 0.0 from -0.0."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return struct.pack("d", left) == struct.pack("d", right)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(value, right[name]) for name, value in left.items())
    return bool(left == right)


def nested_list(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def nested_set(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


def depth_of(value: Any) -> int:
    """How often a value is wrapped; Python's own comparison would recurse."""
    depth = 0
    while isinstance(value, list | dict):
        (value,) = value if isinstance(value, list) else value.values()
        depth += 1
    return depth


@given(values)
@settings(max_examples=120)
def test_data_comes_back(evaluator: Evaluator, value: Any) -> None:
    assert same(evaluator.value(value).to_python(), value)


@given(texts)
@example("a" * 70_000)
def test_strings_come_back_as_values_names_and_arguments(evaluator: Evaluator, text: str) -> None:
    assert evaluator.value(text).to_python() == text
    assert evaluator.value({text: 1}).attr_names() == [text]
    assert evaluator.value({text: 1})[text].to_python() == 1
    assert evaluator.eval("x: x")(text).to_python() == text


@given(integers)
def test_integers_come_back(evaluator: Evaluator, number: int) -> None:
    assert same(evaluator.value(number).to_python(), number)


@given(floats)
def test_floats_come_back(evaluator: Evaluator, number: float) -> None:
    assert same(evaluator.value(number).to_python(), number)


@pytest.mark.parametrize(
    "number",
    [0.0, 0.1, 1e22, 1e-5, 1e16, 123456789012345680.0, sys.float_info.max, sys.float_info.min, math.inf, -math.inf],
)
def test_special_floats_come_back(evaluator: Evaluator, number: float) -> None:
    assert same(evaluator.value(number).to_python(), number)
    assert same(evaluator.value([-number if number else 1.5]).to_python(), [-number if number else 1.5])


def test_negative_zero_comes_back(evaluator: Evaluator) -> None:
    assert same(evaluator.value(-0.0).to_python(), -0.0)


@pytest.mark.parametrize("number", SUBNORMALS)
def test_subnormal_floats_come_back(evaluator: Evaluator, number: float) -> None:
    assert same(evaluator.value(number).to_python(), number)


@pytest.mark.parametrize("value", [[], {}, "", [[]], [{}], {"": {}}, {"a": []}, None, [None], ()])
def test_empty_values_come_back(evaluator: Evaluator, value: Any) -> None:
    assert evaluator.value(value).to_python() == (list(value) if isinstance(value, tuple) else value)


@pytest.mark.parametrize("size", [15, 16, 31, 32, 255, 256, 65_535, 65_536, 100_000])
def test_wide_values_come_back(evaluator: Evaluator, size: int) -> None:
    """At the sizes where MessagePack's heads change."""
    assert evaluator.value(list(range(size))).to_python() == list(range(size))
    attributes = {f"a{number}": number for number in range(size)}
    assert evaluator.value(attributes).to_python() == attributes
    assert evaluator.value("é" * size).to_python() == "é" * size


@pytest.mark.parametrize("depth", [10, 100, 250, 500, 900])
@pytest.mark.parametrize("nested", [nested_list, nested_set])
def test_deep_values_come_back(evaluator: Evaluator, nested: Any, depth: int) -> None:
    assert depth_of(evaluator.value(nested(depth)).to_python()) == depth


@pytest.mark.parametrize("depth", [10, 500, 900, 990])
def test_deep_values_of_nix_become_python(evaluator: Evaluator, depth: int) -> None:
    for wrap in ("[ a ]", "{ inherit a; }"):
        value = evaluator.eval(f"builtins.foldl' (a: _: {wrap}) 1 (builtins.genList (x: x) {depth})")
        assert depth_of(value.to_python()) == depth


ENDLESS = [
    "let x = [ x ]; in x",
    "let x = { a = x; }; in x",
    "let f = n: { a = f (n + 1); }; in f 1",
    "let f = n: [ n (f (n + 1)) ]; in f 1",
    "let x = { outPath = x; }; in x",
    "let x = { __toString = self: x; }; in x",
    "builtins.foldl' (a: _: [ a ]) [ ] (builtins.genList (x: x) 5000)",
]


@pytest.mark.parametrize("expression", ENDLESS)
def test_values_without_end_are_an_error_and_no_more(evaluator: Evaluator, expression: str) -> None:
    with pytest.raises(EvaluationError) as failure:
        evaluator.eval(expression).to_python()
    assert failure.value.kind == "stack-overflow"
    assert evaluator.eval("{ a = [ 1 ]; }").to_python() == {"a": [1]}


def test_python_data_without_end_is_an_error_and_no_more(program: Callable[..., str]) -> None:
    """In a process that may not eat the machine's memory meanwhile."""
    printed = program(
        """
        import resource
        from hmeval import Evaluator
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        evaluator = Evaluator()
        endless = []
        endless.append({"a": endless})
        try:
            evaluator.value(endless)
        except (RecursionError, ValueError):
            print("refused")
        print(evaluator.value([1]).to_python())
        """,
        timeout=10,
    )
    assert printed.split() == ["refused", "[1]"]


@pytest.mark.parametrize("path", ["/", "/a", "/a b/c", "/${x}/'\"", "/é/\udcff", "/.hidden", "/a\nb"])
def test_paths_come_back(evaluator: Evaluator, path: str) -> None:
    assert evaluator.value(NixPath(path)).type == "path"
    assert evaluator.value({"p": [NixPath(path)]}).to_python() == {"p": [NixPath(path)]}


def test_values_within_data_are_kept(evaluator: Evaluator) -> None:
    function, number = evaluator.eval("x: x + 1"), evaluator.eval("41")
    value = evaluator.value({"f": function, "list": [number, {"n": number, "${x}": [function]}], "value0": "text"})
    assert value.to_python() == {"f": Function(), "list": [41, {"n": 41, "${x}": [Function()]}], "value0": "text"}
    assert value["f"](value["list"][0]).to_python() == 42
    assert evaluator.value(function) is function


@given(st.lists(integers, max_size=40))
@settings(max_examples=30)
def test_many_values_within_data_keep_their_places(evaluator: Evaluator, numbers: list[int]) -> None:
    wrapped = [{"n": evaluator.value(number)} for number in numbers]
    assert evaluator.value(wrapped).to_python() == [{"n": number} for number in numbers]


def test_values_within_data_stay_lazy(evaluator: Evaluator) -> None:
    lazy = evaluator.eval('{ a = throw "not asked for"; b = 2; }')
    assert evaluator.value([lazy])[0]["b"].to_python() == 2


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_integers_beyond_64_bits_are_refused(evaluator: Evaluator, number: int) -> None:
    with pytest.raises(ValueError, match="64-bit"):
        evaluator.value([number])


@pytest.mark.parametrize("value", ["a\0b", {"a\0b": 1}, NixPath("/a\0b"), ["ok", "\0"]])
def test_zero_bytes_are_refused(evaluator: Evaluator, value: Any) -> None:
    with pytest.raises(ValueError, match="NUL"):
        evaluator.value(value)


def test_not_a_number_is_refused(evaluator: Evaluator) -> None:
    with pytest.raises(ValueError, match="NaN"):
        evaluator.value({"a": math.nan})


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}])
def test_surrogates_that_stand_for_no_byte_are_refused(evaluator: Evaluator, value: Any) -> None:
    with pytest.raises(ValueError, match="surrogate"):
        evaluator.value(value)


@pytest.mark.parametrize("value", [{1: 2}, {None: 1}, {"a": {b"b": 1}}, {("a",): 1}])
def test_names_that_are_no_strings_are_refused(evaluator: Evaluator, value: Any) -> None:
    with pytest.raises(TypeError, match="names"):
        evaluator.value(value)


@pytest.mark.parametrize("value", [object(), b"bytes", {1, 2}, 1j, Function(), print, range(3)])
def test_what_has_no_nix_form_is_refused(evaluator: Evaluator, value: Any) -> None:
    with pytest.raises(TypeError, match="no Nix form"):
        evaluator.value([value])


@pytest.mark.parametrize("path", ["", "relative/path", "./a"])
def test_paths_that_are_not_absolute_are_refused(evaluator: Evaluator, path: str) -> None:
    """A relative path has no folder to be relative to here: silently taking the root for it is a wrong answer."""
    with pytest.raises(ValueError, match="absolute"):
        evaluator.value(NixPath(path))
