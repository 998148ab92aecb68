"""A thousand requests to one worker, while its process is killed, starved and sent where there is no end, at random."""

from __future__ import annotations

import random
from collections.abc import Callable

Program = Callable[..., str]

# In a process of its own, so that what is left over is the worker's.
FAULTS = '''
import collections, contextlib, os, random, signal, sys, threading, time
from hmeval import EngineError, EvaluationError, Worker

SEED, THREADS, REQUESTS = int(sys.argv[1]), 4, 250
TIMEOUT, LIMIT = 0.6, 120.0  # LIMIT: for a request with all that can go before it on a busy machine

# A process that was starved and went on, when the time-out was first, may have nothing left for what comes next.
AT_ANY_TIME = ("killed", "interrupted", "memory")
RIGHT = {
    "plain": ("answer", "restarted"),
    "value": ("answer", "restarted"),
    "throw": ("throw",),
    "recursion": ("stack-overflow",),
    "hunger": (),
    "loop": (),
    "unstoppable": (),
}
WEIGHTS = {"plain": 50, "value": 36, "throw": 8, "recursion": 3, "hunger": 2, "loop": 1, "unstoppable": 0.4}
LOOP = "builtins.genericClosure { startSet = [ { key = 0; } ]; operator = x: [ { key = x.key + 1; } ]; }"


def children() -> set[int]:
    found = set()
    for task in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError), open(f"/proc/self/task/{task}/children") as file:
            found |= set(map(int, file.read().split()))
    return found


def carry_out(worker, kind, number):
    """What the request gives, which must be right where there is no error."""
    if kind == "plain":
        assert worker.eval(f"{number} * 2").to_python() == number * 2
    elif kind == "value":
        value = worker.eval("{ f = x: { inherit x; l = [ x (x + 1) ]; }; }")["f"](number)
        assert value["x"].to_python() == number
        assert value.to_python() == {"x": number, "l": [number, number + 1]}
        assert len(value["l"]) == 2
        assert value.attr_names() == ["l", "x"]
    elif kind == "throw":
        worker.eval(f'throw "{number}"')
    elif kind == "recursion":
        worker.eval(random.choice(["let x = { outPath = x; }; in ''${x}''", "let x = [ x ]; in toString x"]))
    elif kind == "hunger":
        worker.eval("builtins.length (builtins.genList (x: x) 100000000)")
    elif kind == "loop":
        worker.eval(LOOP)
    else:
        worker.eval(f'builtins.match "(a|aa)+b" "{"a" * 90}"')
    return "answer"


def outcome(worker, kind, number):
    try:
        return carry_out(worker, kind, number)
    except EvaluationError as error:
        if error.kind == "throw":
            assert error.message == str(number), error
        if error.kind != "other":
            return error.kind
        return "memory" if "MiB" in error.message else "killed" if "SIGKILL" in error.message else repr(error)
    except EngineError as error:
        if "could not be started" in str(error):
            return "killed"
        return "restarted" if "restarted" in str(error) else repr(error)


def use(worker, seed, count, wrong, slowest):
    choose = random.Random(seed)
    for number in range(REQUESTS):
        [kind] = choose.choices(list(WEIGHTS), list(WEIGHTS.values()))
        began = time.monotonic()
        try:
            end = outcome(worker, kind, number)
        except BaseException as error:
            end = repr(error)
        slowest.append(time.monotonic() - began)
        count[kind, end] += 1
        if end not in RIGHT[kind] + AT_ANY_TIME:
            wrong.append((kind, number, end))


def kill(choose, done):
    while not done.wait(choose.expovariate(1)):
        for child in children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)


def main():
    files, processes = os.listdir("/proc/self/fd"), children()
    count, wrong, slowest, done = collections.Counter(), [], [], threading.Event()
    with Worker(timeout=TIMEOUT, memory=300 * 2**20) as worker:
        threads = [
            threading.Thread(target=use, args=[worker, f"{SEED}-{thread}", count, wrong, slowest], daemon=True)
            for thread in range(THREADS)
        ]
        killer = threading.Thread(target=kill, args=[random.Random(SEED), done])
        for thread in [killer, *threads]:
            thread.start()
        for thread in threads:
            thread.join(840)
        done.set()
        killer.join()
        assert not any(thread.is_alive() for thread in threads), (SEED, count)
        assert worker.eval("1 + 1").to_python() == 2
    for kind, ends in RIGHT.items():  # faults are the exception
        assert not ends or sum(count[kind, end] for end in ends) > sum(count[kind, end] for end in AT_ANY_TIME), count
    print(f"seed {SEED}, slowest {max(slowest):.1f} s", *sorted(count.items()), sep="\\n")
    assert not wrong, (SEED, wrong[:10])
    assert sum(count.values()) == THREADS * REQUESTS
    assert max(slowest) < LIMIT, (SEED, max(slowest))
    assert children() == processes, (SEED, children())
    assert os.listdir("/proc/self/fd") == files, (SEED, os.listdir("/proc/self/fd"))
    assert threading.active_count() == 1, (SEED, threading.enumerate())


main()
'''


def test_a_thousand_requests_among_faults(program: Program) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    print(program(FAULTS, str(seed), timeout=900))
