"""For whom a plan is: which user, and which HOME, activation would refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import hmeval
from hmeval.plan.model import Plan

Machine = Any
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def refusals(plan: Plan) -> list[str]:
    """What a plan says that activation refuses."""
    return [condition for condition in plan.conditional if "refuses" in condition]


def test_a_home_is_the_same_by_any_path(machine: Machine) -> None:
    (machine.folder / "link").symlink_to(machine.home)
    assert refusals(machine.plan({}, homeDirectory=str(machine.folder / "link"))) == []
    assert refusals(machine.plan({}, homeDirectory=str(machine.store)))


def test_a_home_with_blanks_cannot_be_activated(machine: Machine) -> None:
    """Home Manager's script begins with `cd $HOME`, which is two words then."""
    machine.home = machine.folder / "a home"
    machine.home.mkdir()
    assert [told.split(":")[0] for told in refusals(machine.plan({}))] == [f"activation refuses {machine.home}"]


def test_a_home_that_is_not_there_is_no_place_to_begin(machine: Machine) -> None:
    assert not any("is not there" in condition for condition in machine.plan({}).conditional)
    machine.home.rmdir()
    machine.home.symlink_to(machine.folder / "nowhere")
    assert f"{machine.home} is not there" in machine.plan({"f": "1"}).conditional[0]


@pytest.mark.parametrize(("flake", "user"), [("nixos#desk", "alice"), ("nix-darwin#laptop", "alice")])
def test_a_system_activates_as_its_user(monkeypatch: pytest.MonkeyPatch, flake: str, user: str) -> None:
    monkeypatch.setenv("USER", "root")
    with hmeval.load(flake=f"{EXAMPLES}/{flake}", user=user, offline=True, cache="off") as configuration:
        assert refusals(configuration.plan(from_="none")) == []
