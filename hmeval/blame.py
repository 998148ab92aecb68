"""Which definition of the user's an error of the module system is about: its file, line and column.

The module system names the option and the files that define it, and no line (nixpkgs, lib/modules.nix: showDefs); Home
Manager names a failed assertion by its message alone (modules/default.nix).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hmeval.errors import EvaluationError, HmevalError, Position, TraceFrame
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.literals import path_literal
from hmeval.options.path import parse_option_path
from hmeval.targets.target import Target

_NIX = Path(__file__).resolve().parent / "nix"
_FILE = re.compile(r"^\s*-? ?[Ii]n `(?P<file>/[^']+)'", re.MULTILINE)


def place_definition(error: EvaluationError, evaluator: AnyEvaluator, target: Target) -> EvaluationError:
    """The same error at the place of the definition that it is about, where that can be found."""
    try:
        place = _find(error, evaluator, target)
    except (HmevalError, ValueError):
        # What helps to explain an error must not replace it: a module that cannot be read again on its own, say.
        place = None
    if place is None or place["position"] is None:
        return error
    position = Position(**place["position"])
    trace = (TraceFrame("found by the module system", error.position), *error.trace)
    return EvaluationError(error.message, error.kind, position, trace, place["option"])


def _find(error: EvaluationError, evaluator: AnyEvaluator, target: Target) -> dict[str, Any] | None:
    if error.message.startswith("Failed assertions:"):
        return _failed_assertion(error, evaluator, target)
    file = _FILE.search(error.message)
    if error.option is None or file is None:
        return None
    locate = evaluator.eval_file(_NIX / "definition-position.nix")
    arguments = {
        "lib": evaluator.eval(target.library),
        "file": evaluator.eval(path_literal(file["file"])),
        "loc": parse_option_path(error.option),
    }
    return {"position": locate(arguments).to_python(), "option": error.option}


def _failed_assertion(error: EvaluationError, evaluator: AnyEvaluator, target: Target) -> dict[str, Any] | None:
    """The first of the failed assertions that Nix knows the place of."""
    if target.with_module is None:
        return None
    assertions = evaluator.eval_file(_NIX / "failed-assertions.nix")
    configuration = evaluator.eval(target.with_module)(assertions["probe"])
    failed = assertions["failed"](configuration["options"]).to_python()
    placed = (entry for entry in failed if entry["position"] and entry["message"].strip() in error.message)
    return next(({"position": entry["position"], "option": "assertions"} for entry in placed), None)
