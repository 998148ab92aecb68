"""Everything that an evaluation of the real Home Manager touches, as strace sees it, is an input of what is kept."""

from __future__ import annotations

import json
import marshal
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from hmeval.cache import fingerprint
from hmeval.cache.fingerprint import Fingerprint
from hmeval.cache.shelf import Shelf

HOME = """{ lib, ... }: {
  imports = [ ./more ] ++ lib.optional (builtins.pathExists ./local.nix) ./local.nix;
  home.username = "alice";
  home.homeDirectory = "/home/alice";
  home.stateVersion = "25.11";
  home.sessionVariables.TESTED = builtins.getEnv "HMEVAL_TESTED";
  home.file = lib.mapAttrs (name: type: { text = builtins.readFile (./dots + "/${name}"); }) (builtins.readDir ./dots);
  programs.bash.initExtra = if builtins.pathExists ./secret/file then builtins.readFile ./secret/file else "";
}
"""

# What is evaluated and cached below.
QUESTIONS: tuple[list[str], ...] = (
    [],
    ["home.file.vimrc.text"],
    ["programs.bash.initExtra"],
    ["home.sessionVariables"],
)

# The same as the command line does in a worker, in the process that asks.
IN_PROCESS = """
import json, sys
import hmeval

target, cache = json.loads(sys.argv[1]), sys.argv[2]
with hmeval.load(**target, cache=cache) as configuration:
    print(len(configuration.options))
    for path in json.loads(sys.argv[3]):
        print(configuration.option(path).value)
"""

# A call that names a path, with the folder that the path begins in where that is not the current one.
CALL = re.compile(
    r"\b(?P<call>open|openat2?|newfstatat|statx|l?stat|readlink|readlinkat|f?access\w*)"
    r"\((?:(?:AT_FDCWD(?:<[^>]*>)?|\d+<(?P<folder>[^>]*)>), )?"
    r'"(?P<path>[^"]*)"(?P<rest>.*) = (?P<result>-1 ENOENT|\d+)'
)
LISTED = re.compile(r"getdents64\(\d+<(/[^>]*)>")
NO_PART_OF_AN_EVALUATION = (".git", "tests", "docs", "doc")


class World(NamedTuple):
    """What is evaluated: a folder that holds everything, and how."""

    top: Path
    in_process: bool

    def target(self) -> dict[str, str]:
        places = {"file": "home/home.nix", "home_manager": "hm", "nixpkgs": "nixpkgs"}
        return {name: str(self.top / place) for name, place in places.items()}

    def command(self, *more: str) -> list[str]:
        flags = [(f"--{name.replace('_', '-')}", place) for name, place in self.target().items()]
        return [sys.executable, "-m", "hmeval", "options", *more, *(word for flag in flags for word in flag)]

    def evaluations(self, cache: str) -> list[list[str]]:
        """The commands that evaluate everything; `cache` is "use" or "off"."""
        return self.asking([["--format", "json", *question] for question in QUESTIONS], cache)

    def asking(self, questions: list[list[str]], cache: str) -> list[list[str]]:
        """The commands that answer these, or, in this process, all that is asked below."""
        if self.in_process:
            paths = [path for question in QUESTIONS for path in question]
            return [[sys.executable, "-c", IN_PROCESS, json.dumps(self.target()), cache, json.dumps(paths)]]
        flags = ["--no-cache"] if cache == "off" else []
        return [self.command(*flags, *question) for question in questions]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("stand-in", marks=pytest.mark.real),
        pytest.param("nixpkgs", marks=pytest.mark.nixpkgs),
    ],
)
def packages(request: pytest.FixtureRequest) -> Path:
    """A nixpkgs: the stand-in with the real lib, or the whole."""
    folder: Path = request.getfixturevalue("world" if request.param == "stand-in" else "nixpkgs")
    return folder


@pytest.fixture(scope="module", params=["in a worker", "in the process"])
def copied(
    request: pytest.FixtureRequest, home_manager: Path, packages: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A Home Manager, a nixpkgs and a configuration, all of which can be changed."""
    top = tmp_path_factory.mktemp("real")
    for source, name in ((home_manager, "hm"), (packages, "nixpkgs")):
        shutil.copytree(source, top / name, symlinks=True, ignore=ignored_at_the_top_of(source))
    for folder in ("more", "dots"):
        (top / "home" / folder).mkdir(parents=True)
    (top / "home/home.nix").write_text(HOME)
    (top / "home/more/default.nix").write_text("{ programs.git.enable = true; }")
    (top / "home/dots/vimrc").write_text("set nocompatible")
    yield World(top, request.param == "in the process")
    shutil.rmtree(top)


def ignored_at_the_top_of(source: Path) -> Callable[[str, list[str]], list[str]]:
    return lambda folder, names: [name for name in NO_PART_OF_AN_EVALUATION if Path(folder) == source and name in names]


class Seen(NamedTuple):
    """What the kernel saw of an evaluation, below the world's folder."""

    opened: list[Path]
    absent: list[Path]
    listed: list[Path]


@pytest.fixture(scope="module")
def seen(copied: World, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """An evaluation of everything that is kept below, under strace."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not there (scripts/setup installs it on Debian)")
    log = tmp_path_factory.mktemp("strace") / "log"
    for command in copied.evaluations(cache="off"):
        traced = [strace, "-f", "-qq", "-y", "-A", "-o", str(log), "-e", "trace=file,getdents64", *command]
        done = subprocess.run(traced, capture_output=True)
        if b"ptrace" in done.stderr:
            pytest.skip("no process may be traced here")
        assert done.returncode == 0, done.stderr.decode()[-2000:]
    return sorted_out(log.read_text(errors="surrogateescape"), copied.top)


def sorted_out(log: str, top: Path) -> Seen:
    """The paths below a folder in a log of strace."""
    opened, absent, listed = set(), set(), set()
    for line in log.splitlines():
        if match := LISTED.search(line):
            listed.add(match[1])
        elif match := CALL.search(line):
            path = os.path.normpath(os.path.join(match["folder"] or "/", match["path"]))
            if match["result"] == "-1 ENOENT":
                absent.add(path)
            elif match["call"].startswith("open") and "O_RDONLY" in match["rest"]:
                opened.add(path)
    below = [sorted(Path(path) for path in paths if path.startswith(f"{top}/")) for paths in (opened, absent, listed)]
    return Seen([path for path in below[0] if path.is_file()], below[1], below[2])


@pytest.fixture(scope="module")
def kept(copied: World, seen: Seen, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The cache, with everything that was evaluated under strace; where it is."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patched.delenv("HMEVAL_TESTED", raising=False)
        for command in copied.evaluations(cache="use"):
            done = subprocess.run(command, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            assert "not kept" not in done.stderr
        yield Path(Shelf().folder)


@pytest.fixture
def holds(kept: Path, monkeypatch: pytest.MonkeyPatch) -> Fingerprint:
    """The fingerprint of all that is kept together. Time stamps of this moment are good enough for it here."""
    monkeypatch.setattr(fingerprint, "_SETTLED", -(10**9))
    shelf = Shelf()
    fingerprints = [
        Fingerprint.of(marshal.loads(entry.head["fingerprint"]))
        for path, _ in shelf.entries()
        if (entry := shelf.take(Path(path).stem)) is not None
    ]
    whole, *more = fingerprints
    for one in more:
        whole = whole.united(one)
    return renewed(whole)


def renewed(one: Fingerprint) -> Fingerprint:
    assert one.changed() is None
    new = one.renewed()
    assert new is not None
    return new


@pytest.fixture
def about(holds: Fingerprint) -> Callable[[Path], Fingerprint]:
    """What of the fingerprint is about a path and the folders above it. What that notices, the whole one notices."""
    by_path = {entry[0]: entry for entry in holds.paths}

    def about(path: Path) -> Fingerprint:
        places = map(str, (path, *path.parents))
        return renewed(Fingerprint([by_path[place] for place in places if place in by_path], {}, [], {}))

    return about


def test_strace_has_seen_the_evaluation(seen: Seen, copied: World) -> None:
    assert len(seen.opened) > 500
    assert {copied.top / "home" / name for name in ("home.nix", "more/default.nix", "dots/vimrc")} <= set(seen.opened)
    for name in ("local.nix", "secret/file"):
        path = copied.top / "home" / name
        assert {path, path.parent} & set(seen.absent), "since 2.35, Nix looks for the folder first"
    assert copied.top / "home/dots" in seen.listed


def test_every_file_that_was_opened(seen: Seen, about: Callable[[Path], Fingerprint]) -> None:
    for path in seen.opened:
        known = about(path)
        aside = path.with_name("aside of the test")
        path.rename(aside)
        assert known.changed() is not None, f"{path} removed"
        path.write_bytes(aside.read_bytes() + b"\n# changed\n")
        assert known.changed() is not None, f"{path} changed"
        path.unlink()
        path.symlink_to("/dev/null")
        assert known.changed() is not None, f"{path} replaced by a link"
        path.unlink()
        aside.rename(path)


def test_every_file_that_was_looked_for_and_absent(seen: Seen, about: Callable[[Path], Fingerprint]) -> None:
    for path in seen.absent:
        known = about(path)
        made = [above for above in path.parents if not above.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{ }")
        assert known.changed() is not None, f"{path} created"
        path.unlink()
        for folder in made:
            folder.rmdir()


def test_every_folder_that_was_listed(seen: Seen, about: Callable[[Path], Fingerprint]) -> None:
    for folder in seen.listed:
        known = about(Path(folder))
        (folder / "new of the test").mkdir()
        assert known.changed() is not None, folder
        (folder / "new of the test").rmdir()


def test_the_environment(holds: Fingerprint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HMEVAL_TESTED", "changed")
    assert holds.changed() is not None


def test_what_is_unrelated(copied: World, seen: Seen, holds: Fingerprint) -> None:
    for path in (*seen.opened[::50], copied.top / "home/home.nix"):
        os.utime(path)
    (copied.top / "hm/README.md").write_text("changed")
    (copied.top / "home/unrelated.nix").write_text("{ }")
    assert holds.changed() is None


def test_whole_processes_answer_as_without_a_cache(copied: World, kept: Path) -> None:
    changes = {
        "home/more/default.nix": ("enable = true", "enable = false"),
        "hm/modules/programs/git.nix": ("enable", "enable"),
        "home/dots/vimrc": ("nocompatible", "compatible"),
    }
    questions = [["programs.git.enable"], ["home.file.vimrc.text"], ["--set", "--format", "names"]]
    for place, (old, new) in changes.items():
        file = copied.top / place
        text = file.read_text()
        file.write_text(text.replace(old, new) + ("" if old != new else "\n# changed\n"))
        ways = (copied.asking(questions, cache) for cache in ("use", "use", "off"))
        for commands in zip(*ways, strict=True):
            answers = [subprocess.run(command, capture_output=True, text=True) for command in commands]
            assert len({answer.stdout for answer in answers}) == 1, (place, commands)
            assert all(answer.returncode == 0 for answer in answers)
        file.write_text(text)
    (copied.top / "home/local.nix").write_text('{ home.sessionVariables.LOCAL = "1"; }')
    for _ in range(2):
        done = subprocess.run(copied.command("home.sessionVariables"), capture_output=True, text=True)
        assert "LOCAL" in done.stdout
