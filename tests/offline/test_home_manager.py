"""The stand-in for Home Manager beside the real one, on the standalone example."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
OFFLINE = ROOT / "hmeval/offline"
EXAMPLE = ROOT / "examples/standalone"

# Defaults that are described in words: each of the two has its own.
IN_WORDS = {
    "fonts.fontconfig.enable",
    "home.emptyActivationPath",
    "home.homeDirectory",
    "home.keyboard",
    "home.profileDirectory",
    "home.username",
    "nix.useXdg",
    "programs.home-manager.package",
    "programs.ssh.settings.<name>.header",
}

# What the real one adds, of modules that the stand-in does not have.
ONLY_REAL_FILES = {"/home/alice/.config/systemd/user/tray.target"}
ONLY_REAL_PACKAGES = {"dummy-xdg-mime-dirs1", "dummy-xdg-mime-dirs2", "man", "shared-mime-info"}

Instantiate = Callable[..., Any]


def example(home_manager: Path, nixpkgs: Path) -> str:
    """An expression for tests/offline/example.nix with these."""
    arguments = f"homeManager = {home_manager}; nixpkgs = {nixpkgs}; configuration = {EXAMPLE}/home.nix;"
    return f"(import {Path(__file__).parent}/example.nix {{ {arguments} }})"


@pytest.fixture(scope="module")
def pair(home_manager: Path, whole_world: Path) -> tuple[str, str]:
    """The example with the stand-in and with the real Home Manager, both with nixpkgs' lib and the same packages."""
    return example(OFFLINE / "home-manager", whole_world), example(home_manager, whole_world)


def both(nix_instantiate: Instantiate, pair: tuple[str, str], attribute: str) -> tuple[Any, Any]:
    """An attribute of each."""
    stand_in, real = (nix_instantiate(f"{expression}.{attribute}") for expression in pair)
    return stand_in, real


def test_example_alone(nix_instantiate: Instantiate) -> None:
    """With nothing but the stand-ins the example evaluates, down to the derivation of its generation."""
    alone = example(OFFLINE / "home-manager", OFFLINE / "nixpkgs")
    assert nix_instantiate(f"{alone}.generation").endswith("-home-manager-generation.drv")
    assert len({name for name in nix_instantiate(f"{alone}.names") if "_module" not in name}) >= 250


def test_as_a_function(nix_instantiate: Instantiate) -> None:
    """`homeManagerConfiguration`, as a flake calls it, comes to the same."""
    hm, nixpkgs = OFFLINE / "home-manager", OFFLINE / "nixpkgs"
    expression = f"""
      let pkgs = import {nixpkgs} {{ overlays = [ (final: prev: {{ fd = final.hello; }}) ]; }};
          lib = import {hm}/lib {{ inherit (pkgs) lib; }};
          result = lib.homeManagerConfiguration {{ inherit pkgs; modules = [ {EXAMPLE}/home.nix ]; }};
      in [ result.config.home.username result.pkgs.fd.pname (map (p: p.pname or p.name) result.config.home.packages) ]
    """
    username, overlaid, packages = nix_instantiate(expression)
    assert (username, overlaid) == ("alice", "hello")
    assert "hello" in packages
    assert "fd" not in packages


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ("programs.git.enabl = true;", "The option `programs.git.enabl' does not exist."),
        ("home.username = pkgs.lib.mkForce 3;", "A definition for option `home.username' is not of type"),
        ('assertions = [ { assertion = false; message = "not so"; } ];', "Failed assertions: - not so"),
        ('home.file.a.target = "b"; home.file.b.text = "";', "Conflicting managed target files: b"),
        ("home.profileDirectory = /x;", "The option `home.profileDirectory' is read-only"),
        ('home.sessionVariableSetter = "bash";', "The option definition `home.sessionVariableSetter' in"),
    ],
)
def test_mistakes(nix_instantiate: Instantiate, definition: str, message: str) -> None:
    """A mistake in a configuration is told as the real one tells it."""
    expression = f"""
      let pkgs = import {OFFLINE}/nixpkgs {{ }};
          evaluation = import {OFFLINE}/home-manager/modules {{
            inherit pkgs;
            configuration = {{ imports = [ {EXAMPLE}/home.nix {{ {definition} }} ]; }};
          }};
      in {{ inherit (evaluation.config.home) username profileDirectory; }}
    """
    with pytest.raises(AssertionError) as failure:
        nix_instantiate(expression)
    assert message in " ".join(str(failure.value).split())


@pytest.mark.real
def test_options(nix_instantiate: Instantiate, pair: tuple[str, str]) -> None:
    """Every option of the stand-in is one of the real one's, of the same type and with the same default."""
    names = json.dumps(dict.fromkeys(nix_instantiate(f"{pair[0]}.names"), 1))
    literal = names.replace("\\", "\\\\").replace("${", "''${")
    stand_in, real = both(nix_instantiate, pair, f"options (builtins.fromJSON ''{literal}'')")
    for name in IN_WORDS:
        assert stand_in[name].pop("default") != real[name].pop("default"), name
    assert stand_in == {name: real.get(name) for name in stand_in}


@pytest.mark.real
def test_values(nix_instantiate: Instantiate, pair: tuple[str, str]) -> None:
    """The example's values are the same."""
    stand_in, real = both(nix_instantiate, pair, "values")
    assert stand_in == real


@pytest.mark.real
def test_files(nix_instantiate: Instantiate, pair: tuple[str, str]) -> None:
    """The example's files are the same, where the real one gives their text too."""
    stand_in, real = both(nix_instantiate, pair, "files")
    assert {name: file for name, file in real.items() if name not in ONLY_REAL_FILES} == stand_in


@pytest.mark.real
def test_packages(nix_instantiate: Instantiate, pair: tuple[str, str]) -> None:
    """The example's packages are the same, in the same order."""
    stand_in, real = both(nix_instantiate, pair, "packages")
    assert [name for name in real if name not in ONLY_REAL_PACKAGES] == stand_in


@pytest.mark.real
def test_real_home_manager_over_the_stand_in(
    nix_instantiate: Instantiate, home_manager: Path, nixpkgs_lib: Path, whole_world: Path, tmp_path: Path
) -> None:
    """The real Home Manager, all of its modules, evaluates over the stand-in for nixpkgs' lib, to the same values."""
    nixpkgs = tmp_path / "nixpkgs"
    shutil.copytree(whole_world, nixpkgs, ignore=shutil.ignore_patterns("lib"))
    shutil.copytree(OFFLINE / "nixpkgs/lib", nixpkgs / "lib")
    # Portable services are a part of nixpkgs' lib that only Home Manager's bridge to them reads.
    shutil.copytree(nixpkgs_lib / "lib/services", nixpkgs / "lib/services")
    pair = (example(home_manager, nixpkgs), example(home_manager, whole_world))
    for attribute in ("values", "files", "packages"):
        over_stand_in, over_lib = both(nix_instantiate, pair, attribute)
        assert over_stand_in == over_lib
