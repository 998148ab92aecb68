"""hmeval.toml in an editor: it names the target and replaces inputs, once its folder is trusted, and not before."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from lsprotocol import types

import hmeval
from tests.lsp.editor import Editor, Settings, editor, place_of

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
OFFLINE = Path(hmeval.__file__).resolve().parent / "offline"
ASK: Settings = {"trust": "ask"}
READS, SEES = "builtins.readFile SECRET", "builtins.readFile SEEN"
FLAKE = """{
  inputs.x.url = "path:HERE/good";
  outputs = { x, ... }: { homeConfigurations.alice = x.home; };
}
"""
GOOD, BAD = (f"{{ outputs = _: {{ home = {reads}; }}; }}" for reads in (SEES, READS))
FLAKES = {"a/flake.nix": FLAKE, "a/home.nix": "{ }", "good/flake.nix": GOOD, "bad/flake.nix": BAD}
REPLACED = 'target = "a#alice"\n[overrides]\nx = "bad"\n'


class Case(NamedTuple):
    """A workspace: its folder `a` is trusted, and hmeval.toml leads to code that is not."""

    files: dict[str, str]
    settings: Settings = ASK
    links: tuple[tuple[str, str], ...] = ()


CASES = {
    "a file": Case(
        {
            "hmeval.toml": 'target = "bad/home.nix"',
            "a/home.nix": f"{{ x = {SEES}; }}",
            "bad/home.nix": f"{{ x = {READS}; }}",
        }
    ),
    "an input": Case(
        {
            "hmeval.toml": REPLACED,
            "a/flake.nix": FLAKE,
            "good/flake.nix": GOOD,
            "bad/flake.nix": BAD,
            "a/home.nix": "{ }",
        }
    ),
    "an input of the setting's flake": Case(
        {
            "hmeval.toml": REPLACED,
            "a/flake.nix": FLAKE,
            "good/flake.nix": GOOD,
            "bad/flake.nix": BAD,
            "a/home.nix": "{ }",
        },
        ASK | {"target": "--flake a#alice"},
    ),
    "a link": Case(
        FLAKES | {"bad/hmeval.toml": REPLACED.replace('"bad"', '"../bad"').replace("a#", ".#")},
        links=(("a/hmeval.toml", "../bad/hmeval.toml"),),
    ),
}


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where it is kept what the user trusts."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("NIX_PATH", ":".join(f"{name}={OFFLINE}/{name}" for name in ("home-manager", "nixpkgs")))
    file = tmp_path / "state/hmeval/trusted-folders.json"
    file.parent.mkdir(parents=True)
    return file


def laid_out(case: Case, folder: Path, state: Path) -> tuple[Path, Path]:
    """Lay the workspace out; what is read without hmeval.toml, and the secret: whoever reads one waits for ever."""
    seen = folder / "a/seen" if "bad/home.nix" in case.files else folder.parent / "seen"
    secret = folder / "bad/secret" if "bad/home.nix" in case.files else folder.parent / "secret"
    for name, text in case.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(
            text.replace("SECRET", str(secret)).replace("SEEN", str(seen)).replace("HERE", str(folder))
        )
    os.mkfifo(secret)
    os.mkfifo(seen)
    for name, target in case.links:
        (folder / name).symlink_to(target)
    state.write_text(json.dumps([str(folder / "a")]))
    return seen, secret


def is_read(fifo: Path) -> bool:
    """Whether anybody waits to read it: only then can it be opened for writing at once."""
    try:
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


@pytest.mark.parametrize("name", CASES)
def test_nothing_that_it_leads_to_is_evaluated_before_its_folder_is_trusted(
    name: str, tmp_path: Path, state: Path
) -> None:
    case, folder = CASES[name], tmp_path / "workspace"
    seen, secret = laid_out(case, folder, state)

    async def session() -> None:
        async with editor(folder, case.settings, answer="Not now") as one:
            one.open("a/home.nix")
            await one.until(lambda: one.asked)
            identifier = types.TextDocumentIdentifier(one.uri("a/home.nix"))
            one.client.text_document_did_save(types.DidSaveTextDocumentParams(identifier))
            await one.until(lambda: is_read(seen))  # what there is without hmeval.toml is evaluated
            assert not is_read(secret)
            (asked,) = one.asked
            assert str(folder / ("bad" if case.links else "")).rstrip("/") in asked

    asyncio.run(session())


@pytest.mark.parametrize("name", CASES)
def test_the_same_is_evaluated_where_it_is_trusted(name: str, tmp_path: Path, state: Path) -> None:
    case, folder = CASES[name], tmp_path / "workspace"
    _, secret = laid_out(case, folder, state)

    async def session() -> None:
        async with editor(folder, case.settings, answer="Trust") as one:
            one.open("a/home.nix")
            await one.until(lambda: is_read(secret))

    asyncio.run(session())


def changed(one: Editor) -> None:
    change = types.FileEvent(one.uri("hmeval.toml"), types.FileChangeType.Changed)
    one.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))


def test_the_target_user_and_inputs_are_its(tmp_path: Path) -> None:
    """And what a wrong one says is shown; what is right again is taken."""
    folder = tmp_path / "nixos"
    shutil.copytree(EXAMPLES / "nixos", folder)
    text = f"""
        target = ".#nixosConfigurations.desk"
        user = "alice"
        [overrides]
        nixpkgs = "{OFFLINE}/nixpkgs"
        home-manager = "path:{OFFLINE}/home-manager"
    """
    (folder / "hmeval.toml").write_text(text + "wrong = '.'")

    async def session() -> None:
        async with editor(folder, {"trust": "always"}) as one:
            one.open("alice.nix")
            await one.until(lambda: any("no such input" in told.message for told in one.client.messages))
            (folder / "hmeval.toml").write_text(text.replace("user", "usr"))
            changed(one)
            await one.until(lambda: any(":3: usr: this key" in told.message for told in one.client.messages))
            (folder / "hmeval.toml").write_text(text)
            changed(one)
            opened = (folder / "alice.nix").read_text()
            async with asyncio.timeout(60):
                while "Value" not in await one.hover(place_of(opened, "stateVersion"), "alice.nix"):
                    await asyncio.sleep(0.2)

    asyncio.run(session())
