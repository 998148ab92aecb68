"""The doctor on lock files that Nix itself writes, of folders as inputs, evaluated with what they lock."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hmeval.targets.lock import parse_lock_file
from hmeval.targets.sources import store_path

pytestmark = pytest.mark.skipif(shutil.which("nix") is None, reason="there is no nix to write lock files")

Command = Callable[..., subprocess.CompletedProcess[str]]

STAND_INS = Path(__file__).resolve().parents[2] / "hmeval/offline"

FLAKE = """{
  %s
  outputs = inputs@{ self, ... }: let nixpkgs = inputs.nixpkgs; home-manager = inputs.%s; in { %s };
}
"""
HOME = """homeConfigurations.alice = home-manager.lib.homeManagerConfiguration {
    pkgs = nixpkgs.legacyPackages.x86_64-linux;
    modules = [ {
      home = { username = "alice"; homeDirectory = "/home/alice"; stateVersion = "25.05"; };
    } ];
  };"""
NIXOS = """nixosConfigurations.desk = nixpkgs.lib.nixosSystem {
    modules = [ home-manager.nixosModules.home-manager {
      nixpkgs.hostPlatform = "x86_64-linux";
      users.users.alice.isNormalUser = true;
      home-manager.users.alice.home.stateVersion = "25.05";
    } ];
  };"""

PACKAGES = 'inputs.nixpkgs.url = "path:@/nixpkgs";'
MODULES = 'inputs.home-manager.url = "path:@/home-manager";'
FOLLOWS = 'inputs.home-manager.inputs.nixpkgs.follows = "nixpkgs";'
DOTFILES = 'inputs.dotfiles.url = "path:@/dotfiles";'
ADVICE = ("advice", "nixpkgs-does-not-follow")
DIFFER = ("warning", "releases-differ")


class Case(NamedTuple):
    """Inputs, what each is found to serve, and the findings."""

    inputs: str
    serves: dict[str, str]
    findings: set[tuple[str, str]]
    home_manager: str = "home-manager"
    outputs: str = HOME
    told: str = ""


def serves(packages: str, home_manager: str, own: str, **more: str) -> dict[str, str]:
    return {
        "pkgs of Home Manager's modules": packages,
        "Home Manager": home_manager,
        "Home Manager's flake": own,
        **more,
    }


RIGHT = serves("nixpkgs", "home-manager", "nixpkgs")
CASES = {
    "follows": Case(PACKAGES + MODULES + FOLLOWS, RIGHT, set()),
    "does not follow": Case(
        PACKAGES + MODULES, serves("nixpkgs", "home-manager", "home-manager/nixpkgs"), {ADVICE}, told="does not follow"
    ),
    "does not follow, the same content": Case(
        PACKAGES + MODULES + 'inputs.home-manager.inputs.nixpkgs.url = "path:@/same/nixpkgs";',
        serves("nixpkgs", "home-manager", "home-manager/nixpkgs"),
        {ADVICE},
        told="two nodes of flake.lock with the same content",
    ),
    "the other way round": Case(
        MODULES + 'inputs.nixpkgs.follows = "home-manager/nixpkgs";',
        serves("home-manager/nixpkgs", "home-manager", "home-manager/nixpkgs"),
        set(),
    ),
    "follows what follows": Case(
        PACKAGES
        + MODULES
        + DOTFILES
        + 'inputs.dotfiles.inputs.nixpkgs.follows = "nixpkgs";'
        + 'inputs.dotfiles.inputs.home-manager.follows = "home-manager";'
        + 'inputs.home-manager.inputs.nixpkgs.follows = "dotfiles/nixpkgs";',
        RIGHT,
        set(),
    ),
    "two Home Managers": Case(
        PACKAGES + MODULES + FOLLOWS + DOTFILES + 'inputs.dotfiles.inputs.nixpkgs.follows = "nixpkgs";',
        RIGHT,
        {("warning", "several-home-managers")},
        told="the configuration is evaluated with home-manager",
    ),
    "the other one of two": Case(
        PACKAGES + DOTFILES + 'inputs.dotfiles.inputs.nixpkgs.follows = "nixpkgs";',
        serves("nixpkgs", "dotfiles/home-manager", "nixpkgs"),
        set(),
        home_manager="dotfiles.inputs.home-manager",
    ),
    "another name": Case(
        PACKAGES + 'inputs.hm.url = "path:@/of-the-name"; inputs.hm.inputs.nixpkgs.follows = "nixpkgs";',
        serves("nixpkgs", "hm", "nixpkgs"),
        set(),
        home_manager="hm",
    ),
    "follows, and the releases differ": Case(
        'inputs.nixpkgs.url = "path:@/old/nixpkgs";' + MODULES + FOLLOWS,
        RIGHT,
        {DIFFER},
        told="Home Manager is of release 26.11, and its modules get packages of nixpkgs 25.05",
    ),
    "a system": Case(PACKAGES + MODULES + FOLLOWS, RIGHT | {"system": "nixpkgs"}, set(), outputs=NIXOS),
    "a system whose Home Manager does not follow": Case(
        PACKAGES + MODULES,
        serves("nixpkgs", "home-manager", "home-manager/nixpkgs", system="nixpkgs"),
        {ADVICE},
        outputs=NIXOS,
    ),
}


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """Folders to take as inputs: the stand-ins, with other content or under another name."""
    shutil.copytree(STAND_INS / "nixpkgs", tmp_path / "nixpkgs")
    for name in ("own", "same", "old"):
        shutil.copytree(STAND_INS / "nixpkgs", tmp_path / name / "nixpkgs")
    (tmp_path / "own/nixpkgs/other").write_text("another content")
    trivial = tmp_path / "old/nixpkgs/lib/trivial.nix"
    trivial.write_text(trivial.read_text().replace('release = "26.11"', 'release = "25.05"'))
    for name in ("home-manager", "of-the-name", "dotfiles/home-manager"):
        shutil.copytree(STAND_INS / "home-manager", tmp_path / name)
        flake = tmp_path / name / "flake.nix"
        flake.write_text(flake.read_text().replace("path:../nixpkgs", f"path:{tmp_path}/own/nixpkgs"))
    (tmp_path / "dotfiles/flake.nix").write_text(
        f"""{{
          inputs.nixpkgs.url = "path:{tmp_path}/own/nixpkgs";
          inputs.home-manager.url = "path:{tmp_path}/dotfiles/home-manager";
          inputs.home-manager.inputs.nixpkgs.follows = "nixpkgs";
          outputs = inputs: {{ inherit inputs; }};
        }}"""
    )
    return tmp_path


def locked(folder: Path, case: Case, inputs: Path) -> Path:
    """A flake with the lock file that Nix writes for it."""
    folder.mkdir()
    (folder / "flake.nix").write_text(FLAKE % (case.inputs.replace("@", str(inputs)), case.home_manager, case.outputs))
    features = ["--extra-experimental-features", "nix-command flakes"]
    done = subprocess.run(["nix", *features, "flake", "lock", f"path:{folder}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("name", CASES)
def test_what_nix_wrote(hmeval_command: Command, inputs: Path, name: str) -> None:
    case = CASES[name]
    folder = locked(inputs / "flake", case, inputs)
    target = "alice" if case.outputs == HOME else "nixosConfigurations.desk"
    done = hmeval_command("doctor", "--json", "--flake", f"path:{folder}#{target}")
    assert done.returncode == 0, (done.stdout, done.stderr)
    report = json.loads(done.stdout)
    told = [one for one in report["findings"] if one["kind"] not in ("where-packages-go", "configuration-warns")]
    assert {(one["severity"], one["kind"]) for one in told} == case.findings, told
    assert any(case.told in one["message"] for one in told) or not case.told
    assert {part: one["input"] for one in report["inputs"]["sources"] for part in one["serves"]} == case.serves
    releases = {one["input"]: one["release"] for one in report["inputs"]["sources"]}
    assert releases[case.serves["Home Manager"]] == "26.11"
    assert releases[case.serves["pkgs of Home Manager's modules"]] == ("25.05" if DIFFER in case.findings else "26.11")
    for finding in told:
        assert [place["file"] for place in finding["places"]] == [f"{folder}/flake.nix"] * len(finding["places"])


def test_the_store_path_of_a_locked_input(inputs: Path, nix_instantiate: Callable[..., Any]) -> None:
    folder = locked(inputs / "flake", CASES["does not follow"], inputs)
    lock = parse_lock_file((folder / "flake.lock").read_text(), "flake.lock")
    store = nix_instantiate("builtins.storeDir")
    for path in (("nixpkgs",), ("home-manager",), ("home-manager", "nixpkgs")):
        node = lock.find(path)
        assert node is not None
        expected = nix_instantiate(f'builtins.path {{ path = {node.locked["path"]}; name = "source"; }}')
        assert store_path(node, store) == expected
