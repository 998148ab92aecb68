"""Which option a place in Nix text is about: whole text or half-written.

One reader goes over the tokens from the left, as far as the place, and keeps what is open: sets, lists, parentheses,
`let`s, strings. So what is missing to the right never matters. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from tree_sitter import Node

from hmeval.lsp.frame import Frame
from hmeval.lsp.meaning import ANY, NOTHING, OF_THE_SYSTEM, SYSTEM, Meaning, Path, Scope
from hmeval.lsp.syntax import Syntax, unescaped
from hmeval.options.path import OptionPathError, parse_option_path

KEY, VALUE, READ, PACKAGE = "key", "value", "read", "package"
PACKAGES = "pkgs"

# After these an expression begins that stands for the same as what was before them.
_ANEW = frozenset(("//", "++", "then", "else"))
_WORDS = frozenset(("assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"))
_OPENING = {"[": "list", "(": "paren"}
_CLOSING = {"}": ("set", "interpolation"), "]": ("list",), ")": ("paren",)}
_QUOTES = frozenset(('"', "''"))
_NAMES = frozenset(("identifier", "string_expression"))


class Definition(NamedTuple):
    """A binding that defines an option, or a set of them.

    Attributes:
        meaning: what it defines; its path is not None.
        names: the names that the binding itself writes, with where each begins and ends.
        value: the node of its value, where there is one.
        start, end: where the binding stands.
        is_apart: whether it is of a specialisation, which has values of its own.
    """

    meaning: Meaning
    names: Sequence[tuple[str, int, int]]
    value: Node | None
    start: int
    end: int
    is_apart: bool = False

    @property
    def path(self) -> Path:
        """The option's path."""
        return self.meaning.path or ()


class Read(NamedTuple):
    """A part of a configuration that an expression reads: its path, as in Meaning, and where that stands."""

    path: Path
    scope: Scope | None
    start: int
    end: int


class Import(NamedTuple):
    """A file that is named where a module is expected, or imported as an option's value.

    Attributes:
        text: the file as it is written; path, scope: what it stands for, as in Meaning.
    """

    text: str
    path: Path
    scope: Scope | None


class Cursor(NamedTuple):
    """What a place in the text is about.

    Attributes:
        kind: KEY (an option's name is written), VALUE (what it is defined with), READ (`config.…` in an expression),
            PACKAGE (`pkgs.…`).
        path: of a KEY, READ or PACKAGE the set that the name is searched in; of a VALUE the option.
        typed: what of the name, or of the value, stands before the place; start: where that begins.
        scope: as in Meaning.
        quoted: whether it stands in a string that is open.
        with_packages: whether `with pkgs;` holds there.
        inherited: whether it is the name of something that is inherited; is_apart: as in Definition.
    """

    kind: str
    path: Path
    typed: str
    start: int
    scope: Scope | None
    quoted: bool
    with_packages: bool = False
    inherited: bool = False
    is_apart: bool = False


class Reader:
    """Reads tokens from the left, and knows at each of them what is open.

    Attributes:
        found: the definitions so far; read: the parts of configurations that were read so far.
        imported: the files that were named so far, with what they stand for.
        declared: the paths below `options` that were bound so far, the empty one where those are not in the text; and
            those that it was asked for whether they are there (`options ? programs.git`).
    """

    def __init__(self, syntax: Syntax, path: Path = ()) -> None:
        self._syntax = syntax
        self._frames = [Frame("file", Meaning(path, module=not path))]
        self.found: list[Definition] = []
        self.read: list[Read] = []
        self.imported: list[Import] = []
        self.declared: set[Path] = set()

    def feed(self, node: Node) -> None:
        """Take the next token, or a whole subtree in the place of its tokens."""
        top = self._frames[-1]
        if node.is_missing:
            return
        if node.type == "?":
            self._ask(node.parent)
        if top.kind == "string":
            self._in_string(top, node)
        elif node.type in ("binding", "inherit", "inherit_from") and node.child_count:
            self._finished(top, node)
        elif top.names_wanted and (node.type in _NAMES or (node.type in _WORDS and node.type not in ("inherit", "in"))):
            self._name(top, node)
        elif top.names_wanted and node.type == "let":
            return
        else:
            self._token(top, node)

    def _token(self, top: Frame, node: Node) -> None:
        kind = node.type
        if kind == "identifier":
            self._read_name(top, node)
        elif kind == "path_fragment":
            self._path(top, node)
        elif kind in _CLOSING:
            self._close(_CLOSING[kind])
        elif kind == "{" or kind in _OPENING or kind == "${" or kind in _QUOTES:
            self._open(top, node)
        elif kind == "." or kind in _ANEW or kind in (":", "=", ";"):
            self._punctuation(top, node)
        elif kind in _WORDS:
            self._word(top, kind)
        elif kind in (",", "ellipses", "?") and top.kind == "set" and not top.in_value:
            top.is_formals = True
        elif kind == "formals" or kind == "@":
            top.end_expression()
        elif kind != "!" and (not node.child_count or node.is_named):
            top.end_value(self._name_in(node) if kind == "string_expression" else None)

    def _ask(self, node: Node | None) -> None:
        """Whether something is there, in an expression; what depends on it may define it."""
        if node is None or node.type != "has_attr_expression":
            return
        with suppress(OptionPathError):
            written = "".join(self._syntax.slice(node.start_byte, node.end_byte).split())
            first, *names = parse_option_path(written.replace("?", ".", 1))
            if first == "options":
                self.declared.add(tuple(names))

    def _open(self, top: Frame, node: Node) -> None:
        kind = node.type
        if kind in _QUOTES:
            self._frames.append(Frame("string", top.content(), text_start=node.end_byte))
        elif kind == "${":
            self._frames.append(Frame("interpolation", NOTHING))
        elif kind == "{":
            meaning = top.content() if not top.names_wanted else NOTHING
            self._frames.append(Frame("set", meaning, top.host_called()))
        else:
            meaning = top.content() if not top.names_wanted else NOTHING
            self._frames.append(Frame(_OPENING[kind], meaning))

    def _close(self, kinds: Sequence[str]) -> None:
        """End the innermost of these kinds, and what is open within it."""
        depth = next((at for at in range(len(self._frames) - 1, 0, -1) if self._frames[at].kind in kinds), 0)
        if not depth:
            return
        closed = self._frames[depth]
        del self._frames[depth:]
        top = self._frames[-1]
        if top.kind == "string":
            return
        if top.names_wanted and closed.kind == "interpolation":
            top.add_key(ANY, 0, 0)
        elif top.inherits and closed.kind == "paren":
            top.source = closed.items[0] if len(closed.items) == 1 else None
        elif not closed.is_formals:
            top.end_value(ANY if closed.kind == "interpolation" else None)

    def _in_string(self, top: Frame, node: Node) -> None:
        if node.type in _QUOTES:
            self._frames.pop()
            outer = self._frames[-1]
            if outer.names_wanted:
                outer.add_key(top.text, top.text_start - 1, node.end_byte)
            else:
                outer.end_value(top.text)
        elif node.type in ("${", "interpolation"):
            top.text += ANY
            if node.type == "${":
                self._frames.append(Frame("interpolation", NOTHING))
        else:
            top.text += unescaped(self._syntax.slice(node.start_byte, node.end_byte))

    def _name(self, top: Frame, node: Node) -> None:
        text = self._name_in(node)
        if not top.inherits:
            top.add_key(text, node.start_byte, node.end_byte)
            return
        top.keys = [(text, node.start_byte, node.end_byte)]
        self._define(top, None, node.end_byte)

    def _name_in(self, node: Node) -> str:
        text = self._syntax.slice(node.start_byte, node.end_byte)
        if node.type != "string_expression":
            return text
        return ANY if any(child.type == "interpolation" for child in node.children) else unescaped(text[1:-1])

    def _read_name(self, top: Frame, node: Node) -> None:
        continued = top.dotted and bool(top.items) and top.items[-1] is not None
        top.add_name(self._syntax.slice(node.start_byte, node.end_byte))
        meaning = self._resolved(top.items[-1] or [])
        if meaning.path:
            start = self.read.pop().start if continued and len(meaning.path) > 1 and self.read else node.start_byte
            self.read.append(Read(meaning.path, meaning.scope, start, node.end_byte))

    def _path(self, top: Frame, node: Node) -> None:
        """A path: a module where one is expected, or what an option is defined with where it is imported."""
        meaning = top.content()
        is_read = (meaning.path == () and meaning.module) or top.items == [["import"]]
        if meaning.path is not None and is_read and node.parent is not None and node.parent.child_count == 1:
            text = self._syntax.slice(node.start_byte, node.end_byte)
            self.imported.append(Import(text, meaning.path, meaning.scope))
        top.end_value()

    def _resolved(self, names: Sequence[str]) -> Meaning:
        """The part of a configuration that names in an expression read."""
        if not names:
            return NOTHING
        for frame in reversed(self._frames):
            if names[0] in frame.aliases:
                return frame.aliases[names[0]].at(names[1:])
            if names[0] == "config" and frame.config is not None:
                return frame.config.at(names[1:])
        if names[0] == "config":
            return Meaning(()).at(names[1:])
        return Meaning((), Scope(SYSTEM)).at(names[1:]) if names[0] in OF_THE_SYSTEM else NOTHING

    def _punctuation(self, top: Frame, node: Node) -> None:
        kind = node.type
        if kind == ".":
            top.dotted = True
        elif kind == "=":
            self._equals(top, node)
        elif kind == ";":
            self._semicolon(top)
        elif kind == ":":
            top.begin_function(binds_config=self._binds_config(top, node))
        else:
            top.end_expression()

    def _binds_config(self, top: Frame, colon: Node) -> bool:
        """Whether a function has an argument `config`; so has a half-written one where a module is expected."""
        function = colon.parent
        if function is None or function.type != "function_expression":
            return top.expected().module
        formals = function.child_by_field_name("formals")
        names = [formal.child_by_field_name("name") for formal in formals.children] if formals else []
        return any(name and self._syntax.slice(name.start_byte, name.end_byte) == "config" for name in names)

    def _equals(self, top: Frame, node: Node) -> None:
        if top.kind not in ("set", "let"):
            return
        if top.in_value:  # the semicolon before this binding is missing
            names = top.items[-1] if top.items else None
            top.end_binding()
            top.keys = [(name, node.start_byte, node.start_byte) for name in names or []]
        top.in_value = True
        top.end_expression()
        binding = node.parent if node.parent is not None and node.parent.type == "binding" else None
        value = binding.child_by_field_name("expression") if binding else None
        self._define(top, value, binding.end_byte if binding else node.end_byte)

    def _define(self, top: Frame, value: Node | None, end: int) -> None:
        if top.kind != "set" or not top.keys:
            return
        meaning = top.of_binding()
        if meaning.declares is not None and (meaning.declares or not _is_set(value)):
            self.declared.add(meaning.declares)
        if meaning.path and meaning.path != top.meaning.path and top.host is None:
            start = min((start for _, start, _ in top.keys if start), default=end)
            self.found.append(Definition(meaning, tuple(top.keys), value, start, end, self._is_apart()))

    def _is_apart(self) -> bool:
        return any("specialisation" in frame.names for frame in self._frames)

    def _semicolon(self, top: Frame) -> None:
        while self._frames[-1].kind in ("paren", "list", "interpolation") and len(self._frames) > 1:
            self._frames.pop()  # it was never closed
        top = self._frames[-1]
        if top.kind == "with":
            self._frames.pop()
            self._frames[-1].end_expression()
            self._frames[-1].withs += top.items
            return
        if top.kind == "let" and len(top.items) == 1 and len(top.keys) == 1:
            meaning = self._resolved(top.items[0] or [])
            if meaning.path is not None:
                top.aliases[top.keys[0][0]] = meaning
        top.end_binding()

    def _word(self, top: Frame, kind: str) -> None:
        if kind == "let":
            self._frames.append(Frame("let", NOTHING))
        elif kind == "in":
            self._end_let()
        elif kind in ("with", "assert"):
            self._frames.append(Frame("with", NOTHING))
        elif kind == "inherit":
            top.end_binding()
            top.inherits = True
        elif kind == "if":
            top.items.append(None)

    def _end_let(self) -> None:
        depth = next((at for at in range(len(self._frames) - 1, 0, -1) if self._frames[at].kind == "let"), 0)
        if depth:
            aliases = self._frames[depth].aliases
            del self._frames[depth:]
            self._frames[-1].aliases |= aliases
            self._frames[-1].end_expression()

    def _finished(self, top: Frame, node: Node) -> None:
        """A whole binding: of those, only the names that a `let` gives to parts of the configuration matter."""
        value = node.child_by_field_name("expression")
        if top.kind == "let" and node.type == "binding" and value is not None and value.type == "select_expression":
            for leaf in _leaves(node):
                self.feed(leaf)
        elif top.kind in ("set", "let"):
            top.end_binding()

    def cursor(self, offset: int, last: Node | None) -> Cursor | None:
        """What the place is about, when all before it has been read; `last` is the token that it ends or lies in."""
        is_apart = self._is_apart()
        cursor = self._cursor(offset, last)
        return cursor._replace(is_apart=is_apart) if cursor is not None else None

    def _cursor(self, offset: int, last: Node | None) -> Cursor | None:
        top = self._frames[-1]
        touched = last is not None and last.end_byte >= offset
        if top.kind == "string":
            return self._in_quotes(top, offset)
        start = last.start_byte if last is not None and touched and last.type in {"identifier", *_WORDS} else offset
        typed = self._syntax.slice(start, offset)
        if top.names_wanted:
            return self._of_key(top, typed, start)
        if top.is_formals or (touched and start == offset and last is not None and _ends_expression(last)):
            return None
        return self._of_expression(top, typed, start)

    def _in_quotes(self, top: Frame, offset: int) -> Cursor | None:
        outer = self._frames[-2]
        start = top.text_start
        typed = unescaped(self._syntax.slice(start, offset))
        if outer.names_wanted:
            meaning = outer.meaning.at(outer.names if outer.dotted else [])
            return None if meaning.path is None else Cursor(KEY, meaning.path, typed, start, meaning.scope, True)
        if outer.dotted:
            read = self._resolved((outer.items and outer.items[-1]) or [])
            return None if read.path is None else Cursor(READ, read.path, typed, start, read.scope, True)
        return Cursor(VALUE, top.meaning.path, typed, start, top.meaning.scope, True) if top.meaning.path else None

    def _of_key(self, top: Frame, typed: str, start: int) -> Cursor | None:
        names = top.names[:-1] if typed else top.names
        if top.source == [PACKAGES]:
            return Cursor(PACKAGE, (), typed, start, None, False)
        if top.inherits:
            names = []
        elif not typed and names and not top.dotted:
            return None
        meaning = top.meaning.at(names) if top.host is None and top.kind == "set" else NOTHING
        if meaning.path is None or meaning.form:
            return None
        return Cursor(KEY, meaning.path, typed, start, meaning.scope, False, inherited=top.inherits)

    def _of_expression(self, top: Frame, typed: str, start: int) -> Cursor | None:
        chain = top.items[-1] if top.items else None
        if chain is not None and (top.dotted or (typed and len(chain) > 1)):
            return self._of_chain(top, chain, typed, start)
        if typed and top.items:
            top.items.pop()
        meaning = top.content()
        if not meaning.path:
            return None
        with_packages = any([PACKAGES] in frame.withs for frame in self._frames)
        return Cursor(VALUE, meaning.path, typed, start, meaning.scope, False, with_packages)

    def _of_chain(self, top: Frame, chain: Sequence[str], typed: str, start: int) -> Cursor | None:
        """What names with dots between them, in an expression, are about."""
        holder = chain[:-1] if typed else chain
        if holder[0] == PACKAGES:
            return Cursor(PACKAGE, tuple(holder[1:]), typed, start, None, False)
        meaning = self._resolved(holder)
        if meaning.path is not None:
            return Cursor(READ, meaning.path, typed, start, meaning.scope, False)
        if not _is_finished_value(top.items[:-1]) or top.kind != "set":
            return None
        top.end_binding()  # the semicolon before this name is missing
        top.keys = [(name, start, start) for name in chain]
        top.dotted = not typed
        return self._of_key(top, typed, start)


def cursor_at(syntax: Syntax, offset: int, path: Path = ()) -> Cursor | None:
    """What the place is about, in a text that stands for what is at a path; None where it is about no option."""
    if _is_in_formals(syntax, offset):
        return None
    reader = Reader(syntax, path)
    last: Node | None = None
    for node in syntax.before(offset):
        if node.type != "comment":
            reader.feed(node)
            last = node
        elif offset < node.end_byte or (offset == node.end_byte and not _is_block(syntax, node)):
            return None
    return reader.cursor(offset, last)


def read_whole(syntax: Syntax, path: Path = ()) -> Reader:
    """All of the text, read: every definition, and every `config.…`, as far as the text tells what they are.

    The text stands for what is at the path: a whole module, or what an option is defined with.
    """
    reader = Reader(syntax, path)
    for node in syntax.leaves():
        if node.type != "comment":
            reader.feed(node)
    return reader


def _is_finished_value(items: Sequence[list[str] | None]) -> bool:
    return len(items) == 1 and (items[0] is None or items[0] in (["true"], ["false"], ["null"]))


def _is_in_formals(syntax: Syntax, offset: int) -> bool:
    node = syntax.root.descendant_for_byte_range(offset, offset)
    while node is not None and node.type != "formals":
        node = node.parent
    if node is None or not node.start_byte < offset < node.end_byte:
        return False
    # A set of which only a name is written looks like the arguments of a function that is still to come.
    is_function = node.parent is not None and node.parent.type == "function_expression"
    return is_function or any(child.type in (",", "ellipses") for child in node.children)


def _is_block(syntax: Syntax, comment: Node) -> bool:
    return syntax.source[comment.start_byte : comment.end_byte].endswith(b"*/")


def _ends_expression(node: Node) -> bool:
    """Whether what is typed right behind it could not be an expression."""
    return node.type in _NAMES or node.type in ("}", "]", ")", '"', "''") or node.child_count > 0


def _is_set(value: Node | None) -> bool:
    while value is not None and value.type in ("with_expression", "let_expression", "parenthesized_expression"):
        value = value.child_by_field_name("expression" if value.type == "parenthesized_expression" else "body")
    return value is not None and value.type in ("attrset_expression", "rec_attrset_expression")


def _leaves(node: Node) -> list[Node]:
    return [leaf for child in node.children for leaf in _leaves(child)] if node.child_count else [node]
