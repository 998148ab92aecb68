"""Plans for generations that were built, beside what Home Manager's own activation scripts then do.

The generations are made by the real Home Manager's own build commands, run without a sandbox, and activated by their
own scripts in a scratch HOME; only what these call of Nix and of the session is replaced.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pynixutil
import pytest

import hmeval
from hmeval.plan.contents import fill
from hmeval.plan.disk import RealDisk

Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]
Planned = Callable[..., dict[str, Any]]
Instantiate = Callable[..., Any]
pytestmark = pytest.mark.real

HERE = Path(__file__).resolve().parent
PLAN_INPUTS = Path(hmeval.__file__).parent / "nix/plan-inputs.nix"
SCHEMA = json.loads((Path(hmeval.__file__).parent / "plan/plan.schema.json").read_text())

CONFIGURATION = """
  {{ lib, ... }}: {{
    imports = [ {file} ];
    home = {{
      homeDirectory = lib.mkForce "{home}";
      file.hooked.onChange = lib.mkForce "echo hooked >> {home}/ran";
      activation.aaa = lib.mkForce (lib.hm.dag.entryAfter [ "writeBoundary" ] "run true");
    }};
  }}
"""
EXPRESSION = """
  let
    pkgs = import {world} {{ }};
    evaluation = import {home_manager}/modules {{ inherit pkgs; configuration = import {configuration}; }};
    inherit (evaluation) config options;
    inputsOf = config: import {plan_inputs} {{ inherit config options pkgs; inherit (pkgs) lib; }};
    forced = builtins.filter (file: file.enable && file.force) (builtins.attrValues config.home.file);
  in {{
    inputs = inputsOf config;
    dark = inputsOf config.specialisation.dark.configuration;
    derivation = builtins.unsafeDiscardStringContext config.home.activationPackage.drvPath;
    generation = builtins.unsafeDiscardStringContext (toString config.home.activationPackage);
    forced = map (file: ''"$HOME"/${{pkgs.lib.escapeShellArg file.target}}'') forced;
  }}
"""
STUBS = {
    "nix-build": "exit 0",
    "nix-env": "exit 0",
    "nix-store": '[[ $3 != --add-root ]] || ln -sfnT "$2" "$4"',
    "systemctl": "exit 1",
    "dbus-run-session": 'shift; exec "$@"',
    "dconf": 'echo "dconf $*" >> "$HOME/ran"; cat > /dev/null',
    "msgfmt": "exit 0",
}


class Machine:
    """A HOME, and generations in the tests' store."""

    def __init__(self, folder: Path, instantiate: Instantiate, home_manager: Path, world: Path, lndir: Path) -> None:
        self.home = folder / "home"
        self.profiles = self.home / ".local/state/nix/profiles"
        self.tools = folder / "tools"
        self._instantiate, self._home_manager, self._world = instantiate, home_manager, world
        self.profiles.mkdir(parents=True)
        (self.home / ".local/state/home-manager/gcroots").mkdir(parents=True)
        lay_out_tools(self.tools, lndir)

    def target(self, file: str) -> list[str]:
        """The flags for a configuration of this folder, as it is for this machine."""
        written = self.home.parent / file
        written.write_text(CONFIGURATION.format(file=HERE / file, home=self.home))
        return ["--file", str(written), "--home-manager", str(self._home_manager), "--nixpkgs", str(self._world)]

    def build(self, file: str) -> Path:
        """The generation of a configuration, made by its own build commands."""
        _, written, _, home_manager, _, world = self.target(file)
        places = {"world": world, "home_manager": home_manager, "configuration": written}
        told = self._instantiate(EXPRESSION.format(**places, plan_inputs=PLAN_INPUTS))
        for inputs in (told["inputs"], told["dark"]):
            fill(inputs, RealDisk())
        for record in (*told["inputs"]["files"], *told["dark"]["files"]):
            write_source(record)
        check = (self._home_manager / "modules/files/check-link-targets.sh").read_text()
        check = check.replace("@initHomeManagerLib@", f"source {self._home_manager}/lib/bash/home-manager.sh")
        check = check.replace("@storeDir@", os.environ["NIX_STORE_DIR"])
        self._check = check.replace("@forcedPaths@", " ".join(told["forced"]))
        self._realise(told["derivation"])
        generation = Path(told["generation"])
        self._give_profile(generation, told["inputs"])
        self._give_profile(Path(os.path.realpath(generation / "specialisation/dark")), told["dark"])
        return generation

    def _give_profile(self, generation: Path, inputs: dict[str, Any]) -> None:
        """Give a generation the profile of its packages, which the stand-in nixpkgs does not make."""
        profile = self.home.parent / f"profile-{generation.name}"
        (profile / "etc/profile.d").mkdir(parents=True)
        (profile / "etc/profile.d/hm-session-vars.sh").write_text(inputs["sessionVariables"])
        paths = [path for package in inputs["packages"] for path in package["paths"]]
        for number, path in enumerate(paths):
            (profile / f"link{number}").symlink_to(f"{path}/bin/x")
        (generation / "home-path").unlink()
        (generation / "home-path").symlink_to(profile)

    def _realise(self, path: str) -> None:
        """Make what a derivation of the stand-in nixpkgs gives, and what it is made of."""
        derivation = pynixutil.drvparse(Path(path).read_text())
        for needed in derivation.input_drvs:
            self._realise(needed)
        out = Path(derivation.outputs["out"].path)
        environment = derivation.env
        if "text" in environment and not out.exists():
            place = Path(f"{out}{environment.get('destination', '')}")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(environment["text"])
            place.chmod(0o755)
        elif "buildCommand" in environment and not os.path.lexists(out):
            self._run_build(environment)
        elif out.name.endswith("-substituted"):
            out.write_text(self._check)
        elif not os.path.lexists(out):  # a package
            out.mkdir()
            (out / "bin").symlink_to(self.tools)

    def _run_build(self, environment: dict[str, str]) -> None:
        """Run a build command; what its environment passes as files is empty."""
        begin = 'set -e\nsubstituteInPlace() { sed -i "s|@$3@|$4|g" "$1"; }\nextraDependenciesPath=/dev/null\n'
        command = ["bash", "-c", begin + environment["buildCommand"]]
        variables = {name: value for name, value in environment.items() if name.isidentifier()}
        done = subprocess.run(
            command, env=variables | {"PATH": str(self.tools)}, capture_output=True, text=True, cwd=self.home
        )
        assert done.returncode == 0, (environment["name"], done.stderr)

    def activate(self, generation: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a generation's own activation."""
        environment = {
            "HOME": str(self.home),
            "USER": "alice",
            "PATH": str(self.tools),
            "DBUS_SESSION_BUS_ADDRESS": "x",
            "HOME_MANAGER_BACKUP_EXT": "",
            "HOME_MANAGER_BACKUP_COMMAND": "",
            "HOME_MANAGER_BACKUP_OVERWRITE": "",
        }
        command = ["bash", str(generation / "activate"), "--driver-version", "1"]
        return subprocess.run(command, env=environment | variables, capture_output=True, text=True)

    def switch(self, generation: Path) -> None:
        """Put a generation into the profile, and activate it."""
        number = len(list(self.profiles.glob("home-manager-*-link"))) + 1
        (self.profiles / f"home-manager-{number}-link").symlink_to(generation)
        own = self.profiles / "home-manager"
        own.unlink(missing_ok=True)
        own.symlink_to(f"home-manager-{number}-link")
        done = self.activate(generation)
        assert done.returncode == 0, done.stderr


def lay_out_tools(tools: Path, lndir: Path) -> None:
    """A folder with the machine's programs, but for Nix's and those of a session."""
    tools.mkdir()
    for folder in ("/usr/bin", "/bin"):
        for program in os.listdir(folder):
            if not program.startswith("nix") and not (tools / program).is_symlink():
                (tools / program).symlink_to(f"{folder}/{program}")
    if not (tools / "lndir").is_symlink():
        (tools / "lndir").symlink_to(lndir)
    for name, script in STUBS.items():
        (tools / name).unlink(missing_ok=True)
        (tools / name).write_text(f"#!/bin/bash\n{script}\n")
        (tools / name).chmod(0o755)


def write_source(record: dict[str, Any]) -> None:
    """Make what a file of home.file shows, where its text is known."""
    source = Path(record["source"])
    if record["text"] is not None and not source.exists():
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(record["text"])


def tree(home: Path) -> dict[str, str]:
    """Every name below HOME that is no folder, with its target or content; without the state of profiles."""
    return dict(entries(home, home))


def entries(folder: Path, home: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            yield from entries(path, home)
        elif not path.is_relative_to(home / ".local/state"):
            yield str(path.relative_to(home)), os.readlink(path) if path.is_symlink() else path.read_text()


def afterwards(before: dict[str, str], plan: dict[str, Any]) -> dict[str, str]:
    """HOME as a plan says that it will be."""
    after = dict(before)
    for file in plan["files"]:
        target, state = file["target"], file["after"]
        if state["type"] == "link" and not target.startswith(".local/state"):
            after[target] = state["link"]
        elif state["type"] == "absent":
            after.pop(target, None)
        if "backup" in file:
            after[file["backup"]] = before[target]
    return after


@pytest.fixture(scope="session")
def old_world(whole_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole world for a plain nix-instantiate, which may be older than the builtin that lib asks for."""
    folder = tmp_path_factory.mktemp("old") / "nixpkgs"
    shutil.copytree(whole_world, folder)
    file = folder / "lib/filesystem.nix"
    listed = "(path: (builtins.readDir (dirOf path)).${baseNameOf path})"
    file.write_text(file.read_text().replace("builtins.readFileType", listed))
    return folder


@pytest.fixture
def machine(nix_instantiate: Instantiate, home_manager: Path, old_world: Path, lndir: Path, tmp_path: Path) -> Machine:
    """A machine on which nothing was activated."""
    return Machine(tmp_path, nix_instantiate, home_manager, old_world, lndir)


@pytest.fixture
def planned(machine: Machine, hmeval_command: Hmeval) -> Planned:
    """`planned("--to", "previous", code=0)` gives the plan as JSON."""

    def run(*flags: str, code: int = 0) -> dict[str, Any]:
        environment = {"HOME": str(machine.home), "XDG_STATE_HOME": ""}
        done = hmeval_command("plan", "--json", "--unchanged", *flags, env=environment)
        assert (done.returncode, done.stderr) == (code, "")
        plan: dict[str, Any] = json.loads(done.stdout)
        jsonschema.validate(plan, SCHEMA)
        return plan

    return run


def compare(machine: Machine, plan: dict[str, Any], generation: Path, **variables: str) -> None:
    """Activate what was planned, and compare HOME, the hooks and the settings."""
    before = tree(machine.home)
    ran = before.pop("ran")
    done = machine.activate(generation, **variables)
    after = tree(machine.home)
    calls = after.pop("ran").removeprefix(ran).splitlines()
    assert plan["blocked"] == (done.returncode != 0), done.stderr
    if plan["blocked"]:
        assert (before, calls) == (after, [])
        return
    assert afterwards(before, plan) == after
    assert ("hooked" in calls) == (plan["hooks"] == [{"target": "hooked", "runs": "yes"}])
    resets = [call.removeprefix("dconf reset ") for call in calls if call.startswith("dconf reset ")]
    assert sorted(resets) == [key["key"] for key in plan["dconf"] if key["action"] == "reset"]


def parts(plan: dict[str, Any]) -> dict[str, Any]:
    """What a plan says of the outcome, be it for a configuration or for a generation."""
    same = "home from blocked hooks packages session_variables units dconf launchd summary".split()
    files = {file["target"]: [file[name] for name in ("action", "kind", "before", "after")] for file in plan["files"]}
    order = [(block["name"], block["side"]) for block in plan["activation"]]
    return {name: plan[name] for name in same} | {"files": files, "order": order}


def test_a_rollback(machine: Machine, planned: Planned) -> None:
    first, second = machine.build("home.nix"), machine.build("changed.nix")
    machine.switch(first)
    machine.switch(second)
    plan = planned("--to", "previous", "--diff")
    assert plan["target"] == {"kind": "generation", "generation": str(first), "number": 1}
    assert plan["from"] == {"kind": "current", "generation": str(second)}
    assert plan["home"] == str(machine.home)
    assert {file["content"] for file in plan["files"]} == {"known"}
    files = {file["target"]: file for file in plan["files"]}
    assert "-changed\n+this is many/file3\n" in files["many/file3"]["diff"]
    assert {target: files[target]["kind"] for target in ("checkout", "whole", "forced")} == {
        "checkout": "out-of-store",
        "whole": "directory",
        "forced": "link",
    }
    assert {file["action"] for file in plan["files"]} == {"create", "remove", "update", "relink"}
    (restarted,) = [unit for unit in plan["units"] if unit["action"] == "restart"]
    assert (restarted["name"], restarted["reason"].split()[0]) == ("backup.service", "Service.ExecStart")
    assert [key["action"] for key in plan["dconf"]] == ["keep", "set", "reset"]
    assert [(package["name"], package["action"]) for package in plan["packages"]] == [
        ("hm-session-vars.sh", "change"),
        ("jq", "remove"),
    ]
    (variable,) = plan["session_variables"]
    assert (variable["name"], variable["before"], variable["after"]) == ("EDITOR", "nvim", "vi")
    assert parts(planned("--to", "1", "--from", str(second))) == parts(plan) | {
        "from": {"kind": "folder", "generation": str(second)}
    }
    compare(machine, plan, first)
    assert planned("--to", "1", "--detailed-exitcode")["summary"]["changes"] is False
    compare(machine, planned("--to", "2", "--from", "1"), second)


@pytest.mark.parametrize("file", ["home.nix", "changed.nix"])
def test_a_generation_and_its_configuration_have_the_same_plan(machine: Machine, planned: Planned, file: str) -> None:
    generations = {name: machine.build(name) for name in ("home.nix", "changed.nix")}
    machine.switch(generations["home.nix"])
    of_configuration = planned(*machine.target(file))
    assert parts(planned("--to", str(generations[file]))) == parts(of_configuration)
    compare(machine, of_configuration, generations[file])


def test_a_specialisation(machine: Machine, planned: Planned) -> None:
    first = machine.build("home.nix")
    machine.switch(first)
    dark = Path(os.path.realpath(first / "specialisation/dark"))
    plan = planned("--to", "1", "--specialisation", "dark")
    assert plan["target"] == {"kind": "generation", "generation": str(dark), "number": 1, "specialisation": "dark"}
    assert [(change["name"], change["after"]) for change in plan["session_variables"]] == [("THEME", "dark")]
    assert parts(plan) == parts(planned(*machine.target("home.nix"), "--specialisation", "dark"))
    compare(machine, plan, dark)
    assert planned("--to", "1")["from"] == {"kind": "current", "generation": str(dark)}


@pytest.mark.parametrize(
    ("flags", "variables", "blocked"),
    [
        ((), {}, True),
        (("--backup-extension", "bak"), {"HOME_MANAGER_BACKUP_EXT": "bak"}, False),
        (("--backup-extension", "old"), {"HOME_MANAGER_BACKUP_EXT": "old"}, True),
        (
            ("--backup-extension", "old", "--overwrite-backup"),
            {"HOME_MANAGER_BACKUP_EXT": "old", "HOME_MANAGER_BACKUP_OVERWRITE": "1"},
            False,
        ),
    ],
)
def test_what_lies_in_the_way(
    machine: Machine, planned: Planned, flags: tuple[str, ...], variables: dict[str, str], blocked: bool
) -> None:
    first, second = machine.build("home.nix"), machine.build("changed.nix")
    machine.switch(first)
    machine.switch(second)
    for name in ("many/file1", "many/file2", "many/file3", "forced"):
        (machine.home / name).unlink()
        (machine.home / name).write_text("this is many/file2\n")
    (machine.home / "many/file1.old").write_text("older\n")
    (machine.home / "many/file5").unlink()
    plan = planned("--to", "previous", *flags, code=3 if blocked else 0)
    assert {file["target"] for file in plan["files"] if file["action"] == "blocked"} == (
        set() if not blocked else {"many/file1"} if flags else {"many/file1", "many/file3"}
    )
    compare(machine, plan, first, **variables)
