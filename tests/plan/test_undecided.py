"""What only the build can tell is neither a failure nor a success."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import hmeval
from hmeval.plan import disk
from hmeval.plan.model import Backup, FileChange, Plan
from hmeval.render.plan_text import plan_text
from hmeval.render.terminal import Style

Machine = Any
Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]
SCHEMA = json.loads((Path(hmeval.__file__).parent / "plan/plan.schema.json").read_text())

THERE: dict[str, dict[str, str | None]] = {
    "nothing": {},
    "a file": {"f": "content"},
    "a folder": {"f": None},
    "a link to a file": {"f": "-> {folder}/outside"},
    "a link to a folder": {"f": "-> {folder}/place"},
    "a link to nothing": {"f": "-> /nowhere"},
    "our own link": {"f": "-> {store}/x-home-manager-files/f"},
    "an older backup": {"f": "content", "f.bak": "older"},
}
BACKUPS = [Backup(), Backup("bak"), Backup("bak", "", True), Backup("", "mover")]


def planned(machine: Machine, backup: Backup, **file: Any) -> Plan:
    """The plan for one file."""
    plan: Plan = machine.plan({"f": file}, backup=backup)
    return plan


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(("there", "backup"), list(itertools.product(THERE, BACKUPS)))
def test_it_is_undecided_where_it_depends_on_the_content(
    machine: Machine, there: str, backup: Backup, force: bool
) -> None:
    """Planned with each content that a file may get: where these differ in whether they fail, it is undecided."""
    machine.lay(machine.folder, {"outside": "content", "place/x": "x"})
    places = {"folder": machine.folder, "store": machine.store}
    machine.lay(machine.home, {name: what and what.format(**places) for name, what in THERE[there].items()})
    same, other = (planned(machine, backup, text=text, force=force) for text in ("content", "other"))
    unknown = planned(machine, backup, force=force)
    assert unknown.blocked == (same.blocked and other.blocked)
    assert bool(unknown.undecided) == (same.blocked != other.blocked)
    actions = {plan.files[0].action for plan in (same, other)}
    assert unknown.files[0].action in actions
    assert unknown.files[0].content == "unknown-until-built"


def only_file(machine: Machine) -> tuple[Plan, FileChange]:
    """A plan in which a file may be the same as one that is in its way."""
    machine.lay(machine.home, {"f": "content"})
    plan = planned(machine, Backup())
    return plan, plan.files[0]


def test_what_is_undecided_is_told_in_every_form(machine: Machine) -> None:
    plan, change = only_file(machine)
    assert (plan.blocked, plan.undecided, plan.changes) == (False, [change], True)
    assert (change.action, change.undecided) == ("skipped", True)
    assert "only the build can tell whether it is the same: if so it stays, and else activation fails" in change.reason
    assert "whether activation fails because of what is in the way at f" in plan.conditional
    told = plan.as_json({"kind": "home-file"})
    jsonschema.validate(told, SCHEMA)
    (file,) = told["files"]
    assert (told["blocked"], file["undecided"], file["content"]) == (False, True, "unknown-until-built")
    assert told["summary"]["files"] == {"undecided": 1}
    text = plan_text(plan, Style())
    verdict = "Whether activation would fail is known after the build: 1 file in the way: f."
    assert text.startswith(f"{verdict}\nActivation in ")
    assert "Not known before the build: whether activation fails by 1 file in the way\n  ? f\n" in text
    assert "\nFiles: 1 undecided until the build (the content of 1 is known after the build: °)" in text
    assert text.endswith(f"\n{verdict}\n")


def test_what_blocks_goes_before_what_is_undecided(machine: Machine) -> None:
    machine.lay(machine.home, {"f": "content", "g": "mine"})
    plan = machine.plan({"f": {}, "g": "text"})
    assert plan.blocked
    assert plan.summary()["files"] == {"blocked": 1, "undecided": 1}
    assert plan_text(plan, Style()).startswith("Activation would fail: 1 file in the way: ")


def test_a_link_that_may_be_replaced(machine: Machine) -> None:
    machine.lay(machine.folder, {"outside": "content"})
    machine.lay(machine.home, {"f": f"-> {machine.folder}/outside"})
    plan = planned(machine, Backup())
    (change,) = plan.undecided
    assert (change.action, change.warnings) == ("update", ())
    assert "if so it is replaced, and else activation fails" in change.reason


def test_a_forced_file_is_lost_unless_it_is_the_same(machine: Machine) -> None:
    machine.lay(machine.home, {"f": "content"})
    plan = planned(machine, Backup(), force=True)
    assert not plan.undecided
    assert plan.files[0].warnings == ("the file that is there is lost, unless it is the same",)


def test_what_is_too_large_to_compare(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "LARGEST_COMPARED", 3)
    machine.lay(machine.store, {"made": "content", "tree/x": "content"})
    machine.lay(machine.home, {"f": "content", "tree/x": "content"})
    files = {
        "f": {"source": f"{machine.store}/made", "hasHook": True},
        "tree": {"source": f"{machine.store}/tree", "recursive": True, "hasHook": True},
    }
    plan = machine.plan(files)
    assert {change.target for change in plan.undecided} == {"f", "tree/x"}
    assert all("it is too large to compare" in change.reason for change in plan.undecided)
    assert {hook["runs"] for hook in plan.hooks} == {"unknown-until-built"}


@pytest.mark.parametrize(
    ("there", "backup", "undecided"),
    [
        ({}, Backup(), False),
        ({"d": None}, Backup(), False),
        ({"d/x": "-> {store}/x-home-manager-files/d/x"}, Backup(), False),
        ({"d/x/y": "mine"}, Backup(), True),
        ({"d/x": "-> /elsewhere"}, Backup(), True),
        ({"d/x": "mine"}, Backup("bak"), False),
        ({"d": "a file"}, Backup("bak"), True),
        ({"d": "-> /nowhere"}, Backup(), True),
    ],
)
def test_a_folder_whose_files_are_not_known(
    machine: Machine, there: dict[str, str | None], backup: Backup, undecided: bool
) -> None:
    machine.lay(machine.home, {name: what and what.format(store=machine.store) for name, what in there.items()})
    plan = machine.plan({"d": {"recursive": True}}, backup=backup)
    assert (plan.blocked, bool(plan.undecided)) == (False, undecided)
    assert machine.plan({"d": {"recursive": True, "force": True}}).undecided == []


def test_session_variables_that_are_not_known_stay(machine: Machine) -> None:
    old = machine.generation({})._replace(session_variables=b'export A="1"\n')
    unknown = machine.plan({}, old, sessionVariables=None)
    assert unknown.session_variables == []
    assert "which session variables change is known after the build" in unknown.conditional
    assert [change["action"] for change in machine.plan({}, old).session_variables] == ["remove"]


@pytest.mark.parametrize(("flags", "code"), [((), 0), (("--detailed-exitcode",), 2)])
def test_the_exit_code(hmeval_command: Hmeval, tmp_path: Path, flags: tuple[str, ...], code: int) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/f").write_text("mine")
    (tmp_path / "home.nix").write_text(
        f"""
        {{ pkgs, ... }}: {{
          home = {{ username = "alice"; homeDirectory = "{tmp_path}/home"; stateVersion = "25.11"; }};
          home.file.f.source = pkgs.runCommand "x" {{ }} "tr a b < /dev/null > $out";
        }}
        """
    )
    target = ("--file", tmp_path / "home.nix", "--offline")
    done = hmeval_command("plan", *target, *flags)
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.endswith("Whether activation would fail is known after the build: 1 file in the way: f.\n")
    told = json.loads(hmeval_command("plan", *target, "--json").stdout)
    assert (told["blocked"], told["summary"]["files"]["undecided"]) == (False, 1)
    jsonschema.validate(told, SCHEMA)
