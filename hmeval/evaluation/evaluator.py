"""Evaluator: one Nix evaluation state, and the one thread that owns it."""

from __future__ import annotations

import atexit
import os
import queue
import threading
import weakref
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from hmeval.errors import EngineError, EvaluationError
from hmeval.evaluation import codec
from hmeval.evaluation.ffi import Reader, encoded, environment_lookup_path, ffi, lib, start_engine, text, text_array
from hmeval.evaluation.job import Job
from hmeval.evaluation.report import evaluation_error
from hmeval.evaluation.store import default_store_uri
from hmeval.evaluation.value import Value
from hmeval.literals import path_literal

T = TypeVar("T")

# Nix recurses: the deepest nesting of calls that it allows needs a stack far beyond a thread's usual 8 MB. It is also
# what ends recursion without calls, so more of it costs memory and time before an error comes.
STACK_SIZE = 72 * 1024 * 1024

_stack_size_lock = threading.Lock()
_open_evaluators: weakref.WeakSet[Evaluator] = weakref.WeakSet()


class Evaluator:
    """Evaluates Nix expressions in this process.

    Every call is carried out on a thread of the evaluator's own, one after the other, from whichever thread it is
    made. Ctrl-C while one waits for an evaluation ends the evaluation, and the evaluator goes on being usable.

    Args:
        lookup_path: where <names> are found, as `name=/folder`, before $NIX_PATH.
        store: the URI of a Nix store; by default the system's where it can be used, else a private one below the
            cache folder.

    Raises EngineError where Nix or the store cannot be used.
    """

    def __init__(self, *, lookup_path: Sequence[str] = (), store: str | None = None) -> None:
        start_engine()
        self._jobs: queue.SimpleQueue[Job[Any] | None] = queue.SimpleQueue()
        # By address: how often native code handed it over and has not got it back. By the C API one value that is asked
        # for twice has one address.
        self._pointers: Counter[int] = Counter()
        self._released: deque[Any] = deque()
        self._session: Any = ffi.NULL
        self._closed = False
        self._interrupted = False
        self._lock = threading.RLock()
        self._position_of: Value | None = None
        self._thread = _start_with_large_stack(self._work)
        try:
            uri = store if store is not None else default_store_uri()
            self._run(lambda: self._open(uri, list(lookup_path)))
            _open_evaluators.add(self)
        except BaseException:
            self.close()
            raise

    # -- evaluation ---------------------------------------------------------------------------------------------

    def eval(self, expression: str, *, base: str | os.PathLike[str] = ".") -> Value:
        """The value of a Nix expression; relative paths in it are relative to the folder `base`.

        Raises EvaluationError.
        """
        folder = encoded(os.path.abspath(os.fspath(base)))
        source = encoded(expression)
        return self._value(lambda result: lib.hmeval_evaluate(self._session, source, folder, result))

    def eval_file(self, path: str | os.PathLike[str]) -> Value:
        """The value of a Nix file, or of a folder's default.nix. Raises EvaluationError."""
        return self.eval(f"import {path_literal(os.path.abspath(os.fspath(path)))}")

    def call(self, function: Value, *arguments: Any) -> Value:
        """Call a Nix function with values, or with Python data that becomes Nix values. Raises EvaluationError."""
        result = function
        for argument in arguments:
            result = self._call(result, self.value(argument))
        return result

    def value(self, python: Any) -> Value:
        """A Nix value from Python data: None, bool, int, float, str, NixPath, lists, string-keyed dicts and Values.

        Raises TypeError for anything else.
        """
        if isinstance(python, Value):
            return python
        if isinstance(python, str):
            # Not by way of an expression: Nix never frees what it has parsed.
            text = encoded(python)
            return self._value(lambda result: lib.hmeval_value_string(self._session, text, result))
        expression, values = codec.to_nix(python)
        result = self.eval(expression, base="/")
        for inner in values:
            result = self._call(result, inner)
        return result

    # -- life -----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """End the evaluator, and a running evaluation with it; its values raise EngineError from then on."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._interrupt(True)
            self._jobs.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._closed

    def collect_garbage(self) -> None:
        """Run Nix's garbage collector now."""
        self._run(lib.hmeval_collect)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- for Value and for extraction ------------------------------------------------------------------------------

    def _pieces(self, write: Callable[[Any, Any, Any], int]) -> Iterator[tuple[bytes, int]]:
        """What native code writes with `write(session, sink, reader)`: pieces, and the options in all of them so far.

        The writing goes on while a piece is looked at; who stops asking for pieces ends it.
        """
        pieces: queue.SimpleQueue[tuple[bytes, int] | None] = queue.SimpleQueue()
        reader = Reader(lambda piece, options: pieces.put((piece, options)))

        def work() -> None:
            try:
                self._checked(write(self._session, lib.receive, reader.handle))
            finally:
                pieces.put(None)

        job = self._submit(work)
        try:
            while (piece := pieces.get()) is not None:
                yield piece
        except BaseException:
            self._end(job)
            raise
        job.outcome()

    def _written(self, write: Callable[[Any, Any, Any], int]) -> bytes:
        return b"".join(piece for piece, _ in self._pieces(write))

    def _value(self, produce: Callable[[Any], int]) -> Value:
        value = self._value_or_none(produce)
        assert value is not None, "only a look-up can find nothing"
        return value

    def _value_or_none(self, produce: Callable[[Any], int]) -> Value | None:
        """Run `produce(result)`, and give the value that it put into `result[0]`; None where it is absent."""

        def job() -> Value | None:
            result = ffi.new("nix_value **")
            if self._checked(produce(result)) == lib.HMEVAL_ABSENT:
                return None
            return self._keep(result[0])

        return self._run(job)

    def _keep(self, pointer: Any) -> Value:
        self._pointers[_address(pointer)] += 1
        kind = lib.hmeval_value_type(self._session, pointer)
        # Whichever thread lets the value go: only the evaluator's thread may give it back.
        return Value(self, ffi.gc(pointer, self._released.append), kind)

    def _call(self, function: Value, argument: Value) -> Value:
        for value in (function, argument):
            value._require(self)
        return self._value(lambda result: lib.hmeval_call(self._session, function._pointer, argument._pointer, result))

    def _position_function(self) -> Value:
        if self._position_of is None:
            self._position_of = self.eval("builtins.unsafeGetAttrPos")
        return self._position_of

    # -- the thread -------------------------------------------------------------------------------------------------

    def _run(self, work: Callable[[], T]) -> T:
        """Carry `work` out on the evaluator's thread, and give its result."""
        job = self._submit(work)
        try:
            return job.outcome()
        except KeyboardInterrupt:
            self._end(job)
            raise

    def _submit(self, work: Callable[[], T]) -> Job[T]:
        job = Job(work)
        with self._lock:
            if self._closed:
                raise EngineError("the evaluator is closed")
            self._jobs.put(job)
        return job

    def _end(self, job: Job[Any]) -> None:
        """Take back a job that has not begun; end one that runs. The evaluator is free then for other work."""
        if job.take_back():
            return
        with self._lock:
            if not job.done:
                self._interrupted = True
                self._interrupt(True)
        job.wait()

    def _interrupt(self, on: bool) -> None:
        with self._lock:
            if self._session != ffi.NULL:
                lib.hmeval_session_interrupt(self._session, on)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._release()
            job.carry_out()
            with self._lock:  # before the next job begins, which is not to be ended
                if self._interrupted:
                    self._interrupted = False
                    self._interrupt(self._closed)
            del job
        self._close_session()

    def _release(self) -> None:
        """Give back the values that Python no longer holds."""
        while self._released:
            pointer = self._released.popleft()
            address = _address(pointer)
            self._pointers[address] -= 1
            if not self._pointers[address]:
                del self._pointers[address]
            lib.hmeval_value_release(self._session, pointer)

    def _open(self, store: str | None, lookup_path: list[str]) -> None:
        status = ffi.new("hmeval_status *")
        paths, _kept = text_array([*lookup_path, *environment_lookup_path()])
        uri = ffi.NULL if store is None else ffi.new("char[]", encoded(store))
        self._session = lib.hmeval_session_open(uri, paths, status)
        if self._session == ffi.NULL:
            raise EngineError("no memory for an evaluation state")
        if status[0] != lib.HMEVAL_OK:
            raise EngineError(f"the Nix store cannot be used: {self._error().message}")

    def _close_session(self) -> None:
        with self._lock:
            session, self._session = self._session, ffi.NULL
        if session != ffi.NULL:
            for address in self._pointers.elements():
                lib.hmeval_value_release(session, ffi.cast("nix_value *", address))
            self._pointers.clear()
            lib.hmeval_session_close(session)

    def _checked(self, status: int) -> int:
        """The status of a native call, once those that are errors are raised."""
        if status in (lib.HMEVAL_OK, lib.HMEVAL_ABSENT, lib.HMEVAL_STOPPED):
            return status
        if status == lib.HMEVAL_NO_MEMORY:
            raise MemoryError("Nix has no memory left")
        raise self._error()

    def _error(self) -> EvaluationError:
        error = lib.hmeval_session_error(self._session)
        return evaluation_error(text(error.class_name), text(error.message), text(error.report))


def _address(pointer: Any) -> int:
    return int(ffi.cast("uintptr_t", pointer))


@atexit.register
def _close_all() -> None:
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
