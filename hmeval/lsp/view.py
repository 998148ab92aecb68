"""What a feature sees: a document, and the options that it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lsprotocol import types
from tree_sitter import Node

from hmeval.errors import EvaluationError
from hmeval.lsp.evaluation import OptionSet
from hmeval.lsp.index import Found
from hmeval.lsp.meaning import HOME
from hmeval.lsp.option_path import KEY, READ, Cursor, Reader, cursor_at, read_whole
from hmeval.lsp.syntax import Syntax
from hmeval.options.model import Option

Places = Callable[[Path, tuple[str, ...]], list[tuple[int, int]]]
"""Where a file defines a path: lines and columns, from 1."""


class Document:
    """A file that is open in the editor.

    Attributes:
        path: where it is; syntax: its text; version: the editor's number of it.
        is_unsaved: whether the text differs from the file's.
    """

    def __init__(self, path: Path, text: str, version: int, encoding: str) -> None:
        self.path = path
        self.syntax = Syntax(text, encoding)
        self.version = version
        self.is_unsaved = False
        self._whole: tuple[int, Reader] | None = None
        self._edits = 0

    def edited(self, version: int) -> None:
        """Note that the text has changed."""
        self.version = version
        self.is_unsaved = True
        self._edits += 1

    def whole(self) -> Reader:
        """Its definitions and reads; read once for each text."""
        if self._whole is None or self._whole[0] != self._edits:
            self._whole = (self._edits, read_whole(self.syntax))
        return self._whole[1]


class Symbol(NamedTuple):
    """A name in the text: the path that it leads to, and where it stands."""

    kind: str
    path: tuple[str, ...]
    scope: str | None
    start: int
    end: int


class View(NamedTuple):
    """A document with its options.

    Attributes:
        stale: why the option set may be older than the text; "" where it is not.
        failures: what the last evaluation, that of these options or a later one, found wrong with the whole.
    """

    document: Document
    options: OptionSet
    stale: str
    failures: Sequence[EvaluationError] = ()

    @property
    def syntax(self) -> Syntax:
        return self.document.syntax

    def offset(self, position: types.Position) -> int:
        """The offset of the protocol's position."""
        return self.syntax.offset((position.line, position.character))

    def range(self, start: int, end: int) -> types.Range:
        """The protocol's range between two offsets."""
        return types.Range(types.Position(*self.syntax.place(start)), types.Position(*self.syntax.place(end)))

    def cursor(self, position: types.Position) -> Cursor | None:
        """What a position is about; None where it is about no option of these."""
        cursor = cursor_at(self.syntax, self.offset(position))
        return cursor if cursor is not None and self.concerns(cursor.scope) else None

    def concerns(self, scope: str | None) -> bool:
        """Whether what stands in a scope is about options of Home Manager, and not of the system around it."""
        return scope == HOME or (scope is None and not is_of_a_system(self.syntax))

    def symbol(self, position: types.Position) -> Symbol | None:
        """The name at a position, and the path that it leads to."""
        offset = self.offset(position)
        node = _name_at(self.syntax, offset)
        if node is None:
            return None
        quoted = node.type == "string_expression"
        cursor = cursor_at(self.syntax, node.end_byte - quoted)
        if cursor is None or not self.concerns(cursor.scope):
            return None
        path = (*cursor.path, cursor.typed) if cursor.kind in (KEY, READ) else cursor.path
        return Symbol(cursor.kind, path, cursor.scope, node.start_byte, node.end_byte)

    def found(self, path: tuple[str, ...]) -> Found:
        """Where a path leads among the options."""
        return self.options.index.find(path)


def is_of_a_system(syntax: Syntax) -> bool:
    """Whether a file configures a system, NixOS or nix-darwin: it has a home within."""
    return b"home-manager" in syntax.source and any(
        mark in syntax.source for mark in (b"home-manager.users", b"users.users", b"sharedModules", b"networking.")
    )


def value_of(view: View, path: tuple[str, ...]) -> Mapping[str, Any] | None:
    """The final value at a path, its own or a part of what is above it; None where it has none, or it is not known."""
    holder = holder_of(view, path)
    if holder is None or len(holder.loc) == len(path):
        return holder.value if holder else None
    value: Any = (holder.value or {}).get("json")
    for name in path[len(holder.loc) :]:
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    return None if value is None else {"json": value}


def holder_of(view: View, path: tuple[str, ...]) -> Option | None:
    """The option with a value that is nearest at or above a path: those of submodules are part of theirs."""
    for length in range(len(path), 0, -1):
        option = view.options.index.option(path[:length])
        if option is not None and option.value is not None:
            return option
    return None


def _name_at(syntax: Syntax, offset: int) -> Node | None:
    node = syntax.root.descendant_for_byte_range(offset, offset)
    while node is not None:
        if node.type in ("identifier", "string_expression"):
            return node
        if node.type in ("binding", "attrset_expression", "source_code"):
            break
        node = node.parent
    before = syntax.root.descendant_for_byte_range(offset - 1, offset) if offset else None
    return before if before is not None and before.type == "identifier" else None
