"""Flakes beside Nix itself: the lock file that `nix flake lock` writes, and what `nix eval` tells a flake of itself.

Each case is a handful of files; nothing is fetched from elsewhere.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

import hmeval
from hmeval import EvaluationError, Evaluator, HmevalError, TargetError, Worker
from hmeval.flakes import open_flake
from hmeval.targets.flake import FlakeReference
from tests.native.programs import nix_version
from tests.own_programs import own_program

NIX = own_program("nix") or "nix"  # what a flake is told, and what is locked, has changed with the versions

pytestmark = pytest.mark.skipif(shutil.which(NIX) is None, reason="there is no nix to compare with")

DESCRIBE = """
  outputs = inputs: let
    known = [ "outPath" "narHash" "lastModified" "lastModifiedDate" "rev" "shortRev" "revCount" "dirtyRev"
      "dirtyShortRev" "submodules" "_type" ];
    describe = depth: flake: {
      self = builtins.listToAttrs (map (name: { name = "its ${name}"; value = flake.${name} or null; }) known);
      source = "${flake.sourceInfo or "none"}";
      files = builtins.attrNames (builtins.readDir "${flake}");
      inputs = if depth == 0 then { } else builtins.mapAttrs (_: describe (depth - 1)) (flake.inputs or { });
    };
  in { told = describe 4 inputs.self; };
"""


def version_of(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)[:3]))


def flake(inputs: str = "") -> str:
    """A flake.nix that tells what it is told, itself and of its inputs."""
    return "{ " + inputs + DESCRIBE + "}"


class Case(NamedTuple):
    """A flake: files below a folder that `{here}` names, the folders that are Git repositories, and what is evaluated.

    `after` holds files that are written once the repositories have their commit, `archives` folders that are packed.
    """

    files: dict[str, str]
    reference: str = "{here}/top"
    repositories: tuple[str, ...] = ()
    after: Mapping[str, str] = MappingProxyType({})
    commit: bool = True
    archives: tuple[str, ...] = ()


LEAF = {"leaf/flake.nix": flake(), "leaf/data": "of the leaf"}
LEAF_INPUT = 'inputs.leaf.url = "path:{here}/leaf";'
MIDDLE = {**LEAF, "middle/flake.nix": flake(LEAF_INPUT)}
MIDDLE_INPUT = 'inputs.middle.url = "path:{here}/middle";'

CASES = {
    "no inputs": Case({"top/flake.nix": flake()}),
    "a path": Case({**LEAF, "top/flake.nix": flake(LEAF_INPUT)}),
    "inputs of inputs": Case({**MIDDLE, "top/flake.nix": flake(MIDDLE_INPUT)}),
    "the same name twice": Case({**MIDDLE, "top/flake.nix": flake(MIDDLE_INPUT + LEAF_INPUT)}),
    "follows": Case(
        {**MIDDLE, "top/flake.nix": flake(MIDDLE_INPUT + LEAF_INPUT + 'inputs.middle.inputs.leaf.follows = "leaf";')}
    ),
    "follows an input of an input": Case(
        {**MIDDLE, "top/flake.nix": flake(MIDDLE_INPUT + 'inputs.leaf.follows = "middle/leaf";')}
    ),
    "follows what follows": Case(
        {
            **MIDDLE,
            "top/flake.nix": flake(
                LEAF_INPUT
                + MIDDLE_INPUT
                + 'inputs.middle.inputs.leaf.follows = "leaf"; inputs.again.follows = "middle/leaf";'
            ),
        }
    ),
    "follows nothing": Case(
        {**MIDDLE, "top/flake.nix": flake(MIDDLE_INPUT + 'inputs.middle.inputs.leaf.follows = "";')}
    ),
    "an input's own follows": Case(
        {
            **MIDDLE,
            "above/flake.nix": flake(MIDDLE_INPUT + LEAF_INPUT + 'inputs.middle.inputs.leaf.follows = "leaf";'),
            "top/flake.nix": flake('inputs.above.url = "path:{here}/above";'),
        }
    ),
    "an input of an input has another url": Case(
        {
            **MIDDLE,
            "other/flake.nix": flake(),
            "top/flake.nix": flake(MIDDLE_INPUT + 'inputs.middle.inputs.leaf.url = "path:{here}/other";'),
        }
    ),
    "no flake": Case(
        {"data/file": "x", "top/flake.nix": flake('inputs.data = {{ url = "path:{here}/data"; flake = false; }};')}
    ),
    "attributes": Case({**LEAF, "top/flake.nix": flake('inputs.leaf = {{ type = "path"; path = "{here}/leaf"; }};')}),
    "a bare path": Case({**LEAF, "top/flake.nix": flake('inputs.leaf.url = "{here}/leaf";')}),
    "a relative path": Case({"top/flake.nix": flake('inputs.sub.url = "path:./sub";'), "top/sub/flake.nix": flake()}),
    "relative paths, one in the other": Case(
        {
            "top/flake.nix": flake('inputs.sub.url = "path:./sub";'),
            "top/sub/flake.nix": flake('inputs.below.url = "path:./below";'),
            "top/sub/below/flake.nix": flake(),
        }
    ),
    "a relative path of an input": Case(
        {
            "outside/flake.nix": flake('inputs.sub.url = "path:./sub";'),
            "outside/sub/flake.nix": flake(),
            "top/flake.nix": flake('inputs.outside.url = "path:{here}/outside";'),
        }
    ),
    "a Git repository": Case({**LEAF, "top/flake.nix": flake(LEAF_INPUT)}, repositories=("top",)),
    "a Git repository that is dirty": Case(
        {**LEAF, "top/flake.nix": flake(LEAF_INPUT), "top/file": "x"}, repositories=("top",), after={"top/file": "y"}
    ),
    "a file that Git does not know": Case(
        {"top/flake.nix": flake()}, repositories=("top",), after={"top/unknown": "y"}
    ),
    "no commit yet": Case({"top/flake.nix": flake()}, repositories=("top",), commit=False),
    "a folder of a repository": Case(
        {**LEAF, "top/in/flake.nix": flake(LEAF_INPUT), "top/file": ""}, "{here}/top/in", ("top",)
    ),
    "a Git input": Case(
        {**LEAF, "top/flake.nix": flake('inputs.leaf.url = "git+file://{here}/leaf";')}, repositories=("leaf",)
    ),
    "a Git input and its branch": Case(
        {**LEAF, "top/flake.nix": flake('inputs.leaf.url = "git+file://{here}/leaf?ref=main";')}, repositories=("leaf",)
    ),
    "a Git input in a folder": Case(
        {"all/leaf/flake.nix": flake(), "top/flake.nix": flake('inputs.leaf.url = "git+file://{here}/all?dir=leaf";')},
        repositories=("all",),
    ),
    "a Git input that is dirty": Case(
        {**LEAF, "top/flake.nix": flake('inputs.leaf.url = "git+file://{here}/leaf";')},
        repositories=("leaf",),
        after={"leaf/data": "changed"},
    ),
    "a Git input that is no flake": Case(
        {
            "data/file": "",
            "top/flake.nix": flake('inputs.data = {{ url = "git+file://{here}/data"; flake = false; }};'),
        },
        repositories=("data",),
    ),
    "an archive": Case(
        {**LEAF, "top/flake.nix": flake('inputs.leaf.url = "file://{here}/leaf.tar.gz";')}, archives=("leaf",)
    ),
    "an archive whose URL is encoded": Case(
        {"le*f/flake.nix": flake(), "top/flake.nix": flake('inputs.leaf.url = "file://{here}/le*f.tar.gz";')},
        archives=("le*f",),
    ),
    "a Git input whose URL is encoded": Case(
        {
            "le*f/flake.nix": flake(),
            "top/flake.nix": flake('inputs.leaf = {{ type = "git"; url = "file://{here}/le*f"; }};'),
        },
        repositories=("le*f",),
    ),
    "an explicit path in a repository": Case({"top/flake.nix": flake()}, "path:{here}/top", ("top",)),
    "an explicit URL": Case({"top/flake.nix": flake()}, "git+file://{here}/top", ("top",)),
    "a folder with ?dir=": Case({"top/in/flake.nix": flake()}, "git+file://{here}/top?dir=in", ("top",)),
}


# A case whose flake is locked, and what is changed in its files then.
CHANGES = {
    "nothing": (CASES["follows"], {}),
    "an input is new": (
        Case({**MIDDLE, "top/flake.nix": flake(LEAF_INPUT)}),
        {"top/flake.nix": flake(LEAF_INPUT + MIDDLE_INPUT)},
    ),
    "an input is gone": (
        Case({**MIDDLE, "top/flake.nix": flake(LEAF_INPUT + MIDDLE_INPUT)}),
        {"top/flake.nix": flake(LEAF_INPUT)},
    ),
    "an input has another url": (
        Case({**MIDDLE, "top/flake.nix": flake(LEAF_INPUT)}),
        {"top/flake.nix": flake('inputs.leaf.url = "path:{here}/middle";')},
    ),
    "an input follows another one now": (
        Case({**MIDDLE, "top/flake.nix": flake(LEAF_INPUT + MIDDLE_INPUT)}),
        {"top/flake.nix": flake(LEAF_INPUT + MIDDLE_INPUT + 'inputs.middle.inputs.leaf.follows = "leaf";')},
    ),
    "an input follows no other one any more": (
        CASES["follows"],
        {"top/flake.nix": flake(LEAF_INPUT + MIDDLE_INPUT)},
    ),
    "an input of an input has another url": (
        Case({**MIDDLE, "other/flake.nix": flake(), "top/flake.nix": flake(MIDDLE_INPUT)}),
        {"top/flake.nix": flake(MIDDLE_INPUT + 'inputs.middle.inputs.leaf.url = "path:{here}/other";')},
    ),
    "an input is no flake any more": (
        Case({**LEAF, "top/flake.nix": flake(LEAF_INPUT)}),
        {"top/flake.nix": flake('inputs.leaf = {{ url = "path:{here}/leaf"; flake = false; }};')},
    ),
    "a Git repository": (
        Case({**MIDDLE, "top/flake.nix": flake(LEAF_INPUT)}, repositories=("top",)),
        {"top/flake.nix": flake(LEAF_INPUT + MIDDLE_INPUT)},
    ),
}


@pytest.fixture(scope="module")
def evaluator() -> Iterator[Evaluator]:
    with Evaluator() as evaluator:
        yield evaluator


@pytest.fixture(params=CASES.values(), ids=[*CASES])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    """A case whose files are there, and whose reference is ready to be used."""
    return prepared(request.param, tmp_path)


def prepared(case: Case, tmp_path: Path) -> Case:
    write(tmp_path, case.files)
    for repository in case.repositories:
        git(tmp_path / repository, "init", "--quiet", "--initial-branch=main")
        git(tmp_path / repository, "add", ".")
        if case.commit:
            git(tmp_path / repository, "commit", "--quiet", "--message=all")
    for folder in case.archives:
        shutil.make_archive(str(tmp_path / folder), "gztar", tmp_path, folder)
    write(tmp_path, case.after)
    return case._replace(reference=case.reference.replace("{here}", str(tmp_path)))


def write(here: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text(text.replace("{here}", str(here)).replace("{{", "{").replace("}}", "}"))


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    date = {"GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z"}
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, env=os.environ | date)


def nix(*arguments: str) -> str:
    features = ["--extra-experimental-features", "nix-command flakes"]
    done = subprocess.run([NIX, *features, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def told(evaluator: Evaluator | Worker, reference: str, *, write_lock_file: bool = False) -> Any:
    called = open_flake(evaluator, FlakeReference(reference), write_lock_file=write_lock_file)
    return evaluator.eval(f"{called.expression}.told").to_python()


def test_what_a_flake_is_told(evaluator: Evaluator, case: Case) -> None:
    expected = json.loads(nix("eval", "--json", "--no-write-lock-file", f"{case.reference}#told"))
    assert told(evaluator, case.reference) == expected


def test_the_lock_file_that_is_written(evaluator: Evaluator, case: Case, tmp_path: Path) -> None:
    if "le*f" in case.repositories and (2, 9) <= nix_version() < (2, 34):
        pytest.skip("from Nix 2.26 to 2.33 a Git input whose URL is encoded is locked otherwise")
    before = state_of(tmp_path)
    is_written = lock_with_nix(case.reference)
    after_nix = state_of(tmp_path)
    restore(tmp_path, case)
    assert state_of(tmp_path) == before
    if not is_written:
        with pytest.raises(TargetError, match="cannot be locked"):
            told(evaluator, case.reference, write_lock_file=True)
    else:
        told(evaluator, case.reference, write_lock_file=True)
        expected = json.loads(nix("eval", "--json", "--no-update-lock-file", f"{case.reference}#told"))
        with Worker() as another:  # Nix looks at a work tree once in a process
            assert told(another, case.reference) == expected
    assert state_of(tmp_path) == after_nix


def test_nothing_is_written_unless_it_is_asked_for(evaluator: Evaluator, case: Case, tmp_path: Path) -> None:
    before = state_of(tmp_path)
    sources = list(sources_in(told(evaluator, case.reference)))
    assert state_of(tmp_path) == before
    assert [source for source in sources if not os.path.exists(source)] == []


TOLD = """
import json, sys
from hmeval import Evaluator
from hmeval.flakes import open_flake
from hmeval.targets.flake import FlakeReference
with Evaluator() as evaluator:
    called = open_flake(evaluator, FlakeReference(sys.argv[1]))
    print(json.dumps(evaluator.eval(f"{called.expression}.told").to_python()))
"""


@pytest.mark.parametrize("case", [CASES["a Git input"], CASES["an archive"]], indirect=True)
def test_the_sources_of_locked_inputs_are_there(evaluator: Evaluator, case: Case, tmp_path: Path) -> None:
    """In a store that has none of them yet, and then in the other one again, which has no part of this one's cache."""
    told(evaluator, case.reference, write_lock_file=True)
    own = {f"NIX_{folder}_DIR": f"{tmp_path}/own/{folder}" for folder in ("STORE", "STATE", "LOG")}
    command = [sys.executable, "-c", TOLD, case.reference]
    done = subprocess.run(command, env=os.environ | own, capture_output=True, text=True, check=True)
    sources = list(sources_in(json.loads(done.stdout)))
    assert sources[0].startswith(own["NIX_STORE_DIR"])
    assert [source for source in sources if not os.path.exists(source)] == []
    with Worker() as another:
        again = told(another, case.reference)
    assert again == json.loads(nix("eval", "--json", f"{case.reference}#told"))


def sources_in(told_of_flake: dict[str, Any]) -> Iterator[str]:
    """Where the source of a flake, and of what it has as inputs, is said to be."""
    if told_of_flake["source"] != "none":
        yield told_of_flake["source"]
    for of_input in told_of_flake["inputs"].values():
        yield from sources_in(of_input)


def lock_with_nix(reference: str) -> bool:
    """Lock a flake with Nix; False where it refuses to, because an input is no fixed revision."""
    done = subprocess.run(
        [NIX, "--extra-experimental-features", "nix-command flakes", "flake", "lock", reference],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 or "unlocked" in done.stderr, done.stderr
    return done.returncode == 0


def state_of(here: Path) -> dict[str, Any]:
    """The content of every file and what Git thinks of it, without the folders of Git itself."""
    files = {str(path.relative_to(here)): path.read_bytes() for path in here.rglob("*") if is_content(path)}
    return files | {f"git {path.parent.name}": status(path.parent) for path in here.rglob(".git")}


def is_content(path: Path) -> bool:
    return path.is_file() and ".git" not in path.parts


def status(repository: Path) -> str:
    command = ["git", "-C", str(repository), "status", "--porcelain"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def restore(here: Path, case: Case) -> None:
    for lock in here.rglob("flake.lock"):
        lock.unlink()
        if case.repositories and any(lock.is_relative_to(here / each) for each in case.repositories):
            git(lock.parent, "rm", "--quiet", "--cached", "flake.lock")


@pytest.mark.parametrize(("before", "change"), CHANGES.values(), ids=[*CHANGES])
def test_a_lock_file_that_is_older_than_its_flake(
    evaluator: Evaluator, tmp_path: Path, before: Case, change: dict[str, str]
) -> None:
    case = prepared(before, tmp_path)
    assert lock_with_nix(case.reference)
    old = (tmp_path / "top/flake.lock").read_bytes()
    write(tmp_path, change)
    expected = json.loads(nix("eval", "--json", "--no-write-lock-file", f"{case.reference}#told"))
    assert told(evaluator, case.reference) == expected
    lock_with_nix(case.reference)
    after_nix = state_of(tmp_path)
    (tmp_path / "top/flake.lock").write_bytes(old)
    told(evaluator, case.reference, write_lock_file=True)
    assert state_of(tmp_path) == after_nix


def test_the_lock_file_of_an_input_is_followed(evaluator: Evaluator, tmp_path: Path) -> None:
    chained = {
        **MIDDLE,
        "outer/flake.nix": flake(LEAF_INPUT + MIDDLE_INPUT + 'inputs.middle.inputs.leaf.follows = "leaf";'),
        "above/flake.nix": flake('inputs.outer.url = "path:{here}/outer";'),
        "top/flake.nix": flake('inputs.above.url = "path:{here}/above";'),
    }
    case = prepared(Case(chained), tmp_path)
    lock_with_nix(f"{tmp_path}/above")
    (tmp_path / "leaf/data").write_text("newer than the lock file of the flake above")
    assert lock_with_nix(case.reference)
    expected = (tmp_path / "top/flake.lock").read_text()
    (tmp_path / "top/flake.lock").unlink()
    open_flake(evaluator, FlakeReference(case.reference), write_lock_file=True)
    assert (tmp_path / "top/flake.lock").read_text() == expected


def test_stand_ins_give_way_to_what_the_flake_says(evaluator: Evaluator, tmp_path: Path) -> None:
    inputs = 'inputs.home-manager = {{ url = "github:a/b"; inputs.nixpkgs.follows = "nixpkgs"; }};'
    prepared(Case({**LEAF, "top/flake.nix": flake(inputs + 'inputs.nixpkgs.url = "github:c/d";')}), tmp_path)
    reference = FlakeReference(f"{tmp_path}/top", {"nixpkgs": f"{tmp_path}/leaf"}, offline=True)
    inputs_told = evaluator.eval(f"{open_flake(evaluator, reference).expression}.told").to_python()["inputs"]
    assert inputs_told["nixpkgs"]["files"] == ["data", "flake.nix"]
    assert inputs_told["home-manager"]["inputs"]["nixpkgs"] == inputs_told["nixpkgs"]


OVERRIDES = {
    "an input": {"leaf": "other"},
    "an input of an input": {"middle/leaf": "other"},
    "both": {"leaf": "other", "middle/leaf": "other"},
    "what others follow": {"middle": "other-middle"},
    "an input that is no flake": {"data": "other"},
}


@pytest.mark.parametrize("is_locked", [False, True])
@pytest.mark.parametrize("overrides", OVERRIDES.values(), ids=[*OVERRIDES])
def test_inputs_that_are_replaced(
    evaluator: Evaluator, tmp_path: Path, overrides: dict[str, str], is_locked: bool
) -> None:
    others = {"other/flake.nix": flake(), "other-middle/flake.nix": flake(LEAF_INPUT), "other-middle/x": ""}
    inputs = LEAF_INPUT + MIDDLE_INPUT + 'inputs.again.follows = "middle/leaf";'
    inputs += 'inputs.data = {{ url = "path:{here}/leaf"; flake = false; }};'
    case = prepared(Case({**MIDDLE, **others, "top/flake.nix": flake(inputs)}), tmp_path)
    if is_locked:
        assert lock_with_nix(case.reference)
    places = {name: f"{tmp_path}/{each}" for name, each in overrides.items()}
    flags = [word for name, place in places.items() for word in ("--override-input", name, place)]
    expected = json.loads(nix("eval", "--json", "--no-write-lock-file", *flags, f"{case.reference}#told"))
    before = state_of(tmp_path)
    called = open_flake(evaluator, FlakeReference(case.reference, places))
    assert evaluator.eval(f"{called.expression}.told").to_python() == expected
    assert state_of(tmp_path) == before


@pytest.mark.parametrize("state", ["clean", "dirty", "no commit"])
def test_a_git_repository_whose_path_is_no_url(evaluator: Evaluator, tmp_path: Path, state: str) -> None:
    files = {"top/flake.nix": flake(), "top/file": "x"}
    after = {"top/file": "y", "top/unknown": ""} if state == "dirty" else {}
    prepared(Case(files, repositories=("top",), after=after, commit=state != "no commit"), tmp_path)
    (tmp_path / "top/link").symlink_to("file")
    (tmp_path / "top/file").chmod(0o755)
    git(tmp_path / "top", "add", "link") if state == "dirty" else (tmp_path / "top/link").unlink()
    shutil.copytree(tmp_path / "top", tmp_path / "tóp top", symlinks=True)
    expected = json.loads(nix("eval", "--json", f"{tmp_path}/top#told"))
    assert told(evaluator, f"{tmp_path}/tóp top") == expected


def test_a_lock_of_a_newer_nix_is_the_one_of_its_url(evaluator: Evaluator, tmp_path: Path) -> None:
    """As for FlakeHub's URLs, which end in `*`: what they lead to is not looked up again."""
    prepared(Case({**LEAF, "top/flake.nix": flake('inputs.leaf.url = "https://example.org/0.1.*.tar.gz";')}), tmp_path)
    original = {"type": "tarball", "url": "https://example.org/0.1.%2A.tar.gz"}
    lock(tmp_path, {"leaf": {"locked": {"type": "path", "path": f"{tmp_path}/leaf"}, "original": original}})
    assert told(evaluator, f"{tmp_path}/top")["inputs"]["leaf"]["files"] == ["data", "flake.nix"]


def lock(tmp_path: Path, inputs: Mapping[str, Any]) -> None:
    """Write a lock file for the flake in top, whose inputs are all its own."""
    nodes = {"root": {"inputs": {name: name for name in inputs}}, **inputs}
    (tmp_path / "top/flake.lock").write_text(json.dumps({"version": 7, "root": "root", "nodes": nodes}))


def test_what_only_informs_of_an_archive(evaluator: Evaluator, tmp_path: Path) -> None:
    """Locks of newer versions have what the server says of an archive; Nix 2.8 takes none of it."""
    inputs = 'inputs.leaf.url = "file://{here}/leaf.tar.gz";'
    case = prepared(Case({**LEAF, "top/flake.nix": flake(inputs)}, archives=("leaf",)), tmp_path)
    original = {"type": "tarball", "url": f"file://{tmp_path}/leaf.tar.gz"}
    fetched = told(evaluator, case.reference)["inputs"]["leaf"]["self"]
    time = {"its lastModified": 1767323045, "its lastModifiedDate": "20260102030405"}
    fetched |= time if fetched["its lastModified"] is None else {}
    known = {"narHash": fetched["its narHash"], "lastModified": fetched["its lastModified"]}
    locked = {**original, **known, "rev": "1234567" * 5 + "89012", "revCount": 12}
    lock(tmp_path, {"leaf": {"locked": locked, "original": original}})
    with Worker() as another:  # the store of this one has the tree
        expected = fetched | {"its rev": locked["rev"], "its shortRev": "1234567", "its revCount": 12}
        assert told(another, case.reference)["inputs"]["leaf"]["self"] == expected


@pytest.mark.parametrize("is_locked", [False, True])
def test_an_input_that_is_replaced_brings_its_locks(evaluator: Evaluator, tmp_path: Path, is_locked: bool) -> None:
    other = flake(LEAF_INPUT + 'inputs.far.url = "github:a/b";')
    case = prepared(Case({**MIDDLE, "other/flake.nix": other, "top/flake.nix": flake(MIDDLE_INPUT)}), tmp_path)
    if is_locked:
        assert lock_with_nix(case.reference)
    leaf = {"locked": {"type": "path", "path": f"{tmp_path}/leaf"}, "original": {"type": "path", "path": "/nowhere"}}
    far = leaf | {"original": {"type": "github", "owner": "a", "repo": "b"}}
    nodes = {"root": {"inputs": {"leaf": "leaf", "far": "far"}}, "leaf": leaf, "far": far}
    (tmp_path / "other/flake.lock").write_text(json.dumps({"version": 7, "root": "root", "nodes": nodes}))
    called = open_flake(evaluator, FlakeReference(case.reference, {"middle": f"{tmp_path}/other"}))
    inputs = evaluator.eval(f"{called.expression}.told").to_python()["inputs"]["middle"]["inputs"]
    assert inputs["far"]["files"] == ["data", "flake.nix"]


def test_a_locked_input_that_cannot_be_fetched_is_told_as_locked(evaluator: Evaluator, tmp_path: Path) -> None:
    """Its flake.nix must be read: what follows another input there is what it says alone."""
    case = prepared(
        Case({"top/flake.nix": flake('inputs.a.url = "path:{here}/a"; inputs.b.url = "path:{here}/b";')}), tmp_path
    )
    path = {"type": "path", "path": f"{tmp_path}/a"}
    lock(tmp_path, {"a": {"locked": path, "original": path, "inputs": {"x": ["b"]}}})
    with pytest.raises(HmevalError, match=f"the input a .* is locked as path:{tmp_path}/a, which cannot be fetched"):
        told(evaluator, case.reference)


def test_a_folder_of_the_flake_is_always_the_one_that_is_there(evaluator: Evaluator, tmp_path: Path) -> None:
    case = prepared(CASES["a relative path"], tmp_path)
    assert lock_with_nix(case.reference)
    write(tmp_path, {"top/sub/new": "x"})
    assert told(evaluator, case.reference)["inputs"]["sub"]["files"] == ["flake.nix", "new"]


REGISTRY = {
    "version": 2,
    "flakes": [
        {"from": {"type": "indirect", "id": "tree"}, "to": {"type": "indirect", "id": "leaf"}},
        {"from": {"type": "indirect", "id": "leaf"}, "to": {"type": "path", "path": "{here}/leaf"}},
        {"from": {"type": "indirect", "id": "git"}, "to": {"type": "git", "url": "file://{here}/all", "dir": "in"}},
    ],
}


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[list[str]]:
    """A registry of the user's; the options that let Nix use it, and no other."""
    file = Path(os.environ["XDG_CONFIG_HOME"], "nix/registry.json")
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(REGISTRY).replace("{here}", str(tmp_path)))
    (tmp_path / "none.json").write_text('{"version": 2, "flakes": []}')
    yield ["--option", "use-registries", "true", "--option", "flake-registry", str(tmp_path / "none.json")]
    file.unlink()


INPUTS_BY_NAME = [
    "inputs.leaf = {{ }};",
    'inputs.x.url = "leaf";',
    'inputs.x.url = "tree";',
    'inputs.x.url = "flake:git";',
]
NAMES_ARE_KNOWN = version_of(hmeval.engine()["version"]) < (2, 28, 3)


@pytest.mark.skipif(not NAMES_ARE_KNOWN, reason="since Nix 2.28.3 inputs are in no registry of the user's")
@pytest.mark.parametrize("inputs", INPUTS_BY_NAME)
def test_inputs_of_the_registry(evaluator: Evaluator, tmp_path: Path, registry: list[str], inputs: str) -> None:
    files = {**LEAF, "all/in/flake.nix": flake(), "top/flake.nix": flake(inputs)}
    case = prepared(Case(files, repositories=("all",)), tmp_path)
    expected = json.loads(nix("eval", "--json", "--no-write-lock-file", *registry, f"{case.reference}#told"))
    assert told(evaluator, case.reference) == expected
    nix("flake", "lock", *registry, case.reference)
    lock = (tmp_path / "top/flake.lock").read_text()
    (tmp_path / "top/flake.lock").unlink()
    told(evaluator, case.reference, write_lock_file=True)
    assert (tmp_path / "top/flake.lock").read_text() == lock


@pytest.mark.skipif(NAMES_ARE_KNOWN, reason="before Nix 2.28.3 inputs are in the user's registry, too")
@pytest.mark.parametrize("inputs", INPUTS_BY_NAME)
def test_inputs_of_no_registry(evaluator: Evaluator, tmp_path: Path, registry: list[str], inputs: str) -> None:
    files = {**LEAF, "all/in/flake.nix": flake(), "top/flake.nix": flake(inputs)}
    case = prepared(Case(files, repositories=("all",)), tmp_path)
    with pytest.raises(AssertionError, match="cannot find flake"):
        nix("eval", "--no-write-lock-file", *registry, f"{case.reference}#told")
    # Since it is missed when it is used, and not before.
    with pytest.raises(EvaluationError, match=r"is not in flake\.lock, and .* cannot be fetched"):
        told(evaluator, case.reference)


@pytest.mark.parametrize("name", ["flake:leaf", "flake:tree", "flake:git"])
def test_what_the_user_names_is_of_the_registry(
    evaluator: Evaluator, tmp_path: Path, registry: list[str], name: str
) -> None:
    files = {**MIDDLE, "all/in/flake.nix": flake(), "top/flake.nix": flake(MIDDLE_INPUT)}
    case = prepared(Case(files, repositories=("all",)), tmp_path)
    flags = ["--no-write-lock-file", "--override-input", "middle", name]
    expected = json.loads(nix("eval", "--json", *flags, *registry, f"{case.reference}#told"))
    called = open_flake(evaluator, FlakeReference(case.reference, {"middle": name}))
    assert evaluator.eval(f"{called.expression}.told").to_python() == expected
    assert told(evaluator, name) == json.loads(nix("eval", "--json", *registry, f"{name}#told"))
