"""What the builders of the real nixpkgs write: recognised, run by their own scripts, and beside our stand-ins'.

The tests fail where nixpkgs changes its builders so that a text is not known any more.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import hmeval
from hmeval.plan.builds.build import what_is_built
from hmeval.plan.builds.places import File, Link
from hmeval.plan.builds.recipe import Recipe, recipe_of_record, store_name
from hmeval.plan.contents import Contents
from hmeval.plan.disk import RealDisk

HERE = Path(__file__).resolve().parent
PLAN_INPUTS = Path(hmeval.__file__).parent / "nix/plan-inputs.nix"
Instantiate = Callable[..., Any]
Records = Mapping[str, dict[str, Any]]

BELOW = {
    "writeTextDir": "/a b/c",
    "writeScriptBin": "/bin/x",
    "writeShellScriptBin": "/bin/x",
    "writeShellApplication": "/bin/x",
}
KNOWN = set(
    """text executable writeText writeScript writeTextFile writeShellScript ini keyValue json jsonNull replaceVars
    copied concatenated""".split()
)
UNKNOWN = {"toml", "yaml"}
HOOKS = """audit-tmpdir compress-man-pages make-symlinks-relative move-docs move-lib64 move-sbin
    move-systemd-user-units multiple-outputs no-broken-symlinks patch-shebangs prune-libtool-files reproducible-builds
    set-source-date-epoch-to-latest strip""".split()
"""What nixpkgs' stdenv sources in every build (pkgs/stdenv/generic/default.nix, defaultNativeBuildInputs)."""


def records(**target: Any) -> Records:
    """What is taken of builders.nix with a nixpkgs, by target."""
    files = f"(import {PLAN_INPUTS} {{ inherit config options pkgs lib; }}).files"
    with hmeval.load(file=HERE / "builders.nix", cache="off", **target) as configuration:
        return {record["target"]: record for record in json.loads(configuration.shown(files, None, json=True)["text"])}


@pytest.fixture(scope="module")
def real(home_manager: Path, nixpkgs: Path) -> Records:
    """With the real one."""
    return records(home_manager=home_manager, nixpkgs=nixpkgs)


@pytest.fixture(scope="module")
def offline() -> Records:
    """With the stand-in of hmeval itself."""
    return records(offline=True)


@pytest.fixture(scope="module")
def stand_in(home_manager: Path, world: Path) -> Records:
    """With that of the tests."""
    return records(home_manager=home_manager, nixpkgs=world)


def made(record: Mapping[str, Any]) -> Recipe:
    """The recipe of a record."""
    recipe = recipe_of_record(record["recipe"])
    assert recipe is not None, record["target"]
    return recipe


def known(records: Records) -> set[str]:
    """The targets of which it is known what they are."""
    contents = Contents(RealDisk())
    return {target for target, record in records.items() if contents.made(dict(record)) is not None}


@pytest.mark.nixpkgs
def test_what_real_builders_write_is_known(real: Records) -> None:
    assert known(real) >= KNOWN | {"linked"}
    assert not known(real) & UNKNOWN
    assert Contents(RealDisk()).made(dict(real["linked"])) == Link("/home/alice/it's here")
    for target, below in BELOW.items():
        recipe = made(real[target])
        assert isinstance(what_is_built(recipe, recipe.outputs["out"] + below, lambda path: None), File), target


@pytest.mark.nixpkgs
@pytest.mark.parametrize("target", sorted(KNOWN | set(BELOW) | {"linked"}))
def test_it_is_what_their_own_scripts_write(real: Records, nixpkgs: Path, tmp_path: Path, target: str) -> None:
    recipe = moved(made(real[target]), real[target], tmp_path)
    out = recipe.outputs["out"]
    run_build(recipe, nixpkgs, tmp_path)
    path = out + BELOW.get(target, "")
    expected = (
        Link(os.readlink(path)) if os.path.islink(path) else File(Path(path).read_bytes(), os.access(path, os.X_OK))
    )
    assert what_is_built(recipe, path, read) == expected


DERIVATIONS = """
  let
    pkgs = import {nixpkgs} {{ config = {{ }}; overlays = [ ]; }};
    inherit (pkgs) lib;
    config.lib.file.mkOutOfStoreSymlink = _: null;
    files = (import {builders} {{ inherit config lib pkgs; }}).home.file;
    made = lib.filterAttrs (_: file: lib.isDerivation (file.source or null)) files;
    text = builtins.unsafeDiscardStringContext;
  in
  builtins.mapAttrs (_: file: {{ drv = text file.source.drvPath; out = text file.source.outPath; }}) made
"""


@pytest.mark.nixpkgs
def test_the_derivations_of_the_store_say_the_same(real: Records, nixpkgs: Path, nix_instantiate: Instantiate) -> None:
    """Nix writes them; what they are is recognised from their files alone."""
    files = nix_instantiate(DERIVATIONS.format(nixpkgs=nixpkgs, builders=HERE / "builders.nix"))
    assert len(files) > 15
    contents = Contents(RealDisk())
    for target, file in files.items():
        below = BELOW.get(target, "")
        recipe = made(real[target])
        expected = contents.built(recipe.outputs["out"] + below, recipe, None)
        found = contents.built(file["out"] + below, None, file["drv"])
        assert (target, found) == (target, expected)
        assert (found is None) == (target in UNKNOWN)


def read(path: str) -> File | None:
    """A file of the store in the test's folder."""
    return File(Path(path).read_bytes(), os.access(path, os.X_OK)) if os.path.isfile(path) else None


def moved(recipe: Recipe, record: Mapping[str, Any], folder: Path) -> Recipe:
    """A recipe for a store in a folder, which holds what it takes from there."""
    store = folder / "store"
    store.mkdir()
    text = json.dumps(record["recipe"]).replace(os.path.dirname(recipe.outputs["out"]), str(store))
    changed = json.loads(text)
    for path, origin in changed["sources"].items():
        shutil.copyfile(origin, path)
    program = Path(changed["builder"])
    program.parent.mkdir(parents=True)
    program.symlink_to(str(shutil.which("bash")))
    result = recipe_of_record(changed)
    assert result is not None
    return result


def run_build(recipe: Recipe, nixpkgs: Path, folder: Path) -> None:
    """Build it as nixpkgs' stdenv does: by its own setup and hooks, without a sandbox."""
    build = folder / "build"
    build.mkdir()
    setup = nixpkgs / "pkgs/stdenv/generic/setup.sh"
    hooks = [f"{nixpkgs}/pkgs/build-support/setup-hooks/{name}.sh" for name in HOOKS]
    environment = {
        "PATH": os.environ["PATH"],
        "NIX_BUILD_TOP": str(build),
        "NIX_STORE": str(folder / "store"),
        "TMPDIR": str(build),
        "HOME": "/homeless-shelter",
        "initialPath": "/usr",
        "defaultNativeBuildInputs": " ".join(hooks),
        **recipe.outputs,
        **(give_attributes(recipe, build) if recipe.structured else give_files(recipe, build)),
    }
    script = f'if [ -e "$NIX_ATTRS_SH_FILE" ]; then . "$NIX_ATTRS_SH_FILE"; fi; source {setup}; genericBuild'
    done = subprocess.run(["bash", "-ec", script], env=environment, cwd=build, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def give_files(recipe: Recipe, build: Path) -> dict[str, str]:
    """The variables as Nix gives them, some as files (Nix's manual, passAsFile)."""
    variables = dict(recipe.variables)
    for name in variables.get("passAsFile", "").split():
        place = build / f".attr-{name}"
        place.write_text(variables.pop(name, ""))
        variables[f"{name}Path"] = str(place)
    return {name: value for name, value in variables.items() if name.isidentifier()}


def give_attributes(recipe: Recipe, build: Path) -> dict[str, str]:
    """Structured attributes as Nix gives them (Nix's manual, structuredAttrs)."""
    attributes = {name: value for name, value in recipe.variables.items() if name != "nativeBuildInputs"}
    attributes |= {"outputs": recipe.outputs}
    (build / ".attrs.json").write_text(json.dumps(attributes, default=float))
    lines = [f"declare {name}={quoted(value)}\n" for name, value in attributes.items() if isinstance(value, str | bool)]
    lines.append(f"declare -A outputs=([out]={quoted(recipe.outputs['out'])})\n")
    (build / ".attrs.sh").write_text("".join(lines))
    return {"NIX_ATTRS_JSON_FILE": str(build / ".attrs.json"), "NIX_ATTRS_SH_FILE": str(build / ".attrs.sh")}


def quoted(value: str | bool) -> str:
    """A value as a word of the shell."""
    text = value if isinstance(value, str) else "1" if value else ""
    return "'" + text.replace("'", "'\\''") + "'"


def shape(record: Mapping[str, Any]) -> dict[str, Any]:
    """What recognition reads of a derivation, but for its paths and for how its commands are spelt."""
    recipe = made(record)
    given = {name for name, value in recipe.variables.items() if value not in ("", None, False, [], {})}
    looked_at = set(
        """buildCommand buildPhase checkPhase destination doCheck dontUnpack executable nativeBuildInputs src text
        value""".split()
    )
    as_files = recipe.variables.get("passAsFile", [])
    words = as_files if isinstance(as_files, list) else as_files.split()
    return {
        "builder": os.path.basename(recipe.builder),
        "arguments": [store_name(argument) for argument in recipe.arguments],
        "stdenv": store_name(str(recipe.variables["stdenv"])),
        "structured": recipe.structured,
        "given": given & looked_at,
        "files": sorted(words),
        "outputs": list(recipe.outputs),
    }


@pytest.mark.nixpkgs
@pytest.mark.parametrize("target", sorted(KNOWN | UNKNOWN | set(BELOW) | {"linked"}))
def test_the_stand_in_has_their_shape(real: Records, offline: Records, target: str) -> None:
    assert shape(offline[target]) == shape(real[target])


@pytest.mark.nixpkgs
def test_the_stand_in_of_tests_has_their_shape(real: Records, stand_in: Records) -> None:
    """Its formats are all one, and its scripts are not checked."""
    for target in ("text", "executable", "writeText", "writeTextDir", "writeScriptBin", "copied", "linked", "toml"):
        assert shape(stand_in[target]) == shape(real[target]), target


def test_what_the_stand_in_writes_is_known(offline: Records) -> None:
    assert known(offline) >= KNOWN | {"linked"}
    assert not known(offline) & UNKNOWN
