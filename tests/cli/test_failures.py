"""Configurations that fail: one message that says what, where and of which option, and exit code 1."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]

IDENTITY = 'home.username = "alice"; home.homeDirectory = "/home/alice"; home.stateVersion = "26.05";'


class Failing(NamedTuple):
    """A line of a home.nix (its third), and what must be told of it; `place` is where, in home.nix unless it says."""

    line: str
    kind: str
    told: str
    place: str = r"home\.nix:3:\d+"
    option: str | None = None


FAILING = {
    "syntax error": Failing("home.packages = [ ;", "syntax", "syntax error", r"home\.nix:3:19"),
    "undefined variable": Failing("home.sessionVariables.A = nope;", "undefined variable", "'nope'", r"home\.nix:3:27"),
    "throw": Failing('home.sessionVariables.A = throw "no good";', "throw", "no good", r"\.nix:\d+:\d+"),
    "abort": Failing('home.sessionVariables.A = abort "no good";', "aborted", "no good", r"\.nix:\d+:\d+"),
    "assert": Failing('home.sessionVariables.A = assert 1 == 2; "x";', "assertion", "failed", r"home\.nix:3:27"),
    "failed assertion": Failing(
        'assertions = [ { assertion = false; message = "never mind"; } ];', "throw", "never mind", r":\d+:\d+"
    ),
    "missing attribute": Failing(
        "home.sessionVariables.A = lib.nothere;", "missing attribute", "'nothere'", r"home\.nix:3:27"
    ),
    "wrong type": Failing(
        "home.sessionVariables = 3;", "", "is not of type", r"home\.nix:3:1", "home.sessionVariables"
    ),
    "type error": Failing('home.sessionVariables.A = "a" + 1;', "type", "integer", r"home\.nix:3:\d+"),
    "infinite recursion": Failing(
        "home.sessionVariables.A = config.home.sessionVariables.A;",
        "infinite recursion",
        "infinite recursion",
        r"\.nix:\d+:\d+",
    ),
    "missing file": Failing("imports = [ ./absent.nix ];", "", "absent.nix", r"\.nix:\d+:\d+"),
    "unknown option": Failing("programs.gti.enable = true;", "", "does not exist", r"home\.nix:3:1", "programs.gti"),
}


@pytest.mark.parametrize("failing", FAILING.values(), ids=list(FAILING))
def test_a_failing_configuration_is_told_once(hmeval_command: Hmeval, tmp_path: Path, failing: Failing) -> None:
    (tmp_path / "home.nix").write_text(f"{{ config, lib, pkgs, ... }}: {{\n{IDENTITY}\n{failing.line}\n}}\n")
    done = hmeval_command("eval", "--file", "home.nix", "--offline", "--json", "--at", "home.sessionVariables")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert done.stderr.count("hmeval: ") == 1
    assert done.stderr.startswith(f"hmeval: the evaluation failed{f' ({failing.kind})' if failing.kind else ''}")
    assert failing.told in done.stderr
    assert re.search(rf"^  at \S*{failing.place}$", done.stderr, re.MULTILINE), done.stderr
    if failing.option:
        assert f"\n  option: {failing.option}\n" in done.stderr


@pytest.mark.parametrize("name", ["throw", "wrong type", "infinite recursion"])
def test_an_option_that_fails_leaves_the_others(hmeval_command: Hmeval, tmp_path: Path, name: str) -> None:
    (tmp_path / "home.nix").write_text(f"{{ config, lib, pkgs, ... }}: {{\n{IDENTITY}\n{FAILING[name].line}\n}}\n")
    done = hmeval_command(
        "options", "--file", "home.nix", "--offline", "home.sessionVariables", "home.username", "programs.git.enable"
    )
    assert done.returncode == 0
    assert "<error: " in done.stdout
    assert '"alice"' in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--file", "absent.nix", "--offline"), "absent.nix does not exist"),
        (("--file", "home.nix", "--home-manager", ".", "--nixpkgs", "."), "modules/default.nix"),
        (("--file", "home.nix"), "--offline"),
        (("--flake", "."), "flake.nix"),
    ],
)
def test_a_target_that_is_not_there(
    hmeval_command: Hmeval, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    (tmp_path / "home.nix").write_text("{ }")
    done = hmeval_command("options", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("hmeval: ")
