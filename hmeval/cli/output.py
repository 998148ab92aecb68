"""Writing results to standard output, which holds them and nothing else."""

from __future__ import annotations

import sys


def write(text: str) -> int:
    """Write a result to standard output, as UTF-8 whatever the locale, and return the exit code for success.

    Bytes of Nix strings that are no UTF-8 are written as they were. Raises BrokenPipeError once the reader is gone.
    """
    encoded = text.encode("utf-8", "surrogateescape")
    sys.stdout.flush()
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:  # a test's or an embedder's own stream of text
        sys.stdout.write(text)
    else:
        stream.write(encoded)
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
