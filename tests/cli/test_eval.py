"""`hmeval eval`, and what the command line tells of itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/standalone/home.nix"
TARGET = ("--file", EXAMPLE, "--offline")


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        (("--at", "home.username"), '"alice"\n'),
        (("--at", "home.username", "--json"), '"alice"\n'),
        (("config.programs.git.enable",), "true\n"),
        (("lib.length [ 1 2 ]", "--json"), "2\n"),
        (("{ b = 1; a = [ ./x ]; f = x: x; }.b",), "1\n"),
        (("--at", 'home.file.".vimrc".target'), '".vimrc"\n'),
    ],
)
def test_a_value(hmeval_command: Hmeval, arguments: tuple[str, ...], written: str) -> None:
    done = hmeval_command("eval", *TARGET, *arguments)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", written)


def test_a_set_as_json(hmeval_command: Hmeval) -> None:
    done = hmeval_command("eval", *TARGET, "--json", "--at", "home.sessionVariables")
    assert json.loads(done.stdout)["EDITOR"] == "nvim"


def test_bytes_that_are_no_utf8_stay_in_text_and_are_replaced_in_json(tmp_path: Path) -> None:
    (tmp_path / "stray").write_bytes(b"caf\xe9")
    command = [sys.executable, "-m", "hmeval", "eval", *map(str, TARGET), f"builtins.readFile {tmp_path}/stray"]
    assert subprocess.run(command, capture_output=True).stdout == b'"caf\xe9"\n'
    assert (
        subprocess.run([*command, "--json"], capture_output=True).stdout.decode() == '"caf\N{REPLACEMENT CHARACTER}"\n'
    )


def test_a_path_that_is_not_there(hmeval_command: Hmeval) -> None:
    done = hmeval_command("eval", *TARGET, "--at", "home.usernam")
    assert (done.returncode, done.stdout) == (1, "")
    assert "did you mean home.username?" in done.stderr


@pytest.mark.parametrize(
    ("expression", "place"),
    [
        ("let x = x; in x", "1:9"),
        ('1 + "a"', "1:5"),
        ("{ }.a", "1:1"),
        ("nope", "1:1"),
        ("1 + ]", "1:5"),
        ("lib.seq\n  config.nope 1", "2:3"),
    ],
)
def test_an_error_is_at_its_place_in_the_expression(hmeval_command: Hmeval, expression: str, place: str) -> None:
    done = hmeval_command("eval", *TARGET, expression)
    assert done.returncode == 1
    assert f"\n  at «string»:{place}" in done.stderr


@pytest.mark.parametrize("arguments", [(), ("1", "--at", "home.username"), ("--at", "home..username")])
def test_wrong_usage(hmeval_command: Hmeval, arguments: tuple[str, ...]) -> None:
    done = hmeval_command("eval", *TARGET, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: hmeval eval")


@pytest.mark.parametrize("command", [(), ("options",), ("eval",)])
def test_help_shows_examples(hmeval_command: Hmeval, command: tuple[str, ...]) -> None:
    done = hmeval_command(*command, "--help")
    assert done.returncode == 0
    assert "examples:\n  hmeval " in done.stdout


def test_the_version(hmeval_command: Hmeval) -> None:
    done = hmeval_command("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("hmeval ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_a_shell_gets_its_completions(hmeval_command: Hmeval, shell: str) -> None:
    done = hmeval_command("--print-completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert "override-input" in done.stdout


def test_no_command_is_wrong_usage(hmeval_command: Hmeval) -> None:
    assert hmeval_command().returncode == 2
    assert hmeval_command("activate").returncode == 2


def test_an_interrupted_evaluation_ends_with_130() -> None:
    endless = "let f = n: if n == 0 then 0 else f (n - 1); in builtins.foldl' (a: _: f 900) 0 (lib.range 0 10000000)"
    command = [sys.executable, "-m", "hmeval", "eval", *map(str, TARGET), endless]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ) as process:
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        written, told = process.communicate(timeout=60)
    assert (process.returncode, written) == (130, b"")
    assert b"Traceback" not in told


def test_what_is_slow_to_import_is_left_out_until_it_is_needed() -> None:
    shown = "import sys, hmeval.cli; hmeval.cli.build_parser(); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True).stdout.split()
    assert not {"rich", "shtab", "importlib.metadata", "hmeval.evaluation", "cffi", "msgpack", "json"} & set(modules)
