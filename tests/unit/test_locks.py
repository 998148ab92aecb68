"""What Ctrl-C leaves of locks, and of who waits for another thread's work."""

from __future__ import annotations

import os
import signal
import threading
import time

from hmeval.evaluation.job import Job
from hmeval.evaluation.locks import InterruptibleLock


def test_ctrl_c_leaves_no_lock_held() -> None:
    """The other thread takes the lock all the time, so that this one mostly waits for it when the signal arrives."""
    lock, ended, wanted = InterruptibleLock(), threading.Event(), threading.Event()

    def contend() -> None:
        while not ended.is_set():
            with lock:
                sum(range(1000))

    def interrupt() -> None:
        while not ended.is_set():
            time.sleep(0.0005)
            if wanted.is_set():
                wanted.clear()
                os.kill(os.getpid(), signal.SIGINT)

    threads = [threading.Thread(target=work) for work in (contend, interrupt)]
    for thread in threads:
        thread.start()
    try:
        held = sum(_is_held_after_ctrl_c(lock, wanted) for _ in range(100))
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert held == 0


def _is_held_after_ctrl_c(lock: InterruptibleLock, wanted: threading.Event) -> bool:
    """Whether this thread holds the lock afterwards; it does not any more then."""
    try:
        wanted.set()
        while True:
            with lock:
                pass
    except KeyboardInterrupt:
        pass
    try:
        lock.release()
    except RuntimeError:
        return False
    return True


def test_waiting_again_after_ctrl_c() -> None:
    """It may have struck when the lock was taken that ends the waiting, and nobody gives it back."""
    job = Job(lambda: 1)
    job.carry_out()
    job._finished.acquire()
    assert job.outcome() == 1


def test_work_that_was_taken_back_is_not_waited_for() -> None:
    job = Job(lambda: 1)
    assert job.take_back()
    job.wait()
    job.carry_out()
    assert not job._result
