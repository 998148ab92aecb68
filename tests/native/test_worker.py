"""A worker: whatever ends its process is an error here, and the next request works."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import hmeval
from hmeval import EngineError, EvaluationError, Evaluator, Value, Worker
from hmeval.options.extract import DETAILS, extract_options, iterate_options
from tests.native.programs import WITHOUT_CALLS

Program = Callable[..., str]

MEBI = 1024 * 1024
ENDLESS = "builtins.genericClosure { startSet = [ { key = 0; } ]; operator = x: [ { key = x.key + 1; } ]; }"
# Nix looks for an interrupt in calls; this is one step for it, and without an end.
UNSTOPPABLE = f'builtins.match "(a|aa)+b" "{"a" * 90}"'
# The parser of TOML recurses, in a library.
NESTED = f'builtins.fromTOML "x = {"[" * 500_000}"'
HUNGRY = "builtins.length (builtins.genList (x: x) 100000000)"


def children(process: int | str = "self") -> set[int]:
    """The processes that a process has started, and that it has not waited for."""
    found: set[int] = set()
    for task in Path(f"/proc/{process}/task").iterdir():
        with contextlib.suppress(OSError):
            found |= set(map(int, (task / "children").read_text().split()))
    return found


def runs(process: int) -> bool:
    """Whether a process is there and does anything."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Wait for something that happens soon."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


class Watched:
    """A worker, and the process that it has."""

    def __init__(self, worker: Worker, before: set[int]) -> None:
        self.worker = worker
        self._before = before

    @property
    def process(self) -> int:
        until(lambda: len(children() - self._before) == 1)
        [process] = children() - self._before
        return process

    def kill(self) -> None:
        """End the process from outside, and wait until the worker knows."""
        process = self.process
        os.kill(process, signal.SIGKILL)
        assert until(lambda: process not in children())


@pytest.fixture
def watched() -> Iterator[Callable[..., Watched]]:
    """Makes a worker; afterwards nothing of it may be left over."""
    with contextlib.ExitStack() as stack:
        before, files, threads = children(), open_files(), threading.active_count()

        def make(**options: Any) -> Watched:
            return Watched(stack.enter_context(Worker(**options)), before)

        yield make
        stack.close()
        assert children() == before
        assert open_files() == files
        assert threading.active_count() == threads


@pytest.fixture
def worker(watched: Callable[..., Watched]) -> Worker:
    return watched().worker


def error_of(use: Callable[[], Any]) -> EvaluationError:
    with pytest.raises(EvaluationError) as caught:
        use()
    return caught.value


def check_works(worker: Worker) -> None:
    assert worker.eval("(x: x + 1) 41").to_python() == 42


# -- what ends a process ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("expression", [*WITHOUT_CALLS, NESTED])
def test_endless_recursion_within_a_builtin_is_an_error(worker: Worker, expression: str) -> None:
    error = error_of(lambda: worker.eval(expression))
    assert error.kind == "stack-overflow"
    assert error.message.startswith("stack overflow")
    check_works(worker)


def test_values_of_a_process_that_has_ended_say_so(watched: Callable[..., Watched]) -> None:
    made = watched()
    worker = made.worker
    value = worker.eval("{ a = 1; f = x: x; }")
    made.kill()
    check_works(worker)
    uses: list[Callable[[], Any]] = [
        *[lambda: value["a"], value.to_python, value.attr_names, lambda: worker.eval("x: x")(value)],
        *[lambda: worker.value([value]), lambda: extract_options(worker, value)],
    ]
    for use in uses:
        with pytest.raises(EngineError, match="restarted"):
            use()
    check_works(worker)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_process_that_is_killed_while_it_evaluates(watched: Callable[..., Watched], number: signal.Signals) -> None:
    made = watched()
    check_works(made.worker)
    process = made.process
    timer = threading.Timer(0.2, os.kill, [process, number])
    timer.start()
    error = error_of(lambda: made.worker.eval(f'builtins.trace "last words" ({ENDLESS})'))
    timer.join()
    assert error.kind == "other"
    assert number.name in error.message
    assert "last words" in error.message
    check_works(made.worker)
    assert made.process != process
    assert made.worker.crashed


def test_a_process_that_was_killed_in_between_is_not_noticed(watched: Callable[..., Watched]) -> None:
    made = watched()
    for _ in range(3):
        check_works(made.worker)
        made.kill()
    check_works(made.worker)
    assert not made.worker.crashed


@pytest.mark.parametrize(
    "expression",
    [HUNGRY, "builtins.deepSeq (builtins.genList (i: builtins.genList (x: x + i) 100) 1000000) 1"],
)
def test_a_want_of_memory_is_an_error(watched: Callable[..., Watched], expression: str) -> None:
    worker = watched(memory=300 * MEBI).worker
    error = error_of(lambda: worker.eval(expression))
    assert error.kind == "other"
    assert "300 MiB" in error.message
    assert "memory=" in error.message
    check_works(worker)


def test_memory_that_is_given_back_is_there_again(watched: Callable[..., Watched]) -> None:
    """Values that are not held here any more are not held there either."""
    worker = watched(memory=300 * MEBI).worker
    for _ in range(12):
        value = worker.eval("let l = builtins.genList (x: { inherit x; }) 200000; in builtins.deepSeq l l")
        assert value[199999]["x"].to_python() == 199999


def test_a_time_out_is_an_error_and_no_more(watched: Callable[..., Watched]) -> None:
    made = watched(timeout=0.3)
    value = made.worker.eval("{ a = 1; }")
    process = made.process
    error = error_of(lambda: made.worker.eval(ENDLESS))
    assert error.kind == "interrupted"
    assert "0.3 seconds" in error.message
    # It could be interrupted: the process, and what it holds, is still there.
    assert value["a"].to_python() == 1
    assert made.process == process


def test_a_time_out_of_what_cannot_be_interrupted(watched: Callable[..., Watched]) -> None:
    worker = watched(timeout=1).worker
    check_works(worker)
    error = error_of(lambda: worker.eval(UNSTOPPABLE))
    assert error.kind == "interrupted"
    assert "1 second," in error.message
    check_works(worker)


def test_the_time_that_others_take_does_not_count(watched: Callable[..., Watched]) -> None:
    worker = watched(timeout=0.6).worker
    outcomes: list[Any] = []

    def use(number: int) -> None:
        try:
            outcomes.append(worker.eval(ENDLESS if number < 3 else str(number)).to_python())
        except EvaluationError as error:
            outcomes.append(error.kind)

    threads = [threading.Thread(target=use, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
        time.sleep(0.02)
    for thread in threads:
        thread.join(30)
    assert sorted(map(str, outcomes)) == ["3", "4", "5", *["interrupted"] * 3]


def test_a_process_that_does_not_answer_at_all(watched: Callable[..., Watched]) -> None:
    made = watched(timeout=0.5)
    check_works(made.worker)
    os.kill(made.process, signal.SIGSTOP)
    assert error_of(lambda: made.worker.eval("1")).kind == "interrupted"
    check_works(made.worker)
    os.kill(made.process, signal.SIGSTOP)
    assert error_of(lambda: made.worker.eval(f'"{"x" * 5_000_000}"')).kind in ("interrupted", "other")
    check_works(made.worker)


def test_ctrl_c_ends_the_evaluation_and_nothing_else(watched: Callable[..., Watched]) -> None:
    made = watched()
    value = made.worker.eval("{ a = 1; }")
    for use in (lambda: made.worker.eval(ENDLESS), lambda: made.worker.eval(f"{{ a = {ENDLESS}; }}").to_python()):
        timer = threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT])
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            use()
        timer.join()
        assert value["a"].to_python() == 1
    # The terminal sends Ctrl-C to a whole group.
    assert os.getpgid(made.process) != os.getpgid(0)


def test_no_process_outlives_its_client() -> None:
    source = f"""
        import sys
        from hmeval import Worker
        idle, busy = Worker(), Worker()
        idle.eval("1"), busy.eval("1")
        print("ready", flush=True)
        busy.eval({UNSTOPPABLE!r})
    """
    lines = "\n".join(line.strip() for line in source.splitlines())
    with subprocess.Popen([sys.executable, "-c", lines], stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "ready\n"
        processes = children(client.pid)
        assert len(processes) == 2
        time.sleep(0.2)
        client.kill()
        client.wait()
        assert until(lambda: not any(map(runs, processes)))


def test_a_process_outlives_the_thread_that_needed_it(watched: Callable[..., Watched]) -> None:
    made = watched()
    check_works(made.worker)
    made.kill()
    kept: list[Value] = []
    thread = threading.Thread(target=lambda: kept.append(made.worker.eval("{ a = 1; }")))
    thread.start()
    thread.join()
    time.sleep(0.3)
    assert kept[0]["a"].to_python() == 1


def test_a_worker_that_is_let_go_ends(watched: Callable[..., Watched]) -> None:
    before, threads = children(), threading.active_count()
    worker = Worker()
    check_works(worker)
    assert len(children() - before) == 1
    del worker
    assert until(lambda: children() == before and threading.active_count() == threads)


def test_a_fork_of_the_client_does_no_harm(program: Program) -> None:
    printed = program("""
        import os, sys
        from hmeval import EngineError, Worker
        worker = Worker()
        value = worker.eval("{ a = 1; }")
        if os.fork() == 0:
            try:
                value["a"]
            except EngineError as error:
                print(error, flush=True)
            worker.close()
            sys.exit()
        os.wait()
        print(value["a"].to_python())
    """)
    assert printed == "a worker belongs to the process that made it; make another one after a fork\n1\n"


# -- starting ---------------------------------------------------------------------------------------------------------


def test_a_store_that_cannot_be_used(watched: Callable[..., Watched]) -> None:
    worker = watched(store="bogus://").worker
    for _ in range(3):
        with pytest.raises(EngineError, match="store cannot be used"):
            worker.eval("1")


def test_a_program_that_is_not_there(watched: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch) -> None:
    made = watched()
    made.kill()
    for missing in ("/nowhere/python", ""):
        monkeypatch.setattr(sys, "executable", missing)
        with pytest.raises(EngineError, match="could not be started"):
            Worker()
        with pytest.raises(EngineError, match="could not be started"):
            made.worker.eval("1")
    monkeypatch.undo()
    check_works(made.worker)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("printf 'what is this' >&0; exec sleep 60", "no message"),
        ("printf 'hm\\377\\377\\377\\377' >&0; exec sleep 60", "no message"),
        ("printf 'hm\\0\\0\\0\\3abc' >&0; exec sleep 60", "cannot be read"),
        ("printf 'hm\\0\\0\\0\\20abc' >&0", "middle of a message"),
        ("echo it is broken >&2; exit 7", "(?s)exit code 7.*it is broken"),
    ],
)
def test_a_process_that_says_something_else(
    watched: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, told: str
) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    worker = watched().worker
    with pytest.raises(EngineError, match=told):
        worker.eval("1")


@pytest.mark.parametrize("options", [{"timeout": 0}, {"timeout": -1.0}, {"memory": 1}])
def test_limits_that_cannot_be_meant(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"worker|timeout"):
        Worker(**options)


# -- using it ---------------------------------------------------------------------------------------------------------


def test_what_the_process_writes_is_told_before_the_answer(watched: Callable[..., Watched]) -> None:
    told: list[bytes] = []
    worker = watched(listener=told.append).worker
    for number in range(100):
        worker.eval(f'builtins.trace "here {number}" 1')
        assert f"here {number}".encode() in b"".join(told)


def test_a_listener_that_fails_is_an_error_and_no_more(watched: Callable[..., Watched]) -> None:
    def listener(text: bytes) -> None:
        raise RuntimeError(f"never mind {text!r}")

    worker = watched(listener=listener).worker
    check_works(worker)
    with pytest.raises(EngineError, match="never mind"):
        worker.eval('builtins.trace "here" 1')
    check_works(worker)


def test_who_writes_without_an_end_is_not_all_that_is_heard(watched: Callable[..., Watched]) -> None:
    endless = ENDLESS.replace("x.key + 1", 'builtins.trace "x" (x.key + 1)')
    worker = watched(timeout=0.5).worker
    assert error_of(lambda: worker.eval(endless)).kind == "interrupted"
    check_works(worker)


def test_eight_threads_use_one_worker(worker: Worker) -> None:
    shared = worker.eval("rec { square = x: x * x; list = builtins.genList square 100; fail = throw ''no''; }")
    wrong: list[Any] = []

    def use(thread: int) -> None:
        for number in range(60):
            if shared["square"](number).to_python() != number * number:
                wrong.append((thread, number))
            if shared["list"][number].to_python() != number**2:
                wrong.append((thread, number, "list"))
            if error_of(lambda: shared["fail"]).kind != "throw":
                wrong.append((thread, number, "fail"))
            if number % 20 == 0:
                worker.collect_garbage()

    threads = [threading.Thread(target=use, args=[thread]) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong


def test_large_data_both_ways(worker: Worker) -> None:
    text = "é\n" * 3_000_000
    assert worker.value(text).to_python() == text
    assert len(worker.eval("builtins.genList (x: { name = toString x; }) 200000").to_python()) == 200000


OPTIONS = """
    let option = n: { _type = "option"; loc = [ "o${toString n}" ]; description = "one of many ${toString n}"; };
        more = rest: builtins.listToAttrs (map (n: { name = "o${toString n}"; value = option n; }) rest);
    in numbers: last: more numbers // { z = last; }
"""


def test_options_are_the_same_as_in_this_process() -> None:
    def read(evaluator: Evaluator | Worker) -> Any:
        options = evaluator.eval(OPTIONS)(list(range(3000)), evaluator.eval('{ a = throw "no"; }'))
        return extract_options(evaluator, options, DETAILS)

    with Evaluator() as evaluator, Worker() as worker:
        assert read(worker) == read(evaluator)


def test_options_arrive_while_the_walk_goes_on(worker: Worker) -> None:
    """The last one is never read to its end."""
    last = f'{{ _type = "option"; loc = [ "z" ]; description = builtins.toJSON ({ENDLESS}); }}'
    options = worker.eval(f"({OPTIONS}) (builtins.genList (x: x) 5000) ({last})")
    records = iterate_options(worker, options)
    assert next(records)["name"] == "o0"
    del records
    check_works(worker)
    assert options["o1"]["loc"][0].to_python() == "o1"


def test_other_requests_between_two_options(worker: Worker) -> None:
    options = worker.eval(f"({OPTIONS}) (builtins.genList (x: x) 3000) {{ }}")
    for number, record in enumerate(iterate_options(worker, options)):
        if number % 500 == 0:
            assert worker.eval(str(number)).to_python() == number
            assert record["name"].startswith("o")


# -- a configuration --------------------------------------------------------------------------------------------------

IDENTITY = 'home.username = "alice"; home.homeDirectory = "/home/alice"; home.stateVersion = "26.05";'


def test_a_late_worker_has_no_process_before_it_is_asked() -> None:
    before = children()
    with Worker(late=True) as worker:
        assert children() == before
        assert worker.eval("1 + 1").to_python() == 2
    with Worker(late=True) as worker:
        worker.close()
        with pytest.raises(EngineError, match="closed"):
            worker.eval("1")
    assert children() == before


def test_a_configuration_goes_on_with_a_new_process(watched: Callable[..., Watched], tmp_path: Path) -> None:
    (tmp_path / "home.nix").write_text(f"{{ {IDENTITY} programs.git.enable = true; }}")
    made = watched()
    with hmeval.load(file=tmp_path / "home.nix", offline=True, evaluator=made.worker) as configuration:
        assert configuration.option("programs.git.enable").value == {"json": True}
        made.kill()
        assert configuration.value_at(["programs", "git", "enable"]).to_python() is True
        error = error_of(lambda: configuration.evaluate(WITHOUT_CALLS[0]))
        assert error.kind == "stack-overflow"
        assert configuration.option("programs.git.enable").value == {"json": True}
        assert "programs.git.enable" in configuration.options
    assert made.worker.closed


def test_the_engine_is_not_loaded_where_a_worker_evaluates(program: Program, tmp_path: Path) -> None:
    (tmp_path / "home.nix").write_text(f"{{ {IDENTITY} }}")
    program(
        """
        import sys, hmeval
        with hmeval.load(file=sys.argv[1], offline=True, evaluator=hmeval.Worker()) as configuration:
            assert configuration.option("home.username").value == {"json": "alice"}
            assert len(configuration.options) > 100
        assert "hmeval._native" not in sys.modules
        """,
        str(tmp_path / "home.nix"),
    )


def test_the_command_line_survives_it(hmeval_command: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "home.nix").write_text(f"{{ {IDENTITY} }}")
    done = hmeval_command("eval", "--offline", "--file", "home.nix", 'let x = { outPath = x; }; in "${x}"')
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("hmeval:") == 1
    assert "stack overflow" in done.stderr


def test_the_command_line_passes_traces_on(hmeval_command: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "home.nix").write_text(f"{{ {IDENTITY} }}")
    done = hmeval_command("eval", "--offline", "--file", "home.nix", 'builtins.trace "passing by" 1')
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "trace: passing by\n")
