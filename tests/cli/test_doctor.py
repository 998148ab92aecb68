"""`hmeval doctor`, end to end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import hmeval
from tests.own_programs import versions

Command = Callable[..., subprocess.CompletedProcess[str]]
EXAMPLE = Path(__file__).resolve().parents[2] / "examples/standalone"


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
    """Many tests of the cache are left out without: here it shows where that comes unasked (docs/engines.md)."""
    assert "traces" in hmeval.engine()["capabilities"]


def test_the_version_is_that_of_the_engine(hmeval_command: Command) -> None:
    command = ["pkg-config", "--modversion", "nix-expr-c"]
    built_against = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    known = {*versions("nix-instantiate").values(), built_against} - {""}
    if not known:
        pytest.skip("there is no nix-instantiate to compare with")
    assert hmeval.engine()["version"] in known
    assert f"Nix {hmeval.engine()['version']}, by " in hmeval_command("doctor").stdout


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
