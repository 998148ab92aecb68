"""Where something stands in Nix source; a module of its own, since only what goes wrong needs it."""

from __future__ import annotations

from typing import NamedTuple


class Position(NamedTuple):
    """A place in Nix source.

    `file` is a path, or a label such as «string» for text that is in no file; `line` and `column` count from one.
    """

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class TraceFrame(NamedTuple):
    """One line of Nix's trace: what was being evaluated, and where."""

    text: str
    position: Position | None
