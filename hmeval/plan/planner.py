"""The plan: what the configuration wants, what the old generation had and what HOME has, put together."""

from __future__ import annotations

import gc
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from hmeval.plan.blocks import block_warnings, described_blocks
from hmeval.plan.contents import with_derivation_text
from hmeval.plan.dag import order
from hmeval.plan.dconf import databases, dconf_changes
from hmeval.plan.disk import Disk, RealDisk
from hmeval.plan.files import Situation, plan_files
from hmeval.plan.future import Future
from hmeval.plan.generation import Generation
from hmeval.plan.hooks import hook_runs
from hmeval.plan.inputs import Block, managed_file, text_bytes
from hmeval.plan.launchd import agent_changes
from hmeval.plan.leaves import Leaf, NewFiles, compose
from hmeval.plan.model import UNKNOWN, Backup, FileChange, Plan, Warned
from hmeval.plan.packages import package_changes
from hmeval.plan.units import unit_changes
from hmeval.plan.variables import variable_changes

USUAL_STORE = "/nix/store"


class Circumstances(NamedTuple):
    """What a configuration is activated in.

    Attributes:
        home: the folder, as $HOME names it.
        generation: the one to start from.
        origin: what was asked for as that, for the plan's `from`.
        backup: how what is in the way is put aside.
        user: who activates; None where it is not to be checked.
    """

    home: str
    generation: Generation
    origin: Mapping[str, Any]
    backup: Backup = Backup()
    user: str | None = None


def make_plan(inputs: Mapping[str, Any], circumstances: Circumstances, disk: Disk | None = None) -> Plan:
    """The plan for what hmeval/nix/plan-inputs.nix says of a configuration. Nothing is written; nothing raises."""
    with _collector_paused():
        return _make_plan(inputs, circumstances, disk or RealDisk())


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Without Python's collector of cycles, which would look at all files again and again: a plan has no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _make_plan(inputs: Mapping[str, Any], circumstances: Circumstances, disk: Disk) -> Plan:
    home, generation = circumstances.home, circumstances.generation
    files = [with_derivation_text(managed_file(record), disk) for record in inputs["files"]]
    new = compose(files, inputs["homeFiles"], disk, inputs["overlap"])
    blocks = {name: _block(record) for name, record in inputs["activation"].items()}
    ordered = order(blocks)
    future = Future(disk)
    stores = tuple(dict.fromkeys(disk.real(store) for store in (inputs["storeDirectory"], USUAL_STORE)))
    forced = [file.target for file in files if file.force]
    situation = Situation(home, new, generation.targets, stores, forced, circumstances.backup)
    changes = [*plan_files(situation, future), *_unknown_folders(new, home, future)]
    warnings = [
        *block_warnings(blocks, ordered),
        *_file_warnings(new, changes),
        *(Warned("generation", failure) for failure in generation.failures),
        *(Warned("configuration", warning) for warning in inputs["warnings"]),
    ]
    return Plan(
        home=home,
        origin=circumstances.origin,
        blocked=any(change.action == "blocked" for change in changes) or bool(ordered.cycle or new.failures),
        conditional=list(_conditions(inputs, circumstances, changes, new)),
        files=changes,
        hooks=hook_runs(files, home, disk),
        packages=package_changes(inputs["packages"], generation.packages),
        session_variables=variable_changes(_optional_bytes(inputs["sessionVariables"]), generation.session_variables),
        units=unit_changes(
            _unit_texts(new, inputs["unitFolder"], disk), generation.units, starts=inputs["startServices"]
        ),
        dconf=dconf_changes(databases(inputs["dconf"]), generation.dconf),
        launchd=agent_changes(inputs["agents"], generation.agents, home, future),
        activation=described_blocks(blocks, ordered),
        warnings=warnings,
    )


def _block(record: Mapping[str, Any]) -> Block:
    return Block(record["code"], record["after"], record["before"], record["userDefined"], tuple(record["declaredAt"]))


def _optional_bytes(text: str | None) -> bytes | None:
    return None if text is None else text_bytes(text)


def _unknown_folders(new: NewFiles, home: str, future: Future) -> Iterator[FileChange]:
    """An entry for each folder whose files are known once it is built."""
    for unknown in new.unknown:
        before = future.entry(f"{home}/{unknown.target}")
        action = "create" if before.kind == "absent" else "update"
        change = FileChange(unknown.target, action, "its files are known after the build", before, "directory")
        change.content, change.source = UNKNOWN, unknown.file.source
        change.declared_at = unknown.file.declared_at
        yield change


def _unit_texts(new: NewFiles, folder: str | None, disk: Disk) -> dict[str, bytes | None]:
    if folder is None:
        return {}
    prefix = f"{posixpath.normpath(folder)}/"
    below = {target[len(prefix) :]: leaf for target, leaf in new.leaves.items() if target.startswith(prefix)}
    return {name: _text(leaf, disk) for name, leaf in below.items()}


def _text(leaf: Leaf, disk: Disk) -> bytes | None:
    """What a unit file will hold, as far as that is known; one that is the null device is masked."""
    if leaf.text is not None or leaf.source == "/dev/null":
        return leaf.text or b""
    try:
        return disk.read(leaf.source)
    except (OSError, ValueError):
        return None


def _file_warnings(new: NewFiles, changes: Iterable[FileChange]) -> Iterator[Warned]:
    for file, reason in new.failures:
        yield Warned("build-failure", f"home-files cannot be built: {file.target}: {reason}", file.declared_at)
    for file, reason in new.ignored:
        yield Warned("ignored-file", f"{file.target} is left out: {reason}", file.declared_at)
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


def _conditions(
    inputs: Mapping[str, Any], circumstances: Circumstances, changes: list[FileChange], new: NewFiles
) -> Iterator[str]:
    """What the plan depends on and does not know."""
    if circumstances.user is not None and circumstances.user != inputs["username"]:
        yield f"activation refuses anyone but {inputs['username']}, and $USER is {circumstances.user}"
    if circumstances.home != inputs["homeDirectory"]:
        yield f"activation refuses any HOME but {inputs['homeDirectory']}; this plan is for {circumstances.home}"
    if inputs["storeDirectory"] != USUAL_STORE:
        yield (
            f"evaluated with the store {inputs['storeDirectory']}, whose paths differ from those of {USUAL_STORE}: "
            "links and packages that stay the same may be shown as changed"
        )
    unknown = sum(change.content == UNKNOWN for change in changes)
    if unknown:
        yield f"the content of {unknown} of the files is known only after the build"
    for folder in new.unknown:
        yield f"which files {folder.target} gets, and whether something is in their way, is known once it is built"
    if inputs["unitFolder"] is not None:
        yield "units are started and stopped only where the user's systemd runs, and only those that are active"
    if inputs["packagesByTheSystem"]:
        yield "packages are installed by the system's configuration, into the user's profile there"
    if circumstances.backup.command:
        yield f"what `{circumstances.backup.command}` does with the files in the way"
