"""Which definition of the user's an error of the module system is about: its file, line and column.

The module system names the option and the files that define it, and no line (nixpkgs, lib/modules.nix: showDefs).
"""

from __future__ import annotations

import re
from pathlib import Path

from hmeval.engine.evaluator import Evaluator
from hmeval.errors import EvaluationError, HmevalError, Position, TraceFrame
from hmeval.literals import path_literal
from hmeval.options.path import parse_option_path
from hmeval.targets.target import Target

_EXPRESSION = Path(__file__).resolve().parent / "nix/definition-position.nix"
_FILE = re.compile(r"^\s*-? ?[Ii]n `(?P<file>/[^']+)'", re.MULTILINE)


def place_definition(error: EvaluationError, evaluator: Evaluator, target: Target) -> EvaluationError:
    """The same error at the place of the definition that it names, where that can be found."""
    file = _FILE.search(error.message)
    if error.option is None or file is None:
        return error
    position = _position(evaluator, target, error.option, file["file"])
    if position is None:
        return error
    trace = (TraceFrame("found by the module system", error.position), *error.trace)
    return EvaluationError(error.message, error.kind, position, trace, error.option)


def _position(evaluator: Evaluator, target: Target, option: str, file: str) -> Position | None:
    """None where the module cannot be read again on its own: the error is told without a line then."""
    try:
        locate = evaluator.eval_file(_EXPRESSION)
        found = locate(
            {
                "lib": evaluator.eval(target.library),
                "file": evaluator.eval(path_literal(file)),
                "loc": parse_option_path(option),
            }
        ).to_python()
    except (HmevalError, ValueError):
        return None
    return Position(found["file"], found["line"], found["column"]) if found else None
