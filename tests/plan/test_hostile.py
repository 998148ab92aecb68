"""States that are damaged, hostile or in motion: a plan with the failure named in place, never an exception."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from hmeval.errors import PlanError
from hmeval.plan.disk import ABSENT, Entry, RealDisk
from hmeval.plan.generation import read_generation
from hmeval.plan.model import Backup, Plan
from hmeval.plan.planner import Circumstances, make_plan
from hmeval.plan.profile import find_generation
from hmeval.render.json_text import json_text
from hmeval.render.plan_text import plan_text
from hmeval.render.terminal import Style

Machine = Any


class Moving(RealDisk):
    """A disk on which what was seen is gone when it is looked at again, and some folders cannot be read."""

    def __init__(self, unreadable: str = "\0") -> None:
        self._unreadable = unreadable
        self.readlink = self._readlink  # type: ignore[assignment]

    def _readlink(self, path: str) -> str:
        if self._unreadable in path:
            raise PermissionError(13, "Permission denied")
        return os.readlink(path)

    def entry(self, path: str) -> Entry:
        return ABSENT if self._unreadable in path else super().entry(path)

    def children(self, folder: str) -> list[tuple[str, str]]:
        if self._unreadable in folder:
            raise PermissionError(13, "Permission denied")
        return super().children(folder)

    def read(self, path: str) -> bytes:
        raise FileNotFoundError(2, "No such file or directory")

    def same(self, path: str, other: str) -> bool | None:
        raise FileNotFoundError(2, "No such file or directory")

    def writable(self, folder: str) -> bool:
        return self._unreadable not in f"{folder}/"


def shown(plan: Plan) -> str:
    """The plan in both forms."""
    return plan_text(plan, Style()) + json_text(plan.as_json({"kind": "file"}, unchanged=True))


def planned(machine: Machine, disk: RealDisk, files: dict[str, str]) -> Plan:
    """The plan with a disk of its own, from a generation without parts."""
    generation = read_generation(str(machine.folder), None, disk)
    origin = {"kind": "none", "generation": None}
    return make_plan(machine.inputs(files), Circumstances(str(machine.home), generation, origin), disk)


def test_files_that_vanish_while_planning(machine: Machine) -> None:
    machine.lay(machine.home, {"f": "mine", "g": f"-> {machine.old}/g"})
    plan = planned(machine, Moving(), {"f": "1", "g": "2"})
    assert plan.blocked
    assert shown(plan)


def test_a_folder_that_cannot_be_read(machine: Machine) -> None:
    machine.lay(machine.home, {"closed/f": "mine"})
    plan = planned(machine, Moving(unreadable="/closed/"), {"closed/f": "1", "open": "2"})
    changes = {change.target: change for change in plan.files}
    assert (changes["closed/f"].action, changes["closed/f"].late) == ("blocked", True)
    assert changes["open"].action == "create"


def test_loops_of_links(machine: Machine) -> None:
    machine.lay(
        machine.home, {"a": "-> b", "b": "-> a", "d": "-> d", "self": "-> self/x", "root": "-> /", "up": "-> .."}
    )
    plan = machine.plan({"a": "1", "d/x": "2", "self": "3", "root/x": "4", "up": "5"})
    changes = {change.target: change for change in plan.files}
    assert changes["a"].action == "update"
    assert changes["d/x"].action == "blocked"
    assert "leads to no folder" in changes["d/x"].reason
    assert shown(plan)


def test_folders_that_hold_themselves_or_are_very_deep(machine: Machine) -> None:
    deep = "/".join(["d"] * 900)
    for name in ("one", "two"):
        machine.lay(machine.store, {f"{name}/x": "1", f"{name}/self": "-> .", f"{name}-deep/{deep}/x": "1"})
    generation = machine.generation({"self": f"-> {machine.store}/one", "deep": f"-> {machine.store}/one-deep"})
    files = {"self": "two", "deep": "two-deep"}
    plan = machine.plan(
        {target: {"source": f"{machine.store}/{name}", "hasHook": True} for target, name in files.items()}, generation
    )
    assert [change.action for change in plan.files] == ["update", "relink"]
    assert [hook["runs"] for hook in plan.hooks] == ["yes", "no"], "as `diff -rq` says"


def test_names_of_any_bytes(machine: Machine) -> None:
    names = ["line\nend", os.fsdecode(b"caf\xe9"), "tab\t", "\x1b[31mred", "-n", " ", "a" * 300, "é" * 100, "nul\0"]
    for name in names[:6]:
        Path(f"{machine.home}/{name}").write_text("mine")
    plan = machine.plan(dict.fromkeys(names, "text"))
    assert {change.action for change in plan.files} >= {"blocked"}
    text = shown(plan)
    assert "\x1b" not in text
    assert "line\\nend" in text


def test_a_path_of_thousands_of_folders(machine: Machine) -> None:
    deep = "/".join(["d"] * 3000)
    assert machine.plan({deep: "text", f"{deep}x/y": "text"}).files


@pytest.mark.parametrize("missing", ["home-files", "home-path", "activate", "state", "everything"])
def test_a_generation_with_missing_parts(machine: Machine, missing: str) -> None:
    generation = machine.folder / "generation"
    parts: dict[str, str | None] = {"home-files": f"-> {machine.old}", "home-path/x": f"-> /nix/store/{'a' * 32}-x-1/x"}
    parts |= {"activate": "x", "state/dconf-keys.json": "{", "state/dconf-keys-two.json": "[1, null]"}
    kept = {name: what for name, what in parts.items() if not name.startswith(missing) and missing != "everything"}
    machine.lay(machine.folder, {"generation": None})
    machine.lay(generation, kept)
    read = read_generation(str(generation), ".config/systemd/user", RealDisk())
    circumstances = Circumstances(str(machine.home), read, {"kind": "folder", "generation": str(generation)}, Backup())
    plan = make_plan(machine.inputs({"f": "1"}), circumstances)
    assert [change.action for change in plan.files] == ["create"]
    told = [warning.message for warning in plan.warnings if warning.kind == "generation"]
    if missing in ("home-files", "home-path", "everything"):
        assert any(missing in message or missing == "everything" for message in told)
    if missing in ("home-path", "everything"):
        assert any("which packages were installed is not known" in message for message in told)


def test_what_is_no_generation(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "missing", Path("/dev/null")):
        with pytest.raises(PlanError, match="is no generation"):
            find_generation(place, "/home/alice", RealDisk())
    assert find_generation("current", str(tmp_path), RealDisk()).path is None


def test_pipes_and_devices_are_not_read(machine: Machine) -> None:
    os.mkfifo(machine.home / "pipe")
    machine.lay(machine.home, {"null": "-> /dev/null"})
    plan = machine.plan({"pipe": {"text": "1", "hasHook": True}, "null": {"text": "", "hasHook": True}})
    assert {change.action for change in plan.files} == {"blocked"}
