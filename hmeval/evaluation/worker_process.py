"""The child process of a Worker: reads requests from its standard input, carries them out, and answers there."""

from __future__ import annotations

import os
import resource
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hmeval.errors import EngineError, EvaluationError
from hmeval.evaluation.evaluator import Evaluator
from hmeval.evaluation.ffi import lib
from hmeval.evaluation.job import Job
from hmeval.evaluation.operations import Held, Operation
from hmeval.evaluation.protocol import (
    EXIT_OUT_OF_MEMORY,
    PIECE,
    Answer,
    Broken,
    Cancel,
    Counted,
    Done,
    Envelope,
    Failed,
    Frames,
    Kept,
    Open,
    OutOfMemory,
    Piece,
    failure,
    frame,
    resolved,
)
from hmeval.evaluation.session import OutOfMemoryError

if TYPE_CHECKING:
    from hmeval.evaluation.policy import Policy

_SOCKET = 0  # both ways; what is written to standard output and error, the client collects


def run(client: int, memory: int | None) -> None:
    """Serve the process `client` until it hangs up; never returns."""
    code = 1
    try:
        _limit(memory)
        code = _serve(client)
    except MemoryError:
        code = EXIT_OUT_OF_MEMORY
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    # Not the ordinary way out, which waits for the evaluation.
    os._exit(code)


def _limit(memory: int | None) -> None:
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _serve(client: int) -> int:
    requests = _requests()
    first = next(requests, None)
    server = _Server()
    if first and isinstance(first.message, Open) and server.open(client, first.number, first.message):
        server.serve(requests)
    return 0


def _requests() -> Iterator[Envelope]:
    frames = Frames()
    while received := _received():
        yield from frames.feed(received)


def _received() -> bytes:
    try:
        return os.read(_SOCKET, 256 * 1024)
    except ConnectionError:
        return b""


class _Server:
    """The evaluator, the requests that are not answered, and the values that the client holds, by number."""

    def __init__(self) -> None:
        self._evaluator: Evaluator
        self._jobs: dict[int, Job[None]] = {}
        self._values: dict[int, Any] = {}
        self._sending = threading.Lock()

    def open(self, client: int, number: int, request: Open) -> bool:
        """Answer the first request; whether others can follow."""
        try:
            self._evaluator = Evaluator(
                lookup_path=request.lookup_path, store=request.store, policy=_policy(request.policy)
            )
        except Exception as error:
            self._send(number, Broken(str(error)))
            return False
        lib.hmeval_serve(client)
        self._evaluator._run(lib.hmeval_contain_overflow)
        self._send(number, Done())
        return True

    def serve(self, requests: Iterator[Envelope]) -> None:
        for number, message, released in requests:
            for value in released:
                self._values.pop(value, None)
            if isinstance(message, Cancel):
                self._cancel(message.request)
            else:
                self._submit(number, message)

    def _submit(self, number: int, operation: Any) -> None:
        job: Job[None] = Job(lambda: self._carry_out(number, operation))
        self._jobs[number] = job
        self._evaluator._put(job)

    def _cancel(self, number: int) -> None:
        job = self._jobs.get(number)
        if job is not None and self._evaluator._cancel(job):
            self._answer(number, Failed("interrupted before it began", "interrupted", None, [], None))

    def _carry_out(self, number: int, operation: Operation) -> None:
        """On the evaluator's thread."""
        try:
            answer = self._evaluate(number, operation)
        except (MemoryError, OutOfMemoryError):
            answer = OutOfMemory()
        except EvaluationError as error:
            answer = failure(error)
        except Exception as error:
            answer = Broken(str(error) if isinstance(error, EngineError) else repr(error))
        self._answer(number, answer)

    def _evaluate(self, number: int, operation: Operation) -> Answer:
        known = resolved(operation, self._values.__getitem__)
        answer = self._evaluator._session.answer(known, lambda piece, options: self._write(number, piece, options))
        if isinstance(answer, Held):
            self._values[number] = answer.reference
            return Kept(answer.type)
        return Done() if answer is None else Counted(answer)

    def _write(self, number: int, content: bytes, options: int) -> None:
        for start in range(0, len(content), PIECE):
            self._send(number, Piece(content[start : start + PIECE], options))

    def _answer(self, number: int, answer: Answer) -> None:
        self._jobs.pop(number, None)
        try:
            self._send(number, answer)
        except MemoryError:
            os._exit(EXIT_OUT_OF_MEMORY)

    def _send(self, number: int, answer: Answer) -> None:
        rest = memoryview(frame(number, answer))
        with self._sending:
            try:
                while rest:
                    rest = rest[os.write(_SOCKET, rest) :]
            except OSError:
                os._exit(0)  # the client has hung up


def _policy(fields: list[Any] | None) -> Policy | None:
    if fields is None:
        return None
    from hmeval.evaluation.policy import Policy

    return Policy(*fields)
