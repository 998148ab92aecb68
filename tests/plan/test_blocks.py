"""Blocks of the user's own that end activation or are out of place, and backup commands that do nothing."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from hmeval.plan.backups import backup_warnings
from hmeval.plan.exits import find_exits
from hmeval.plan.model import Backup, Plan

Machine = Any
OWN: dict[str, dict[str, Any]] = {
    "checkLinkTargets": {"code": "", "before": ["writeBoundary"]},
    "writeBoundary": {"code": ""},
    "linkGeneration": {"code": "", "after": ["writeBoundary"]},
}


def plan(machine: Machine, mine: dict[str, Any]) -> Plan:
    """The plan with some of Home Manager's blocks, and one of the user's."""
    usual: dict[str, Any] = {"code": "", "after": [], "before": [], "userDefined": False, "declaredAt": []}
    blocks: dict[str, dict[str, Any]] = {name: usual | block for name, block in OWN.items()}
    place = {"file": "/etc/home.nix", "line": 3, "column": 5}
    blocks["mine"] = usual | {"userDefined": True, "declaredAt": [place]} | mine
    made: Plan = machine.plan({}, activation=blocks)
    return made


def told(plan: Plan, kind: str) -> list[str]:
    """The messages of one kind."""
    return [warning.message for warning in plan.warnings if warning.kind == kind]


@pytest.mark.parametrize(
    ("code", "ends", "fails"),
    [
        ("exit 0", True, False),
        ("run true\nexit", True, False),
        ("run exit 0", True, False),
        ("exec true", True, False),
        ("exit 3", True, True),
        ("exit 0 || true", True, False),
        ("echo 'exit 0'; # exit 0", False, False),
        ("(exit 0)", False, False),
        ("x=$(exit 0)", False, False),
        ("exec 3>&2", False, False),
        ("true || exit 0", False, False),
        ("if false; then exit 0; fi", False, False),
        ("if false; then true; else exit 0; fi", True, False),
        ("exit_code=1; echo exit", False, False),
    ],
)
def test_what_ends_a_script_is_what_ends_it_in_bash(code: str, ends: bool, fails: bool) -> None:
    script = f'set -e; run() {{ "$@"; }}\n{code}\necho reached'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert (not done.stdout.endswith("reached\n"), done.returncode != 0) == (ends, fails)
    found = find_exits(code)
    assert found or not ends
    assert not any(exit.is_certain for exit in found) or (ends, fails) == (True, found[0].fails)


@pytest.mark.parametrize(
    "code", ["for x in a; do\n  exit 0\ndone", "[[ -e /x ]] && exit 0", "case $x in a) exit ;; esac"]
)
def test_code_that_is_too_intricate_may_end_activation(machine: Machine, code: str) -> None:
    (message,) = told(plan(machine, {"code": code, "before": ["linkGeneration"]}), "ending-hook")
    assert message.startswith("home.activation.mine may end activation")


def test_a_block_that_ends_activation(machine: Machine) -> None:
    ended = plan(machine, {"code": "run true\nexit 0", "after": ["checkLinkTargets"], "before": ["linkGeneration"]})
    (message,) = told(ended, "ending-hook")
    assert message.startswith("home.activation.mine ends activation")
    assert message.endswith("linkGeneration")
    assert [block["name"] for block in ended.activation if block["opaque"]] == ["mine"]
    assert not ended.blocked


def test_a_block_that_always_fails_blocks(machine: Machine) -> None:
    failing = plan(machine, {"code": "exit 1", "after": ["writeBoundary"]})
    assert (failing.blocked, len(told(failing, "failing-hook"))) == (True, 1)
    assert not plan(machine, {"code": "run true || exit 1", "after": ["writeBoundary"]}).blocked


def test_an_order_by_a_block_that_is_not_there(machine: Machine) -> None:
    (message,) = told(plan(machine, {"code": "", "after": ["writeBoundry"]}), "unknown-block")
    assert message.startswith("home.activation.mine is ordered after writeBoundry, which is no block")
    assert message.endswith("; did you mean writeBoundary?")


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ('mv "$1" /tmp', "without a shell"),
        ("sh -c 'trash $0'", "without a shell"),
        ("~/bin/trash", "without a shell"),
        ("trash-put", "own PATH"),
        ("/run/current-system/sw/bin/trash", None),
        ("mv -t /tmp", None),
    ],
)
def test_a_backup_command_is_executed_and_not_evaluated(command: str, why: str | None) -> None:
    found = [warning.message for warning in backup_warnings(command)]
    assert [why in message for message in found if why] == ([True] if why else [])
    assert bool(found) == bool(why)


def test_only_a_plan_that_moves_something_aside_tells_of_it(machine: Machine) -> None:
    backup = Backup(command="trash")
    assert told(machine.plan({"f": "1"}, backup=backup), "backup-command") == []
    machine.lay(machine.home, {"f": "mine"})
    assert len(told(machine.plan({"f": "1"}, backup=backup), "backup-command")) == 1
