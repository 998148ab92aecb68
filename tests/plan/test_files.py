"""Each rule for files, and each place where Home Manager's check and its links disagree."""

from __future__ import annotations

import os
import re
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmeval.plan.files import Ours
from hmeval.plan.model import Backup, FileChange, Plan
from hmeval.plan.patterns import ForcedPaths

Machine = Any
EXTENSION = Backup("bak")


def only(plan: Plan) -> FileChange:
    """The one change of a plan."""
    (change,) = plan.files
    return change


@pytest.mark.parametrize(
    ("there", "backup", "action", "reason"),
    [
        (None, Backup(), "create", ""),
        ("-> /nowhere", Backup(), "update", "leads nowhere"),
        ("the same", Backup(), "skipped", "same content"),
        ("mine", Backup(), "blocked", "differs"),
        ("mine", EXTENSION, "backup", "moved to f.bak"),
        ("the same", EXTENSION, "backup", "moved to f.bak"),
        ("mine", Backup("", "mover"), "backup", "`mover` is run on it"),
        ("-> {outside}", Backup(), "blocked", "not Home Manager's"),
        ("-> {outside}", EXTENSION, "blocked", "never moved aside"),
        ("-> {same}", Backup(), "update", "although the check says that it is skipped"),
    ],
)
def test_what_is_there(machine: Machine, there: str | None, backup: Backup, action: str, reason: str) -> None:
    machine.lay(machine.folder, {"outside": "theirs", "same": "the same"})
    if there is not None:
        names = {"outside": machine.folder / "outside", "same": machine.folder / "same"}
        machine.lay(machine.home, {"f": there.format(**names)})
    plan = machine.plan({"f": "the same"}, backup=backup)
    change = only(plan)
    assert (change.action, plan.blocked) == (action, action == "blocked")
    assert reason in change.reason


def test_a_folder_in_the_way(machine: Machine) -> None:
    machine.lay(machine.home, {"f": None})
    assert "a folder is in the way" in only(machine.plan({"f": "text"})).reason
    forced = only(machine.plan({"f": {"text": "text", "force": True}}))
    assert (forced.action, forced.late) == ("blocked", True), "force passes the check, and ln fails"
    aside = only(machine.plan({"f": "text"}, backup=EXTENSION))
    assert (aside.action, aside.backup) == ("backup", "f.bak")


def test_older_backups(machine: Machine) -> None:
    machine.lay(
        machine.home, {"f": "mine", "f.bak": "older", "g": "the same", "g.bak": "older", "h": "x", "h.bak": "-> /no"}
    )
    files = {"f": "text", "g": "the same", "h": "text"}
    changes = {change.target: change for change in machine.plan(files, backup=EXTENSION).files}
    assert "exists already" in changes["f"].reason
    assert changes["g"].action == "backup", "the check says that it is skipped, and it is moved all the same"
    assert "is overwritten" in changes["g"].warnings[0]
    assert "the link h.bak" in changes["h"].warnings[0]
    overwritten = {change.target: change for change in machine.plan(files, backup=Backup("bak", "", True)).files}
    assert overwritten["f"].action == "backup"
    assert "is overwritten" in overwritten["f"].warnings[0]


def test_force_covers_what_begins_with_its_target(machine: Machine) -> None:
    machine.lay(machine.home, {"f": "mine", "fx": "mine", "g": "mine"})
    files = {"f": {"text": "1", "force": True}, "fx": "2", "g": "3"}
    changes = {change.target: change for change in machine.plan(files).files}
    assert [changes[name].action for name in ("f", "fx", "g")] == ["update", "update", "blocked"]
    assert "is lost" in changes["fx"].warnings[0]


def test_a_file_where_a_folder_is_needed(machine: Machine) -> None:
    machine.lay(machine.home, {"a": "a file"})
    plan = machine.plan({"a/b": "text", "c": "text"})
    (stopped,) = (change for change in plan.files if change.action == "blocked")
    assert (stopped.target, stopped.late) == ("a/b", True)
    assert [warning.kind for warning in plan.warnings] == ["late-failure"]


def test_from_links_in_a_folder_to_a_linked_folder(machine: Machine) -> None:
    generation = machine.generation({"d/x": "1", "d/y": "2"})
    machine.lay(machine.store, {"tree/x": "1"})
    plan = machine.plan({"d": {"source": str(machine.store / "tree")}}, generation)
    blocked = next(change for change in plan.files if change.target == "d")
    assert blocked.action == "blocked"
    assert "links of Home Manager's own" in blocked.reason


def test_from_a_linked_folder_to_links_in_it(machine: Machine) -> None:
    machine.lay(machine.store, {"tree/x": "1"})
    machine.lay(machine.old, {"d": f"-> {machine.store}/tree"})
    machine.lay(machine.home, {"d": f"-> {machine.old}/d"})
    generation = machine.generation({})._replace(targets=["d"])
    same = {change.target: change for change in machine.plan({"d/x": "1"}, generation).files}
    assert same["d"].action == "keep"
    assert "stays" in same["d/x"].reason
    assert same["d/x"].action == "skipped"
    assert machine.plan({"d/x": "2"}, generation).blocked


@pytest.mark.parametrize("link", ["{folder}/checkout", "../checkout", ".././home/../checkout/", "via"])
def test_changes_that_go_through_a_link_say_so(machine: Machine, link: str) -> None:
    machine.lay(machine.folder, {"checkout/x": "mine"})
    machine.lay(machine.home, {"d": f"-> {link.format(folder=machine.folder)}", "via": "-> ../checkout"})
    change = only(machine.plan({"d/x": "text"}, backup=EXTENSION))
    assert change.action == "backup"
    assert f"the change is made in {machine.folder}/checkout" in change.warnings[-1]


def test_what_the_old_generation_leaves(machine: Machine) -> None:
    generation = machine.generation({"gone/deep/x": "1", "mine": "1", "missing": "1", "stays": "1"})
    os.unlink(machine.home / "mine")
    os.unlink(machine.home / "missing")
    machine.lay(machine.home, {"mine": "my own"})
    changes = {change.target: change for change in machine.plan({"stays": "1"}, generation).files}
    assert changes["gone/deep/x"].action == "remove"
    assert changes["gone/deep/x"].removes == ("gone/deep", "gone")
    assert (changes["mine"].action, changes["missing"].action) == ("skipped", "skipped")
    assert "left behind" in changes["mine"].warnings[0]
    assert changes["stays"].action == "relink"


def test_relinked_and_changed(machine: Machine) -> None:
    generation = machine.generation({"same": "1", "changed": "1", "unbuilt": "1"})
    files = {"same": "1", "changed": "2", "unbuilt": {}}
    changes = {change.target: change for change in machine.plan(files, generation).files}
    assert [changes[name].action for name in files] == ["relink", "update", "update"]
    assert [changes[name].content for name in files] == ["known", "known", "unknown-until-built"]


def test_a_linked_folder_that_is_the_same_is_relinked(machine: Machine) -> None:
    for name, text in {"one": "1", "two": "1", "three": "3"}.items():
        machine.lay(machine.store, {f"{name}/x": text, f"{name}/e/y": "2"})
    generation = machine.generation({"d": f"-> {machine.store}/one"})

    def action(source: str) -> str:
        return only(machine.plan({"d": {"source": f"{machine.store}/{source}"}}, generation)).action

    assert [action(source) for source in ("one", "two", "three")] == ["relink", "relink", "update"]


def test_a_link_to_nothing_out_of_the_store_is_relinked(machine: Machine) -> None:
    machine.lay(machine.store, {"made": "-> /srv/nothing"})
    generation = machine.generation({"f": f"-> {machine.store}/made"})

    def action(place: str) -> str:
        return only(machine.plan({"f": {"source": f"{machine.store}/new", "linkTo": place}}, generation)).action

    assert [action(place) for place in ("/srv/nothing", "/srv/other")] == ["relink", "update"]


def test_what_is_unbuilt_is_never_guessed(machine: Machine) -> None:
    machine.lay(machine.home, {"f": "mine"})
    plan = machine.plan({"f": {}, "d": {"recursive": True}})
    changes = {change.target: change for change in plan.files}
    assert not plan.blocked
    assert "only the build can tell whether it is the same" in changes["f"].reason
    assert (changes["d"].action, changes["d"].content) == ("create", "unknown-until-built")
    assert any("which files d gets" in condition for condition in plan.conditional)


def test_an_out_of_store_link(machine: Machine) -> None:
    plan = machine.plan({"f": {"linkTo": str(machine.folder / "nowhere")}})
    change = only(plan)
    assert (change.action, change.kind, change.content) == ("create", "out-of-store", "known")


@pytest.mark.parametrize(
    ("files", "kind"),
    [({target: "1"}, "build-failure") for target in ("..", "../x", "a/../../x")]
    + [({"a": "1", "a/b": "2"}, "build-failure")],
)
def test_what_cannot_be_built(machine: Machine, files: dict[str, str], kind: str) -> None:
    plan = machine.plan(files)
    assert plan.blocked
    assert kind in [warning.kind for warning in plan.warnings]


def test_an_absolute_target_lands_below_home(machine: Machine) -> None:
    assert only(machine.plan({"/etc/foo": "1"})).target == "etc/foo"


def test_ours() -> None:
    ours = Ours(["/nix/store", "/s"])
    assert ours("/nix/store/x-home-manager-files/.bashrc")
    assert ours("/s/-home-manager-files/a")
    assert not ours("/nix/store/x-home-manager-files")
    assert not ours("/nix/storex-home-manager-files/a")
    assert not ours("/elsewhere/x-home-manager-files/a")


# -- patterns, beside bash ------------------------------------------------------------------------------------------

letters = st.text("ab*?[]!^-\\|+@()", max_size=7)


@given(st.lists(st.tuples(letters, st.text("ab*?[]-/", max_size=6)), min_size=20, max_size=40))
def test_patterns_match_as_in_bash(pairs: list[tuple[str, str]]) -> None:
    """But for `!(…)`, which is taken to match anything."""
    pairs = [(pattern, path) for pattern, path in pairs if "!(" not in pattern and balanced(pattern)]
    script = "while [ $# -gt 0 ]; do p=$1; if [[ /$2 == /$p* ]]; then echo 1; else echo 0; fi; shift 2; done"
    words = [word for pair in pairs for word in pair]
    done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True, check=True)
    ours = [ForcedPaths([f"/{pattern}"]).cover(f"/{path}") for pattern, path in pairs]
    told = [line == "1" for line in done.stdout.split()]
    assert ours == told, [pair for pair, one, two in zip(pairs, ours, told, strict=True) if one != two]


def balanced(pattern: str) -> bool:
    """Whether brackets and parentheses are closed, and hold nothing that is written by accident alone."""
    simple = re.sub(r"\\.", "", pattern)
    return not re.search(r"[()|]|\[[^\]]*$|\[[!^]?\]|\[[^\]]*[\\\[-]|\\$", simple) and not pattern.endswith("\\")


def test_a_text_for_home_itself_is_a_link_in_it(machine: Machine) -> None:
    """`ln -s` puts a link into the folder that is there, under the source's name."""
    plan = machine.plan({".": {"text": "x", "source": f"{machine.store}/abc-hm_."}})
    assert [(change.target, change.action) for change in plan.files] == [("abc-hm_.", "create")]
    (warning,) = plan.warnings
    assert (warning.kind, warning.message) == (
        "misplaced-file",
        ". becomes the link abc-hm_., because a link cannot replace HOME itself",
    )


def test_the_files_of_a_folder_for_home_itself_stay_when_it_is_planned_again(machine: Machine) -> None:
    machine.lay(machine.store, {"dots/.a": "1", "dots/sub/b": "2"})
    dots = {"source": f"{machine.store}/dots", "recursive": True}
    old = machine.generation({".a": "1", "sub/b": "2"})
    assert {change.target: change.action for change in machine.plan({"./": dots}, old).files} == {
        ".a": "relink",
        "sub/b": "relink",
    }


@pytest.mark.parametrize(
    ("was", "fields", "action", "told"),
    [
        (0o644, {"executable": True}, "update", "the same content, now executable"),
        (0o755, {"executable": False}, "update", "the same content, no longer executable"),
        (0o755, {}, "update", "the same content, no longer executable"),
        (0o755, {"isExecutable": True}, "relink", "the same content, in another generation"),
        (0o644, {}, "relink", "the same content, in another generation"),
    ],
)
def test_a_changed_executable_bit_is_a_change(
    machine: Machine, was: int, fields: dict[str, Any], action: str, told: str
) -> None:
    old = machine.generation({"f": "same"})
    (machine.old / "f").chmod(was)
    (change,) = machine.plan({"f": {"text": "same", **fields}}, old).files
    assert (change.action, change.reason) == (action, told)


def test_the_bit_of_a_source_counts(machine: Machine) -> None:
    old = machine.generation({"f": "same"})
    machine.lay(machine.store, {"f": "same"})
    assert machine.plan({"f": {}}, old).files[0].action == "relink"
    (machine.store / "f").chmod(0o755)
    assert machine.plan({"f": {}}, old).files[0].action == "update"
