"""Evaluator: Nix in this process, on one thread of its own."""

from __future__ import annotations

import atexit
import queue
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from hmeval.errors import EngineError
from hmeval.evaluation import last_moments
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.evaluation.ffi import environment, start_engine
from hmeval.evaluation.job import Job
from hmeval.evaluation.locks import InterruptibleLock
from hmeval.evaluation.operations import Answer, Operation
from hmeval.evaluation.session import Session
from hmeval.evaluation.store import default_store_uri
from hmeval.evaluation.value import Value

if TYPE_CHECKING:
    from hmeval.evaluation.policy import Policy

T = TypeVar("T")

# Nix recurses: the deepest nesting of calls that it allows needs a stack far beyond a thread's usual 8 MB. It is also
# what ends recursion without calls, so more of it costs memory and time before an error comes.
STACK_SIZE = 72 * 1024 * 1024

_stack_size_lock = threading.Lock()
_open_evaluators: weakref.WeakSet[Evaluator] = weakref.WeakSet()


class Evaluator(AnyEvaluator):
    """Evaluates Nix expressions in this process.

    Every call is carried out on a thread of the evaluator's own, one after the other, from whichever thread it is
    made. Ctrl-C while one waits for an evaluation ends the evaluation, and the evaluator goes on being usable.

    Args:
        lookup_path: where <names> are found, as `name=/folder`, before $NIX_PATH.
        store: the URI of a Nix store; by default the system's where it can be used, else a private one below the
            cache folder.
        policy: how code that is not trusted is evaluated; by default Nix does as the user has configured it. A process
            has one policy.

    Raises EngineError where Nix or the store cannot be used, where Nix runs already and by another policy, and where
    it does not keep to this one.
    """

    def __init__(
        self, *, lookup_path: Sequence[str] = (), store: str | None = None, policy: Policy | None = None
    ) -> None:
        start_engine(policy)
        self.identity = (list(lookup_path), store, repr(policy)) if lookup_path or store or policy else ()
        self._jobs: queue.SimpleQueue[Job[Any] | None] = queue.SimpleQueue()
        self._session = Session()
        self._closed = False
        self._interrupted = False
        self._lock = InterruptibleLock()
        self._thread = _start_with_large_stack(self._work)
        try:
            uri = store if store is not None else default_store_uri()
            self._begin(uri, list(lookup_path), policy)
            _open_evaluators.add(self)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the evaluator, and a running evaluation with it; its values raise EngineError from then on."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._session.interrupt(True)
            self._jobs.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._closed

    # -- for Value and for extraction ------------------------------------------------------------------------------

    def _ask(self, operation: Operation) -> Answer:
        return self._run(lambda: self._session.answer(operation, _no_receiver))

    def _pieces(self, operation: Operation) -> Iterator[tuple[bytes, int]]:
        pieces: queue.SimpleQueue[tuple[bytes, int] | None] = queue.SimpleQueue()

        def work() -> None:
            try:
                self._session.answer(operation, lambda piece, options: pieces.put((piece, options)))
            finally:
                pieces.put(None)

        job = Job(work)
        try:
            self._put(job)
            while (piece := pieces.get()) is not None:
                yield piece
        except BaseException:
            self._end(job)
            raise
        job.outcome()

    def _holds(self, value: Value) -> bool:
        return not self._closed

    # -- the thread -------------------------------------------------------------------------------------------------

    def _run(self, work: Callable[[], T]) -> T:
        """Carry `work` out on the evaluator's thread, and give its result."""
        job = Job(work)
        try:
            self._put(job)
            return job.outcome()
        except KeyboardInterrupt:
            self._end(job)
            raise

    def _put(self, job: Job[Any]) -> None:
        self._jobs.put(job)
        # What comes after close() is never carried out.
        if self._closed and job.take_back():
            last_moments.sleep_through()
            raise EngineError("the evaluator is closed")

    def _end(self, job: Job[Any]) -> None:
        """End a job, whether it runs or has not begun. The evaluator is free then for other work."""
        if not self._cancel(job):
            job.wait()

    def _cancel(self, job: Job[Any]) -> bool:
        """Take back a job that has not begun (True); ask one that runs to end soon."""
        if job.take_back():
            return True
        with self._lock:
            if not job.done:
                self._interrupted = True
                self._session.interrupt(True)
        return False

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._session.release()
            job.carry_out()
            with self._lock:  # before the next job begins, which is not to be ended
                if self._interrupted:
                    self._interrupted = False
                    self._session.interrupt(self._closed)
            del job
        self._session.close()

    def _begin(self, store: str | None, lookup_path: list[str], policy: Policy | None) -> None:
        """Make the state; under a policy nothing else is evaluated before the canary."""
        with environment(policy):
            if policy is None:
                self._run(lambda: self._session.open(store, lookup_path))
                return
            from hmeval.evaluation import canary  # slow to import, and rarely wanted

            with canary.bait(policy) as folder:
                roots = policy.lookup_path(str(folder / "root"))
                self._run(lambda: self._session.open(store, [*lookup_path, *roots]))
                canary.check(policy, folder, lambda expression: self.eval(expression).to_python())
            self._run(lambda: self._session.forget_inputs(str(folder)))  # the bait, which is gone


def _no_receiver(piece: bytes, options: int) -> None:
    raise AssertionError("only what writes has pieces")


@atexit.register
def _close_all() -> None:
    last_moments.begin()
    # A thread inside Nix while the process runs its destructors would crash it.
    for evaluator in list(_open_evaluators):
        evaluator.close()


def _start_with_large_stack(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, name="hmeval-evaluator", daemon=True)
    with _stack_size_lock:
        usual = threading.stack_size(STACK_SIZE)
        try:
            thread.start()
        except RuntimeError as error:
            raise EngineError(f"no thread with a stack of {STACK_SIZE} bytes for the evaluator: {error}") from error
        finally:
            threading.stack_size(usual)
    return thread
