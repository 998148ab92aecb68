"""What the tests of the cache share: commands whose evaluations are seen, and changes of what they read."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from hmeval.cache.shelf import Shelf

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/standalone"
OFFLINE = ROOT / "hmeval/offline"


def settle() -> None:
    """Let what was written be old enough to be kept."""
    time.sleep(0.06)


class Asked:
    """What a process gave, and whether it evaluated."""

    def __init__(self, *arguments: str | Path, cwd: str | Path = ".", **environment: str) -> None:
        command = [sys.executable, "-X", "importtime", "-m", "hmeval", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=os.environ | environment)
        lines = done.stderr.splitlines()
        self.code = done.returncode
        self.output = done.stdout
        # The example itself warns, by a trace, where it is evaluated.
        self.told = [line for line in lines if not line.startswith(("import time:", "trace: "))]
        self.evaluated = any("hmeval.evaluation" in line for line in lines)


def options(home: Path, *arguments: str | Path, **environment: str) -> Asked:
    """`hmeval options` on a configuration, with the stand-ins."""
    return Asked("options", "--file", home, "--offline", *arguments, **environment)


def edit(file: Path, old: str, new: str) -> None:
    """Replace a text in a file."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def in_git(folder: Path) -> None:
    """Make a folder a Git work tree with a commit."""
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", "-C", folder, "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True)
    settle()


def log(shelf: Shelf) -> list[str]:
    """The lines of the log."""
    file = Path(shelf.folder, "log")
    return file.read_text().splitlines() if file.exists() else []


def damage(path: Path, fault: str) -> None:
    """Make an entry something else."""
    content = path.read_bytes()
    if fault in ("folder", "link"):
        path.unlink()
        path.mkdir() if fault == "folder" else path.symlink_to("/etc/passwd")
        return
    path.write_bytes(
        {
            "truncated": content[: len(content) // 2],
            "flipped": content[:-9] + bytes([content[-9] ^ 4]) + content[-8:],
            "empty": b"",
            "garbage": os.urandom(1000),
            "future": content[:13] + b"\x63" + content[14:],
        }[fault]
    )
