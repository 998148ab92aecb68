"""An editor's edits make its text: whatever stands in it, and in whatever order they come."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from hmeval.lsp.view import Document
from tests.lsp.editor import OFFLINE, editor, place_of

TEXTS = st.text(st.sampled_from("ab .\n\f\v\u2028é😀"), max_size=12)
Edit = tuple[int, types.TextDocumentContentChangePartial]


def place(text: str, offset: int) -> types.Position:
    """The position of an offset; lines end with \\n, and with nothing else that Python ends them with."""
    before = text[:offset]
    start = before.rfind("\n") + 1
    return types.Position(before.count("\n"), len(before[start:].encode("utf-16-le")) // 2)


@st.composite
def typed(draw: st.DrawFn) -> tuple[str, str, list[Edit]]:
    """A text, what it is made, and the edits that make it that, numbered."""
    text = first = draw(TEXTS)
    edits: list[Edit] = []
    for version in range(draw(st.integers(1, 8))):
        start, end = sorted(draw(st.integers(0, len(text))) for _ in range(2))
        new = draw(TEXTS)
        where = types.Range(place(text, start), place(text, end))
        edits.append((version, types.TextDocumentContentChangePartial(where, new)))
        text = text[:start] + new + text[end:]
    return first, text, edits


@given(typed(), st.randoms())
def test_edits_in_any_order(what: tuple[str, str, list[Edit]], chance: object) -> None:
    before, after, edits = what
    chance.shuffle(edits)  # type: ignore[attr-defined]
    document = Document(Path("/home.nix"), before, -1, "utf-16")
    for version, change in edits:
        document.edit(version, [change])
    assert document.syntax.text == after
    assert document.version == max((version for version, _ in edits), default=-1)


def overtaking(text: str, first: int) -> Iterator[tuple[int, types.TextDocumentContentChangePartial]]:
    """What is typed into line 1, as Helix 25.01 sent what a macro typed."""
    for number in (0, 4, 5, 2, 3, 1, *range(len(text) - 1, 5, -1)):
        where = types.Position(1, number)
        yield first + number, types.TextDocumentContentChangePartial(types.Range(where, where), text[number])


def test_edits_that_overtake_each_other_reach_the_server(home: Path) -> None:
    typed = "programs.git."

    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            one.open()
            await one.until_fresh()
            one.write("{\n\n}\n")
            for version, change in overtaking(typed, one.version + 1):
                one.version = version - 1
                one.edit(change)
            found = await one.complete(types.Position(1, len(typed)))
            assert {"enable", "ignores"} <= {item.label for item in found.items}

    asyncio.run(session())


def test_an_edit_after_a_form_feed_has_its_place(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            one.open()
            await one.until_fresh()
            text = one.write("{\n  # a\fb\u2028c\n  programs.git.\n}\n")
            where = place_of(text, "git.", 4)
            one.edit(types.TextDocumentContentChangePartial(types.Range(where, where), "enable = true;"))
            document = types.TextDocumentIdentifier(one.uri())
            told = await one.client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
            assert told
            assert [symbol.name for symbol in told] == ["programs.git.enable"]

    asyncio.run(session())
