"""Worker: an evaluator in a child process, which no evaluation can take down."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from hmeval.errors import EngineError
from hmeval.evaluation import last_moments, protocol
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.evaluation.child import Child, Exchange, Listener, NotBegunError, Reference, Settings, StartError
from hmeval.evaluation.hearing import Hearing
from hmeval.evaluation.locks import InterruptibleLock
from hmeval.evaluation.operations import Answer, Held, Operation
from hmeval.evaluation.protocol import Counted, Done, Kept, Open, Piece
from hmeval.evaluation.value import Value

if TYPE_CHECKING:
    from hmeval.evaluation.policy import Policy

SMALLEST_MEMORY = 256 * 1024 * 1024
"""Python, Nix and the evaluator's stack take half of it."""

_FIRST_DELAY, _LONGEST_DELAY = 0.1, 5.0

_open_workers: weakref.WeakSet[Worker] = weakref.WeakSet()


class Worker(AnyEvaluator):
    """Evaluates Nix expressions in a child process; otherwise as Evaluator.

    Recursion without an end, a crash, a want of memory and an evaluation that takes too long are EvaluationErrors (kind
    stack-overflow, other, other, interrupted). The next request is answered by a new process where the old one has
    ended. The values of that one have ended with it: they raise EngineError.

    Args:
        lookup_path: where <names> are found, as `name=/folder`, before $NIX_PATH.
        store: the URI of a Nix store; by default the system's where it can be used, else a private one below the
            cache folder.
        policy: how code that is not trusted is evaluated; the process then has next to nothing of the environment. By
            default Nix does as the user has configured it.
        timeout: seconds that one request may take, from when the process is free for it.
        memory: bytes that the process may have, at least SMALLEST_MEMORY.
        late: whether the process is started with the first request, for who may not need one.
        listener: is told what the process writes to its standard error (`builtins.trace`, warnings), on another
            thread; without one it is part of the message where the process ends unexpectedly.

    Raises EngineError where no process can be started. Where Nix or the store cannot be used, the first request does:
    the process gets ready while its client does something else.
    """

    def __init__(
        self,
        *,
        lookup_path: Sequence[str] = (),
        store: str | None = None,
        policy: Policy | None = None,
        timeout: float | None = None,
        memory: int | None = None,
        late: bool = False,
        listener: Listener | None = None,
    ) -> None:
        if timeout is not None and not timeout > 0:
            raise ValueError("timeout is a number of seconds above zero")
        if memory is not None and memory < SMALLEST_MEMORY:
            raise ValueError(f"a worker needs at least {SMALLEST_MEMORY} bytes of memory")
        begin = Open(store, list(lookup_path), None if policy is None else policy.fields())
        self.identity = (list(lookup_path), store, repr(policy)) if lookup_path or store or policy else ()
        self._has_policy = policy is not None
        self.hearing = Hearing(listener) if listener else None
        self._settings = Settings(begin, timeout, memory, self.hearing)
        self._lock = InterruptibleLock()
        self._client = os.getpid()
        self._closing = threading.Event()
        self._failed_starts = 0
        self._crashed = False
        self._child: Child | None = None if late else self._new_child()
        _open_workers.add(self)

    def inputs(self) -> tuple[list[str], list[list[Any]] | None]:
        """As of every evaluator; under a policy, $HOME is none of them: nobody's is always the same (spawn.py)."""
        libraries, inputs = super().inputs()
        if inputs is None or not self._has_policy:
            return libraries, inputs
        return libraries, [one for one in inputs if one[:2] != ["variable", "HOME"]]

    def close(self) -> None:
        """End the process, and a running evaluation with it; the worker's values raise EngineError from then on."""
        self._closing.set()
        if os.getpid() != self._client:  # a fork of it, which has neither the thread nor the right
            return
        with self._lock:
            child = self._child
        if child is not None:
            child.close()

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._closing.is_set()

    @property
    def crashed(self) -> bool:
        """Whether a process of it has ended before it answered, by itself or by a signal from outside."""
        with self._lock:
            return self._crashed or (self._child is not None and self._child.crashed)

    def __del__(self) -> None:
        child: Child | None = getattr(self, "_child", None)
        if child is not None and os.getpid() == self._client:
            child.kill()

    # -- for Value and for extraction ------------------------------------------------------------------------------

    def _ask(self, operation: Operation) -> Answer:
        while True:
            child, exchange = self._begin(operation)
            try:
                answer = self._answer(child, exchange)
            except NotBegunError:
                continue  # whatever refers to a value of that process is refused then
            match answer:
                case Kept(type):
                    return Held(Reference(child, exchange.number), type)
                case Counted(size):
                    return size
                case Done():
                    return None
            raise EngineError("a worker's process gave an answer of another kind than was asked for")

    def _pieces(self, operation: Operation) -> Iterator[tuple[bytes, int]]:
        while True:
            child, exchange = self._begin(operation)
            try:
                while isinstance(answer := self._answer(child, exchange), Piece):
                    yield answer.content, answer.options
                return
            except NotBegunError:
                continue
            except GeneratorExit:
                child.give_up(exchange)
                raise

    def _answer(self, child: Child, exchange: Exchange) -> protocol.Answer:
        try:
            answer = child.answer(exchange)
        except StartError:
            self._failed_starts += 1
            raise
        except KeyboardInterrupt:
            child.give_up(exchange)
            raise
        self._failed_starts = 0
        return answer

    def _holds(self, value: Value) -> bool:
        child: Child = value._reference.child
        return child is self._child and child.alive

    def _begin(self, operation: Operation) -> tuple[Child, Exchange]:
        while True:
            child = self._living_child()
            try:
                return child, child.ask(operation, self._settings.timeout)
            except NotBegunError:
                continue

    def _living_child(self) -> Child:
        if os.getpid() != self._client:
            raise EngineError("a worker belongs to the process that made it; make another one after a fork")
        with self._lock:
            if not self._closing.is_set():
                if self._child is not None and not self._child.alive:
                    self._child.wait()
                    self._crashed |= self._child.crashed
                    self._tell_failed_start(self._child)
                    self._child = None
                if self._child is None:
                    self._child = self._new_child()
                return self._child
        last_moments.sleep_through()
        raise EngineError("the evaluator is closed")

    def _tell_failed_start(self, child: Child) -> None:
        error, child.untold = child.untold, None
        if error is not None:
            self._failed_starts += 1
            raise error

    def _new_child(self) -> Child:
        if self._failed_starts:
            self._closing.wait(min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** (self._failed_starts - 1)))
        try:
            return Child(self._settings)
        except StartError:
            self._failed_starts += 1
            raise


@atexit.register
def _close_all() -> None:
    last_moments.begin()
    for worker in list(_open_workers):
        worker.close()
