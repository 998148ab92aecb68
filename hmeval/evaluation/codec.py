"""Between Nix values and Python: MessagePack from native code becomes Python, Python becomes a Nix expression."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgpack

from hmeval.evaluation.report import evaluation_error
from hmeval.kinds import Derivation, Failed, Function, NixPath
from hmeval.literals import path_literal, string_literal

if TYPE_CHECKING:
    from hmeval.evaluation.value import Value

# HMEVAL_EXT_…: the engine is not loaded for them.
EXT_PATH, EXT_DERIVATION, EXT_FUNCTION, EXT_FAILURE = 1, 2, 3, 4

_LARGEST_INT = 2**63 - 1


def _extension(code: int, payload: bytes) -> NixPath | Derivation | Function | None:
    if code == EXT_PATH:
        return NixPath(payload.decode("utf-8", "surrogateescape"))
    if code == EXT_DERIVATION:
        name, out_path, drv_path = unpack(payload)
        return Derivation(name or "???", out_path, drv_path)
    return None if code == EXT_FAILURE else Function()


def unpacker() -> msgpack.Unpacker:
    """An unpacker to feed with pieces: yields one Python value for each that native code wrote.

    A part that could not be evaluated is None; the failures beside the value say where those are.
    """
    return msgpack.Unpacker(ext_hook=_extension, unicode_errors="surrogateescape", max_buffer_size=0)


def unpack(message: bytes) -> Any:
    """The one Python value in a message; strings that are not UTF-8 keep their bytes as surrogates."""
    return msgpack.unpackb(message, ext_hook=_extension, unicode_errors="surrogateescape")


def unpack_with_failures(message: bytes) -> tuple[Any, list[Failed]]:
    """The value, or text, in a message that native code wrote with failures: these are in it, and in the list."""
    value, raw = unpack(message)
    failures = [Failed(tuple(path), evaluation_error(*error)) for path, *error in raw]
    for failed in failures:
        if not isinstance(value, str):
            put_at(value, failed.path, failed)
    return value, failures


def put_at(value: Any, path: Sequence[str | int], part: Any) -> None:
    """Put a part into a value, in the place of the one that is there; its path has at least one step."""
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = part


def to_nix(python: Any) -> tuple[str, list[Value]]:
    """A Nix expression for Python data.

    Values within it become arguments: the expression is then a function of the returned values, one after the other.
    Raises TypeError for what has no Nix form, ValueError for integers beyond 64 bits, NaN, relative paths and data
    that contains itself.
    """
    values: list[Value] = []
    words: list[str] = []
    # Data may be nested deeper than Python recurses.
    pending: list[Any] = [python]
    open_containers: set[int] = set()
    while pending:
        item = pending.pop()
        if isinstance(item, _Word):
            words.append(item)
        elif type(item) is _End:
            words.append(item.word)
            open_containers.remove(item.container)
        elif isinstance(item, (list, tuple, dict)):
            if id(item) in open_containers:
                raise ValueError("data that contains itself has no Nix form")
            open_containers.add(id(item))
            brackets = "{}" if isinstance(item, dict) else "[]"
            words.append(brackets[0])
            pending.append(_End(brackets[1], id(item)))
            pending += _reversed_attributes(item) if isinstance(item, dict) else reversed(item)
        else:
            words.append(_atom(item, values))
    arguments = "".join(f"value{number}: " for number in range(len(values)))
    return arguments + " ".join(words), values


class _Word(str):
    """A piece of the expression, among data that is still to be written."""

    __slots__ = ()


class _End(NamedTuple):
    """The end of a list or set."""

    word: str
    container: int


def _reversed_attributes(python: dict[Any, Any]) -> Iterator[Any]:
    for name, value in reversed(python.items()):
        if not isinstance(name, str):
            raise TypeError("the names of attributes are strings")
        yield from (_Word(";"), value, _Word(f"{string_literal(name)} ="))


def _atom(python: Any, values: list[Value]) -> str:
    from hmeval.evaluation.value import Value

    match python:
        case None:
            return "null"
        case bool():
            return "true" if python else "false"
        case int():
            return _int_literal(python)
        case float():
            return _float_literal(python)
        case str():
            return string_literal(python)
        case NixPath():
            return path_literal(python.path)
        case Value():
            values.append(python)
            return f"value{len(values) - 1}"
    raise TypeError(f"{type(python).__name__} has no Nix form")


def _int_literal(number: int) -> str:
    if not -_LARGEST_INT - 1 <= number <= _LARGEST_INT:
        raise ValueError(f"{number} does not fit Nix's 64-bit integers")
    # The smallest integer has no literal: Nix reads the sign and the digits apart.
    if number == -_LARGEST_INT - 1:
        return f"(-{_LARGEST_INT} - 1)"
    return str(number) if number >= 0 else f"({number})"


def _float_literal(number: float) -> str:
    if math.isnan(number):
        raise ValueError("Nix has no literal for NaN")
    if math.isinf(number):
        return f"({'-' if number < 0 else ''}1.0e308 * 10)"
    # Nix's own literals know neither negative zero nor subnormal numbers.
    return f'(builtins.fromJSON "{number!r}")'
