"""All that a plan depends on, read from a configuration as plain data (hmeval/nix/plan-inputs.nix)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hmeval.errors import PlanError
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.evaluation.value import Value
from hmeval.literals import path_literal, string_literal
from hmeval.plan.contents import fill
from hmeval.plan.disk import RealDisk
from hmeval.plan.model import BESIDE_HOMES
from hmeval.source_places import SourcePlaces
from hmeval.targets.system import LOOK_UP, USER_OF
from hmeval.targets.target import SCOPE

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


def read_users_plan_inputs(evaluator: AnyEvaluator, host: Value, places: SourcePlaces | None) -> dict[str, Any]:
    """{users: the inputs by user, backup}, of all homes that a system manages; `host` is the evaluated system.

    Raises EvaluationError, and PlanError where it manages none.
    """
    looked_up = evaluator.eval(f"evaluated: {LOOK_UP.format(host='evaluated')}")(host)
    users: list[str] = looked_up["users"].to_python() or []
    if not users:
        raise PlanError(f"the system manages no homes with Home Manager; {BESIDE_HOMES}")
    home_of = evaluator.eval(USER_OF)(host)

    def inputs_of(user: str) -> dict[str, Any]:
        home = home_of(user)
        return read_plan_inputs(lambda expression: evaluator.eval(f"{SCOPE}\n{expression}")(home), places)

    return {"users": {user: inputs_of(user) for user in users}, "backup": read_backup_settings(evaluator, host)}


def read_backup_settings(evaluator: AnyEvaluator, host: Value) -> list[Any]:
    """The extension, the command, and whether backups are overwritten (Home Manager's nixos/common.nix)."""
    settings = evaluator.eval("host: host.config.home-manager")(host)
    names = ("backupFileExtension", "backupCommand", "overwriteBackup")
    told = [found.to_python() if (found := settings.get(name)) is not None else None for name in names]
    return [str(told[0] or ""), str(told[1] or ""), bool(told[2])]


def _specialisation(evaluate: Callable[[str], Value], name: str) -> str:
    """The expression for a specialisation's configuration."""
    names = evaluate("config.specialisation").attr_names()
    if name not in names:
        has = f"it has {', '.join(names)}" if names else "it has none"
        raise PlanError(f"the configuration has no specialisation {name}; {has}")
    return f"config.specialisation.{string_literal(name)}.configuration"
