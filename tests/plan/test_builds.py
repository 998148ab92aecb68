"""What the builds of small derivations write, and what of them stays unknown."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hmeval.plan.builds.build import what_is_built
from hmeval.plan.builds.jq import jq_text
from hmeval.plan.builds.places import File, Link
from hmeval.plan.builds.recipe import Recipe, recipe_of_derivation
from hmeval.plan.builds.syntax import Unsupported, parse
from hmeval.plan.contents import Contents, fill
from hmeval.plan.disk import RealDisk

STORE = "/nix/store"
HASH = "0" * 32
OUT = f"{STORE}/{HASH}-made"
STDENV = {"stdenv": f"{STORE}/{HASH}-stdenv-linux", "name": "made", "outputs": "out", "system": "x86_64-linux"}
BUILDER = f"{STORE}/{HASH}-bash-5.3p9/bin/bash"
ARGUMENTS = ("-e", f"{STORE}/{HASH}-source-stdenv.sh", f"{STORE}/{HASH}-default-builder.sh")
INPUTS = {f"{STORE}/{HASH}-one": File(b"1\n"), f"{STORE}/{HASH}-two": File(b"two @a@ @b@\n", True)}
ONE, TWO = INPUTS

# How nixpkgs 24.11 and 25.05 write a text, and how 26.11 does (pkgs/build-support/trivial-builders), in our words.
OLD = """
  target=$out{destination}
  mkdir -p "$(dirname "$target")"
  if [ -e "$textPath" ]; then
    mv "$textPath" "$target"
  else
    echo -n "$text" > "$target"
  fi
  if [ -n "$executable" ]; then
    chmod +x "$target"
  fi
  eval "$checkPhase"
"""
NEW = OLD.replace("{destination}", "$destination").replace("echo -n", 'printf "%s"')
OLDEST = """
  n=$out{destination}
  mkdir -p "$(dirname "$n")"
  if [ -e "$textPath" ]; then mv "$textPath" "$n"; else echo -n "$text" > "$n"; fi
  eval "$checkPhase"
  (test -n "$executable" && chmod +x "$n") || true
"""


def recipe(command: str, **variables: Any) -> Recipe:
    """A derivation of nixpkgs' runCommand."""
    return Recipe(BUILDER, ARGUMENTS, STDENV | {"buildCommand": command} | variables, {"out": OUT})


def structured(command: str, **variables: Any) -> Recipe:
    """One with structured attributes."""
    return recipe(command, **variables)._replace(structured=True)


def built(made: Recipe, path: str = OUT) -> File | Link | None:
    """What it writes to a path."""
    return what_is_built(made, path, INPUTS.get)


@pytest.mark.parametrize("command", [OLDEST.format(destination=""), OLD.format(destination="''"), NEW])
@pytest.mark.parametrize("as_file", ["text", ""])
@pytest.mark.parametrize("executable", ["1", ""])
def test_a_text_is_known_in_every_spelling(command: str, as_file: str, executable: str) -> None:
    text = "a $x \"b\" 'c'\n\\n %s * ä\n\n"
    made = recipe(command, text=text, passAsFile=as_file, executable=executable, preferLocalBuild="1")
    assert built(made) == File(text.encode(), bool(executable))


@pytest.mark.parametrize(
    ("command", "destination"),
    [(OLD.format(destination="'/a b/c'"), ""), (OLDEST.format(destination="/a\\ b/c"), ""), (NEW, "/a b/c")],
)
def test_a_text_below_its_output_is_there_and_nowhere_else(command: str, destination: str) -> None:
    made = recipe(command, text="x", passAsFile="text", destination=destination)
    assert built(made, f"{OUT}/a b/c") == File(b"x")
    assert [built(made, path) for path in (OUT, f"{OUT}/a b", f"{OUT}/c", f"{OUT}x/a b/c")] == [None] * 4


def test_a_text_of_structured_attributes() -> None:
    made = structured(NEW, text="x", passAsFile=["text"], executable=True, env={}, outputChecks={"out": {}})
    assert built(made) == File(b"x", True)
    assert built(made._replace(variables={**made.variables, "text": ["x"]})) is None


@pytest.mark.parametrize(
    ("check", "known"),
    [
        (f'{BUILDER} -n -O extglob "$target"\n', True),
        (f'runHook preCheck\n{STORE}/{HASH}-shellcheck-0.11.0-bin/bin/shellcheck "$target"\nrunHook postCheck\n', True),
        (f"{BUILDER} $target", False),
        (f'{STORE}/{HASH}-niri-25.11/bin/niri validate -c "$target"', False),
        ('sed -i s/x/y/ "$target"', False),
        ('echo y > "$target"', True),
        ("exit 1", False),
        ("runHook preInstallCheck", False),
    ],
)
def test_a_check_that_may_do_more_makes_a_text_unknown(check: str, known: bool) -> None:
    made = recipe(NEW, text="x\n", passAsFile="text", checkPhase=check)
    assert (built(made) is not None) == known


def test_what_a_check_writes_counts() -> None:
    assert built(recipe(NEW, text="x\n", checkPhase='echo y > "$target"')) == File(b"y\n")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (f"cp {ONE} $out", File(b"1\n")),
        (f"cp --no-preserve=mode {TWO} $out", File(b"two @a@ @b@\n")),
        (f"cp {TWO} $out", File(b"two @a@ @b@\n", True)),
        (f"cp '{TWO}' \"${{out}}\" && chmod -x $out", File(b"two @a@ @b@\n")),
        (f"cat {ONE} {ONE} > $out; cat {TWO} >> $out", File(b"1\n1\ntwo @a@ @b@\n")),
        ("cat $files > $out", File(b"1\ntwo @a@ @b@\n")),
        (f"ln -s {ONE} $out", Link(ONE)),
        ("ln -s '/home/alice/it'\\''s here' $out", Link("/home/alice/it's here")),
        (f"mkdir $out; cp {ONE} $out/", None),
        ("touch $out", File(b"")),
        ("echo a  'b  c' \"d\" > $out", File(b"a b  c d\n")),
        ("# a comment\n\n echo a; # more\necho b > $out", File(b"b\n")),
        ("x=$(basename /a/b); echo $x$x > $out", File(b"bb\n")),
        ("if [ -n '' ]; then exit 1; elif test a = a; then echo a > $out; else echo b > $out; fi", File(b"a\n")),
        ("false || echo a > $out", File(b"a\n")),
        ("false && echo a; echo b > $out", File(b"b\n")),
        ("false; echo b > $out", None),  # `set -e`
        ("echo a > $out; echo >&2 done", File(b"a\n")),
        ("echo a > $out; false && true; touch $out", File(b"a\n")),
        ("echo a > $out; true && false || true", File(b"a\n")),
        ("if true; then false && true; fi; touch $out", File(b"")),
    ],
)
def test_commands(command: str, expected: File | Link | None, tmp_path: Path) -> None:
    """Each command is followed as the shell runs it."""
    assert built(recipe(command, files=f"{ONE} {TWO}")) == expected
    if expected is not None:
        assert run_by_bash(command, tmp_path) == expected


def run_by_bash(command: str, folder: Path) -> File | Link:
    """What the shell makes of a command, with the inputs in a folder."""
    for path, file in INPUTS.items():
        place = folder / Path(path).name
        place.write_bytes(file.content)
        place.chmod(0o755 if file.executable else 0o644)
    out = folder / "out"
    variables = {"out": str(out), "files": f"{ONE} {TWO}".replace(STORE, str(folder)), "PATH": os.environ["PATH"]}
    script = command.replace(STORE, str(folder))
    subprocess.run(["bash", "-ec", script], env=variables, cwd=folder, check=True, capture_output=True)
    if out.is_symlink():
        return Link(os.readlink(out).replace(str(folder), STORE))
    return File(out.read_bytes(), os.access(out, os.X_OK))


@pytest.mark.parametrize(
    "command",
    [
        "",
        f"sed s/1/2/ {ONE} > $out",
        f"cp -r {STORE}/{HASH}-unknown $out",
        "cp /etc/passwd $out",
        f"cp {STORE}/{HASH}-unknown $out",
        f"cp {ONE} $out; unknown",
        f"tr a b < {ONE} > $out",
        f"cat {ONE} | sort > $out",
        "echo $HOME > $out",
        "echo * > $out",
        "echo ~ > $out",
        "echo {a,b} > $out",
        "echo `date` > $out",
        "echo $(date) > $out",
        "echo ${x:-y} > $out",
        "echo $((1 + 1)) > $out",
        "echo -e a > $out",
        "echo a 2> $out",
        "echo a &> $out",
        "echo a > $out &",
        "cat > $out <<EOF\na\nEOF",
        "PATH=/x; echo a > $out",
        "x=1 echo a > $out",
        "for x in a; do echo $x > $out; done",
        "cp() { :; }; echo a > $out",
        "! false; echo a > $out",
        "echo 'a > $out",
        'echo "a > $out',
        "if true; then echo a > $out",
        "mkdir -p $out/../x; echo a > $out",
        f"mkdir $out; ln -s {ONE} $out/x; echo a > $out/x",
        "printf '%d' 1 > $out",
        "if grep -q a /x; then echo a > $out; else echo b > $out; fi",
        "grep -q a /x; echo a > $out",
        "exec echo a > $out",
        "exit 0; echo a > $out",
        "source x; echo a > $out",
        "(echo a > $out",
        "echo a > $out; cat $out > $out",
        "echo a > $out; cp $out $out",
        "echo a > $out; mv $out $out",
        "ln -s $out $out; cat $out",
        "((echo a > $out))",
        "touch $out; false && true",
        "echo a > $out; (false && true)",
        "echo a > $out; eval 'false && true'",
        "echo a > $out; x=$(false && true)",
        "echo $valuePath > $out",
        "ln -s $valuePath $out",
        "echo $(basename $valuePath) > $out",
        "if [ $valuePath = a ]; then true; fi; touch $out",
        "cd /; echo a > $out",
    ],
)
def test_what_is_not_understood_is_unknown(command: str) -> None:
    assert built(recipe(command, value="x", passAsFile="value")) is None


def test_the_builder_of_older_releases_is_believed() -> None:
    made = recipe(NEW, text="a", passAsFile="text")
    assert built(made._replace(arguments=("-e", f"{STORE}/{HASH}-default-builder.sh"))) == File(b"a")


@pytest.mark.parametrize(
    "changed",
    [
        {"builder": "/bin/sh"},
        {"builder": f"{STORE}/{HASH}-python3/bin/python"},
        {"arguments": ("-c", "echo b > $out")},
        {"arguments": ("-e", f"{STORE}/{HASH}-source-stdenv.sh", f"{STORE}/{HASH}-my-builder.sh")},
        {"arguments": (*ARGUMENTS, "x")},
    ],
)
def test_another_builder_is_not_believed(changed: dict[str, Any]) -> None:
    made = recipe(NEW, text="a", passAsFile="text")
    assert built(made) == File(b"a")
    assert built(made._replace(**changed)) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("preHook", "x"),
        ("postHook", "x"),
        ("exitHook", "x"),
        ("BASH_ENV", "x"),
        ("PATH", "/x"),
        ("outputHash", "sha256-x"),
        ("buildInputs", f"{STORE}/{HASH}-hooks-1"),
        ("nativeBuildInputs", f"{STORE}/{HASH}-makeWrapper-1"),
        ("preCheck", "x"),
        ("unheardOf", "x"),
        ("stdenv", f"{STORE}/{HASH}-mine"),
    ],
)
def test_a_variable_that_may_change_a_build_makes_it_unknown(name: str, value: str) -> None:
    assert built(recipe(NEW, text="a", **{name: value})) is None
    if name != "stdenv":
        assert built(recipe(NEW, text="a", **{name: ""})) == File(b"a")


# -- replaceVars -------------------------------------------------------------------------------------------------------

PHASES = {
    "dontUnpack": "1",
    "doCheck": "1",
    "src": TWO,
    "buildPhase": """
      runHook preBuild
      target=$out
      if test -n "$dir"; then
          target=$out/$dir/$name
          mkdir -p $out/$dir
      fi
      substitute "$src" "$target" --replace-fail '@a@' 'A&\\1 @b@' --replace-fail '@b@' 'B'
      if test -n "$isExecutable"; then
          chmod +x $target
      fi
      runHook postBuild
    """,
    "checkPhase": """
      if grep -Pqe '@[a-z]*@' "$target"; then
        echo left over: "$target":
        grep -Poe '@[a-z]*@' "$target"
        exit 1
      fi
    """,
}


def phases(**variables: str) -> Recipe:
    """A derivation of nixpkgs' replaceVars, more or less."""
    return Recipe(BUILDER, ARGUMENTS, STDENV | PHASES | variables, {"out": OUT})


def test_replacements_are_made_one_after_the_other() -> None:
    assert built(phases()) == File(b"two A&\\1 B B\n")
    assert built(phases(isExecutable="1")) == File(b"two A&\\1 B B\n", True)


@pytest.mark.parametrize(
    "changed",
    [
        {"src": ONE},  # in which there is nothing to replace
        {"src": f"{STORE}/{HASH}-unknown"},
        {"dir": "bin"},
        {"dontUnpack": ""},
        {"patches": "x"},
        {"checkPhase": "if grep x y; then echo; fi"},
        {"buildPhase": "cp $src $out; chmod +x $out; echo '#!/bin/sh' > $out"},
        {"configurePhase": "true"},
        {"fixupPhase": "true"},
    ],
)
def test_what_phases_may_change_is_unknown(changed: dict[str, str]) -> None:
    assert built(phases(**changed)) is None


# -- jq ----------------------------------------------------------------------------------------------------------------

JQ = f"{STORE}/{HASH}-jq-1.8.1-bin"


def test_json_is_known_as_jq_prints_it() -> None:
    value: dict[str, Any] = {
        "a": [1, -2, Decimal("0.5")],
        "b": {},
        "c": [],
        "é\x7f\x01": 'x"\n\u2028',
        "n": None,
        "t": True,
    }
    text = (
        '{\n  "a": [\n    1,\n    -2,\n    0.5\n  ],\n  "b": {},\n  "c": [],\n'
        '  "é\\u007f\\u0001": "x\\"\\n\u2028",\n  "n": null,\n  "t": true\n}\n'
    )
    made = structured('jq .value "$NIX_ATTRS_JSON_FILE" > $out\n', value=value, nativeBuildInputs=[JQ])
    assert built(made) == File(text.encode())
    old = recipe('jq . "$valuePath"> $out', value='{"a": [1, 0.5]}', passAsFile="buildCommand value")
    assert built(old) == File(b'{\n  "a": [\n    1,\n    0.5\n  ]\n}\n')


@pytest.mark.parametrize(("given", "text"), [({}, "null"), ({"value": 0}, "0"), ({"value": False}, "false")])
def test_json_of_nothing(given: dict[str, Any], text: str) -> None:
    assert built(structured('jq .value "$NIX_ATTRS_JSON_FILE" > $out', **given)) == File(f"{text}\n".encode())


@pytest.mark.parametrize(
    "value",
    [2**53, Decimal("1.0"), Decimal("1E+2"), Decimal("0.01"), Decimal("1.1234567890123456"), float("nan"), "\udc80"],
)
def test_what_versions_of_jq_print_differently_is_unknown(value: Any) -> None:
    assert jq_text({"a": [value]}) is None


def test_other_uses_of_jq_are_unknown() -> None:
    for command in ("jq -c . $valuePath > $out", "jq .a $valuePath > $out", "jq .value . > $out"):
        assert built(recipe(command, value="{}", passAsFile="value")) is None


numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.decimals(-999, 999, places=3, allow_nan=False)
texts = st.text(st.characters(codec="utf-8"), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(texts, below, max_size=4),
)


@settings(max_examples=25)
@given(values)
def test_json_is_what_jq_prints(value: Any) -> None:
    text, program = jq_text(value), shutil.which("jq")
    if program is None:
        pytest.skip("there is no jq to compare with")
    written = json.dumps(value, default=lambda number: float(number), ensure_ascii=False)
    done = subprocess.run([program, "."], input=written.encode(), capture_output=True, check=True)
    assert text is None or text.encode() == done.stdout


# -- derivations in the store ------------------------------------------------------------------------------------------


def derivation(out: str = OUT, inputs: str = "", **environment: str) -> str:
    """A derivation as the store holds it."""
    pairs = ",".join(f"({json.dumps(name)},{json.dumps(value)})" for name, value in environment.items())
    arguments = ",".join(map(json.dumps, ARGUMENTS))
    needed = f'("{inputs}",["out"])' if inputs else ""
    return f'Derive([("out","{out}","","")],[{needed}],[],"x86_64-linux","{BUILDER}",[{arguments}],[{pairs}])'


def test_a_derivation_of_the_store_is_followed_by_the_same_rules() -> None:
    made = recipe_of_derivation(derivation(**STDENV, out=OUT, buildCommand=NEW, text='a\n"b"', passAsFile="text"))
    assert made is not None
    assert built(made) == File(b'a\n"b"')
    attributes = json.dumps(STDENV | {"buildCommand": NEW, "text": "x", "executable": True})
    made = recipe_of_derivation(derivation(__json=attributes, out=OUT))
    assert made is not None
    assert built(made) == File(b"x", True)


@pytest.mark.parametrize(
    "broken",
    ["", "Derive", "Derive(", "Derive([])", "DrvWithVersion(1)", "[" * 5000, "x = 1", derivation(__json="{")],
)
def test_a_broken_derivation_has_no_recipe(broken: str) -> None:
    assert recipe_of_derivation(broken) is None


def test_what_a_derivation_is_made_of_is_known_too(tmp_path: Path) -> None:
    """A link, in a derivation that copies, to the text of a third."""
    outs = [f"{tmp_path}/{HASH}-{name}" for name in ("text", "link", "copy")]
    files = [str(tmp_path / f"{name}.drv") for name in ("text", "link", "copy")]
    commands = [NEW, f"ln -s {outs[0]} $out", f"cp {outs[1]} $out"]
    for out, file, command, needed in zip(outs, files, commands, ["", *files], strict=False):
        Path(file).write_text(derivation(out, needed, **STDENV, buildCommand=command, text="deep"))
    assert Contents(RealDisk()).built(outs[2], None, files[2]) == File(b"deep")


def test_what_files_hold_is_filled_in(tmp_path: Path) -> None:
    """A text with bytes that are no UTF-8, a link, what has a text already, and what is not known."""

    def record(command: str | None, given: str | None = None, **more: str) -> dict[str, Any]:
        variables = STDENV | {"buildCommand": command} | more
        made = {"builder": BUILDER, "arguments": ARGUMENTS, "structured": None, "variables": variables}
        made |= {"outputs": {"out": OUT}, "sources": {}}
        return {"source": OUT, "text": given, "recipe": made if command else None, "derivation": None}

    commands = [(NEW, None), ("ln -s /srv/x $out", None), (None, ""), ("tr a b", None), (None, None)]
    inputs: dict[str, Any] = {
        "files": [record(*command, **{"text": "a\udc80"} if command[0] == NEW else {}) for command in commands],
        "sessionVariables": record("touch $out"),
    }
    fill(inputs, RealDisk())
    assert [(file["text"], file["linkTo"]) for file in inputs["files"]] == [
        ("a\udc80", None),
        (None, "/srv/x"),
        ("", None),
        (None, None),
        (None, None),
    ]
    assert inputs["sessionVariables"] == ""
    assert not any("recipe" in file or "derivation" in file for file in inputs["files"])


def test_a_derivation_that_needs_itself_is_unknown(tmp_path: Path) -> None:
    file = tmp_path / "x.drv"
    file.write_text(derivation(OUT, str(file), **STDENV, buildCommand=f"cp {OUT}/x $out"))
    assert Contents(RealDisk()).built(OUT, None, str(file)) is None


@settings(max_examples=50)
@given(st.text(st.sampled_from("ab \n;&|<>()'\"\\$`#={}[]!echo"), max_size=30))
def test_no_shell_code_is_too_strange(code: str) -> None:
    try:
        parse(code)
    except Unsupported:
        return
    bash = subprocess.run(["bash", "-n"], input=code, capture_output=True, text=True)
    assert bash.returncode == 0, "what is understood is valid"
