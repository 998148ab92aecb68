"""Hearing: who is told what an evaluation writes to standard error: traces and warnings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Hearing:
    """A listener that can be deaf for a while, or remember what it hears in place of passing it on.

    What is written during a request is heard before its answer comes, so that both begin and end with requests.
    """

    def __init__(self, listener: Callable[[bytes], None]) -> None:
        self._listener = listener
        self._deaf = 0
        self._remembered: bytearray | None = None

    def __call__(self, text: bytes) -> None:
        if self._remembered is None:
            self.pass_on(text)
        elif not self._deaf:
            self._remembered += text

    def pass_on(self, text: bytes) -> None:
        """Tell the listener, unless nothing is to be told now."""
        if not self._deaf:
            self._listener(text)

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """Nothing is passed on meanwhile."""
        self._deaf += 1
        try:
            yield
        finally:
            self._deaf -= 1

    @contextmanager
    def remembering(self) -> Iterator[bytearray]:
        """What is heard meanwhile is handed over."""
        before, self._remembered = self._remembered, bytearray()
        try:
            yield self._remembered
        finally:
            self._remembered = before
