"""What is asked of Git: where a work tree begins, and which branch is checked out in it."""

from __future__ import annotations

from pathlib import Path


def work_tree(folder: Path) -> Path | None:
    """The Git work tree that a folder is in; `.git` is a folder in it, or a file in those of `git worktree`."""
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), None)


def checked_out_branch(repository: str) -> str | None:
    """The branch that HEAD of a repository, or of a work tree, stands for: refs/heads/NAME; None for a bare commit."""
    found = _git(repository, "symbolic-ref", "--quiet", "HEAD")
    return found.strip() or None


def default_branch(url: str) -> str | None:
    """The branch that a remote repository has as its HEAD: refs/heads/NAME; None where it does not say."""
    lines = _git(".", "ls-remote", "--symref", url, "HEAD").splitlines()
    return next((line.split()[1] for line in lines if line.startswith("ref: ")), None)


def announce(folder: Path, name: str) -> None:
    """Let Git know of a new file in a work tree, without its content: only then Nix sees it."""
    _git(str(folder), "add", "--force", "--intent-to-add", "--", name)


def copy_tracked_files(repository: str, to: Path) -> None:
    """Copy the files of a work tree that Git knows, as they are there."""
    import shutil

    for name in filter(None, _git(repository, "ls-files", "-z").split("\0")):
        source, copy = Path(repository, name), to / name
        if source.is_symlink() or source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy, follow_symlinks=False)


def describe_work_tree(repository: str) -> dict[str, str | int | bool]:
    """What Nix 2.8 tells of a work tree: its revision, unless it has changes, and the time of its last commit."""
    from hmeval.targets.informing import date_of  # datetime is slow to import

    revision = _git(repository, "rev-parse", "--verify", "HEAD^{commit}").strip()
    time = int(_git(repository, "log", "-1", "--format=%ct", "--no-show-signature", "HEAD") or 0) if revision else 0
    told: dict[str, str | int | bool] = {
        "lastModified": time,
        "lastModifiedDate": date_of(time),
        "submodules": False,
    }
    if revision and not _git(repository, "diff", "HEAD", "--name-only", "--ignore-submodules"):
        count = int(_git(repository, "rev-list", "--count", "HEAD"))
        told |= {"rev": revision, "shortRev": revision[:7], "revCount": count}
    return told


def _git(folder: str, *arguments: str) -> str:
    import subprocess

    try:
        done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""
