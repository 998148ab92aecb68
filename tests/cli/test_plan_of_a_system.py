"""`hmeval plan --system`: the plans of all homes that a system manages."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import hmeval

Command = Callable[..., subprocess.CompletedProcess[str]]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SCHEMA = json.loads((Path(hmeval.__file__).parent / "plan/plan.schema.json").read_text())


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """The example of a NixOS with two users; their homes are not there."""
    shutil.copytree(EXAMPLES / "nixos", tmp_path / "nixos")
    return tmp_path / "nixos"


def plan_of(folder: Path) -> tuple[str, ...]:
    return ("plan", "--offline", "--flake", f"{folder}#desk")


def read(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(document, SCHEMA)
    return document


def test_each_home_has_the_plan_that_it_has_alone(hmeval_command: Command, desk: Path) -> None:
    document = read(hmeval_command(*plan_of(desk), "--system", "--json"))
    assert "boot loader" in document["not_planned"]
    assert document["target"]["system"] is True
    assert [home["target"]["user"] for home in document["homes"]] == ["alice", "bob"]
    for home in document["homes"]:
        done = hmeval_command(*plan_of(desk), "--user", home["target"]["user"], "--json")
        alone = json.loads(done.stdout)
        refused = [one for one in alone["warnings"] if one["kind"] == "refusal"]
        assert done.returncode == (3 if refused else 0)
        assert home | {"blocked": bool(refused), "warnings": [*refused, *home["warnings"]]} == alone


def test_the_text_begins_and_ends_with_how_it_ends_for_each(hmeval_command: Command, desk: Path) -> None:
    done = hmeval_command(*plan_of(desk), "--system")
    lines = done.stdout.splitlines()
    assert lines[:2] == lines[-2:]
    assert [line.partition(":")[0] for line in lines[:2]] == ["alice", "bob"]
    assert [line for line in lines if line.startswith("== ")] == ["== alice", "== bob"]
    assert "`nixos-rebuild dry-activate`" in done.stdout
    brief = hmeval_command(*plan_of(desk), "--system", "--brief")
    assert brief.stdout.splitlines() == lines[:2]


def test_one_home_that_is_blocked_blocks_all(hmeval_command: Command, desk: Path, tmp_path: Path) -> None:
    """And no USER but the home's own activates it: the system does so as that user."""
    home = tmp_path / "home of bob"
    (desk / "bob.nix").write_text(
        f'{{ lib, ... }}: {{ users.users.bob.home = lib.mkForce "{home}"; home-manager.users.bob.home.homeDirectory = '
        f'lib.mkForce "{home}"; }}'
    )
    text = (desk / "configuration.nix").read_text()
    (desk / "configuration.nix").write_text(text.replace("{\n", "{\n  imports = [ ./bob.nix ];\n", 1))
    done = hmeval_command(*plan_of(desk), "--system", "--brief", env={"USER": "root"})
    assert done.returncode == 3
    alice, bob = done.stdout.splitlines()
    assert alice.startswith("alice: Activation can be done: ")
    assert bob == "bob: Activation would fail: it refuses to begin."


@pytest.mark.parametrize(
    "flags",
    [("--home", "/h"), ("--backup-extension", "b"), ("--graph", "dot"), ("--from", "3"), ("--specialisation", "s")],
)
def test_what_is_about_one_home_is_refused(hmeval_command: Command, desk: Path, flags: tuple[str, ...]) -> None:
    done = hmeval_command(*plan_of(desk), "--system", *flags)
    assert done.returncode == 2
    assert f"hmeval: {flags[0]} is about one home" in done.stderr
    assert "give --user NAME" in done.stderr


def test_a_system_without_homes(hmeval_command: Command, desk: Path) -> None:
    (desk / "configuration.nix").write_text('{ nixpkgs.hostPlatform = "x86_64-linux"; }')
    done = hmeval_command(*plan_of(desk), "--system")
    assert (done.returncode, done.stdout) == (1, "")
    assert "the system manages no homes with Home Manager; the rest of the system" in done.stderr


def test_the_answer_is_cached(desk: Path) -> None:
    def plans() -> dict[str, Any]:
        with hmeval.load(flake=f"{desk}#desk", system=True, offline=True) as configuration:
            return {user: plan.as_json({}) for user, plan in configuration.plans("none").items()}

    first = plans()
    assert list(first) == ["alice", "bob"]
    assert plans() == first


@pytest.mark.nixpkgs
def test_a_real_system(hmeval_command: Command, home_manager: Path, nixpkgs: Path) -> None:
    path = f"home-manager={home_manager}:nixpkgs={nixpkgs}"
    target = ("--file", EXAMPLES.parent / "tests/nixpkgs/machines/channels/configuration.nix", "--nixpkgs", nixpkgs)
    document = read(hmeval_command("plan", "--system", "--json", *target, env={"NIX_PATH": path}))
    assert [home["home"] for home in document["homes"]] == ["/home/alice", "/home/bob"]
    assert all(home["files"] and home["packages"] for home in document["homes"])
