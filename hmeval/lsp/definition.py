"""Where an option is declared (definition), and where it is defined and read (references)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from lsprotocol import types

from hmeval.lsp.index import ABSENT
from hmeval.lsp.meaning import Scope
from hmeval.lsp.view import Document, Symbol, View


def definition(view: View, position: types.Position) -> list[types.Location]:
    """The declarations of the option at a position; of a path in `imports`, the file."""
    if imported := _imported(view, position):
        return [types.Location(imported.as_uri(), _at(0, 0))]
    symbol = view.symbol(position)
    if symbol is None:
        return []
    found = view.known(symbol.scope).found(symbol.path)
    options = [found.option] if found.option is not None and found.kind != ABSENT else []
    return [location for option in options for place in option.declaration_positions if (location := _location(place))]


def references(view: View, position: types.Position, documents: Iterable[Document]) -> list[types.Location]:
    """Every place in the documents that defines, or reads, the option at a position, or something in it."""
    symbol = view.symbol(position)
    return [] if symbol is None else [place for document in documents for place in _references(symbol, document)]


def _references(symbol: Symbol, document: Document) -> Iterator[types.Location]:
    whole = document.whole()
    named = [(one.path, one.meaning.scope, one.names[0][1], one.names[-1][2]) for one in whole.found]
    for path, scope, start, end in sorted([*named, *whole.read], key=lambda one: one[2:]):
        if path[: len(symbol.path)] == symbol.path and _is_of(document.scope(scope), symbol.scope):
            yield types.Location(document.uri, document.range(start, end))


def _is_of(scope: Scope, wanted: Scope) -> bool:
    """Whether options may be the same. Whose home's is not always known, and modules serve several configurations."""
    return scope.kind == wanted.kind and (scope.user == wanted.user or None in (scope.user, wanted.user))


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
