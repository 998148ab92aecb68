"""The texts of Home Manager's own test configurations, with the whole of nixpkgs.

All of them take half an hour: `python -m tests.plan.test_texts_real` counts them. A test takes a sample.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import hmeval
from hmeval.plan.builds.places import File
from hmeval.plan.contents import Contents
from hmeval.plan.disk import RealDisk
from hmeval.plan.inputs import text_bytes

Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]
pytestmark = pytest.mark.nixpkgs

CONFIGURATIONS = Path(__file__).resolve().parent / "configurations.nix"
EVERY = 120
"""One in so many configurations is in the sample: 13 of 1,582 in August 2026, with about a hundred texts."""

HOME = """
  {
    home = { username = "alice"; homeDirectory = "/home/alice"; stateVersion = "25.11"; };
    home.file.".note".text = "one\\ntwo\\n";
    manual.manpages.enable = false;
  }
"""


class Count(NamedTuple):
    """How many configurations and texts there are, and what is wrong with some."""

    configurations: int
    texts: int
    unknown: list[str]
    wrong: list[str]
    failures: dict[str, str]


def count(home_manager: Path, nixpkgs: Path, every: int, start: int = 0) -> Count:
    """Evaluate some of the configurations, and compare what is recognised with what they say."""
    expression = f"import {CONFIGURATIONS} {{ homeManager = {home_manager}; nixpkgs = {nixpkgs}; }}"
    counted = Count(0, 0, [], [], {})
    with hmeval.Evaluator() as evaluator:
        tests = evaluator.eval(expression)
        names = tests.attr_names()[start::every]
        for name in names:
            try:
                texts, files = tests[name]["texts"].to_python(), tests[name]["inputs"]["files"].to_python()
            except hmeval.EvaluationError as error:
                counted.failures[name] = error.message
                continue
            counted = counted._replace(texts=counted.texts + len(texts))
            compare(name, texts, files, counted)
    return counted._replace(configurations=len(names))


def compare(name: str, texts: dict[str, str], files: Iterable[dict[str, Any]], counted: Count) -> None:
    """Note which texts of a configuration are not known, or not what they are."""
    contents = Contents(RealDisk())
    for record in files:
        target = record["target"]
        if target not in texts:
            continue
        found = contents.made(record)
        if not isinstance(found, File):
            counted.unknown.append(f"{name}: {target}")
        elif found.content != text_bytes(texts[target]):
            counted.wrong.append(f"{name}: {target}")


def test_texts_of_test_configurations_are_known(home_manager: Path, nixpkgs: Path) -> None:
    counted = count(home_manager, nixpkgs, EVERY)
    assert counted.configurations > 10
    assert counted.texts > 50
    assert (counted.unknown, counted.wrong, counted.failures) == ([], [], {})


@pytest.mark.parametrize(
    ("there", "code", "told"),
    [
        ("one\ntwo\n", 0, "· .note  a file of the same content is there"),
        ("one\n2\n", 3, "something that Home Manager did not put there is in the way, and differs"),
    ],
)
def test_a_text_beside_what_is_in_home(
    hmeval_command: Hmeval, home_manager: Path, nixpkgs: Path, tmp_path: Path, there: str, code: int, told: str
) -> None:
    (tmp_path / "home.nix").write_text(HOME.replace("/home/alice", str(tmp_path / "home")))
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.note").write_text(there)
    target = ("--file", tmp_path / "home.nix", "--home-manager", home_manager, "--nixpkgs", nixpkgs)
    done = hmeval_command("plan", *target)
    assert (done.returncode, done.stderr) == (code, "")
    assert told in done.stdout


def test_the_difference_of_a_text(hmeval_command: Hmeval, home_manager: Path, nixpkgs: Path, tmp_path: Path) -> None:
    (tmp_path / "home.nix").write_text(HOME.replace("/home/alice", str(tmp_path / "home")))
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.note").write_text("one\n2\n")
    target = ("--file", tmp_path / "home.nix", "--home-manager", home_manager, "--nixpkgs", nixpkgs)
    flags = ("--backup-extension", "bak", "--diff", "--json")
    files = json.loads(hmeval_command("plan", *target, *flags).stdout)["files"]
    (note,) = [file for file in files if file["target"] == ".note"]
    assert (note["action"], note["content"]) == ("backup", "known")
    assert note["diff"] == "--- .note\n+++ .note\n@@ -1,2 +1,2 @@\n one\n-2\n+two\n"


def main() -> None:
    """Count all texts, in pieces that fit into the memory."""
    home_manager, nixpkgs = map(Path, sys.argv[1:3])
    total: Counter[str] = Counter()
    for start in range(pieces := 8):
        counted = count(home_manager, nixpkgs, pieces, start)
        total += Counter(configurations=counted.configurations, texts=counted.texts)
        total += Counter(unknown=len(counted.unknown), wrong=len(counted.wrong), failures=len(counted.failures))
        print(*counted.unknown, *counted.wrong, *counted.failures.items(), sep="\n")
    print(dict(total))


if __name__ == "__main__":
    main()
