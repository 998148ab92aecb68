"""Random edits and requests against a real server: it never fails, and its text is always the editor's.

`LSP_FUZZ_ROUNDS` says how many there are; the seed is printed, and `LSP_FUZZ_SEED` repeats it.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path

from lsprotocol import types
from pytest_lsp import make_test_lsp_client

ROUNDS = int(os.environ.get("LSP_FUZZ_ROUNDS", "1500"))
HOME = (Path(__file__).resolve().parent / "home/home.nix").read_text()
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
    (tmp_path / "home.nix").write_text(HOME)
    asyncio.run(fuzz(tmp_path, random.Random(seed)))


async def fuzz(folder: Path, chance: random.Random) -> None:
    client = make_test_lsp_client()
    uri = (folder / "home.nix").as_uri()
    settings = {"target": "--file home.nix --offline", "trust": "always"}
    await client.start_io(sys.executable, "-m", "hmeval", "lsp")
    capabilities = types.ClientCapabilities()
    await client.initialize_session(
        types.InitializeParams(capabilities, root_uri=folder.as_uri(), initialization_options=settings)
    )
    text, version = HOME, 1
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "nix", version, text)))
    document = types.TextDocumentIdentifier(uri)
    process = client._server.pid if client._server else 0
    early = 0
    for number in range(ROUNDS):
        if number == ROUNDS // 4:
            early = memory_of(process)
        first = chance.randrange(len(text) + 1)
        last = min(len(text), first + (chance.randrange(20) if chance.random() < 0.4 else 0))
        new = "".join(chance.choices(PIECES, k=chance.randrange(3)))
        change = types.TextDocumentContentChangePartial(types.Range(place(text, first), place(text, last)), new)
        text, version = text[:first] + new + text[last:], version + 1
        identifier = types.VersionedTextDocumentIdentifier(version, uri)
        client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))
        where = place(text, chance.randrange(len(text) + 1))
        async with asyncio.timeout(30):
            answer = await client.text_document_hover_async(types.HoverParams(document, where))
            if answer is not None and isinstance(answer.contents, types.MarkupContent):
                assert "*From" in answer.contents.value, "an answer that is older than the text does not say so"
            await request(client, document, where, number)
        if number % 50 == 0:
            await synchronised(client, document, text)
        if len(text) > 4000 or chance.random() < 0.005:
            text, version = HOME, version + 1
            whole = types.TextDocumentContentChangeWholeDocument(text)
            identifier = types.VersionedTextDocumentIdentifier(version, uri)
            client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [whole]))
    assert not [one for one in client.messages if one.type == types.MessageType.Error], client.messages
    assert memory_of(process) - early < MOST_MEMORY_GROWTH
    await client.shutdown_session()


async def request(client: object, document: types.TextDocumentIdentifier, where: types.Position, number: int) -> None:
    """One request of each kind in turn; an exception in the server is one here."""
    from pytest_lsp import LanguageClient

    assert isinstance(client, LanguageClient)
    match number % 5:
        case 0:
            await client.text_document_completion_async(types.CompletionParams(document, where))
        case 1:
            await client.text_document_definition_async(types.DefinitionParams(document, where))
        case 2:
            context = types.ReferenceContext(include_declaration=True)
            await client.text_document_references_async(types.ReferenceParams(context, document, where))
        case 3:
            await client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
        case 4:
            whole = types.Range(types.Position(0, 0), types.Position(999, 0))
            await client.text_document_inlay_hint_async(types.InlayHintParams(document, whole))


async def synchronised(client: object, document: types.TextDocumentIdentifier, text: str) -> None:
    """The server's outline is that of a document which is opened with the text as it is now."""
    from pytest_lsp import LanguageClient

    assert isinstance(client, LanguageClient)
    twin = types.TextDocumentIdentifier(document.uri.replace("home.nix", "twin.nix"))
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(twin.uri, "nix", 1, text)))
    outlines = [
        await client.text_document_document_symbol_async(types.DocumentSymbolParams(one)) for one in (document, twin)
    ]
    client.text_document_did_close(types.DidCloseTextDocumentParams(twin))
    assert outlines[0] == outlines[1]
