"""Failures, what is never kept, and what goes wrong with the cache itself."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import hmeval
from hmeval.cache.entries import Entry
from hmeval.cache.shelf import Shelf
from tests.cache.asked import damage, edit, log, options, settle


def test_a_failure_is_told_again_with_its_message(home: Path, shelf: Shelf) -> None:
    edit(home, "home", 'home.nothing = throw "the reason"; home')
    settle()
    one, two = options(home, "home.username"), options(home, "home.username")
    assert one.code == two.code == 1
    assert one.told == two.told
    assert any("nothing" in line for line in two.told)


def test_the_time_is_not_kept_and_the_user_is_told(home: Path, shelf: Shelf) -> None:
    home.write_text(
        '{ home.username = "u${toString builtins.currentTime}"; home.homeDirectory = "/x"; '
        'home.stateVersion = "25.11"; }'
    )
    settle()
    one = options(home, "home.username")
    assert any("currentTime" in line and "not kept" in line for line in one.told)
    assert options(home, "home.username").evaluated
    assert not options(home, "home.username", "--no-cache").told


def test_what_a_file_fetches_without_a_hash_is_not_kept_and_the_user_is_told(home: Path, shelf: Shelf) -> None:
    (home.parent / "name").write_text("dora")
    edit(home, 'username = "alice"', 'username = builtins.readFile (builtins.fetchurl "file://${toString ./name}")')
    settle()
    one = options(home, "home.username")
    assert "dora" in one.output
    assert any("fetch" in line and "not kept" in line for line in one.told)
    assert options(home, "home.username").evaluated


def test_what_a_file_fetches_by_its_hash_is_kept(home: Path, shelf: Shelf) -> None:
    (home.parent / "name").write_text("dora")
    digest = hashlib.sha256(b"dora").hexdigest()
    fetched = f'builtins.fetchurl {{ url = "file://${{toString ./name}}"; sha256 = "{digest}"; }}'
    edit(home, 'username = "alice"', f"username = builtins.readFile ({fetched})")
    settle()
    for _ in range(2):  # what is not in the store yet may be fetched by an engine that does not tell by which hash
        assert "dora" in options(home, "home.username").output
    assert not options(home, "home.username").evaluated


def test_recursion_without_an_end_is_not_kept(home: Path, shelf: Shelf) -> None:
    expression = "let f = x: 1 + f x; in f 1"
    home.write_text(
        f'{{ home.username = toString ({expression}); home.homeDirectory = "/"; home.stateVersion = "25.11"; }}'
    )
    settle()
    options(home, "home.username")
    kept = [name for path, _ in shelf.entries() for name, _ in Entry(path)]
    assert kept == ["\0sound"]


@pytest.mark.parametrize("fault", ["truncated", "flipped", "empty", "garbage", "folder", "link", "future"])
def test_a_damaged_entry_is_evaluated_anew(home: Path, shelf: Shelf, fault: str) -> None:
    before = options(home, "home.username")
    for path, _ in list(shelf.entries()):
        damage(Path(path), fault)
    after = options(home, "home.username")
    assert after.output == before.output
    assert after.evaluated
    assert not after.told
    assert len(log(shelf)) == 1
    if fault != "folder":
        assert not options(home, "home.username").evaluated


def test_a_cache_that_cannot_be_written(home: Path, shelf: Shelf) -> None:
    expected = options(home, "home.username", "--no-cache")
    Path(shelf.folder).parent.parent.mkdir(parents=True, exist_ok=True)
    Path(shelf.folder).parent.write_text("a file where the folder would be")
    found = options(home, "home.username")
    assert (found.output, found.code, found.told) == (expected.output, 0, [])


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache on a file system of 16 KiB, which no entry fits on."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root can mount a small file system")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_file_system(home: Path, small: Path) -> None:
    expected = options(home, "--format", "json", "--no-cache")
    found = options(home, "--format", "json")
    assert (found.output, found.code, found.told) == (expected.output, 0, [])
    assert not list(small.glob("hmeval/evaluations/*.entry"))
    assert not list(small.glob("hmeval/evaluations/*.tmp"))
    assert len(log(Shelf(str(small / "hmeval/evaluations")))) == 1


def test_a_file_system_that_cannot_be_written(home: Path, small: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=16m", small], check=True)
    options(home, "home.username")
    subprocess.run(["mount", "-o", "remount,ro", small], check=True)
    warm, cold = options(home, "home.username"), options(home, "home.homeDirectory")
    assert not warm.evaluated
    assert cold.evaluated
    assert cold.code == 0
    assert not cold.told


def test_sixteen_cold_processes_at_once(home: Path, shelf: Shelf) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "hmeval", "options", "--file", str(home), "--offline"]
    arguments = [["--format", "options-json"], ["home.username"], ["programs.git"], ["--set"]]
    pipe = subprocess.PIPE
    begun = [subprocess.Popen([*command, *arguments[n % 4]], stdout=pipe, stderr=pipe, text=True) for n in range(16)]
    ended = [process.communicate() for process in begun]
    for number, (output, told) in enumerate(ended):
        assert output == options(home, *arguments[number % 4], "--no-cache").output
        assert not [line for line in told.splitlines() if not line.startswith(("import time:", "trace: "))]
    evaluated = [any("hmeval.evaluation" in line for line in told.splitlines()) for _, told in ended]
    assert 4 <= sum(evaluated) < 16  # who wants the same waits for it
    assert not log(shelf)
    assert not options(home, "programs.git").evaluated


def test_a_configuration_is_compared_with_itself_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of the two waits for the lock that the other one has, in the same process."""
    home = tmp_path / "home.nix"
    home.write_text('{ home.username = "a"; home.homeDirectory = "/home/a"; home.stateVersion = "25.11"; }')

    def wait(seconds: float) -> None:
        raise AssertionError("it waits for itself")

    monkeypatch.setattr("hmeval.cache.shelf.time.sleep", wait)
    with hmeval.load(file=home, offline=True) as a, hmeval.load(file=home, offline=True) as b:
        assert a.recover() == b.recover() == []
        assert not any(hmeval.diff(a, b).counts().values())
    with hmeval.load(file=home, offline=True) as again:
        assert again.recover() == []
