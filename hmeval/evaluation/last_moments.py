"""The end of the process, which daemon threads live to see: those that evaluate shall not wake up in it.

At exit every evaluator is closed, and whoever waits for one would be told so by an exception. In a daemon thread nobody
catches it; Python prints it while it takes itself apart, and may abort the process for that (CPython,
`_enter_buffered_busy`).
"""

from __future__ import annotations

import threading

_begun = False


def begin() -> None:
    """Say that the process ends: only daemon threads run beside the main one then (CPython, Py_FinalizeEx)."""
    global _begun
    _begun = True


def sleep_through() -> None:
    """Return at once, unless the process ends and this is one of its daemon threads: then never."""
    if _begun and threading.current_thread() is not threading.main_thread():
        never = threading.Lock()
        never.acquire()
        never.acquire()
