"""What can be asked of an evaluation state, wherever it is: the operations, and their answers.

An operation names values by reference: whatever the evaluator that carries it out has given for them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

Receiver: TypeAlias = Callable[[bytes, int], None]
"""Takes what is written, piece by piece, and the number of options in all pieces so far."""


class Evaluate(NamedTuple):
    """The value of an expression, in which relative paths are relative to the folder `base`."""

    source: bytes
    base: bytes


class Call(NamedTuple):
    """What a function gives for one argument."""

    function: Any
    argument: Any


class MakeString(NamedTuple):
    """A Nix string. Not by way of an expression: Nix never frees what it has parsed."""

    text: bytes


class Attribute(NamedTuple):
    """The attribute of a set, or nothing."""

    set: Any
    name: bytes


class Element(NamedTuple):
    """The element of a list, or nothing."""

    list: Any
    at: int


class Size(NamedTuple):
    """The number of attributes or elements."""

    value: Any


class WriteNames(NamedTuple):
    """The names of a set's attributes, as MessagePack."""

    set: Any


class WriteValue(NamedTuple):
    """A whole value, as MessagePack; where parts may fail, [value, failures] (native/hmeval.h)."""

    value: Any
    parts_may_fail: bool


class WriteText(NamedTuple):
    """A value as Nix text, as MessagePack; where parts may fail, [text, failures] (native/hmeval.h)."""

    value: Any
    parts_may_fail: bool


class WriteOptions(NamedTuple):
    """The options below an `options` set, as MessagePack; `flags` are those of hmeval.options.extract."""

    options: Any
    flags: int


class WriteInputs(NamedTuple):
    """Everything that evaluations have read so far, as MessagePack (native/hmeval.h: hmeval_write_inputs)."""


class CollectGarbage(NamedTuple):
    """Nothing, once Nix's collector has run."""


Operation: TypeAlias = (
    Evaluate
    | Call
    | MakeString
    | Attribute
    | Element
    | Size
    | WriteNames
    | WriteValue
    | WriteText
    | WriteOptions
    | WriteInputs
    | CollectGarbage
)


class Held(NamedTuple):
    """A value that is held for whoever asked: by which reference, and what `builtins.typeOf` says of it."""

    reference: Any
    type: str


Answer: TypeAlias = Held | int | None
"""A value, a size, or nothing: there is none, or it has been written."""
