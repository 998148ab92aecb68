"""Writing results to standard output, which holds them and nothing else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable


def encoded(text: str) -> bytes:
    """Text as it is written: UTF-8 whatever the locale; bytes of Nix strings that are no UTF-8 as they were."""
    return text.encode("utf-8", "surrogateescape")


def write(result: str | Iterable[bytes]) -> int:
    """Write a result, text or encoded pieces of it, to standard output, and return the exit code for success.

    Raises BrokenPipeError once the reader is gone, and OSError where the process began without standard output.
    """
    pieces = [encoded(result)] if isinstance(result, str) else result
    if sys.stdout is None:
        raise OSError("standard output is closed")
    sys.stdout.flush()
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:  # a test's or an embedder's own stream of text
        sys.stdout.write(b"".join(pieces).decode("utf-8", "surrogateescape"))
    else:
        stream.write(b"".join(pieces))  # at once: standard output may be unbuffered
    sys.stdout.flush()
    return 0


def warn(text: str) -> None:
    """Write a line to standard error, whatever it can encode; nothing where it is closed."""
    if sys.stderr is None:
        return
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    readable = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        sys.stderr.write(readable.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def pass_on(text: bytes) -> None:
    """Write what an evaluation wrote to its standard error to this one's: traces and warnings."""
    try:
        while text:
            text = text[os.write(2, text) :]
    except OSError:  # closed
        return
