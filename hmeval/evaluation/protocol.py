"""What a worker's two processes say to each other: messages, and the frames that they travel in.

A frame is `hm`, the length of what follows as four bytes, and MessagePack: [code, number, released, fields …]. `number`
is that of the request which the message is, or answers; a value has the number of the request that made it. `released`
are values that the client no longer holds.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import msgpack

from hmeval.errors import EngineError, EvaluationError, Position, TraceFrame
from hmeval.evaluation.operations import (
    Attribute,
    Call,
    CollectGarbage,
    Element,
    Evaluate,
    MakeString,
    Operation,
    Size,
    WriteInputs,
    WriteNames,
    WriteOptions,
    WriteText,
    WriteValue,
)

# How the child process ends by itself; the first stands in native/hmeval.h too (HMEVAL_EXIT_…).
EXIT_STACK_OVERFLOW, EXIT_OUT_OF_MEMORY = 86, 87

LARGEST_FRAME = 1024**3
PIECE = 1024**2
"""What is larger is sent in several pieces."""

_HEADER = struct.Struct(">2sI")
_MAGIC = b"hm"


class Open(NamedTuple):
    """The first request: open a store, and make an evaluation state that finds <names> in `lookup_path`.

    `policy` has the fields of a Policy, in their order; None for the user's own configuration.
    """

    store: str | None
    lookup_path: list[str]
    policy: list[bool | list[str]] | None


class Cancel(NamedTuple):
    """End a request that was made before, and answer it; this one has no answer."""

    request: int


class Kept(NamedTuple):
    """An answer: a value, kept under the request's number; what `builtins.typeOf` says of it."""

    type: str


class Counted(NamedTuple):
    """An answer: a size."""

    size: int


class Done(NamedTuple):
    """An answer: there is none such, or it has been written."""


class Piece(NamedTuple):
    """A part of what a request writes; more follows, and then its answer."""

    content: bytes
    options: int


class Failed(NamedTuple):
    """An answer: an EvaluationError."""

    message: str
    kind: str
    position: list[Any] | None
    trace: list[Any]
    option: str | None


class OutOfMemory(NamedTuple):
    """An answer: there was no memory left; what the process is worth from then on, nobody knows."""


class Broken(NamedTuple):
    """An answer: an EngineError."""

    message: str


Request: TypeAlias = Operation | Open | Cancel
Answer: TypeAlias = Kept | Counted | Done | Piece | Failed | OutOfMemory | Broken
Message: TypeAlias = Request | Answer


class Reference(int):
    """In a shape: the number of a value."""


_Type: TypeAlias = type | tuple[type, ...]
_NOTHING = type(None)

# Each message with the types of its fields. Its place is its code.
_SHAPES: dict[type[Message], tuple[_Type, ...]] = {
    Open: ((str, _NOTHING), list, (list, _NOTHING)),
    Cancel: (int,),
    Evaluate: (bytes, bytes),
    Call: (Reference, Reference),
    MakeString: (bytes,),
    Attribute: (Reference, bytes),
    Element: (Reference, int),
    Size: (Reference,),
    WriteNames: (Reference,),
    WriteValue: (Reference, bool),
    WriteText: (Reference, bool),
    WriteOptions: (Reference, int),
    WriteInputs: (),
    CollectGarbage: (),
    Kept: (str,),
    Counted: (int,),
    Done: (),
    Piece: (bytes, int),
    Failed: (str, str, (list, _NOTHING), list, (str, _NOTHING)),
    OutOfMemory: (),
    Broken: (str,),
}
_MESSAGES = tuple(_SHAPES)
_CODES = {message: code for code, message in enumerate(_MESSAGES)}


class Envelope(NamedTuple):
    """A message as it travels."""

    number: int
    message: Message
    released: list[int]


def resolved(operation: Operation, value_of: Callable[[int], Any]) -> Operation:
    """The operation with `value_of(number)` in place of the numbers of values."""
    shape = _SHAPES[type(operation)]
    fields = (value_of(field) if kind is Reference else field for field, kind in zip(operation, shape, strict=True))
    return type(operation)(*fields)


def frame(
    number: int, message: Message, released: Sequence[int] = (), number_of: Callable[[Any], int] | None = None
) -> bytes:
    """A message, ready to be sent; `number_of(reference)` gives the number of a value that it refers to otherwise.

    Raises EngineError for what is too large.
    """
    content = [_CODES[type(message)], number, released, *message]
    body: bytes = msgpack.packb(content, default=number_of, unicode_errors="surrogateescape")
    if len(body) > LARGEST_FRAME:
        raise EngineError(f"a message of {len(body)} bytes to or from a worker is too large")
    return _HEADER.pack(_MAGIC, len(body)) + body


class Frames:
    """Takes the bytes that arrive, and gives the messages in them."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, received: bytes) -> Iterator[Envelope]:
        """The messages that are complete now. Raises EngineError for what is no message."""
        self._bytes += received
        while len(self._bytes) >= _HEADER.size:
            magic, length = _HEADER.unpack_from(self._bytes)
            if magic != _MAGIC or length > LARGEST_FRAME:
                raise EngineError("a worker's process sent what is no message")
            end = _HEADER.size + length
            if len(self._bytes) < end:
                return
            body = bytes(memoryview(self._bytes)[_HEADER.size : end])
            del self._bytes[:end]
            yield _envelope(body)

    @property
    def unfinished(self) -> bool:
        """Whether a message has begun, and its end is still to come."""
        return bool(self._bytes)


def _envelope(body: bytes) -> Envelope:
    try:
        content = msgpack.unpackb(body, unicode_errors="surrogateescape", use_list=True)
        code, number, released, *fields = content
        kind = _MESSAGES[code]
        if code < 0 or not _fits(fields, _SHAPES[kind]) or not _all_ints([number, *released]):
            raise ValueError("fields that the message does not have")
    # msgpack raises ValueError, and several of its own that are none.
    except Exception as error:
        raise EngineError(f"a worker's process sent a message that cannot be read: {error}") from None
    return Envelope(number, kind(*fields), released)


def _all_ints(numbers: list[Any]) -> bool:
    return all(type(number) is int for number in numbers)


def _fits(fields: list[Any], shape: tuple[_Type, ...]) -> bool:
    return len(fields) == len(shape) and all(
        isinstance(field, int if kind is Reference else kind) for field, kind in zip(fields, shape, strict=True)
    )


def failure(error: EvaluationError) -> Failed:
    """An error as a message."""
    position = list(error.position) if error.position else None
    trace = [[frame.text, list(frame.position) if frame.position else None] for frame in error.trace]
    return Failed(error.message, error.kind, position, trace, error.option)


def error_of(failed: Failed) -> EvaluationError:
    """The error that `failure` was given. Raises EngineError where the message holds none."""
    try:
        position = Position(*failed.position) if failed.position else None
        trace = tuple(TraceFrame(text, Position(*at) if at else None) for text, at in failed.trace)
    except (TypeError, ValueError) as error:
        raise EngineError(f"a worker's process sent an error that cannot be read: {error}") from None
    return EvaluationError(failed.message, failed.kind, position, trace, failed.option)
