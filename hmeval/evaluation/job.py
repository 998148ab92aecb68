"""Job: work handed to the evaluator's thread, and its outcome.

`concurrent.futures` would do, but brings `logging` with it: a third of what the command line takes to start.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from hmeval.evaluation import last_moments

T = TypeVar("T")


class Job(Generic[T]):
    """A call that one thread waits for and another carries out.

    Attributes:
        done: whether the work has ended, or was taken back.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work: Callable[[], T] | None = work
        self._result: list[T] = []
        self._error: BaseException | None = None
        self._start = threading.Lock()  # held by whoever got hold of the work: who carries it out, or took it back
        self._finished = threading.Lock()
        self._finished.acquire()
        self.done = False

    def carry_out(self) -> None:
        """Do the work, unless it was taken back."""
        if not self._start.acquire(blocking=False):
            return
        work, self._work = self._work, None
        assert work is not None
        try:
            self._result.append(work())
        except BaseException as error:
            self._error = error
        self._end()

    def take_back(self) -> bool:
        """Whether the work had not begun, and now never will."""
        if not self._start.acquire(blocking=False):
            return False
        self._end()
        return True

    def _end(self) -> None:
        self.done = True
        self._finished.release()

    def wait(self) -> None:
        """Wait until the work is done; Ctrl-C ends the waiting."""
        # Ctrl-C may strike between taking the lock and giving it back: who waits again must not take it a second time.
        if not self.done:
            with self._finished:
                pass

    def outcome(self) -> T:
        """Wait for the work, and give its result or raise its error."""
        self.wait()
        last_moments.sleep_through()
        error, self._error = self._error, None
        if error is None:
            return self._result[0]
        try:
            raise error
        finally:
            del error  # its traceback holds this frame: a cycle otherwise
