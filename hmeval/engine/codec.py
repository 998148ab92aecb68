"""Between Nix values and Python: MessagePack from native code becomes Python, Python becomes a Nix expression."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgpack

from hmeval.engine.ffi import lib
from hmeval.kinds import Derivation, Function, NixPath
from hmeval.literals import path_literal, string_literal

if TYPE_CHECKING:
    from hmeval.engine.value import Value

_LARGEST_INT = 2**63 - 1


def _extension(code: int, payload: bytes) -> NixPath | Derivation | Function:
    if code == lib.HMEVAL_EXT_PATH:
        return NixPath(payload.decode("utf-8", "surrogateescape"))
    if code == lib.HMEVAL_EXT_DERIVATION:
        name, out_path, drv_path = unpack(payload)
        return Derivation(name or "???", out_path, drv_path)
    return Function()


def unpacker() -> msgpack.Unpacker:
    """An unpacker to feed with pieces: yields one Python value for each that native code wrote."""
    return msgpack.Unpacker(ext_hook=_extension, unicode_errors="surrogateescape", max_buffer_size=0)


def unpack(message: bytes) -> Any:
    """The one Python value in a message; strings that are not UTF-8 keep their bytes as surrogates."""
    return msgpack.unpackb(message, ext_hook=_extension, unicode_errors="surrogateescape")


def to_nix(python: Any) -> tuple[str, list[Value]]:
    """A Nix expression for Python data.

    Values within it become arguments: the expression is then a function of the returned values, one after the other.
    Raises TypeError for what has no Nix form, ValueError for integers beyond 64 bits and NaN.
    """
    values: list[Value] = []
    body = _expression(python, values)
    return "".join(f"value{number}: " for number in range(len(values))) + body, values


def _expression(python: Any, values: list[Value]) -> str:
    from hmeval.engine.value import Value

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
        case list() | tuple():
            return "[ " + "".join(f"{_expression(element, values)} " for element in python) + "]"
        case dict():
            return _set_literal(python, values)
        case Value():
            values.append(python)
            return f"value{len(values) - 1}"
    raise TypeError(f"{type(python).__name__} has no Nix form")


def _set_literal(python: dict[Any, Any], values: list[Value]) -> str:
    if not all(isinstance(name, str) for name in python):
        raise TypeError("the names of attributes are strings")
    attributes = (f"{string_literal(name)} = {_expression(value, values)}; " for name, value in python.items())
    return "{ " + "".join(attributes) + "}"


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
    digits, exponent_mark, exponent = repr(abs(number)).partition("e")
    mantissa = digits if "." in digits else digits + ".0"
    literal = mantissa + exponent_mark + exponent
    return f"(-{literal})" if math.copysign(1, number) < 0 else literal
