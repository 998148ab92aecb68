"""Trust: nothing of a folder is evaluated before its user says so, however it is come by."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import NamedTuple

import pytest
from lsprotocol import types

import hmeval
from tests.lsp.editor import OFFLINE, PATIENCE, Editor, Settings, editor, place_of

MODULE = """{ lib, ... }:
let
  seen = builtins.readFile SECRET;
in
{
  imports = [ (builtins.toFile "x.nix" seen) ];
  home.username = builtins.trace seen (builtins.readFile SECRET);
}
"""
FLAKE = """{
  outputs = _: {
    homeConfigurations.alice = builtins.readFile SECRET;
  };
}
"""


ASK: Settings = {"trust": "ask"}


class Case(NamedTuple):
    """A workspace with hostile code: what lies in it, and what is opened and trusted of it."""

    files: dict[str, str]
    opened: str = "home.nix"
    settings: Settings = ASK
    trusted: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


CASES = {
    "file": Case({"home.nix": MODULE}, settings=OFFLINE | ASK),
    "found": Case({"home.nix": MODULE}),
    "flake": Case({"flake.nix": FLAKE, "home.nix": "{ }"}),
    "flake by setting": Case({"flake.nix": FLAKE, "home.nix": "{ }"}, settings=ASK | {"target": "--flake .#alice"}),
    "within another": Case({"home.nix": "{ }", "a/b/home.nix": MODULE}, "a/b/home.nix", trusted=("a/c",)),
    "beside a trusted one": Case({"a/home.nix": "{ }", "a-b/home.nix": MODULE}, "a-b/home.nix", trusted=("a",)),
    "setting that leads out": Case(
        {"a/home.nix": "{ }", "b/home.nix": MODULE},
        "a/home.nix",
        ASK | {"target": "--file b/home.nix --offline"},
        trusted=("a",),
    ),
    "link to a folder": Case({"b/home.nix": MODULE}, "a/link/home.nix", trusted=("a",), links=(("a/link", "../b"),)),
    "link to a flake": Case(
        {"a/home.nix": "{ }", "b/flake.nix": FLAKE},
        "a/home.nix",
        trusted=("a",),
        links=(("a/flake.nix", "../b/flake.nix"),),
    ),
    "setting that is none": Case({"home.nix": MODULE}, settings=ASK | {"trust": "yes"}),
}


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where it is kept what the user trusts."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    offline = Path(hmeval.__file__).resolve().parent / "offline"
    names = ("home-manager", "nixpkgs")  # what is found without a setting can be evaluated, too
    monkeypatch.setenv("NIX_PATH", ":".join(f"{name}={offline}/{name}" for name in names))
    file = tmp_path / "state/hmeval/trusted-folders.json"
    file.parent.mkdir(parents=True)
    return file


def laid_out(case: Case, folder: Path, state: Path) -> Path:
    """Lay the workspace out; the secret that its code reads: whoever does waits for ever, and cannot answer."""
    (hostile,) = (name for name, text in case.files.items() if "SECRET" in text)
    # A file reads its own folder, a flake what it likes; but one with a pipe in it cannot be copied into the store.
    secret = folder.parent / "secret" if hostile.endswith("flake.nix") else (folder / hostile).parent / "secret"
    for name, text in case.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.replace("SECRET", str(secret)))
    os.mkfifo(secret)
    for name, target in case.links:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(target)
    state.write_text(json.dumps([str(folder / name) for name in case.trusted]))
    return secret


@pytest.mark.parametrize("name", CASES)
def test_nothing_of_a_folder_that_is_not_trusted_is_evaluated(name: str, tmp_path: Path, state: Path) -> None:
    case, folder = CASES[name], tmp_path / "workspace"
    secret = laid_out(case, folder, state)

    async def session() -> None:
        async with editor(folder, case.settings, answer="Not now") as one:
            one.open(case.opened)
            await one.until(lambda: one.asked)
            await edited_and_completed(one, case.opened)
            assert not readers_of(secret)
            assert len(one.asked) == 1

    asyncio.run(session())


# By way of the official C API what is opened through a link did not come as far as its secret; why is not known.
EVALUATED = [name for name in CASES if name != "link to a folder" or hmeval.engine()["interface"] == "compat"]


@pytest.mark.parametrize("name", EVALUATED)
def test_the_same_is_evaluated_where_it_is_trusted(name: str, tmp_path: Path, state: Path) -> None:
    """Or else the test above could not see that something is evaluated."""
    case, folder = CASES[name], tmp_path / "workspace"
    secret = laid_out(case, folder, state)

    async def session() -> None:
        async with editor(folder, case.settings, answer="Trust") as one:
            one.open(case.opened)
            await one.until(lambda: readers_of(secret))

    asyncio.run(session())


def test_never_stands_above_what_was_trusted(tmp_path: Path, state: Path) -> None:
    case, folder = CASES["file"], tmp_path / "workspace"
    secret = laid_out(case._replace(trusted=(".",)), folder, state)

    async def session() -> None:
        async with editor(folder, OFFLINE | {"trust": "never"}) as one:
            one.open()
            await edited_and_completed(one)
            assert not one.asked
            assert not readers_of(secret)

    asyncio.run(session())


def test_trust_that_is_withdrawn_ends_what_is_evaluated(tmp_path: Path, state: Path) -> None:
    folder = tmp_path / "workspace"
    secret = laid_out(CASES["file"], folder, state)

    async def session() -> None:
        async with editor(folder, OFFLINE) as one:
            one.open()
            await one.until(lambda: readers_of(secret))
            settings = {"hmeval": OFFLINE | {"trust": "never"}}
            one.client.set_configuration(settings)
            one.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings))
            await one.until(lambda: not readers_of(secret))

    asyncio.run(session())


async def edited_and_completed(one: Editor, name: str = "home.nix") -> None:
    """What an editor does with a file; at the end long enough for what may be evaluated."""
    half = one.write("{ lib, ... }:\n{\n  programs.git.ena", name)
    place = place_of(half, "git.ena", 7)
    async with asyncio.timeout(PATIENCE):
        while "enable" not in [item.label for item in (await one.complete(place, name)).items]:
            await asyncio.sleep(0.2)
    told = await one.hover(place_of(half, "git.ena"), name)
    assert "built-in option set" in told
    identifier = types.TextDocumentIdentifier(one.uri(name))
    one.client.text_document_did_save(types.DidSaveTextDocumentParams(identifier))
    await asyncio.sleep(2)


def readers_of(fifo: Path) -> list[int]:
    """Whether anybody waits to read it: only then can it be opened for writing at once."""
    try:
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return []
    return [1]


def test_trust_is_asked_for_once_and_kept(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    settings = OFFLINE | {"trust": "ask"}

    async def session(answer: str | None) -> int:
        async with editor(home, settings, answer=answer) as one:
            one.open()
            await one.until_fresh()
            return len(one.asked)

    assert asyncio.run(session("Trust")) == 1
    assert asyncio.run(session(None)) == 0
