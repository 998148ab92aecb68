"""Builds in which shell code, files or names mean more than they seem to."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hmeval.plan.builds.build import what_is_built
from hmeval.plan.builds.places import File
from hmeval.plan.builds.recipe import placeholder, recipe_of_derivation, recipe_of_record
from hmeval.plan.contents import Contents
from hmeval.plan.disk import RealDisk
from tests.plan.test_builds import (
    ARGUMENTS,
    BUILDER,
    HASH,
    NEW,
    ONE,
    OUT,
    STDENV,
    STORE,
    built,
    derivation,
    phases,
    recipe,
    structured,
)

NULLS = f"{STORE}/{HASH}-nulls"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("echo a > x; echo b >> x; cat x > $out", "a\nb\n"),
        ("mkdir -p d; echo a > d//x; echo b >> ./d/x; touch d//x; cat d/x > $out", "a\nb\n"),
        ("x=a; y=$(x=b; echo $x); echo $x $y > $out", "a b\n"),
        ("true && if true; then false || true; echo a; fi > $out; echo b > $out", None),
        ("true && (true; echo a > $out)", "a\n"),
        ("(false; echo a > $out) || echo b >> $out", "a\n"),
    ],
)
def test_commands_do_what_they_do_in_the_shell(command: str, expected: str | None, tmp_path: Path) -> None:
    assert built(recipe(command)) == (None if expected is None else File(expected.encode()))
    if expected is not None:
        run_by_stdenv(command, tmp_path)
        assert (tmp_path / "out").read_text() == expected


@pytest.mark.parametrize(
    "command",
    [
        "true && (false; echo a > $out)",
        "true && if true; then false; echo a > $out; fi",
        "x=$(false; echo a); echo b > $out",
    ],
)
def test_what_fails_there_fails_here(command: str, tmp_path: Path) -> None:
    assert built(recipe(command)) is None
    with pytest.raises(subprocess.CalledProcessError):
        run_by_stdenv(command, tmp_path)


def run_by_stdenv(command: str, folder: Path) -> None:
    """Run a command by a shell with the options of nixpkgs' pkgs/stdenv/generic/setup.sh."""
    options = "set -eo pipefail; shopt -s inherit_errexit nullglob;"
    variables = {"out": str(folder / "out"), "PATH": os.environ["PATH"]}
    subprocess.run(["bash", "-c", f"{options} {command}"], env=variables, cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(
    "command",
    [
        'echo "$(false; echo a)" > $out',
        f'x="$(cat {NULLS})"; echo "$x" > $out',
        f'echo "$(if grep -c x {ONE}; then exit 1; fi; echo a)" > $out',
        f"(if grep -q x {ONE}; then exit 1; fi; echo a > $out) || echo b > $out",
        "if [ -e env-vars ]; then echo a > $out; else echo b > $out; fi",
        "echo a > env-vars; cat env-vars > $out",
        f"pattern=x; substitute {ONE} $out --replace-fail 1 2; echo $pattern > $out",
        f"echo old > $out; substitute {ONE} y --replace-fail x y; echo new > $out",
        "eval 'echo a > x; cat y' > y; cp y $out",
        "eval 'echo aaa > x; echo b' > x; cp x $out",
        f"dontInstall=1; cp {ONE} $out",
        ";".join(["x=xxxxxxxxxxxxxxxxxxxx", *["x=$x$x"] * 40, "echo $x > $out"]),
        ";".join(["echo a > x", *["cat x x > y", "cat y y > x"] * 40, "cp x $out"]),
    ],
)
def test_what_is_more_than_it_seems_is_unknown(command: str) -> None:
    inputs = {ONE: File(b"1\n"), NULLS: File(b"a\0b")}
    assert what_is_built(recipe(command), OUT, inputs.get) is None


@pytest.mark.parametrize("text", [b"[-0]", b"[" * 100_000])
def test_json_that_jq_may_print_in_another_way_is_unknown(text: bytes) -> None:
    assert what_is_built(recipe(f"jq . {ONE} > $out"), OUT, {ONE: File(text)}.get) is None


def test_a_replacement_that_fails_goes_on_where_the_shell_does() -> None:
    made = recipe(f"echo old > $out; (substitute {ONE} y --replace-fail x y; echo new > $out) || true")
    assert built(made) == File(b"new\n")


def test_the_outputs_of_structured_attributes_are_paths() -> None:
    command = 'jq .{} "$NIX_ATTRS_JSON_FILE" > $out'
    assert built(structured(command.format("value"), value=["out"])) == File(b'[\n  "out"\n]\n')
    assert built(structured(command.format("outputs"), outputs=["out"])) is None


def test_a_phase_that_is_passed_as_a_file_is_not_run() -> None:
    assert built(phases()) is not None
    assert built(phases(passAsFile="buildPhase")) is None
    assert built(phases(passAsFile="doCheck")) is None


# -- placeholders ------------------------------------------------------------------------------------------------------

# As Nix gives builtins.placeholder "out".
OUT_PLACEHOLDER = "/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9"


def record(**variables: Any) -> dict[str, Any]:
    """What plan-inputs.nix says of a derivation."""
    made = {"builder": BUILDER, "arguments": ARGUMENTS, "structured": None, "variables": STDENV | variables}
    return made | {"outputs": {"out": OUT}, "sources": {}}


def test_a_placeholder_becomes_the_path_of_the_output() -> None:
    assert placeholder("out") == OUT_PLACEHOLDER
    text = f"it is {OUT_PLACEHOLDER}/bin"
    expected = File(f"it is {OUT}/bin".encode())
    one = recipe_of_record(record(buildCommand=NEW, text=text))
    two = recipe_of_derivation(derivation(**STDENV, out=OUT, buildCommand=NEW, text=text, passAsFile="text"))
    three = recipe_of_record(record() | {"structured": json.dumps(STDENV | {"buildCommand": NEW, "text": text})})
    assert one is not None
    assert two is not None
    assert three is not None
    assert built(one) == built(two) == built(three) == expected


def test_what_stands_for_the_path_of_another_build_is_unknown() -> None:
    """Of a derivation whose outputs are addressed by what they hold."""
    other = recipe_of_record(record(buildCommand=NEW, text=placeholder("another")))
    assert other
    assert built(other) is None


# -- sources -----------------------------------------------------------------------------------------------------------


def test_a_source_that_is_a_link_is_copied_as_one(tmp_path: Path) -> None:
    """What it leads to is not copied with it."""
    (tmp_path / "file").write_text("a")
    (tmp_path / "link").symlink_to("file")
    for name, expected in (("file", File(b"a")), ("link", None)):
        sources = {f"{STORE}/{HASH}-{name}": str(tmp_path / name)}
        made = recipe_of_record(record(buildCommand=f"cp {STORE}/{HASH}-{name} $out") | {"sources": sources})
        assert Contents(RealDisk()).built(OUT, made, None) == expected
