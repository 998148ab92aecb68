"""Child: a worker's process as its client sees it: started, asked, ended; and why it ended."""

from __future__ import annotations

import _socket
import contextlib
import os
import queue
import select
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from hmeval.errors import EngineError, EvaluationError, HmevalError
from hmeval.evaluation import last_moments
from hmeval.evaluation.locks import InterruptibleLock
from hmeval.evaluation.protocol import (
    EXIT_OUT_OF_MEMORY,
    EXIT_STACK_OVERFLOW,
    Answer,
    Broken,
    Cancel,
    Failed,
    Frames,
    Kept,
    Open,
    OutOfMemory,
    Piece,
    Request,
    error_of,
    frame,
)
from hmeval.evaluation.spawn import Process, spawn

Listener: TypeAlias = Callable[[bytes], None]
"""Told what the process writes to its standard error."""

_ANSWERS = Answer.__args__

GRACE = 1.0
"""Seconds that an evaluation has to end once it is asked to; then its process is ended."""
PATIENCE = 60.0
"""Seconds that a process has to start."""

_KEPT_OF_STANDARD_ERROR = 16 * 1024
_READS = 4  # more than a pipe holds; who never stops writing must not be all that is heard
_KILL, _ABORT = 9, 6  # `signal` is slow to import


class Settings(NamedTuple):
    """What a worker's processes are started with."""

    open: Open
    timeout: float | None
    memory: int | None
    listener: Listener | None


class NotBegunError(EngineError):
    """The process ended before it came to a request, which may be made again, of another one."""


class Exchange:
    """A request that was made, and the answers that have come."""

    __slots__ = ("answers", "asked_to_end", "began", "number", "timed_out", "timeout")

    def __init__(self, number: int, timeout: float | None) -> None:
        self.number = number
        self.timeout = timeout
        self.answers: queue.SimpleQueue[Answer | HmevalError] = queue.SimpleQueue()
        self.began: float | None = None  # when the process was free for it
        self.asked_to_end: float | None = None
        self.timed_out = False

    @property
    def deadline(self) -> float | None:
        """When the patience with it ends: first it is asked to end, then its process is ended."""
        if self.asked_to_end is not None:
            return self.asked_to_end + GRACE
        return None if self.began is None or self.timeout is None else self.began + self.timeout


class Child:
    """One process. A thread of its own starts it, reads what it says, and is gone when it is."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = InterruptibleLock()
        self._pending: dict[int, Exchange] = {}  # in the order of the requests: the first one is being carried out
        self._next_number = 0
        self.released: list[int] = []
        self._tail = bytearray()
        self._closing = False
        self._condemned = False  # it has ended, or is about to
        self._out_of_memory = False  # which was told
        self._problem: str | None = None  # why it had to be ended
        self.started = False
        self.crashed = False  # before it had answered, and nobody had asked for its end
        self.untold: StartError | None = None  # it ended before it was asked anything
        self._start()

    def _start(self) -> None:
        # A process dies with the thread that started it, so that has to be one which lives as long.
        spawned: queue.SimpleQueue[Process | Exception] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._live, args=[spawned], name="hmeval-worker", daemon=True)
        try:
            self._reader.start()
        except RuntimeError as error:
            raise StartError(f"there is no thread for a worker: {error}") from error
        process = spawned.get()
        if isinstance(process, Exception):
            raise StartError(f"the worker could not be started: {process}") from process

    # -- asking -----------------------------------------------------------------------------------------------------

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return not (self._condemned or self._closing)

    def ask(self, request: Request, timeout: float | None) -> Exchange:
        """Make a request, and return at once. Raises EngineError once the process has ended."""
        with self._lock:
            if not self.alive:
                raise NotBegunError("the worker's process has ended")
            exchange = Exchange(self._next_number, timeout)
            self._send(exchange.number, request)
            self._next_number += 1
            self._pending[exchange.number] = exchange
            self._begin_next()
            return exchange

    def answer(self, exchange: Exchange) -> Answer:
        """The next answer to a request. Raises EvaluationError, EngineError."""
        while True:
            try:
                answer = exchange.answers.get(timeout=self._patience())
            except queue.Empty:
                self._end_what_is_overdue()
                continue
            last_moments.sleep_through()
            return _good(answer, exchange, self._settings)

    def give_up(self, exchange: Exchange) -> None:
        """End a request, and wait until it has ended, or its process has."""
        self._ask_to_end(exchange)
        with contextlib.suppress(HmevalError):
            # Ctrl-C may have struck just when an answer was taken: then no other is to come.
            while self._is_to_come(exchange):
                if isinstance(self.answer(exchange), Kept):
                    self.released.append(exchange.number)

    def _is_to_come(self, exchange: Exchange) -> bool:
        with self._lock:
            return exchange.number in self._pending or not exchange.answers.empty()

    def _send(self, number: int, request: Request) -> None:
        # Appended to by whichever thread lets go of a value, even meanwhile.
        count = len(self.released)
        message = frame(number, request, self.released[:count], self._number_of)
        del self.released[:count]
        try:
            self._socket.sendall(message, getattr(_socket, "MSG_NOSIGNAL", 0))
        except OSError:  # it has ended, or does not read any more: whoever waits is told why
            self.kill()
        except BaseException:  # Ctrl-C in the middle of the message
            self.kill()
            raise

    def _number_of(self, reference: Any) -> int:
        if not isinstance(reference, Reference) or reference.child is not self:
            raise EngineError("the worker was restarted, and this value ended with its process: evaluate it again")
        return reference.number

    # -- patience ---------------------------------------------------------------------------------------------------

    def _patience(self) -> float | None:
        """Seconds until what is being carried out has to have ended; what follows it has at least its whole time."""
        with self._lock:
            deadline = self._first.deadline if self._first else None
        left = [] if deadline is None else [max(0.0, deadline - time.monotonic())]
        whole = [] if self._settings.timeout is None else [self._settings.timeout]
        return min(left + whole, default=None)

    @property
    def _first(self) -> Exchange | None:
        return next(iter(self._pending.values()), None)

    def _begin_next(self) -> None:
        if (first := self._first) and first.began is None:
            first.began = time.monotonic()

    def _end_what_is_overdue(self) -> None:
        with self._lock:
            first = self._first
            if first is None or first.deadline is None or time.monotonic() < first.deadline:
                return
            first.timed_out |= first.asked_to_end is None
            if first.asked_to_end is None and self.started:
                self._ask_to_end(first)
                return
            if not self.started:
                self._problem = f"its process was not ready within {PATIENCE:g} seconds"
            self.kill()

    def _ask_to_end(self, exchange: Exchange) -> None:
        with self._lock:
            if exchange.number in self._pending and exchange.asked_to_end is None and self.alive:
                exchange.asked_to_end = time.monotonic()
                self._send(self._next_number, Cancel(exchange.number))

    # -- the end ----------------------------------------------------------------------------------------------------

    def kill(self) -> None:
        """End the process and what it has started, now."""
        with self._lock:  # in which the process is not forgotten: its number is its own
            self._condemned = True
            if self._process is not None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, _KILL)

    def close(self) -> None:
        """Hang up, end the process, and wait until it is gone."""
        with self._lock:
            self._closing = True
            self.kill()
            with contextlib.suppress(OSError):
                self._socket.shutdown(_socket.SHUT_RDWR)
        self.wait()

    def wait(self) -> None:
        """Wait until the process, which has ended or is about to, is gone."""
        if threading.current_thread() is not self._reader:
            self._reader.join()

    # -- the thread -------------------------------------------------------------------------------------------------

    def _live(self, spawned: queue.SimpleQueue[Process | Exception]) -> None:
        """From start to end."""
        try:
            self._process: Process | None = spawn(self._settings.memory, trusted=self._settings.open.policy is None)
        except (EngineError, OSError) as error:
            spawned.put(error)
            return
        self._socket, self._errors = self._process.socket, self._process.errors
        os.set_blocking(self._errors, False)
        # The process reads at all times; one that does not is stopped, or worse.
        self._socket.settimeout(self._settings.timeout or PATIENCE)
        self.ask(self._settings.open, PATIENCE)
        spawned.put(self._process)
        try:
            self._listen()
        except Exception as error:  # a listener may raise anything, and whoever waits has to be told
            self._problem = str(error) if isinstance(error, EngineError) else repr(error)
            self.kill()
        self._condemned = True
        status = self._bury()
        with contextlib.suppress(Exception):
            self._read_errors()
        self._tell_the_end(status)
        self._socket.close()
        os.close(self._errors)

    def _listen(self) -> None:
        frames = Frames()
        poll = select.poll()
        poll.register(self._errors, select.POLLIN)
        poll.register(self._socket.fileno(), select.POLLIN)
        while True:
            ready = dict(poll.poll())
            received = self._received() if self._socket.fileno() in ready else None
            # What was written before an answer is heard before it, so it is read once the answer is here.
            if not self._read_errors() and self._errors in ready:
                poll.unregister(self._errors)
            if received is None:
                continue
            if not received:
                break
            for number, message, _ in frames.feed(received):
                self._deliver(number, message)
        if frames.unfinished and not self._closing:
            raise EngineError("a worker's process ended in the middle of a message")

    def _received(self) -> bytes:
        try:
            return self._socket.recv(256 * 1024)
        except ConnectionError:
            return b""

    def _read_errors(self) -> bool:
        """Read what there is on standard error; False where there will be no more."""
        with contextlib.suppress(BlockingIOError):
            for _ in range(_READS):
                text = os.read(self._errors, 64 * 1024)
                if not text:
                    return False
                self._tail += text
                del self._tail[:-_KEPT_OF_STANDARD_ERROR]
                if self._settings.listener:
                    self._settings.listener(text)
        return True

    def _deliver(self, number: int, message: Any) -> None:
        with self._lock:
            exchange = self._pending.get(number)
            if exchange is None or not isinstance(message, _ANSWERS):
                raise EngineError("a worker's process answered what it was not asked")
            if not self.started and isinstance(message, Broken):
                raise EngineError(message.message)
            self.started = True
            if isinstance(message, OutOfMemory):
                self._out_of_memory = True
                self.kill()
            if not isinstance(message, Piece):
                del self._pending[number]
                self._begin_next()
            exchange.answers.put(message)

    def _bury(self) -> int | None:
        """Wait for the process, which has hung up, and end what it leaves; its exit status, if it is known."""
        assert self._process is not None
        pid, end = self._process.pid, time.monotonic() + GRACE
        with contextlib.suppress(ChildProcessError):  # somebody else has waited for it
            while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
                if time.monotonic() > end:
                    break
                time.sleep(0.001)
        with self._lock:
            self.kill()
            self._process = None
        try:
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        except ChildProcessError:
            return None

    def _tell_the_end(self, status: int | None) -> None:
        """Let everyone know who waits: what was being carried out is why it ended, the rest may be asked again."""
        with self._lock:
            pending, self._pending = list(self._pending.values()), {}
            for exchange in pending:
                guilty = exchange is pending[0] and not self._out_of_memory
                error = self._error_for(exchange, guilty, status)
                self.untold = error if isinstance(error, StartError) and len(pending) == 1 else None
                exchange.answers.put(error)

    def _error_for(self, exchange: Exchange, guilty: bool, status: int | None) -> HmevalError:
        if self._closing:
            return EngineError("the evaluator is closed")
        if not self.started:
            self.crashed = status is not None and status < 0
            why = self._problem or f"its process {_end_by(status)}"
            return StartError(self._with_errors(f"the worker could not be started: {why}"))
        if not guilty:
            return NotBegunError("the worker's process ended before it came to this")
        if exchange.asked_to_end is not None and exchange.timed_out:
            return _too_long(exchange)
        if exchange.asked_to_end is not None:
            return EvaluationError("interrupted", "interrupted")
        if self._problem:
            return EngineError(self._with_errors(self._problem))
        if status == EXIT_STACK_OVERFLOW:
            return EvaluationError("stack overflow: the evaluation recurses without an end", "stack-overflow")
        if status == EXIT_OUT_OF_MEMORY or (status == -_ABORT and b"bad_alloc" in self._tail):
            return _too_much(self._settings)
        self.crashed = True
        return EvaluationError(self._with_errors(f"the evaluator {_end_by(status)}"))

    def _with_errors(self, message: str) -> str:
        """The message with what the process last wrote to its standard error, unless that was told already."""
        text = self._tail.decode("utf-8", "replace").strip()
        return message if self._settings.listener or not text else f"{message}; it wrote:\n{text}"


class StartError(EngineError):
    """A worker's process ended before it could be asked anything."""


class Reference:
    """A value in a child; once nothing refers to it any more, the child is told so with the next request."""

    __slots__ = ("child", "number")

    def __init__(self, child: Child, number: int) -> None:
        self.child = child
        self.number = number

    def __del__(self) -> None:
        self.child.released.append(self.number)


def _good(answer: Answer | HmevalError, exchange: Exchange, settings: Settings) -> Answer:
    if isinstance(answer, HmevalError):
        raise answer
    if isinstance(answer, OutOfMemory):
        raise _too_much(settings)
    if isinstance(answer, Failed):
        raise _too_long(exchange) if answer.kind == "interrupted" and exchange.timed_out else error_of(answer)
    if isinstance(answer, Broken):
        raise EngineError(answer.message)
    return answer


def _too_long(exchange: Exchange) -> EvaluationError:
    seconds = f"{exchange.timeout:g} second{'' if exchange.timeout == 1 else 's'}"
    return EvaluationError(f"the evaluation took longer than {seconds}, and was ended", "interrupted")


def _too_much(settings: Settings) -> EvaluationError:
    if settings.memory is None:
        return EvaluationError("there is no memory left for the evaluation")
    return EvaluationError(
        f"the evaluation came to the end of the {settings.memory / 2**20:g} MiB of memory that its process may have: "
        "give the worker more (memory=), or ask for less at a time"
    )


def _end_by(status: int | None) -> str:
    """How a process ended, in words."""
    if status is None:
        return "ended"
    if status >= 0:
        return f"ended with exit code {status}"
    import signal

    with contextlib.suppress(ValueError):
        return f"was killed by signal {signal.Signals(-status).name}"
    return f"was killed by signal {-status}"
