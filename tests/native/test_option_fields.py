"""The fields of one option: what fails costs its own field alone; values, names and visibility as the lib has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hmeval import Evaluator
from hmeval.options.extract import ALONE, DETAILS, FEW, HIDDEN, STATE, VALUES, Record, extract_options

OFFLINE = Path(__file__).resolve().parents[2] / "hmeval/offline"

Program = Callable[..., str]


def is_listed(record: Record) -> bool:
    return record["visible"] is True and not record["internal"]


BROKEN = {
    "throw": 'throw "no"',
    "aborted": 'abort "no"',
    "assertion": "assert 1 == 2; 1",
    "missing-attribute": "{ }.x",
    "type": "1 + { }",
    "undefined-variable": "with { }; zz",
    "infinite-recursion": "let x = x; in x",
    "stack-overflow": "let f = x: 1 + f x; in f 1",
}
OPTION = {
    "_type": '"option"',
    "loc": '[ "a" ]',
    "type": '{ name = "t"; description = "T"; getSubOptions = prefix: { }; getSubModules = null; }',
    "description": '"d"',
    "declarations": '[ "/x.nix" ]',
    "internal": "false",
    "visible": "true",
    "readOnly": "false",
    "example": '{ _type = "literalExpression"; text = "1"; }',
    "defaultText": '{ _type = "literalExpression"; text = "2"; }',
    "relatedPackages": '[ "p" ]',
    "isDefined": "true",
    "highestPrio": "100",
    "declarationPositions": '[ { file = "/x"; line = 1; column = 1; } ]',
    "value": "5",
    "definitionsWithLocations": '[ { file = "/f"; value = 5; } ]',
}
# By the attribute that fails: the fields that it costs.
COSTS = {
    "loc": {"loc", "name"},
    "type": {"type", "type_info"},
    "description": {"description"},
    "declarations": {"declarations"},
    "internal": {"internal"},
    "visible": {"visible"},
    "readOnly": {"readOnly"},
    "example": {"example"},
    "defaultText": {"default"},
    "relatedPackages": {"relatedPackages"},
    "highestPrio": {"priority"},
    "declarationPositions": {"declaration_positions"},
    "value": {"value"},
    "definitionsWithLocations": {"definitions"},
}


def option(**attributes: str | None) -> str:
    """An option, as an expression: None leaves an attribute out."""
    parts = (OPTION | attributes).items()
    return "{ " + " ".join(f"{name} = {value};" for name, value in parts if value is not None) + " }"


def records_of(evaluator: Evaluator, options: str, flags: int = HIDDEN | VALUES | DETAILS) -> list[Record]:
    return extract_options(evaluator, evaluator.eval(options), flags)


@pytest.fixture(scope="module")
def whole(evaluator: Evaluator) -> Record:
    """The option with nothing wrong in it."""
    (record,) = records_of(evaluator, f"{{ a = {option()}; }}")
    assert "errors" not in record
    return record


def without(record: Record, fields: set[str]) -> Record:
    """The rest of a record; how definitions tell the priority is the priority's affair."""
    kept = {name: value for name, value in record.items() if name not in fields | {"errors", "visible"}}
    if "definitions" in kept:
        kept["definitions"] = [{"file": entry["file"], "value": entry["value"]} for entry in kept["definitions"]]
    return kept


# A stack overflow takes its time: it is the same kind of error wherever it happens.
FAILURES = [
    (attribute, kind)
    for attribute in COSTS
    for kind in BROKEN
    if kind != "stack-overflow" or attribute in ("description", "value")
]


@pytest.mark.parametrize(("attribute", "kind"), FAILURES)
def test_what_fails_costs_its_own_field(evaluator: Evaluator, whole: Record, attribute: str, kind: str) -> None:
    other = option(loc='[ "b" ]')
    records = records_of(evaluator, f"{{ a = {option(**{attribute: f'({BROKEN[kind]})'})}; b = {other}; }}")
    broken, intact = records[0], records[-1]
    assert {name: error["kind"] for name, error in broken["errors"].items()} == dict.fromkeys(COSTS[attribute], kind)
    assert without(broken, COSTS[attribute]) == without(whole, COSTS[attribute])
    assert intact == whole | {"loc": ["b"], "name": "b"}
    assert len(records) == 2, records[1:-1]


def test_an_error_within_a_field_costs_the_field(evaluator: Evaluator, whole: Record) -> None:
    for attribute, value in {
        "relatedPackages": '[ "p" (throw "no") ]',
        "declarations": '[ "/x.nix" (throw "no") ]',
        "description": '{ _type = "mdDoc"; text = throw "no"; }',
        "example": '{ _type = "literalExpression"; text = throw "no"; }',
        "defaultText": '[ 1 { a = throw "no"; } ]',
        "value": '{ __toString = _: throw "no"; }',
        "definitionsWithLocations": '[ { file = throw "no"; value = 1; } ]',
    }.items():
        (record,) = records_of(evaluator, f"{{ a = {option(**{attribute: value})}; }}")
        assert {name: error["message"] for name, error in record["errors"].items()} == {min(COSTS[attribute]): "no"}
        assert without(record, COSTS[attribute]) == without(whole, COSTS[attribute])


def test_a_definition_whose_value_fails_keeps_its_file(evaluator: Evaluator) -> None:
    definitions = '[ { file = "/f"; value = throw "no"; } { file = "/g"; value = 2; } ]'
    (record,) = records_of(evaluator, f"{{ a = {option(definitionsWithLocations=definitions)}; }}")
    failed, intact = record["definitions"]
    assert failed["file"] == "/f"
    assert (failed["value"]["error"]["kind"], failed["value"]["error"]["message"]) == ("throw", "no")
    assert (intact["file"], intact["value"]) == ("/g", {"json": 2})
    assert "errors" not in record


def test_the_value_tells_its_error_in_its_place(evaluator: Evaluator, tmp_path: Path) -> None:
    file = tmp_path / "value.nix"
    file.write_text("{\n  a = 1 + { };\n}\n")
    (record,) = records_of(evaluator, f"{{ a = {option(value=f'(import {file}).a')}; }}")
    position = {"file": str(file), "line": 2, "column": 11}
    assert record["value"]["error"] == record["errors"]["value"]
    assert record["errors"]["value"]["kind"] == "type"
    assert record["errors"]["value"]["position"]["file"] == position["file"]
    assert record["errors"]["value"]["position"]["line"] == position["line"]


def test_values_that_are_not_json_are_nix(evaluator: Evaluator) -> None:
    for value, shown in {
        "x: x": "<function>",
        "/a/b": "/a/b",
        "[ /a (x: x) ]": "[\n  /a\n  <function>\n]",
        f"[ ({PACKAGE}) ]": "[\n  <derivation n>\n]",
    }.items():
        (record,) = records_of(evaluator, f"{{ a = {option(value=value)}; }}")
        assert record["value"] == {"nix": shown}


PACKAGE = 'derivation { name = "n"; system = "s"; builder = "b"; }'


def test_a_package_is_shown_by_its_name_and_alone_by_its_path(evaluator: Evaluator) -> None:
    one = evaluator.eval(option(value=PACKAGE))
    path = evaluator.eval(f"({PACKAGE}).outPath").to_python()
    (listed,) = extract_options(evaluator, one, VALUES)
    (alone,) = extract_options(evaluator, one, VALUES | ALONE | FEW)
    assert listed["value"] == {"nix": "<derivation n>", "package": {"name": "n"}}
    assert alone["value"] == {"nix": "<derivation n>", "package": {"name": "n", "store_path": path}}


def test_a_package_that_cannot_be_built_still_has_a_name(evaluator: Evaluator) -> None:
    value = '{ type = "derivation"; name = "n"; outPath = throw "unfree"; }'
    (listed,) = records_of(evaluator, f"{{ a = {option(value=value)}; }}")
    (alone,) = extract_options(evaluator, evaluator.eval(option(value=value)), VALUES | ALONE | FEW)
    assert "errors" not in listed
    assert alone["value"] == {"nix": "<derivation n>", "package": {"name": "n"}}
    assert {field: error["message"] for field, error in alone["errors"].items()} == {"store_path": "unfree"}


def test_raw_attributes_are_not_looked_into(evaluator: Evaluator) -> None:
    """As in `_module.args`: whole libraries and package sets, evaluated by need."""
    raw = '{ name = "lazyAttrsOf"; description = "d"; nestedTypes.elemType.name = "raw"; }'
    (record,) = records_of(evaluator, f"{{ a = {option(type=raw, value='{ pkgs = throw 1; a-b = abort 2; }')}; }}")
    assert record["value"] == {"nix": "{\n  a-b = …;\n  pkgs = …;\n}", "truncated": True}
    assert "errors" not in record


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ('{ _type = "pkgs"; bash = abort "no"; }', "«nixpkgs' packages»"),
        ('{ _type = "flake"; outPath = abort "no"; }', "«a flake»"),
        ('{ _type = "configuration"; config = abort "no"; }', "«an evaluated configuration»"),
        ('{ _type = "option"; value = abort "no"; }', "«an option»"),
        ('{ mkOption = abort "no"; evalModules = abort "no"; }', "«nixpkgs' lib»"),
    ],
)
def test_what_has_no_end_is_shown_as_what_it_is(evaluator: Evaluator, value: str, shown: str) -> None:
    for whole, text in ((value, shown), (f"[ 1 {value} ]", f"[\n  1\n  {shown}\n]")):
        (record,) = records_of(evaluator, f"{{ a = {option(value=whole)}; }}")
        assert record["value"] == {"nix": text}
    (record,) = records_of(evaluator, f"{{ a = {option(value='{ _type = 1; b = 2; }')}; }}")
    assert record["value"] == {"json": {"_type": 1, "b": 2}}


def test_what_a_definition_holds_is_not_evaluated_to_know_that_there_is_one(evaluator: Evaluator) -> None:
    """`isDefined` looks into the contents of definitions (nixpkgs, lib/modules.nix, mergeDefinitions)."""
    for priority, defined in (("100", True), ("9998", True)):
        (record,) = records_of(
            evaluator, f"{{ a = {option(isDefined='throw 1', highestPrio=priority, value='1')}; }}", STATE
        )
        assert (record["is_defined"], record.get("errors")) == (defined, None)
    (record,) = records_of(evaluator, f"{{ a = {option(isDefined='false', highestPrio='9999')}; }}", STATE)
    assert record["is_defined"] is False
    (record,) = records_of(evaluator, f"{{ a = {option(isDefined='throw 1', highestPrio='9999')}; }}", STATE)
    assert "is_defined" in record["errors"]


# Each takes some hundredths of a second, all of them far longer than a value may take.
SLOW = "builtins.genList (part: builtins.foldl' (sum: n: sum + n) part (builtins.genList (n: n) 200000)) 20000"


def test_a_value_that_takes_long_is_cut_where_it_does(evaluator: Evaluator) -> None:
    value = f"{{ a = 1; b = {SLOW}; c = {{ d = [ 2 ]; }}; e = x: x; }}"
    (record,) = records_of(evaluator, f"{{ a = {option(value=value)}; }}")
    text = record["value"]["nix"]
    assert record["value"]["truncated"] is True
    assert text.startswith("{\n  a = 1;\n  b = [\n    19999900000\n    19999900001\n")
    assert text.endswith("    …\n  ];\n  c = {\n    d = [\n      2\n    ];\n  };\n  e = <function>;\n}")


def test_an_option_s_definitions_are_cut_together(evaluator: Evaluator) -> None:
    slow = f'{{ file = "/f"; value = {SLOW}; }}'
    definitions = f'[ {" ".join([slow] * 20)} {{ file = "/g"; value = 5; }} ]'
    (record,) = records_of(evaluator, f"{{ a = {option(definitionsWithLocations=definitions)}; }}")
    assert [one["value"].get("truncated") for one in record["definitions"]] == [True] * 20 + [None]
    assert record["definitions"][-1]["value"] == {"json": 5}


def test_large_values_are_cut(evaluator: Evaluator) -> None:
    value = 'builtins.concatStringsSep "" (builtins.genList (x: "é\'") 40000)'
    (record,) = records_of(evaluator, f"{{ a = {option(value=value)}; }}")
    assert record["value"]["truncated"] is True
    assert 30_000 < len(record["value"]["nix"].encode("utf-8", "surrogateescape")) <= 32 * 1024
    assert set(record["value"]["nix"]) <= {"é", "'", '"'}, "cut in the middle of a character"


def test_a_node_that_fails_is_told_with_its_path(evaluator: Evaluator, whole: Record) -> None:
    options = f'{{ y = {{ q = throw "no"; w = {option()}; }}; z = abort "never"; }}'
    failed, intact, last = records_of(evaluator, options)
    assert intact == whole
    assert (failed["loc"], failed["name"]) == (["y", "q"], "y.q")
    assert (last["loc"], last["name"]) == (["z"], "z")


def test_sub_options_that_fail_are_told_with_their_option(evaluator: Evaluator) -> None:
    for sub_options in ('throw "no"', 'prefix: throw "no"', 'prefix: abort "no"'):
        kind = f'{{ name = "t"; description = "T"; getSubOptions = {sub_options}; }}'
        (record,) = records_of(evaluator, f"{{ a = {option(type=kind)}; }}", HIDDEN)
        assert record["type"] == "T"
        assert set(record["errors"]) == {"sub_options"}


def test_one_sub_option_that_fails_leaves_the_others(evaluator: Evaluator) -> None:
    sub = option(loc='[ "a" "y" ]', type='{ name = "t"; description = "sub"; getSubOptions = prefix: { }; }')
    kind = f'{{ name = "t"; description = "T"; getSubOptions = prefix: {{ x = throw "no"; y = {sub}; }}; }}'
    records = records_of(evaluator, f"{{ a = {option(type=kind)}; }}", HIDDEN)
    assert [record.get("name") for record in records if "errors" not in record] == ["a", "a.y"]
    assert [record.get("loc") for record in records if "errors" in record] == [["a", "x"]]


RECURSIVE = """
  let t = { name = "t"; description = "T"; getSubOptions = prefix: { s = o (prefix ++ [ "s" ]); }; };
      o = loc: { _type = "option"; inherit loc; type = t; };
  in { a = o [ "a" ]; b = o [ "b" ]; }
"""


def test_sub_options_without_end_are_followed_so_far(evaluator: Evaluator) -> None:
    records = records_of(evaluator, RECURSIVE, HIDDEN)
    assert len(records) < 100
    assert {"a", "a.s", "a.s.s", "b", "b.s"} <= {record["name"] for record in records}
    assert evaluator.eval("1").to_python() == 1


def test_a_tree_without_end_is_an_error_and_no_crash(program: Program) -> None:
    """Nix's own list ends in a stack overflow there."""
    printed = program("""
        from hmeval import EvaluationError, Evaluator
        from hmeval.options.extract import extract_options
        evaluator = Evaluator()
        for tree in ("let x = { a = x; }; in x", "let f = n: { a = f (n + 1); }; in f 1"):
            try:
                extract_options(evaluator, evaluator.eval(tree))
            except EvaluationError as error:
                print(error.kind)
        print(evaluator.eval("1").to_python())
    """)
    assert printed.split() == ["stack-overflow", "stack-overflow", "1"]


@pytest.mark.parametrize("tree", ["{ }", "1", "[ ]", "x: x", "{ a = 1; b = { c = [ ]; }; }"])
def test_no_options(evaluator: Evaluator, tree: str) -> None:
    assert records_of(evaluator, tree) == []


ODD_PARTS = [
    "a b",
    "",
    "in",
    "é",
    "a'b",
    "1",
    "<name>",
    "*",
    "<a.b>",
    "a.b",
    '"',
    "$x",
    "${x}",
    "\n",
    "<",
    "<>",
]


@pytest.mark.parametrize("part", [*ODD_PARTS, "x" * 511, "x" * 600, "a " * 400, f"<{'x' * 510}>"])
def test_names_are_those_of_the_lib(evaluator: Evaluator, part: str) -> None:
    loc = evaluator.value(["programs", part, "enable"])
    show = evaluator.eval(f"(import {OFFLINE}/nixpkgs/lib).showOption")
    make = evaluator.eval(f"loc: {{ a = {option(loc='loc')}; }}")
    (record,) = extract_options(evaluator, make(loc), HIDDEN)
    assert record["loc"] == ["programs", part, "enable"]
    assert record["name"] == show(loc).to_python()


def test_a_name_that_is_no_utf_8_is_quoted(evaluator: Evaluator) -> None:
    """Nix itself refuses to quote it since builtins.toJSON looks at the bytes."""
    make = evaluator.eval(f"loc: {{ a = {option(loc='loc')}; }}")
    (record,) = extract_options(evaluator, make(evaluator.value(["a", '\udcff"$', "b"])), HIDDEN)
    assert record["name"] == 'a."\udcff\\"\\$".b'


VISIBILITIES = ["true", "false", '"shallow"', '"transparent"']


@pytest.mark.parametrize("visible", VISIBILITIES)
@pytest.mark.parametrize("internal", ["true", "false"])
def test_what_is_listed(evaluator: Evaluator, visible: str, internal: str) -> None:
    """With sub-options, and beside what the lib says."""
    sub = option(loc='prefix ++ [ "y" ]', type='{ name = "t"; description = "sub"; getSubOptions = prefix: { }; }')
    kind = f'{{ name = "t"; description = "T"; getSubOptions = prefix: {{ y = {sub}; }}; getSubModules = null; }}'
    tree = evaluator.eval(f"{{ a = {option(type=kind, visible=visible, internal=internal)}; }}")
    listed = evaluator.eval(f"(import {OFFLINE}/nixpkgs/lib).optionAttrSetToDocList")(tree).to_python()
    assert extract_options(evaluator, tree, HIDDEN) == listed
    assert extract_options(evaluator, tree) == [record for record in listed if is_listed(record)]
