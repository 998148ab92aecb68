"""Commands with the cache: the second answer is the first one, and does little; the library's is the same."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hmeval
from hmeval import cli
from hmeval.cache.shelf import Shelf
from tests.cache.asked import EXAMPLE, Asked, damage, edit, options, settle

ALICE = ("--file", str(EXAMPLE / "home.nix"), "--offline")
FLAKE = ("--flake", f"path:{EXAMPLE}#alice", "--offline")
PATHS = ["programs.git", "programs.git.enable", "home.file", "home.file.<name>", "programs", "no.such", "xdg"]
CHOICES = st.tuples(
    st.lists(st.sampled_from(PATHS), max_size=2, unique=True),
    st.sampled_from([[], ["--search", "git enable"], ["--search", "gti"], ["--search", ""]]),
    st.sampled_from([[], ["--set"], ["--all"], ["--set", "--all"]]),
    st.sampled_from(["table", "names", "json", "options-json", "options-list", "markdown"]),
)
VALUES = st.tuples(
    st.sampled_from(["config.home.username", "lib.attrNames config.home.file", "1 + ", "config.nothing", "x: x"]),
    st.sampled_from([[], ["--json"]]),
)
AT = st.tuples(st.sampled_from(["home.username", "programs.git", "no.such"]), st.sampled_from([[], ["--json"]]))
PLANS = st.lists(st.sampled_from(["--json", "--diff", "--unchanged", "--graph=dot"]), max_size=2, unique=True)
COMMANDS = st.one_of(
    CHOICES.map(lambda c: ["options", *c[0], *c[1], *c[2], "--format", c[3]]),
    VALUES.map(lambda v: ["eval", v[0], *v[1]]),
    AT.map(lambda v: ["eval", "--at", v[0], *v[1]]),
    AT.map(lambda v: ["why", v[0], *v[1]]),
    PLANS.map(lambda flags: ["plan", "--home", "/var/empty", *flags]),
)


def in_process(arguments: list[str]) -> tuple[int, str, list[str]]:
    """Exit code, output and failures of a command."""
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        code = cli.main(arguments)
    return code, output.getvalue(), errors.getvalue().splitlines()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(command=COMMANDS, target=st.sampled_from([ALICE, FLAKE]))
def test_warm_is_cold_byte_for_byte(command: list[str], target: tuple[str, ...], shelf: Shelf) -> None:
    cold = in_process([*command, *target, "--no-cache"])
    first = in_process([*command, *target])
    warm = in_process([*command, *target])
    again = in_process([*command, *target, "--refresh"])
    assert first == warm == again == cold


@pytest.mark.parametrize("flags", [[], ["--json"], ["--json", "--all"]])
def test_a_warm_difference_is_the_cold_one(flags: list[str], home: Path, tmp_path: Path, shelf: Shelf) -> None:
    other = tmp_path / "other.nix"
    other.write_text(f"{{ lib, ... }}: {{ imports = [ {home} ]; programs.git.enable = lib.mkForce false; }}")
    settle()
    command = ["diff", str(home), str(other), "--offline", *flags]
    cold = in_process([*command, "--no-cache"])
    assert "programs.git.enable" in cold[1]
    assert cold == in_process(command) == in_process(command) == in_process([*command, "--refresh"])


def test_a_warm_command_does_not_load_the_engine(home: Path, shelf: Shelf) -> None:
    for arguments in (
        ["programs.git.enable"],
        ["programs.git"],
        ["--search", "git"],
        ["--set"],
        ["home.file"],
        *(["--format", format] for format in ("table", "names", "json", "options-json", "options-list", "markdown")),
    ):
        cold, warm = options(home, *arguments), options(home, *arguments)
        assert (cold.output, cold.code) == (warm.output, warm.code)
        assert not warm.evaluated, arguments
    for command in (["eval", "config.home.username"], ["why", "home.username"], ["why", "--json", "home.file"]):
        cold, warm = (Asked(*command, "--file", home, "--offline") for _ in range(2))
        assert (cold.output, cold.code) == (warm.output, warm.code)
        assert not warm.evaluated, command


def test_a_warm_option_imports_little(home: Path, shelf: Shelf) -> None:
    options(home, "programs.git.enable")
    command = [sys.executable, "-X", "importtime", "-m", "hmeval", "options", "programs.git.enable"]
    done = subprocess.run([*command, "--file", home, "--offline"], capture_output=True, text=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert imported >= {"hmeval.loading", "hmeval.cache.entries"}
    slow = {
        "msgpack",
        "rich",
        "sqlite3",
        "pathlib",
        "dataclasses",
        "json",
        "hashlib",
        "subprocess",
        "shutil",
        "_cffi_backend",
    }
    if "_colorize" in imported:  # argparse's own since Python 3.14
        slow.remove("dataclasses")
    assert imported & slow == set()


def test_no_cache_keeps_nothing_and_refresh_evaluates(home: Path, shelf: Shelf) -> None:
    assert options(home, "home.username", "--no-cache").evaluated
    assert not Path(shelf.folder).exists()
    options(home, "home.username")
    before = {path: found.st_ino for path, found in shelf.entries()}
    assert options(home, "home.username", "--refresh").evaluated
    assert {path: found.st_ino for path, found in shelf.entries()}.keys() == before.keys()
    assert {path: found.st_ino for path, found in shelf.entries()} != before
    assert not options(home, "home.username").evaluated


def test_no_cache_and_refresh_exclude_each_other(home: Path, shelf: Shelf) -> None:
    assert options(home, "--no-cache", "--refresh").code == 2


def test_the_library_uses_what_the_command_keeps(home: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    options(home, "--format", "options-json")
    options(home, "home.username")
    with monkeypatch.context() as without, hmeval.load(file=home, offline=True) as configuration:
        without.setattr("hmeval.configuration.open_configuration", None)
        assert configuration.option("home.username").value == {"json": "alice"}
        assert configuration.options["programs.git.enable"].type == "boolean"
        assert "programs.git.enable" in configuration.options
        assert len(configuration.options) == len(list(configuration.options)) == len(configuration.options.values())
        assert next(iter(configuration.options.search("programs.git.enable"))) == "programs.git.enable"
        assert configuration.describe()["file"] == str(home)
        stored = configuration.options
    with hmeval.load(file=home, offline=True, cache="off") as configuration:
        evaluated = configuration.options
    assert dict(stored) == dict(evaluated)
    assert list(stored.under("programs.git")) == list(evaluated.under("programs.git"))
    assert list(stored.under([])) == list(evaluated)
    assert list(stored.listed()) == list(evaluated.listed())
    assert stored.at(["home", "username"]) == evaluated.at(["home", "username"])
    with pytest.raises(KeyError):
        stored["\0names"]
    for text in ("git", "zsh history", "gti", "", "nothing at all of it"):
        assert list(stored.search(text)) == list(evaluated.search(text))


@pytest.mark.parametrize("format", ["options-list", "options-json", "markdown"])
def test_the_librarys_documents_are_those_that_were_kept(home: Path, shelf: Shelf, format: Any) -> None:
    options(home, "--format", "names")
    with hmeval.load(file=home, offline=True) as configuration:
        kept = configuration.options.documents(format)
    with hmeval.load(file=home, offline=True, cache="off") as configuration:
        assert kept == configuration.options.documents(format)


def test_what_makes_an_evaluator_may_fail_in_any_way(home: Path, shelf: Shelf) -> None:
    def broken() -> Any:
        raise AttributeError("no evaluator today")

    with (
        hmeval.load(file=home, offline=True, evaluator=broken) as configuration,
        pytest.raises(AttributeError, match="no evaluator today"),
    ):
        configuration.option("home.username")


def test_a_closed_configuration_holds_no_file(home: Path, shelf: Shelf) -> None:
    def held() -> list[str]:
        files = map(os.path.realpath, Path("/proc/self/fd").iterdir())
        return [file for file in files if file.startswith(shelf.folder)]

    options(home, "home.username")
    with hmeval.load(file=home, offline=True) as configuration:
        assert configuration.option("home.username").value == {"json": "alice"}
        assert held()
    assert not held()


def test_threads_share_a_configuration(home: Path, shelf: Shelf) -> None:
    with hmeval.load(file=home, offline=True, cache="off") as configuration:
        names = [option.name for option in configuration.options.under("programs").values() if "<" not in option.name]
        expected = [(configuration.option(name), configuration.why(name)) for name in names]

    def ask(name: str) -> tuple[Any, Any]:
        return configuration.option(name), configuration.why(name)

    for _ in range(2):
        with hmeval.load(file=home, offline=True) as configuration, ThreadPoolExecutor(8) as threads:
            users = threads.submit(lambda: configuration.evaluate("config.home.username").to_python())
            assert list(threads.map(ask, names)) == expected
            assert users.result() == "alice"


def test_a_configuration_is_closed_while_a_thread_evaluates(home: Path, shelf: Shelf) -> None:
    endless = "builtins.foldl' (a: _: f 900) 0 (lib.range 0 10000000)"
    home.write_text(
        '{ lib, ... }: { home.homeDirectory = "/home/x"; home.stateVersion = "26.05"; home.username ='
        " let f = n: if n == 0 then 0 else f (n - 1); in"
        f' builtins.trace "it begins" (toString ({endless})); }}'
    )
    begun = Event()
    worker = hmeval.Worker(listener=lambda text: begun.set())
    configuration = hmeval.load(file=home, offline=True, evaluator=worker)
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(configuration.option, "home.username")
        assert begun.wait(60)
        configuration.close()
        with pytest.raises(hmeval.HmevalError):
            asked.result()


def test_the_last_known_options_are_there_after_a_change(home: Path, shelf: Shelf) -> None:
    options(home, "--format", "options-json")
    edit(home, '"alice"', "throw")
    with hmeval.load(file=home, offline=True) as configuration:
        known = configuration.last_known_options()
        assert known is not None
        assert "programs.git.enable" in known


def test_the_cache_is_shown_checked_and_cleared(home: Path, shelf: Shelf) -> None:
    options(home, "home.username")
    shown = Asked("cache", "info")
    assert f"{home}  holds" in shown.output
    home.write_text("{}")
    assert "has changed" in Asked("cache", "info").output
    assert Asked("cache", "verify").code == 0
    path = next(path for path, _ in shelf.entries())
    damage(Path(path), "flipped")
    checked = Asked("cache", "verify")
    assert checked.code == 1
    assert path in "\n".join(checked.told)
    assert Asked("cache", "clear").output == "removed 1 entries\n"
    assert not list(shelf.entries())
