"""A second evaluation of a configuration, with a module of hmeval's own in it (nix/probe.nix).

It can be looked into where the first one fails, and hands out what modules are called with. One that does not fail can
be looked into as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hmeval.errors import EvaluationError, TargetError
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.evaluation.value import Value
from hmeval.targets.target import Target

NIX = Path(__file__).resolve().parent / "nix"

PROBE = "hmeval/probe"
"""What definitions of the probe itself name as their file."""

_MOST_LEFT_OUT = 8


class Probed(NamedTuple):
    """A configuration whose modules can be read: one that was evaluated with the probe, or one that does not fail.

    Attributes:
        result: what Home Manager's modules/default.nix returns.
        arguments: what its modules are called with: `lib`, `config`, `options` and the special arguments.
        left_out: the errors of modules that ended the evaluation, and had to be left out of it.
    """

    result: Value
    arguments: Value
    left_out: Sequence[EvaluationError]


def probe(evaluator: AnyEvaluator, target: Target, evaluated: Callable[[], Value]) -> Probed:
    """The target's configuration with the probe; `evaluated` gives it without, for targets that take no module.

    A file whose definitions as a whole cannot be evaluated ends everything: it is left out. Raises EvaluationError, and
    TargetError where the configuration cannot be extended.
    """
    without: list[str] = []
    left_out: list[EvaluationError] = []
    while True:
        try:
            return _probe(evaluator, target, evaluated, without, left_out)
        except EvaluationError as error:
            culprit = next((file for file in _files(error) if file not in without), None)
            if culprit is None or len(without) == _MOST_LEFT_OUT:
                raise
            without.append(culprit)
            # An error that comes again is that of another file on the way to it.
            if not any(known.message == error.message for known in left_out):
                # Its trace tells how the probe came there: through an option that has nothing to do with it.
                left_out.append(EvaluationError(error.message, error.kind, error.position))


def looked_into(evaluator: AnyEvaluator, result: Value) -> Probed:
    """The same for a configuration that was evaluated without the probe, and does not fail.

    Raises EvaluationError, and TargetError for a lib whose evaluations have no `type`.
    """
    if result.get("type") is None:
        raise TargetError(
            "the modules of this configuration cannot be looked into: its lib.evalModules gives no `type`"
        )
    return Probed(result, evaluator.eval_file(NIX / "arguments.nix")(result), ())


def without_probe(record: dict[str, Any]) -> dict[str, Any]:
    """The record of an option, without what the probe adds to its value: an argument of modules."""
    if record.get("loc") != ["_module", "args"] or "nix" not in record.get("value", {}):
        return record
    value = record["value"]
    return {**record, "value": {**value, "nix": value["nix"].replace("  hmevalArguments = …;\n", "")}}


def _probe(
    evaluator: AnyEvaluator,
    target: Target,
    evaluated: Callable[[], Value],
    without: Sequence[str],
    left_out: Sequence[EvaluationError],
) -> Probed:
    module = evaluator.eval_file(NIX / "probe.nix")(list(without))
    if target.with_module is not None:
        result = evaluator.eval(target.with_module)(module)
        if arguments := result["_module"]["args"].get("hmevalArguments"):
            return Probed(result, arguments, left_out)
    extend = evaluated().get("extendModules")
    if extend is None:
        raise TargetError("the modules of this configuration cannot be looked into: its lib has no extendModules")
    result = extend({"modules": [module]})
    return Probed(result, result["_module"]["args"]["hmevalArguments"], left_out)


def _files(error: EvaluationError) -> Iterator[str]:
    """The files that an error comes from, the nearest first."""
    positions = (error.position, *(frame.position for frame in error.trace))
    return (position.file for position in positions if position and position.file.startswith("/"))
