"""What an expression copies into the store can be read there, whether the store held it before or not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hmeval
from hmeval import EvaluationError, Evaluator

OVER_2_8 = hmeval.engine()["interface"] == "compat"


@pytest.fixture(scope="module")
def evaluator() -> Iterator[Evaluator]:
    with Evaluator() as evaluator:
        yield evaluator


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files, which no store holds: each has the path of the test in it."""
    files = tmp_path / "files"
    (files / "sub").mkdir(parents=True)
    (files / "motd").write_text(f"{tmp_path}")
    (files / "default.nix").write_text(f'"{tmp_path}"')
    (files / "sub/deep").write_text(f"deep in {tmp_path}")
    (files / "program").write_text(f"#! {tmp_path}")
    (files / "program").chmod(0o755)
    (files / "link").symlink_to("sub/deep")
    return tmp_path


NAMES = ["default.nix", "link", "motd", "program", "sub"]
WITHOUT_SUB = 'path: type: baseNameOf path != "sub" && type != "symlink"'

READ: dict[str, Any] = {
    'readFile "${./files}/motd"': "{here}",
    'readFile "${./files/motd}"': "{here}",
    'readFile "${./files}/link"': "deep in {here}",
    'readFile "${./files}/sub/../motd"': "{here}",
    'readFile (unsafeDiscardStringContext "${./files}/motd")': "{here}",
    'import "${./files}"': "{here}",
    'import "${./files}/default.nix"': "{here}",
    'attrNames (readDir "${./files}")': NAMES,
    'readFileType "${./files}/link"': "symlink",
    'pathExists "${./files}/motd"': True,
    'pathExists "${./files}/more"': False,
    'pathExists (unsafeDiscardStringContext "${./files}/motd")': True,
    'hashFile "sha256" "${./files}/motd" == hashFile "sha256" ./files/motd': True,
    'readFile (findFile [ { prefix = "x"; path = "${./files}"; } ] "x/motd")': "{here}",
    'readFile (storePath "${./files}" + "/motd")': "{here}",
    'readFile "${path { path = ./files; name = "x"; }}/motd"': "{here}",
    "readFile (path { path = ./files/motd; recursive = false; })": "{here}",
    f'attrNames (readDir (path {{ path = ./files; name = "y"; filter = {WITHOUT_SUB}; }}))': [
        name for name in NAMES if name not in ("sub", "link")
    ],
    f'readFile (filterSource ({WITHOUT_SUB}) ./files + "/motd")': "{here}",
    f'pathExists (filterSource ({WITHOUT_SUB}) ./files + "/sub")': False,
    'readFile (path { path = "${./files}/motd"; name = "z"; })': "{here}",
    'readFile ((fetchTree { type = "path"; path = "${./files}"; }).outPath + "/motd")': "{here}",
    'readFile (toFile "a" (toString ./.))': "{here}",
    'match ".*-a" (readFile (toFile "b" (toFile "a" (toString ./.)))) != null': True,
    'readFile (elemAt (match "(.*)" (readFile (toFile "b" (toFile "a" (toString ./.))))) 0)': "{here}",
}


def ask(evaluator: Evaluator, expression: str, folder: Path) -> Any:
    return evaluator.eval(f"with builtins; {expression}", base=folder).to_python()


@pytest.mark.parametrize("expression", READ)
def test_what_was_copied_is_read(evaluator: Evaluator, folder: Path, expression: str) -> None:
    expected = READ[expression]
    if isinstance(expected, str):
        expected = expected.replace("{here}", str(folder))
    assert ask(evaluator, expression, folder) == expected
    with Evaluator() as another:  # now that the store has it
        assert ask(another, expression, folder) == expected


SOURCES = {
    "cleanSource ./files": NAMES,
    'sourceByRegex ./files [ "motd" ]': ["motd"],
    "fileset.toSource { root = ./files; fileset = ./files/motd; }": ["motd"],
    'cleanSourceWith { src = cleanSource ./files; filter = path: type: type == "directory"; }': ["sub"],
}


@pytest.mark.real
@pytest.mark.parametrize("source", SOURCES)
def test_what_lib_filters_is_read(evaluator: Evaluator, folder: Path, nixpkgs_lib: Path, source: str) -> None:
    listed = f'with import {nixpkgs_lib}/lib; attrNames (builtins.readDir "${{{source}}}")'
    assert ask(evaluator, listed, folder) == SOURCES[source]


@pytest.mark.skipif(not OVER_2_8, reason="later versions copy what is asked for at once")
def test_what_nobody_reads_is_not_copied(evaluator: Evaluator, folder: Path) -> None:
    place = ask(evaluator, '"${./files}"', folder)
    assert not os.path.exists(place)
    assert ask(evaluator, f'"${{./files}}" == readFile (toFile "a" "{place}")', folder) is True
    assert not os.path.exists(place)


@pytest.mark.skipif(not OVER_2_8, reason="later versions copy what is asked for at once")
def test_a_file_that_changes_before_it_is_read(evaluator: Evaluator, folder: Path) -> None:
    """Nothing is read that the path is not the one of."""
    copied = evaluator.eval('"${./files}/motd"', base=folder)
    copied.to_python()
    (folder / "files/motd").write_text("another")
    with pytest.raises(EvaluationError, match="was changed during the evaluation"):
        evaluator.eval("builtins.readFile")(copied).to_python()
