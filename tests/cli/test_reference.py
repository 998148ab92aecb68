"""docs/commands.md says what `--help` says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_reference_is_up_to_date() -> None:
    generator = ROOT / "scripts/generate-command-reference"
    generated = subprocess.run([sys.executable, generator], capture_output=True, text=True, check=True).stdout
    # Versions of Python break lines at different places; what is said is the same.
    assert (ROOT / "docs/commands.md").read_text().split() == generated.split(), f"run {generator} > docs/commands.md"


def test_every_command_is_in_the_reference() -> None:
    commands = sorted(path.stem for path in (ROOT / "hmeval/cli").glob("*.py") if "\ndef register(" in path.read_text())
    written = (ROOT / "docs/commands.md").read_text()
    assert commands
    assert all(f"\n## hmeval {command}\n" in written for command in commands)
