"""A real Neovim, headless, through hover, definition, completion and diagnostics on the example."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parents[1] / "examples/standalone"


@pytest.mark.skipif(shutil.which("nvim") is None, reason="there is no nvim to drive")
def test_neovim(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(EXAMPLE, tmp_path / "example"))
    out = tmp_path / "answers.json"
    environment = os.environ | {"FOLDER": str(folder), "OUT": str(out), "PYTHON": sys.executable}
    command = ["nvim", "--headless", "--clean", "-n", "-S", str(HERE / "neovim.lua")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert out.exists(), done.stderr
    answers = json.loads(out.read_text())
    assert "home.username" in answers["hover"]
    assert '"alice"' in answers["hover"]
    assert [one["uri"] for one in answers["definition"]] == [(folder / "git.nix").as_uri()]
    labels = [one["label"] for one in answers["completion"]["items"]]
    assert {"enable", "ignores", "settings"} <= set(labels)
    assert [one["message"] for one in answers["diagnostics"]] == [
        "There is no option programs.jq.enabel; did you mean programs.jq.enable?"
    ]
