"""Positions in Nix text, whole and half-written: what each is about, and what is offered there.

`positions.txt` has a text on a line, with `|` at the position and `\\n` for a new line, and below it what is expected:
`KIND [SCOPE:]PATH [quoted]: NAME, NAME`, the best first, or `nothing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hmeval.lsp.completion import suggestions
from hmeval.lsp.index import OptionIndex
from hmeval.lsp.names import Names
from hmeval.lsp.option_path import cursor_at, read_whole
from hmeval.lsp.syntax import UTF8, UTF16, Syntax

PACKAGES = Names(["git", "gitui", "7zz", "ripgrep", "Xorg", "python3Packages"])

HERE = Path(__file__).resolve().parent


def rows() -> Iterator[tuple[str, str]]:
    """The table: a text and what is expected."""
    lines = (HERE / "positions.txt").read_text().splitlines()
    for number, line in enumerate(lines):
        if not line.startswith(("#", "    ")):
            yield line.replace("\\n", "\n"), lines[number + 1].strip()


ROWS = list(rows())


def told(index: OptionIndex, text: str, encoding: str) -> str:
    """What the server makes of the position, as the table writes it."""
    before, _, after = text.partition("|")
    lines = before.split("\n")
    column = len(lines[-1].encode("utf-16-le")) // 2 if encoding == UTF16 else len(lines[-1].encode())
    syntax = Syntax(before + after, encoding)
    cursor = cursor_at(syntax, syntax.offset((len(lines) - 1, column)))
    if cursor is None:
        return "nothing"
    found = sorted(suggestions(index, cursor, snippets=False, packages=PACKAGES).found, key=lambda one: one.rank)
    scope = f"{' '.join(filter(None, cursor.scope))}:" if cursor.scope else ""
    quoted = " quoted" if cursor.quoted else ""
    names = ", ".join(one.label for one in found)
    return f"{cursor.kind} {scope}{'.'.join(cursor.path) or '-'}{quoted}: {names}".strip()


def test_the_table_is_long_enough() -> None:
    assert len(ROWS) >= 120


@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_position(index: OptionIndex, text: str, expected: str) -> None:
    assert told(index, text, UTF16) == expected


@pytest.mark.parametrize("encoding", [UTF8, UTF16])
@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_position_behind_characters_of_several_units(
    index: OptionIndex, text: str, expected: str, encoding: str
) -> None:
    assert told(index, "/* é 😀 */ " + text, encoding) == expected


def test_every_position_of_a_half_written_text_has_an_answer() -> None:
    for text, _ in ROWS:
        whole = text.replace("|", "")
        for length in range(len(whole)):
            syntax = Syntax(whole[:length])
            for offset in range(0, len(syntax.source), 3):
                cursor_at(syntax, offset)
            read_whole(syntax)


WORDS = st.sampled_from(
    ["{", "}", "[", "]", "(", ")", "=", ";", ".", '"', "''", "${", " ", "\n", "😀", "é", "let", "in", "mkIf", "config"]
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([text for text, _ in ROWS]),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3), st.lists(WORDS, max_size=4).map("".join)), max_size=8),
)
def test_an_edited_text_is_read_as_if_it_had_been_opened_so(text: str, edits: list[tuple[int, int, str]]) -> None:
    current = text
    syntax = Syntax(current, UTF8)
    for start, length, new in edits:
        first, last = min(start, len(current)), min(start + length, len(current))
        places = [syntax.place(len(current[:at].encode())) for at in (first, last)]
        syntax.replace(places[0], places[1], new)
        current = current[:first] + new + current[last:]
        assert syntax.text == current
        for offset in range(0, len(syntax.source) + 1, 5):
            cursor_at(syntax, offset)
        read_whole(syntax)
