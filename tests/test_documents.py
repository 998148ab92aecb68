"""What the documents promise is there, and nothing in the tree points at the machine that it was written on."""

from __future__ import annotations

import os
import pwd
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Folders that everybody has: a path in one of them says nothing about a machine.
COMMON = {Path(name) for name in ("/", "/home", "/mnt", "/opt", "/root", "/src", "/srv", "/tmp", "/usr/src")}


def make_targets() -> set[str]:
    """The targets of the Makefile that a person would name."""
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


def tracked_files() -> list[Path]:
    """The files that are committed, or would be."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip(f"no git checkout: {listing.stderr.strip()}")
    paths = (ROOT / name for name in listing.stdout.split("\0") if name)
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def folders_of_this_machine() -> re.Pattern[bytes]:
    """Where this checkout, and its user's home, happen to be, as they stand at the beginning of a path."""
    places = {ROOT, ROOT.parent, Path(pwd.getpwuid(os.getuid()).pw_dir)} - COMMON
    return re.compile(rb"(?<![\w.*})~-])(?:" + b"|".join(re.escape(bytes(place)) for place in places) + b")/")


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_the_readme_shows(command: str) -> None:
    assert command in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_that_is_named_exists(document: str) -> None:
    named = set(re.findall(r"(?:`|^ *)make ([a-z][a-z-]*)", (ROOT / document).read_text(), flags=re.MULTILINE))
    assert named, f"{document} names no target"
    assert named <= make_targets()


def test_every_test_that_is_named_for_a_work_around_exists() -> None:
    named = re.findall(r"`([a-z_/]+\.py)::(test_\w+)`", (ROOT / "docs/engines.md").read_text())
    assert len(named) >= 20
    missing = [test for file, test in named if f"def {test}(" not in (ROOT / "tests" / file).read_text()]
    assert not missing


def test_every_work_around_says_with_which_versions_it_was_seen() -> None:
    rows = [line for line in (ROOT / "docs/engines.md").read_text().splitlines() if "::test_" in line]
    versions = r"all|\d+\.\d+\.\d+(, \d+\.\d+\.\d+)*"
    assert [row for row in rows if not re.fullmatch(rf"\| .* \| ({versions}) \|", row)] == []


def test_make_help_lists_every_target() -> None:
    listing = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {line.split()[0] for line in listing.stdout.splitlines()} == make_targets()


def test_no_file_names_a_folder_of_this_machine() -> None:
    folders = folders_of_this_machine()
    found = [str(path.relative_to(ROOT)) for path in tracked_files() if folders.search(path.read_bytes())]
    assert not found, f"{folders.pattern!r} stands in {', '.join(found)}"
