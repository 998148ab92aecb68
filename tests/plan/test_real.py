"""Plans with the real Home Manager, from nothing to blocked, each checked in full."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pynixutil
import pytest

import hmeval

Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]
Instantiate = Callable[..., Any]
Planned = Callable[..., dict[str, Any]]
pytestmark = pytest.mark.real

HERE = Path(__file__).resolve().parent
SCHEMA = json.loads((Path(hmeval.__file__).parent / "plan/plan.schema.json").read_text())
MANY = {f"many/file{number}" for number in range(1, 51)}
OTHERS = set(
    """.bash_profile .bashrc .cache/.keep .config/dconf/.keep .config/git/config .config/systemd/user/backup.service
    .config/systemd/user/default.target.wants/backup.service .config/systemd/user/tray.target .local/state/.keep
    .profile .ssh/config checkout forced hooked tree/below/two tree/one whole""".split()
)
PACKAGES = set(
    """bashInteractive dummy-xdg-mime-dirs1 dummy-xdg-mime-dirs2 fd git hm-session-vars.sh man ripgrep
    shared-mime-info""".split()
)


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """The configurations of this folder, as those of the HOME in the test's folder."""
    folder = tmp_path / "modules"
    folder.mkdir()
    for name in ("home.nix", "changed.nix"):
        home = f'home.homeDirectory = lib.mkForce "{tmp_path / "home"}"'
        (folder / name).write_text(f"{{ lib, ... }}: {{ imports = [ {HERE / name} ]; {home}; }}")
    return folder


@pytest.fixture
def planned(hmeval_command: Hmeval, home_manager: Path, world: Path, modules: Path) -> Planned:
    """`planned("home.nix", …flags, code=0)` gives the plan as JSON, for HOME in the test's folder."""

    def run(file: str, *flags: str, code: int = 0) -> dict[str, Any]:
        target = ("--file", modules / file, "--home-manager", home_manager, "--nixpkgs", world)
        done = hmeval_command("plan", *target, "--json", *flags)
        assert (done.returncode, done.stderr) == (code, "")
        plan: dict[str, Any] = json.loads(done.stdout)
        jsonschema.validate(plan, SCHEMA)
        return plan

    return run


def by_action(plan: dict[str, Any]) -> dict[str, set[str]]:
    """The targets of each action."""
    actions = {file["action"] for file in plan["files"]}
    return {
        action: {file["target"] for file in plan["files"] if file["action"] == action} for action in sorted(actions)
    }


def activate(inputs: dict[str, Any], plan: dict[str, Any], home: Path, folder: Path) -> None:
    """Lay out in HOME and in a generation what a plan from nothing says, as a build and an activation would have."""
    texts = {file["target"]: file for file in inputs["files"]}
    for file in plan["files"]:
        link = Path(file["after"]["link"])
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():  # the store is every test's
            link.symlink_to(source_of(file["target"], texts))
        (home / file["target"]).parent.mkdir(parents=True, exist_ok=True)
        (home / file["target"]).symlink_to(link)
    lay_out_generation(inputs, folder)
    current = home / ".local/state/home-manager/gcroots/current-home"
    current.parent.mkdir(parents=True)
    current.symlink_to(folder)


def source_of(target: str, files: dict[str, Any]) -> str:
    """The path that home-files links to, made where its text is known."""
    file = files.get(target)
    if file is None:  # below a recursive folder
        name = target.split("/")[0]
        return f"{files[name]['source']}{target[len(name) :]}"
    if file["text"] is not None:
        path = Path(file["source"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["text"])
    return str(file["linkTo"] or file["source"])


def lay_out_generation(inputs: dict[str, Any], folder: Path) -> None:
    """The parts of a generation beside home-files."""
    profile = folder / "home-path"
    (profile / "etc/profile.d").mkdir(parents=True)
    (profile / "etc/profile.d/hm-session-vars.sh").write_text(inputs["sessionVariables"])
    paths = [path for package in inputs["packages"] for path in package["paths"]]
    for number, path in enumerate(paths):
        (profile / f"link{number}").symlink_to(f"{path}/bin/x")
    (folder / "home-files").symlink_to(inputs["homeFiles"])
    (folder / "state").mkdir()
    keys = inputs["dconf"][0]["keys"]
    (folder / "state/dconf-keys.json").write_text(json.dumps(list(keys)))
    ini = folder / "x-hm-dconf.ini"
    ini.write_text("[org/x]\n" + "".join(f"{key.rpartition('/')[2]}={value}\n" for key, value in keys.items()))
    (folder / "activate").write_text(f"dconf load / < {ini}\n")


@pytest.fixture
def activated(planned: Planned, home_manager: Path, world: Path, modules: Path, tmp_path: Path) -> Path:
    """HOME as it is once home.nix has been activated."""
    home = tmp_path / "home"
    home.mkdir()
    with hmeval.load(file=modules / "home.nix", home_manager=home_manager, nixpkgs=world) as configuration:
        inputs = configuration.plan_inputs()
    activate(inputs, planned("home.nix", "--from", "none"), home, tmp_path / "generation")
    return home


def test_from_nothing(planned: Planned, tmp_path: Path) -> None:
    plan = planned("home.nix", "--detailed-exitcode", code=2)
    assert by_action(plan) == {"create": MANY | OTHERS}
    assert plan["from"] == {"kind": "current", "generation": None}
    assert plan["hooks"] == [{"target": "hooked", "runs": "yes"}]
    assert {package["name"] for package in plan["packages"] if package["action"] == "add"} == PACKAGES
    assert [(variable["name"], variable["after"]) for variable in plan["session_variables"]] == [("EDITOR", "vi")]
    assert [(unit["name"], unit["action"]) for unit in plan["units"]] == [
        ("backup.service", "start"),
        ("tray.target", "keep"),
    ]
    assert [(key["key"], key["action"], key["after"]) for key in plan["dconf"]] == [
        ("/org/x/number", "set", "1"),
        ("/org/x/text", "set", "'a'"),
    ]
    assert [block["name"] for block in plan["activation"]] == (
        "aaa checkFilesChanged checkLinkTargets writeBoundary installPackages dconfSettings late linkGeneration "
        "onFilesChange reloadSystemd"
    ).split()
    assert [block["name"] for block in plan["activation"] if block["user_defined"]] == ["aaa", "late"]
    assert [block["name"] for block in plan["activation"] if block["opaque"]] == ["aaa"]
    assert [warning["kind"] for warning in plan["warnings"]] == [
        "hook-before-write-boundary",
        "opaque-hook",
        "file",
    ]
    assert "leads to /srv/it's here, which does not exist" in plan["warnings"][-1]["message"]
    assert plan["summary"]["files"] == {"create": 67}
    assert not (tmp_path / "home").exists()


def test_each_file_says_what_it_is_and_where_it_is_defined(planned: Planned) -> None:
    files = {file["target"]: file for file in planned("home.nix")["files"]}
    assert files["checkout"]["kind"] == "out-of-store"
    assert files["whole"]["kind"] == "directory"
    assert {file["content"] for file in files.values()} == {"known"}
    lines = (HERE / "home.nix").read_text().split("\n")
    for target, written in {"hooked": '"hooked" =', "tree/one": '"tree" =', "checkout": '"checkout"'}.items():
        (place,) = files[target]["declared_at"]
        assert place["file"] == str(HERE / "home.nix")
        assert written in lines[place["line"] - 1]
    (unit,) = files[".config/systemd/user/backup.service"]["declared_at"]
    assert "services.backup" in lines[unit["line"] - 1]
    assert files[".bashrc"]["declared_at"][0]["file"].endswith("modules/programs/bash.nix")


def test_nothing_to_do(planned: Planned, activated: Path) -> None:
    plan = planned("home.nix", "--detailed-exitcode")
    assert by_action(plan) == {}
    assert plan["summary"] == {
        "changes": False,
        "files": {"keep": 67},
        "packages": {},
        "session_variables": {},
        "units": {"keep": 2},
        "dconf": {"keep": 2},
        "launchd": {},
        "defaults": {},
        "apps": {},
    }
    assert plan["hooks"] == [{"target": "hooked", "runs": "no"}]
    assert by_action(planned("home.nix", "--unchanged")) == {"keep": MANY | OTHERS}


def test_from_an_older_generation(planned: Planned, activated: Path) -> None:
    plan = planned("changed.nix", "--diff")
    unit = {".config/systemd/user/backup.service", ".config/systemd/user/default.target.wants/backup.service"}
    changed = {"many/file3", "hooked", ".profile", *unit}  # .profile names the package of the session's variables
    gone = {"many/file4", "tree/one", "tree/below/two"}
    assert by_action(plan) == {
        "create": {"new/place/file"},
        "remove": gone,
        "update": changed,
        "relink": (MANY | OTHERS) - gone - changed,
    }
    files = {file["target"]: file for file in plan["files"]}
    assert "-this is many/file3\n+changed\n" in files["many/file3"]["diff"]
    assert "-ExecStart=/bin/backup\n+ExecStart=/bin/backup --all\n" in files[min(unit)]["diff"]
    folders = [folder for target in gone for folder in files[target].get("removes_folders", ())]
    assert sorted(folders) == ["tree", "tree/below"]
    assert [(package["name"], package["action"]) for package in plan["packages"]] == [
        ("hm-session-vars.sh", "change"),
        ("jq", "add"),
    ]
    (variable,) = plan["session_variables"]
    assert variable == {"name": "EDITOR", "action": "change", "before": "vi", "after": "nvim"}
    (backup,) = plan["units"]
    assert (backup["action"], backup["reason"]) == (
        "restart",
        "Service.ExecStart changed: stopped before files change, and started after",
    )
    assert [(key["key"], key["action"], key["before"], key["after"]) for key in plan["dconf"]] == [
        ("/org/x/text", "set", "'a'", "'b'"),
        ("/org/y/flag", "set", None, "true"),
    ]
    assert plan["hooks"] == [{"target": "hooked", "runs": "yes"}]


def test_back_to_an_older_configuration(planned: Planned, activated: Path, tmp_path: Path) -> None:
    """The generation to start from may be any, and what HOME has goes before what the generation says."""
    (activated / "many/file9").unlink()
    (activated / "many/file10").unlink()
    (activated / "many/file10").write_text("mine\n")
    plan = planned("changed.nix", "--from", str(tmp_path / "generation"), code=3)
    assert plan["from"] == {"kind": "folder", "generation": str(tmp_path / "generation")}
    assert by_action(plan)["create"] == {"new/place/file", "many/file9"}
    assert by_action(plan)["blocked"] == {"many/file10"}


def test_blocked(planned: Planned, activated: Path) -> None:
    for name in ("file1", "file2", "file3"):
        (activated / "many" / name).unlink()
    (activated / "many/file1").write_text("mine\n")
    (activated / "many/file2").write_text("this is many/file2\n")
    (activated / "many/file3").symlink_to(activated / "many/file1")
    (activated / "new").write_text("a file where a folder is needed\n")
    plan = planned("changed.nix", "--detailed-exitcode", code=3)
    assert plan["blocked"]
    blocked = {file["target"]: file for file in plan["files"] if file["action"] == "blocked"}
    assert {target: file["late"] for target, file in blocked.items()} == {
        "many/file1": False,
        "many/file3": False,
        "new/place/file": True,
    }
    assert blocked["many/file1"]["declared_at"]
    assert "is a file, and a folder is needed there" in blocked["new/place/file"]["reason"]
    assert by_action(plan)["skipped"] == {"many/file2"}
    with_backup = planned("changed.nix", "--backup-extension", "bak", code=3)
    assert by_action(with_backup)["backup"] == {"many/file1", "many/file2"}
    assert by_action(with_backup)["blocked"] == {"many/file3", "new/place/file"}


def test_a_specialisation(planned: Planned) -> None:
    plan = planned("home.nix", "--specialisation", "dark")
    assert [variable["name"] for variable in plan["session_variables"]] == ["EDITOR", "THEME"]


def test_planning_writes_nothing(planned: Planned, activated: Path, tmp_path: Path) -> None:
    def everything() -> dict[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        for folder, _, names in os.walk(tmp_path):
            for name in (".", *names):
                status = os.lstat(f"{folder}/{name}")
                found[f"{folder}/{name}"] = (status.st_ino, status.st_mode, status.st_mtime_ns, status.st_ctime_ns)
        return found

    before = everything()
    planned("changed.nix", "--diff", "--backup-extension", "bak")
    assert everything() == before


AGENTS = """
  let
    pkgs = import {mac} {{ }};
    inherit (import {home_manager}/modules {{ inherit pkgs; configuration = import {file}; }}) config;
  in builtins.attrNames (builtins.getContext config.home.extraBuilderCommands)
"""


def test_the_texts_of_agents(
    hmeval_command: Hmeval, nix_instantiate: Instantiate, home_manager: Path, mac: Path, tmp_path: Path
) -> None:
    file = HERE / "agents.nix"
    derivations = nix_instantiate(AGENTS.format(mac=mac, home_manager=home_manager, file=file))
    (agents,) = [pynixutil.drvparse(Path(path).read_text()) for path in derivations if "home-manager-agents" in path]
    made = [pynixutil.drvparse(Path(path).read_text()).env for path in agents.input_drvs]
    real = {environment["name"]: environment["text"] for environment in made if "text" in environment}
    with hmeval.load(file=file, home_manager=home_manager, nixpkgs=mac) as configuration:
        told = configuration.plan_inputs()["agents"]
    assert {f"{agent['label']}.plist": agent["text"] for agent in told} == real
    assert {agent["label"]: agent["domain"] for agent in told} == {
        "a.label": "user",
        "org.nix-community.home.sync": "gui",
    }
    folder = tmp_path / "home/Library/LaunchAgents"
    folder.mkdir(parents=True)
    for name, text in real.items():
        (folder / name).write_text(text.replace("12", "13"))
    target = ("--file", file, "--home-manager", home_manager, "--nixpkgs", mac)
    done = hmeval_command("plan", *target, "--home", tmp_path / "home", "--from", "none")
    assert (done.returncode, done.stderr) == (3, ""), "another HOME than the configuration's"
    assert "~ org.nix-community.home.sync  StartCalendarInterval changed: stopped and started\n" in done.stdout
    assert "~ a.label  moved from the domain gui to user: stopped and started\n" in done.stdout
