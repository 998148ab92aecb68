"""Right and wrong ways of writing follows, useGlobalPkgs and their kin, and what the doctor finds in each of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]

STAND_INS = Path(__file__).resolve().parents[2] / "hmeval/offline"

FLAKE = """{
  %s
  outputs = { %s, ... }: { %s };
}
"""
HOME = """homeConfigurations.alice = home-manager.lib.homeManagerConfiguration {
    pkgs = nixpkgs.legacyPackages.x86_64-linux;
    modules = [ ./home.nix ];
  };"""
NIXOS = """nixosConfigurations.desk = nixpkgs.lib.nixosSystem {
    modules = [ home-manager.nixosModules.home-manager ./configuration.nix ];
  };"""
DARWIN = """darwinConfigurations.laptop = nix-darwin.lib.darwinSystem {
    modules = [ home-manager.darwinModules.home-manager ./configuration.nix ];
  };"""
MODULE = """{
  home = { username = "alice"; homeDirectory = "/home/alice"; };
  %s
}
"""
BEGUN = 'home.stateVersion = "26.05";'
SYSTEM = """{
  %s
}
"""
ACCOUNT = 'nixpkgs.hostPlatform = "x86_64-linux"; users.users.alice.isNormalUser = true;'
IN_PLACE = f"home-manager.users.alice = {{ {BEGUN} }};"

PACKAGES_URL, MODULES_URL = "github:NixOS/nixpkgs/nixos-unstable", "github:nix-community/home-manager"
PACKAGES = f'inputs.nixpkgs.url = "{PACKAGES_URL}";'
MODULES = f'inputs.home-manager.url = "{MODULES_URL}";'
FOLLOWS = 'inputs.home-manager.inputs.nixpkgs.follows = "nixpkgs";'

Lock = Mapping[str, Any]


def node(url: str, content: str = "", inputs: Mapping[str, Any] | None = None) -> Any:
    """A node of a lock file, for `github:OWNER/REPOSITORY/BRANCH`; of equal `content` are equal hashes."""
    _, _, path = url.partition(":")
    owner, repository, *branch = path.split("/")
    original = {"type": "github", "owner": owner, "repo": repository} | ({"ref": branch[0]} if branch else {})
    letter = (content or repository)[0].upper()
    locked = {
        "lastModified": 1760000000,
        "narHash": f"sha256-{letter * 43}=",
        "rev": letter.lower().encode().hex() * 20,
    }
    return {
        "inputs": dict(inputs or {}),
        "locked": {"type": "github", "owner": owner, "repo": repository} | locked,
        "original": original,
    }


def lock(inputs: Mapping[str, Any], nodes: Mapping[str, Any], version: int = 7) -> Lock:
    return {"version": version, "root": "root", "nodes": {"root": {"inputs": dict(inputs)}, **nodes}}


def two(own: Any, packages: Any = None, *, version: int = 7, **more: Any) -> Lock:
    """A lock file of nixpkgs and Home Manager, whose own nixpkgs is `own`: a path, or the key of a node."""
    nodes = {"nixpkgs": node(PACKAGES_URL), "home-manager": node(MODULES_URL, inputs={"nixpkgs": own})}
    inputs = {"nixpkgs": packages or "nixpkgs", "home-manager": "home-manager"}
    added = {name: entry for name, entry in more.items() if isinstance(entry, dict)}
    return lock(inputs | {name: name for name in added if not name.endswith("_2")}, nodes | added, version)


OWN = {"nixpkgs_2": node("github:NixOS/nixpkgs/nixpkgs-unstable", "other")}
SAME = {"nixpkgs_2": node("github:NixOS/nixpkgs/nixpkgs-unstable", "nixpkgs")}
DOTFILES = "github:alice/dotfiles"
RIGHT = two(["nixpkgs"])
ADVICE = ("advice", "nixpkgs-does-not-follow")
OUTDATED = ("warning", "lock-outdated")


class Case(NamedTuple):
    """A flake, its lock file, and what is to be found."""

    inputs: str
    lock: Lock | None
    findings: set[tuple[str, str]]
    outputs: str = HOME
    files: Mapping[str, str] = {}
    told: str = ""
    flags: tuple[str, ...] = ("--offline",)


def system(text: str, findings: set[tuple[str, str]], told: str = "", user: str = "", outputs: str = NIXOS) -> Case:
    """A NixOS with Home Manager, its lock file in order."""
    files = {"configuration.nix": SYSTEM % text} | ({"alice.nix": SYSTEM % user} if user else {})
    return Case(PACKAGES + MODULES + FOLLOWS, RIGHT, findings, outputs, files, told)


def alice(text: str, account: str = ACCOUNT) -> str:
    """A system whose user has a module of her own, and what else it sets."""
    return f"{account}\n  {text}\n  home-manager.users.alice = ./alice.nix;"


HM = 'inputs.hm.url = "github:nix-community/home-manager";'
RENAMED = (
    "--offline",
    "--override-input",
    "hm",
    f"path:{STAND_INS}/home-manager",
    "--override-input",
    "hm/nixpkgs",
    f"path:{STAND_INS}/nixpkgs",
)
HM_LOCK = {"nixpkgs": node(PACKAGES_URL), **OWN}
OF_HM = "home-manager = inputs.hm;"

CASES = {
    # -- follows, right
    "follows": Case(PACKAGES + MODULES + FOLLOWS, RIGHT, set()),
    "follows, version 5": Case(PACKAGES + MODULES + FOLLOWS, two(["nixpkgs"], version=5), set()),
    "follows, version 6": Case(PACKAGES + MODULES + FOLLOWS, two(["nixpkgs"], version=6), set()),
    "follows, the other way round": Case(
        'inputs.nixpkgs.follows = "home-manager/nixpkgs";' + MODULES,
        two("nixpkgs", ["home-manager", "nixpkgs"]),
        set(),
    ),
    "follows what follows": Case(
        PACKAGES
        + MODULES
        + f'inputs.dotfiles.url = "{DOTFILES}"; inputs.dotfiles.inputs.nixpkgs.follows = "nixpkgs";'
        + 'inputs.home-manager.inputs.nixpkgs.follows = "dotfiles/nixpkgs";',
        two(["dotfiles", "nixpkgs"], dotfiles=node(DOTFILES, inputs={"nixpkgs": ["nixpkgs"]})),
        set(),
    ),
    "another name for Home Manager": Case(
        PACKAGES + HM + 'inputs.hm.inputs.nixpkgs.follows = "nixpkgs";',
        lock({"nixpkgs": "nixpkgs", "hm": "x"}, HM_LOCK | {"x": node(MODULES_URL, inputs={"nixpkgs": ["nixpkgs"]})}),
        set(),
        flags=RENAMED,
    ),
    "no lock file yet": Case(PACKAGES + MODULES + FOLLOWS, None, set()),
    # -- follows, wrong or left out
    "does not follow": Case(PACKAGES + MODULES, two("nixpkgs_2", **OWN), {ADVICE}, told="modules get the other one"),
    "does not follow, version 5": Case(PACKAGES + MODULES, two("nixpkgs_2", version=5, **OWN), {ADVICE}),
    "does not follow, the same content": Case(
        PACKAGES + MODULES, two("nixpkgs_2", **SAME), {ADVICE}, told="two nodes of flake.lock with the same content"
    ),
    "follows another flake's": Case(
        PACKAGES
        + MODULES
        + f'inputs.dotfiles.url = "{DOTFILES}"; inputs.home-manager.inputs.nixpkgs.follows = "dotfiles/nixpkgs";',
        two(["dotfiles", "nixpkgs"], dotfiles=node(DOTFILES, inputs={"nixpkgs": "nixpkgs_2"}), **OWN),
        {ADVICE},
        told="home-manager/nixpkgs does not follow nixpkgs",
    ),
    "follows an input of another name": Case(
        PACKAGES
        + MODULES
        + 'inputs.stable.url = "github:NixOS/nixpkgs/nixos-25.11";'
        + 'inputs.home-manager.inputs.nixpkgs.follows = "stable";',
        two(["stable"], stable=node("github:NixOS/nixpkgs/nixos-25.11", "stable")),
        {ADVICE},
        told="(25.11)",
    ),
    "a URL in place of follows": Case(
        PACKAGES + MODULES + 'inputs.home-manager.inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";',
        two("nixpkgs_2", **OWN),
        {ADVICE},
        told='write inputs.home-manager.inputs.nixpkgs.follows = "nixpkgs";',
    ),
    "the empty path": Case(
        PACKAGES + MODULES + 'inputs.home-manager.inputs.nixpkgs.follows = "";',
        two([]),
        {("warning", "nixpkgs-is-the-flake-itself")},
    ),
    "another name for Home Manager, not following": Case(
        PACKAGES + HM,
        lock({"nixpkgs": "nixpkgs", "hm": "x"}, HM_LOCK | {"x": node(MODULES_URL, inputs={"nixpkgs": "nixpkgs_2"})}),
        {ADVICE},
        told='inputs.hm.inputs.nixpkgs.follows = "nixpkgs"',
        flags=RENAMED,
    ),
    "a spelling error": Case(
        PACKAGES + MODULES + 'inputs.home-manager.inputs.nixpkg.follows = "nixpkgs";',
        two("nixpkgs_2", **OWN),
        {ADVICE, ("warning", "void-replacement")},
        told="write nixpkgs in its place",
    ),
    "two Home Managers": Case(
        PACKAGES + MODULES + FOLLOWS + f'inputs.dotfiles.url = "{DOTFILES}";',
        two(
            ["nixpkgs"],
            dotfiles=node(DOTFILES, inputs={"home-manager": "home-manager_2"}),
            **{"home-manager_2": node(f"{MODULES_URL}/release-25.11", "z", {"nixpkgs": ["nixpkgs"]})},
        ),
        {("warning", "several-home-managers")},
        told="dotfiles/home-manager",
    ),
    "the same content elsewhere": Case(
        PACKAGES + MODULES + FOLLOWS + f'inputs.dotfiles.url = "{DOTFILES}";',
        two(["nixpkgs"], dotfiles=node(DOTFILES, inputs={"nixpkgs": "nixpkgs_2"}), **SAME),
        {("note", "same-content-twice")},
        told='inputs.dotfiles.inputs.nixpkgs.follows = "nixpkgs"',
    ),
    # -- flake.lock is not what flake.nix asks for
    "an input that is not locked": Case(
        PACKAGES + MODULES + FOLLOWS,
        lock({"nixpkgs": "nixpkgs"}, {"nixpkgs": node(PACKAGES_URL)}),
        {OUTDATED},
        told="flake.lock has no home-manager",
    ),
    "an input that is not declared": Case(
        PACKAGES, lock({"nixpkgs": "nixpkgs"}, {"nixpkgs": node(PACKAGES_URL)}), {OUTDATED}, told="no home-manager"
    ),
    "an entry that is left over": Case(
        PACKAGES + MODULES + FOLLOWS,
        two(["nixpkgs"], dotfiles=node(DOTFILES)),
        {("note", "lock-entry-left-over")},
        told="nix flake lock removes it",
    ),
    "another branch": Case(
        PACKAGES.replace("unstable", "25.11") + MODULES + FOLLOWS, RIGHT, {OUTDATED}, told="nixos-25.11 in flake.nix"
    ),
    "follows, and is not locked so": Case(
        PACKAGES + MODULES + FOLLOWS,
        two("nixpkgs_2", **OWN),
        {OUTDATED, ADVICE},
        told="home-manager/nixpkgs follows nixpkgs in flake.nix",
    ),
    "follows no more": Case(PACKAGES + MODULES, two(["nixpkgs"]), set()),
    "follows in a circle": Case(
        'inputs.nixpkgs.follows = "home-manager"; inputs.home-manager.follows = "nixpkgs";',
        RIGHT,
        {("error", "no-target")},
        told="follow each other in a circle",
        flags=(),
    ),
    "follows without inputs": Case(
        PACKAGES + MODULES + 'inputs.home-manager.nixpkgs.follows = "nixpkgs";',
        RIGHT,
        {("error", "no-target")},
        told="flake.nix",
    ),
    # -- a home of its own
    "a stateVersion that is newer": Case(
        PACKAGES + MODULES + FOLLOWS,
        RIGHT,
        {("error", "state-version-is-not-known")},
        files={"home.nix": MODULE % 'home.stateVersion = "27.05";'},
        told="home.stateVersion",
    ),
    "a system's setting in a home": Case(
        PACKAGES + MODULES + FOLLOWS,
        RIGHT,
        {("error", "system-setting-in-a-home")},
        files={"home.nix": MODULE % f'{BEGUN} home-manager.backupFileExtension = "old";'},
        told="home-manager switch -b",
    ),
    "nixpkgs options in a home of its own": Case(
        PACKAGES + MODULES + FOLLOWS,
        RIGHT,
        set(),
        files={"home.nix": MODULE % f"{BEGUN} nixpkgs.config.allowUnfree = true; nixpkgs.overlays = [ ];"},
    ),
    "a failing assertion": Case(
        PACKAGES + MODULES + FOLLOWS,
        RIGHT,
        {("error", "cannot-be-evaluated")},
        files={"home.nix": MODULE % f'{BEGUN}\n  assertions = [ {{ assertion = false; message = "never"; }} ];'},
        told="never",
    ),
    # -- useGlobalPkgs
    "useGlobalPkgs": system(f"{ACCOUNT} home-manager.useGlobalPkgs = true; {IN_PLACE}", set()),
    "useGlobalPkgs with the system's settings": system(
        f"{ACCOUNT} nixpkgs.config.allowUnfree = true; home-manager.useGlobalPkgs = true; {IN_PLACE}", set()
    ),
    "useGlobalPkgs and the user's config": system(
        alice("home-manager.useGlobalPkgs = true;"),
        {("warning", "void-nixpkgs-option")},
        "alice.nix:3:3",
        f"{BEGUN}\n  nixpkgs.config.allowUnfree = true;",
    ),
    "useGlobalPkgs and the user's overlays": system(
        alice("home-manager.useGlobalPkgs = true;"),
        {("warning", "void-nixpkgs-option")},
        "nixpkgs.overlays",
        f"{BEGUN} nixpkgs.overlays = [ (final: prev: {{ }}) ];",
    ),
    "useGlobalPkgs and both": system(
        alice("home-manager.useGlobalPkgs = true;"),
        {("error", "void-nixpkgs-option")},
        "assertion fails",
        f"{BEGUN} nixpkgs.overlays = [ ]; nixpkgs.config = {{ }};",
    ),
    "useGlobalPkgs and another one": system(
        alice("home-manager.useGlobalPkgs = true;"),
        {("error", "void-nixpkgs-option")},
        "nixpkgs.system does not exist",
        f'{BEGUN} nixpkgs.system = "x86_64-linux";',
    ),
    "useGlobalPkgs, written in place": system(
        f"{ACCOUNT}\n  home-manager.useGlobalPkgs = true;\n  home-manager.users.alice = {{\n"
        f"    {BEGUN}\n    nixpkgs.config.allowUnfree = true;\n  }};",
        {("warning", "void-nixpkgs-option")},
        "configuration.nix:6:5",
    ),
    "packages of their own": system(
        alice("home-manager.useGlobalPkgs = false;"), set(), "", f"{BEGUN} nixpkgs.config.allowUnfree = true;"
    ),
    "packages of their own, and the system's settings": system(
        f"{ACCOUNT} nixpkgs.config.allowUnfree = true; {IN_PLACE}",
        {("advice", "system-settings-do-not-reach-homes")},
        "the system sets nixpkgs.config",
    ),
    # -- other settings of a system
    "useUserPackages": system(
        f"{ACCOUNT} home-manager.useUserPackages = true; {IN_PLACE}", set(), "below /etc/profiles"
    ),
    "a newer stateVersion in a system": system(
        alice(""), {("error", "state-version-is-newer")}, "alice.nix:2:3", 'home.stateVersion = "27.05";'
    ),
    "no account": system(
        alice("", 'nixpkgs.hostPlatform = "x86_64-linux"; users.users.bob = { };'),
        {("error", "no-account")},
        "define users.users.alice (there are bob)",
        BEGUN,
    ),
    "no home folder": system(
        f"users.users.alice = {{ }}; {IN_PLACE}",
        {("error", "no-home-folder")},
        '"/Users/alice"',
        outputs=DARWIN,
    ),
    "a command and an extension": system(
        f'{ACCOUNT} home-manager.backupCommand = "trash"; home-manager.backupFileExtension = "old"; {IN_PLACE}',
        {("warning", "backup-setting-is-void")},
        "home-manager.backupFileExtension has no effect",
    ),
    "backups that are overwritten": system(
        f'{ACCOUNT} home-manager.backupFileExtension = "old"; home-manager.overwriteBackup = true; {IN_PLACE}', set()
    ),
    "no backups that are overwritten": system(
        f"{ACCOUNT} home-manager.overwriteBackup = true; {IN_PLACE}",
        {("warning", "backup-setting-is-void")},
        "home-manager.overwriteBackup has no effect",
    ),
    "a failing assertion of a user": system(
        alice(""),
        {("error", "assertion-fails")},
        "never",
        f'{BEGUN} assertions = [ {{ assertion = false; message = "never"; }} ]; warnings = [ ];',
    ),
    "a warning of a user": system(
        alice(""), {("warning", "configuration-warns")}, "old", f'{BEGUN} warnings = [ "this is old" ];'
    ),
    "two installations": system(
        f"{ACCOUNT} {IN_PLACE}",
        {("warning", "two-installations")},
        "homeConfigurations.alice@desk",
        outputs=f'{NIXOS} homeConfigurations."alice@desk" = throw "not asked for";',
    ),
}

NAMES = {HOME: "alice", DARWIN: "darwinConfigurations.laptop"}


def make(folder: Path, case: Case) -> None:
    folder.mkdir()
    arguments = ["nixpkgs", "home-manager", *(["nix-darwin"] if case.outputs == DARWIN else [])]
    outputs = case.outputs
    if "inputs.hm" in case.inputs:
        arguments[1] = "hm"
        outputs = outputs.replace("home-manager.lib", "hm.lib")
    inputs = case.inputs + ('inputs.nix-darwin.url = "github:nix-darwin/nix-darwin";' if case.outputs == DARWIN else "")
    (folder / "flake.nix").write_text(FLAKE % (inputs.replace(";", ";\n  "), ", ".join(arguments), outputs))
    for name, text in ({"home.nix": MODULE % BEGUN} | dict(case.files)).items():
        (folder / name).write_text(text)
    if case.lock is not None:
        (folder / "flake.lock").write_text(json.dumps(case.lock))


@pytest.mark.parametrize("name", CASES)
def test_the_table(hmeval_command: Command, tmp_path: Path, name: str) -> None:
    case = CASES[name]
    make(tmp_path / "flake", case)
    target = NAMES.get(case.outputs, "nixosConfigurations.desk")
    done = hmeval_command("doctor", "--json", "--flake", f"{tmp_path}/flake#{target}", *case.flags)
    report = json.loads(done.stdout)
    told = [finding for finding in report["findings"] if finding["kind"] not in ("where-packages-go",)]
    darwin = {("warning", "lock-outdated")} if case.outputs == DARWIN else set()
    assert {(one["severity"], one["kind"]) for one in told} == case.findings | darwin, report["findings"]
    fails = any(severity == "error" for severity, _ in case.findings)
    assert (done.returncode, done.stderr.count("Traceback")) == (1 if fails else 0, 0)
    shown = hmeval_command("doctor", "--flake", f"{tmp_path}/flake#{target}", *case.flags)
    assert case.told in shown.stdout
    assert shown.returncode == done.returncode
    for finding in report["findings"]:
        assert finding["remedy"] or finding["severity"] in ("note", "error"), finding
        if finding["kind"] != "cannot-be-evaluated":
            assert all(place["file"].startswith(f"{tmp_path}/flake/") for place in finding["places"]), finding
