"""Values of which parts cannot be evaluated, at the command line: the rest is shown, and the parts are named once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/standalone/home.nix"
TARGET = ("--file", EXAMPLE, "--offline")

HOLES = """\
{ lib, ... }:
let
  int = lib.mkOption { type = lib.types.int; };
  sub = options: lib.types.submodule { inherit options; };
in
{
  options.q.subs = lib.mkOption { type = lib.types.attrsOf (sub { need = int; x = int; }); };
  options.q.list = lib.mkOption { type = lib.types.listOf (sub { n = int; }); };
  config = {
    q.subs.a.x = 1;
    q.list = [ { n = 3; } { } ];
    home = { username = "alice"; homeDirectory = "/home/alice"; stateVersion = "26.05"; };
  };
}
"""
NEEDED = "The option `q.subs.a.need' was accessed but has no value defined. Try setting the option."


@pytest.fixture
def holes(tmp_path: Path) -> tuple[str | Path, ...]:
    """A configuration with parts of values that cannot be evaluated."""
    (tmp_path / "holes.nix").write_text(HOLES)
    return "--offline", "--file", tmp_path / "holes.nix"


@pytest.mark.parametrize("expression", [("--at", "q.subs"), ("config.q.subs",)])
def test_a_value_of_which_a_part_fails(
    hmeval_command: Hmeval, holes: tuple[str | Path, ...], expression: tuple[str, ...]
) -> None:
    done = hmeval_command("eval", *holes, *expression)
    assert done.stdout == f"{{\n  a = {{\n    need = «error: {NEEDED}»;\n    x = 1;\n  }};\n}}\n"
    assert done.returncode == 0
    path = "q.subs.a.need" if "--at" in expression else "a.need"
    assert done.stderr.startswith(f"hmeval: 1 part of the value could not be evaluated\n  {path}: {NEEDED}\n    at /")
    as_json = hmeval_command("eval", "--json", *holes, *expression)
    value = json.loads(as_json.stdout)
    assert value["a"]["x"] == 1
    assert value["a"]["need"]["error"]["message"] == NEEDED
    assert (as_json.returncode, as_json.stderr) == (0, done.stderr)


def test_parts_that_fail_are_told_as_well_where_the_answer_is_cached(
    hmeval_command: Hmeval, holes: tuple[str | Path, ...]
) -> None:
    first, second = (hmeval_command("eval", *holes, "--at", "q.subs") for _ in range(2))
    assert NEEDED in first.stderr
    assert (first.stdout, first.stderr) == (second.stdout, second.stderr)


def test_each_failure_is_told_once_and_the_first_ones_alone(hmeval_command: Hmeval) -> None:
    parts = " ".join(f"(no {number % 8})" for number in range(16))
    done = hmeval_command("eval", *TARGET, f"let no = n: throw ''no ${{toString n}}''; in [ {parts} ]")
    told = [line for line in done.stderr.splitlines() if "at «string»" not in line]
    assert told[0] == "hmeval: 16 parts of the value could not be evaluated"
    assert told[1] == '  "0", "8": no 0'
    assert told[-1] == "  … and 6 more"
    assert len(told) == 7


@pytest.mark.parametrize(("expression", "place"), [("[\n  config.nope\n]", "2:3"), ("{\n  b = 1 + null;\n}", "2:")])
def test_a_part_s_error_is_at_its_place_in_the_expression(hmeval_command: Hmeval, expression: str, place: str) -> None:
    done = hmeval_command("eval", *TARGET, expression)
    assert done.returncode == 0
    assert f"\n    at «string»:{place}" in done.stderr


def test_an_element_of_a_list_has_a_path(hmeval_command: Hmeval, holes: tuple[str | Path, ...]) -> None:
    done = hmeval_command("eval", *holes, "--at", "q.list.0.n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")
    missing = hmeval_command("eval", *holes, "--at", "q.list.2.n")
    assert missing.returncode == 1
    assert "the configuration has nothing at" in missing.stderr


def test_a_value_in_the_entry_of_a_dag_has_the_path_of_its_option(hmeval_command: Hmeval) -> None:
    option = 'programs.ssh.settings."git.example.org".User'
    shown = hmeval_command("options", *TARGET, option)
    done = hmeval_command("eval", *TARGET, "--at", option)
    assert (done.returncode, done.stdout) == (0, '"git"\n'), done.stderr
    assert f"Value\n    {done.stdout}" in shown.stdout


SHOWN = f"""\
Value
    {{
      a = {{
        need = «error: {NEEDED}»;
        x = 1;
      }};
    }}

Could not be evaluated
    q.subs.a.need: {NEEDED}
      at /"""


@pytest.mark.parametrize("command", ["options", "why"])
def test_a_page_shows_the_value_and_names_the_parts(
    hmeval_command: Hmeval, holes: tuple[str | Path, ...], command: str
) -> None:
    done = hmeval_command(command, *holes, "q.subs")
    assert (done.returncode, done.stderr) == (0, "")
    assert SHOWN in done.stdout


@pytest.mark.parametrize("command", [("options", "--format", "json"), ("why", "--json")])
def test_json_has_the_value_and_the_paths_of_the_parts(
    hmeval_command: Hmeval, holes: tuple[str | Path, ...], command: tuple[str, ...]
) -> None:
    done = hmeval_command(*command, *holes, "q.subs")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    value = (document["options"][0] if "options" in document else document)["value"]
    (failed,) = value["failed"]
    assert (failed["path"], failed["kind"], failed["message"]) == (["a", "need"], "throw", NEEDED)
    error = {name: field for name, field in failed.items() if name != "path"}
    assert value["json"] == {"a": {"need": {"error": error}, "x": 1}}


def test_a_table_has_the_rest_of_the_value(hmeval_command: Hmeval, holes: tuple[str | Path, ...]) -> None:
    done = hmeval_command("options", *holes, "--set", "q")
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("q.list")]
    assert "[ { n = 3; } { n = «error: Th…" in line


UNKNOWN_DEFAULTS = """\
{ lib, ... }:
let
  default = throw "no default";
in
{
  options.q.a = lib.mkOption { type = lib.types.int; inherit default; };
  options.q.b = lib.mkOption { type = lib.types.int; inherit default; };
  options.q.hidden = lib.mkOption { type = lib.types.int; default = throw "hidden"; internal = true; };
  config.home = { username = "alice"; homeDirectory = "/home/alice"; stateVersion = "26.05"; };
}
"""
LISTED = ["2 fields", "q.a: default, q.b: default: no default"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--format", "options-list", "--all"), ["3 fields", LISTED[1], "q.hidden: default: hidden"]),
        (("--format", "options-list", "q"), LISTED),
        (("--format", "options-json"), LISTED),
        (("--format", "options-json", "--all"), LISTED),
        (("--format", "markdown", "q.a"), ["1 field", "q.a: default: no default"]),
    ],
)
def test_documents_say_what_they_leave_out(
    hmeval_command: Hmeval, tmp_path: Path, arguments: tuple[str, ...], told: list[str]
) -> None:
    (tmp_path / "home.nix").write_text(UNKNOWN_DEFAULTS)
    for _ in ("evaluated", "cached"):
        done = hmeval_command("options", "--offline", "--file", tmp_path / "home.nix", *arguments)
        assert done.returncode == 0
        count, *fields = told
        title = f"hmeval: {count} of options could not be evaluated, and left out: --format json has the errors"
        lines = [line for line in done.stderr.splitlines() if not line.startswith("    at ")]
        assert lines == [title, *(f"  {field}" for field in fields)]
