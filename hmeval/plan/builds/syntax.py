"""The part of the shell's language in which small builders are written, as a tree; all else is refused.

Source: bash(1), SHELL GRAMMAR and QUOTING. What this reader does not know it does not skip: it raises Unsupported, so
that no command is ever taken for another.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple, NoReturn, TypeAlias

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRACED = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_ELEMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\[")
_GAP = re.compile(r"(?:[ \t]|\\\n)+")
_LINES = re.compile(r"(?:[ \t\n]|\\\n|#[^\n]*)+")
_PLAIN = re.compile(r"[^ \t\n;&|<>()'\"\\$`]+")
_PLAIN_IN_QUOTES = re.compile(r'[^"\\$`]+')
_REDIRECTION = re.compile(r"(?:>&2(?=[ \t\n;)]|$)|>>?(?![&|>(]))")
_RESERVED = frozenset(
    "! [[ ]] { } case coproc do done elif else esac fi for function in select then time until while".split()
)
_QUOTES = tuple("'\"\\$`")
_DEEPEST = 50


class Unsupported(Exception):
    """The shell code, or what it does, is beyond what is understood here."""


class Literal(NamedTuple):
    """Text of a word."""

    text: str
    quoted: bool


class Variable(NamedTuple):
    """`$name`."""

    name: str
    quoted: bool


class Substitution(NamedTuple):
    """`$(script)`."""

    script: Script
    quoted: bool


Word: TypeAlias = "tuple[Literal | Variable | Substitution, ...]"


class Simple(NamedTuple):
    """A command with its assignments and words; each redirection is `>`, `>>` or `>&2`, and where it leads to."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirections: tuple[tuple[str, Word], ...]


class Conditional(NamedTuple):
    """`if`: conditions, each with what is done where it holds; and what is done where none does."""

    branches: tuple[tuple[Script, Script], ...]
    otherwise: Script


class Chain(NamedTuple):
    """Commands joined by `&&` and `||`."""

    first: Command
    rest: tuple[tuple[str, Command], ...]


class Group(NamedTuple):
    """`( script )`."""

    script: Script


Command: TypeAlias = "Simple | Conditional | Chain | Group"
Script: TypeAlias = "tuple[Command, ...]"


@lru_cache(maxsize=256)  # many files are written by the same few lines
def parse(code: str) -> Script:
    """The commands of shell code. Raises Unsupported."""
    reader = _Reader(code)
    script = reader.script(())
    return script if reader.at == len(code) else reader.refuse()


class _Reader:
    """Shell code, and how far it is read."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.at = 0
        self._depth = 0

    def refuse(self) -> NoReturn:
        raise Unsupported(f"shell code: {self.code[self.at : self.at + 30]!r}")

    def script(self, until: tuple[str, ...]) -> Script:
        """The commands up to the end, or to one of some reserved words or `)`, which is not read."""
        self._depth += 1
        if self._depth > _DEEPEST:
            self.refuse()
        commands: list[Command] = []
        self._skip(_LINES)
        while self.at < len(self.code) and self._ahead() not in until:
            commands.append(self._chain())
            is_over = self.at == len(self.code) or self._ahead() == ")"
            if not (is_over or self.code[self.at] in "\n;#"):
                self.refuse()
            self.at += self.code[self.at : self.at + 1] == ";"
            self._skip(_LINES)
        self._depth -= 1
        return tuple(commands)

    def _body(self, *until: str) -> Script:
        """A script that has commands in it."""
        return self.script(until) or self.refuse()

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.code, self.at)
        self.at = found.end() if found else self.at

    def _ahead(self) -> str:
        """The word that follows, "" where it is not plain; or `(` or `)`."""
        found = _PLAIN.match(self.code, self.at)
        if found is None:
            return self.code[self.at : self.at + 1]
        return "" if self.code[found.end() : found.end() + 1] in _QUOTES else found[0]

    def _expect(self, token: str) -> None:
        if self._ahead() != token:
            self.refuse()
        self.at += len(token)

    def _chain(self) -> Command:
        first, rest = self._command(), []
        while (operator := self.code[self.at : self.at + 2]) in ("&&", "||"):
            self.at += 2
            self._skip(_LINES)
            rest.append((operator, self._command()))
        return Chain(first, tuple(rest)) if rest else first

    def _command(self) -> Command:
        ahead = self._ahead()
        if ahead == "(":
            self.at += 1
            if self.code[self.at : self.at + 1] == "(":
                self.refuse()  # an arithmetic command
            group = Group(self._body(")"))
            self._expect(")")
            self._skip(_GAP)
            return group
        if ahead == "if":
            return self._conditional()
        return self.refuse() if ahead in _RESERVED else self._simple()

    def _conditional(self) -> Conditional:
        branches, word = [], "if"
        while word in ("if", "elif"):
            self._expect(word)
            condition = self._body("then")
            self._expect("then")
            branches.append((condition, self._body("elif", "else", "fi")))
            word = self._ahead()
        otherwise: Script = ()
        if word == "else":
            self._expect("else")
            otherwise = self._body("fi")
        self._expect("fi")
        self._skip(_GAP)
        return Conditional(tuple(branches), otherwise)

    def _simple(self) -> Simple:
        start = self.at
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirections: list[tuple[str, Word]] = []
        while self.at < len(self.code) and self.code[self.at] not in "\n;)|&#":
            operator = _REDIRECTION.match(self.code, self.at)
            assigned = _ASSIGNMENT.match(self.code, self.at)
            if operator is not None:
                self.at = operator.end()
                self._skip(_GAP)
                redirections.append((operator[0], () if operator[0] == ">&2" else self._word()))
            elif not words and _ELEMENT.match(self.code, self.at):
                self.refuse()  # an assignment to an element of an array
            elif assigned is not None and not words:
                self.at = assigned.end()
                assignments.append((assigned[1], self._word(may_be_empty=True)))
            else:
                words.append(self._word())
            self._skip(_GAP)
        operator_ahead = self.code[self.at : self.at + 2]
        if self.at == start or (operator_ahead[:1] in ("&", "|") and operator_ahead not in ("&&", "||")):
            self.refuse()
        return Simple(tuple(assignments), tuple(words), tuple(redirections))

    def _word(self, *, may_be_empty: bool = False) -> Word:
        start = self.at
        parts: list[Literal | Variable | Substitution] = []
        while self.at < len(self.code) and self.code[self.at] not in " \t\n;&|<>()":
            parts += self._part()
        is_comment = self.code[start : start + 1] == "#"
        if is_comment or self.code[self.at : self.at + 1] in ("<", "(") or (not parts and not may_be_empty):
            self.refuse()
        if self.code[self.at : self.at + 1] == ">" and parts and _is_number(parts):
            self.refuse()  # the number of a descriptor
        return tuple(parts)

    def _part(self) -> list[Literal | Variable | Substitution]:
        letter = self.code[self.at]
        if letter == "'":
            return [self._single_quoted()]
        if letter == '"':
            return self._double_quoted()
        if letter == "\\":
            self.at += 2
            following = self.code[self.at - 1 : self.at]
            # A line that goes on within a word might make a reserved word of it.
            return [Literal(following, True)] if following not in ("", "\n") else self.refuse()
        if letter == "$":
            return [self._expansion(quoted=False)]
        found = _PLAIN.match(self.code, self.at)
        if found is None:
            self.refuse()
        self.at = found.end()
        return [Literal(found[0], False)]

    def _single_quoted(self) -> Literal:
        end = self.code.find("'", self.at + 1)
        if end < 0:
            self.refuse()
        text = self.code[self.at + 1 : end]
        self.at = end + 1
        return Literal(text, True)

    def _double_quoted(self) -> list[Literal | Variable | Substitution]:
        parts: list[Literal | Variable | Substitution] = [Literal("", True)]
        self.at += 1
        while self.code[self.at : self.at + 1] != '"':
            found = _PLAIN_IN_QUOTES.match(self.code, self.at)
            if found is not None:
                self.at = found.end()
                parts.append(Literal(found[0], True))
            elif self.code[self.at : self.at + 1] == "$":
                parts.append(self._expansion(quoted=True))
            else:
                parts.append(self._escaped_in_quotes())
        self.at += 1
        return parts

    def _escaped_in_quotes(self) -> Literal:
        pair = self.code[self.at : self.at + 2]
        if len(pair) < 2 or pair[0] != "\\":
            self.refuse()
        self.at += 2
        return Literal({"\\\n": ""}.get(pair, pair[1] if pair[1] in '$`"\\' else pair), True)

    def _expansion(self, *, quoted: bool) -> Variable | Substitution:
        self.at += 1
        name = _NAME.match(self.code, self.at)
        if name is not None:
            self.at = name.end()
            return Variable(name[0], quoted)
        braced = _BRACED.match(self.code, self.at)
        if braced is not None:
            self.at = braced.end()
            return Variable(braced[1], quoted)
        if self.code[self.at : self.at + 1] != "(" or self.code[self.at + 1 : self.at + 2] == "(":
            self.refuse()
        self.at += 1
        script = self.script((")",))
        self._expect(")")
        return Substitution(script, quoted)


def _is_number(parts: list[Literal | Variable | Substitution]) -> bool:
    return len(parts) == 1 and isinstance(parts[0], Literal) and not parts[0].quoted and parts[0].text.isdigit()
