"""`--flake`: a local flake through its lock file, with replaced inputs, and what is wrong with flakes."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/standalone"
STAND_INS = ROOT / "hmeval/offline"

MODULE = """
{ home.username = "alice"; home.homeDirectory = "/home/alice"; home.stateVersion = "25.11"; %s }
"""

FLAKE = """
{
  %s
  outputs = { nixpkgs, home-manager, ... }: {
    homeConfigurations = %s;
  };
}
"""

ALICE = """{
  alice = home-manager.lib.homeManagerConfiguration {
    pkgs = nixpkgs.legacyPackages.x86_64-linux;
    modules = [ ./home.nix ];
  };
}"""


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example in a folder that is no Git work tree."""
    folder = tmp_path / "a flake"
    shutil.copytree(EXAMPLE, folder)
    return folder


def flake(folder: Path, inputs: str = "", configurations: str = ALICE, module: str = "") -> Path:
    """A flake with one module, and inputs as they are given."""
    folder.mkdir(exist_ok=True)
    (folder / "flake.nix").write_text(FLAKE % (inputs, configurations))
    (folder / "home.nix").write_text(MODULE % module)
    return folder


def failure(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def test_the_example_offline_is_what_its_file_is(hmeval_command: Command, example: Path) -> None:
    shown = hmeval_command(
        "eval", "--json", "--at", "programs.git.settings", "--offline", "--flake", f"{example}#alice"
    )
    file = hmeval_command(
        "eval", "--json", "--at", "programs.git.settings", "--offline", "--file", EXAMPLE / "home.nix"
    )
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout) == json.loads(file.stdout)


@pytest.mark.parametrize("name", ["", "#alice", "#homeConfigurations.alice", '#homeConfigurations."alice"'])
def test_the_name_as_home_manager_takes_it(hmeval_command: Command, example: Path, name: str) -> None:
    done = hmeval_command("options", "home.username", "--offline", "--flake", f".{name}", cwd=example)
    assert (done.returncode, '"alice"' in done.stdout) == (0, True), done.stderr


def test_replaced_inputs(hmeval_command: Command, example: Path) -> None:
    replaced = [word for name in ("nixpkgs", "home-manager") for word in ("--override-input", name, STAND_INS / name)]
    done = hmeval_command("options", "--format", "names", "programs.git", "--flake", f"path:{example}#alice", *replaced)
    assert "programs.git.enable\n" in done.stdout, done.stderr


def test_local_inputs_and_what_they_follow_need_no_lock(hmeval_command: Command, tmp_path: Path) -> None:
    inputs = f"""
      inputs.nixpkgs.url = "path:{STAND_INS / "nixpkgs"}";
      inputs.home-manager = {{ url = "path:{STAND_INS / "home-manager"}"; inputs.nixpkgs.follows = "nixpkgs"; }};
    """
    folder = flake(tmp_path / "local", inputs)
    done = hmeval_command("eval", "config.home.username", "--flake", f"{folder}#alice")
    assert (done.returncode, done.stdout) == (0, '"alice"\n'), done.stderr
    assert not (folder / "flake.lock").exists()


def test_a_lock_file_is_followed(hmeval_command: Command, tmp_path: Path) -> None:
    inputs = 'inputs.nixpkgs.url = "github:a/b"; inputs.home-manager.url = "github:c/d";'
    folder = flake(tmp_path / "locked", inputs)
    lock = {
        "version": 7,
        "root": "root",
        "nodes": {
            "root": {"inputs": {"nixpkgs": "the-packages", "home-manager": "the-modules"}},
            "the-packages": {"locked": {"type": "path", "path": str(STAND_INS / "nixpkgs")}},
            "the-modules": {
                "locked": {"type": "path", "path": str(STAND_INS / "home-manager")},
                "inputs": {"nixpkgs": ["nixpkgs"]},
            },
        },
    }
    (folder / "flake.lock").write_text(json.dumps(lock))
    done = hmeval_command("eval", "config.home.username", "--flake", f"{folder}#alice")
    assert (done.returncode, done.stdout) == (0, '"alice"\n'), done.stderr


def test_a_git_work_tree_has_the_files_that_git_knows(hmeval_command: Command, tmp_path: Path) -> None:
    folder = flake(tmp_path / "tree")
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "flake.nix"], check=True)
    message = failure(hmeval_command("options", "--offline", "--flake", f"{folder}#alice"))
    assert "home.nix" in message
    subprocess.run([*git, "add", "home.nix"], check=True)
    done = hmeval_command("eval", "config.home.username", "--offline", "--flake", f"{folder}#alice")
    assert (done.returncode, done.stdout) == (0, '"alice"\n'), done.stderr


def test_names_that_are_not_there(hmeval_command: Command, example: Path, tmp_path: Path) -> None:
    message = failure(hmeval_command("options", "--offline", "--flake", f"{example}#bob"))
    assert "homeConfigurations.bob" in message
    assert "it has alice" in message
    empty = flake(tmp_path / "empty", configurations="{ }")
    assert "has no homeConfigurations" in failure(hmeval_command("options", "--offline", "--flake", empty))


def test_what_is_not_locked(hmeval_command: Command, example: Path) -> None:
    message = failure(hmeval_command("options", "--flake", f"{example}#alice"))
    assert "is not in its flake.lock" in message
    assert "--override-input" in message


def test_no_flake_and_a_broken_one(hmeval_command: Command, tmp_path: Path) -> None:
    assert "holds no flake.nix" in failure(hmeval_command("options", "--flake", tmp_path))
    (tmp_path / "flake.nix").write_text("{\n  outputs = { self }: {\n")
    message = failure(hmeval_command("options", "--offline", "--flake", tmp_path))
    assert "syntax" in message
    assert "flake.nix:2:24" in message


def test_an_unknown_option_in_a_flake_has_its_line(hmeval_command: Command, tmp_path: Path) -> None:
    folder = flake(tmp_path / "wrong", module="\n  programs.git.enabel = true;")
    message = failure(hmeval_command("options", "--offline", "--flake", f"{folder}#alice"))
    assert f"at {folder}/home.nix:3:3" in message
    assert f"In `{folder}/home.nix'" in message
    assert "programs.git.enabel" in message


def test_definitions_are_told_in_the_folder(hmeval_command: Command, example: Path) -> None:
    done = hmeval_command("options", "programs.git.enable", "--offline", "--flake", f"{example}#alice")
    assert f"\n    {example}/git.nix  true\n" in done.stdout
