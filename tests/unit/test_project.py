"""hmeval.toml and files of overrides: what they say, what flags are stronger than, and what is wrong with them."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from hmeval.errors import TargetError
from hmeval.targets.project import Project, find_project, read_overrides, with_project
from hmeval.targets.request import Request, UnfitRequest

TOML = """
# what this folder is about
target = ".#nixosConfigurations.desk"
user = "bob"

[overrides]
nixpkgs = "../nixpkgs"
foo = "github:a/b"
"foo/bar" = "path:./own"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A flake with a project's file, the current folder; and what the file names."""
    project = tmp_path / "project"
    for path in (project / "own", project / "below", tmp_path / "nixpkgs"):
        path.mkdir(parents=True)
    (project / "flake.nix").touch()
    (project / "hmeval.toml").write_text(TOML)
    monkeypatch.chdir(project)
    return project


def said(request: Request) -> dict[str, Any]:
    """What of a request is not as it is without anything."""
    nothing = Request().arguments()
    return {name: value for name, value in request.arguments().items() if value != nothing[name] and name != "files"}


def overrides(folder: Path) -> dict[str, str]:
    return {"nixpkgs": f"{folder.parent}/nixpkgs", "foo": "github:a/b", "foo/bar": f"path:{folder}/own"}


def test_it_is_found_upwards(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_project(str(folder / "below")) == str(folder / "hmeval.toml")
    assert find_project(str(folder.parent)) is None
    assert find_project(str(folder / "below"), str(folder / "below")) is None
    monkeypatch.chdir(folder / "below")
    everything = {"flake": f"{folder}#nixosConfigurations.desk", "user": "bob", "override_inputs": overrides(folder)}
    assert said(with_project(Request())) == everything


def test_flags_are_stronger(folder: Path) -> None:
    flake, replaced = f"{folder}#nixosConfigurations.desk", overrides(folder)
    for given, expected in (
        (Request(user="zoe"), {"flake": flake, "user": "zoe", "override_inputs": replaced}),
        (Request(system=True), {"flake": flake, "system": True, "override_inputs": replaced}),
        (Request(flake=".#bob"), {"flake": ".#bob", "override_inputs": replaced}),
        (Request(flake="path:below#bob"), {"flake": "path:below#bob", "override_inputs": replaced}),
        (Request(file="home.nix"), {"file": "home.nix"}),
    ):
        assert said(with_project(given)) == expected
    own = with_project(Request(override_inputs={"foo": "/elsewhere", "x": "y"}))
    assert own.override_inputs == replaced | {"foo": "/elsewhere", "x": "y"}


@pytest.mark.parametrize("other", ["{parent}/other", "github:a/c", "{parent}"])
def test_another_flake_is_none_of_its_business(folder: Path, other: str) -> None:
    for name in ("other", "."):
        (folder.parent / name).mkdir(exist_ok=True)
        (folder.parent / name / "flake.nix").touch()
    flake = other.format(parent=folder.parent)
    assert said(with_project(Request(flake=flake))) == {"flake": flake}


def test_a_folder_cannot_replace_the_inputs_of_one_elsewhere(folder: Path) -> None:
    """Whoever runs hmeval in a folder asks for another one's flake with what that one has."""
    victim = folder.parent / "victim"
    victim.mkdir()
    (victim / "flake.nix").touch()
    (folder / "hmeval.toml").write_text(f'target = "{victim}#alice"\n[overrides]\nnixpkgs = "own"\n')
    assert said(with_project(Request(flake=f"{victim}#alice"))) == {"flake": f"{victim}#alice"}
    assert with_project(Request()).override_inputs == {"nixpkgs": f"{folder}/own"}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (".", {"flake": "{folder}"}),
        ("#alice", {"flake": "{folder}#alice"}),
        ("below#alice", {"flake": "{folder}/below#alice"}),
        ("path:.#alice", {"flake": "path:{folder}#alice"}),
        (".?ref=main#alice", {"flake": "{folder}?ref=main#alice"}),
        ("github:a/b#alice", {"flake": "github:a/b#alice"}),
        ("dotfiles#alice", {"flake": "dotfiles#alice"}),
        ("own/home.nix", {"file": "{folder}/own/home.nix"}),
        ("--flake .#desk --system", {"flake": "{folder}#desk", "system": True}),
        ("--file own/home.nix --offline", {"file": "{folder}/own/home.nix", "offline": True}),
        ("--flake '.#a b' --user zoe", {"flake": "{folder}#a b", "user": "zoe"}),
    ],
)
def test_ways_to_name_the_target(folder: Path, target: str, expected: dict[str, Any]) -> None:
    (folder / "hmeval.toml").write_text(f'target = "{target}"')
    filled = {
        name: str(value).format(folder=folder) if value is not True else value for name, value in expected.items()
    }
    assert said(with_project(Request())) == filled


def test_without_a_target_it_is_about_what_is_found_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "hmeval.toml").write_text('[overrides]\nnixpkgs = "../nixpkgs"')
    replaced = {"override_inputs": {"nixpkgs": f"{folder.parent}/nixpkgs"}}
    assert said(with_project(Request())) == replaced
    monkeypatch.chdir(folder / "below")
    assert said(with_project(Request())) == replaced
    (folder / "below/flake.nix").touch()
    assert said(with_project(Request())) == {}


BROKEN = {
    "no TOML": ("target = \n", "{file} is no TOML: "),
    "a line": ('user = "a"\ntarget = x', "(at line 2, column 10)"),
    "no UTF-8": ("target = '\udcff'", "{file} is not UTF-8"),
    "a key": ('user = "a"\n\n# why\ncolour = 1\n', "{file}:4: colour: this key is not known; there are target, user"),
    "a table": ("[override]\nnixpkgs = '..'\n", "{file}:1: override: this key is not known"),
    "the target's type": ("\ntarget = 1", "{file}:2: target: a text is expected"),
    "the user's type": ("user = ['a']", "{file}:1: user: a name is expected"),
    "the overrides' type": ("overrides = 'a'", "{file}:1: overrides: a table is expected"),
    "a flag": ("target = '--flake . --nixpkgs x'", "{file}:1: target: --nixpkgs is not known; give --flake, --file"),
    "no flake and no file": ("target = '--system'", "{file}:1: target: give --flake REF[#NAME] or --file FILE"),
    "a quote": ('target = "--flake \'"', "{file}:1: target: "),
    "two users": ("target='--flake . --user a'\nuser='b'", "{file}:2: user: the target names a user already"),
    "overrides of a file": ("target = 'home.nix'\n[overrides]\na='..'", "{file}:2: overrides: they go with a flake"),
    "a folder": ("[overrides]\na = '..'\nb = 'x'", "{file}:3: overrides.b: there is no folder {folder}/x"),
    "a folder over lines": ("[overrides]\na = '..'\nb = '''\nx\n'''", "{file}:3: overrides.b: there is no folder"),
    "a nested name": ("[overrides]\na.b = '..'", "{file}:2: overrides.a: a text is expected; an input of an input is"),
    "a number": ("overrides.a = 1", "{file}:1: overrides.a: a folder or a flake reference is expected"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_told_with_its_place(folder: Path, name: str) -> None:
    text, problem = BROKEN[name]
    file = folder / "hmeval.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(TargetError) as raised:
        with_project(Request())
    assert problem.format(file=file, folder=folder) in str(raised.value)


def test_a_file_of_overrides(folder: Path) -> None:
    file = folder / "below/replaced.toml"
    file.write_bytes(b'\xef\xbb\xbfnixpkgs = "../../nixpkgs"\r\n"a/b" = "github:a/b"\r\n')
    assert read_overrides(file) == {"nixpkgs": f"{folder.parent}/nixpkgs", "a/b": "github:a/b"}
    file.write_text('nixpkgs = "x"')
    with pytest.raises(TargetError, match=r"replaced\.toml:1: nixpkgs: there is no folder"):
        read_overrides(file)
    with pytest.raises(TargetError, match=r"none\.toml cannot be read: No such file"):
        read_overrides(folder / "none.toml")


def test_what_it_says_as_data(folder: Path) -> None:
    assert Project(str(folder / "hmeval.toml")).describe() == {
        "file": str(folder / "hmeval.toml"),
        "target": ".#nixosConfigurations.desk",
        "user": "bob",
        "overrides": overrides(folder),
    }


# By argument, a value of it.
ARGUMENTS: dict[str, Any] = {
    "flake": ".#alice",
    "file": "desk.nix",
    "home_manager": "x",
    "nixpkgs": "x",
    "offline": True,
    "override_inputs": {"nixpkgs": "x"},
    "write_lock_file": True,
    "user": "alice",
    "system": True,
}
EXCLUDE_EACH_OTHER = {
    frozenset(pair)
    for pair in (
        ("flake", "file"),
        ("user", "system"),
        ("write_lock_file", "file"),
        ("write_lock_file", "offline"),
        ("flake", "home_manager"),
        ("flake", "nixpkgs"),
        ("file", "override_inputs"),
    )
}


@pytest.mark.parametrize("pair", [*itertools.combinations(ARGUMENTS, 2)], ids="-".join)
def test_which_arguments_exclude_each_other(pair: tuple[str, str]) -> None:
    request = Request(**{name: ARGUMENTS[name] for name in pair})
    if frozenset(pair) in EXCLUDE_EACH_OTHER:
        with pytest.raises(UnfitRequest):
            request.check()
    else:
        request.check()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"file": "a/home.nix", "user": "alice"}, "a/home.nix is a home of its own: --user goes with that of a system"),
        ({"file": "home.nix", "system": True}, "home.nix is a home of its own: --system goes"),
        ({"file": "a/configuration.nix", "home_manager": "x"}, "a/configuration.nix is a system"),
        ({"file": "desk.nix", "user": "alice", "home_manager": "x"}, "--home-manager goes with a home.nix"),
    ],
)
def test_flags_that_a_file_would_drop(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(UnfitRequest, match=problem):
        Request(**given).check()
