"""hmeval: the options of a Home Manager configuration, their final values, and who set them."""

from __future__ import annotations

import time

from hmeval.errors import (
    CacheError,
    EngineError,
    EvaluationError,
    HmevalError,
    PlanError,
    TargetError,
)
from hmeval.kinds import Derivation, Failed, Function, NixPath

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from hmeval.diffing import diff
    from hmeval.evaluation.engine import engine
    from hmeval.evaluation.evaluator import Evaluator
    from hmeval.evaluation.policy import Policy
    from hmeval.evaluation.value import Value
    from hmeval.evaluation.worker import Worker
    from hmeval.loading import Configuration, load
    from hmeval.options.difference import Difference
    from hmeval.options.model import Option, OptionTree
    from hmeval.options.why import Definition, Why
    from hmeval.plan.rollback import plan_to
    from hmeval.positions import Position, TraceFrame

__all__ = [
    "CacheError",
    "Configuration",
    "Definition",
    "Derivation",
    "Difference",
    "EngineError",
    "EvaluationError",
    "Evaluator",
    "Failed",
    "Function",
    "HmevalError",
    "NixPath",
    "Option",
    "OptionTree",
    "PlanError",
    "Policy",
    "Position",
    "TargetError",
    "TraceFrame",
    "Value",
    "Why",
    "Worker",
    "diff",
    "engine",
    "load",
    "plan_to",
]

_BEGUN = time.time_ns()
"""When this process began to read hmeval's own files, and before it read any of Nix's."""

# What needs the engine is imported when it is first used, so that `import hmeval` stays quick.
_LAZY = {
    "Configuration": "hmeval.loading",
    "Definition": "hmeval.options.why",
    "Difference": "hmeval.options.difference",
    "Evaluator": "hmeval.evaluation.evaluator",
    "Option": "hmeval.options.model",
    "OptionTree": "hmeval.options.model",
    "Position": "hmeval.positions",
    "Policy": "hmeval.evaluation.policy",
    "TraceFrame": "hmeval.positions",
    "Value": "hmeval.evaluation.value",
    "Why": "hmeval.options.why",
    "Worker": "hmeval.evaluation.worker",
    "diff": "hmeval.diffing",
    "engine": "hmeval.evaluation.engine",
    "load": "hmeval.loading",
    "plan_to": "hmeval.plan.rollback",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'hmeval' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
