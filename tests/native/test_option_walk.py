"""The walk over an option tree: progress, options as they are read, and who wants no more of them."""

from __future__ import annotations

import gc
import threading
import time
from typing import Any

import pytest

from hmeval import EvaluationError, Evaluator, Value
from hmeval.options.extract import HIDDEN, extract_options, iterate_options


def option(loc: str = '[ "a" ]', description: str = '"d"') -> str:
    """An option, as an expression."""
    return f'{{ _type = "option"; loc = {loc}; description = {description}; }}'


# -- progress ---------------------------------------------------------------------------------------------------------


def many_options(evaluator: Evaluator, count: int = 5000) -> Value:
    return evaluator.eval(f"""
      builtins.listToAttrs (builtins.genList (number: {{
        name = "o${{toString number}}";
        value = {option(loc='[ "o${toString number}" ]', description='"a long description, ${toString number}"')};
      }}) {count})
    """)


def test_progress_is_told(evaluator: Evaluator) -> None:
    counts: list[int] = []
    records = extract_options(evaluator, many_options(evaluator), HIDDEN, counts.append)
    assert len(counts) > 2
    assert counts == sorted(counts)
    assert counts[-1] == len(records) == 5000


class Enough(Exception):
    """A caller's own exception."""


@pytest.mark.parametrize("kind", [Enough, KeyboardInterrupt, SystemExit])
def test_an_exception_in_the_progress_ends_the_walk(evaluator: Evaluator, kind: type[BaseException]) -> None:
    counts: list[int] = []

    def progress(count: int) -> None:
        counts.append(count)
        raise kind("enough")

    with pytest.raises(kind, match="enough"):
        extract_options(evaluator, many_options(evaluator), HIDDEN, progress)
    assert len(counts) == 1
    assert counts[0] < 5000
    assert evaluator.eval("1 + 1").to_python() == 2


def test_the_evaluator_can_be_used_in_the_progress(evaluator: Evaluator) -> None:
    seen: list[Any] = []
    records = extract_options(
        evaluator, many_options(evaluator), HIDDEN, lambda count: seen.append(evaluator.eval(f"{count}").to_python())
    )
    assert seen[-1] == len(records) == 5000


def test_closing_during_the_walk_ends_it() -> None:
    evaluator = Evaluator()
    options = many_options(evaluator, 200_000)
    closer = threading.Thread(target=evaluator.close)

    def progress(count: int) -> None:
        if not closer.ident:
            closer.start()

    with pytest.raises(EvaluationError) as failure:
        extract_options(evaluator, options, HIDDEN, progress)
    closer.join(60)
    assert not closer.is_alive()
    assert failure.value.kind == "interrupted"


# -- as they are read -------------------------------------------------------------------------------------------------


def test_who_wants_no_more_ends_the_walk(evaluator: Evaluator) -> None:
    options = evaluator.eval(f"[ {{ a = {option()}; }} ]")[0]
    endless = evaluator.eval(f"""
      builtins.listToAttrs (builtins.genList (number: {{
        name = "o${{toString number}}"; value = {option(description="builtins.toJSON (builtins.genList (x: x) 2000)")};
      }}) 100000)
    """)
    walk = iter(iterate_options(evaluator, endless, HIDDEN))
    assert next(walk)["loc"] == ["a"]
    began = time.process_time()
    del walk
    assert len(extract_options(evaluator, options)) == 1
    assert time.process_time() - began < 5  # all of it takes forty seconds of the processor


def test_who_wants_no_more_ends_nothing_else(evaluator: Evaluator) -> None:
    """These walks were over long before they are let go: what other threads evaluate meanwhile goes on."""
    options = evaluator.eval(f"{{ a = {option()}; b = {option()}; }}")
    walks = [iter(iterate_options(evaluator, options, HIDDEN)) for _ in range(500)]
    assert {next(walk)["name"] for walk in walks} == {"a"}
    outcomes: list[Any] = []

    def evaluate() -> None:
        try:
            sum_up = "builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: 1) 3000000)"
            outcomes.append(evaluator.eval(sum_up).to_python())
        except EvaluationError as error:
            outcomes.append(error.kind)

    other = threading.Thread(target=evaluate)
    other.start()
    time.sleep(0.1)
    walks.clear()
    other.join(30)
    assert outcomes == [3_000_000]


def test_pythons_collector_is_left_alone_between_records(evaluator: Evaluator) -> None:
    """Whoever reads them slowly, or keeps the rest for later, needs it."""
    walk = iter(iterate_options(evaluator, evaluator.eval(f"{{ a = {option()}; b = {option()}; }}"), HIDDEN))
    next(walk)
    enabled = gc.isenabled()
    assert len(list(walk)) == 1
    assert enabled
