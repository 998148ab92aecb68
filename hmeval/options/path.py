"""Option paths: the text that people read and type, and the list of attribute names that it stands for.

`show_option` writes what nixpkgs' `lib.showOption` writes; `parse_option_path` reads it back, and is kinder to what
people type than Nix's own grammar is: a bare part may begin with a digit (`windowManager.2bwm.enable`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# lib.strings.escapeNixIdentifier: Nix's lexer for identifiers, and the words that it reserves.
_IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z0-9_'-]*")
_KEYWORDS = frozenset(("assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"))

# lib.strings.escapeNixString is builtins.toJSON with every `$` escaped, so that `${` never opens an interpolation.
_ESCAPED = {code: f"\\u{code:04x}" for code in range(0x20)} | {
    ord('"'): '\\"',
    ord("\\"): "\\\\",
    ord("$"): "\\$",
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord("\t"): "\\t",
    0x08: "\\b",
    0x0C: "\\f",
}
_UNESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}

_BARE = re.compile(r'[^."<\s][^."\s]*')
# The last `>` of a placeholder is the one that ends the part: `<a>b>` is one placeholder, as lib.showOption has it.
_PLACEHOLDER = re.compile(r"<.*?>(?=\.|\Z)", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


class OptionPathError(ValueError):
    """A text that is not an option path.

    Attributes:
        text: what was given.
        column: where it goes wrong, counted in characters from one.
        reason: what is wrong there.
    """

    def __init__(self, text: str, column: int, reason: str) -> None:
        super().__init__(f"{text!r} is not an option path: column {column}: {reason}")
        self.text = text
        self.column = column
        self.reason = reason


def show_option(loc: Sequence[str]) -> str:
    """The path as people read it, exactly as `lib.showOption` (nixpkgs lib/options.nix) writes it.

    Parts that are no identifiers are quoted; placeholders (`*`, `<name>`) are not, since they are not real names.
    """
    return ".".join(map(_show_part, loc))


def parse_option_path(text: str) -> list[str]:
    """The attribute names that a typed option path stands for: the inverse of `show_option`.

    Raises:
        OptionPathError: the text is empty, or a part of it is empty, unclosed or followed by something else than a dot.
    """
    loc: list[str] = []
    start = 0
    while True:
        part, end = _read_part(text, start)
        loc.append(part)
        if end == len(text):
            return loc
        if text[end] != ".":
            raise OptionPathError(text, end + 1, f"expected a dot, found {text[end]!r}")
        start = end + 1


def is_placeholder(part: str) -> bool:
    """Whether a part stands for any name (`<name>`) or any element (`*`), by lib.showOption's rule."""
    return part == "*" or (len(part) > 1 and part[0] == "<" and part[-1] == ">")


def _show_part(part: str) -> str:
    if _IDENTIFIER.fullmatch(part) and part not in _KEYWORDS:
        return part
    return part if is_placeholder(part) else quote(part)


def quote(text: str) -> str:
    """A Nix string literal on one line, as `lib.strings.escapeNixString` writes it."""
    return f'"{text.translate(_ESCAPED)}"'


def _read_part(text: str, start: int) -> tuple[str, int]:
    """The part that begins at `start`, unquoted, and where it ends."""
    opening = text[start : start + 1]
    if opening == '"':
        return _read_quoted(text, start)
    pattern = _PLACEHOLDER if opening == "<" else _BARE
    found = pattern.match(text, start)
    if found is None:
        raise OptionPathError(text, start + 1, _why_no_part(opening))
    return found.group(), found.end()


def _read_quoted(text: str, start: int) -> tuple[str, int]:
    found = _QUOTED.match(text, start)
    if found is None:
        raise OptionPathError(text, start + 1, "this quote is never closed")
    return _ESCAPE.sub(_unescape, found.group(1)), found.end()


def _unescape(escape: re.Match[str]) -> str:
    written = escape.group(1)
    return chr(int(written[1:], 16)) if len(written) == 5 else _UNESCAPED.get(written, written)


def _why_no_part(opening: str) -> str:
    if opening == "<":
        return "this placeholder is never closed with '>'"
    if opening.isspace():
        return "a space; quote a part that holds one"
    return "a part is empty" if opening else "the path ends where a part is expected"
