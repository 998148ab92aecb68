"""What a worker's two processes say to each other arrives as it was sent, and what is no message is an EngineError."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmeval import EngineError, EvaluationError, Position, TraceFrame
from hmeval.evaluation import operations, protocol
from hmeval.evaluation.protocol import Envelope, Frames, error_of, failure, frame

numbers = st.integers(0, 2**63 - 1)
raw = st.binary(max_size=200)
# Text, and bytes that are no UTF-8.
texts = raw.map(lambda bytes_: bytes_.decode("utf-8", "surrogateescape")) | st.text(max_size=20)
texts = texts.filter(lambda text: text == text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape"))
positions = st.builds(Position, texts, numbers, numbers)
errors = st.builds(
    EvaluationError,
    texts,
    st.sampled_from(["throw", "type", "stack-overflow", "interrupted", "other"]),
    st.none() | positions,
    st.lists(st.builds(TraceFrame, texts, st.none() | positions), max_size=3).map(tuple),
    st.none() | texts,
)
requests = st.one_of(
    st.builds(protocol.Open, st.none() | texts, st.lists(texts, max_size=3)),
    st.builds(protocol.Cancel, numbers),
    st.builds(operations.Evaluate, raw, raw),
    st.builds(operations.Call, numbers, numbers),
    st.builds(operations.MakeString, raw),
    st.builds(operations.Attribute, numbers, raw),
    st.builds(operations.Element, numbers, numbers),
    st.builds(operations.Size, numbers),
    st.builds(operations.WriteNames, numbers),
    st.builds(operations.WriteValue, numbers),
    st.builds(operations.WriteText, numbers),
    st.builds(operations.WriteOptions, numbers, numbers),
    st.builds(operations.CollectGarbage),
)
answers = st.one_of(
    st.builds(protocol.Kept, texts),
    st.builds(protocol.Counted, numbers),
    st.builds(protocol.Done),
    st.builds(protocol.Piece, raw, numbers),
    st.builds(protocol.OutOfMemory),
    st.builds(protocol.Broken, texts),
    errors.map(failure),
)
envelopes = st.builds(Envelope, numbers, requests | answers, st.lists(numbers, max_size=5))


def read(stream: bytes, cuts: Sequence[int] = ()) -> tuple[list[Envelope], Frames]:
    """The messages in a stream that arrives in pieces."""
    frames, start = Frames(), 0
    found: list[Envelope] = []
    for cut in [*sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]:
        found += frames.feed(stream[start:cut])
        start = cut
    return found, frames


@given(st.lists(envelopes, max_size=5), st.lists(numbers, max_size=6))
def test_messages_arrive_as_they_were_sent(sent: list[Envelope], cuts: list[int]) -> None:
    found, frames = read(b"".join(frame(*envelope) for envelope in sent), cuts)
    assert found == sent
    assert [type(envelope.message) for envelope in found] == [type(envelope.message) for envelope in sent]
    assert not frames.unfinished


@given(errors)
def test_an_error_is_the_same_on_the_other_side(error: EvaluationError) -> None:
    [envelope], _ = read(frame(1, failure(error)))
    assert isinstance(envelope.message, protocol.Failed)
    rebuilt = error_of(envelope.message)
    assert vars(rebuilt) == vars(error)
    assert str(rebuilt) == str(error)


@given(envelopes, numbers)
def test_a_message_that_is_cut_is_not_there_yet(envelope: Envelope, cut: int) -> None:
    whole = frame(*envelope)
    found, frames = read(whole[: cut % len(whole)])
    assert found == []
    assert frames.unfinished == bool(cut % len(whole))


@given(st.binary(min_size=6, max_size=100).filter(lambda garbage: not garbage.startswith(b"hm")))
def test_garbage_is_an_error_at_once(garbage: bytes) -> None:
    with pytest.raises(EngineError):
        read(garbage)


contents = st.recursive(st.integers(-5, 300) | st.none() | texts | raw, lambda inner: st.lists(inner, max_size=6))


@given(raw | contents.map(lambda content: msgpack.packb(content, unicode_errors="surrogateescape")))
def test_a_frame_with_something_else_in_it_is_an_error_or_a_message(body: bytes) -> None:
    try:
        [envelope], _ = read(struct.pack(">2sI", b"hm", len(body)) + body)
    except EngineError:
        return
    assert read(frame(*envelope))[0] == [envelope]


@pytest.mark.parametrize(
    "content",
    [
        [],
        [0],
        [99, 1, []],
        [-1, 1, []],
        [True, 1, [], None, []],
        [2, 1, [], "text", b""],
        [2, 1, [], b"one field is missing"],
        [10**6, 1, []],
        [1, "number", [], 1],
        [1, 1, ["number"], 1],
        {},
        None,
        "text",
    ],
)
def test_a_frame_with_something_else_in_it_is_an_error(content: Any) -> None:
    body = msgpack.packb(content)
    with pytest.raises(EngineError):
        read(struct.pack(">2sI", b"hm", len(body)) + body)


def test_a_frame_that_is_too_large_is_an_error_at_once() -> None:
    with pytest.raises(EngineError):
        read(struct.pack(">2sI", b"hm", protocol.LARGEST_FRAME + 1))


def test_errors_that_cannot_be_read_are_errors_of_the_engine() -> None:
    for position, trace in (([1], []), (None, [["text"]]), (None, [1])):
        with pytest.raises(EngineError):
            error_of(protocol.Failed("message", "other", position, trace, None))
