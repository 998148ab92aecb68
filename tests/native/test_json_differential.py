"""What a Nix expression comes to in Python, beside what `nix-instantiate --eval --strict --json` says of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hmeval import Derivation, EvaluationError, Evaluator, Function, NixPath
from hmeval.literals import string_literal

Instantiate = Callable[..., Any]

# Expressions by their type, which all have a value: nothing divides by zero, overflows or is of another type.
LITERALS = {
    "small": "0 1 (-2) 99 (-50)".split(),
    "number": "0 1 7 (-1) (-33) 127 128 65536 (-32769) 4294967296 9223372036854775807 (-9223372036854775807-1)".split(),
    "fraction": ["0.25", "(-1.5)", "3.0", "1.0e6", "(1 / 4.0)", "1.0e-5"],
    "condition": ["true", "false"],
    "text": [
        *['""', '"a"', '"é 😀"', '"in"', '"\\n\\t\\r\\${x} $${x} \\\\ \\" $"', "http://x.example/y"],
        *["''''${x} '''  ''", "''\n  x\n    y\n''", "''\n''"],
    ],
    "name": ["a", "b", "c'd", "e-f", "_g", '"a b"', '"in"', '""', '"é"', '"\\${x}"', '"."'],
    "sequence": ["[ ]", "[ 1 [ ] { } ]"],
    "mapping": ["{ }", '{ a = 1; "" = [ ]; }'],
    "coerced": ['{ outPath = "x"; }', '{ __toString = _: "x"; }'],
    "anything": ["null", '"a"', "5"],
}

# The same where §type is an expression of that type.
FORMS = {
    "small": ["builtins.div §small 3", "builtins.stringLength §text", "builtins.length §sequence"],
    "number": [
        *["if §condition then §number else §number", "let x = §number; y = §number; in if x < y then x else y"],
        *["(x: x) §number", "with { viaWith = §number; }; viaWith", "{ a = §number; }.§name or §number"],
        *["builtins.fromJSON (builtins.toJSON §number)", "builtins.head [ §number (throw ''lazy'') ]"],
        "({ x, y ? §number, ... }@args: if args ? y then x else y) { x = §number; z = 1; }",
        "{ __functor = self: x: if x == 1 then self.y else x; y = §number; } §number",
        "builtins.foldl' builtins.bitXor §number [ §number §number ]",
        "§small * 3 - §small",
    ],
    "fraction": ["§small / 4.0", "§small + 0.5", "(-§small) * 0.25"],
    "condition": [
        *[
            "§anything == §anything",
            "!§condition || §condition",
            "§condition && §condition",
            "§condition -> §condition",
        ],
        *["§mapping ? §name", "§mapping ? a.§name", "§number < §number", "§text >= §text"],
        *["builtins.elem §text §sequence", "builtins.isString §anything"],
        "(builtins.tryEval (assert §condition; 1)).success",
    ],
    "text": [
        *['"<${§text}>"', "''\n  - ${§text}\n    ''", "§text + §text", "toString §number", "builtins.typeOf §anything"],
        *["toString { __toString = self: self.x + §text; x = §text; }", '"${{ outPath = §text; }}"'],
        *[
            "builtins.concatStringsSep §text [ §text §text ]",
            "builtins.replaceStrings [ (''a'' + §text) ] [ §text ] §text",
        ],
        *[
            "let inherit ({ x = §text; }) x; in x",
            "builtins.substring 1 3 (toString §number)",
            "builtins.toJSON §condition",
        ],
    ],
    "sequence": [
        *["[ §anything §anything ]", "§sequence ++ §sequence", "map (x: { y = x; }) §sequence"],
        *[
            "builtins.attrNames §mapping",
            "builtins.attrValues §mapping",
            "builtins.concatLists [ §sequence §sequence ]",
        ],
        *["builtins.genList (i: i * 2) (builtins.length §sequence)", 'builtins.split "(a)|b" "x${§text}a"'],
        *["builtins.filter (x: !builtins.isString x) §sequence", "if §condition then §sequence else §sequence"],
        *["builtins.sort builtins.lessThan [ §number §number ]", "[ §coerced §fraction ]"],
    ],
    "mapping": [
        *["{ §name = §anything; }", "{ ${§text} = §anything; }", "§mapping // §mapping", "{ x = §coerced; }"],
        "rec { a = §anything; b = a; c = { inherit a b; }; }",
        'let a = §anything; in { inherit a; inherit ({ b = §anything; }) b; x.y.z = a; x.y."w w" = 1; }',
        *[
            "builtins.listToAttrs [ { name = §text; value = §anything; } ]",
            "builtins.mapAttrs (n: v: [ n v ]) §mapping",
        ],
        *["removeAttrs §mapping [ §text ]", "builtins.intersectAttrs §mapping §mapping", "{ inherit (§mapping) ; }"],
        "builtins.functionArgs ({ a, b ? §number, c'd ? 2, ... }@all: 1)",
    ],
    # By these rules of Nix's JSON a set stands for something else, and the rest of it is not looked at.
    "coerced": [
        *["{ outPath = §anything; x = y: y; }", "{ __toString = self: self.z + §text; z = §text; }"],
        "{ __toString = self: { __toString = _: §text; outPath = 1; }; }",
        "{ __toString = self: { outPath = §text; }; outPath = 1; }",
    ],
    "anything": [
        *["§condition", "§number", "§fraction", "§text", "§sequence", "§mapping", "§coerced"],
        *["let x = §anything; in x", "builtins.seq §anything §anything", "(x: { y, ... }: x) §anything { y = 1; }"],
    ],
}


def expression(random: Random, of_type: str, depth: int) -> str:
    """A random expression of a type, in which forms are this deep at most."""
    if of_type not in FORMS or depth == 0 or random.random() < 0.15:
        return random.choice(LITERALS[of_type])
    form = random.choice(FORMS[of_type])
    return f"({re.sub('§([a-z]+)', lambda hole: expression(random, hole[1], depth - 1), form)})"


def agrees(ours: Any, nix: Any) -> bool:
    """Equality that tells true from 1; Nix 2.8 writes the float 3.0 as 3."""
    if isinstance(ours, list) and isinstance(nix, list):
        return len(ours) == len(nix) and all(map(agrees, ours, nix))
    if isinstance(ours, dict) and isinstance(nix, dict):
        return ours.keys() == nix.keys() and all(agrees(value, nix[name]) for name, value in ours.items())
    if isinstance(ours, float):
        return isinstance(nix, int | float) and ours == nix
    return type(ours) is type(nix) and bool(ours == nix)


def disagreements(evaluator: Evaluator, nix_instantiate: Instantiate, expressions: list[str]) -> list[Any]:
    """The expressions that come to something else, with both values: one process for all of them."""
    expected = nix_instantiate(f"[ {' '.join(expressions)} ]")
    actual = [evaluator.eval(expression).to_python() for expression in expressions]
    return [case for case in zip(expressions, actual, expected, strict=True) if not agrees(*case[1:])]


@given(st.randoms(use_true_random=True), st.integers(1, 7))
@settings(max_examples=20)
def test_expressions(evaluator: Evaluator, nix_instantiate: Instantiate, random: Random, depth: int) -> None:
    """The seed of what was drawn is shown with a failure; a hundred expressions go to each process."""
    expressions = [expression(random, "anything", depth) for _ in range(100)]
    assert disagreements(evaluator, nix_instantiate, expressions) == []


def test_the_kinds_of_number(evaluator: Evaluator) -> None:
    """JSON does not tell them apart."""
    assert repr(evaluator.eval("[ 3 3.0 (6 / 2.0) (6 / 2) true ]").to_python()) == "[3, 3.0, 3.0, 3, True]"
    assert repr(evaluator.eval('builtins.fromJSON "[1, 1.0, -0.0, 1e2]"').to_python()) == "[1, 1.0, -0.0, 100.0]"


@pytest.mark.parametrize(
    "expression",
    [
        '{ outPath = "/x"; type = throw "not looked at"; }',
        "{ outPath = null; }",
        "{ outPath = { outPath = [ 1 ]; }; }",
        '{ __toString = self: self.a + "b"; a = "c"; outPath = throw "not looked at"; }',
        "{ __toString = self: /x/y; }",
        "{ __toString = self: { outPath = /x/y; }; }",
        '{ __toString = self: { outPath = { outPath = "deep"; }; }; }',
        '{ __toString = self: derivation { name = "n"; system = "s"; builder = "b"; }; }',
        '{ __toString = { __functor = self: set: set.text; }; text = "by a functor"; }',
        '{ type = "derivation"; }',
        '{ type = "derivation"; name = "n"; drvPath = "/d"; }',
    ],
)
def test_sets_that_stand_for_something(evaluator: Evaluator, nix_instantiate: Instantiate, expression: str) -> None:
    assert disagreements(evaluator, nix_instantiate, [expression]) == []


@pytest.mark.parametrize(
    "expression",
    [
        "{ __toString = self: 1; }",
        "{ __toString = self: null; }",
        '{ __toString = self: [ "a" ]; }',
        "{ __toString = self: { a = 1; }; }",
        "{ __toString = self: { outPath = 5; }; }",
        '{ __toString = self: { outPath = [ "a" ]; }; }',
        "{ __toString = self: { __toString = self: { }; }; }",
        "{ __toString = self: x: x; }",
        '{ __toString = "no function"; }',
        '{ __toString = throw "it"; }',
        '{ outPath = throw "it"; }',
    ],
)
def test_sets_that_cannot_stand_for_anything(
    evaluator: Evaluator, nix_instantiate: Instantiate, expression: str
) -> None:
    """Where Nix has no JSON, there is no value."""
    with pytest.raises(AssertionError) as refused:
        nix_instantiate(expression)
    with pytest.raises(EvaluationError) as failure:
        evaluator.eval(expression).to_python()
    assert failure.value.kind == ("throw" if "throw" in expression else "type"), refused.value


# -- what JSON has no form for ----------------------------------------------------------------------------------------
#
# Beside each expression stands one that JSON has a form for, and that says the same of it.

Pair = tuple[str, str]


def path_pair(path: str) -> Pair:
    return path, f'{{ kind = "path"; text = toString {path}; }}'


def function_pair(function: str) -> Pair:
    return f"({function})", f'(assert builtins.isFunction ({function}); {{ kind = "function"; }})'


def derivation_pair(arguments: str) -> Pair:
    derivation = f'(derivation ({{ name = "n"; system = "s"; builder = "/b"; }} // {arguments}))'
    said = 'name = d.name; out = d.outPath + ""; drv = d.drvPath + "";'
    return derivation, f'(let d = {derivation}; in {{ kind = "derivation"; {said} }})'


def scalar_pair(expression: str) -> Pair:
    return expression, expression


def list_pair(elements: list[Pair]) -> Pair:
    ours, said = (" ".join(element[side] for element in elements) for side in (0, 1))
    return f"[ {ours} ]", f"[ {said} ]"


def set_pair(attributes: dict[str, Pair]) -> Pair:
    ours, said = (
        " ".join(f"{string_literal(name)} = {pair[side]};" for name, pair in attributes.items()) for side in (0, 1)
    )
    return f"{{ {ours} }}", f"{{ {said} }}"


PATHS = ["/a", "/a/b/../c", "/.", '(/. + "/x y/\\${z}")', '(/a + "b")', "./relative", '(/a + "/é")']
FUNCTIONS = ["x: x", "{ a, b ? 1 }: a", "builtins.add", "builtins.add 1", "map (x: x)", "(x: y: x) 1", "import"]
DERIVATIONS = [
    "{ }",
    '{ name = "other"; args = [ "a" ]; }',
    '{ outputs = [ "lib" "out" ]; }',
    '{ outputs = [ "lib" ]; }',
    '{ outputHash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; outputHashMode = "recursive"; }',
    '{ x = derivation { name = "inner"; system = "s"; builder = "/b"; }; }',
]
leaves = st.one_of(
    st.sampled_from(PATHS).map(path_pair),
    st.sampled_from(FUNCTIONS).map(function_pair),
    st.sampled_from(DERIVATIONS).map(derivation_pair),
    st.sampled_from(LITERALS["number"] + LITERALS["text"]).map(scalar_pair),
)
structures = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3).map(list_pair)
        | st.dictionaries(st.sampled_from(["a", "b", "c d"]), inner, max_size=3).map(set_pair)
    ),
    max_leaves=6,
)


def kept(said: Any) -> Any:
    """What a value is that the second expression of a pair describes."""
    match said:
        case {"kind": "path", "text": path}:
            return NixPath(path)
        case {"kind": "function"}:
            return Function()
        case {"kind": "derivation", "name": name, "out": out, "drv": drv}:
            return Derivation(name, out, drv)
        case list():
            return [kept(element) for element in said]
        case dict():
            return {name: kept(value) for name, value in said.items()}
    return said


def check_pairs(evaluator: Evaluator, nix_instantiate: Instantiate, pairs: list[Pair]) -> None:
    expected = kept(nix_instantiate(f"[ {' '.join(said for _, said in pairs)} ]"))
    assert [evaluator.eval(ours).to_python() for ours, _ in pairs] == expected


@given(st.lists(structures, min_size=3, max_size=10))
@settings(max_examples=20)
def test_kinds_of_nix_within_structures(evaluator: Evaluator, nix_instantiate: Instantiate, pairs: list[Pair]) -> None:
    check_pairs(evaluator, nix_instantiate, pairs)


def test_kinds_of_nix(evaluator: Evaluator, nix_instantiate: Instantiate) -> None:
    pairs = [*map(path_pair, PATHS), *map(function_pair, FUNCTIONS), *map(derivation_pair, DERIVATIONS)]
    check_pairs(evaluator, nix_instantiate, pairs)


def test_derivations_that_lack_something(evaluator: Evaluator) -> None:
    """Only an out path makes one: the rest may be missing, or fail."""
    read = evaluator.eval('{ type = "derivation"; outPath = "/o"; name = throw "n"; drvPath = throw "d"; }').to_python()
    assert read == Derivation("???", "/o", None)
    assert evaluator.eval('{ type = "derivation"; outPath = "/o"; name = "n"; }').to_python() == Derivation(
        "n", "/o", None
    )
