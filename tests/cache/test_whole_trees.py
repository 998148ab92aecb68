"""Inputs of flakes that are local folders and not locked on disk: copied once, as long as they are what they were."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hmeval
from hmeval.cache import whole_tree
from hmeval.cache.contents import contents
from hmeval.cache.shelf import Shelf
from tests.cache.asked import OFFLINE, Asked, edit, settle

FLAKE = """
{
  inputs.nixpkgs.url = "path:%s";
  inputs.home-manager = { url = "path:%s"; inputs.nixpkgs.follows = "nixpkgs"; };
  outputs = { nixpkgs, home-manager, ... }: {
    homeConfigurations.alice = home-manager.lib.homeManagerConfiguration {
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      modules = [ ./home.nix ];
    };
  };
}
"""


@pytest.fixture
def unlocked(flake: Path, tmp_path: Path) -> Path:
    """The example, with folders for inputs and without a lock file; the inputs lie in `inputs` beside it."""
    for name in ("nixpkgs", "home-manager"):
        shutil.copytree(OFFLINE / name, tmp_path / "inputs" / name)
    (flake / "flake.lock").unlink(missing_ok=True)
    (flake / "flake.nix").write_text(FLAKE % (tmp_path / "inputs/nixpkgs", tmp_path / "inputs/home-manager"))
    settle()
    return flake


def ask(flake: Path, option: str = "home.username", *arguments: str) -> Asked:
    asked = Asked("options", option, "--flake", f"path:{flake}#alice", *arguments)
    assert asked.code == 0, asked.told
    return asked


class Fetched(list[Any]):
    """What fetchTree is asked for in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        from hmeval.flakes import _Sources

        whole = _Sources._fetch_by_nix

        def fetch(sources: _Sources, reference: Any) -> Any:
            self.append(Path(str(reference["path"])).name)
            return whole(sources, reference)

        monkeypatch.setattr(_Sources, "_fetch_by_nix", fetch)


def value(flake: Path, option: str, **arguments: Any) -> Any:
    with hmeval.load(flake=f"path:{flake}#alice", evaluator=hmeval.Worker(), **arguments) as configuration:
        return configuration.option(option).value


def test_what_is_not_locked_is_copied_once(unlocked: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = Fetched(monkeypatch)
    value(unlocked, "home.username")
    assert sorted(fetched) == sorted(["home-manager", "nixpkgs", unlocked.name])
    fetched.clear()
    value(unlocked, "home.homeDirectory")
    assert fetched == []
    edit(unlocked / "home.nix", 'username = "alice"', 'username = "carol"')
    settle()
    assert value(unlocked, "home.username") == {"json": "carol"}
    assert fetched == [unlocked.name]


@pytest.mark.parametrize("cache", ["off", "refresh"])
def test_it_is_copied_again_where_that_is_asked_for(
    unlocked: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, cache: Any
) -> None:
    value(unlocked, "home.username")
    fetched = Fetched(monkeypatch)
    value(unlocked, "home.username", cache=cache)
    assert len(fetched) == 3


def same_size_and_time(file: Path) -> None:
    before = file.stat()
    file.write_text(file.read_text().replace("login name", "nigol name"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], Any]] = {
    "a file": lambda inputs: edit(inputs / "home-manager/modules/identity.nix", "login name", "name of the account"),
    "of the same size and age": lambda inputs: same_size_and_time(inputs / "home-manager/modules/identity.nix"),
    "a new file": lambda inputs: (inputs / "home-manager/new").write_text(""),
    "a file is gone": lambda inputs: (inputs / "home-manager/modules/identity.nix").unlink(),
    "a new folder": lambda inputs: (inputs / "nixpkgs/new").mkdir(),
    "a file is executable": lambda inputs: (inputs / "nixpkgs/flake.nix").chmod(0o755),
    "another folder": lambda inputs: (
        (inputs / "nixpkgs").rename(inputs / "old") and shutil.copytree(inputs / "old", inputs / "nixpkgs")
    ),
}


@pytest.mark.parametrize("with_table", [True, False])
@pytest.mark.parametrize("change", CHANGES.values(), ids=[*CHANGES])
def test_a_change_is_seen(
    unlocked: Path, tmp_path: Path, shelf: Shelf, change: Callable[[Path], Any], with_table: bool
) -> None:
    ask(unlocked)
    assert not ask(unlocked).evaluated
    if not with_table:
        for table in Path(shelf.folder).glob("*.tree"):
            table.unlink()
        assert not ask(unlocked).evaluated
    change(tmp_path / "inputs")
    assert Asked("options", "home.username", "--flake", f"path:{unlocked}#alice").evaluated


def test_a_change_gives_another_answer(unlocked: Path, tmp_path: Path, shelf: Shelf) -> None:
    assert "login name" in ask(unlocked).output
    same_size_and_time(tmp_path / "inputs/home-manager/modules/identity.nix")
    settle()
    assert "nigol name" in ask(unlocked).output
    assert not ask(unlocked).evaluated


def test_another_store(unlocked: Path, tmp_path: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(unlocked)
    monkeypatch.setenv("NIX_STORE_DIR", str(tmp_path / "store"))
    monkeypatch.setenv("NIX_STATE_DIR", str(tmp_path / "var"))
    first = ask(unlocked)
    assert str(tmp_path / "store") in first.output
    for folder in ("store", "var"):
        for path, _, _ in os.walk(tmp_path / folder):
            Path(path).chmod(0o700)
        shutil.rmtree(tmp_path / folder)
    assert ask(unlocked).output == first.output  # what was copied there is gone


def test_entries_do_not_hold_the_trees(unlocked: Path, tmp_path: Path, shelf: Shelf) -> None:
    for number in range(300):
        (tmp_path / f"inputs/nixpkgs/file-with-a-long-name-{number:0100}").write_text("x")
    settle()
    ask(unlocked)
    (entry,) = contents()
    assert entry.size < 300 * 200
    assert entry.changed is None


def test_a_tree_that_changes_while_it_is_copied(
    unlocked: Path, tmp_path: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hmeval.flakes import _Sources

    whole = _Sources._fetch_by_nix

    def fetch(sources: _Sources, reference: Any) -> Any:
        (tmp_path / "inputs/nixpkgs/late").write_text("x")
        return whole(sources, reference)

    monkeypatch.setattr(_Sources, "_fetch_by_nix", fetch)
    value(unlocked, "home.username")
    assert contents() == []
    fetched = Fetched(monkeypatch)
    value(unlocked, "home.username")
    assert "nixpkgs" in fetched


def test_the_state_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/file").write_text("x")
    (tmp_path / "link").symlink_to("sub")
    table = whole_tree.survey(str(tmp_path))
    assert sorted(table) == [str(tmp_path), *(f"{tmp_path}/{name}" for name in ("link", "sub", "sub/file"))]
    state = whole_tree.state_of(table)
    assert whole_tree.state(str(tmp_path)) == state
    assert whole_tree.holds(str(tmp_path), state, whole_tree.packed(table))
    shutil.rmtree(tmp_path / "sub")
    assert not whole_tree.holds(str(tmp_path), state, whole_tree.packed(table))
    assert whole_tree.state(str(tmp_path / "sub")) is None
