"""`hmeval plan`, on the example with the built-in stand-ins."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

import hmeval

Target = tuple["str | Path", ...]
Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/standalone/home.nix"
TARGET = ("plan", "--file", EXAMPLE, "--offline")
IN_THIS_HOME = """{{ lib, ... }}: {{ imports = [ {example} ]; home.homeDirectory = lib.mkForce "{home}"; }}"""
SCHEMA = json.loads((Path(hmeval.__file__).parent / "plan/plan.schema.json").read_text())


@pytest.fixture
def at_home(tmp_path: Path) -> Target:
    """`hmeval plan` for the example, as the configuration of an empty HOME of the test's own: `home`."""
    home = tmp_path / "home"
    home.mkdir()
    module = tmp_path / "module.nix"
    module.write_text(IN_THIS_HOME.format(example=EXAMPLE, home=home))
    return ("plan", "--file", module, "--offline")


def test_from_nothing(hmeval_command: Hmeval, at_home: Target) -> None:
    done = hmeval_command(*at_home)
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        "Files: 18 to create (3 of them units', below; the content of 1 is known after the build: °)\n" in done.stdout
    )
    assert "  + .config/htop°\n" in done.stdout
    assert "  + notes-backup.timer  start: new, and wanted by timers.target\n" in done.stdout
    assert "  + notes-backup.service  new, and no target starts it\n" in done.stdout
    assert done.stdout.count("notes-backup.timer") == 1, "a unit is one thing"
    assert "  · of Home Manager's own:  hm-session-vars.sh\n" in done.stdout
    assert "notesFolder*" in done.stdout
    first, *_, last = done.stdout.splitlines()
    assert first == last
    assert first.startswith("Activation can be done: 18 files, 11 packages, ")


def test_in_brief(hmeval_command: Hmeval, at_home: Target, tmp_path: Path) -> None:
    (tmp_path / "home/.vimrc").write_text("mine\n")
    done = hmeval_command(*at_home, "--brief")
    assert done.returncode == 3
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        "Activation would fail: 1 file in the way: .vimrc.",
        "from nothing: no generation was activated there",
        "Files: 17 to create, 1 blocked",
    ]
    assert len(lines) <= 10


def test_who_made_a_file(hmeval_command: Hmeval, at_home: Target) -> None:
    done = hmeval_command(*at_home, "--why")
    assert "  + .config/git/config\n      made by programs.git\n      defined at " in done.stdout
    assert f"  + .vimrc\n      defined at {EXAMPLE}:39:7\n" in done.stdout


def test_as_json(hmeval_command: Hmeval, at_home: Target) -> None:
    done = hmeval_command(*at_home, "--json", "--diff", "--unchanged", "--from", "none")
    plan = json.loads(done.stdout)
    jsonschema.validate(plan, SCHEMA)
    (file,) = [file for file in plan["files"] if file["target"] == ".config/fd/ignore"]
    assert file["diff"] == "--- /dev/null\n+++ .config/fd/ignore\n@@ -0,0 +1,2 @@\n+.git\n+node_modules\n"
    assert file["declared_at"] == [{"file": str(EXAMPLE), "line": 58, "column": 3}]
    assert plan["blocked"] is False


@pytest.mark.parametrize(
    ("flags", "code", "told"),
    [
        ((), 3, "! .vimrc\n      something that Home Manager did not put there is in the way, and differs\n"),
        (("--diff",), 3, f"defined at {EXAMPLE}:39:7\n      --- .vimrc\n      +++ .vimrc\n      @@ -1 +1,"),
        (("--detailed-exitcode",), 3, "Activation would fail: 1 file in the way: .vimrc."),
        (("--backup-extension", "old"), 0, "» .vimrc  what is there is moved to .vimrc.old\n"),
        (("--backup-extension", "bak"), 3, "take another extension"),
        (("--backup-extension", "bak", "--overwrite-backup"), 0, "careful: the file .vimrc.bak, an earlier backup"),
        (("--backup-command", "trash", "--detailed-exitcode"), 2, "`trash` is run on it"),
    ],
)
def test_a_file_in_the_way(
    hmeval_command: Hmeval, at_home: Target, tmp_path: Path, flags: tuple[str, ...], code: int, told: str
) -> None:
    (tmp_path / "home/.vimrc").write_text("mine\n")
    (tmp_path / "home/.vimrc.bak").write_text("older\n")
    done = hmeval_command(*at_home, *flags)
    assert (done.returncode, done.stderr) == (code, "")
    assert told in done.stdout
    assert f"defined at {EXAMPLE}:39:7" in done.stdout
    assert (tmp_path / "home/.vimrc").read_text() == "mine\n"


@pytest.mark.parametrize(
    ("flags", "environment", "told"),
    [
        (("--home", "{tmp_path}"), {}, "activation refuses any HOME but {tmp_path}/home; this plan is for {tmp_path}"),
        ((), {"USER": "bob"}, "activation refuses any USER but alice; this plan is for bob"),
    ],
)
def test_an_activation_that_refuses_to_begin_is_blocked(
    hmeval_command: Hmeval,
    at_home: Target,
    tmp_path: Path,
    flags: tuple[str, ...],
    environment: dict[str, str],
    told: str,
) -> None:
    given = (flag.format(tmp_path=tmp_path) for flag in flags)
    done = hmeval_command(*at_home, *given, env=environment)
    assert done.returncode == 3
    assert f"Blocked: activation refuses to begin\n  - {told.format(tmp_path=tmp_path)}\n" in done.stdout
    assert done.stdout.endswith("Activation would fail: it refuses to begin.\n")


def test_the_order_as_a_graph(hmeval_command: Hmeval) -> None:
    done = hmeval_command(*TARGET, "--graph", "dot")
    assert done.stdout.startswith("digraph activation {\n")
    assert '  "writeBoundary" -> "notesFolder";\n' in done.stdout


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--graph", "dot", "--json"), "--graph shows the order alone"),
        (("--brief", "--json"), "--brief is a text of its own"),
        (("--overwrite-backup",), "goes with --backup-extension"),
    ],
)
def test_wrong_usage(hmeval_command: Hmeval, flags: tuple[str, ...], told: str) -> None:
    done = hmeval_command(*TARGET, *flags)
    assert done.returncode == 2
    assert told in done.stderr


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--from", "/nowhere"), "hmeval: /nowhere is no generation: it holds neither home-files nor activate"),
        (("--specialisation", "dark"), "hmeval: the configuration has no specialisation dark; it has none"),
    ],
)
def test_what_is_not_there(hmeval_command: Hmeval, flags: tuple[str, ...], told: str) -> None:
    done = hmeval_command(*TARGET, *flags)
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr


def test_the_current_generation_is_found_where_activation_looks(hmeval_command: Hmeval, tmp_path: Path) -> None:
    generation = tmp_path / "generation"
    (generation / "home-files").mkdir(parents=True)
    (generation / "home-files/old").write_text("")
    state = tmp_path / "state/home-manager/gcroots"
    state.mkdir(parents=True)
    (state / "current-home").symlink_to(generation)
    home = tmp_path / "home"
    environment = {"HOME": str(home), "XDG_STATE_HOME": str(tmp_path / "state")}
    done = hmeval_command(*TARGET, "--home", home, "--json", env=environment)
    plan = json.loads(done.stdout)
    assert plan["from"] == {"kind": "current", "generation": str(generation)}
    assert [file["action"] for file in plan["files"] if file["target"] == "old"] == ["skipped"]
    elsewhere = json.loads(hmeval_command(*TARGET, "--home", tmp_path / "other", "--json", env=environment).stdout)
    assert elsewhere["from"] == {"kind": "current", "generation": None}


def test_from_python(tmp_path: Path) -> None:
    with hmeval.load(file=EXAMPLE, offline=True) as configuration:
        plan = configuration.plan(home=tmp_path, from_="none")
    assert (plan.blocked, plan.changes) == (True, True)
    assert [warning.kind for warning in plan.warnings] == ["refusal"]
    assert {file.action for file in plan.files} == {"create"}
    assert os.listdir(tmp_path) == []
