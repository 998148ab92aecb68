"""The stand-in for nixpkgs' lib, case by case: what each case comes to there, and that it is the same in the real lib.

The cases are in tests/corpus, a file for each theme; tests/corpus/run.nix says what a case is.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests/corpus"
OFFLINE = ROOT / "hmeval/offline"
THEMES = sorted(path.stem for path in CORPUS.glob("*.nix") if path.stem != "run")

# How nix-instantiate begins the message of each kind of error. A message of none of them is the user's own, of a
# `throw`, or Nix's on the world outside; only the former can be caught by `tryEval`.
KINDS = {
    "aborted": r"evaluation aborted with the following error message",
    "assertion": r"assertion '",
    "infinite-recursion": r"infinite recursion encountered",
    "missing-attribute": r"attribute '[^']*' missing",
    "stack-overflow": r"stack overflow",
    "syntax": r"syntax error",
    "type": r"cannot (add|coerce|compare)|value is |expected |(anonymous )?function .* called with|attempt to call ",
    "undefined-variable": r"undefined variable",
}


@dataclass(frozen=True)
class Library:
    """A lib to evaluate the cases with, and the Home Manager whose `lib.hm` goes with it."""

    name: str
    lib: Path
    home_manager: Path

    def arguments(self, theme: str) -> list[str]:
        """The arguments of tests/corpus/run.nix."""
        arguments = {"theme": theme, "libPath": str(self.lib)}
        if theme == "home-manager":
            arguments["homeManager"] = str(self.home_manager)
        return [word for name, value in arguments.items() for word in ("--argstr", name, value)]

    def instantiate(self, theme: str, attribute: str) -> subprocess.CompletedProcess[str]:
        """Evaluate one attribute of the theme, strictly."""
        command = [nix_instantiate(), "--eval", "--strict", "--json", str(CORPUS / "run.nix"), "-A", attribute]
        return subprocess.run([*command, *self.arguments(theme)], capture_output=True, text=True, timeout=120)

    def evaluate(self, theme: str, attribute: str) -> Any:
        """The value of an attribute that is expected to have one."""
        done = self.instantiate(theme, attribute)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@cache
def nix_instantiate() -> str:
    """The program. A machine without it cannot run the offline tests, and has to say so."""
    program = shutil.which("nix-instantiate")
    assert program is not None, "nix-instantiate is not on PATH"
    return program


@pytest.fixture(scope="module", params=["offline", pytest.param("real", marks=pytest.mark.real)])
def library(request: pytest.FixtureRequest) -> Library:
    """The stand-in, and the real library where a checkout of it is at hand."""
    if request.param == "offline":
        return Library("offline", OFFLINE / "nixpkgs/lib", OFFLINE / "home-manager")
    lib: Path = request.getfixturevalue("nixpkgs_lib")
    return Library("real", lib / "lib", request.getfixturevalue("home_manager"))


def message_of(stderr: str) -> str:
    """The message of the error, traces and warnings before it left out, on one line.

    Newer versions of Nix print the trace first, below an "error:" of its own.
    """
    return " ".join(re.split(r"^\s*error:", stderr, flags=re.MULTILINE)[-1].split())


def kind_of(message: str, caught: bool) -> str:
    """The kind of error: by how Nix words it, else a throw if Nix code can catch it."""
    named = (kind for kind, pattern in KINDS.items() if re.match(pattern, message))
    return next(named, "throw" if caught else "other")


def caught_cases(library: Library, theme: str) -> set[str]:
    """The cases whose error `tryEval` catches, of those that expect such a one.

    One that it does not catch ends Nix: then none is known to be caught, and `differences` names the culprit's kind.
    """
    done = library.instantiate(theme, "caught")
    caught = json.loads(done.stdout) if done.returncode == 0 else {}
    return {name for name, is_caught in caught.items() if is_caught}


def differences(library: Library, theme: str) -> Iterator[str]:
    """What the failing cases of a theme say otherwise than expected."""
    cases = library.evaluate(theme, "failures")
    caught = caught_cases(library, theme)
    for name, case in cases.items():
        done = library.instantiate(theme, f"one.{name}")
        message = message_of(done.stderr)
        kind = "none" if done.returncode == 0 else kind_of(message, name in caught)
        if kind != case["fails"]:
            yield f"{name}: {kind} instead of {case['fails']}: {message}"
        elif case["message"] not in message:
            yield f"{name}: {case['message']!r} is not in {message!r}"


@pytest.mark.parametrize("theme", THEMES)
def test_values(theme: str, library: Library) -> None:
    """Every case that has a value has the expected one."""
    outcomes = library.evaluate(theme, "outcomes")
    actual = {name: outcome["actual"] for name, outcome in outcomes.items()}
    assert actual == {name: outcome["expected"] for name, outcome in outcomes.items()}


@pytest.mark.parametrize("theme", THEMES)
def test_failures(theme: str, library: Library) -> None:
    """Every case that fails does so with the expected kind of error, and says what it has to."""
    assert list(differences(library, theme)) == []


def test_size() -> None:
    """The corpus is as large as it is said to be, and every case says what it comes to."""
    expression = f"""
      let lib = import {OFFLINE}/nixpkgs/lib;
          hm = import {OFFLINE}/home-manager/modules/lib/stdlib-extended.nix lib;
          cases = map (theme: import ({CORPUS} + "/${{theme}}.nix") {{ lib = hm; }})
            (builtins.fromJSON ''{json.dumps(THEMES)}'');
      in map (theme: map (case: case ? expected || case ? fails && case ? message) (builtins.attrValues theme)) cases
    """
    command = [nix_instantiate(), "--eval", "--strict", "--json", "--expr", expression]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    said = [says for theme in json.loads(done.stdout) for says in theme]
    assert all(said)
    assert len(said) >= 250


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("infinite recursion encountered at x", "infinite-recursion"),
        ("attribute 'a' missing at x", "missing-attribute"),
        ("assertion '(1 == 2)' failed", "assertion"),
        ("value is a string while a set was expected", "type"),
        ("The option `a' does not exist. attribute 'x' missing", "other"),
    ],
)
def test_kinds(message: str, kind: str) -> None:
    """The kind of an error is told by the beginning of its message alone."""
    assert kind_of(message, caught=False) == kind
