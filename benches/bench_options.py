"""The options of a Home Manager configuration: hmeval beside nix-instantiate, in one run.

A third side is hmeval with everything that it knows of each option (`--format json`: values, definitions, positions,
types), beside its own plain documents.

With HMEVAL_TEST_HOME_MANAGER and HMEVAL_TEST_NIXPKGS_LIB the real Home Manager is evaluated, else the stand-in that
hmeval ships, which is far smaller. Both sides write the same list to a file, in a Nix store of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benches.measure import Measured, interleaved

HERE = Path(__file__).resolve().parent
RUNS = int(os.environ.get("HMEVAL_BENCH_RUNS", "7"))
REAL = all(os.environ.get(name) for name in ("HMEVAL_TEST_HOME_MANAGER", "HMEVAL_TEST_NIXPKGS_LIB"))
WALL_GOAL, WALL_AIM, MEMORY_GOAL = 1.0, 0.6, 1.2
WHOLE_GOAL = 1.5


def isolate(folder: Path) -> None:
    """Give this process' children a store, a configuration and a cache of their own below `folder`."""
    for name in ("store", "state", "log", "conf"):
        os.environ[f"NIX_{name.upper()}_DIR"] = str(folder / name)
    (folder / "conf").mkdir()
    (folder / "conf/nix.conf").write_text("build-users-group =\nsubstituters =\n")
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    # As users run it: Python keeps what it has compiled.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    time.sleep(0.06)  # settings that changed just before a process began are none that it is known to have read


def sources(folder: Path) -> tuple[Path, Path]:
    """Where Home Manager and nixpkgs are: the real ones in a world made in `folder`, or hmeval's stand-ins."""
    if not REAL:
        print(
            "The stand-in library is measured; set HMEVAL_TEST_HOME_MANAGER and HMEVAL_TEST_NIXPKGS_LIB for the real."
        )
        offline = HERE.parent / "hmeval/offline"
        return offline / "home-manager", offline / "nixpkgs"
    home_manager, lib = os.environ["HMEVAL_TEST_HOME_MANAGER"], os.environ["HMEVAL_TEST_NIXPKGS_LIB"]
    make_world = str(HERE.parent / "tests/world/make-world")
    command = [sys.executable, make_world, "--lib", f"{lib}/lib", "--home-manager", home_manager, str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return Path(home_manager), folder / "nixpkgs"


def commands(home_manager: Path, nixpkgs: Path) -> dict[str, list[str]]:
    """The sides."""
    home = str(HERE / "home.nix")
    paths = {"nixpkgs": str(nixpkgs), "homeManager": str(home_manager), "configuration": home}
    arguments = [word for name, path in paths.items() for word in ("--arg", name, path)]
    target = ["--file", home, "--home-manager", str(home_manager), "--nixpkgs", str(nixpkgs)]
    evaluate = ["nix-instantiate", "--eval", "--strict", "--json", *arguments, str(HERE / "option-list.nix")]
    hmeval = str(Path(sys.executable).with_name("hmeval"))
    ours = [hmeval, "options", "--no-cache", *target, "--format"]
    return {"nix-instantiate": evaluate, "hmeval": [*ours, "options-list"], "hmeval, all": [*ours, "json"]}


def names(output: Path) -> list[str]:
    """The names of the options in an output."""
    document = json.loads(output.read_text())
    return sorted(option["name"] for option in (document["options"] if isinstance(document, dict) else document))


def report(measured: dict[str, Measured]) -> bool:
    """Print the table, and whether the goals hold; return that."""
    print(f"\n{'':16}{'median s':>10}{'min s':>10}{'peak MiB':>10}")
    for name, figures in measured.items():
        print(f"{name:16}{figures.median:10.3f}{figures.least:10.3f}{figures.peak:10.1f}")
    ours, theirs = measured["hmeval"], measured["nix-instantiate"]
    wall, memory = ours.median / theirs.median, ours.peak / theirs.peak
    print(f"{'ratio':16}{wall:10.2f}{ours.least / theirs.least:10.2f}{memory:10.2f}\n")
    print(f"wall time: goal {WALL_GOAL} {'holds' if wall <= WALL_GOAL else 'MISSED'}, ", end="")
    print(f"aim {WALL_AIM} {'holds' if wall <= WALL_AIM else 'missed'}")
    print(f"memory:    goal {MEMORY_GOAL} {'holds' if memory <= MEMORY_GOAL else 'MISSED'}")
    whole = measured["hmeval, all"].median / ours.median
    print(f"all that is known of each option, to plain documents: {whole:.2f}, ", end="")
    print(f"goal {WHOLE_GOAL} {'holds' if whole <= WHOLE_GOAL else 'MISSED'}")
    return wall <= WALL_GOAL and memory <= MEMORY_GOAL and whole <= WHOLE_GOAL


def main() -> int:
    """Measure and report; 1 where a goal is missed, or the sides do not list the same options."""
    with tempfile.TemporaryDirectory(prefix="hmeval-bench-") as name:
        folder = Path(name)
        isolate(folder)
        measured = interleaved(commands(*sources(folder)), RUNS, folder)
        listed = {side: names(folder / side) for side in measured}
    print(f"{RUNS} runs each, in turn; options listed: {', '.join(f'{k} {len(v)}' for k, v in listed.items())}")
    same = all(options == listed["nix-instantiate"] for options in listed.values())
    if not same:
        print("the sides do not list the same options: the figures mean nothing")
    # Of the stand-in, the start of the two programs is the larger part; the goals are for the real one.
    held = report(measured) or not REAL
    return 0 if held and same else 1


if __name__ == "__main__":
    sys.exit(main())
