"""The option tree of an evaluated configuration: native code writes it, here it becomes records."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeAlias

from hmeval.errors import EvaluationError
from hmeval.evaluation import codec
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.evaluation.operations import WriteOptions
from hmeval.evaluation.report import evaluation_error
from hmeval.evaluation.value import Value
from hmeval.options.model import priority_name

Record: TypeAlias = dict[str, Any]
"""One option: the contract's "One option, as JSON"."""

Progress: TypeAlias = Callable[[int], None]
"""Told now and then how many options there are so far."""

Describe: TypeAlias = Callable[[EvaluationError], dict[str, Any]]
"""Makes an error plain: {kind, message, position?}."""

# HMEVAL_OPTIONS_…: the engine is not loaded for them.
HIDDEN = 1
STATE = 2
VALUES = 4 | STATE
DETAILS = 8
ALONE = 16
FEW = 32


def iterate_options(
    evaluator: AnyEvaluator,
    options: Value,
    flags: int = 0,
    progress: Progress | None = None,
    describe_error: Describe | None = None,
    describe_part: Describe | None = None,
) -> Iterator[Record]:
    """The records of all options in and below `options`, in the order of lib.options.optionAttrSetToDocList.

    `flags` (HIDDEN, STATE, VALUES, DETAILS, ALONE, FEW) say which options, and what of each. They come as they are
    read; reading goes on meanwhile. What fails in an option is told by its record, as `describe_error` describes it; of
    parts of values there may be hundreds, which `describe_part` describes.
    """
    describers = describe_error or describe, describe_part or describe
    unpacker = codec.unpacker()
    for piece, count in evaluator._pieces(WriteOptions(options._reference_for(evaluator), flags)):
        unpacker.feed(piece)
        with _without_collection():
            records = [_complete(record, *describers) for record in unpacker]
        yield from records
        if progress:
            progress(count)


def extract_options(
    evaluator: AnyEvaluator,
    options: Value,
    flags: int = 0,
    progress: Progress | None = None,
    describe_error: Describe | None = None,
    describe_part: Describe | None = None,
) -> list[Record]:
    """All that `iterate_options` gives."""
    return list(iterate_options(evaluator, options, flags, progress, describe_error, describe_part))


def hear_value(evaluator: AnyEvaluator, option: Value) -> None:
    """Evaluate the value of an option alone, where someone is to hear its traces and warnings."""
    if evaluator.hearing is not None:
        dressed = evaluator.eval('option: { _type = "option"; inherit (option) loc type value; }')(option)
        extract_options(evaluator, dressed, VALUES | ALONE | FEW)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Python's collector would walk the growing records again and again, and they hold no cycles."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _complete(record: Record, describe_error: Describe, describe_part: Describe) -> Record:
    """Bring into the contract's form what native code leaves to Python."""
    if "errors" in record:
        record["errors"] = {f: describe_error(evaluation_error(*raw)) for f, raw in record["errors"].items()}
        if "value" in record["errors"]:
            record["value"] = {"error": record["errors"]["value"]}
    _complete_value(record.get("value", {}), describe_part)
    if isinstance(record.get("priority"), int):
        record["priority"] = describe_priority(record["priority"])
    for definition in record.get("definitions", ()):
        # What the module system keeps are the definitions of the highest priority, which all count.
        if "error" in definition["value"]:
            error = evaluation_error(*definition["value"]["error"])
            definition["value"] = {"error": describe_error(error)}
        _complete_value(definition["value"], describe_part)
        definition |= {"line": None, "column": None, "priority": record.get("priority"), "wins": True}
    return record


def _complete_value(value: Record, describe_part: Describe) -> None:
    """Describe the parts that could not be evaluated, and put each description in the place of its part."""
    if "failed" not in value:
        return
    described: dict[tuple[str, ...], dict[str, Any]] = {}
    for number, (path, *raw) in enumerate(value["failed"]):
        if (error := described.get(tuple(raw))) is None:
            error = described[tuple(raw)] = describe_part(evaluation_error(*raw))
        value["failed"][number] = {"path": path, **error}
        if "json" in value:
            codec.put_at(value["json"], path, {"error": error})


@cache
def describe_priority(number: int) -> dict[str, Any]:
    """A priority by number and by the name of the function that gives it; the same dict for all that have it."""
    return {"number": number, "name": priority_name(number)}


def describe(error: EvaluationError) -> dict[str, Any]:
    """An error for output: kind, message, and the position where it is known."""
    return error.record()
