"""The plan: what is wanted, what the old generation had and what HOME has, put together."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from hmeval.plan.backups import backup_warnings
from hmeval.plan.blocks import block_warnings, described_blocks
from hmeval.plan.darwin import app_changes, darwin_conditions, defaults_changes
from hmeval.plan.dconf import dconf_changes
from hmeval.plan.disk import Disk, RealDisk, walk
from hmeval.plan.files import Ours, Situation, plan_files
from hmeval.plan.future import Future
from hmeval.plan.generation import Generation
from hmeval.plan.hooks import hook_runs
from hmeval.plan.launchd import agent_changes
from hmeval.plan.leaves import NewFiles
from hmeval.plan.model import UNKNOWN, Backup, FileChange, Plan, Warned
from hmeval.plan.packages import package_changes, without_traceless
from hmeval.plan.patterns import ForcedPaths
from hmeval.plan.remedies import remedies
from hmeval.plan.units import unit_changes
from hmeval.plan.variables import variable_changes
from hmeval.plan.wanted import USUAL_STORE, Wanted, wanted_by_configuration


class Circumstances(NamedTuple):
    """What a configuration is activated in.

    Attributes:
        home: the folder, as $HOME names it.
        generation: the one to start from.
        origin: what was asked for as that, for the plan's `from`.
        backup: how what is in the way is put aside.
        user: who activates; None where it is not to be checked.
        uid: likewise, by number.
    """

    home: str
    generation: Generation
    origin: Mapping[str, Any]
    backup: Backup = Backup()
    user: str | None = None
    uid: int | None = None


@contextmanager
def collector_paused() -> Iterator[None]:
    """Without Python's collector of cycles, which would look at all files again and again: a plan has no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@collector_paused()
def make_plan(inputs: Mapping[str, Any], circumstances: Circumstances, disk: Disk | None = None) -> Plan:
    """The plan for what hmeval/nix/plan-inputs.nix says of a configuration. Nothing is written; nothing raises."""
    disk = disk or RealDisk()
    return plan_for(wanted_by_configuration(inputs, disk), circumstances, disk)


def plan_for(wanted: Wanted, circumstances: Circumstances, disk: Disk) -> Plan:
    """The plan for what is wanted. Nothing is written; nothing raises."""
    home, generation, new = circumstances.home, circumstances.generation, wanted.files
    future = Future(disk)
    stores = tuple(dict.fromkeys(disk.real(store) for store in (wanted.store, USUAL_STORE)))
    situation = Situation(home, new, generation.targets, stores, wanted.forced, circumstances.backup)
    changes = [*plan_files(situation, future), *_unknown_folders(situation, future)]
    for change in changes:
        if change.action == "blocked" or change.undecided:
            change.remedies = remedies(change, by_system=wanted.user is None)
    warnings = list(_warnings(wanted, generation, changes, circumstances.backup))
    fails = any(warning.kind == "failing-hook" for warning in warnings)
    refusals = list(_refusals(wanted, circumstances, disk))
    apps = app_changes(wanted.apps, generation.apps, home, future)
    is_blocked = bool(refusals) or any(change.action == "blocked" for change in changes)
    is_blocked |= any(folder["action"] == "blocked" for folder in apps)
    return Plan(
        home=home,
        origin=circumstances.origin,
        blocked=is_blocked or bool(wanted.order.cycle or new.failures or wanted.is_broken or fails),
        conditional=list(_conditions(wanted, circumstances, changes, disk)),
        files=changes,
        hooks=hook_runs(wanted.hooks, home, disk),
        packages=_package_changes(wanted, generation, disk),
        session_variables=variable_changes(wanted.session_variables, generation.session_variables),
        units=unit_changes(wanted.units, generation.units, starts=wanted.starts_services),
        dconf=dconf_changes(wanted.dconf, generation.dconf),
        launchd=agent_changes(wanted.agents, generation.agents, home, future),
        defaults=defaults_changes(wanted.defaults, generation.defaults),
        apps=apps,
        activation=described_blocks(wanted.blocks, wanted.order),
        warnings=[*refusals, *warnings],
    )


def _package_changes(wanted: Wanted, generation: Generation, disk: Disk) -> list[dict[str, Any]]:
    """The packages that come, go and change: none where the profile stays the same."""
    if wanted.packages is None or (wanted.profile is not None and wanted.profile == generation.profile):
        return []
    old = generation.packages or []
    return package_changes(without_traceless(wanted.packages, old, disk), old)


def _unknown_folders(situation: Situation, future: Future) -> Iterator[FileChange]:
    """An entry for each folder whose files are known once it is built."""
    for unknown in situation.new.unknown:
        path = f"{situation.home}/{unknown.target}"
        before = future.entry(path)
        action = "create" if before.kind == "absent" else "update"
        change = FileChange(unknown.target, action, "its files are known after the build", before, "directory")
        change.content, change.source = UNKNOWN, unknown.file.source
        change.managed, change.declared_at = unknown.file, unknown.file.declared_at
        if before.kind != "absent" and _may_collide(path, situation, future):
            change.undecided = True
            change.reason += ", and what is there may be in their way"
        yield change


def _may_collide(path: str, situation: Situation, future: Future) -> bool:
    """Whether something is in a folder's place, or in it, that files which are not known yet may run into."""
    if ForcedPaths(f"{situation.home}/{target}" for target in situation.forced).cover(path):
        return False
    folder, ours = future.folder(path), Ours(situation.stores)
    if folder is None or folder.origin is None:
        return folder is None
    if situation.backup.command or situation.backup.extension:
        return False
    names = walk(future.disk, folder.origin, [])
    return any(kind != "link" or not ours(future.disk.entry(f"{folder.origin}/{name}").link) for name, kind in names)


def _warnings(
    wanted: Wanted, generation: Generation, changes: Iterable[FileChange], backup: Backup
) -> Iterator[Warned]:
    yield from block_warnings(wanted.blocks, wanted.order)
    if any(change.action == "backup" for change in changes):
        yield from backup_warnings(backup.command)
    yield from _file_warnings(wanted.files, changes)
    yield from (Warned("generation", failure) for failure in generation.failures)
    yield from wanted.warnings


def _file_warnings(new: NewFiles, changes: Iterable[FileChange]) -> Iterator[Warned]:
    for file, reason in new.failures:
        yield Warned("build-failure", f"home-files cannot be built: {file.target}: {reason}", file.declared_at)
    for file, reason in new.ignored:
        yield Warned("ignored-file", f"{file.target} is left out: {reason}", file.declared_at)
    for file, place in new.misplaced:
        where = f"the folder {file.target}" if "/" in place else "HOME itself"
        message = f"{file.target} becomes the link {place}, because a link cannot replace {where}"
        yield Warned("misplaced-file", message, file.declared_at)
    for target in new.leaves:
        if target[:1] == "~":
            yield Warned(
                "file", f"{target}: Home Manager does not expand `~`: the file lies in a folder of that name in HOME"
            )
    late = [change.target for change in changes if change.action == "blocked" and change.late]
    if late and not any(change.action == "blocked" and not change.late for change in changes):
        message = (
            "Home Manager's check passes, and activation then stops half-way: old links are removed by then, and other "
            f"links may be missing; because of {', '.join(late)}"
        )
        yield Warned("late-failure", message)
    for change in changes:
        for warning in change.warnings:
            yield Warned("file", f"{change.target}: {warning}", change.declared_at)


def _refusals(wanted: Wanted, circumstances: Circumstances, disk: Disk) -> Iterator[Warned]:
    """Why activation ends before it begins: the start of `activationScript` in modules/home-environment.nix."""
    for name, only, here in (("USER", wanted.user, circumstances.user), ("UID", wanted.uid, circumstances.uid)):
        if None not in (only, here) and only != here:
            yield Warned("refusal", f"activation refuses any {name} but {only}; this plan is for {here}")
    home = circumstances.home
    if wanted.home is not None and disk.real(home) != disk.real(wanted.home):
        yield Warned("refusal", f"activation refuses any HOME but {wanted.home}; this plan is for {home}")
    if len(home.split()) > 1:
        message = f"activation refuses {home}: it begins with `cd $HOME`, without the quotes that blanks need"
        yield Warned("refusal", message)


def _conditions(
    wanted: Wanted, circumstances: Circumstances, changes: Iterable[FileChange], disk: Disk
) -> Iterator[str]:
    """What the plan depends on and does not know."""
    if disk.entry(disk.real(circumstances.home)).kind == "absent":
        yield f"{circumstances.home} is not there: activation begins in it, and fails unless it is made before"
    yield from wanted.conditions
    undecided = [change.target for change in changes if change.undecided]
    if undecided:
        yield f"whether activation fails because of what is in the way at {', '.join(undecided)}"
    unknown = sum(change.content == UNKNOWN for change in changes)
    if unknown:
        yield f"the content of {unknown} of the files is known only after the build"
    for folder in wanted.files.unknown:
        yield f"which files {folder.target} gets, and whether something is in their way, is known once it is built"
    if wanted.unit_folder is not None:
        yield "units are started and stopped only where the user's systemd runs, and only those that are active"
    if any(wanted.dconf.values()):
        yield "which dconf keys programs have changed: activation writes all keys again, and overwrites these changes"
    yield from darwin_conditions(wanted.defaults, wanted.apps)
    if circumstances.backup.command:
        yield f"what `{circumstances.backup.command}` does with the files in the way"
