"""What is found without flags, and in which order: files' names decide, and nothing is evaluated for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hmeval.errors import TargetError
from hmeval.targets.discovery import Candidate, discover, looked_at


def make(*files: Path) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("this is not Nix")


class Machine:
    """A home and a root folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.root, self.home = folder / "root", folder / "root/home/alice"
        self.config = self.home / ".config"
        self.work = self.home / "work/project"
        self.work.mkdir(parents=True)

    def found(self, **environment: str) -> list[Candidate]:
        places = looked_at(self.work, {"HOME": str(self.home)} | environment, self.root)
        return [place for place in places if place.is_there]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_order(machine: Machine) -> None:
    wanted = [
        machine.work / "flake.nix",
        machine.work.parent / "flake.nix",
        machine.work / "home.nix",
        machine.work / "configuration.nix",
        machine.home / "home.nix",
        machine.config / "home-manager/flake.nix",
        machine.config / "nixpkgs/flake.nix",
        machine.config / "home-manager/home.nix",
        machine.config / "nixpkgs/home.nix",
        machine.home / ".nixpkgs/home.nix",
        machine.root / "etc/nixos/flake.nix",
        machine.root / "etc/nix-darwin/flake.nix",
        machine.root / "etc/nixos/configuration.nix",
    ]
    make(*wanted[::-1])
    found = machine.found()
    assert [one.path for one in found] == wanted
    assert found[0].flag == f"--flake {machine.work}"
    assert found[2].flag == f"--file {machine.work}/home.nix"
    assert (found[1].why, found[5].why) == ("a folder above the current one", "where home-manager looks")


def test_nothing_is_there(machine: Machine) -> None:
    assert machine.found() == []


def test_the_folder_of_configurations_is_where_the_environment_says(machine: Machine, tmp_path: Path) -> None:
    make(machine.config / "home-manager/home.nix", tmp_path / "xdg/home-manager/flake.nix", tmp_path / "own.nix")
    (one,) = machine.found(XDG_CONFIG_HOME=str(tmp_path / "xdg"))
    assert one.path == tmp_path / "xdg/home-manager/flake.nix"
    (one,) = machine.found(HOME_MANAGER_CONFIG=str(tmp_path / "own.nix"))
    assert one.flag == f"--file {tmp_path}/own.nix"


def test_a_linked_flake_is_that_of_its_real_folder(machine: Machine) -> None:
    """So do home-manager, nixos-rebuild and darwin-rebuild."""
    make(machine.home / "dotfiles/flake.nix")
    (machine.root / "etc/nixos").mkdir(parents=True)
    (machine.root / "etc/nixos/flake.nix").symlink_to(machine.home / "dotfiles/flake.nix")
    (one,) = machine.found()
    assert one.flake == str(machine.home / "dotfiles")


def test_two_that_would_do(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    make(machine.work / "home.nix", machine.work / "configuration.nix")
    monkeypatch.chdir(machine.work)
    with pytest.raises(TargetError) as raised:
        next(discover())
    assert f"\n  --file {machine.work}/home.nix\n  --file {machine.work}/configuration.nix" in str(raised.value)
    assert next(discover(wants_system=True)).path == machine.work / "configuration.nix"
    make(machine.work / "flake.nix")
    assert next(discover()).path == machine.work / "flake.nix"


def test_a_flake_above_has_what_is_below_it_as_a_part(machine: Machine) -> None:
    """Most real repositories have such files, hosts/desk/configuration.nix, that are no configuration by themselves."""
    make(machine.work / "configuration.nix", machine.work / "home.nix", machine.work.parent / "flake.nix")
    assert machine.found()[0].flake == str(machine.work.parent)


def test_a_flake_above_another_git_work_tree_does_not(machine: Machine) -> None:
    make(machine.work / "home.nix", machine.work / ".git/HEAD", machine.work.parent / "flake.nix")
    assert [one.path.name for one in machine.found()] == ["home.nix", "flake.nix"]
    make(machine.work / "flake.nix")
    assert [one.path.name for one in machine.found()] == ["flake.nix", "home.nix", "flake.nix"]


def test_each_place_once(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    make(machine.config / "home-manager/home.nix")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(machine.config))
    monkeypatch.chdir(machine.config / "home-manager")
    assert [one.path for one in discover()].count(machine.config / "home-manager/home.nix") == 1
