"""What a kept answer costs: as a whole process, beside nix-instantiate and an evaluation, and taken apart.

With HMEVAL_TEST_HOME_MANAGER and HMEVAL_TEST_NIXPKGS_LIB of the real Home Manager, else of the stand-in that hmeval
ships, which is far smaller. Every kept answer is compared with the evaluated one, byte for byte.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benches.bench_options import HERE, REAL, isolate, sources
from benches.measure import Measured, interleaved

RUNS = int(os.environ.get("HMEVAL_BENCH_RUNS", "15"))
ADDED_GOAL, ADDED_AIM = 0.030, 0.015
FOUND_GOAL = 0.005  # seconds that it may take longer: what is found is looked for, and the host's names asked for
NIX_GOAL, LIST_GOAL = 1 / 6, 1 / 5

FOUND, NAMED = "a flake that is found, kept", "a flake that is named, kept"
QUESTIONS = {
    "one option": ["programs.git.enable"],
    "a subtree": ["programs.git"],
    "a search": ["--search", "zsh history"],
    "the whole list": ["--format", "options-json"],
}

# Run in a process of its own, with the arguments of the command: seconds of each step.
STEPS = """
import sys, time
begin = time.perf_counter()
from hmeval import cli
from hmeval.cli import options, selection, target_flags
from hmeval import loading
from hmeval.cache import entries, fingerprint, kept, shelf, tree
from hmeval.render import option_page, terminal
steps = {"imports": time.perf_counter() - begin}
parse = time.perf_counter()
parser = cli.build_parser("options")
arguments = cli.parse_arguments(parser, sys.argv[1:])
steps["arguments"] = time.perf_counter() - parse
def timed(owner, name, step):
    original = getattr(owner, name)
    def measured(*given):
        begin = time.perf_counter()
        try:
            return original(*given)
        finally:
            steps[step] = steps.get(step, 0) + time.perf_counter() - begin
    setattr(owner, name, measured)
timed(fingerprint.Fingerprint, "changed", "validation")
timed(shelf.Shelf, "take", "look-up")
timed(entries.Entry, "get", "look-up")
whole = time.perf_counter()
options.run(arguments)
steps["output and the rest"] = time.perf_counter() - whole - steps["validation"] - steps["look-up"]
import json
print(json.dumps(steps), file=sys.stderr)
"""


def commands(home_manager: Path, nixpkgs: Path, flake: Path) -> dict[str, list[str]]:
    """All that is measured, by name; `flake` is a folder to make one in."""
    home = str(HERE / "home.nix")
    target = ["--file", home, "--home-manager", str(home_manager), "--nixpkgs", str(nixpkgs)]
    hmeval = [str(Path(sys.executable).with_name("hmeval")), "options"]
    expression = f"import {home_manager}/modules {{ pkgs = import {nixpkgs} {{ }}; configuration = {home}; }}"
    value = ["--eval", "--strict", "--json", "-E", expression, "-A", "config.programs.git.enable"]
    asked = {"python -c pass": [sys.executable, "-c", "pass"], "nix-instantiate": ["nix-instantiate", *value]}
    for name, question in QUESTIONS.items():
        asked[f"{name}, kept"] = [*hmeval, *question, *target]
        asked[f"{name}, evaluated"] = [*hmeval, "--no-cache", *question, *target]
    shutil.copytree(HERE.parent / "examples/standalone", flake)
    inputs = ["--override-input", "home-manager", str(home_manager), "--override-input", "nixpkgs", str(nixpkgs)]
    here = ["env", "-C", str(flake), "USER=alice", *hmeval, *QUESTIONS["one option"], *inputs]
    return asked | {FOUND: here, NAMED: [*here, "--flake", f"{flake}#alice"]}


def steps(target: list[str]) -> dict[str, float]:
    """The median seconds of each step of the answer to the first question."""
    command = [sys.executable, "-c", STEPS, "options", *QUESTIONS["one option"], *target]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(RUNS)]
    taken = [json.loads(run.stderr.splitlines()[-1]) for run in runs]
    return {step: statistics.median(one[step] for one in taken) for step in taken[0]}


def report(measured: dict[str, Measured], apart: dict[str, float]) -> bool:
    """Print the tables, and whether the goals hold; return that."""
    print(f"\n{'':28}{'median ms':>10}{'min ms':>10}")
    for name, figures in measured.items():
        print(f"{name:28}{figures.median * 1000:10.1f}{figures.least * 1000:10.1f}")
    print("\none option, kept, taken apart (ms, medians)")
    for step, seconds in ({"interpreter": measured["python -c pass"].median} | apart).items():
        print(f"  {step:26}{seconds * 1000:10.1f}")
    added = measured["one option, kept"].least - measured["python -c pass"].least
    of_nix = measured["one option, kept"].median / measured["nix-instantiate"].median
    of_cold = measured["the whole list, kept"].median / measured["the whole list, evaluated"].median
    to_find = measured[FOUND].median - measured[NAMED].median
    held = [added <= ADDED_GOAL, of_nix <= NIX_GOAL, of_cold <= LIST_GOAL, to_find <= FOUND_GOAL]
    told = ["MISSED", "holds"]
    print(
        f"\nadded to the interpreter: {added * 1000:.1f} ms (least); goal {ADDED_GOAL * 1000:.0f} {told[held[0]]}, ",
        end="",
    )
    print(f"aim {ADDED_AIM * 1000:.0f} {'holds' if added <= ADDED_AIM else 'missed'}")
    print(f"one option beside nix-instantiate: {of_nix:.2f}; goal {NIX_GOAL:.2f} {told[held[1]]}")
    print(f"the whole list beside an evaluation: {of_cold:.2f}; goal {LIST_GOAL:.2f} {told[held[2]]}")
    print(f"to find the flake: {to_find * 1000:.1f} ms more; goal {FOUND_GOAL * 1000:.0f} {told[held[3]]}")
    return all(held)


def main() -> int:
    """Measure and report; 1 where a goal is missed, or a kept answer is not the evaluated one."""
    with tempfile.TemporaryDirectory(prefix="hmeval-bench-") as name:
        folder = Path(name)
        isolate(folder)
        asked = commands(*sources(folder), folder / "flake")
        measured = interleaved(asked, RUNS, folder)
        apart = steps(asked["one option, kept"][3:])
        same = all(
            (folder / f"{question}, kept").read_bytes() == (folder / f"{question}, evaluated").read_bytes()
            for question in QUESTIONS
        )
    print(f"{RUNS} runs each, in turn; kept answers {'are' if same else 'ARE NOT'} the evaluated ones, byte for byte")
    # Of the stand-in, the start of the two programs is the larger part; the goals are for the real one.
    held = report(measured, apart) or not REAL
    return 0 if held and same else 1


if __name__ == "__main__":
    sys.exit(main())
