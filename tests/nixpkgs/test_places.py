"""What nixpkgs refuses, and what else fails in it, is told at the line of the user's that asks for it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = pytest.mark.nixpkgs

Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]

IDENTITY = 'home.username = "alice"; home.homeDirectory = "/home/alice"; home.stateVersion = "26.05";'


class Case(NamedTuple):
    """Lines of a home.nix, from its third, words of the error, and the places that may be told with the option."""

    lines: str
    told: str
    places: tuple[str, ...]
    option: str


MADE = "home.packages = [\n  pkgs.hello\n  (pkgs.hello.overrideAttrs { meta.%s; })\n];"

CASES = {
    "unfree": Case("home.packages = [\n  pkgs.unrar\n];", "unfree license", ("3:1",), "home.packages"),
    "unfree, by with": Case("home.packages = with pkgs; [\n  unrar\n];", "unfree license", ("3:1",), "home.packages"),
    "unfree, switched on": Case(
        "programs = {\n  vscode.enable = true;\n};", "unfree license", ("4:3", "4:10"), "programs.vscode.package"
    ),
    "broken": Case(MADE % "broken = true", "Refusing to evaluate", ("3:1",), "home.packages"),
    "insecure": Case(MADE % 'knownVulnerabilities = [ "it" ]', "insecure", ("3:1",), "home.packages"),
    "unsupported": Case(MADE % 'platforms = [ "aarch64-darwin" ]', "not available", ("3:1",), "home.packages"),
    "removed": Case("home.packages = [\n  pkgs.neofetch\n];", "removed", ("3:1", "4:3", "4:8"), "home.packages"),
    "missing": Case("home.packages = [\n  pkgs.nosuch\n];", "'nosuch' missing", ("4:3",), "home.packages"),
    "throw": Case('programs.git.enable =\n  throw "no";', "no", ("3:1", "4:3"), "programs.git.enable"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_the_users_own_line(
    hmeval_command: Hmeval, home_manager: Path, nixpkgs: Path, tmp_path: Path, case: Case
) -> None:
    (tmp_path / "home.nix").write_text(f"{{ pkgs, ... }}: {{\n{IDENTITY}\n{case.lines}\n}}\n")
    flags = ("--file", "home.nix", "--home-manager", home_manager, "--nixpkgs", nixpkgs, "--no-cache")
    done = hmeval_command("eval", *flags, "--at", "home.activationPackage.drvPath")
    assert done.returncode == 1
    assert case.told in done.stderr
    place = re.search(rf"^  at {tmp_path}/home\.nix:(\S+)$", done.stderr, re.MULTILINE)
    assert place, done.stderr
    assert place[1] in case.places, done.stderr
    assert f"\n  option: {case.option}\n" in done.stderr, done.stderr


def test_a_list_says_nothing(hmeval_command: Hmeval, home_manager: Path, nixpkgs: Path, tmp_path: Path) -> None:
    (tmp_path / "home.nix").write_text(f"{{\n{IDENTITY}\n}}\n")
    flags = ("--file", "home.nix", "--home-manager", home_manager, "--nixpkgs", nixpkgs, "--no-cache")
    for command in (("options",), ("options", "--set"), ("options", "--all", "--format", "json")):
        done = hmeval_command(*command, *flags)
        assert (done.returncode, done.stderr) == (0, "")
