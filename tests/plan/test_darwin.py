"""macOS: user defaults and apps, of Home Manager's own modules and of generations that were built."""

from __future__ import annotations

import json
import plistlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pynixutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hmeval
from hmeval.plan.darwin import Domain, apps_of_script, defaults_changes, defaults_of_script
from hmeval.plan.disk import RealDisk
from hmeval.plan.property_list import read_property_list

HERE = Path(__file__).resolve().parent
SCHEMA = json.loads((Path(hmeval.__file__).parent / "plan/plan.schema.json").read_text())

Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]
Instantiate = Callable[..., Any]

DOCK, HOST = Domain("com.apple.dock", current_host=False), Domain("com.apple.dock", current_host=True)

JSON = st.recursive(
    st.booleans()
    | st.integers(-(2**31), 2**31)
    | st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"])),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text("abc", min_size=1), below, max_size=3),
    max_leaves=8,
)
KEYS = st.dictionaries(st.sampled_from("abcd"), JSON, max_size=4)


def actions(new: Any, old: Any) -> dict[tuple[str, str | None], str]:
    return {(entry["domain"], entry["key"]): entry["action"] for entry in defaults_changes(new, old)}


def test_keys_are_set_kept_and_left_behind() -> None:
    old = {DOCK: {"same": 1, "changed": 1, "gone": True}, Domain("org.gone", current_host=False): {"all": "x"}}
    new = {DOCK: {"same": 1, "changed": 2, "new": [1.5]}}
    assert actions(new, old) == {
        ("com.apple.dock", "same"): "keep",
        ("com.apple.dock", "changed"): "set",
        ("com.apple.dock", "new"): "set",
        ("com.apple.dock", "gone"): "orphaned",
        ("org.gone", "all"): "orphaned",
    }
    assert [entry["after"] for entry in defaults_changes(new, {}) if entry["key"] == "new"] == ["[1.5]"]


def test_a_boolean_is_no_number_and_a_host_is_not_all_hosts() -> None:
    assert actions({DOCK: {"a": True}}, {DOCK: {"a": 1}}) == {("com.apple.dock", "a"): "set"}
    entries = defaults_changes({HOST: {"a": 1}}, {DOCK: {"a": 1}})
    assert [(entry["current_host"], entry["action"]) for entry in entries] == [(False, "orphaned"), (True, "set")]


def test_what_cannot_be_read_is_told() -> None:
    (entry,) = defaults_changes({DOCK: {"a": 1}}, {DOCK: None})
    assert (entry["key"], entry["action"]) == (None, "set")
    assert "cannot be read" in entry["reason"]


@given(KEYS, KEYS)
def test_what_a_script_imports_is_what_was_written(user: dict[str, Any], host: dict[str, Any]) -> None:
    """The lines as modules/targets/darwin/user-defaults/default.nix writes them."""
    files = {"/store/a-it's.plist": user, "/store/b.plist": host}

    class Disk(RealDisk):
        def read(self, path: str) -> bytes:
            return plistlib.dumps(files[path])

    script = (
        "verboseEcho x\nrun /usr/bin/defaults  import 'it'\\''s a domain' /store/a-it's.plist\n"
        "run /usr/bin/defaults -currentHost import com.x /store/b.plist\n"
    )
    found = defaults_of_script(script, Disk())
    assert found == {
        Domain("it's a domain", current_host=False): user,
        Domain("com.x", current_host=True): host,
    }
    assert not any(entry["action"] != "keep" for entry in defaults_changes(found, found))


@given(st.binary(max_size=200))
def test_what_is_no_property_list_is_told(text: bytes) -> None:
    assert read_property_list(text) is None
    (entry,) = defaults_changes({DOCK: {"a": 1}}, {DOCK: read_property_list(text)})
    assert entry["key"] is None


def test_the_folder_of_apps_in_a_script() -> None:
    assert apps_of_script("x\ntargetFolder='Applications/Home Manager Apps'\n") == "Applications/Home Manager Apps"
    assert apps_of_script("echo targetFolder") is None


BLOCKS = """
  let
    pkgs = import {mac} {{ }};
    inherit (import {home_manager}/modules {{ inherit pkgs; configuration = import {file}; }}) config;
    inherit (config.home.activation) setDarwinDefaults copyApps;
  in {{
    code = setDarwinDefaults.data;
    apps = copyApps.data;
    files = builtins.attrNames (builtins.getContext setDarwinDefaults.data);
  }}
"""


@pytest.mark.real
def test_the_defaults_and_apps_of_home_manager(
    hmeval_command: Hmeval, nix_instantiate: Instantiate, home_manager: Path, mac: Path, tmp_path: Path
) -> None:
    file = HERE / "darwin.nix"
    real = nix_instantiate(BLOCKS.format(mac=mac, home_manager=home_manager, file=file))
    made = [pynixutil.drvparse(Path(path).read_text()) for path in real["files"]]
    texts = {drv.outputs["out"].path: drv.env["text"] for drv in made}

    class Disk(RealDisk):
        def read(self, path: str) -> bytes:
            return texts[path].encode()

    truth = defaults_of_script(real["code"], Disk())
    assert len(truth) == 4
    target = ("--file", file, "--home-manager", home_manager, "--nixpkgs", mac, "--from", "none")
    done = hmeval_command("plan", "--json", *target)
    plan = json.loads(done.stdout)
    jsonschema.validate(plan, SCHEMA)
    told = {(entry["domain"], entry["current_host"], entry["key"]): entry["after"] for entry in plan["defaults"]}
    assert told == {
        (domain.name, domain.current_host, key): json.dumps(value, ensure_ascii=False, sort_keys=True)
        for domain, values in truth.items()
        for key, value in (values or {}).items()
    }
    assert [folder["name"] for folder in plan["apps"]] == [apps_of_script(real["apps"])] == ["Applications/Mine"]
    assert not [block["name"] for block in plan["activation"] if block["opaque"] and block["name"] == "copyApps"]
    text = hmeval_command("plan", *target).stdout
    assert "macOS defaults: 6 to set\n" in text
    assert "  ~ com.apple.controlcenter (of this host): BatteryShowPercentage = true\n" in text
    assert "Apps: 1 to create\n  + Applications/Mine  the packages' apps are copied\n" in text


@pytest.mark.real
def test_from_one_generation_to_the_next(hmeval_command: Hmeval, home_manager: Path, mac: Path, tmp_path: Path) -> None:
    generation, home = tmp_path / "generation", tmp_path / "home"
    (generation / "home-files").mkdir(parents=True)
    plist = tmp_path / "com.apple.dock.plist"
    plist.write_bytes(plistlib.dumps({"tilesize": 48, "autohide": False, "gone": 1}))
    (generation / "activate").write_text(
        f"run /usr/bin/defaults  import com.apple.dock {plist}\ntargetFolder='Applications/Old'\n"
    )
    (home / "Applications/Old").mkdir(parents=True)
    (home / "Applications/Mine").write_text("a file")
    target = ("--file", HERE / "darwin.nix", "--home-manager", home_manager, "--nixpkgs", mac, "--home", home)
    plan = json.loads(hmeval_command("plan", "--json", "--unchanged", *target, "--from", generation).stdout)
    dock = {entry["key"]: entry["action"] for entry in plan["defaults"] if entry["domain"] == "com.apple.dock"}
    assert dock == {"tilesize": "keep", "autohide": "set", "gone": "orphaned"}
    assert {folder["name"]: folder["action"] for folder in plan["apps"]} == {
        "Applications/Old": "orphaned",
        "Applications/Mine": "blocked",
    }
    assert plan["blocked"]
    done = hmeval_command("plan", *target, "--from", generation)
    assert "no folder where apps are copied to: Applications/Mine" in done.stdout.splitlines()[0]
