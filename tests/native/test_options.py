"""The option tree as records, beside `lib.optionAttrSetToDocList`: of the stand-ins and of the real Home Manager."""

from __future__ import annotations

import gc
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hmeval import Evaluator, Value, engine
from hmeval.options.extract import ALONE, DETAILS, HIDDEN, STATE, VALUES, Record, extract_options, iterate_options
from hmeval.targets.home_file import home_file_target

ROOT = Path(__file__).resolve().parents[2]
OFFLINE = ROOT / "hmeval/offline"
EXAMPLE = ROOT / "examples/standalone/home.nix"

Instantiate = Callable[..., Any]
Command = Callable[..., subprocess.CompletedProcess[str]]


def documented(options: str, lib: Path) -> str:
    """An expression for the list of nixpkgs' own making."""
    return f"(import {lib}).optionAttrSetToDocList ({options}).options"


def is_listed(record: Record) -> bool:
    return record["visible"] is True and not record["internal"]


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
    assert [pair for pair in zip(ours, theirs, strict=True) if not are_the_same(*pair)] == []
    assert len(ours) == 5435


def are_the_same(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Whether an option by another Nix is the engine's: with 2.8 `builtins.toJSON 1.0`, and so its text, is 1."""
    if engine()["interface"] == "c-api":
        return ours == theirs
    return ours.keys() == theirs.keys() and all(
        ours[field] in (value, json.loads(re.sub(r"(\d)\.0(?!\d)", r"\1", json.dumps(value))))
        for field, value in theirs.items()
    )


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


def test_two_walks_at_once(evaluator: Evaluator, example: Value, reference: list[Record]) -> None:
    pairs = list(
        zip(iterate_options(evaluator, example, HIDDEN), iterate_options(evaluator, example, HIDDEN), strict=True)
    )
    assert [left for left, _ in pairs] == [right for _, right in pairs] == reference
    assert gc.isenabled()
