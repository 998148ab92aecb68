"""No answer is an old one: what a flake reads, and what is kept where an engine does not tell that."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import hmeval
from hmeval.cache.contents import contents
from hmeval.cache.shelf import Shelf
from tests.cache.asked import EXAMPLE, OFFLINE, Asked, edit, in_git, settle

OVER_2_8 = hmeval.engine()["interface"] == "compat"


@pytest.mark.parametrize("kind", ["path", "git"])
def test_a_file_of_a_flake(flake: Path, shelf: Shelf, kind: str) -> None:
    if kind == "git":
        in_git(flake)
    arguments = (
        "options",
        "home.username",
        "--flake",
        f"{'path:' if kind == 'path' else ''}{flake}#alice",
        "--offline",
    )
    before = Asked(*arguments)
    assert before.code == 0, before.told
    assert not Asked(*arguments).evaluated
    edit(flake / "home.nix", '"alice"', '"carol"')
    after = Asked(*arguments)
    assert "carol" in after.output
    settle()
    edit(flake / "home.nix", '"carol"', '"erica"')
    assert "erica" in Asked(*arguments).output


@pytest.mark.parametrize("kind", ["path", "git"])
def test_what_a_flake_reads_outside_of_its_folder(flake: Path, shelf: Shelf, tmp_path: Path, kind: str) -> None:
    """Flakes are evaluated impurely, and whole folders are not all that counts where a trace is incomplete."""
    outside = tmp_path / "name"
    outside.write_text("one")
    read = f'"${{builtins.getEnv "HMEVAL_TESTED"}}-${{builtins.readFile "{outside}"}}"'
    edit(flake / "home.nix", 'username = "alice"', f"username = {read}")
    if kind == "git":
        in_git(flake)
    settle()
    arguments = ("options", "home.username", "--flake", f"{'path:' if kind == 'path' else ''}{flake}#alice")

    def ask(variable: str) -> Asked:
        return Asked(*arguments, "--offline", HMEVAL_TESTED=variable)

    assert "a-one" in ask("a").output
    assert not ask("a").evaluated
    assert "b-one" in ask("b").output
    outside.write_text("two")
    assert "b-two" in ask("b").output


def test_a_flake_that_is_found(flake: Path, shelf: Shelf) -> None:
    arguments = ("options", "home.username", "--offline")
    first = Asked(*arguments, cwd=flake)
    assert "alice" in first.output
    again = Asked(*arguments, cwd=flake)
    assert (again.output, again.evaluated) == (first.output, False)
    assert not Asked(*arguments, cwd=flake).told
    edit(flake / "home.nix", 'username = "alice"', 'username = "bertha"')
    assert "bertha" in Asked(*arguments, cwd=flake).output
    settle()
    Asked(*arguments, cwd=flake)
    assert not Asked(*arguments, cwd=flake).evaluated
    in_git(flake.parent)
    assert Asked(*arguments, cwd=flake).evaluated


def test_git_metadata_of_a_flake(flake: Path, shelf: Shelf) -> None:
    in_git(flake)
    arguments = ("options", "home.username", "--flake", f"{flake}#alice", "--offline")
    Asked(*arguments)
    subprocess.run(["git", "-C", flake, "branch", "other"], check=True)
    subprocess.run(["git", "-C", flake, "update-index", "--force-write-index"], check=True)
    if OVER_2_8:
        (flake / "untracked").write_text("x")
    assert not Asked(*arguments).evaluated


def test_a_path_that_replaces_an_input(flake: Path, shelf: Shelf, tmp_path: Path) -> None:
    stand_in = tmp_path / "home-manager"
    shutil.copytree(OFFLINE / "home-manager", stand_in)
    settle()
    target = ("--flake", f"path:{flake}#alice", "--offline", "--override-input", "home-manager", str(stand_in))
    arguments = ("options", "home.username", *target)
    before = Asked(*arguments)
    assert before.code == 0, before.told
    assert not Asked(*arguments).evaluated
    with (stand_in / "modules/identity.nix").open("a") as file:
        file.write("\n# changed\n")
    assert Asked(*arguments).evaluated


def test_a_link_that_leads_to_another_flake(flake: Path, shelf: Shelf, tmp_path: Path) -> None:
    other, link = tmp_path / "other", tmp_path / "link"
    shutil.copytree(flake, other)
    edit(other / "home.nix", '"alice"', '"carol"')
    link.symlink_to(flake)
    settle()
    arguments = ("options", "home.username", "--flake", f"{link}#alice", "--offline")
    assert "alice" in Asked(*arguments).output
    assert not Asked(*arguments).evaluated
    link.unlink()
    link.symlink_to(other)
    assert "carol" in Asked(*arguments).output


def test_a_link_that_leads_to_another_input(flake: Path, shelf: Shelf, tmp_path: Path) -> None:
    other, link = tmp_path / "other", tmp_path / "link"
    shutil.copytree(OFFLINE / "home-manager", other)
    edit(other / "modules/identity.nix", "The user's login name", "Whose home it is")
    link.symlink_to(OFFLINE / "home-manager")
    settle()
    target = ("--flake", f"path:{flake}#alice", "--offline", "--override-input", "home-manager", str(link))
    arguments = ("options", "home.username", *target)
    assert "login name" in Asked(*arguments).output
    assert not Asked(*arguments).evaluated
    link.unlink()
    link.symlink_to(other)
    assert "Whose home it is" in Asked(*arguments).output


def test_two_flakes_in_folders_of_one_work_tree(tmp_path: Path, shelf: Shelf) -> None:
    for name in ("one", "two"):
        shutil.copytree(EXAMPLE, tmp_path / "tree" / name)
    edit(tmp_path / "tree/two/home.nix", '"alice"', '"dave"')
    in_git(tmp_path / "tree")
    shown = [
        Asked("options", "home.username", "--flake", f"{tmp_path}/tree/{name}#alice", "--offline")
        for name in ("one", "two")
    ]
    assert [asked.code for asked in shown] == [0, 0], shown[0].told
    assert ["dave" in asked.output for asked in shown] == [False, True]


def test_the_lock_file_of_a_flake(flake: Path, shelf: Shelf) -> None:
    arguments = ("options", "home.username", "--flake", f"path:{flake}#alice", "--offline")
    Asked(*arguments)
    (flake / "flake.lock").write_text('{ "nodes": { "root": { } }, "root": "root", "version": 7 }')
    assert Asked(*arguments).evaluated


def test_a_store_path_that_was_collected(
    flake: Path, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIX_STORE_DIR", str(tmp_path / "store"))
    monkeypatch.setenv("NIX_STATE_DIR", str(tmp_path / "var"))
    arguments = ("options", "home.username", "--flake", f"path:{flake}#alice", "--offline")
    before = Asked(*arguments)
    assert not Asked(*arguments).evaluated
    for folder in ("store", "var"):
        for path, _, _ in os.walk(tmp_path / folder):
            Path(path).chmod(0o700)
        shutil.rmtree(tmp_path / folder)
    after = Asked(*arguments)
    assert after.evaluated
    assert after.output == before.output


@pytest.fixture
def untraced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluators in this process tell nothing of what they read."""
    whole = hmeval.Evaluator.inputs
    monkeypatch.setattr(hmeval.Evaluator, "inputs", lambda evaluator: (whole(evaluator)[0], None))


@pytest.mark.usefixtures("untraced")
def test_of_a_file_nothing_is_kept_where_nothing_is_traced(shelf: Shelf) -> None:
    with hmeval.load(file=EXAMPLE / "home.nix", offline=True, evaluator=hmeval.Evaluator()) as configuration:
        assert configuration.option("home.username").value == {"json": "alice"}
    assert list(shelf.entries()) == []


@pytest.mark.usefixtures("untraced")
def test_of_a_flake_whole_folders_count_where_nothing_is_traced(flake: Path, shelf: Shelf) -> None:
    def kept() -> list[bool]:
        return [described.changed is None for described in contents()]

    reference = f"path:{flake}#alice"
    with hmeval.load(flake=reference, offline=True, evaluator=hmeval.Evaluator()) as configuration:
        assert configuration.option("home.username").value == {"json": "alice"}
    assert kept() == [True]
    (flake / "unrelated").write_text("x")
    assert kept() == [False]
