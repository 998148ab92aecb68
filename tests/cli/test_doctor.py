"""`hmeval doctor`, end to end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest

import hmeval

Command = Callable[..., subprocess.CompletedProcess[str]]


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


def test_the_version_is_that_of_the_engine(hmeval_command: Command) -> None:
    program = shutil.which("nix-instantiate")
    if program is None:
        pytest.skip("there is no nix-instantiate to compare with")
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    assert said.split()[-1] == hmeval.engine()["version"]
    assert f"Nix {hmeval.engine()['version']}, by " in hmeval_command("doctor").stdout


def test_the_store(hmeval_command: Command) -> None:
    """The one that the environment names, else the system's, else a private one below the cache folder."""
    assert "store     the system's" in hmeval_command("doctor").stdout
    command = ["env", "--unset=NIX_STORE_DIR", "--unset=NIX_STATE_DIR", sys.executable, "-m", "hmeval", "doctor"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    usable = os.path.exists("/nix/var/nix/daemon-socket/socket") or os.access("/nix/var/nix/db", os.W_OK)
    assert ("the system's" if usable else f"{os.environ['XDG_CACHE_HOME']}/hmeval/nix/store") in shown
