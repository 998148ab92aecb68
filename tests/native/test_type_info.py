"""The structure of types (`type_info`): of the stand-in's, of the real lib's, and as older libs tell it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from hmeval import Evaluator
from hmeval.options.extract import ALONE, DETAILS, HIDDEN, VALUES, Record, extract_options
from hmeval.targets.home_file import home_file_target

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = ROOT / "hmeval/offline/nixpkgs/lib"

TypeInfo = Mapping[str, Any]

STR = {"name": "str", "description": "string"}
INT = {"name": "int", "description": "signed integer"}
FLOAT = {"name": "float", "description": "floating point number"}
BOOL = {"name": "bool", "description": "boolean"}
NAME = {"placeholder": "name"}


def record_of(evaluator: Evaluator, kind: str, lib: Path) -> Record:
    """The record of an option whose type is an expression in the scope of the lib and its types."""
    option = f"with (import {lib}); with types; {{ a = mkOption {{ type = {kind}; }} // {{ loc = [ ]; }}; }}"
    return extract_options(evaluator, evaluator.eval(option), HIDDEN | DETAILS)[0]


def bounds(source: str, **limits: float) -> dict[str, Any]:
    return {"bounds": {"from": source} | limits}


def of(name: str, *elements: TypeInfo, **more: Any) -> dict[str, Any]:
    return {"name": name, "elements": list(elements)} | more


STRUCTURES = {
    "bool": {"name": "bool"},
    'enum [ "a" 1 true ]': {"name": "enum", "members": ["a", 1, True]},
    "enum [ ]": {"name": "enum", "members": []},
    "enum [ /a { x = [ null ]; } ]": {"name": "enum", "members": [{"nix": "/a"}, {"x": [None]}]},
    "ints.between (-3) 7": {"name": "intBetween"} | bounds("description", minimum=-3, maximum=7),
    "numbers.between 0 1.5": of("numberBetween", INT, FLOAT, **bounds("description", minimum=0, maximum=1.5)),
    "numbers.positive": of("numberPositive", INT, FLOAT, **bounds("name", above=0)),
    "port": {"name": "unsignedInt16"} | bounds("description", minimum=0, maximum=65535),
    "ints.s8": {"name": "signedInt8"} | bounds("description", minimum=-128, maximum=127),
    "ints.positive": {"name": "positiveInt"} | bounds("name", minimum=1),
    "ints.unsigned": {"name": "unsignedInt"} | bounds("name", minimum=0),
    'ints.between 0 9 // { description = "a digit"; }': {"name": "intBetween"},
    'ints.between 0 9 // { description = "between a and b (both inclusive)"; }': {"name": "intBetween"},
    'strMatching "[a-z]+\\\\.$"': {"name": 'strMatching "[a-z]+\\\\.\\$"', "pattern": "[a-z]+\\.$"},
    "lines": {"name": "separatedString", "separator": "\n"},
    "path": {"name": "path", "absolute": True},
    "package": {"name": "package"},
    "nullOr str": of("nullOr", STR),
    "listOf int": of("listOf", INT),
    "attrsOf bool": of("attrsOf", BOOL, **NAME),
    "lazyAttrsOf bool": of("lazyAttrsOf", BOOL, **NAME),
    'attrsWith { elemType = bool; placeholder = "user"; }': of("attrsOf", BOOL, placeholder="user"),
    "uniq str": of("unique", STR),
    "functionTo str": of("functionTo", STR),
    "either str int": of("either", STR, INT),
    "oneOf [ str int (either bool float) ]": of("either", STR, INT, BOOL, FLOAT),
    "coercedTo int toString str": of("coercedTo", STR, converted_from=INT),
    "addCheck (listOf int) (x: x != [ ])": of("listOf", INT),
    "nonEmptyListOf int": of("listOf", INT),
    "nullOr (listOf (nullOr int))": of(
        "nullOr",
        of(
            "listOf",
            of("nullOr", INT),
        ),
    ),
    "attrTag { x = mkOption { type = str; }; y = mkOption { type = int; }; }": {
        "name": "attrTag",
        "tags": {"x": STR, "y": INT},
        "sub_options": True,
    },
    "submodule { }": {"name": "submodule", "sub_options": True},
    "submoduleWith { modules = [ ]; }": {"name": "submodule"},
    "submodule { freeformType = attrsOf str; }": {
        "name": "submodule",
        "freeform": of("attrsOf", STR, **NAME),
        "sub_options": True,
    },
    "attrsOf (submodule { options.x = mkOption { type = str; }; })": of(
        "attrsOf",
        {"name": "submodule", "sub_options": True},
        sub_options=True,
        **NAME,
    ),
    "either str (submodule { freeformType = attrsOf int; })": of(
        "either",
        STR,
        {
            "name": "submodule",
            "freeform": of("attrsOf", INT, **NAME),
            "sub_options": True,
        },
    ),
    "deferredModule": {"name": "deferredModule"},
    "deferredModuleWith { staticModules = [ { } ]; }": {"name": "deferredModule", "sub_options": True},
}


@pytest.mark.parametrize(("kind", "structure"), STRUCTURES.items())
def test_structure(evaluator: Evaluator, kind: str, structure: TypeInfo) -> None:
    record = record_of(evaluator, kind, STAND_IN)
    assert record["type_info"] == structure
    assert "errors" not in record


@pytest.mark.real
@pytest.mark.parametrize("kind", STRUCTURES)
def test_structure_with_the_real_lib(evaluator: Evaluator, nixpkgs_lib: Path, kind: str) -> None:
    assert record_of(evaluator, kind, nixpkgs_lib / "lib")["type_info"] == STRUCTURES[kind]


def test_an_option_alone_tells_the_same(evaluator: Evaluator) -> None:
    """The sub-options are not asked for then, from which a freeform type is read otherwise."""
    kind = "attrsOf (submodule { freeformType = attrsOf str; })"
    option = evaluator.eval(f"with (import {STAND_IN}); with types; mkOption {{ type = {kind}; }} // {{ loc = [ ]; }}")
    (alone,) = extract_options(evaluator, option, DETAILS | ALONE)
    assert alone["type_info"] == record_of(evaluator, kind, STAND_IN)["type_info"]
    assert alone["type_info"]["elements"][0]["freeform"]["name"] == "attrsOf"


@pytest.mark.parametrize("name", ["json", "toml"])
def test_a_type_that_contains_itself(evaluator: Evaluator, name: str) -> None:
    told = record_of(evaluator, name, STAND_IN)["type_info"]
    (choices,) = told["elements"] if name == "json" else [told]
    names = [element["name"] for element in choices["elements"]]
    assert names == ["bool", "int", "float", "str", "path", "attrsOf", "listOf"]
    inner = choices["elements"][-1]["elements"][0]
    assert inner == {"name": told["name"], "recursive": True}


def test_a_type_that_makes_itself_anew_is_cut(evaluator: Evaluator) -> None:
    """No identity tells it; the depth and the number of types are bounded."""
    choices = "[ str (listOf (tree (n + 1))) (attrsOf (tree (n + 1))) ]"
    kind = f'let tree = n: oneOf {choices} // {{ description = "t"; }}; in tree 0'
    told = json.dumps(record_of(evaluator, kind, STAND_IN)["type_info"])
    assert '"truncated": true' in told
    assert len(told) < 100_000


# The same types as nixpkgs told them before: by name the release that changed it, or a way that it never had.
OLDER = {
    "functor.payload.elemType": ('functor.payload.elemType = str // { functor = { }; }; name = "t";', [STR]),
    "payload, a list": ('functor.payload.elemType = [ str int ]; name = "either";', [STR, INT]),
    "functor.wrapped, 24.05": ('functor = { payload = null; wrapped = str; }; name = "listOf";', [STR]),
    "functor.wrapped, a list, 24.05": (
        'functor = { payload = null; wrapped = [ str int ]; }; name = "either";',
        [STR, INT],
    ),
    "functor.wrapped, nothing": ('functor = { payload = null; wrapped = null; }; name = "str";', None),
    "nothing at all": ('name = "str";', None),
    "elements that are no types": ('nestedTypes.elemType = 1; functor.wrapped = "x"; name = "t";', None),
}


@pytest.mark.parametrize(("kind", "elements"), OLDER.values(), ids=OLDER)
def test_element_types_as_older_libs_tell_them(evaluator: Evaluator, kind: str, elements: Any) -> None:
    record = record_of(evaluator, f"{{ {kind} }}", STAND_IN)
    assert record["type_info"].get("elements") == elements
    assert "errors" not in record


@pytest.mark.parametrize(
    ("kind", "part", "told"),
    [
        ('name = "enum"; functor.payload = [ "a" "b" ];', "members", ["a", "b"]),
        ('name = "separatedString"; functor.payload = ":";', "separator", ":"),
        (r'name = "strMatching \"a\\$\\\\d\""; functor.payload = null;', "pattern", "a$\\d"),
    ],
)
def test_payloads_as_older_libs_have_them(evaluator: Evaluator, kind: str, part: str, told: Any) -> None:
    record = record_of(evaluator, f"{{ {kind} }}", STAND_IN)
    assert record["type_info"][part] == told
    assert "errors" not in record


FAILING = {
    'name = "enum"; functor.payload.values = [ (throw "no") ];': "members",
    'name = "t"; nestedTypes.elemType = throw "no"; functor = { };': "elements",
    'name = "t"; nestedTypes = throw "no"; functor = { };': "nested",
    'name = "t"; nestedTypes = { }; functor = throw "no";': "functor",
    'name = "t"; nestedTypes.elemType = str // { description = throw "no"; };': "description",
    'name = "t"; nestedTypes.coercedType = { name = throw "no"; };': "converted_from",
    'name = "t"; getSubModules = throw "no";': "sub_options",
    'name = "intBetween"; description = throw "no";': "bounds",
}


@pytest.mark.parametrize(("kind", "part"), FAILING.items())
def test_what_fails_costs_its_own_part(evaluator: Evaluator, kind: str, part: str) -> None:
    record = record_of(evaluator, f"{{ {kind} }}", STAND_IN)
    errors = {field: error["message"] for field, error in record["errors"].items() if field.startswith("type_info")}
    assert errors == {f"type_info.{part}": "no"}
    assert record["type_info"]["name"] in kind


# -- the real Home Manager --------------------------------------------------------------------------------------------


def within(told: TypeInfo) -> Iterator[TypeInfo]:
    """A type, and the types in it."""
    yield told
    nested = [*told.get("elements", ()), *told.get("tags", {}).values()]
    nested += [told[part] for part in ("converted_from", "freeform") if part in told]
    for inner in nested:
        yield from within(inner)


# How many of each type there are in the types of the 7,554 options; a type that ends a recursion is not counted.
MET = {
    "bool": 2691,
    "nullOr": 2468,
    "str": 2274,
    "listOf": 1176,
    "attrsOf": 1157,
    "either": 1053,
    "int": 852,
    "package": 841,
    "path": 774,
    "float": 585,
    "submodule": 561,
    "unspecified": 531,
    "lazyAttrsOf": 389,
    "optionType": 383,
    "raw": 383,
    "separatedString": 286,
    "enum": 229,
    "coercedTo": 65,
    "unsignedInt": 41,
    "anything": 30,
    "positiveInt": 24,
    "attrs": 19,
    "strMatching": 18,
    "nonEmptyStr": 16,
    "unsignedInt16": 16,
    "intBetween": 11,
    "singleLineStr": 9,
    "numberBetween": 8,
    "functionTo": 7,
    "dagOf": 5,
    "gvariant": 4,
    "unique": 4,
    "numberNonnegative": 2,
    "nushell": 2,
    "percentStrBetween": 2,
    "INI": 1,
    "attrTag": 1,
    "matrixOf": 1,
    "nixpkgs-config": 1,
    "nixpkgs-overlay": 1,
    "overlayFunction": 1,
    "rcloneRemoteConfig": 1,
    "selectorFunction": 1,
    "yubiKeyId": 1,
}


@pytest.fixture(scope="module")
def records(evaluator: Evaluator, home_manager: Path, world: Path) -> list[Record]:
    """Everything about all options, hidden and internal ones too."""
    options = evaluator.eval(home_file_target(ROOT / "benches/home.nix", home_manager, world).expression)["options"]
    return extract_options(evaluator, options, HIDDEN | VALUES | DETAILS)


@pytest.mark.real
def test_every_type_of_the_real_home_manager_has_a_structure(records: list[Record]) -> None:
    told = [inner for record in records for inner in within(record["type_info"])]
    assert len(records) == 7554
    assert Counter(inner["name"].split(" ")[0] for inner in told if not inner.get("recursive")) == MET
    assert not [inner for inner in told if inner.get("truncated")]
    assert all(inner["members"] for inner in told if inner["name"] == "enum" and "recursive" not in inner)


# What fails, by a part of its message: values that nobody set; options that were removed, or renamed to a place in a
# freeform value that lacks it; packages that the world lacks; one mistake each in Home Manager's modules for podman and
# radicle (a search in an empty list).
REASONS = {
    "was accessed but has no value defined": "no value",
    "can no longer be used since it's been removed": "removed",
    "Renaming error: option": "renamed",
    "cannot be found in pkgs": "missing",
    "called without required argument": "missing",
    "undefined variable 'wf-shell'": "missing",
    "' missing": "missing",
    "is not of type `list of (submodule)'": "wrong type",
    "list index 0 is out of bounds": "radicle",
    "'builtins.head' called on an empty list": "radicle",
}


def reason(message: str) -> str:
    return next((told for sign, told in REASONS.items() if sign in message), "other")


def errors_of(record: Record) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The errors of a record by field, those of single definitions and of parts of the value among them."""
    yield from record.get("errors", {}).items()
    yield from (("parts of value", failed) for failed in record.get("value", {}).get("failed", ()))
    for definition in record.get("definitions", ()):
        if "error" in definition["value"]:
            yield "definitions[].value", definition["value"]["error"]


@pytest.mark.real
def test_every_failing_field_of_the_real_home_manager_is_counted(records: list[Record]) -> None:
    failing = Counter((field, reason(error["message"])) for record in records for field, error in errors_of(record))
    assert all({"name", "loc", "type", "type_info", "declaration_positions"} <= record.keys() for record in records)
    assert failing == {
        ("default", "missing"): 1,
        ("default", "no value"): 1,
        ("definitions", "missing"): 25,
        ("definitions", "no value"): 2,
        ("definitions", "radicle"): 1,
        ("parts of value", "missing"): 1,
        ("parts of value", "no value"): 9,
        ("value", "missing"): 27,
        ("value", "no value"): 48,
        ("value", "radicle"): 1,
        ("value", "removed"): 80,
        ("value", "renamed"): 71,
        ("value", "wrong type"): 1,
    }
