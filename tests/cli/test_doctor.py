"""`hmeval doctor`, end to end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hmeval

Command = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/standalone"
STAND_INS = ROOT / "hmeval/offline"


def test_the_engine(hmeval_command: Command) -> None:
    """Version, interface, store and capabilities, as the library tells them."""
    done = hmeval_command("doctor", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert (report["format_version"], report["engine"]) == ("1", hmeval.engine())
    assert (report["target"], report["inputs"], report["findings"]) == (None, None, [])
    assert not any(place["found"] for place in report["looked_at"])
    assert {"flakes", "interrupts"} <= set(report["engine"]["capabilities"])
    assert ("read-only" in report["engine"]["capabilities"]) == (report["engine"]["interface"] == "compat")


def test_what_is_read_is_traced_by_every_engine() -> None:
    """The tests of the cache rely on it, with every version (docs/engines.md)."""
    assert "traces" in hmeval.engine()["capabilities"]


def test_the_version_is_that_of_the_engine(hmeval_command: Command) -> None:
    """What the libraries say of themselves: the program that is the tests' reference may be of another Nix."""
    command = ["pkg-config", "--modversion", "nix-expr-c"]
    if hmeval.engine()["interface"] == "compat":
        command = ["dpkg-query", "--show", "--showformat=${source:Upstream-Version}", "nix-bin"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert said == hmeval.engine()["version"]
    assert f"Nix {said}, by " in hmeval_command("doctor").stdout


def test_the_store(hmeval_command: Command) -> None:
    """The one that the environment names, else the system's, else a private one below the cache folder."""
    assert "store     the system's" in hmeval_command("doctor").stdout
    command = ["env", "--unset=NIX_STORE_DIR", "--unset=NIX_STATE_DIR", sys.executable, "-m", "hmeval", "doctor"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    usable = os.path.exists("/nix/var/nix/daemon-socket/socket") or os.access("/nix/var/nix/db", os.W_OK)
    assert ("the system's" if usable else f"{os.environ['XDG_CACHE_HOME']}/hmeval/nix/store") in shown


def test_what_the_editor_may_evaluate(hmeval_command: Command, tmp_path: Path) -> None:
    file = tmp_path / "state/hmeval/trusted-folders.json"
    command = ("doctor", "--offline", "--flake", EXAMPLE)
    environment = {"XDG_STATE_HOME": str(tmp_path / "state")}
    asks = hmeval_command(*command, env=environment)
    assert f"editor    may not evaluate {EXAMPLE} before you trust it" in asks.stdout
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps([str(EXAMPLE.parent)]))
    assert f"editor    may evaluate {EXAMPLE}: you have trusted it" in hmeval_command(*command, env=environment).stdout
    told = json.loads(hmeval_command(*command, "--json", env=environment).stdout)["trust"]
    assert told == {"folder": str(EXAMPLE), "trusted": True, "file": str(file)}


REVISION = "1" * 40


def locked(owner: str, repository: str, inputs: dict[str, Any] | None = None) -> dict[str, Any]:
    """A node of a lock file, of a revision that nobody has."""
    original = {"type": "github", "owner": owner, "repo": repository}
    more = {"rev": REVISION, "narHash": f"sha256-{'A' * 43}=", "lastModified": 1}
    return {"original": original, "locked": original | more, "inputs": inputs or {}}


def test_the_inputs_are_those_that_are_evaluated(hmeval_command: Command, tmp_path: Path) -> None:
    """What is locked and replaced is not told as if it served; the override is told, and what it replaces."""
    folder = tmp_path / "flake"
    shutil.copytree(EXAMPLE, folder)
    nodes = {
        "root": {"inputs": {"home-manager": "home-manager", "nixpkgs": "nixpkgs"}},
        "home-manager": locked("nix-community", "home-manager", {"nixpkgs": ["nixpkgs"]}),
        "nixpkgs": locked("NixOS", "nixpkgs"),
    }
    nodes["nixpkgs"]["original"] = {"type": "github", "owner": "NixOS", "repo": "nixpkgs", "ref": "nixos-unstable"}
    (folder / "flake.lock").write_text(json.dumps({"version": 7, "root": "root", "nodes": nodes}))
    replaced = {name: f"path:{STAND_INS / name}" for name in ("home-manager", "nixpkgs")}
    flags = [word for name, place in replaced.items() for word in ("--override-input", name, place)]
    command = ("doctor", "--flake", f"{folder}#alice", *flags)
    report = json.loads(hmeval_command(*command, "--json").stdout)
    told = {source["input"]: source for source in report["inputs"]["sources"]}
    assert {name: told[name]["reference"] for name in replaced} == replaced
    assert told["home-manager"]["replaces"] == "github:nix-community/home-manager"
    assert told["nixpkgs"]["replaces"] == "github:NixOS/nixpkgs/nixos-unstable"
    assert {name: told[name]["revision"] for name in replaced} == {"home-manager": None, "nixpkgs": None}
    assert told["home-manager"]["serves"] == ["Home Manager"]
    assert report["target"]["override_inputs"] == replaced
    shown = hmeval_command(*command).stdout
    assert REVISION[:11] not in shown
    assert f"replaced  home-manager: {replaced['home-manager']}\n          nixpkgs: " in shown
    assert f"home-manager: {replaced['home-manager']} in place of github:nix-community/home-manager" in shown
    offline = json.loads(hmeval_command("doctor", "--flake", f"{folder}#alice", "--offline", "--json").stdout)
    assert {source["replaces"] for source in offline["inputs"]["sources"]} == {told[name]["replaces"] for name in told}
