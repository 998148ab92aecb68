"""Plans for generations that were built: how they are found, what they say of themselves, and what may be wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hmeval
from hmeval.errors import PlanError
from hmeval.plan.model import Plan
from hmeval.plan.script import forced_targets, parse_script
from hmeval.render.json_text import json_text
from hmeval.render.plan_text import plan_text
from hmeval.render.terminal import Style

Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]
Machine = Any
SCHEMA = json.loads((Path(hmeval.__file__).parent / "plan/plan.schema.json").read_text())

ACTIVATE = """\
set -eu
checkStringEq USER "$USER" alice
checkPathEq HOME "$HOME" '{home}'
_iNote "Activating %s" "checkFilesChanged"
function _cmp() {{ cmp "$1" "$2"; }}
_cmp {store}/text '{home}'/'it'\\''s' \\
  && changedFiles['it'\\''s']=0 \\
  || changedFiles['it'\\''s']=1
unset -f _cmp
_iNote "Activating %s" "checkLinkTargets"
find "$newGenFiles" -exec bash {store}/check "$newGenFiles" {{}} +
_iNote "Activating %s" "writeBoundary"
_iNote "Activating %s" "mine"
rm -r /tmp/x
_iNote "Activating %s" "reloadSystemd"
sd-switch --new-units "$newGenPath/home-files/units/systemd/user"
"""


class Generations:
    """A HOME with a profile of generations, which are made from short descriptions."""

    def __init__(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        self.machine = machine
        self.home: Path = machine.home
        self.profiles = self.home / ".local/state/nix/profiles"
        for name, value in {"HOME": str(self.home), "USER": "alice", "XDG_STATE_HOME": ""}.items():
            monkeypatch.setenv(name, value)
        machine.lay(machine.store, {"text": "1", "check": 'forcedPaths=("$HOME"/\'a b\' "$HOME"/f)\n'})

    def make(self, number: int, files: dict[str, str], profiles: Path | None = None, without: str = "") -> Path:
        """A generation in the profile with these home-files, and without one of its other parts."""
        store: Path = self.machine.store
        folder, home_files = store / f"{number}-home-manager-generation", store / f"{number}-home-manager-files"
        home_files.mkdir()
        self.machine.lay(home_files, files)
        parts = {"activate": ACTIVATE.format(home=self.home, store=store), "home-path/x": "-> /nix/store/x"}
        parts |= {"home-files": f"-> {home_files}"}
        self.machine.lay(folder, {name: what for name, what in parts.items() if name != without})
        if without != "activate":
            (folder / "activate").chmod(0o755)
        self.machine.lay(profiles or self.profiles, {f"home-manager-{number}-link": f"-> {folder}"})
        return folder

    def current(self, number: int, profiles: Path | None = None) -> None:
        """Make one the profile's own."""
        link = (profiles or self.profiles) / "home-manager"
        link.unlink(missing_ok=True)
        link.symlink_to(f"home-manager-{number}-link")


@pytest.fixture
def generations(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Generations:
    """A HOME in which nothing was activated."""
    return Generations(machine, monkeypatch)


def test_which_generation_is_meant(generations: Generations) -> None:
    made = {number: generations.make(number, {"f": str(number)}) for number in (3, 9, 10, 12)}
    generations.machine.lay(generations.profiles, {"home-manager-x-link": "-> x", "profile-1-link": "-> y"})
    generations.current(10)

    def told(to: str | Path) -> object:
        return hmeval.plan_to(to).to

    assert told("previous") == {"kind": "generation", "generation": str(made[9]), "number": 9}
    assert told("12") == {"kind": "generation", "generation": str(made[12]), "number": 12}
    assert told(made[3]) == {"kind": "generation", "generation": str(made[3])}
    generations.machine.lay(
        generations.home, {".local/state/home-manager/gcroots/current-home": f"-> {generations.profiles}/home-manager"}
    )
    assert told("current") == {"kind": "generation", "generation": str(made[10])}
    assert hmeval.plan_to("3").origin == {"kind": "current", "generation": str(made[10])}
    assert hmeval.plan_to("3", from_="9").origin == {"kind": "numbered", "generation": str(made[9]), "number": 9}
    assert hmeval.plan_to("3", from_="previous").origin["kind"] == "previous"
    assert hmeval.plan_to("3", from_="none").origin == {"kind": "none", "generation": None}
    assert hmeval.plan_to("3").home == str(generations.home)


def test_what_is_not_there_to_be_found(generations: Generations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIX_STATE_DIR", str(generations.machine.folder / "var"))
    with pytest.raises(PlanError, match=r"neither .*/.local/state/nix/profiles nor .*/per-user/alice is a folder"):
        hmeval.plan_to("previous")
    for to in ("current", "none"):
        with pytest.raises(PlanError, match=f"no generation to activate: {to} "):
            hmeval.plan_to(to)
    generations.make(4, {})
    with pytest.raises(PlanError, match="leads to no generation that could be rolled back from"):
        hmeval.plan_to("previous")
    generations.current(4)
    with pytest.raises(PlanError, match=r"generation 4 is the oldest .* none to roll back to"):
        hmeval.plan_to("previous")
    with pytest.raises(PlanError, match=r"there is no generation 5 in .*; there is 4"):
        hmeval.plan_to("5")
    with pytest.raises(PlanError, match="is no generation: it holds neither home-files nor activate"):
        hmeval.plan_to(generations.profiles)


def test_profiles_that_the_machine_has_for_its_users(generations: Generations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIX_STATE_DIR", str(generations.machine.folder / "var"))
    shared = generations.machine.folder / "var/profiles/per-user/alice"
    made = generations.make(1, {}, shared)
    assert hmeval.plan_to("1").to == {"kind": "generation", "generation": str(made), "number": 1}
    generations.profiles.mkdir(parents=True)  # goes before them, as it does for home-manager
    with pytest.raises(PlanError, match="there is none"):
        hmeval.plan_to("1")


def test_profiles_are_found_where_the_state_is(generations: Generations, monkeypatch: pytest.MonkeyPatch) -> None:
    state = generations.machine.folder / "state"
    generations.make(1, {}, state / "nix/profiles")
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    assert (hmeval.plan_to("1").to or {})["number"] == 1
    (generations.machine.folder / "link").symlink_to(generations.home)
    for home in (f"{generations.home}/", generations.machine.folder / "link"):
        monkeypatch.setenv("HOME", str(home))
        assert (hmeval.plan_to("1", generations.home).to or {})["number"] == 1


def test_what_a_generation_says_of_itself(generations: Generations, machine: Machine) -> None:
    text, outside = machine.store / "text", machine.folder / "outside"
    machine.lay(machine.store, {"tree/x": "1", "out": f"-> {outside}"})
    files = {"it's": f"-> {text}", "whole": f"-> {machine.store}/tree", "copied": "2", "checkout": "-> ../out"}
    unit = "[Service]\nExecStart=/a\n"
    generations.make(1, files | {"fx": "3", "units/systemd/user/a.service": unit})
    machine.lay(machine.home, {"it's": "other", "fx": "mine", "copied": "mine"})
    plan = hmeval.plan_to("1", diff=True)
    changes = {change.target: change for change in plan.files}
    kinds = {target: change.kind for target, change in changes.items()}
    assert (kinds["it's"], kinds["whole"], kinds["copied"], kinds["checkout"]) == (
        "link",
        "directory",
        "copy",
        "out-of-store",
    )
    assert {target for target, change in changes.items() if change.action == "blocked"} == {"it's", "copied"}
    assert changes["fx"].action == "update", "the forced f covers it"
    assert "-mine" in (changes["fx"].diff or "")
    assert plan.hooks == [{"target": "it's", "runs": "yes"}]
    assert [(unit["name"], unit["action"]) for unit in plan.units] == [("a.service", "keep")]
    assert [(block["name"], block["side"]) for block in plan.activation] == [
        ("checkFilesChanged", "before"),
        ("checkLinkTargets", "before"),
        ("writeBoundary", "at"),
        ("mine", "after"),
        ("reloadSystemd", "after"),
    ]
    assert {block["name"] for block in plan.activation if block["opaque"]} == {"mine"}
    assert {block["user_defined"] for block in plan.activation} == {None}
    assert any("only their order is" in condition for condition in plan.conditional)
    jsonschema.validate(plan.as_json(plan.to or {}), SCHEMA)


def test_for_whom_a_generation_is(generations: Generations, monkeypatch: pytest.MonkeyPatch) -> None:
    generations.make(1, {"f": "1"})
    assert refusals(hmeval.plan_to("1")) == []
    monkeypatch.setenv("USER", "bob")
    plan = hmeval.plan_to(generations.profiles / "home-manager-1-link", home=generations.machine.folder / "other")
    assert refusals(plan) == [
        "activation refuses any USER but alice",
        f"activation refuses any HOME but {generations.home}",
    ]
    assert plan.blocked


def refusals(plan: Plan) -> list[str]:
    """What a plan says that activation refuses."""
    return [warning.message.split(";")[0] for warning in plan.warnings if warning.kind == "refusal"]


@pytest.mark.parametrize(
    ("without", "told"),
    [("activate", "activate: No such file or directory"), ("home-files", "home-files: it is not there")],
)
def test_a_generation_that_cannot_be_activated(
    generations: Generations, hmeval_command: Hmeval, without: str, told: str
) -> None:
    generations.make(1, {"f": "1"}, without=without)
    done = hmeval_command("plan", "--to", "1")
    assert (done.returncode, done.stderr) == (3, "")
    assert "Blocked: activation fails\n" in done.stdout
    assert told in done.stdout
    assert done.stdout.count(told) == 1


def test_hostile_generations(generations: Generations, machine: Machine) -> None:
    files = {"loop": "-> loop", "a": "-> b", "b": "-> a", "up": "-> ..", "self/x": "-> ../self", "line\nend": "1"}
    made = generations.make(1, files | {os.fsdecode(b"caf\xe9"): "2", "\x1b[31m": "3", "null": "-> /dev/null"})
    home_files = machine.store / "1-home-manager-files"
    os.mkfifo(home_files / "pipe")
    (home_files / "closed").mkdir(mode=0)
    machine.lay(
        made, {"state/dconf-keys.json": "{", "LaunchAgents/x.plist": "-> x.plist", "specialisation": "no folder"}
    )
    plan = hmeval.plan_to("1", diff=True)
    assert {change.action for change in plan.files} == {"create"}
    assert len(plan.files) == 9
    assert [warning.message.partition(": ")[0] for warning in plan.warnings if warning.kind == "generation"] == [
        f"{made}/state/dconf-keys.json"
    ]
    text = plan_text(plan, Style()) + json_text(plan.as_json(plan.to or {}, unchanged=True))
    assert "\x1b" not in text
    with pytest.raises(PlanError, match="has no specialisation dark"):
        hmeval.plan_to("1", specialisation="dark")


def test_a_check_that_was_collected(generations: Generations, machine: Machine) -> None:
    generations.make(1, {"f": "1"})
    (machine.store / "check").unlink()
    plan = hmeval.plan_to("1")
    assert not plan.blocked
    assert any(warning.message.endswith("which files are forced is not known") for warning in plan.warnings)


def test_a_specialisation(generations: Generations, machine: Machine) -> None:
    plain = generations.make(1, {"f": "1"})
    dark = generations.make(2, {"f": "2", "g": "2"})
    with pytest.raises(PlanError, match="has no specialisation dark; it has none"):
        hmeval.plan_to("1", specialisation="dark")
    machine.lay(plain, {"specialisation/dark": f"-> {dark}"})
    plan = hmeval.plan_to("1", specialisation="dark")
    assert plan.to == {"kind": "generation", "generation": str(dark), "number": 1, "specialisation": "dark"}
    assert {change.target for change in plan.files} == {"f", "g"}
    with pytest.raises(PlanError, match="has no specialisation light; it has dark"):
        hmeval.plan_to("1", specialisation="light")


def test_nothing_is_evaluated(generations: Generations) -> None:
    generations.make(1, {"f": "1"})
    program = (
        "import sys; from hmeval.cli import main; code = main(); "
        "print([name for name in sys.modules if name.startswith(('hmeval._native', 'hmeval.evaluation'))]); "
        "sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program, "plan", "--to", "1"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Activation can be done: 1 file.\n[]\n")
    assert f"to {generations.machine.store}/1-home-manager-generation (generation 1)\n" in done.stdout


@pytest.mark.parametrize(
    "flags", [("--flake", "."), ("--offline",), ("--refresh",), ("--graph", "dot"), ("--override-input", "a", "b")]
)
def test_flags_of_configurations_do_not_go_with_it(hmeval_command: Hmeval, flags: tuple[str, ...]) -> None:
    done = hmeval_command("plan", "--to", "1", *flags)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--to is about a generation that was built, and {flags[0]} about a configuration" in done.stderr


def test_what_is_not_there_is_one_message(hmeval_command: Hmeval) -> None:
    done = hmeval_command("plan", "--to", "/nowhere")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("hmeval: /nowhere is no generation")


# -- scripts -------------------------------------------------------------------------------------------------------


def test_scripts_of_older_generations() -> None:
    script = parse_script(b"  checkUsername alice\n  checkHomeDirectory '/home/al ice'\n")
    assert (script.user, script.home, script.blocks) == ("alice", "/home/al ice", {})
    assert (script.check, script.hooks, script.unit_folder) == (None, [], None)
    block = b'_iNote "Activating %s" "reloadSystemd"\n'
    suggesting = parse_script(block + b'bash systemd-activate.sh "${oldGenPath=}" "$newGenPath"\n')
    assert (suggesting.unit_folder, suggesting.starts_services) == (".config/systemd/user", False)
    direct = parse_script(block + b"sd-switch --new-units $newGenPath/home-files/.config/systemd/user\n")
    assert (direct.unit_folder, direct.starts_services) == (".config/systemd/user", True)


@pytest.mark.parametrize(
    ("command", "installs"),
    [("run nix-env -i x", True), ("nix profile install x", True), ("nixProfileRemove y", False)],
)
def test_who_installs_packages(command: str, installs: bool) -> None:
    script = parse_script(f'_iNote "Activating %s" "installPackages"\n{command}\n'.encode())
    assert script.installs_packages == installs


PIECES = st.sampled_from(
    rb"""_iNote "Activating %s" "checkFilesChanged"
|_cmp a b && changedFiles[c]=0|'|"|\|(|)|
|forcedPaths=(|"$HOME"/|checkUsername |checkHomeDirectory |$newGenPath/home-files/""".split(b"|")
)


@given(st.lists(st.one_of(PIECES, st.binary(max_size=8)), max_size=20).map(b"".join))
def test_any_script_can_be_read(text: bytes) -> None:
    script = parse_script(text)
    assert all(isinstance(word, str) for word in (*forced_targets(text), *script.blocks))
    assert all(len(hook) == 2 for hook in script.hooks)
    assert script.unit_folder is None or "reloadSystemd" in script.blocks
