"""Many of everything, each in a process of its own: a crash, or a leak that grows with the count, is a failure."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.native.programs import WITHOUT_CALLS, nix_version

Program = Callable[..., str]


def test_collections_on_the_evaluators_thread(stress: Program) -> None:
    """What Python holds survives them, and what it let go does not pile up."""
    stress("""
        evaluator = Evaluator()
        kept = evaluator.eval("builtins.genList (x: { inherit x; text = toString x; }) 1000")
        elements = [kept[number] for number in range(1000)]
        function = evaluator.eval("x: y: [ x y ]")

        def turn(number):
            evaluator.eval("builtins.length (builtins.genList (x: toString x) 20000)").to_python()
            assert function(number)(elements[number % 1000]).to_python()[1]["x"] == number % 1000
            evaluator.collect_garbage()

        check_growth(turn, 60, 8 * 1024)
        assert [element["text"].to_python() for element in elements] == [str(number) for number in range(1000)]
    """)


def test_eight_threads_use_one_evaluator(stress: Program) -> None:
    stress("""
        evaluator = Evaluator()
        shared = evaluator.eval("rec { square = x: x * x; list = builtins.genList square 100; fail = throw ''no''; }")
        wrong = []

        def use(thread):
            for number in range(150):
                if shared["square"](number).to_python() != number * number:
                    wrong.append((thread, number))
                if shared["list"][number % 100].to_python() != (number % 100) ** 2:
                    wrong.append((thread, number, "list"))
                if kind_of(lambda: shared["fail"]) != "throw":
                    wrong.append((thread, number, "fail"))
                if evaluator.eval(f"''{thread}-{number}''").to_python() != f"{thread}-{number}":
                    wrong.append((thread, number, "text"))
                if number % 50 == 0:
                    evaluator.collect_garbage()

        def turn(number):
            threads = [threading.Thread(target=use, args=[thread]) for thread in range(8)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()

        check_growth(turn, 2, 16 * 1024)
        assert not wrong, wrong[:5]
    """)


def test_fifty_evaluators_one_after_the_other(stress: Program) -> None:
    stress("""
        def turn(number):
            with Evaluator() as evaluator:
                assert evaluator.eval("(x: x + 1)")(number).to_python() == number + 1
                assert kind_of(lambda: evaluator.eval("throw ''no''")) == "throw"
                evaluator.collect_garbage()

        check_growth(turn, 50, 6 * 1024)
    """)


def test_many_evaluators_at_once_and_in_threads(stress: Program) -> None:
    # How many places glibc's malloc has for so many threads, and what stays free in them, is not asked here.
    stress(
        """
        def own(number, results):
            with Evaluator() as evaluator:
                evaluator.collect_garbage()
                results.append(evaluator.eval("x: builtins.length (builtins.genList (y: y) x)")(number).to_python())

        def turn(number):
            results = []
            threads = [threading.Thread(target=own, args=[count, results]) for count in range(8)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            assert sorted(results) == list(range(8)), results

        check_growth(turn, 6, 8 * 1024)
        evaluators = [Evaluator() for _ in range(10)]
        assert [each.eval("1").to_python() for each in evaluators] == [1] * 10
        for each in evaluators[::2] + evaluators[1::2]:
            each.close()
    """,
        env={**os.environ, "MALLOC_ARENA_MAX": "1"},
    )


def test_values_are_kept_past_the_end(stress: Program) -> None:
    stress("""
        kept = []

        def turn(number):
            evaluator = Evaluator()
            values = [evaluator.eval("{ a = [ 1 2 ]; f = x: x; }") for _ in range(50)]
            kept.append([value["a"] for value in values] + values)
            evaluator.close()
            try:
                kept[-1][0].to_python()
            except EngineError:
                pass
            else:
                raise AssertionError("a value of a closed evaluator was read")
            if len(kept) > 5:
                kept.pop(0)

        check_growth(turn, 40, 8 * 1024)
        with Evaluator() as last:
            last.collect_garbage()
            kept.clear()
            gc.collect()
            last.collect_garbage()
    """)


def test_values_that_are_let_go_on_other_threads(stress: Program) -> None:
    stress("""
        evaluator = Evaluator()
        big = evaluator.eval("builtins.genList (x: { a = x; }) 2000")

        def turn(number):
            values = [[big[index] for index in range(200)] for _ in range(4)]
            cycle = [values]
            cycle.append(cycle)
            threads = [threading.Thread(target=part.clear) for part in values]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            evaluator.collect_garbage()
            assert big[7]["a"].to_python() == 7

        check_growth(turn, 30, 4 * 1024)
        gc.collect()
        evaluator.eval("1")
        assert len(evaluator._session._pointers) < 20, len(evaluator._session._pointers)
    """)


def test_large_results_do_not_pile_up(stress: Program) -> None:
    """Since 2.33 each value that is handed over takes 32 bytes of the collector's, which has them back when it next
    collects: by itself not before Nix's first heap is full, of 384 MiB at most."""
    stress("""
        evaluator = Evaluator()
        big = evaluator.eval("builtins.genList (x: { name = toString x; list = [ x (x + 1) ]; }) 20000")

        def turn(number):
            assert len(big.to_python()) == 20000
            assert big.show().startswith("[")
            assert kind_of(lambda: evaluator.eval("[ 1 (throw ''no'') ]").to_python()) == "throw"
            evaluator.collect_garbage()

        check_growth(turn, 16, 2 * 1024)
    """)


def test_using_values_again_and_again_does_not_pile_up(stress: Program) -> None:
    """Text that is evaluated stays with Nix for good; what uses values must not need any."""
    stress("""
        evaluator = Evaluator()
        value = evaluator.eval("{ a = 1; l = [ 1 2 ]; f = x: x; }")
        function, inner = value["f"], value["a"]

        def turn(number):
            for _ in range(700):
                value["a"].to_python()
                value["l"][1]
                value.get("absent")
                function(inner).type
                value.attr_names()
            evaluator.collect_garbage()

        check_growth(turn, 8, 1024)
    """)


def test_positions_again_and_again_do_not_pile_up(stress: Program, tmp_path: Path) -> None:
    file = tmp_path / "a.nix"
    file.write_text("{ a = 1; }")
    stress(f"""
        evaluator = Evaluator()
        value = evaluator.eval_file({str(file)!r})

        def turn(number):
            for _ in range(2500):
                assert value.position("a").line == 1
            evaluator.collect_garbage()

        check_growth(turn, 8, 512)
    """)


def test_errors_do_not_pile_up(stress: Program) -> None:
    stress("""
        evaluator = Evaluator()
        fail = evaluator.eval("x: throw ''a message, ${toString x}''")
        one = evaluator.eval("1")

        def turn(number):
            for _ in range(1000):
                assert kind_of(lambda: fail(one)) == "throw"
            evaluator.collect_garbage()

        check_growth(turn, 8, 2 * 1024)
    """)


def test_endless_recursion_is_an_error_and_no_more(stress: Program) -> None:
    printed = stress("""
        evaluator = Evaluator()
        for expression in (
            "let f = x: 1 + f x; in f 1",
            "let f = x: f (x + 1); in f 1",
            "let f = x: [ (f x) ]; g = x: builtins.length (g [ x ]); in g 1",
            "let f = x: (f x).a; in f { }",
            "let a = n: { b = a (n + 1); }; f = s: f s.b; in f (a 1)",
            "let f = n: builtins.foldl' (x: y: f (n + 1)) 0 [ 1 ]; in f 0",
            "let x = { __toString = self: toString self; }; in toString x",
            "let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 1000000",
            "builtins.seq (builtins.foldl' (a: b: x: a (b x)) (x: x) (builtins.genList (n: x: x + 1) 100000) 0) 1",
        ):
            try:
                evaluator.eval(expression).type
                print("none:", expression)
            except EvaluationError as error:
                if error.kind != "stack-overflow":
                    print(error.kind, error.message, expression)
            sys.stdout.flush()
            assert evaluator.eval("(x: x + 1) 1").to_python() == 2
    """)
    assert printed == ""


@pytest.mark.parametrize("expression", WITHOUT_CALLS)
def test_endless_recursion_within_a_builtin(stress: Program, expression: str) -> None:
    """Nix counts these levels since 2.34. Before, it runs into the end of the stack, and there is nothing in front of
    which a guard could stand: the process ends. A worker contains it (test_worker.py)."""
    source = f"""
        evaluator = Evaluator()
        print(kind_of(lambda: evaluator.eval({expression!r})))
        print(evaluator.eval("(x: x + 1) 1").to_python())
    """
    if nix_version() >= (2, 34):
        assert stress(source).split() == ["stack-overflow", "2"]
    else:
        stress(source, code=-signal.SIGSEGV)


def test_a_structure_without_end_is_an_error_soon(stress: Program) -> None:
    """Each level of it is a call that returns; what walks through it must end before it has eaten the machine."""
    printed = stress(
        """
        evaluator = Evaluator()
        print(kind_of(lambda: evaluator.eval("let f = n: { a = f (n + 1); }; in builtins.deepSeq (f 0) 1")))
        print(used()["memory"] < 1024 * 1024)
        """,
    )
    assert printed.split() == ["stack-overflow", "True"]


def test_a_structure_without_end_is_the_same_error_again(stress: Program) -> None:
    """What the want of stack ended is evaluated again; parts of it have values."""
    printed = stress(
        """
        evaluator = Evaluator()
        value = evaluator.eval("let f = n: { a = f (n + 1); }; x = f 0; in { inherit x; deep = builtins.deepSeq x 1; }")
        print(kind_of(lambda: value["deep"]), kind_of(lambda: value["deep"]), kind_of(lambda: value.to_python()))
        print(kind_of(lambda: value["x"]["a"]["a"]))
        """,
    )
    assert printed.split() == ["stack-overflow"] * 3 + ["none"]


def test_a_deep_recursion_that_ends_has_its_value(stress: Program) -> None:
    stress("""
        with Evaluator() as evaluator:
            deep = "let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 9000"
            assert evaluator.eval(deep).to_python() == 9000
    """)
