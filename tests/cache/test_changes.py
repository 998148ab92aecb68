"""No answer is an old one: what changes in a configuration, or beside it, is evaluated."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from hmeval.cache.shelf import Shelf
from tests.cache.asked import EXAMPLE, OFFLINE, Asked, edit, options, settle


def test_a_changed_configuration_is_evaluated(home: Path, shelf: Shelf) -> None:
    before = options(home, "home.username")
    edit(home, '"alice"', '"carol"')
    settle()
    after = options(home, "home.username")
    assert "carol" not in before.output
    assert "carol" in after.output
    assert after.evaluated
    edit(home, '"carol"', '"alice"')
    settle()
    assert options(home, "home.username").output == before.output


def test_a_changed_import_is_evaluated(home: Path, shelf: Shelf) -> None:
    before = options(home, "programs.git.enable")
    edit(home.parent / "git.nix", "enable = true", "enable = false")
    assert options(home, "programs.git.enable").output != before.output


def test_a_file_that_is_created_later_in_the_same_second(home: Path, shelf: Shelf) -> None:
    home.write_text(
        '{ home.username = if builtins.pathExists ./secret then builtins.readFile ./secret else "none";'
        ' home.homeDirectory = "/home/x"; home.stateVersion = "25.11"; }'
    )
    settle()
    assert '"none"' in options(home, "home.username").output
    assert not options(home, "home.username").evaluated
    (home.parent / "secret").write_text("carol")
    assert '"carol"' in options(home, "home.username").output


def test_a_file_in_a_nested_folder_that_is_copied(home: Path, shelf: Shelf) -> None:
    (home.parent / "dots/deep").mkdir(parents=True)
    (home.parent / "dots/deep/file").write_text("1")
    expression = ("eval", f'"${{{home.parent}/dots}}"', "--file", home, "--offline")
    settle()
    before = Asked(*expression)
    assert not Asked(*expression).evaluated
    (home.parent / "dots/deep/file").write_text("2")
    assert Asked(*expression).output != before.output
    (home.parent / "dots/deep/more").write_text("")
    settle()
    assert Asked(*expression).output != before.output


def test_the_configuration_and_its_flags_are_in_the_key(home: Path, tmp_path: Path, shelf: Shelf) -> None:
    other = tmp_path / "other.nix"
    shutil.copy(EXAMPLE / "git.nix", tmp_path)
    shutil.copy(EXAMPLE / "shell.nix", tmp_path)
    shutil.copytree(EXAMPLE / "dotfiles", tmp_path / "dotfiles")
    shutil.copy(home, other)
    edit(other, '"alice"', '"dave"')
    nixpkgs = tmp_path / "nixpkgs"
    shutil.copytree(OFFLINE / "nixpkgs", nixpkgs)
    settle()
    assert "dave" not in options(home, "home.username").output
    assert "dave" in options(other, "home.username").output
    assert not options(home, "home.username").evaluated
    assert options(home, "home.username", "--nixpkgs", nixpkgs).evaluated


@pytest.mark.parametrize(
    "variable", ["NIX_PATH=nixpkgs=/nowhere", "NIX_CONFIG=restrict-eval = false", "HOME=/nowhere", "USER=bob"]
)
def test_the_environment_of_nix_is_in_the_key(home: Path, shelf: Shelf, variable: str) -> None:
    name, _, value = variable.partition("=")
    options(home, "home.username")
    assert not options(home, "home.username").evaluated
    assert options(home, "home.username", **{name: value}).evaluated
    assert not options(home, "home.username", **{name: value}).evaluated


def test_nix_conf_is_an_input(home: Path, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = tmp_path / "conf"
    shutil.copytree(os.environ["NIX_CONF_DIR"], conf)
    monkeypatch.setenv("NIX_CONF_DIR", str(conf))
    settle()
    options(home, "home.username")
    assert not options(home, "home.username").evaluated
    with (conf / "nix.conf").open("a") as file:
        file.write("\n# another setting\n")
    assert options(home, "home.username").evaluated


@pytest.mark.parametrize("by", ["include {}", "include\t{}", "!include {} # of mine", "NIX_CONFIG"])
def test_what_nix_conf_includes_is_an_input(
    home: Path, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    conf, included = tmp_path / "conf", tmp_path / "included.conf"
    shutil.copytree(os.environ["NIX_CONF_DIR"], conf)
    monkeypatch.setenv("NIX_CONF_DIR", str(conf))
    if by == "NIX_CONFIG":
        monkeypatch.setenv(by, f"include {included}")
    else:
        with (conf / "nix.conf").open("a") as file:
            file.write(f"\n{by.format(included)}\n")
    edit(home, '"alice"', "builtins.currentSystem")
    for system in ("x86_64-linux", "aarch64-linux"):
        included.write_text(f"system = {system}\n")
        settle()
        assert system in options(home, "home.username").output


def test_what_nix_path_leads_to(home: Path, shelf: Shelf, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        shutil.copytree(OFFLINE / "nixpkgs", folder)
    link = tmp_path / "nixpkgs"
    link.symlink_to(one)
    edit(two / "default.nix", "{", '{ changed ? "for the test", ')
    settle()
    arguments = ("options", "home.username", "--file", home, "--home-manager", OFFLINE / "home-manager")
    environment = {"NIX_PATH": f"nixpkgs={link}"}
    Asked(*arguments, **environment)
    assert not Asked(*arguments, **environment).evaluated
    link.unlink()
    link.symlink_to(two)
    assert Asked(*arguments, **environment).evaluated


def test_a_relative_nix_path_is_that_of_the_folder(home: Path, shelf: Shelf, tmp_path: Path) -> None:
    for name in ("one", "two"):
        shutil.copytree(OFFLINE, tmp_path / name)
    edit(tmp_path / "two/home-manager/modules/identity.nix", "The user's login name", "Whose home it is")
    settle()
    arguments = ("options", "home.username", "--file", home)
    environment = {"NIX_PATH": "nixpkgs=./nixpkgs:home-manager=home-manager"}
    shown = [Asked(*arguments, cwd=tmp_path / name, **environment) for name in ("one", "two", "one", "two")]
    assert ["Whose home" in asked.output for asked in shown] == [False, True, False, True]
    assert [asked.evaluated for asked in shown] == [True, True, False, False]


def test_unrelated_changes_are_not_evaluated(home: Path, shelf: Shelf, tmp_path: Path) -> None:
    options(home, "home.username")
    home.touch()
    (tmp_path / "beside").write_text("x")
    (home.parent / "more.nix").write_text("x")
    assert not options(home, "home.username").evaluated
