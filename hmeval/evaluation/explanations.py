"""Errors of Nix that say too little, in words that say what is wrong."""

from __future__ import annotations

import re

from hmeval.errors import EvaluationError, Position

IMPORT_FROM_DERIVATION = "import from derivation: "
NO_PIPES = "this Nix does not know pipe operators (`|>`, `<|`)"

# What Nix adds where something has to be built before it can be read (libexpr, primops.cc: realisePath).
_REALISING = re.compile(r"^while realising the context of path '(/[^']*)'")
# What is refused before anything is built.
_FORBIDDEN = re.compile(r"\bis forbidden in (?:restricted|pure (?:evaluation|eval)) mode\b")
_NOT_IN_STORE = re.compile(r"^path '(/[^']*)' is not valid$")


def explained(error: EvaluationError) -> EvaluationError:
    """The error, its message as it should be."""
    message = _of_a_build(error) or _of_pipes(error)
    if message is None:
        return error
    return EvaluationError(message, error.kind, error.position, error.trace, error.option)


def _of_a_build(error: EvaluationError) -> str | None:
    """Nix 2.8 in read-only mode misses the derivation, which it has not written; a later one the means to build it."""
    path = next((found[1] for frame in error.trace if (found := _REALISING.match(frame.text))), None)
    missing = _NOT_IN_STORE.match(error.message)
    if path is None or _FORBIDDEN.search(error.message) or (missing and not missing[1].endswith(".drv")):
        return None
    if missing:
        return f"{IMPORT_FROM_DERIVATION}{path} is read, and has to be built for that; hmeval builds nothing"
    return f"{IMPORT_FROM_DERIVATION}{path} is read, and cannot be built for that: {error.message}"


def _of_pipes(error: EvaluationError) -> str | None:
    """To an older Nix a pipe operator is no more than letters that nobody expects."""
    if error.kind != "syntax" or "invalid token" not in error.message or error.position is None:
        return None
    letters = _letters_at(error.position)
    return f"{NO_PIPES}: {error.message}" if "|>" in letters or "<|" in letters else None


def _letters_at(position: Position) -> str:
    """The letter at a place and its neighbours."""
    try:
        with open(position.file, encoding="utf-8", errors="replace") as source:
            line = next((line for number, line in enumerate(source, 1) if number == position.line), "")
    except (OSError, ValueError):
        return ""
    return line[max(0, position.column - 2) : position.column + 1]
