"""A plan from what a configuration says of it, for the disk, the generation and the user that are here."""

from __future__ import annotations

import os

from hmeval.plan.contents import add_differences
from hmeval.plan.disk import RealDisk
from hmeval.plan.generation import read_generation
from hmeval.plan.model import Backup, Plan
from hmeval.plan.planner import Circumstances, make_plan
from hmeval.plan.profile import find_generation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TypeAlias

    AnyPath: TypeAlias = str | os.PathLike[str]


def plan_home(
    inputs: Mapping[str, Any],
    backup: Backup,
    home: AnyPath | None,
    from_: AnyPath,
    *,
    diff: bool,
    by_system: bool = False,
) -> Plan:
    """The plan for one home; `inputs` are what hmeval.plan_inputs reads, the rest is as for `Configuration.plan`.

    A home is activated by who asks, or, `by_system`, by the system, as the user whose it is. Raises PlanError where the
    generation is not there.
    """
    folder = os.path.abspath(home) if home is not None else inputs["homeDirectory"]
    disk = RealDisk()
    start = find_generation(from_, folder, disk)
    generation = read_generation(start.path, inputs["unitFolder"], disk)
    who = (None, None) if by_system else (os.environ.get("USER"), os.getuid())
    plan = make_plan(dict(inputs), Circumstances(folder, generation, start.as_json(), backup, *who), disk)
    if diff:
        add_differences(plan.files, folder, disk)
    return plan
