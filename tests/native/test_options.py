"""The option tree as records, beside `lib.optionAttrSetToDocList`; and that what fails costs its own field alone."""

from __future__ import annotations

import gc
import json
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hmeval import EvaluationError, Evaluator, Value
from hmeval.options.extract import ALONE, DETAILS, HIDDEN, STATE, VALUES, Record, extract_options, iterate_options
from hmeval.targets.home_file import home_file_target

ROOT = Path(__file__).resolve().parents[2]
OFFLINE = ROOT / "hmeval/offline"
EXAMPLE = ROOT / "examples/standalone/home.nix"

Instantiate = Callable[..., Any]
Program = Callable[..., str]
Command = Callable[..., subprocess.CompletedProcess[str]]


def documented(options: str, lib: Path) -> str:
    """An expression for the list of nixpkgs' own making."""
    return f"(import {lib}).optionAttrSetToDocList ({options}).options"


def is_listed(record: Record) -> bool:
    return record["visible"] is True and not record["internal"]


# -- the same as nixpkgs' list ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def example(evaluator: Evaluator) -> Value:
    """The options of the standalone example, with the stand-ins."""
    return evaluator.eval(home_file_target(EXAMPLE, offline=True).expression)["options"]


@pytest.fixture(scope="module")
def reference(nix_instantiate: Instantiate) -> list[Record]:
    """The same by the lib's own function."""
    expression = home_file_target(EXAMPLE, offline=True).expression
    records: list[Record] = nix_instantiate(documented(expression, OFFLINE / "nixpkgs/lib"))
    return records


def test_all_options_are_those_of_the_lib(evaluator: Evaluator, example: Value, reference: list[Record]) -> None:
    records = extract_options(evaluator, example, HIDDEN)
    assert [record["name"] for record in records] == [record["name"] for record in reference]
    assert records == reference
    assert len(records) > 250


def test_visible_options_are_those_of_the_lib(evaluator: Evaluator, example: Value, reference: list[Record]) -> None:
    listed = [record for record in reference if is_listed(record)]
    assert extract_options(evaluator, example) == listed
    assert 0 < len(listed) < len(reference)


@pytest.mark.parametrize("flags", [STATE, VALUES, DETAILS])
def test_documentation_stays_the_same_beside_the_state(
    evaluator: Evaluator, example: Value, reference: list[Record], flags: int
) -> None:
    records = extract_options(evaluator, example, HIDDEN | flags)
    kept = [{name: record.get(name) for name in said} for record, said in zip(records, reference, strict=True)]
    assert kept == reference


def test_state_of_one_option(evaluator: Evaluator, example: Value) -> None:
    (record,) = extract_options(evaluator, example["home"]["username"], VALUES | DETAILS | ALONE)
    assert record["value"] == {"json": "alice"}
    assert record["is_defined"] is True
    assert record["priority"]["number"] == 100
    assert [definition["file"] for definition in record["definitions"]] == [str(EXAMPLE)]
    assert record["declaration_positions"][0]["file"] == record["declarations"][0]
    assert "errors" not in record


@pytest.fixture(scope="module")
def small_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration that the world's few packages are enough for."""
    file = tmp_path_factory.mktemp("home") / "home.nix"
    home = 'home = { username = "alice"; homeDirectory = "/home/alice"; stateVersion = "24.05"; };'
    file.write_text(f"{{ {home} programs.git.enable = true; }}\n")
    return file


@pytest.mark.real
def test_the_real_home_manager_through_the_command(
    hmeval_command: Command, nix_instantiate: Instantiate, home_manager: Path, world: Path, small_home: Path
) -> None:
    """The acceptance test: every visible option, field by field, in the same order."""
    folders = ["--home-manager", home_manager, "--nixpkgs", world]
    done = hmeval_command("options", "--file", small_home, *folders, "--format", "options-list")
    assert done.returncode == 0, done.stderr
    ours = json.loads(done.stdout)
    target = home_file_target(small_home, home_manager, world)
    # One hidden option cannot be evaluated by Nix 2.8 (below), so those are left out before they are looked at.
    listed = f"builtins.filter (o: o.visible == true && !o.internal) ({documented(target.expression, world / 'lib')})"
    theirs = nix_instantiate(listed)
    assert [option["name"] for option in ours] == [option["name"] for option in theirs]
    assert ours == theirs
    assert len(ours) == 5435


# The first is Home Manager's own affair, the second this world's.
FAILING_IN_HOME_MANAGER = {
    "accounts.email.accounts.<name>.maildir.absPath": {
        "default": "The option `accounts.email.accounts.<name>.maildir.path' was accessed but has no value defined. "
        "Try setting the option."
    },
    "services.podman._configFiles": {"default": "attribute 'policy' missing"},
}


@pytest.mark.real
def test_all_options_of_the_real_home_manager(
    evaluator: Evaluator, home_manager: Path, world: Path, small_home: Path
) -> None:
    """Those that no Nix can evaluate lose a field, and nothing else."""
    options = evaluator.eval(home_file_target(small_home, home_manager, world).expression)["options"]
    records = extract_options(evaluator, options, HIDDEN)
    failing = {record.get("name"): record["errors"] for record in records if "errors" in record}
    assert len(records) == 7554
    assert len([record for record in records if is_listed(record)]) == 5435
    assert all("name" in record and "loc" in record for record in records)
    said = {name: {field: error["message"] for field, error in errors.items()} for name, errors in failing.items()}
    assert said == FAILING_IN_HOME_MANAGER


# -- isolation --------------------------------------------------------------------------------------------------------

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
    "isDefined": {"is_defined"},
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
        "value": '{ a = [ (throw "no") ]; }',
        "definitionsWithLocations": '[ { file = throw "no"; value = 1; } ]',
    }.items():
        (record,) = records_of(evaluator, f"{{ a = {option(**{attribute: value})}; }}")
        assert {name: error["message"] for name, error in record["errors"].items()} == {min(COSTS[attribute]): "no"}
        assert without(record, COSTS[attribute]) == without(whole, COSTS[attribute])


def test_a_definition_whose_value_fails_keeps_its_file(evaluator: Evaluator) -> None:
    definitions = '[ { file = "/f"; value = [ (throw "no") ]; } { file = "/g"; value = 2; } ]'
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
    (alone,) = extract_options(evaluator, one, VALUES | ALONE)
    assert listed["value"] == {"nix": "<derivation n>", "package": {"name": "n"}}
    assert alone["value"] == {"nix": "<derivation n>", "package": {"name": "n", "store_path": path}}


def test_a_package_that_cannot_be_built_still_has_a_name(evaluator: Evaluator) -> None:
    value = '{ type = "derivation"; name = "n"; outPath = throw "unfree"; }'
    (listed,) = records_of(evaluator, f"{{ a = {option(value=value)}; }}")
    (alone,) = extract_options(evaluator, evaluator.eval(option(value=value)), VALUES | ALONE)
    assert "errors" not in listed
    assert alone["value"] == {"nix": "<derivation n>", "package": {"name": "n"}}
    assert {field: error["message"] for field, error in alone["errors"].items()} == {"store_path": "unfree"}


def test_raw_attributes_are_not_looked_into(evaluator: Evaluator) -> None:
    """As in `_module.args`: whole libraries and package sets, evaluated by need."""
    raw = '{ name = "lazyAttrsOf"; description = "d"; nestedTypes.elemType.name = "raw"; }'
    (record,) = records_of(evaluator, f"{{ a = {option(type=raw, value='{ pkgs = throw 1; a-b = abort 2; }')}; }}")
    assert record["value"] == {"nix": "{\n  a-b = …;\n  pkgs = …;\n}", "truncated": True}
    assert "errors" not in record


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


# -- progress ---------------------------------------------------------------------------------------------------------


def many_options(evaluator: Evaluator, count: int = 5000) -> Value:
    return evaluator.eval(f"""
      builtins.listToAttrs (builtins.genList (number: {{
        name = "o${{toString number}}";
        value = {option(loc='[ "o${toString number}" ]', description='"a long description, ${toString number}"')};
      }}) {count})
    """)


def test_progress_is_told(evaluator: Evaluator) -> None:
    counts: list[int] = []
    records = extract_options(evaluator, many_options(evaluator), HIDDEN, counts.append)
    assert len(counts) > 2
    assert counts == sorted(counts)
    assert counts[-1] == len(records) == 5000


class Enough(Exception):
    """A caller's own exception."""


@pytest.mark.parametrize("kind", [Enough, KeyboardInterrupt, SystemExit])
def test_an_exception_in_the_progress_ends_the_walk(evaluator: Evaluator, kind: type[BaseException]) -> None:
    counts: list[int] = []

    def progress(count: int) -> None:
        counts.append(count)
        raise kind("enough")

    with pytest.raises(kind, match="enough"):
        extract_options(evaluator, many_options(evaluator), HIDDEN, progress)
    assert len(counts) == 1
    assert counts[0] < 5000
    assert evaluator.eval("1 + 1").to_python() == 2


def test_the_evaluator_can_be_used_in_the_progress(evaluator: Evaluator) -> None:
    seen: list[Any] = []
    records = extract_options(
        evaluator, many_options(evaluator), HIDDEN, lambda count: seen.append(evaluator.eval(f"{count}").to_python())
    )
    assert seen[-1] == len(records) == 5000


def test_closing_during_the_walk_ends_it() -> None:
    evaluator = Evaluator()
    options = many_options(evaluator, 200_000)
    closer = threading.Thread(target=evaluator.close)

    def progress(count: int) -> None:
        if not closer.ident:
            closer.start()
            time.sleep(0.05)

    began = time.monotonic()
    with pytest.raises(EvaluationError) as failure:
        extract_options(evaluator, options, HIDDEN, progress)
    closer.join(10)
    assert failure.value.kind == "interrupted"
    assert time.monotonic() - began < 10


# -- as they are read -------------------------------------------------------------------------------------------------


def test_who_wants_no_more_ends_the_walk(evaluator: Evaluator) -> None:
    options = evaluator.eval(f"[ {{ a = {option()}; }} ]")[0]
    endless = evaluator.eval(f"""
      builtins.listToAttrs (builtins.genList (number: {{
        name = "o${{toString number}}"; value = {option(description="builtins.toJSON (builtins.genList (x: x) 2000)")};
      }}) 100000)
    """)
    walk = iter(iterate_options(evaluator, endless, HIDDEN))
    assert next(walk)["loc"] == ["a"]
    began = time.monotonic()
    del walk
    assert len(extract_options(evaluator, options)) == 1
    assert time.monotonic() - began < 1


def test_who_wants_no_more_ends_nothing_else(evaluator: Evaluator) -> None:
    """These walks were over long before they are let go: what other threads evaluate meanwhile goes on."""
    options = evaluator.eval(f"{{ a = {option()}; b = {option()}; }}")
    walks = [iter(iterate_options(evaluator, options, HIDDEN)) for _ in range(500)]
    assert {next(walk)["name"] for walk in walks} == {"a"}
    outcomes: list[Any] = []

    def evaluate() -> None:
        try:
            sum_up = "builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: 1) 3000000)"
            outcomes.append(evaluator.eval(sum_up).to_python())
        except EvaluationError as error:
            outcomes.append(error.kind)

    other = threading.Thread(target=evaluate)
    other.start()
    time.sleep(0.1)
    walks.clear()
    other.join(30)
    assert outcomes == [3_000_000]


def test_pythons_collector_is_left_alone_between_records(evaluator: Evaluator) -> None:
    """Whoever reads them slowly, or keeps the rest for later, needs it."""
    walk = iter(iterate_options(evaluator, evaluator.eval(f"{{ a = {option()}; b = {option()}; }}"), HIDDEN))
    next(walk)
    enabled = gc.isenabled()
    assert len(list(walk)) == 1
    assert enabled


def test_two_walks_at_once(evaluator: Evaluator, example: Value, reference: list[Record]) -> None:
    pairs = list(
        zip(iterate_options(evaluator, example, HIDDEN), iterate_options(evaluator, example, HIDDEN), strict=True)
    )
    assert [left for left, _ in pairs] == [right for _, right in pairs] == reference
    assert gc.isenabled()
