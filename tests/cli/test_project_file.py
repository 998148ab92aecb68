"""hmeval.toml and `--override-inputs`, end to end: every command takes them, and flags that do not fit are refused."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import hmeval

Command = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).resolve().parents[2]
STAND_INS = ROOT / "hmeval/offline"
OVERRIDES = f"""
nixpkgs = "{STAND_INS}/nixpkgs"
home-manager = "path:{STAND_INS}/home-manager"
"""
TOML = f"""
target = ".#nixosConfigurations.desk"
user = "bob"
[overrides]
{OVERRIDES}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example with a system and two homes, and what is needed to evaluate it."""
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "examples/nixos", folder)
    (folder / "below").mkdir()
    (folder / "hmeval.toml").write_text(TOML)
    return folder


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("options", "home.username"), '"bob"'),
        (("why", "home.username"), '"bob"'),
        (("eval", "config.home.username"), '"bob"'),
        (("plan", "--from", "none"), "Activation in /home/bob"),
        (("options", "home.username", "--user", "alice"), '"alice"'),
        (("options", "networking.hostName", "--system"), '"desk"'),
        (("options", "home.username", "--flake", "..#nixosConfigurations.desk", "--user", "alice"), '"alice"'),
        (("doctor",), "project#nixosConfigurations.desk, home of bob"),
        (("diff", "..#nixosConfigurations.desk", "..#nixosConfigurations.desk", "--user", "bob"), "No option differs"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else "",
)
def test_every_command_takes_it(hmeval_command: Command, project: Path, command: tuple[str, ...], told: str) -> None:
    done = hmeval_command(*command, cwd=project / "below")
    assert (done.returncode, told in done.stdout) == (0, True), done.stdout + done.stderr


def test_an_edit_of_it_is_another_question(hmeval_command: Command, project: Path) -> None:
    for user in ("bob", "alice", "bob"):
        (project / "hmeval.toml").write_text(TOML.replace("bob", user))
        assert f'"{user}"' in hmeval_command("options", "home.username", cwd=project).stdout
    (project / "hmeval.toml").unlink()
    assert hmeval_command("options", "home.username", cwd=project).returncode == 1


def test_the_doctor_prints_it(hmeval_command: Command, project: Path) -> None:
    file = project / "hmeval.toml"
    report = json.loads(hmeval_command("doctor", "--json", cwd=project).stdout)
    overrides = {"nixpkgs": f"{STAND_INS}/nixpkgs", "home-manager": f"path:{STAND_INS}/home-manager"}
    said = {"file": str(file), "target": ".#nixosConfigurations.desk", "user": "bob", "overrides": overrides}
    assert report["project"] == said | {"used": True}
    shown = hmeval_command("doctor", cwd=project).stdout
    assert f"project   {file}: target .#nixosConfigurations.desk, user bob, nixpkgs → {STAND_INS}/nixpkgs, " in shown
    other = hmeval_command("doctor", "--offline", "--file", ROOT / "examples/standalone/home.nix", cwd=project).stdout
    assert f"project   {file}: not used, another target is asked for" in other
    file.write_text("usr = 'bob'")
    wrong = hmeval_command("doctor", cwd=project)
    assert (wrong.returncode, f"error     {file}:1: usr: this key is not known" in wrong.stdout) == (1, True)
    failed = hmeval_command("options", cwd=project)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.startswith(f"hmeval: {file}:1: usr: this key is not known")


def test_many_inputs_at_once(hmeval_command: Command, project: Path) -> None:
    (project / "hmeval.toml").rename(project / "other.toml")
    (project / "below/replaced.toml").write_text(OVERRIDES)
    flake = ("--flake", f"{project}#nixosConfigurations.desk", "--user", "bob")
    done = hmeval_command("eval", "config.home.username", *flake, "--override-inputs", project / "below/replaced.toml")
    assert (done.returncode, done.stdout) == (0, '"bob"\n'), done.stderr
    with hmeval.load(flake[1], override_inputs=project / "below/replaced.toml", user="bob") as home:
        assert home.value_at(["home", "username"]).to_python() == "bob"
    (project / "below/replaced.toml").write_text(OVERRIDES + 'foo = "."')
    done = hmeval_command("eval", "1", *flake, "--override-inputs", project / "below/replaced.toml")
    assert "foo: there is no such input" in done.stderr
    assert str(project / "below/replaced.toml") in done.stderr
    single = ("--override-input", "foo", ".", "--override-input", "foo", "..")
    done = hmeval_command("eval", "1", *flake, *single)
    assert (done.returncode, "--override-input foo is given twice" in done.stderr) == (2, True)


def test_the_flake_above_is_taken_and_not_a_part_of_it(hmeval_command: Command, project: Path) -> None:
    """`hosts/desk/configuration.nix` is no configuration of its own, and `--override-input` is for the flake."""
    (project / "hmeval.toml").unlink()
    (project / "below/configuration.nix").write_text('{ networking.hostName = throw "it is no whole"; }')
    flake = (project / "flake.nix").read_text().replace("desk", platform.node())
    (project / "flake.nix").write_text(flake)
    replaced = [word for name in ("nixpkgs", "home-manager") for word in ("--override-input", name, STAND_INS / name)]
    found = ("eval", "--json", "config.networking.hostName", "--system")
    done = hmeval_command(*found, *replaced, cwd=project / "below")
    assert (done.returncode, json.loads(done.stdout or "0")) == (0, "desk"), done.stderr


@pytest.mark.parametrize(
    ("found", "flags", "problem"),
    [
        ("home.nix", ("--override-input", "nixpkgs", "."), "--override-input goes with --flake"),
        ("home.nix", ("--write-lock-file",), "--write-lock-file goes with --flake"),
        ("configuration.nix", ("--home-manager", "."), "--home-manager goes with a home.nix"),
        ("flake.nix", ("--nixpkgs", "."), "--home-manager and --nixpkgs go with --file"),
    ],
)
def test_flags_that_do_not_fit_what_is_found(
    hmeval_command: Command, tmp_path: Path, found: str, flags: tuple[str, ...], problem: str
) -> None:
    (tmp_path / found).write_text("{ }")
    done = hmeval_command("options", *flags, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    named = f"--flake {tmp_path}" if found == "flake.nix" else f"--file {tmp_path}/{found}"
    assert f"{named} is what was found: " in done.stderr
    assert problem in done.stderr
