"""What the place that output goes to can show: colour, width, and the few styles that hmeval uses."""

from __future__ import annotations

import os
from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

PIPE_WIDTH = 80
"""Of text that no terminal shows: fixed, so that the same question gives the same text everywhere."""

LONGEST_LINE = 1000
"""Letters of a message's line that are shown: messages of the module system hold whole values."""

_ANSI = {
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
    "red": "\x1b[31m",
    "green": "\x1b[32m",
    "yellow": "\x1b[33m",
    "cyan": "\x1b[36m",
}
_PLAIN = "\x1b[0m"


class Style:
    """How text is set off: with colour on a terminal that wants it, not at all elsewhere.

    Attributes:
        width: how many columns there are.
        colour: whether styles show.
        wraps: whether long lines are folded: on a terminal, and nowhere else.
    """

    __slots__ = ("colour", "width", "wraps")

    def __init__(self, width: int = PIPE_WIDTH, *, colour: bool = False, wraps: bool = False) -> None:
        self.width = width
        self.colour = colour
        self.wraps = wraps

    def __call__(self, style: str, text: str) -> str:
        """The text in a style: bold, dim, red, green, yellow or cyan."""
        return f"{_ANSI[style]}{text}{_PLAIN}" if self.colour and text else text


def style_for(stream: TextIO | None, environment: Mapping[str, str] = os.environ) -> Style:
    """The style for a stream: a terminal's width, and colour where it is one that shows it and NO_COLOR is not set.

    NO_COLOR counts when it is set and not empty (no-color.org).
    """
    if not is_terminal(stream):
        return Style()
    from shutil import get_terminal_size

    colour = not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
    return Style(get_terminal_size((PIPE_WIDTH, 24)).columns, colour=colour, wraps=True)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether someone is watching; a closed stream, or one that was never open, is no terminal."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def shown(text: str) -> str:
    """The text without what a terminal would obey: control characters (but line ends and tabs) as `\\x1b`."""
    if text.isprintable():
        return text
    return "".join(letter if _harmless(letter) else f"\\x{ord(letter):02x}" for letter in text)


def without_long_lines(message: str) -> str:
    """A message, each line of it cut where it is too long for anyone to read."""
    return "\n".join(map(_cut, message.split("\n")))


def _cut(line: str) -> str:
    more = len(line) - LONGEST_LINE
    return line if more <= 0 else f"{line[:LONGEST_LINE]}… and {more} more letters"


def _harmless(letter: str) -> bool:
    return letter in "\n\t" or not (letter < " " or "\x7f" <= letter <= "\x9f")
