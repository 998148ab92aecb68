"""All that a plan depends on, read from a configuration as plain data (hmeval/nix/plan-inputs.nix)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hmeval.errors import PlanError
from hmeval.evaluation.value import Value
from hmeval.literals import path_literal, string_literal
from hmeval.plan.contents import fill
from hmeval.plan.disk import RealDisk
from hmeval.source_places import SourcePlaces

_EXPRESSION = Path(__file__).resolve().parent / "nix/plan-inputs.nix"


def read_plan_inputs(
    evaluate: Callable[[str], Value], places: SourcePlaces | None, specialisation: str | None = None
) -> dict[str, Any]:
    """The inputs, with what files will hold. `evaluate` gives the value of an expression within the configuration.

    Raises EvaluationError, and PlanError where the specialisation is not there.
    """
    config = "config" if specialisation is None else _specialisation(evaluate, specialisation)
    arguments = f"inherit options pkgs lib; config = {config};"
    inputs: dict[str, Any] = evaluate(f"import {path_literal(str(_EXPRESSION))} {{ {arguments} }}").to_python()
    fill(inputs, RealDisk())
    if places is not None:
        for record in (*inputs["files"], *inputs["activation"].values()):
            places.put_right(record["declaredAt"])
        inputs["warnings"] = list(map(places.text, inputs["warnings"]))
    return inputs


def _specialisation(evaluate: Callable[[str], Value], name: str) -> str:
    """The expression for a specialisation's configuration."""
    names = evaluate("config.specialisation").attr_names()
    if name not in names:
        has = f"it has {', '.join(names)}" if names else "it has none"
        raise PlanError(f"the configuration has no specialisation {name}; {has}")
    return f"config.specialisation.{string_literal(name)}.configuration"
