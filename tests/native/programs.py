"""What the programs share that tests of the engine run in processes of their own."""

from __future__ import annotations

from hmeval import engine

ENDLESS = "builtins.genericClosure { startSet = [ { key = 0; } ]; operator = x: [ { key = x.key + 1; } ]; }"

WITHOUT_CALLS = [
    "let x = { outPath = x; }; in ''${x}''",
    "let x = [ x ]; in toString x",
    "let x = { a = x; }; in builtins.toJSON x",
    "let x = { a = x; }; y = { a = y; }; in x == y",
    "let x = [ x ]; y = [ y ]; in x < y",
]
"""Recursion without an end in which Nix calls no function: it walks through these values itself."""

PRELUDE = (
    f"ENDLESS = {ENDLESS!r}\n"
    + '''
import gc, os, sys, threading, time
from hmeval import EngineError, EvaluationError, Evaluator


def used() -> dict[str, int]:
    """What this process holds: resident memory in KiB, threads, open files."""
    gc.collect()
    time.sleep(0.1)  # a thread that was joined may not be gone yet
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    return {
        "memory": pages * (os.sysconf("SC_PAGE_SIZE") // 1024),
        "threads": len(os.listdir("/proc/self/task")),
        "files": len(os.listdir("/proc/self/fd")),
    }


def check_growth(turn, turns: int, kibibytes: int) -> None:
    """After a first half to warm up, the second half must not grow by more than this, threads and files not at all."""
    for number in range(turns // 2):
        turn(number)
    before = used()
    for number in range(turns // 2, turns):
        turn(number)
    after = used()
    print(before, after, file=sys.stderr)
    assert after["threads"] <= before["threads"], (before, after)
    assert after["files"] <= before["files"], (before, after)
    assert after["memory"] - before["memory"] <= kibibytes, (before, after)


def kind_of(use):
    try:
        use()
    except EvaluationError as error:
        return error.kind
    return "none"
'''
)


def nix_version() -> tuple[int, ...]:
    """The engine's, as (2, 34): what a fork adds to it does not count."""
    major, minor = engine()["version"].split(".")[:2]
    return int(major), int(minor)
