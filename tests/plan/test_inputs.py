"""What is taken from a configuration where it is unusual, or its Home Manager older."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import hmeval
from hmeval.cache.observation import own_files

PLAN_INPUTS = Path(hmeval.__file__).parent / "nix/plan-inputs.nix"
HOME = """
  {{ pkgs, ... }}:
  {{
    home = {{ username = "alice"; homeDirectory = "/home/alice"; stateVersion = "25.11"; }};
    {more}
  }}
"""


def written(folder: Path, more: str) -> Path:
    """A configuration with some more in it."""
    file = folder / "home.nix"
    file.write_text(HOME.format(more=more))
    return file


SERVICE = 'systemd.user.services.x = { Service.ExecStart = "/x"; Install.WantedBy = [ "default.target" ]; };'


def test_units_below_a_folder_outside_of_home(tmp_path: Path) -> None:
    """Such a target lands below HOME, and so do the units."""
    file = written(tmp_path, f'xdg.enable = true; xdg.configHome = "/srv/config"; {SERVICE}')
    with hmeval.load(file=file, offline=True, cache="off") as configuration:
        plan = configuration.plan(from_="none")
    assert [unit["action"] for unit in plan.units if unit["name"] == "x.service"] == ["start"]
    assert "srv/config/systemd/user/x.service" in {file.target for file in plan.files}


@pytest.mark.parametrize(("asked", "starts"), [('"suggest"', False), ('"legacy"', True), ('"sd-switch"', True)])
def test_how_services_are_started_in_older_home_managers(tmp_path: Path, asked: str, starts: bool) -> None:
    """There the option's value is the name of the way, not yet whether it is sd-switch."""
    changed = f"config // {{ systemd.user = config.systemd.user // {{ startServices = {asked}; }}; }}"
    inputs = f"import {PLAN_INPUTS} {{ inherit options pkgs lib; config = {changed}; }}"
    with hmeval.load(file=written(tmp_path, ""), offline=True, cache="off") as configuration:
        assert json.loads(configuration.shown(f"({inputs}).startServices", None, json=True)["text"]) is starts


def test_a_cached_text_depends_on_what_finds_it() -> None:
    """Another hmeval, which may know more of a build, evaluates again."""
    files = {Path(path).relative_to(Path(hmeval.__file__).parent).as_posix() for path in own_files()}
    assert {"nix/plan-inputs.nix", "plan/contents.py", "plan/builds/programs.py"} <= files


OUTPUTS = """
  home.extraOutputsToInstall = [ "man" ];
  home.packages =
    let
      output = name: { type = "derivation"; name = "x-1"; outPath = "/nix/store/${name}"; meta = { }; };
    in
    [
      (output "one.dev" // { outputSpecified = true; man = output "one.man"; meta.outputsToInstall = [ "out" ]; })
      (output "two.out" // { bin = output "two.bin"; man = output "two.man"; meta.outputsToInstall = [ "bin" ]; })
      (output "three" // { man = output "three.man"; })
    ];
"""


def test_the_outputs_that_are_installed_are_those_of_build_env(tmp_path: Path) -> None:
    with hmeval.load(file=written(tmp_path, OUTPUTS), offline=True, cache="off") as configuration:
        packages = configuration.plan_inputs()["packages"]
    paths = [path.rpartition("/")[2] for package in packages if package["name"] == "x-1" for path in package["paths"]]
    assert paths == ["one.dev", "one.man", "two.bin", "two.man", "three", "three.man"]
