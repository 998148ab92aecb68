"""A lock that Ctrl-C does not leave held."""

from __future__ import annotations

import contextlib
from _thread import RLock  # threading takes longer to import


class InterruptibleLock(RLock):  # type: ignore[misc]  # typeshed calls it final
    """A re-entrant lock whose `with` does not keep it, wherever KeyboardInterrupt is raised.

    Since Python 3.14 a signal that arrives while `with` waits for a lock may be handled once the lock is held, and
    before the block is entered that would release it.
    """

    def __enter__(self, blocking: bool = True, timeout: float = -1) -> bool:
        try:
            return self.acquire(blocking, timeout)
        except BaseException:
            with contextlib.suppress(RuntimeError):  # raised where this thread does not hold it
                self.release()
            raise
