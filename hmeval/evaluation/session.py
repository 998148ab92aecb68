"""Session: one Nix evaluation state, and the thread that it belongs to."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from hmeval.errors import EngineError, EvaluationError
from hmeval.evaluation.ffi import Reader, environment_lookup_path, ffi, lib, text, text_array
from hmeval.evaluation.locks import InterruptibleLock
from hmeval.evaluation.operations import (
    Answer,
    Attribute,
    Call,
    CollectGarbage,
    Element,
    Evaluate,
    Held,
    MakeString,
    Operation,
    Receiver,
    Size,
    WriteInputs,
    WriteNames,
    WriteOptions,
    WriteText,
    WriteValue,
)
from hmeval.evaluation.report import evaluation_error
from hmeval.literals import encoded

# By hmeval_type: the names that builtins.typeOf gives.
_TYPE_NAMES = ("thunk", "int", "float", "bool", "string", "path", "null", "set", "list", "lambda", "external")


class OutOfMemoryError(EvaluationError):
    """Nix asked for memory and got none."""


class Session:
    """Carries operations out. All of it is called on the thread that opens it, but for `interrupt`.

    References are pointers that give themselves back once Python lets go of them, whichever thread that is on.
    """

    def __init__(self) -> None:
        # By address: how often native code handed it over and has not got it back. By the C API one value that is asked
        # for twice has one address.
        self._pointers: Counter[int] = Counter()
        self._released: deque[Any] = deque()
        self._handle: Any = ffi.NULL
        self._lock = InterruptibleLock()  # held where the handle appears, disappears, or is used by another thread

    def open(self, store: str | None, lookup_path: list[str]) -> None:
        """Open the store and make the evaluation state. Raises EngineError."""
        status = ffi.new("hmeval_status *")
        paths, _kept = text_array([*lookup_path, *environment_lookup_path()])
        uri = ffi.NULL if store is None else ffi.new("char[]", encoded(store))
        handle = lib.hmeval_session_open(uri, paths, status)
        if handle == ffi.NULL:
            raise EngineError("no memory for an evaluation state")
        with self._lock:
            self._handle = handle
        if status[0] != lib.HMEVAL_OK:
            raise EngineError(f"the Nix store cannot be used: {self._error().message}")

    def close(self) -> None:
        """Give everything back; nothing can be asked any more."""
        with self._lock:
            handle, self._handle = self._handle, ffi.NULL
        if handle == ffi.NULL:
            return
        for address in self._pointers.elements():
            lib.hmeval_value_release(handle, ffi.cast("nix_value *", address))
        self._pointers.clear()
        lib.hmeval_session_close(handle)

    def forget_inputs(self, folder: str) -> None:
        """Let nothing that was read so far in a folder, which is gone, count as an input of what is evaluated."""
        lib.hmeval_session_forget_inputs(self._handle, encoded(folder))

    def interrupt(self, on: bool) -> None:
        """End the running operation and those to come, until this is called with False. From any thread."""
        with self._lock:
            if self._handle != ffi.NULL:
                lib.hmeval_session_interrupt(self._handle, on)

    def answer(self, operation: Operation, receive: Receiver) -> Answer:
        """Carry an operation out; `receive` gets what it writes. Raises EvaluationError."""
        session = self._handle
        match operation:
            case Evaluate(source, base):
                return self._held(lambda result: lib.hmeval_evaluate(session, source, base, result))
            case Call(function, argument):
                return self._held(lambda result: lib.hmeval_call(session, function, argument, result))
            case MakeString(string):
                return self._held(lambda result: lib.hmeval_value_string(session, string, result))
            case Attribute(value, name):
                return self._held(lambda result: lib.hmeval_value_attribute(session, value, name, result))
            case Element(value, index):
                return self._held(lambda result: lib.hmeval_value_element(session, value, index, result))
            case Size(value):
                size: int = lib.hmeval_value_size(session, value)
                return size
            case CollectGarbage():
                lib.hmeval_collect()
            case _:
                self._write(operation, receive)
        return None

    def release(self) -> None:
        """Give back the values that Python no longer holds."""
        while self._released:
            pointer = self._released.popleft()
            address = _address(pointer)
            self._pointers[address] -= 1
            if not self._pointers[address]:
                del self._pointers[address]
            lib.hmeval_value_release(self._handle, pointer)

    def _write(
        self, operation: WriteNames | WriteValue | WriteText | WriteOptions | WriteInputs, receive: Receiver
    ) -> None:
        reader = Reader(receive)
        to = (lib.receive, reader.handle)
        match operation:
            case WriteNames(value):
                status = lib.hmeval_write_names(self._handle, value, *to)
            case WriteValue(value, parts_may_fail):
                write = lib.hmeval_write_value_with_failures if parts_may_fail else lib.hmeval_write_value
                status = write(self._handle, value, *to)
            case WriteText(value, parts_may_fail):
                write = lib.hmeval_write_text_with_failures if parts_may_fail else lib.hmeval_write_text
                status = write(self._handle, value, *to)
            case WriteOptions(value, flags):
                status = lib.hmeval_write_options(self._handle, value, flags, *to)
            case WriteInputs():
                status = lib.hmeval_write_inputs(self._handle, *to)
        self._checked(status)

    def _held(self, produce: Callable[[Any], int]) -> Held | None:
        """Run `produce(result)`, and hold the value that it put into `result[0]`; None where it is absent."""
        result = ffi.new("nix_value **")
        if self._checked(produce(result)) == lib.HMEVAL_ABSENT:
            return None
        pointer = result[0]
        self._pointers[_address(pointer)] += 1
        kind = _TYPE_NAMES[lib.hmeval_value_type(self._handle, pointer)]
        # Whichever thread lets the value go: only the session's own may give it back.
        return Held(ffi.gc(pointer, self._released.append), kind)

    def _checked(self, status: int) -> int:
        """The status of a native call, once those that are errors are raised."""
        if status in (lib.HMEVAL_OK, lib.HMEVAL_ABSENT, lib.HMEVAL_STOPPED):
            return status
        if status == lib.HMEVAL_NO_MEMORY:
            raise OutOfMemoryError("there is no memory left for the evaluation")
        raise self._error()

    def _error(self) -> EvaluationError:
        error = lib.hmeval_session_error(self._handle)
        return evaluation_error(text(error.class_name), text(error.message), text(error.report))


def _address(pointer: Any) -> int:
    return int(ffi.cast("uintptr_t", pointer))
