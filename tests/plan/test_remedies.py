"""Every remedy that a plan prints is applied, and helps."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import hmeval
from hmeval.plan.model import FileChange, Plan
from tests.cli.test_plan import SCHEMA

Load = Callable[[Path], hmeval.Configuration]
HOME_NIX = """
{{ config, lib, ... }}: {{
  home = {{ username = "alice"; homeDirectory = "{home}"; stateVersion = "25.11"; }};
  manual.manpages.enable = false;
  home.file."plain".text = "ours";
  home.file."named" = {{ target = "other/place"; text = "ours"; }};
  home.file."\\${{odd}} \\"quotes\\"".text = "ours";
  xdg.configFile."app/rc".text = "ours";
  xdg.dataFile."app/data".text = "ours";
  programs.git.enable = true;
  programs.git.settings.user.name = "Alice";
  systemd.user.services.mine = {{ Unit.Description = "mine"; Service.ExecStart = "/bin/true"; }};
}}
"""
OPTIONS = {
    "plain": "home.file.plain",
    "other/place": "home.file.named",
    '${odd} "quotes"': 'home.file."\\${odd} \\"quotes\\""',
    ".config/app/rc": 'xdg.configFile."app/rc"',
    ".local/share/app/data": 'xdg.dataFile."app/data"',
    ".config/git/config": 'xdg.configFile."git/config"',
    ".config/systemd/user/mine.service": 'xdg.configFile."systemd/user/mine.service"',
}
OWNERS = {".config/git/config": "programs.git"}


@pytest.fixture(params=["stand-in", pytest.param("real", marks=pytest.mark.real)])
def load(request: pytest.FixtureRequest) -> Load:
    """The configuration of a file, with the stand-ins or with the real Home Manager."""
    if request.param == "stand-in":
        return lambda file: hmeval.load(file=file, offline=True, cache="off")
    home_manager, world = (request.getfixturevalue(name) for name in ("home_manager", "world"))
    return lambda file: hmeval.load(file=file, home_manager=home_manager, nixpkgs=world, cache="off")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A HOME with a file of one's own in the place of each that the configuration has."""
    home = tmp_path / "home"
    for target in OPTIONS:
        (home / target).parent.mkdir(parents=True, exist_ok=True)
        (home / target).write_text("mine")
    (tmp_path / "home.nix").write_text(HOME_NIX.format(home=home))
    return home


def blocked(plan: Plan) -> dict[str, FileChange]:
    """What is blocked, by target."""
    return {change.target: change for change in plan.files if change.action == "blocked"}


def plan_with(load: Load, home: Path, lines: str = "", **circumstances: Any) -> Plan:
    """The plan of the configuration with some lines more; it has no other errors."""
    module = home.parent / "with.nix"
    module.write_text(f"{{ imports = [ ./home.nix ]; {lines} }}")
    with load(module) as configuration:
        assert configuration.recover() == []
        return configuration.plan(from_="none", **circumstances)


def test_the_option_that_declares_a_file_is_named(load: Load, home: Path) -> None:
    plan = plan_with(load, home)
    changes = blocked(plan)
    assert {target: change.managed.option for target, change in changes.items() if change.managed} == OPTIONS
    owners = {target: change.managed.owner for target, change in changes.items() if change.managed}
    assert {target: owner for target, owner in owners.items() if owner is not None} == OWNERS
    jsonschema.validate(plan.as_json({"kind": "file"}), SCHEMA)


def test_the_remedies_for_a_file_in_the_way(load: Load, home: Path) -> None:
    shapes = {
        tuple(re.sub(r"set .*\.force", "set OPTION.force", way) for way in each.remedies)
        for each in blocked(plan_with(load, home)).values()
    }
    assert shapes == {("move the file away", "activate with `home-manager switch -b bak`", "set OPTION.force = true")}
    forced = "".join(f"{option}.force = true;" for option in OPTIONS.values())
    assert blocked(plan_with(load, home, forced)) == {}
    assert blocked(plan_with(load, home, backup_extension="bak")) == {}
    for target in OPTIONS:
        (home / target).rename(home.parent / "away")
    assert blocked(plan_with(load, home)) == {}


def test_the_remedies_for_a_link_and_a_folder_in_the_way(load: Load, home: Path) -> None:
    for target in OPTIONS:
        (home / target).unlink()
    (home / "plain").symlink_to(home)
    (home / "other/place").mkdir()
    remedies = {target: change.remedies for target, change in blocked(plan_with(load, home)).items()}
    assert remedies == {
        "plain": ("remove the link", "set home.file.plain.force = true"),
        "other/place": ("move the folder away", "activate with `home-manager switch -b bak`"),
    }
    assert set(blocked(plan_with(load, home, "home.file.plain.force = true;"))) == {"other/place"}
    assert set(blocked(plan_with(load, home, backup_extension="bak"))) == {"plain"}
    (home / "plain").unlink()
    shutil.move(home / "other/place", home.parent / "away")
    assert blocked(plan_with(load, home)) == {}


def test_the_remedies_for_an_older_backup(load: Load, home: Path) -> None:
    (home / "plain.bak").write_text("older")
    (change,) = blocked(plan_with(load, home, backup_extension="bak")).values()
    assert change.remedies == (
        "remove the older backup",
        "take another extension",
        "set HOME_MANAGER_BACKUP_OVERWRITE=1 for it",
    )
    assert blocked(plan_with(load, home, backup_extension="bak", overwrite_backup=True)) == {}
    assert blocked(plan_with(load, home, backup_extension="other")) == {}
    (home / "plain.bak").unlink()
    assert blocked(plan_with(load, home, backup_extension="bak")) == {}


def test_the_remedies_for_a_file_in_a_folder_s_place(load: Load, home: Path) -> None:
    """Home Manager's check does not see it, and `mkdir` fails."""
    for target in OPTIONS:
        (home / target).unlink()
    (home / "other").rmdir()
    (home / "other").write_text("mine")
    (change,) = blocked(plan_with(load, home)).values()
    assert change.remedies == ("move what is in the way somewhere else",)
    (home / "other").unlink()
    assert blocked(plan_with(load, home)) == {}
