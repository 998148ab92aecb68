"""The options that a document, or the whole workspace, defines."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from hmeval.lsp.option_path import Definition
from hmeval.lsp.view import Document
from hmeval.options.path import show_option

_MOST = 500


def document_symbols(document: Document) -> list[types.DocumentSymbol]:
    """The definitions in a document, those in a set below it."""
    top: list[types.DocumentSymbol] = []
    open_: list[tuple[Definition, types.DocumentSymbol]] = []
    for one in sorted(document.whole().found, key=lambda one: (one.start, -one.end)):
        symbol = _symbol(document, one)
        while open_ and open_[-1][0].end <= one.start:
            open_.pop()
        if open_:
            open_[-1][1].children = [*(open_[-1][1].children or ()), symbol]
        else:
            top.append(symbol)
        open_.append((one, symbol))
    return top


def workspace_symbols(documents: Iterable[Document], query: str) -> list[types.WorkspaceSymbol]:
    """The definitions whose path holds the letters of a query in their order."""
    wanted = query.lower().replace(" ", "")
    found = []
    for document in documents:
        for one in document.whole().found:
            name = show_option(one.path)
            letters = iter(name.lower())
            if all(letter in letters for letter in wanted):
                location = types.Location(document.uri, document.range(one.start, one.names[-1][2]))
                found.append(types.WorkspaceSymbol(location, name, types.SymbolKind.Property))
    return found[:_MOST]


def _symbol(document: Document, one: Definition) -> types.DocumentSymbol:
    name = show_option([name for name, _, _ in one.names])
    selection = document.range(one.names[0][1] or one.start, one.names[-1][2] or one.end)
    kind = types.SymbolKind.Property
    return types.DocumentSymbol(name, kind, document.range(one.start, one.end), selection)
