"""The language server as editors meet it: a process of its own, over standard input and output.

`home/` is the workspace that is edited: a configuration of two files, and one with mistakes that nothing imports.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client

HERE = Path(__file__).resolve().parent
PATIENCE = 15.0

Settings = dict[str, Any]
OFFLINE: Settings = {"target": "--file home.nix --offline", "trust": "always"}


class Editor:
    """A client with one document open."""

    def __init__(self, client: LanguageClient, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.asked: list[str] = []
        self.answer: str | None = None
        self.begun: list[Any] = []
        self.progress: list[Any] = []
        self.version = 0

        @client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)  # type: ignore[untyped-decorator]
        def ask(params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
            self.asked.append(params.message)
            return types.MessageActionItem(self.answer) if self.answer else None

        @client.feature(types.CLIENT_REGISTER_CAPABILITY)  # type: ignore[untyped-decorator]
        def register(params: types.RegistrationParams) -> None:
            pass

    def uri(self, name: str = "home.nix") -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str = "home.nix", text: str | None = None) -> str:
        """Open a file, with its own text or another one."""
        text = (self.folder / name).read_text() if text is None else text
        self.version += 1
        item = types.TextDocumentItem(self.uri(name), "nix", self.version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return text

    def edit(self, change: types.TextDocumentContentChangeEvent, name: str = "home.nix") -> None:
        self.version += 1
        identifier = types.VersionedTextDocumentIdentifier(self.version, self.uri(name))
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))

    def write(self, text: str, name: str = "home.nix") -> None:
        """Replace the whole text."""
        self.edit(types.TextDocumentContentChangeWholeDocument(text), name)

    def save(self, text: str, name: str = "home.nix") -> None:
        """Write the text to the file, as editors do."""
        (self.folder / name).write_text(text)
        identifier = types.TextDocumentIdentifier(self.uri(name))
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(identifier))

    async def hover(self, place: types.Position, name: str = "home.nix") -> str:
        """The text of a hover; "" where there is none."""
        params = types.HoverParams(types.TextDocumentIdentifier(self.uri(name)), place)
        answer = await self.client.text_document_hover_async(params)
        return str(answer.contents.value) if answer and isinstance(answer.contents, types.MarkupContent) else ""

    async def complete(self, place: types.Position, name: str = "home.nix") -> types.CompletionList:
        params = types.CompletionParams(types.TextDocumentIdentifier(self.uri(name)), place)
        answer = await self.client.text_document_completion_async(params)
        return answer if isinstance(answer, types.CompletionList) else types.CompletionList(False, [])

    def diagnostics(self, name: str = "home.nix") -> list[types.Diagnostic]:
        return list(self.client.diagnostics.get(self.uri(name), ()))

    async def until(self, happened: Callable[[], Any]) -> None:
        """Wait until something holds that the server tells."""
        async with asyncio.timeout(PATIENCE):
            while not happened():
                await asyncio.sleep(0.05)

    async def until_fresh(self, name: str = "home.nix") -> None:
        """Wait until the configuration has been evaluated as it is on the disk."""
        async with asyncio.timeout(PATIENCE):
            while True:
                text = await self.hover(place_of((self.folder / name).read_text(), "username"), name)
                if "Value" in text and "*From" not in text:
                    return
                await asyncio.sleep(0.1)


def place_of(text: str, wanted: str, after: int = 0) -> types.Position:
    """The place of a word in a text, in UTF-16 units, and some characters on."""
    offset = text.index(wanted) + after
    line = text.count("\n", 0, offset)
    start = text.rfind("\n", 0, offset) + 1
    return types.Position(line, len(text[start:offset].encode("utf-16-le")) // 2)


@asynccontextmanager
async def editor(folder: Path, settings: Settings, answer: str | None = None) -> AsyncIterator[Editor]:
    """An editor with the folder as its workspace."""
    client = make_test_lsp_client()
    client.set_configuration({"hmeval": settings})
    one = Editor(client, folder)
    one.answer = answer
    await client.start_io(sys.executable, "-m", "hmeval", "lsp")
    capabilities = client_capabilities("visual-studio-code")
    uri = folder.as_uri()
    await client.initialize_session(
        types.InitializeParams(
            capabilities=capabilities,
            root_uri=uri,
            workspace_folders=[types.WorkspaceFolder(uri, folder.name)],
            initialization_options=settings,
        )
    )
    try:
        yield one
    finally:
        await client.shutdown_session()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of the workspace."""
    return Path(shutil.copytree(HERE / "home", tmp_path / "home"))


def test_hover_tells_value_definitions_and_documentation(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            told = await one.hover(place_of(text, "EDITOR"))
            assert '"nvim"' in told
            assert "a value within `home.sessionVariables`" in told
            assert f"{home}/git.nix:4:3" in told
            assert f"{home}/home.nix:7:3" in told
            told = await one.hover(place_of(text, "base", 1))
            assert "home.language.base" in told
            assert '"de_DE.UTF-8"' in told

    asyncio.run(session())


def test_completion_offers_names_snippets_and_values(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            half = text.replace("  home.username", "  programs.git.ena\n  home.username", 1)
            one.write(half)
            found = await one.complete(place_of(half, "git.ena", 7))
            first = next(item for item in found.items if item.label == "enable")
            assert isinstance(first.text_edit, types.TextEdit)
            assert first.text_edit.new_text == "enable = ${1|true,false|};"
            assert first.text_edit.range.end == place_of(half, "git.ena", 7)
            resolved = await one.client.completion_item_resolve_async(first)
            assert isinstance(resolved.documentation, types.MarkupContent)
            assert "programs.git.enable" in resolved.documentation.value
            half = text.replace("  home.username", '  news.display = "";\n  home.username', 1)
            one.write(half)
            found = await one.complete(place_of(half, 'display = "', 11))
            assert [item.label for item in found.items] == ['"silent"', '"notify"', '"show"']
            half = text.replace("  home.username", "  news.display = config.home.us;\n  home.username", 1)
            one.write(half)
            found = await one.complete(place_of(half, "config.home.us;", 14))
            assert "username" in [item.label for item in found.items]

    asyncio.run(session())


def test_definition_references_and_symbols(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            document = types.TextDocumentIdentifier(one.uri())
            place = place_of(text, "username")
            found = await one.client.text_document_definition_async(types.DefinitionParams(document, place))
            assert isinstance(found, list | tuple)
            assert [location.uri.rsplit("/", 1)[1] for location in found] == ["identity.nix"]
            place = place_of(text, "./git.nix", 3)
            found = await one.client.text_document_definition_async(types.DefinitionParams(document, place))
            assert [location.uri for location in found or ()] == [one.uri("git.nix")]  # type: ignore[union-attr]
            params = types.ReferenceParams(types.ReferenceContext(True), document, place_of(text, "EDITOR"))
            places = await one.client.text_document_references_async(params)
            assert sorted((one.uri.rsplit("/", 1)[1], one.range.start.line) for one in places or ()) == [
                ("git.nix", 3),
                ("home.nix", 6),
            ]
            params = types.ReferenceParams(types.ReferenceContext(True), document, place_of(text, "username"))
            places = await one.client.text_document_references_async(params)
            assert [one.range.start.line for one in places or ()] == [3, 4]
            outline = await one.client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
            assert "home.username" in [symbol.name for symbol in outline or ()]
            everywhere = await one.client.workspace_symbol_async(types.WorkspaceSymbolParams("gitenable"))
            assert [symbol.name for symbol in everywhere or ()] == ["programs.git.enable"]

    asyncio.run(session())


def test_diagnostics_from_the_text_and_their_fixes(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            one.open()
            await one.until_fresh()
            one.open("scratch.nix")
            await one.until(lambda: len(one.diagnostics("scratch.nix")) == 4)
            found = {item.code: item for item in one.diagnostics("scratch.nix")}
            text = (home / "scratch.nix").read_text()
            assert "programs.git.enable" in found["unknown-option"].message
            assert found["unknown-option"].range.start == place_of(text, "enabel")
            assert found["renamed"].message == "programs.git.userName is now programs.git.settings.user.name"
            wrong = [item.message for item in one.diagnostics("scratch.nix") if item.code == "wrong-type"]
            assert len(wrong) == 2
            document = types.TextDocumentIdentifier(one.uri("scratch.nix"))
            for code, new in (("unknown-option", "enable"), ("renamed", "programs.git.settings.user.name")):
                context = types.CodeActionContext([found[code]])
                params = types.CodeActionParams(document, found[code].range, context)
                fixes = await one.client.text_document_code_action_async(params)
                fix = next(fix for fix in fixes or () if isinstance(fix, types.CodeAction))
                assert fix.edit is not None
                assert [edit.new_text for edit in (fix.edit.changes or {})[one.uri("scratch.nix")]] == [new]

    asyncio.run(session())


def test_syntax_errors_are_those_of_nix(home: Path) -> None:
    async def session() -> None:
        async with editor(home, {"trust": "never"}) as one:
            one.open(text="{ lib, ... }:\n{\n  home.username = ;\n}\n")
            await one.until(one.diagnostics)
            (found,) = one.diagnostics()
            assert (found.code, found.range.start) == ("syntax", types.Position(2, 18))
            one.write("{\n  lib,\n}:\n{\n  home.username = lib.x;\n}\n")  # a trailing comma is none
            await one.until(lambda: not one.diagnostics())

    asyncio.run(session())


def test_what_the_evaluation_finds_is_told_at_its_place_in_the_right_file(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            broken = '{ lib, ... }:\n{\n  programs.jq.enable = builtins.throw "no jq here";\n}\n'
            (home / "git.nix").write_text(broken)
            one.save(text)
            await one.until(lambda: any("no jq here" in item.message for item in one.diagnostics("git.nix")))
            # Nix 2.8.0 does not tell where the throw is: there, its definition is the place.
            definition, throw = types.Position(2, 2), types.Position(2, 23)
            assert one.diagnostics("git.nix")[0].range.start in (definition, throw)
            (home / "git.nix").write_text("{ nosuch.option = 1; }\n")
            one.save(text)
            await one.until(lambda: any("nosuch" in item.message for item in one.diagnostics("git.nix")))
            found = one.diagnostics("git.nix")[0]
            assert (found.code, found.range.start) == ("evaluation", types.Position(0, 2))
            (home / "git.nix").write_text("{ }\n")
            one.save(text)
            await one.until(lambda: not one.diagnostics("git.nix") and not one.diagnostics())

    asyncio.run(session())


def test_inlay_hints_show_the_value_that_won(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            one.open()
            await one.until_fresh()
            whole = types.Range(types.Position(0, 0), types.Position(99, 0))
            params = types.InlayHintParams(types.TextDocumentIdentifier(one.uri()), whole)
            hints = await one.client.text_document_inlay_hint_async(params)
            assert [(hint.position.line, hint.label) for hint in hints or ()] == [
                (4, '= "/home/alice"'),
                (6, '= "nvim"'),
            ]

    asyncio.run(session())


def test_an_answer_that_is_older_than_the_text_says_so(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            changed = text.replace('"alice"', '"bob"')
            one.write(changed)
            told = await one.hover(place_of(changed, "username"))
            assert '"alice"' in told
            assert "not saved" in told
            one.save(changed)
            await one.until_fresh()
            assert '"bob"' in await one.hover(place_of(changed, "username"))

    asyncio.run(session())


HOSTILE = """{ lib, ... }:
let
  seen = builtins.readFile SECRET;
in
{
  imports = [ (builtins.toFile "x.nix" seen) ];
  home.username = builtins.trace seen (builtins.readFile SECRET);
}
"""


@pytest.mark.parametrize("trust", ["ask", "never"])
def test_nothing_of_a_folder_that_is_not_trusted_is_evaluated(home: Path, trust: str) -> None:
    secret = home / "secret"
    os.mkfifo(secret)  # whoever reads it waits for ever: a server that did could not answer

    async def session() -> None:
        hostile = HOSTILE.replace("SECRET", str(secret))
        (home / "home.nix").write_text(hostile)
        async with editor(home, OFFLINE | {"trust": trust}, answer="Not now") as one:
            one.open()
            await one.until(lambda: trust == "never" or one.asked)
            await asyncio.sleep(2)  # where it is trusted, it has been evaluated as far as the secret by then
            assert not readers_of(secret)
            half = hostile + "\n{ programs.git.ena"
            one.write(half)
            one.save(half)
            place = place_of(half, "git.ena", 7)
            for _ in range(20):
                found = await one.complete(place)
                if found.items:
                    break
                await asyncio.sleep(0.2)
            assert len(one.asked) == (trust == "ask")
            told = await one.hover(place_of(half, "username"))
            assert "built-in option set" in told
            assert not readers_of(secret)

    asyncio.run(session())


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


def test_wrong_settings_are_told_and_the_defaults_taken(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE | {"evaluation": {"timeout": "soon", "memory": 1}}) as one:
            one.open()
            await one.until_fresh()
            told = " ".join(message.message for message in one.client.messages)
            assert "hmeval.evaluation.timeout" in told
            assert "hmeval.evaluation.memory" in told

    asyncio.run(session())


def test_the_death_of_a_worker_costs_one_evaluation(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            server = one.client._server.pid if one.client._server else 0
            killed = 0
            for _ in range(3):
                one.save(text)
                await asyncio.sleep(0.4)
                for child in children_of(server):
                    os.kill(child, signal.SIGKILL)
                    killed += 1
                await one.hover(place_of(text, "EDITOR"))
            assert killed
            one.save(text)
            await one.until_fresh()
            one.write("{ home.username = ; }")
            await one.until(lambda: any(item.code == "syntax" for item in one.diagnostics()))

    asyncio.run(session())


def children_of(process: int) -> list[int]:
    """The processes that a process has started."""
    listed = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(child) for task in Path(f"/proc/{process}/task").iterdir() for child in _children(task)] or [
        int(child) for child in listed
    ]


def _children(task: Path) -> list[str]:
    try:
        return (task / "children").read_text().split()
    except OSError:
        return []


def test_an_evaluation_that_takes_too_long_is_told(home: Path) -> None:
    async def session() -> None:
        settings = OFFLINE | {"evaluation": {"timeout": 1}}
        async with editor(home, settings) as one:
            loop = "builtins.foldl' (a: b: builtins.foldl' (c: d: d) 0 numbers) 0 numbers"
            text = f"let numbers = builtins.genList (x: x) 30000; in {{ imports = [ {{ x = {loop}; }} ]; }}\n"
            text = text.replace("imports = [ { x = ", "imports = builtins.seq (").replace("; } ]; }", ") [ ]; }")
            (home / "home.nix").write_text(text)
            one.open()
            await one.until(lambda: one.client.log_messages)
            assert "longer than 1" in one.client.log_messages[0].message

    asyncio.run(session())
