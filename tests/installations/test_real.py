"""The real Home Manager in its three installations: the same home, whichever of them it is written in.

Its flake.nix, its nixos/ and its nix-darwin/ modules are the real ones; NixOS and nix-darwin are the stand-ins' shells
over the real lib, since Home Manager asks little of them.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import hmeval

Command = Callable[..., subprocess.CompletedProcess[str]]

STAND_INS = Path(__file__).resolve().parents[2] / "hmeval/offline"
HOST = platform.node()

FLAKE = """{
  inputs.nixpkgs.url = "path:%s";
  inputs.home-manager.url = "path:%s";
  inputs.home-manager.inputs.nixpkgs.follows = "nixpkgs";
  inputs.nix-darwin.url = "path:%s";
  inputs.nix-darwin.inputs.nixpkgs.follows = "nixpkgs";
  outputs = { nixpkgs, home-manager, nix-darwin, ... }: { %s };
}
"""
OUTPUTS = {
    "standalone": """homeConfigurations.alice = home-manager.lib.homeManagerConfiguration {
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      modules = [ ./home.nix { home.username = "alice"; home.homeDirectory = "/home/alice"; } ];
    };""",
    "standalone-darwin": """homeConfigurations.alice = home-manager.lib.homeManagerConfiguration {
      pkgs = nixpkgs.legacyPackages.aarch64-darwin;
      modules = [ ./home.nix { home.username = "alice"; home.homeDirectory = "/Users/alice"; } ];
    };""",
    "nixos": """nixosConfigurations."@host@" = nixpkgs.lib.nixosSystem {
      modules = [ home-manager.nixosModules.home-manager {
        nixpkgs.hostPlatform = "x86_64-linux";
        users.users.alice.isNormalUser = true;
        home-manager.users.alice = ./home.nix;
      } ];
    };""".replace("@host@", HOST),
    "nix-darwin": """darwinConfigurations."@host@" = nix-darwin.lib.darwinSystem {
      modules = [ home-manager.darwinModules.home-manager {
        nixpkgs.hostPlatform = "aarch64-darwin";
        users.users.alice.home = "/Users/alice";
        home-manager.users.alice = ./home.nix;
      } ];
    };""".replace("@host@", HOST.partition(".")[0]),
}
MODULE = """{ config, lib, pkgs, ... }:
{
  home.stateVersion = "26.05";
  home.packages = [ pkgs.ripgrep ];
  home.file."notes/.keep".text = "";
  home.sessionVariables.EDITOR = lib.mkDefault "vi";
  programs.git = {
    enable = true;
    settings.user.name = "Alice";
  };
  programs.ssh.enable = true;
  programs.ssh.matchBlocks.work.hostname = "work.example";
  programs.zsh.shellAliases.ll = "ls -l";
  xdg.configFile."a".text = config.home.username;
  # The world has nothing to make manuals with.
  manual.manpages.enable = false;
}
"""

# What a system says of itself, and what it tells its users (Home Manager's nixos/common.nix).
OF_THE_INSTALLATION = (
    "_module.",
    "home.uid",
    "nix.package",
    "nixpkgs.",
    "programs.home-manager.path",
    "submoduleSupport.",
)


@pytest.fixture(scope="module")
def folders(home_manager: Path, whole_world: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder with a flake for each installation: the same home.nix in all of them."""
    real = tmp_path_factory.mktemp("real")
    # Nix copies what a flake has as its input, with each command anew: its own tests are the most of it.
    modules = shutil.copytree(home_manager, real / "home-manager", ignore=shutil.ignore_patterns(".git", "tests"))
    nixpkgs = real / "nixpkgs"
    shutil.copytree(whole_world, nixpkgs)
    shutil.copytree(STAND_INS / "nixpkgs/nixos", nixpkgs / "nixos", dirs_exist_ok=True)
    flake = (nixpkgs / "flake.nix").read_text()
    system = "arguments: import ./nixos/lib/eval-config.nix ({ lib = import ./lib; system = null; } // arguments)"
    (nixpkgs / "flake.nix").write_text(
        flake.replace("lib = import ./lib;", f"lib = import ./lib // {{ nixosSystem = {system}; }};")
    )
    made = {}
    for name, outputs in OUTPUTS.items():
        made[name] = tmp_path_factory.mktemp(name)
        inputs = (nixpkgs, modules, STAND_INS / "nix-darwin")
        (made[name] / "flake.nix").write_text(FLAKE % (*inputs, outputs))
        (made[name] / "home.nix").write_text(MODULE)
    return made


def contents(folder: Path) -> dict[str, Mapping[str, Any]]:
    """Every option of the home that the folder is found to be about: what is declared, its value, who defines it.

    The user's modules come first in a home of its own and last in a system, and so are their definitions merged: lists
    have another order. The account's name and folder are defined in place in the one, in common.nix in the other.
    """
    with hmeval.load(flake=str(folder)) as home:
        options = home.options_with_state(values=True, hidden=True)
    told: dict[str, Mapping[str, Any]] = {}
    for name, option in options.items():
        if not name.startswith(OF_THE_INSTALLATION):
            files = {Path(each["file"]).name for each in option.definitions or ()} - {"<unknown-file>", "common.nix"}
            value = re.sub(r"/[^ ']*-source/home.nix", "home.nix", json.dumps(option.value))
            lines = sorted(value.split("\\n")) if name == "home.packages" else [value]
            told[name] = {"type": option.type, "value": lines, "default": option.default, "files": sorted(files)}
    return told


@pytest.mark.real
@pytest.mark.parametrize(("one", "other"), [("standalone", "nixos"), ("standalone-darwin", "nix-darwin")])
def test_the_same_home_in_two_ways(folders: dict[str, Path], one: str, other: str) -> None:
    expected, found = contents(folders[one]), contents(folders[other])
    assert len(expected) > 3000
    assert found.keys() == expected.keys()
    differing = {name for name in expected if expected[name] != found[name]}
    assert not differing, [(expected[name], found[name]) for name in sorted(differing)]
    assert "home.nix" in found["home.packages"]["files"]


@pytest.mark.real
@pytest.mark.parametrize("name", ["nixos", "nix-darwin"])
def test_the_home_is_the_one_that_the_system_has(folders: dict[str, Path], name: str) -> None:
    """Values as the system itself would have them built: no second evaluation may change them."""
    values = "home.sessionVariables home.username home.homeDirectory programs.git.settings".split()
    with hmeval.load(flake=str(folders[name])) as home, hmeval.load(flake=str(folders[name]), system=True) as system:
        for value in values:
            theirs = system.evaluate(f"config.home-manager.users.alice.{value}").to_python()
            assert home.evaluate(f"config.{value}").to_python() == theirs
        planned = {each["target"] for each in home.plan_inputs()["files"]}
        files = system.evaluate(
            "map (file: file.target) (builtins.attrValues config.home-manager.users.alice.home.file)"
        )
        assert ".config/git/config" in planned
        assert {
            file.removeprefix(f"{home.evaluate('config.home.homeDirectory').to_python()}/")
            for file in files.to_python()
        } >= planned
        ours = home.evaluate("config.home.activationPackage.drvPath").to_python()
        assert ours == system.evaluate("config.home-manager.users.alice.home.activationPackage.drvPath").to_python()


@pytest.mark.real
@pytest.mark.parametrize("name", ["standalone", "nixos", "nix-darwin"])
def test_no_flag_but_the_folder(hmeval_command: Command, folders: dict[str, Path], name: str) -> None:
    """options, one option in full, an instance, why, and the doctor."""
    folder = folders[name]

    def told(*arguments: str) -> Any:
        done = hmeval_command(*arguments, cwd=folder)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    names = hmeval_command("options", "--format", "names", "programs.git", cwd=folder).stdout.splitlines()
    assert {"programs.git.enable", "programs.git.settings"} <= set(names)
    (option,) = told("options", "--format", "json", "home.packages")["options"]
    assert f"{folder}/home.nix" in [each["file"] for each in option["definitions"]]
    (instance,) = told("options", "--format", "json", 'home.file."notes/.keep".text')["options"]
    assert (instance["loc"][:2], instance["loc"][-1]) == (["home", "file"], "text")
    why = told("why", "--json", "home.sessionVariables.EDITOR")
    (definition,) = [each for each in why["definitions"] if each["verdict"] == "winner"]
    assert (definition["file"], definition["line"]) == (f"{folder}/home.nix", 6)
    report = told("doctor", "--json")
    assert report["findings"] == [one for one in report["findings"] if one["severity"] in ("note", "warning")]
    served = {part: one["input"] for one in report["inputs"]["sources"] for part in one["serves"]}
    system = {} if name == "standalone" else {"system": "nixpkgs"}
    assert served == system | {
        "pkgs of Home Manager's modules": "nixpkgs",
        "Home Manager": "home-manager",
        "Home Manager's flake": "nixpkgs",
    }


@pytest.mark.real
@pytest.mark.parametrize("name", ["nixos", "nix-darwin"])
def test_the_stand_ins_module_for_systems_is_declared_as_the_real_one(folders: dict[str, Path], name: str) -> None:
    def declared(flake: str, *, offline: bool) -> dict[str, tuple[str, Any]]:
        with hmeval.load(flake=flake, system=True, offline=offline) as system:
            options = system.all_options
        return {
            option.name: (option.type, option.default)
            for option in options.values()
            if option.name.startswith("home-manager.") and "<name>" not in option.name
        }

    example = {"nixos": "nixos#nixosConfigurations.desk", "nix-darwin": "nix-darwin#darwinConfigurations.laptop"}
    stand_in = declared(f"{STAND_INS.parents[1]}/examples/{example[name]}", offline=True)
    real = declared(str(folders[name]), offline=False)
    assert len(stand_in) > 10
    assert stand_in == {option: real[option] for option in stand_in}
    assert real.keys() - stand_in.keys() <= {"home-manager.startAsUserService"}
