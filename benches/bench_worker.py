"""What a worker costs over an evaluator in the same process: a round trip, its start, and a cold listing of options."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benches.bench_options import RUNS, isolate, sources
from benches.measure import interleaved
from hmeval import Worker

HERE = Path(__file__).resolve().parent
ROUND_TRIPS, STARTS = 5000, 15
ROUND_TRIP_GOAL = 1.0  # milliseconds at the median

# Both sides do the same, and neither is the command line: it has a worker in any case.
LISTING = """
import os, sys, hmeval
evaluator = getattr(hmeval, sys.argv[1])()
file, home_manager, nixpkgs = sys.argv[2:]
configuration = hmeval.load(file=file, home_manager=home_manager, nixpkgs=nixpkgs, evaluator=evaluator, cache="off")
print(sum(1 for _ in configuration.iterate()), flush=True)
configuration.close()
os._exit(0)
"""


def milliseconds(use: Callable[[], object], times: int) -> list[float]:
    """How long each of so many uses takes, the shortest first."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        use()
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)


def start_and_end() -> None:
    """A worker's whole life, with one request."""
    with Worker() as worker:
        worker.eval("1")


def report(name: str, taken: list[float]) -> float:
    """Print a line of the table; return the median."""
    median = statistics.median(taken)
    print(f"{name:34}{median:10.3f}{taken[int(len(taken) * 0.95)]:10.3f}")
    return median


def listings(folder: Path) -> None:
    """Print what a cold listing takes in both ways."""
    home_manager, nixpkgs = sources(folder)
    arguments = [str(HERE / "home.nix"), str(home_manager), str(nixpkgs)]
    commands = {kind: [sys.executable, "-c", LISTING, kind, *arguments] for kind in ("Evaluator", "Worker")}
    measured = interleaved(commands, RUNS, folder)
    counts = {(folder / kind).read_text() for kind in commands}
    assert len(counts) == 1, counts
    print(f"\n{RUNS} cold listings of {counts.pop().strip()} options each, in turn")
    print(f"{'':34}{'median s':>10}{'min s':>10}{'peak MiB':>10}")
    for kind, figures in measured.items():
        print(f"{kind:34}{figures.median:10.3f}{figures.least:10.3f}{figures.peak:10.1f}")
    print(f"{'over in-process, ms':34}{(measured['Worker'].median - measured['Evaluator'].median) * 1000:10.1f}")


def main() -> int:
    """Measure and report; 1 where the goal is missed."""
    with tempfile.TemporaryDirectory(prefix="hmeval-bench-") as name:
        isolate(Path(name))
        print(f"{'':34}{'median ms':>10}{'95 % ms':>10}")
        with Worker() as worker:
            value = worker.eval("{ a = 1; }")
            milliseconds(lambda: value["a"], 200)
            median = report("round trip: value['a']", milliseconds(lambda: value["a"], ROUND_TRIPS))
            report("two: eval('1').to_python()", milliseconds(lambda: worker.eval("1").to_python(), ROUND_TRIPS))
        start_and_end()
        report("start, one request, end", milliseconds(start_and_end, STARTS))
        listings(Path(name))
    held = median < ROUND_TRIP_GOAL
    print(f"\nround trip: goal {ROUND_TRIP_GOAL} ms {'holds' if held else 'MISSED'}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
