"""Errors are told at the user's own line, wherever in nixpkgs, its lib or Home Manager they arise."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from hmeval.literals import path_literal

Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]

STAND_INS = Path(__file__).resolve().parents[2] / "hmeval/offline"
IDENTITY = 'home.username = "alice"; home.homeDirectory = "/home/alice"; home.stateVersion = "26.05";'

# Packages as nixpkgs refuses them: some when they are asked for, others when their path is.
REFUSING = """\
arguments:
let
  pkgs = import %s arguments;
  refused = pkgs.hello // { drvPath = throw "unfree"; outPath = throw "unfree"; };
in
pkgs // {
  path = ./.;
  inherit refused;
  removed = throw "'removed' has been removed";
  call = list: pkgs.lib.head list;
}
"""


class Case(NamedTuple):
    """Lines of a home.nix, from its third, what is wrong, and the places that may be told: an engine knows more."""

    lines: str
    told: str
    places: tuple[str, ...]
    option: str | None = None


CASES = {
    "refused package": Case(
        "home.packages = [\n  pkgs.hello\n  pkgs.refused\n];", "unfree", ("home.nix:3:1",), "home.packages"
    ),
    "refused package in a text": Case(
        'home.sessionVariables.A =\n  "${pkgs.refused}/bin";',
        "unfree",
        ("home.nix:3:1", "home.nix:4:3", "home.nix:4:4", "home.nix:4:6"),
        "home.sessionVariables.A",
    ),
    "removed package": Case(
        "home.packages = [\n  pkgs.hello\n  pkgs.removed\n];",
        "has been removed",
        ("home.nix:3:1", "home.nix:5:3"),
        "home.packages",
    ),
    "missing package": Case(
        "home.packages = [\n  pkgs.nosuch\n];", "attribute 'nosuch' missing", ("home.nix:4:3",), "home.packages"
    ),
    "throw": Case(
        'programs.git.enable =\n  throw "no good";', "no good", ("home.nix:3:1", "home.nix:4:3"), "programs.git.enable"
    ),
    "throw in a condition": Case(
        'programs.git.enable =\n  lib.mkIf (throw "no good") true;',
        "no good",
        ("home.nix:3:1", "home.nix:4:13"),
        "programs.git.enable",
    ),
    "throw in a submodule": Case(
        'home.file.a.text =\n  throw "no good";', "no good", ("home.nix:3:1", "home.nix:4:3"), "home.file.a.text"
    ),
    "throw in one of two definitions": Case(
        'programs = lib.mkMerge [\n  { git.enable = true; }\n  { git.enable = throw "no good"; }\n];',
        "no good",
        ("home.nix:5:5", "home.nix:5:18"),
        "programs.git.enable",
    ),
    "argument of modules that fails": Case(
        '_module.args.it = throw "no good"; imports = [ ./asking.nix ];',
        "no good",
        ("home.nix:3:1", "home.nix:3:19"),
        "_module.args.it",
    ),
    "argument of modules that is not there": Case(
        "imports = [ ./asking.nix ];", "attribute 'it' missing", ("asking.nix:2:3",), "home.sessionVariables.A"
    ),
    "argument of modules in imports": Case(
        "imports = [ ./importing.nix ];", "infinite recursion", ("importing.nix:2:3",)
    ),
    "wrong argument of a function": Case(
        "home.sessionVariables.A =\n  lib.concatStringsSep 1 [ ];",
        "string",
        ("home.nix:4:3",),
        "home.sessionVariables.A",
    ),
    "function of nixpkgs that fails": Case(
        "home.sessionVariables.A =\n  pkgs.call [ ];", "list", ("home.nix:3:1", "home.nix:4:3"), None
    ),
    "missing module": Case("imports = [\n  ./absent.nix\n];", "absent.nix", ("home.nix:4:3",)),
    "missing module of a module": Case("imports = [ ./nested.nix ];", "absent.nix", ("nested.nix:3:5",)),
    "missing folder of modules": Case("imports = [\n  ./folder\n];", "folder/default.nix", ("home.nix:4:3",)),
    "missing source": Case("home.file.a.source =\n  ./absent;", "absent", ("home.nix:4:3",), None),
    "imports that depend on the configuration": Case(
        "imports =\n  lib.optional config.programs.git.enable ./nested.nix;",
        "infinite recursion",
        ("home.nix:4:3", "home.nix:4:16"),
    ),
}


@pytest.fixture
def refusing(tmp_path: Path) -> Path:
    """A nixpkgs that refuses some packages."""
    folder = tmp_path / "refusing"
    folder.mkdir()
    (folder / "default.nix").write_text(REFUSING % path_literal(str(STAND_INS / "nixpkgs")))
    return folder


def write_home(folder: Path, lines: str) -> None:
    (folder / "folder").mkdir()
    (folder / "home.nix").write_text(f"{{ config, lib, pkgs, ... }}: {{\n{IDENTITY}\n{lines}\n}}\n")
    (folder / "asking.nix").write_text("{ it, ... }: {\n  home.sessionVariables.A = it;\n}\n")
    (folder / "importing.nix").write_text("{ it, ... }: {\n  imports = it;\n}\n")
    (folder / "nested.nix").write_text("{\n  imports = [ # ./absent.nix\n    ./absent.nix\n  ];\n}\n")


def assert_told(message: str, case: Case) -> None:
    assert "Traceback" not in message
    assert case.told in message
    place = re.search(r"^  at (\S+)$", message, re.MULTILINE)
    assert place, message
    assert place[1].endswith(case.places), message
    if case.option:
        assert f"\n  option: {case.option}\n" in message, message


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_the_users_own_line(hmeval_command: Hmeval, tmp_path: Path, refusing: Path, case: Case) -> None:
    write_home(tmp_path, case.lines)
    flags = ("--file", "home.nix", "--home-manager", STAND_INS / "home-manager", "--nixpkgs", refusing)
    done = hmeval_command("eval", *flags, "--no-cache", "--at", "home.activationPackage.drvPath")
    assert done.returncode == 1
    assert_told(done.stderr, case)


@pytest.mark.parametrize("name", ["throw", "throw in a submodule", "removed package"])
def test_the_users_own_line_on_the_page_of_an_option(
    hmeval_command: Hmeval, tmp_path: Path, refusing: Path, name: str
) -> None:
    case = CASES[name]
    write_home(tmp_path, case.lines)
    flags = ("--file", "home.nix", "--home-manager", STAND_INS / "home-manager", "--nixpkgs", refusing, "--no-cache")
    for command in ("options", "why"):
        page = hmeval_command(command, *flags, str(case.option))
        places = re.findall(r"^      at (\S+)$", page.stdout, re.MULTILINE)
        assert places, page.stdout + page.stderr
        assert places[0].endswith(case.places), page.stdout


FLAKE = """\
{
  inputs.nixpkgs.url = "nixpkgs";
  inputs.home-manager.url = "home-manager";
  outputs = { nixpkgs, home-manager, ... }: {
    homeConfigurations.alice = home-manager.lib.homeManagerConfiguration {
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      modules = [ ./home.nix ];
      extraSpecialArgs.it = throw "no good";
    };
  };
}
"""


@pytest.mark.parametrize(
    "case",
    [
        CASES["throw"],
        CASES["missing module"],
        Case("imports = [ ./asking.nix ];", "no good", ("flake.nix:8:7", "flake.nix:8:29"), None),
    ],
)
def test_the_users_own_line_in_a_flake(hmeval_command: Hmeval, tmp_path: Path, case: Case) -> None:
    folder = tmp_path / "flake"
    folder.mkdir()
    (folder / "flake.nix").write_text(FLAKE)
    write_home(folder, case.lines)
    flags = ("--flake", f"{folder}#alice", "--offline", "--no-cache")
    done = hmeval_command("eval", *flags, "--at", "home.activationPackage.drvPath")
    assert done.returncode == 1
    assert_told(done.stderr, case)
    assert f"  at {folder}/" in done.stderr
    assert "-source/" not in done.stderr
