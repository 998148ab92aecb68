"""The plan of Home Manager's own test configurations, beside what their own commands build.

A configuration's home-files is built by its own build command. What it is made of is built as well, by nixpkgs' own
scripts, where the plan knows what that will be; in place of the rest stands an empty file, or folder.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import hmeval
from hmeval.literals import path_literal
from hmeval.plan.builds.recipe import Recipe, recipe_of_derivation, recipe_of_record
from hmeval.plan.contents import fill
from hmeval.plan.disk import RealDisk
from hmeval.plan.generation import NO_GENERATION
from hmeval.plan.model import KNOWN, UNKNOWN, FileChange
from hmeval.plan.planner import Circumstances, make_plan
from tests.plan.conftest import LNDIR
from tests.plan.test_builders_real import run_build
from tests.plan.test_leaves_real import build

pytestmark = pytest.mark.nixpkgs

CONFIGURATIONS = Path(__file__).resolve().parents[1] / "plan/configurations.nix"
COUNT = 40


class Case(NamedTuple):
    """A configuration: what a plan takes from it, as it was given and filled in, and how its files are built."""

    name: str
    records: list[dict[str, Any]]
    inputs: dict[str, Any]
    command: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a Nix store of its own in it, and with lndir."""
    made = tmp_path_factory.mktemp("built")
    (made / "tools").mkdir()
    program = made / "tools/lndir"
    program.write_text(LNDIR)
    program.chmod(0o755)
    (made / "store").mkdir()
    return made


@pytest.fixture(scope="module")
def tested(home_manager: Path, nixpkgs: Path, folder: Path) -> list[Case]:
    """So many configurations, from all that Home Manager has."""
    expression = (
        f"import {path_literal(str(CONFIGURATIONS))} "
        f"{{ homeManager = {path_literal(str(home_manager))}; nixpkgs = {path_literal(str(nixpkgs))}; }}"
    )
    store = f"local?store={folder}/store&state={folder}/var&log={folder}/log"
    with hmeval.Worker(store=store) as evaluator:
        tests = evaluator.eval(expression)
        names = tests.attr_names()
        return [read(name, tests[name]) for name in names[:: len(names) // COUNT][:COUNT]]


def read(name: str, test: hmeval.Value) -> Case:
    """What a configuration says, before and after it is filled in what derivations will hold."""
    inputs = test["inputs"].to_python()
    records = [dict(record) for record in inputs["files"]]
    fill(inputs, RealDisk())
    return Case(name, records, inputs, test["command"].to_python())


def test_what_is_planned_is_what_is_built(tested: list[Case], folder: Path, nixpkgs: Path) -> None:
    assert len(tested) == COUNT
    plans = [planned(one, folder) for one in tested]  # as long as nothing is built
    counted: Counter[str] = Counter(change.content for plan in plans for change in plan)
    wrong = {}
    for one, plan in zip(tested, plans, strict=True):
        counted += make_sources(one, folder, nixpkgs)
        out = folder / "out" / one.name
        out.parent.mkdir(exist_ok=True)
        assert build(one.command, out, folder / "tools") == 0, one.name
        if found := list(differences(plan, out)):
            wrong[one.name] = found
    assert not wrong, wrong
    assert counted["built"] > COUNT, counted
    assert counted[KNOWN] > 10 * counted[UNKNOWN], counted


def planned(one: Case, folder: Path) -> list[FileChange]:
    """The plan for an empty HOME."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    return make_plan(one.inputs, Circumstances(str(home), NO_GENERATION, {"kind": "none"}), RealDisk()).files


def differences(planned: list[FileChange], out: Path) -> Iterator[tuple[str, Any, Any]]:
    """Where the plan and what was built differ: in targets, in what these are, and in contents that are known."""
    ours = {change.target: change for change in planned}
    built = set(leaves(out))
    # A folder in which there will be the leaves of a source that is not built.
    folders = {target for target, change in ours.items() if change.content == UNKNOWN and is_folder(out / target)}
    if ours.keys() - folders != built:
        yield "targets", sorted(ours.keys() - folders - built), sorted(built - ours.keys())
    for target in ours.keys() & built:
        path, change = out / target, ours[target]
        if (change.kind == "copy") == path.is_symlink():
            yield target, change.kind, "link" if path.is_symlink() else "copy"
        if change.kind == "out-of-store" and os.path.realpath(path) != os.path.realpath(change.source or ""):
            yield target, change.source, os.path.realpath(path)
        if change.content == KNOWN and path.is_file() and path.read_bytes() != known(change):
            yield target, known(change), path.read_bytes()


def is_folder(path: Path) -> bool:
    """Whether it is one itself."""
    return path.is_dir() and not path.is_symlink()


def known(change: FileChange) -> bytes:
    """The content that the plan knows, or that it says is there already."""
    return change.text if change.text is not None else Path(str(change.source)).read_bytes()


def leaves(out: Path) -> Iterator[str]:
    """The files and links that were built."""
    for folder, folders, names in os.walk(out):
        for name in (*names, *(name for name in folders if os.path.islink(f"{folder}/{name}"))):
            yield os.path.relpath(f"{folder}/{name}", out)


def make_sources(one: Case, folder: Path, nixpkgs: Path) -> Counter[str]:
    """Make what home-files is made of, and count in which way."""
    counted: Counter[str] = Counter()
    sources = {words[2]: words[1] for words in inserted(one.command)}
    for record, filled in zip(one.records, one.inputs["files"], strict=True):
        place = sources[record["target"]]
        if os.path.lexists(place):
            continue
        counted[make_source(record, filled, place, folder, nixpkgs)] += 1
    return counted


def inserted(command: str) -> Iterator[list[str]]:
    """The words of home-files' commands that take a file: insertFile, source, target …"""
    for line in command.splitlines():
        if line.strip().startswith("insertFile "):
            yield shlex.split(line)


def make_source(record: Mapping[str, Any], filled: Mapping[str, Any], place: str, folder: Path, nixpkgs: Path) -> str:
    """Make one, and say how."""
    if not record["store"]:
        copy = shutil.copytree if os.path.isdir(record["source"]) else shutil.copy
        copy(record["source"], place)
        return "copied"
    recipe = recipe_of(record)
    if recipe is not None and (filled["text"] is not None or filled["linkTo"] is not None):
        build_source(recipe, folder, nixpkgs)
        assert os.path.lexists(place), record
        return "built"
    if filled["text"] is not None:
        Path(place).write_text(filled["text"])
        return "made by Nix itself"
    Path(place).parent.mkdir(parents=True, exist_ok=True)
    Path(place).mkdir() if record["recursive"] else Path(place).touch()
    return "unknown"


def recipe_of(record: Mapping[str, Any]) -> Recipe | None:
    """What makes a file: as the configuration says, or as the derivation does, where the engine has written it."""
    if record["recipe"] is not None:
        return recipe_of_record(record["recipe"])
    derivation = record["derivation"]
    return recipe_of_derivation(Path(derivation).read_text()) if derivation and os.path.exists(derivation) else None


def build_source(recipe: Recipe, folder: Path, nixpkgs: Path) -> None:
    """Run a build, with bash for the one that it names, and with what it takes from the store."""
    program = Path(recipe.builder)
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        program.symlink_to(str(shutil.which("bash")))
    for path, origin in recipe.sources.items():
        if not os.path.exists(path):
            shutil.copyfile(origin, path)
    shutil.rmtree(folder / "build", ignore_errors=True)
    run_build(recipe, nixpkgs, folder)
