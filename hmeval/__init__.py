"""hmeval: the options of a Home Manager configuration, their final values, and who set them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hmeval.errors import (
    CacheError,
    EngineError,
    EvaluationError,
    HmevalError,
    PlanError,
    Position,
    TargetError,
    TraceFrame,
)
from hmeval.kinds import Derivation, Function, NixPath

if TYPE_CHECKING:
    from hmeval.configuration import Configuration, diff, load
    from hmeval.evaluation.engine import engine
    from hmeval.evaluation.evaluator import Evaluator
    from hmeval.evaluation.policy import Policy
    from hmeval.evaluation.value import Value
    from hmeval.evaluation.worker import Worker
    from hmeval.options.difference import Difference
    from hmeval.options.model import Option, OptionTree
    from hmeval.options.why import Definition, Why

__all__ = [
    "CacheError",
    "Configuration",
    "Definition",
    "Derivation",
    "Difference",
    "EngineError",
    "EvaluationError",
    "Evaluator",
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
]

# What needs the engine is imported when it is first used, so that `import hmeval` stays quick.
_LAZY = {
    "Configuration": "hmeval.configuration",
    "Definition": "hmeval.options.why",
    "Difference": "hmeval.options.difference",
    "Evaluator": "hmeval.evaluation.evaluator",
    "Option": "hmeval.options.model",
    "OptionTree": "hmeval.options.model",
    "Policy": "hmeval.evaluation.policy",
    "Value": "hmeval.evaluation.value",
    "Why": "hmeval.options.why",
    "Worker": "hmeval.evaluation.worker",
    "diff": "hmeval.configuration",
    "engine": "hmeval.evaluation.engine",
    "load": "hmeval.configuration",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'hmeval' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
