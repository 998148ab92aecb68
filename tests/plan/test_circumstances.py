"""For whom a plan is: which user, and which HOME, activation would refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import hmeval
from hmeval.plan.generation import NO_GENERATION
from hmeval.plan.model import Plan
from hmeval.plan.planner import Circumstances, make_plan

Machine = Any
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def refusals(plan: Plan) -> list[str]:
    """What a plan says that activation refuses; a refusal blocks."""
    told = [warning.message for warning in plan.warnings if warning.kind == "refusal"]
    assert plan.blocked == bool(told)
    return told


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


@pytest.mark.parametrize(("uid", "told"), [(None, []), (1000, []), (1001, ["activation refuses any UID but 1001"])])
def test_a_home_of_somebody_else(machine: Machine, uid: int | None, told: list[str]) -> None:
    """Home Manager's checkStringEq UID (modules/home-environment.nix), where home.uid is set."""
    inputs = machine.inputs({}, uid=uid)
    circumstances = Circumstances(
        str(machine.home), NO_GENERATION, {"kind": "none", "generation": None}, user="alice", uid=1000
    )
    assert [refusal.split(";")[0] for refusal in refusals(make_plan(inputs, circumstances))] == told


def test_a_user_of_another_name(machine: Machine) -> None:
    circumstances = Circumstances(str(machine.home), NO_GENERATION, {"kind": "none", "generation": None}, user="bob")
    (told,) = refusals(make_plan(machine.inputs({}), circumstances))
    assert told == "activation refuses any USER but alice; this plan is for bob"


@pytest.mark.parametrize(("flake", "user"), [("nixos#desk", "alice"), ("nix-darwin#laptop", "alice")])
def test_a_system_activates_as_its_user(monkeypatch: pytest.MonkeyPatch, flake: str, user: str) -> None:
    monkeypatch.setenv("USER", "root")
    with hmeval.load(flake=f"{EXAMPLES}/{flake}", user=user, offline=True, cache="off") as configuration:
        assert refusals(configuration.plan(from_="none")) == []


FLAKE = """
{
  inputs = { nixpkgs.url = "nixpkgs"; home-manager.url = "home-manager"; };
  outputs = { nixpkgs, home-manager, ... }: {
    homeConfigurations.alice = home-manager.lib.homeManagerConfiguration {
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      modules = [ ./home.nix ];
    };
  };
}
"""
HOME = """
{
  home = { username = "alice"; homeDirectory = "/home/alice"; stateVersion = "25.11"; };
  warnings = [ "an old name in ${toString ./home.nix}" ];
}
"""


def test_the_configuration_s_warnings_name_files_of_the_flake_s_folder(tmp_path: Path) -> None:
    """And not its copy in the store, which nobody edits."""
    (tmp_path / "flake.nix").write_text(FLAKE)
    (tmp_path / "home.nix").write_text(HOME)
    with hmeval.load(flake=f"{tmp_path}#alice", offline=True, cache="off") as configuration:
        told = [warning.message for warning in configuration.plan(from_="none").warnings]
    assert f"an old name in {tmp_path}/home.nix" in told
