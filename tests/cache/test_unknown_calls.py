"""A function of which nobody has said what it reads: nothing that its library had a part in is cached."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cache.asked import EXAMPLE, ROOT

# Two functions that libc has in one version. The first is called when a worker crashes, and not here.
KNOWN, UNKNOWN = b"\0raise\0", b"\0ftw\0e\0"


@pytest.fixture(scope="module")
def changed_hmeval(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of hmeval whose extension imports a function that walks through folders."""
    folder = tmp_path_factory.mktemp("changed")
    shutil.copytree(ROOT / "hmeval", folder / "hmeval", ignore=shutil.ignore_patterns("__pycache__"))
    (extension,) = (folder / "hmeval").glob("_native*.so")
    binary = extension.read_bytes()
    assert KNOWN in binary
    extension.write_bytes(binary.replace(KNOWN, UNKNOWN, 1))  # the linker's names come before the debugger's
    return folder


def ask(program: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "hmeval", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(program)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize("target", ["--file", "--flake"])
def test_a_function_that_nobody_thought_of(
    changed_hmeval: Path, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shutil.copytree(EXAMPLE, tmp_path / "home")
    place = tmp_path / "home/home.nix" if target == "--file" else f"path:{tmp_path}/home#alice"
    arguments = ("options", "home.username", target, place, "--offline")
    for _ in range(2):
        told = ask(changed_hmeval, *arguments).stderr
        assert "the result is not kept" in told
        assert "calls ftw, which hmeval does not follow" in told
    assert "not kept" not in ask(ROOT, *arguments).stderr


def test_it_is_no_capability(changed_hmeval: Path) -> None:
    told = ask(changed_hmeval, "doctor", "--json", "--file", EXAMPLE / "home.nix", "--offline").stdout
    assert '"interrupts"' in told
    assert '"traces"' not in told
