"""The plan for a generation that was built: a rollback, or any other way from one generation to another."""

from __future__ import annotations

import os

from hmeval.errors import PlanError
from hmeval.plan.contents import add_differences
from hmeval.plan.disk import Disk, RealDisk
from hmeval.plan.generation import read_generation
from hmeval.plan.model import Backup, Plan
from hmeval.plan.planner import Circumstances, collector_paused, plan_for
from hmeval.plan.profile import Found, find_generation
from hmeval.plan.wanted import wanted_by_generation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    AnyPath: TypeAlias = str | os.PathLike[str]


@collector_paused()
def plan_to(
    to: AnyPath,
    home: AnyPath | None = None,
    from_: AnyPath = "current",
    *,
    specialisation: str | None = None,
    backup_extension: str = "",
    backup_command: str = "",
    overwrite_backup: bool = False,
    diff: bool = False,
) -> Plan:
    """What activating a generation that was built would do to `home` (by default its own), starting from another.

    `to` is `previous` (what `home-manager switch --rollback` takes), a number that `home-manager generations` lists,
    `current`, or a generation's folder; so is `from_`, or else `none`. The others mean what the flags of `hmeval plan`
    do. Nothing is evaluated, and nothing is written. Raises PlanError where a generation or the specialisation is not
    there.
    """
    disk = RealDisk()
    searched = os.path.abspath(home if home is not None else os.path.expanduser("~"))
    found = find_generation(to, searched, disk)
    if found.path is None:
        raise PlanError(f"there is no generation to activate: {to} stands for none in {searched}")
    path = found.path if specialisation is None else _specialised(found.path, specialisation, disk)
    wanted = wanted_by_generation(path, disk)
    folder = searched if home is not None else wanted.home or searched
    start = find_generation(from_, folder, disk)
    generation = read_generation(start.path, wanted.unit_folder, disk)
    backup = Backup(backup_extension, backup_command, overwrite_backup)
    circumstances = Circumstances(folder, generation, start.as_json(), backup, os.environ.get("USER"), os.getuid())
    plan = plan_for(wanted, circumstances, disk)._replace(to=_described(found, path, specialisation))
    if diff:
        add_differences(plan.files, folder, disk)
    return plan


def _specialised(path: str, name: str, disk: Disk) -> str:
    """The folder of one of a generation's specialisations."""
    folder = f"{path}/specialisation"
    if not disk.executable(f"{folder}/{name}/activate"):
        try:
            names = [there for there, _ in disk.children(folder)]
        except OSError:
            names = []
        has = f"it has {', '.join(names)}" if names else "it has none"
        raise PlanError(f"the generation {path} has no specialisation {name}; {has}")
    return disk.real(f"{folder}/{name}")


def _described(found: Found, path: str, specialisation: str | None) -> dict[str, object]:
    """The generation as the plan's target."""
    told: dict[str, object] = {"kind": "generation", "generation": path}
    if found.number is not None:
        told["number"] = found.number
    return told if specialisation is None else told | {"specialisation": specialisation}
