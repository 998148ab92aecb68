"""Ctrl-C and other signals, each in a process of its own: they end what they are for, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hmeval import EvaluationError, Worker
from hmeval.evaluation.operations import Evaluate
from tests.native.programs import ENDLESS, PRELUDE

Program = Callable[..., str]


def interrupt_and_wait(source: str, after: str = "ready", times: int = 1) -> tuple[int, str, float]:
    """Exit code, output and seconds from SIGINT to the next line, of a program that says when it is ready."""
    command = [sys.executable, "-X", "faulthandler", "-c", PRELUDE + textwrap.dedent(source)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        seconds, lines = 0.0, []
        for _ in range(times):
            lines.append(process.stdout.readline())
            assert lines[-1].strip() == after, "".join(lines) + process.stdout.read()
            time.sleep(0.4)
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            lines.append(process.stdout.readline())
            seconds = max(seconds, time.monotonic() - began)
        watch = threading.Timer(20, process.kill)
        watch.start()
        rest = process.stdout.read()
        process.wait()
        watch.cancel()
    return process.returncode, "".join(lines) + rest, seconds


AFTERWARDS = """
    def check(use):
        print("ready", flush=True)
        try:
            use()
            print("it ended", flush=True)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
"""


def test_ctrl_c_ends_an_endless_evaluation() -> None:
    """The same value, the same expression and others are evaluated right afterwards, on the same evaluator.

    What they wait for is in the environment: Nix by way of its C API remembers for good that a file is not there.
    """
    code, output, seconds = interrupt_and_wait(
        AFTERWARDS
        + """
    evaluator = Evaluator()
    text = f'''
      let wait = builtins.length ({ENDLESS});
          x = {{ slow = if builtins.getEnv "FLAG" != "" then "there" else wait; quick = 2; }};
      in x // {{ again = x.slow; }}
    '''
    value = evaluator.eval(text)
    check(lambda: value["again"])
    check(lambda: value.to_python())
    check(lambda: evaluator.eval(f"({text}).slow"))
    assert value["quick"].to_python() == 2
    assert kind_of(lambda: evaluator.eval("throw ''no''")) == "throw"
    os.environ["FLAG"] = "set"
    assert value["again"].to_python() == value["slow"].to_python() == "there"
    assert evaluator.eval(f"({text}).slow").to_python() == "there"
    assert value.to_python() == {"slow": "there", "again": "there", "quick": 2}
    print("right", flush=True)
    """,
        times=3,
    )
    assert code == 0, output
    assert output.split() == ["ready", "interrupted"] * 3 + ["right"]
    assert seconds < 2


def test_ctrl_c_stays_in_no_value_that_it_passes_through(tmp_path: Path) -> None:
    """In a file's value, an argument's, an element's, in one that a builtin was given some of its arguments for …"""
    file = tmp_path / "file.nix"
    file.write_text('{ wait }: rec { end = if builtins.getEnv "FLAG" != "" then "there" else wait.x; also = end; }')
    shapes = {
        "argument": "(x: [ x ]) end",
        "scope": "with { inherit end; }; { a = end; }",
        "element": 'builtins.elemAt (map (x: "${toString x} ${end}") [ 1 2 ]) 1',
        "applied": "builtins.mapAttrs (name: value: name + value) { a = end; }",
        "explained": "builtins.addErrorContext ''while it waits'' end",
        "tried": "(builtins.tryEval end).value",
        "sorted": "builtins.sort (a: b: a < b) [ end end ]",
    }
    body = " ".join(f"{name} = {text};" for name, text in shapes.items())
    code, output, _ = interrupt_and_wait(
        AFTERWARDS
        + f"""
    evaluator = Evaluator()
    value = evaluator.eval({f"wait: let file = import {file} {{ inherit wait; }}; end = file.also; in {{ {body} }}"!r})(
        evaluator.eval("{{ x = " + ENDLESS + "; }}"))
    for name in value:
        check(lambda: value[name].to_python())
    os.environ["FLAG"] = "set"
    for name in value:
        print(name, kind_of(lambda: value[name].to_python()), flush=True)
    """,
        times=len(shapes),
    )
    assert code == 0, output
    assert output.splitlines()[2 * len(shapes) :] == [f"{name} none" for name in sorted(shapes)]


def test_ctrl_c_ends_only_what_the_main_thread_waits_for() -> None:
    """Evaluations of other threads that wait meanwhile are carried out, and another evaluator's is not ended."""
    code, output, seconds = interrupt_and_wait(
        AFTERWARDS
        + """
    evaluator, other = Evaluator(), Evaluator()
    results = []

    def use(which, text):
        while not ready.is_set():
            time.sleep(0.01)
        time.sleep(0.1)
        try:
            results.append(which.eval(text).to_python())
        except Exception as error:
            results.append(repr(error))

    ready = threading.Event()
    slow = "builtins.foldl' (a: b: a + builtins.length (map (x: x) b)) 0 (builtins.genList (x: [ 1 2 3 ]) 300000)"
    threads = [threading.Thread(target=use, args=[evaluator, str(number)]) for number in range(5)]
    threads += [threading.Thread(target=use, args=[other, slow])]
    for thread in threads: thread.start()
    ready.set()
    check(lambda: evaluator.eval(ENDLESS))
    for thread in threads: thread.join()
    assert sorted(results, key=str) == [0, 1, 2, 3, 4, 900000], results
    print("right", flush=True)
    """
    )
    assert code == 0, output
    assert output.split() == ["ready", "interrupted", "right"]
    assert seconds < 2


@pytest.mark.parametrize(
    "use",
    [
        "evaluator.eval('let f = n: 1 + f (n + 1); in f 0')",
        "[evaluator.eval('1 + 1').to_python() for _ in range(10**9)]",
        "evaluator.eval('map (x: builtins.length (' + ENDLESS + ')) [ 1 2 3 ]').to_python()",
        "evaluator.eval('{ a = ' + ENDLESS + '; }').show()",
        "list(extract_options(evaluator, evaluator.eval('{ a = ' + ENDLESS + '; }')))",
    ],
)
def test_ctrl_c_ends(use: str) -> None:
    """Whatever is being done. The first use may end by itself, with an error."""
    code, output, seconds = interrupt_and_wait(
        AFTERWARDS
        + f"""
    from hmeval.options.extract import extract_options
    evaluator = Evaluator()
    def forever():
        while True:
            try:
                {use}
            except EvaluationError as error:
                assert error.kind == "stack-overflow", error
    check(forever)
    assert evaluator.eval("(x: x + 1) 1").to_python() == 2
    print("right", flush=True)
    """
    )
    assert code == 0, output
    assert output.split() == ["ready", "interrupted", "right"]
    assert seconds < 2


def test_ctrl_c_that_nobody_catches_ends_the_process() -> None:
    code, output, _ = interrupt_and_wait(
        """
    evaluator = Evaluator()
    print("ready", flush=True)
    evaluator.eval(ENDLESS)
    """
    )
    assert code == -signal.SIGINT, output
    assert "KeyboardInterrupt" in output


def test_many_interrupts_leave_the_evaluator_usable(stress: Program) -> None:
    stress("""
        import signal
        evaluator = Evaluator()

        def turn(number):
            timer = threading.Timer(0.02, lambda: os.kill(os.getpid(), signal.SIGINT))
            try:
                timer.start()
                evaluator.eval(ENDLESS)
            except KeyboardInterrupt:
                pass
            else:
                raise AssertionError("it ended")
            timer.join()
            assert evaluator.eval("(x: x + 1) 1").to_python() == 2
            evaluator.collect_garbage()

        check_growth(turn, 40, 16 * 1024)
    """)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_mean_what_they_mean_to_python(number: signal.Signals) -> None:
    """The engine takes no signal for itself."""
    source = PRELUDE + "evaluator = Evaluator()\nprint('ready', flush=True)\nevaluator.eval(ENDLESS)\n"
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.kill(process.pid, number)
        assert process.wait(10) == -number


# -- the same of a worker ---------------------------------------------------------------------------------------------


def test_a_time_out_stays_in_no_value() -> None:
    """Asked again, it is evaluated again, and takes as long."""
    with Worker(timeout=0.3) as worker:
        value = worker.eval(f"{{ slow = {ENDLESS}; }}")
        messages = []
        for _ in range(2):
            with pytest.raises(EvaluationError) as caught:
                value["slow"]
            messages.append(caught.value.message)
    assert messages == ["the evaluation took longer than 0.3 seconds, and was ended"] * 2


def test_an_answer_that_ctrl_c_took_away_is_not_waited_for() -> None:
    with Worker() as worker:
        child, exchange = worker._begin(Evaluate(b"1", b"/"))
        child.answer(exchange)
        child.give_up(exchange)
        assert worker.eval("1 + 1").to_python() == 2
