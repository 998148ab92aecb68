"""The text of a Nix file and its structure, kept while it is edited. Pure: it knows nothing of the protocol.

Offsets are bytes of UTF-8 here. tree-sitter parses half-written code too; its opinion on syntax errors is not asked for
(the grammar does not know a trailing comma in a function's arguments).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import tree_sitter_nix
from tree_sitter import Language, Node, Parser, Tree

from hmeval.options.path import is_placeholder, quote, show_option

UTF8, UTF16, UTF32 = "utf-8", "utf-16", "utf-32"

Place: TypeAlias = tuple[int, int]
"""Line and column as the protocol counts them: from 0, columns in units of the encoding."""

_LANGUAGE = Language(tree_sitter_nix.language())

# Subtrees that say nothing about what stands after them, but that there is something.
_OPAQUE = frozenset(
    (
        "attrset_expression",
        "rec_attrset_expression",
        "let_attrset_expression",
        "list_expression",
        "parenthesized_expression",
        "string_expression",
        "indented_string_expression",
        "formals",
        "function_expression",
        "if_expression",
        "let_expression",
        "with_expression",
        "assert_expression",
    )
)
# Those that go on as far as something closes what is around them.
_UNBOUNDED = frozenset(
    ("function_expression", "if_expression", "let_expression", "with_expression", "assert_expression")
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_FINISHED = frozenset(("binding", "inherit", "inherit_from"))


class Syntax:
    """A document's text with its tree.

    Attributes:
        source: the text, as UTF-8.
        encoding: what columns count: units of UTF8, UTF16 or UTF32.
    """

    def __init__(self, text: str, encoding: str = UTF16) -> None:
        self.source = text.encode("utf-8", "replace")
        self.encoding = encoding
        self._parser = Parser(_LANGUAGE)
        self._tree: Tree = self._parser.parse(self.source)
        self._starts = _line_starts(self.source)

    @property
    def text(self) -> str:
        """The text."""
        return self.source.decode()

    @property
    def root(self) -> Node:
        """The node of the whole text."""
        return self._tree.root_node

    def replace(self, start: Place, end: Place, text: str) -> None:
        """Put a text in the place of what stands between two places, and parse what has changed."""
        first, last = self.offset(start), self.offset(end)
        last = max(first, last)
        new = text.encode("utf-8", "replace")
        before = self._point(first), self._point(last)
        self.source = self.source[:first] + new + self.source[last:]
        self._starts = _line_starts(self.source)
        self._tree.edit(first, last, first + len(new), *before, self._point(first + len(new)))
        self._tree = self._parser.parse(self.source, self._tree)

    def offset(self, place: Place) -> int:
        """The offset of a place; of the end of the line, or of the text, where it lies beyond."""
        line, column = place
        if line >= len(self._starts):
            return len(self.source)
        start = self._starts[line]
        content = self._line(line)
        if content.isascii():
            return start + min(column, len(content))
        if self.encoding == UTF32:
            return start + len(content.decode()[:column].encode())
        if self.encoding == UTF16:
            units = content.decode().encode("utf-16-le")[: 2 * column]
            return start + len(units.decode("utf-16-le", "ignore").encode())
        return start + len(content[:column].decode("utf-8", "ignore").encode())

    def line_offset(self, line: int, column: int) -> int:
        """The offset of a column in bytes, as Nix counts them, but from 0; the text's end where there is none."""
        if line >= len(self._starts):
            return len(self.source)
        return min(self._starts[line] + column, len(self.source))

    def place(self, offset: int) -> Place:
        """The place of an offset."""
        row, column = self._point(offset)
        before = self.source[self._starts[row] : self._starts[row] + column]
        if self.encoding == UTF8 or before.isascii():
            return row, len(before)
        text = before.decode("utf-8", "ignore")
        return row, len(text) if self.encoding == UTF32 else len(text.encode("utf-16-le")) // 2

    def slice(self, start: int, end: int) -> str:
        """The text between two offsets."""
        return self.source[start:end].decode("utf-8", "ignore")

    def leaves(self) -> Iterator[Node]:
        """Every token of the text, in order."""
        cursor = self._tree.walk()
        while True:
            while cursor.goto_first_child():
                pass
            node = cursor.node
            if node is not None:
                yield node
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return

    def before(self, offset: int) -> Iterator[Node]:
        """What leads to an offset: tokens, and whole subtrees in the place of theirs where these do not matter."""
        node: Node | None = self.root
        while node is not None:
            inner = None
            for child in node.children:
                if child.start_byte >= offset:
                    break
                if child.end_byte < offset or (child.end_byte == offset and _is_closed(child)):
                    yield from _told(child)
                else:
                    inner = child
            if inner is not None and not inner.child_count:
                yield inner
                inner = None
            node = inner

    def _line(self, line: int) -> bytes:
        end = self._starts[line + 1] - 1 if line + 1 < len(self._starts) else len(self.source)
        return self.source[self._starts[line] : end].removesuffix(b"\r")

    def _point(self, offset: int) -> tuple[int, int]:
        row = bisect_right(self._starts, offset) - 1
        return row, offset - self._starts[row]


def attribute_path(names: Sequence[str]) -> str:
    """Names as Nix reads them; an attribute may be called `*`, or `<name>`, as placeholders of options are."""
    return ".".join(quote(name) if is_placeholder(name) else show_option([name]) for name in names)


def unescaped(text: str) -> str:
    """What a string says that has these characters between its quotes."""
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text)


def _line_starts(source: bytes) -> list[int]:
    starts, at = [0], source.find(b"\n")
    while at >= 0:
        starts.append(at + 1)
        at = source.find(b"\n", at + 1)
    return starts


def _is_closed(node: Node) -> bool:
    """Whether nothing typed at its end belongs to it any more."""
    return (
        node.type in _OPAQUE
        and node.type not in ("function_expression", "if_expression", "let_expression")
        and (
            bool(node.children)
            and not node.children[-1].is_missing
            and node.children[-1].type in ('"', "''", "}", "]", ")")
        )
    )


def _told(node: Node, goes_on: bool = False) -> Iterator[Node]:
    """A finished subtree: as a whole where it is opaque, else its tokens; of sets, the bindings of `let` alone.

    An unbounded one goes on in what tree-sitter takes for an error behind it: `x: mkIf y { a` is no function yet.
    """
    goes_on = node.type in _UNBOUNDED and (goes_on or (node.next_sibling is not None and node.next_sibling.is_error))
    if (node.type in _OPAQUE and not goes_on) or not node.child_count or _is_done(node):
        yield node
        return
    for child in node.children:
        yield from _told(child, goes_on and child == node.children[-1])


def _is_done(node: Node) -> bool:
    return node.type in _FINISHED and not node.has_error
