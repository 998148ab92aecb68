"""Packages, units, dconf, launchd, variables, hooks, blocks and contents: each rule with made-up states."""

from __future__ import annotations

import plistlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmeval.plan.blocks import block_warnings, described_blocks, is_opaque
from hmeval.plan.collisions import collision_warnings
from hmeval.plan.contents import difference
from hmeval.plan.dag import order
from hmeval.plan.dconf import Databases, dconf_changes
from hmeval.plan.disk import RealDisk
from hmeval.plan.generation import NO_GENERATION, keyfile_values
from hmeval.plan.inputs import Block
from hmeval.plan.launchd import described_change
from hmeval.plan.model import Backup
from hmeval.plan.packages import Package, package_changes, parse_name
from hmeval.plan.units import unit_changes
from hmeval.plan.variables import variable_changes, variables

Machine = Any
HASHES = ("a" * 32, "b" * 32)


# -- packages ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("full", "name", "version"),
    [("git-2.53.0", "git", "2.53.0"), ("nix-index-0.1", "nix-index", "0.1"), ("a-b", "a-b", ""), ("x-1-y", "x", "1-y")],
)
def test_names(full: str, name: str, version: str) -> None:
    assert parse_name(full) == Package(name, version)


def package(name: str, *paths: str, **fields: Any) -> dict[str, Any]:
    """A package as plan-inputs.nix describes it."""
    return {"name": name, "paths": list(paths), "priority": 5, "program": None, "definedIn": []} | fields


@pytest.mark.parametrize(
    ("packages", "told"),
    [
        ([package("python3-3.13.1", "/a"), package("python3-3.13.1-env", "/b")], ["python3"]),
        ([package("nodejs-24.1", "/a", program="node"), package("nodejs-22.3", "/b", program="node")], ["node"]),
        ([package("vim-9.1", "/a", program="vim"), package("vim-full-9.1", "/b", program="vim")], ["vim"]),
        ([package("a-1", "/a"), package("a-1", "/a")], []),
        ([package("a-1", "/a"), package("a-2", "/b", priority=10)], []),
        ([package("a-1", "/a", program="x"), package("b-1", "/b", program="y")], []),
    ],
)
def test_packages_in_each_others_way(packages: list[dict[str, Any]], told: list[str]) -> None:
    found = list(collision_warnings(packages))
    assert [warning.message.partition("share the name ")[2].partition(" and ")[0] for warning in found] == told


def test_where_packages_in_each_others_way_come_from() -> None:
    (warning,) = collision_warnings(
        [package("a-1", "/a", definedIn=["x.nix"]), package("a-2", "/b", definedIn=["y.nix"])]
    )
    assert warning.declared_at == ({"file": "x.nix"}, {"file": "y.nix"})


def test_packages() -> None:
    old = [f"/nix/store/{HASHES[0]}-{name}" for name in ("git-2.1", "git-2.1-man", "gone-1", "same-1", "rebuilt-1")]
    new = [f"/nix/store/{HASHES[0]}-same-1"]
    new += [f"/nix/store/{HASHES[1]}-{name}" for name in ("git-2.2", "git-2.2-man", "new-3", "rebuilt-1")]
    changes = package_changes(new, old)
    assert [(change["name"], change["action"], change["before"], change["after"]) for change in changes] == [
        ("git", "change", "2.1", "2.2"),
        ("gone", "remove", "1", None),
        ("new", "add", None, "3"),
        ("rebuilt", "change", "1", "1"),
    ]
    assert "built from something else" in changes[-1]["reason"]


def test_packages_that_others_propagate(machine: Machine) -> None:
    """As kitty and other terminals do: their output `terminfo` is installed with them, and nothing else says so."""
    names = {
        name: f"{machine.store}/{HASHES[0]}-{name}" for name in ("kitty-1", "kitty-1-terminfo", "x-1", "unlisted-1")
    }
    listed = "nix-support/propagated-user-env-packages"
    machine.lay(
        machine.store, {f"{HASHES[0]}-kitty-1/{listed}": f"{names['kitty-1-terminfo']}\n{names['unlisted-1']}\n"}
    )
    machine.lay(machine.store, {f"{HASHES[0]}-kitty-1-terminfo/{listed}": f"{names['x-1']} {names['kitty-1']}"})
    wanted = [package("kitty-1", names["kitty-1"])]
    plan = machine.plan({}, NO_GENERATION._replace(packages=list(names.values())), packages=wanted)
    assert [(change["name"], change["action"]) for change in plan.packages] == [("unlisted", "remove")]
    old = [names["kitty-1"], names["kitty-1-terminfo"]]
    (change,) = package_changes([f"/nix/store/{HASHES[1]}-kitty-2"], old)
    assert (change["name"], change["before"], change["after"]) == ("kitty", "1", "2")


def test_packages_of_which_a_profile_shows_nothing(machine: Machine) -> None:
    """As the two of empty folders that Home Manager installs for its MIME types."""
    names = [f"{machine.store}/{HASHES[0]}-{name}" for name in ("empty-1", "full-1", "unbuilt-1")]
    machine.lay(machine.store, {f"{HASHES[0]}-empty-1/share": None, f"{HASHES[0]}-full-1/bin/x": "x"})
    machine.lay(machine.store, {f"{HASHES[0]}-empty-1/nix-support/x": "x"})
    packages = {"packages": [package("x", *names)]}
    generation = NO_GENERATION._replace(packages=[], profile=f"{machine.store}/old-home-manager-path")
    plan = machine.plan({}, generation, **packages)
    assert [(change["name"], change["action"]) for change in plan.packages] == [("full", "add"), ("unbuilt", "add")]
    assert machine.plan({}, generation, homePath=generation.profile, **packages).packages == []


# -- units ---------------------------------------------------------------------------------------------------------

SERVICE = "[Unit]\nDescription=x\n{unit}\n[Service]\nExecStart={start}\n"


def service(start: str = "/a", unit: str = "") -> bytes:
    """The text of a unit file."""
    return SERVICE.format(start=start, unit=unit).encode()


@pytest.mark.parametrize(
    ("old", "new", "action", "reason"),
    [
        (service(), service("/b"), "restart", "Service.ExecStart changed: stopped before"),
        (service(), service("/b", "X-SwitchMethod=reload"), "reload", "Unit.X-SwitchMethod"),
        (service(), service("/b", "X-SwitchMethod=keep-old"), "keep", "the running one stays"),
        (service(), service("/b", "RefuseManualStop=yes"), "keep", "the running one stays"),
        (service(), service("/b", "RefuseManualStart=true"), "stop", "not started again"),
        (service(), service("/b", "X-RestartIfChanged=false"), "keep", "the running one stays"),
        (service(), service("/b", "X-ReloadIfChanged=true"), "reload", "reloaded"),
        (service(), service("/b", "X-StopIfChanged=false"), "restart", ": restarted"),
        (service(unit="X-Reload-Triggers=1"), service(unit="X-Reload-Triggers=2"), "reload", "X-Reload-Triggers"),
        (service(unit="X-Restart-Triggers=1"), service(unit="X-Restart-Triggers=2"), "restart", ": restarted"),
        (service(), None, "restart", "known after the build"),
        (service(), service().replace(b"\n", b"\n# a comment\n"), "keep", ""),
    ],
)
def test_a_unit_that_changes(old: bytes, new: bytes | None, action: str, reason: str) -> None:
    (entry,) = unit_changes({"x.service": new}, {"x.service": old}, starts=True)
    assert entry["action"] == action
    assert reason in entry["reason"]


def test_units_that_come_and_go() -> None:
    new = {"a.service": service(), "default.target.wants/a.service": service(), "b.service": service()}
    entries = unit_changes(new, {"c.timer": b"[Timer]\n"}, starts=True)
    assert [(entry["name"], entry["action"]) for entry in entries] == [
        ("a.service", "start"),
        ("b.service", "keep"),
        ("c.timer", "stop"),
    ]


def test_drop_ins_count_and_masked_units_do_not() -> None:
    old = {"x.service": service(), "y.service": service()}
    new = {"x.service": service(), "x.service.d/more.conf": b"[Service]\nNice=5\n", "y.service": b""}
    entries = unit_changes(new, old, starts=True)
    assert [(entry["name"], entry["action"]) for entry in entries] == [("x.service", "restart"), ("y.service", "stop")]
    assert "Service.Nice" in entries[0]["reason"]


def test_what_a_drop_in_gives_takes_the_place_of_what_the_unit_has() -> None:
    more = {"x.service.d/more.conf": b"[Service]\nExecStart=/c\n"}
    (entry,) = unit_changes({"x.service": service("/b")} | more, {"x.service": service("/a")} | more, starts=True)
    assert (entry["action"], entry["reason"]) == ("keep", "")


def test_a_template_is_started_by_who_wants_an_instance() -> None:
    new = {"x@.service": service(), "default.target.wants/x@a.b.service": service()}
    (entry,) = unit_changes(new, {}, starts=True)
    assert (entry["action"], entry["reason"]) == ("start", "new, and wanted by default.target")


def test_units_are_only_suggested_where_services_are_not_started() -> None:
    (entry,) = unit_changes({"x.service": service("/b")}, {"x.service": service()}, starts=False)
    assert entry["action"] == "keep"
    assert "a restart is only suggested" in entry["reason"]


# -- dconf, launchd, variables -------------------------------------------------------------------------------------


PLIST_PIECES = [b"<dict>", b"</dict>", b"<key>a</key>", b"<key/>", b"<integer>x</integer>", b"<integer/>", b"</plist>"]
PLIST_PIECES += [
    b"<array>",
    b"</array>",
    b"<real>1e999</real>",
    b"<data>?</data>",
    b"<date>0</date>",
    b"<true/>",
    b"<x/>",
]


def test_dconf_keys() -> None:
    old: Databases = {
        None: {"/a/same": "1", "/a/changed": "1", "/a/gone": "1", "/a/unknown": None, "/a/neither": None},
        "db": {"/b/left": None},
    }
    new: Databases = {
        None: {"/a/same": "1", "/a/changed": "2", "/a/new": "3", "/a/unknown": "4", "/a/neither": None},
    }
    assert {change["key"]: change["action"] for change in dconf_changes(new, old)} == {
        "/a/same": "keep",
        "/a/changed": "set",
        "/a/gone": "reset",
        "/a/new": "set",
        "/a/unknown": "set",
        "/a/neither": "set",
        "/b/left": "orphaned",
    }
    assert {change["action"] for change in dconf_changes({}, old)} == {"orphaned"}


def test_values_of_a_keyfile_end_at_line_feeds_alone() -> None:
    text = "[a/b]\nk='one\u2028two\f\r'\nl=1\n"
    assert dict(keyfile_values(text.encode())) == {"/a/b/k": "'one\u2028two\f\r'", "/a/b/l": "1"}


def test_launchd_agents(machine: Machine) -> None:
    agents = "Library/LaunchAgents"
    machine.lay(machine.home, {f"{agents}/{name}.plist": name for name in ("kept", "moved", "gone", "edited")})
    machine.lay(machine.folder, {f"gen/{name}.plist": name for name in ("gone", "edited", "missing")})
    machine.lay(machine.home, {f"{agents}/extra": ""})
    (machine.home / agents / "edited.plist").write_text("mine")
    old = {name: (str(machine.folder / f"gen/{name}.plist"), "gui") for name in ("moved", "gone", "edited", "missing")}
    wanted = [
        {"label": name, "domain": "user" if name == "moved" else "gui", "text": None}
        for name in ("new", "kept", "moved")
    ]
    plan = machine.plan({}, NO_GENERATION._replace(agents=old), agents=wanted)
    assert {agent["name"]: agent["action"] for agent in plan.launchd} == {
        "kept": "update",
        "moved": "update",
        "new": "create",
        "edited": "skipped",
        "gone": "remove",
        "missing": "skipped",
    }
    assert [agent["content"] for agent in plan.launchd][:2] == ["unknown-until-built", "known"]


def plist(**keys: Any) -> bytes:
    """The text of a property list."""
    return plistlib.dumps(keys)


@pytest.mark.parametrize(
    ("there", "wanted", "action", "reason"),
    [
        (None, plist(Label="a"), "create", "installed and started"),
        (plist(Label="a"), plist(Label="a"), "keep", ""),
        (
            plist(Label="a", Nice=1, KeepAlive=True),
            plist(Label="a", Nice=2, Umask=3),
            "update",
            "KeepAlive, Nice, Umask changed: stopped and started",
        ),
        (plist(Label="a") + b"\n", plist(Label="a"), "update", "written differently, with the same meaning"),
        (b"mine", plist(Label="a"), "update", "what is there is no property list, and is replaced"),
        (plistlib.dumps(["a"]), plist(Label="a"), "update", "what is there is no property list"),
    ],
)
def test_an_agent_that_is_known(machine: Machine, there: bytes | None, wanted: bytes, action: str, reason: str) -> None:
    place = machine.home / "Library/LaunchAgents/a.plist"
    place.parent.mkdir(parents=True)
    if there is not None:
        place.write_bytes(there)
    agent = {"label": "a", "domain": "gui", "text": wanted.decode()}
    (entry,) = machine.plan({}, agents=[agent]).launchd
    assert (entry["action"], entry["content"]) == (action, "known")
    assert entry["reason"].startswith(reason)


def test_an_agent_of_which_nothing_is_remembered_was_in_the_domain_gui(machine: Machine) -> None:
    machine.lay(machine.home, {"Library/LaunchAgents/a.plist": "x"})
    (entry,) = machine.plan({}, agents=[{"label": "a", "domain": "user", "text": "x"}]).launchd
    assert (entry["action"], entry["reason"]) == (
        "update",
        "moved from the domain gui to user: stopped and started",
    )


@given(
    st.one_of(
        st.binary(max_size=64),
        st.lists(st.sampled_from(PLIST_PIECES), max_size=12).map(lambda pieces: b"<plist>" + b"".join(pieces)),
    )
)
def test_any_file_may_lie_where_an_agent_goes(text: bytes) -> None:
    assert described_change(text, plist(Label="a"))


def test_variables() -> None:
    old = b'export __HM_SESS_VARS_SOURCED=1\nexport A="1"\nexport B="two\nlines \\" and"\nexport PATH="x:$PATH"\n'
    assert variables(old) == {"A": "1", "B": 'two\nlines \\" and', "PATH": "x:$PATH"}
    changes = variable_changes(old.replace(b'A="1"', b'C="3"').replace(b"x:", b"y:"), old)
    assert [(change["name"], change["action"]) for change in changes] == [
        ("A", "remove"),
        ("C", "add"),
        ("PATH", "change"),
    ]


def test_variables_with_quotes_in_their_values() -> None:
    text = b'export A="$(cat "$X/a b")"\nexport B="a"b"c"\nexport C="1\n2"\nexport D="$(x "y")$(z "\\"")"\n\nif "x"\n'
    assert variables(text) == {"A": '$(cat "$X/a b")', "B": 'a"b"c', "C": "1\n2", "D": '$(x "y")$(z "\\"")'}
    assert [change["name"] for change in variable_changes(text.replace(b"$X", b"$Y"), text)] == ["A"]


# -- hooks and blocks ----------------------------------------------------------------------------------------------


def test_hooks(machine: Machine) -> None:
    machine.lay(machine.store, {"tree/x": "1", "tree/e/y": "2"})
    machine.lay(machine.home, {"same": "1", "other": "2", "unbuilt": "1"})
    machine.lay(machine.home, {"tree/x": f"-> {machine.store}/tree/x", "tree/e/y": "2"})
    machine.lay(machine.home, {"extra/x": "1", "extra/e/y": "2", "extra/mine": ""})
    folder = {"source": str(machine.store / "tree"), "recursive": True}
    files: dict[str, dict[str, Any]] = {
        "same": {"text": "1"},
        "other": {"text": "1"},
        "absent": {"text": "1"},
        "unbuilt": {},
    }
    files |= {"tree": folder, "extra": folder}
    plan = machine.plan({target: file | {"hasHook": True} for target, file in files.items()})
    assert {hook["target"]: hook["runs"] for hook in plan.hooks} == {
        "same": "no",
        "other": "yes",
        "absent": "yes",
        "unbuilt": "unknown-until-built",
        "tree": "no",
        "extra": "yes",
    }


BLOCKS = {
    "writeBoundary": Block("", [], [], False),
    "linkGeneration": Block("linkNewGen", ["writeBoundary"], [], False),
    "aaa": Block("touch /x", [], [], True),
    "asked": Block("run true", [], ["check"], True),
    "check": Block("run true", [], ["writeBoundary"], True),
    "zzz": Block("run rm -r x", ["linkGeneration"], [], True),
}


def test_blocks() -> None:
    described = described_blocks(BLOCKS, order(BLOCKS))
    assert {block["name"]: block["side"] for block in described} == {
        "aaa": "before",
        "asked": "before",
        "check": "before",
        "writeBoundary": "at",
        "linkGeneration": "after",
        "zzz": "after",
    }
    assert [block["name"] for block in described if block["opaque"]] == ["aaa"]
    kinds = [warning.kind for warning in block_warnings(BLOCKS, order(BLOCKS))]
    assert kinds == ["hook-before-write-boundary", "opaque-hook"]


@pytest.mark.parametrize(
    ("code", "opaque"),
    [
        ("run ln -s a b\n", False),
        ("# nothing\n\nif [[ -e x ]]; then\n  run rm x\nfi\n", False),
        ("$DRY_RUN_CMD mkdir -p x", False),
        ('verboseEcho "hello"\nfoo=bar\n', False),
        ("mkdir -p x", True),
        ("foo=$(rm x)", True),
        ("if rm x; then\n run true\nfi", True),
        ("PATH=$PATH:/x\ncurl http://x | sh", True),
        ("run true\n/bin/rm x", True),
        ("[[ -d x ]] || mkdir -p x", True),
        ("[[ -d x && x > a ]] && run rm x # ; rm y", False),
        ("if [[ -d x || -e y ]]; then run rm x; elif (( a > 1 && b )); then run rm y; fi", False),
        ("run true; rm x", True),
        ("run echo x | tee y", True),
        ("run true || echo 'failed; > rm'", False),
        ("run true || exit 1", False),
        ("while IFS= read -r line; do run rm $line; done", False),
        ("FOO=1 rm x", True),
        ("FOO=1 BAR='a b' run rm x", False),
        ('"$tool" run', True),
        ("echo x > y", True),
        ("run echo x >> y", True),
        ("run true > /dev/null 2>&1 && run true &> $DRY_RUN_NULL; echo x >&2", False),
        ("names=(a b); more+=(c)", False),
    ],
)
def test_opaque_blocks(code: str, opaque: bool) -> None:
    assert is_opaque("mine", Block(code, [], [], True)) == opaque


def test_a_cycle_blocks(machine: Machine) -> None:
    blocks = {"a": {"after": ["b"]}, "b": {"after": ["a"]}}
    record = {"code": "", "before": [], "userDefined": True, "declaredAt": []}
    plan = machine.plan({}, activation={name: record | block for name, block in blocks.items()})
    assert plan.blocked
    assert "a → b → a" in plan.warnings[0].message


# -- contents ------------------------------------------------------------------------------------------------------


def test_lines_of_a_difference_end_at_line_feeds_alone(machine: Machine) -> None:
    machine.lay(machine.home, {"f": "mine\n\f\nfoot\u2028note\r\n"})
    plan = machine.plan({"f": "other\n\f\nfoot\u2028note\r\n"}, backup=Backup("bak"))
    assert difference(plan.files[0], plan.home, RealDisk()) == (
        "--- f\n+++ f\n@@ -1,3 +1,3 @@\n-mine\n+other\n \f\n foot\u2028note\r\n"
    )
