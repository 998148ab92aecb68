"""Where an option is declared (definition), and where it is defined and read (references)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from lsprotocol import types

from hmeval.lsp.index import ABSENT
from hmeval.lsp.view import Document, View


def definition(view: View, position: types.Position) -> list[types.Location]:
    """The declarations of the option at a position; of a path in `imports`, the file."""
    if imported := _imported(view, position):
        return [types.Location(imported.as_uri(), _at(0, 0))]
    symbol = view.symbol(position)
    if symbol is None:
        return []
    found = view.found(symbol.path)
    options = [found.option] if found.option is not None and found.kind != ABSENT else []
    return [location for option in options for place in option.declaration_positions if (location := _location(place))]


def references(view: View, position: types.Position, documents: Iterable[Document]) -> list[types.Location]:
    """Every place in the documents that defines, or reads, the option at a position, or something in it."""
    symbol = view.symbol(position)
    return [] if symbol is None else list(_references(symbol.path, documents))


def _references(path: tuple[str, ...], documents: Iterable[Document]) -> Iterator[types.Location]:
    for document in documents:
        whole = document.whole()
        spans = [(one.names[0][1], one.names[-1][2]) for one in whole.found if one.path[: len(path)] == path]
        spans += [(start, end) for read, start, end in whole.read if read[: len(path)] == path]
        for start, end in sorted(spans):
            places = [types.Position(*document.syntax.place(offset)) for offset in (start, end)]
            yield types.Location(document.path.as_uri(), types.Range(*places))


def _location(place: object) -> types.Location | None:
    match place:
        case {"file": str(file), "line": line, "column": column} if file.startswith("/"):
            return types.Location(Path(file).as_uri(), _at((line or 1) - 1, (column or 1) - 1))
    return None


def _at(line: int, column: int) -> types.Range:
    return types.Range(types.Position(line, column), types.Position(line, column))


def _imported(view: View, position: types.Position) -> Path | None:
    node = view.syntax.root.descendant_for_byte_range(view.offset(position), view.offset(position))
    while node is not None and node.type != "path_expression":
        node = node.parent
    if node is None:
        return None
    path = (view.document.path.parent / view.syntax.slice(node.start_byte, node.end_byte)).resolve()
    path = path / "default.nix" if path.is_dir() else path
    return path if path.is_file() else None
