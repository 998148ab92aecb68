"""Traces and warnings: those of the configuration itself, with their places, and not those of what hmeval looks at."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hmeval import Evaluator, Worker
from hmeval.evaluation.hearing import Hearing

Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]

HOME = """\
{ lib, config, ... }: {
  imports = [
    (lib.mkRenamedOptionModule [ "old" "name" ] [ "home" "sessionVariables" "NEW" ])
    ./noisy.nix
  ];
  home.username = "alice"; home.homeDirectory = "/home/alice"; home.stateVersion = "26.05";
  old.name = "new";
  warnings = [ "take care\\nof this" ];
  home.sessionVariables.USED = builtins.trace "it is used" "x";
}
"""
# What nobody uses: a default, an old name, what stands under a false condition, and what lost.
NOISY = """\
{ lib, ... }: {
  options.noisy.default = lib.mkOption { default = builtins.trace "nobody uses it" 1; };
  options.noisy.obsolete = lib.mkOption { apply = builtins.trace "nobody uses it"; default = 1; };
  config.home.sessionVariables.UNDER = lib.mkIf false (builtins.trace "nobody uses it" "x");
  config.home.sessionVariables.LOST = lib.mkMerge [ (lib.mkDefault (builtins.trace "nobody uses it" "x")) "y" ];
}
"""

LISTS = (
    ("options", "--format", "names"),
    ("options", "--set"),
    ("options", "--format", "json"),
    ("options", "--all", "--format", "options-json"),
    ("options", "home"),
    ("options", "noisy"),
    ("options", "home.username"),
    ("why", "home.sessionVariables.LOST"),
    ("why", "home.sessionVariables.UNDER"),
    ("plan",),
    ("doctor",),
)
USING = (("eval", "config.home.sessionVariables.USED"), ("options", "home.sessionVariables"), ("plan",), ("doctor",))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "noisy.nix").write_text(NOISY)
    file = tmp_path / "home.nix"
    file.write_text(HOME)
    return file


@pytest.mark.parametrize("command", LISTS, ids=" ".join)
def test_what_nobody_uses_says_nothing(hmeval_command: Hmeval, home: Path, command: tuple[str, ...]) -> None:
    done = hmeval_command(*command, "--file", home, "--offline", "--no-cache")
    assert done.returncode in (0, 3), done.stderr
    assert "nobody uses it" not in done.stderr


@pytest.mark.parametrize("command", USING, ids=" ".join)
def test_what_is_asked_for_or_used_is_told(hmeval_command: Hmeval, home: Path, command: tuple[str, ...]) -> None:
    done = hmeval_command(*command, "--file", home, "--offline", "--no-cache")
    assert done.stderr.count("it is used") == 1, done.stderr


@pytest.mark.parametrize("command", [LISTS[0], LISTS[6], ("eval", "1"), ("plan",)], ids=" ".join)
def test_the_configurations_warnings_have_places(hmeval_command: Hmeval, home: Path, command: tuple[str, ...]) -> None:
    done = hmeval_command(*command, "--file", home, "--offline", "--no-cache")
    assert done.stderr.count("has been renamed") == done.stderr.count("take care") == 1, done.stderr
    assert f"has been renamed to `home.sessionVariables.NEW'.\n  at {home}:7:3\n" in done.stderr
    assert f"take care\nof this\n  at {home}:8:3\n" in done.stderr


def test_the_doctor_finds_the_warnings_at_their_places(hmeval_command: Hmeval, home: Path) -> None:
    done = hmeval_command("doctor", "--file", home, "--offline")
    assert "has been renamed" not in done.stderr
    assert f"has been renamed to `home.sessionVariables.NEW'.\n          at {home}:7:3\n" in done.stdout
    assert f"of this\n          at {home}:8:3\n" in done.stdout


def test_warnings_are_told_where_the_configuration_fails(hmeval_command: Hmeval, home: Path) -> None:
    failing = 'warnings = [ "take care" ]; assertions = [ { assertion = false; message = "never"; } ];'
    home.write_text(HOME.replace('warnings = [ "take care\\nof this" ];', failing))
    done = hmeval_command("options", "--file", home, "--offline", "--format", "names")
    assert done.returncode == 1
    assert "never" in done.stderr
    assert done.stderr.count("nobody uses it") == 0


@pytest.fixture
def heard() -> list[bytes]:
    return []


@pytest.fixture
def worker(heard: list[bytes]) -> Iterator[Worker]:
    with Worker(listener=heard.append) as worker:
        yield worker


def test_a_worker_is_muted_for_a_while(worker: Worker, heard: list[bytes]) -> None:
    worker.eval('builtins.trace "before" 1')
    with worker.muted(), worker.muted():
        worker.eval('builtins.trace "meanwhile" 1')
    worker.eval('builtins.trace "after" 1')
    told = b"".join(heard)
    assert b"before" in told
    assert b"after" in told
    assert b"meanwhile" not in told


def test_what_is_remembered_is_not_told(worker: Worker, heard: list[bytes]) -> None:
    hearing = worker.hearing
    assert isinstance(hearing, Hearing)
    with hearing.remembering() as remembered:
        worker.eval('builtins.trace "meanwhile" 1')
    assert (b"".join(heard), bytes(remembered)) == (b"", b"trace: meanwhile\n")


def test_nobody_hears_an_evaluator_in_this_process() -> None:
    with Evaluator() as evaluator, evaluator.muted():
        assert evaluator.eval("1").to_python() == 1
