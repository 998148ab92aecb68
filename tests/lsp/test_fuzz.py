"""Random edits and requests against a real server: it never fails, and its text is always the editor's.

Meanwhile the file is evaluated again and again, and the processes in which that is done are killed.

`LSP_FUZZ_ROUNDS` says how many there are; the seed is printed, and `LSP_FUZZ_SEED` repeats it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from hmeval.lsp.diagnostics import OLDER

ROUNDS = int(os.environ.get("LSP_FUZZ_ROUNDS", "1500"))
HERE = Path(__file__).resolve().parent
HOME = (HERE / "home/home.nix").read_text()
PIECES = [
    "programs.git.",
    "{ ",
    " }",
    "[ ",
    " ]",
    " = ",
    ";",
    '"',
    "''",
    "${",
    "\n",
    "😀",
    "é",
    "lib.mkIf x ",
    "config.",
    "# ",
    "let ",
    " in ",
    "enable",
]
MOST_MEMORY_GROWTH = 64 * 1024


def units(text: str) -> int:
    """How many UTF-16 units a text has."""
    return len(text.encode("utf-16-le")) // 2


def place(text: str, offset: int) -> types.Position:
    """The position of an offset."""
    start = text.rfind("\n", 0, offset) + 1
    return types.Position(text.count("\n", 0, offset), units(text[start:offset]))


def memory_of(process: int) -> int:
    """The KiB that a process has in memory."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def test_random_edits_and_requests(tmp_path: Path) -> None:
    seed = int(os.environ.get("LSP_FUZZ_SEED", random.randrange(2**32)))
    print(f"LSP_FUZZ_SEED={seed}")
    folder = Path(shutil.copytree(HERE / "home", tmp_path / "home"))
    asyncio.run(fuzz(folder, random.Random(seed)))


class Fuzz:
    """A client with one document, which it changes at random, and what the server has said of it."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.client = LanguageClient("hmeval-fuzz", "1")
        self.chance = chance
        self.folder = folder
        self.document = types.TextDocumentIdentifier((folder / "home.nix").as_uri())
        self.text, self.version, self.is_edited = HOME, 1, False
        self.told_of = 0  # the version that the last diagnostics are of
        self.wrong: list[str] = []
        self.unsent: list[types.DidChangeTextDocumentParams] = []

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)  # type: ignore[untyped-decorator]
        def published(params: types.PublishDiagnosticsParams) -> None:
            if params.uri == self.document.uri and params.version is not None:
                if not self.told_of <= params.version <= self.version:
                    self.wrong.append(f"diagnostics of version {params.version} after those of {self.told_of}")
                self.told_of = params.version
                self.check_marks(params.diagnostics)

        @self.client.feature(types.WINDOW_SHOW_MESSAGE)  # type: ignore[untyped-decorator]
        def shown(params: types.ShowMessageParams) -> None:
            self.wrong.append(params.message)

        @self.client.feature(types.WINDOW_LOG_MESSAGE)  # type: ignore[untyped-decorator]
        def logged(params: types.LogMessageParams) -> None:
            if params.type == types.MessageType.Error:
                self.wrong.append(params.message)

    async def begin(self) -> int:
        """Open the document; the server's process."""
        await self.client.start_io(sys.executable, "-m", "hmeval", "lsp")
        settings = {"target": "--file home.nix --offline", "trust": "always"}
        root = self.folder.as_uri()
        await self.client.initialize_async(
            types.InitializeParams(types.ClientCapabilities(), root_uri=root, initialization_options=settings)
        )
        self.client.initialized(types.InitializedParams())
        item = types.TextDocumentItem(self.document.uri, "nix", self.version, self.text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        assert self.client._server is not None
        return self.client._server.pid

    def check_marks(self, found: Sequence[types.Diagnostic]) -> None:
        """What is told of options is no error while the text has changes that no evaluation saw."""
        for one in found if self.is_edited else ():
            is_marked = (
                OLDER in one.message if one.code == "evaluation" else one.severity != types.DiagnosticSeverity.Error
            )
            if one.code in ("unknown-option", "evaluation") and not is_marked:
                self.wrong.append(f"without its mark: {one}")

    def type(self) -> None:
        """One edit, or a few at once that come to the server in any order."""
        for _ in range(self.chance.randrange(2, 8) if self.chance.random() < 0.1 else 1):
            self.edit()
        self.chance.shuffle(self.unsent)
        self.send()

    def send(self) -> None:
        for params in self.unsent:
            self.client.text_document_did_change(params)
        self.unsent.clear()

    def edit(self) -> None:
        """Replace a few characters by a few others."""
        text, chance = self.text, self.chance
        first = chance.randrange(len(text) + 1)
        last = min(len(text), first + (chance.randrange(20) if chance.random() < 0.4 else 0))
        new = "".join(chance.choices(PIECES, k=chance.randrange(3)))
        where = types.Range(place(text, first), place(text, last))
        self.change(types.TextDocumentContentChangePartial(where, new), text[:first] + new + text[last:])

    def replace(self) -> None:
        """Replace the whole text by the file's."""
        self.change(types.TextDocumentContentChangeWholeDocument(HOME), HOME)
        self.send()

    def change(self, change: types.TextDocumentContentChangeEvent, text: str) -> None:
        self.text, self.version, self.is_edited = text, self.version + 1, True
        identifier = types.VersionedTextDocumentIdentifier(self.version, self.document.uri)
        self.unsent.append(types.DidChangeTextDocumentParams(identifier, [change]))

    def evaluate_again(self) -> None:
        """Have the server evaluate the file, which is not what the editor has."""
        change = types.FileEvent(self.document.uri, types.FileChangeType.Changed)
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))

    def somewhere(self) -> types.Position:
        return place(self.text, self.chance.randrange(len(self.text) + 1))

    async def hover(self, where: types.Position) -> str:
        """A hover's text; "" where there is none."""
        answer = await self.client.text_document_hover_async(types.HoverParams(self.document, where))
        return str(answer.contents.value) if answer and isinstance(answer.contents, types.MarkupContent) else ""

    async def request(self, number: int) -> None:
        """One request of each kind in turn; an exception in the server is one here."""
        client, document, where = self.client, self.document, self.somewhere()
        match number % 6:
            case 0:
                found = await client.text_document_completion_async(types.CompletionParams(document, where))
                if isinstance(found, types.CompletionList) and found.items:
                    await client.completion_item_resolve_async(self.chance.choice(found.items))
            case 1:
                await client.text_document_definition_async(types.DefinitionParams(document, where))
            case 2:
                context = types.ReferenceContext(include_declaration=True)
                await client.text_document_references_async(types.ReferenceParams(context, document, where))
            case 3:
                await client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
            case 4:
                await client.workspace_symbol_async(types.WorkspaceSymbolParams("git"))
            case 5:
                whole = types.Range(types.Position(0, 0), types.Position(999, 0))
                hints = await client.text_document_inlay_hint_async(types.InlayHintParams(document, whole))
                assert not hints, "a value that is older than the text is shown in it"

    async def synchronised(self) -> None:
        """The server's outline is that of a document which is opened with the text as it is now."""
        twin = types.TextDocumentIdentifier(self.document.uri.replace("home.nix", "twin.nix"))
        item = types.TextDocumentItem(twin.uri, "nix", 1, self.text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        outlines = [
            await self.client.text_document_document_symbol_async(types.DocumentSymbolParams(one))
            for one in (self.document, twin)
        ]
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(twin))
        assert outlines[0] == outlines[1]

    async def until_quiet(self) -> None:
        """The file's own text again: the server has its values, and finds nothing wrong with it."""
        self.replace()
        self.is_edited = False
        identifier = types.TextDocumentIdentifier(self.document.uri)
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(identifier))
        where, until = place(HOME, HOME.index("username")), time.monotonic() + 30
        while "*From" in (told := await self.hover(where)) or '"alice"' not in told or self.told_of != self.version:
            assert time.monotonic() < until, (told, self.told_of, self.version, self.wrong)
            await asyncio.sleep(0.1)


async def fuzz(folder: Path, chance: random.Random) -> None:
    one = Fuzz(folder, chance)
    process = await one.begin()
    early, next_end = 0, 100
    for number in range(ROUNDS):
        if number == ROUNDS // 4:
            early = memory_of(process)
        one.type()
        async with asyncio.timeout(30):
            told = await one.hover(one.somewhere())
            assert not told or "*From" in told, "an answer that is older than the text does not say so"
            await one.request(number)
            if number % 50 == 0:
                await one.synchronised()
        if number % 70 == 0:
            one.evaluate_again()
        if number == next_end:
            end_children(process)
            next_end += chance.randrange(200, 500)  # each costs one evaluation more, which takes a while
        if len(one.text) > 4000 or chance.random() < 0.005:
            one.replace()
    await one.until_quiet()
    assert not one.wrong
    grown = memory_of(process) - early
    print(f"{ROUNDS} rounds; memory grew by {grown} KiB after the first quarter of them")
    assert grown < MOST_MEMORY_GROWTH
    await one.client.shutdown_async(None)
    one.client.exit(None)
    await one.client.stop()  # type: ignore[no-untyped-call]


def end_children(process: int) -> None:
    """Kill the processes in which the server evaluates and parses."""
    for task in Path(f"/proc/{process}/task").iterdir():
        with contextlib.suppress(OSError):
            for child in (task / "children").read_text().split():
                os.kill(int(child), signal.SIGKILL)
