"""An editor as the tests are one: a client of a real server, over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client

PATIENCE = 60.0

Settings = dict[str, Any]
OFFLINE: Settings = {"target": "--file home.nix --offline", "trust": "always"}


class Editor:
    """A client with one document open."""

    def __init__(self, client: LanguageClient, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.asked: list[str] = []
        self.answer: str | None = None
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

    def write(self, text: str, name: str = "home.nix") -> str:
        """Replace the whole text."""
        self.edit(types.TextDocumentContentChangeWholeDocument(text), name)
        return text

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

    def progress(self) -> list[tuple[types.ProgressToken, Any]]:
        """What the server has shown of its work for this folder, in order."""
        told: dict[types.ProgressToken, list[Any]] = {**self.client.progress_reports}  # they are said to be requests
        mine = {token: all_ for token, all_ in told.items() if all_ and str(self.folder) in all_[0].title}
        return [(token, one) for token, all_ in mine.items() for one in all_]

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
async def editor(
    folder: Path, settings: Settings, answer: str | None = None, *, common_range: bool = False
) -> AsyncIterator[Editor]:
    """An editor with the folder as its workspace; `common_range`: it understands one range for all completions."""
    client = make_test_lsp_client()
    client.set_configuration({"hmeval": settings})
    one = Editor(client, folder)
    one.answer = answer
    await client.start_io(sys.executable, "-m", "hmeval", "lsp")
    capabilities = client_capabilities("visual-studio-code")
    assert capabilities.text_document is not None
    assert capabilities.text_document.completion is not None
    defaults = types.CompletionListCapabilities(["editRange"]) if common_range else None
    capabilities.text_document.completion.completion_list = defaults
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
