"""What a feature sees: a document, and the options that it is about."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lsprotocol import types
from tree_sitter import Node

from hmeval.errors import EvaluationError
from hmeval.lsp.evaluation import OptionSet
from hmeval.lsp.index import Found
from hmeval.lsp.meaning import HOME, Scope
from hmeval.lsp.option_path import KEY, PACKAGE, READ, Cursor, Import, Reader, cursor_at, read_whole
from hmeval.lsp.ownership import Owner
from hmeval.lsp.syntax import Syntax
from hmeval.options.model import Option
from hmeval.options.values import part_at

_REMEMBERED = 64

Places = Callable[[Path, tuple[str, ...]], list[tuple[int, int]]]
"""Where a file defines a path: lines and columns, from 1."""


class Edit(NamedTuple):
    """An edit of a document: the editor's number of the text after it, and the text before it."""

    version: int
    changes: Sequence[types.TextDocumentContentChangeEvent]
    before: bytes


class Document:
    """A file that is open in the editor.

    Attributes:
        path: where it is; uri: what the editor calls it; syntax: its text; version: the editor's number of it.
        is_unsaved: whether the text differs from the file's.
        owner: what it is about, where it does not say so itself.
        is_imported: whether it is known to be part of a configuration, by the texts or by an evaluation.
    """

    def __init__(self, path: Path, text: str, version: int, encoding: str, uri: str | None = None) -> None:
        self.path = path
        self.uri = uri or path.as_uri()
        self.syntax = Syntax(text, encoding)
        self.version = version
        self.is_unsaved = False
        self.owner = Owner(Scope(HOME))
        self.is_imported = True
        self._whole: tuple[tuple[int, tuple[str, ...]], Reader] | None = None
        self._edits = 0
        self._recent: deque[Edit] = deque(maxlen=_REMEMBERED)

    @property
    def own(self) -> Scope:
        """Whose options it is about, where it does not say so itself."""
        return self.owner.scope

    def scope(self, said: Scope | None) -> Scope:
        """Whose options are meant by what its text says of that."""
        return said.within(self.own) if said is not None else self.own

    def edit(self, version: int, changes: Sequence[types.TextDocumentContentChangeEvent]) -> None:
        """Change the text; an edit that later ones have overtaken is put before them.

        Helix 25.01 sends the edits of a macro, or of a fast typist, in any order.
        """
        later = [edit for edit in self._recent if edit.version > version]
        if later:
            self.syntax = Syntax(later[0].before.decode(), self.syntax.encoding)
            self._recent = deque((edit for edit in self._recent if edit.version <= version), _REMEMBERED)
        self._apply(version, changes)
        for edit in later:
            self._apply(edit.version, edit.changes)

    def _apply(self, version: int, changes: Sequence[types.TextDocumentContentChangeEvent]) -> None:
        self._recent.append(Edit(version, changes, self.syntax.source))
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = change.range.start, change.range.end
                self.syntax.replace((start.line, start.character), (end.line, end.character), change.text)
            else:
                self.syntax = Syntax(change.text, self.syntax.encoding)
        self.version = version
        self.is_unsaved = True
        self._edits += 1

    def range(self, start: int, end: int) -> types.Range:
        """The protocol's range between two offsets."""
        places = (self.syntax.place(offset) for offset in (start, max(start, end)))
        return types.Range(*(types.Position(*place) for place in places))

    def whole(self) -> Reader:
        """Its definitions and reads; read once for each text."""
        state = (self._edits, self.owner.path)
        if self._whole is None or self._whole[0] != state:
            self._whole = (state, read_whole(self.syntax, self.owner.path))
        return self._whole[1]

    def imported(self) -> Sequence[Import]:
        """The files that it names, as if it were a module itself."""
        return (read_whole(self.syntax) if self.owner.path else self.whole()).imported

    def cursor(self, offset: int) -> Cursor | None:
        """What an offset is about; None where it is about no option."""
        return cursor_at(self.syntax, offset, self.owner.path)


class Known(NamedTuple):
    """What is known of one set of options.

    Attributes:
        options: the set; stale: why it may be older than the texts, "" where it is not.
        is_awaited: whether it is still to come.
    """

    options: OptionSet
    stale: str
    is_awaited: bool = False

    def found(self, path: tuple[str, ...]) -> Found:
        """Where a path leads among the options."""
        return self.options.index.find(path)

    def value_of(self, path: tuple[str, ...]) -> Mapping[str, Any] | None:
        """The final value at a path, its own or a part of what is above it; None where there is none, or none known."""
        holder = self.holder_of(path)
        if holder is None or len(holder.loc) == len(path):
            return holder.value if holder else None
        return part_at(holder.value or {}, path[len(holder.loc) :])

    def holder_of(self, path: tuple[str, ...]) -> Option | None:
        """The option with a value that is nearest at or above a path: those of submodules are part of theirs."""
        for length in range(len(path), 0, -1):
            option = self.options.index.option(path[:length])
            if option is not None and option.value is not None:
                return option
        return None


class Symbol(NamedTuple):
    """A name in the text: the path that it leads to, whose options that is of, where it stands; rest as in Cursor."""

    kind: str
    path: tuple[str, ...]
    scope: Scope
    start: int
    end: int
    is_apart: bool


class View:
    """A document with the options that it is about.

    Attributes:
        document: the document; failures: what the last evaluations found wrong with the whole.
    """

    def __init__(
        self, document: Document, know: Callable[[Scope], Known], failures: Sequence[EvaluationError] = ()
    ) -> None:
        self.document = document
        self.failures = failures
        self._know = know
        self._known: dict[Scope, Known] = {}

    @property
    def syntax(self) -> Syntax:
        """The document's text."""
        return self.document.syntax

    def known(self, scope: Scope | None) -> Known:
        """What is known of the options of a scope; None for the document's own."""
        scope = self.document.scope(scope)
        if scope not in self._known:
            self._known[scope] = self._know(scope)
        return self._known[scope]

    def offset(self, position: types.Position) -> int:
        """The offset of the protocol's position."""
        return self.syntax.offset((position.line, position.character))

    def symbol(self, position: types.Position) -> Symbol | None:
        """The name at a position, and the path that it leads to."""
        node = _name_at(self.syntax, self.offset(position))
        if node is None:
            return None
        quoted = node.type == "string_expression"
        cursor = self.document.cursor(node.end_byte - quoted)
        if cursor is None or cursor.kind == PACKAGE:
            return None
        path = (*cursor.path, cursor.typed) if cursor.kind in (KEY, READ) else cursor.path
        scope = self.document.scope(cursor.scope)
        return Symbol(cursor.kind, path, scope, node.start_byte, node.end_byte, cursor.is_apart)


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
