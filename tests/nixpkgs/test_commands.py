"""Commands on real configurations, as users type them, beside what Nix says."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hmeval.literals import path_literal, string_literal
from tests.nixpkgs.conftest import GENERATION, SYSTEM, lock
from tests.nixpkgs.floats import OLD_FLOATS, same_text

Command = Callable[..., subprocess.CompletedProcess[str]]
Instantiate = Callable[..., Any]

pytestmark = pytest.mark.nixpkgs

HOME = "import <home-manager/modules> {{ pkgs = import <nixpkgs> {{ }}; configuration = {file}; }}"


def output(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_list_of_a_homes_options(
    hmeval_command: Command, nix_instantiate: Instantiate, machines: Path, home_manager: Path, nixpkgs: Path
) -> None:
    file = machines / "standalone.nix"
    target = ("--file", file, "--home-manager", home_manager, "--nixpkgs", nixpkgs)
    ours = output(hmeval_command("options", *target, "--format", "options-list"))
    theirs = nix_instantiate(f"""
      let home = {HOME.format(file=path_literal(str(file)))}; inherit (home.pkgs) lib;
      in lib.filter (option: option.visible && !option.internal) (lib.optionAttrSetToDocList home.options)
    """)
    assert [one["name"] for one in ours] == [one["name"] for one in theirs]
    assert [one for one, other in zip(ours, theirs, strict=True) if not same_text(one, other)] == []


def test_a_home_with_its_manual(hmeval_command: Command, nix_instantiate: Instantiate, machines: Path) -> None:
    """It is the same where this engine writes floats as the reference does: the manual shows options' defaults."""
    file = machines / "manual.nix"
    ours = output(hmeval_command("eval", "--file", file, "--json", GENERATION))
    theirs = nix_instantiate(f"({HOME.format(file=path_literal(str(file)))}).{GENERATION}")
    assert (ours == theirs) is not OLD_FLOATS


def test_nixos_of_a_flake(hmeval_command: Command, nix_instantiate: Instantiate, machines: Path) -> None:
    """`inputs.nixpkgs.follows` and `useGlobalPkgs`: one nixpkgs for the system and its homes."""
    lock(machines)
    users = "config.home-manager.users"
    wanted = {
        "system": SYSTEM,
        **{name: f"{users}.{name}.{GENERATION.removeprefix('config.')}" for name in ("alice", "bob")},
    }
    expression = f"{{ {' '.join(f'{name} = {path};' for name, path in wanted.items())} }}"
    ours = output(hmeval_command("eval", "--flake", f"{machines}#desk", "--system", "--json", expression))
    flake = string_literal(f"path:{machines}")
    assert ours == nix_instantiate(
        f"let inherit ((builtins.getFlake {flake}).nixosConfigurations.desk) config; in {expression}"
    )
