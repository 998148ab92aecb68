"""Input that is no good: one message, the place, the remedy, and exit code 1; of commands and of the doctor."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]

FLAKE = """{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.home-manager.url = "github:nix-community/home-manager";
  inputs.home-manager.inputs.nixpkgs.follows = "nixpkgs";
  outputs = { nixpkgs, home-manager, ... }: {
    %s
  };
}
"""
HOME = """homeConfigurations.alice = home-manager.lib.homeManagerConfiguration {
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      modules = [ { home = { username = "alice"; homeDirectory = "/home/alice"; stateVersion = "26.05"; }; } ];
    };"""
TWO_USERS = """nixosConfigurations.desk = nixpkgs.lib.nixosSystem { modules = [
      home-manager.nixosModules.home-manager {
        nixpkgs.hostPlatform = "x86_64-linux";
        users.users = { alice = { }; bob = { }; };
        home-manager.users = { alice.home.stateVersion = "26.05"; bob.home.stateVersion = "26.05"; };
      }
    ]; };"""
TWO_HOSTS = "nixosConfigurations = { one = { }; two = { }; };"
LOCK = {"version": 7, "root": "root", "nodes": {"root": {}}}


class Case(NamedTuple):
    """A flake, what is asked for of it, and what the message has to say."""

    outputs: str
    told: tuple[str, ...]
    name: str = ""
    flags: tuple[str, ...] = ()
    lock: str | None = None
    text: str | None = None


CASES = {
    "no configurations": Case("", ("has no homeConfigurations, nixosConfigurations or darwinConfigurations",)),
    "a name that is not there": Case(HOME, ("homeConfigurations.bob", "--flake {folder}#alice"), "#bob"),
    "a host that is not there": Case(
        TWO_USERS, ("nixosConfigurations.web", "#nixosConfigurations.desk"), "#nixosConfigurations.web"
    ),
    "a user that is not there": Case(
        TWO_USERS,
        ("home-manager.users.zoe", "--user alice, --user bob"),
        "#nixosConfigurations.desk",
        ("--user", "zoe"),
    ),
    "several users": Case(TWO_USERS, ("several users", "--user alice, --user bob"), "#nixosConfigurations.desk"),
    "several hosts": Case(
        TWO_HOSTS,
        ("--flake {folder}#nixosConfigurations.one\n", "--flake {folder}#nixosConfigurations.two"),
        "#nixosConfigurations",
    ),
    "a user of a home of its own": Case(
        HOME, ("is a home of its own",), "#homeConfigurations.alice", ("--user", "alice")
    ),
    "a lock file that is cut": Case(
        HOME, ("{folder}/flake.lock is damaged", "restore it, or delete it"), "#alice", lock=json.dumps(LOCK)[:40]
    ),
    "a lock file of the future": Case(
        HOME,
        ("{folder}/flake.lock has version 99", "versions 5, 6, 7 are known"),
        "#alice",
        lock=json.dumps(LOCK | {"version": 99}),
    ),
    "a flake.nix that is no Nix": Case(
        "", ("{folder}/flake.nix:2:12", "syntax error"), "#alice", text="{\n  inputs = ;\n}\n"
    ),
    "a flake.nix that is no flake": Case("", ("{folder}/flake.nix", "outputs"), "#alice", text="{ }\n"),
    "an output that fails": Case(
        'homeConfigurations = throw "not today";', ("not today", "{folder}/flake.nix"), "#alice"
    ),
    "an output that is no set": Case(
        "homeConfigurations = 1;", ("{folder}/flake.nix:6:5", "homeConfigurations"), "#alice"
    ),
    "a configuration that is none": Case(
        "homeConfigurations.alice = 1;", ("{folder}/flake.nix:6:5", "homeConfigurations.alice"), "#alice"
    ),
    "a system that is none": Case(
        "nixosConfigurations.desk = 1;", ("{folder}/flake.nix:6:5",), "#nixosConfigurations.desk"
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("command", ["options", "eval", "doctor"])
def test_bad_input(hmeval_command: Command, tmp_path: Path, command: str, name: str) -> None:
    case, folder = CASES[name], tmp_path / "flake"
    folder.mkdir()
    (folder / "flake.nix").write_text(case.text or FLAKE % case.outputs)
    if case.lock is not None:
        (folder / "flake.lock").write_text(case.lock)
    words = ["eval", "1"] if command == "eval" else [command]
    done = hmeval_command(*words, "--offline", "--flake", f"{folder}{case.name}", *case.flags)
    shown = done.stdout if command == "doctor" else done.stderr
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert command == "doctor" or done.stdout == ""
    assert command == "doctor" or shown.count("hmeval: ") == 1
    for told in case.told:
        assert told.format(folder=folder) in shown.replace("\n          ", "\n  "), shown
    if command == "doctor":
        report = json.loads(
            hmeval_command("doctor", "--json", "--offline", "--flake", f"{folder}{case.name}", *case.flags).stdout
        )
        assert [one["severity"] for one in report["findings"]].count("error") == 1
        assert (report["target"] is None) == (name != "a configuration that is none")


def test_a_flake_that_is_not_there(hmeval_command: Command, tmp_path: Path) -> None:
    done = hmeval_command("options", "--flake", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{tmp_path} holds no flake.nix" in done.stderr
