"""What tells that the state of a Git work tree has changed, in every way in which Git can keep its references."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hmeval.cache.facts import git_state, git_watched

CHANGES = {
    "a commit": ["commit", "--quiet", "--allow-empty", "--message=y"],
    "another branch": ["switch", "--quiet", "--create", "other"],
    "another commit": ["reset", "--quiet", "--soft", "HEAD~"],
}


def git(folder: Path, *arguments: str) -> None:
    """Run Git in a folder."""
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True)


@pytest.fixture(params=["files", "reftable"])
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A repository with two commits."""
    command = ["git", "init", "--quiet", f"--ref-format={request.param}", str(tmp_path / "tree")]
    made = subprocess.run(command, capture_output=True, text=True)
    if "unknown option" in made.stderr:
        if request.param == "reftable":
            pytest.skip("this Git has no reftable")
        git(tmp_path, "init", "--quiet", "tree")
    for number in "12":
        (tmp_path / "tree/file").write_text(number)
        git(tmp_path / "tree", "add", "file")
        git(tmp_path / "tree", "commit", "--quiet", f"--message={number}")
    return tmp_path / "tree"


@pytest.mark.parametrize("in_work_tree", [False, True])
@pytest.mark.parametrize("change", CHANGES.values(), ids=[*CHANGES])
def test_a_change_is_seen_in_what_is_watched(
    repository: Path, tmp_path: Path, change: list[str], in_work_tree: bool
) -> None:
    folder = repository
    if in_work_tree:
        folder = tmp_path / "another"
        git(repository, "worktree", "add", "--quiet", str(folder), "-b", "another")
    watched, state = git_watched(str(folder)), git_state(str(folder))
    git(folder, *change)
    assert git_state(str(folder)) != state
    assert git_watched(str(folder)) != watched
    git(folder, "update-index", "--refresh")
    watched = git_watched(str(folder))
    git(folder, "log", "--oneline", "--max-count=1")
    assert git_watched(str(folder)) == watched
