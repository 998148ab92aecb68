"""JSON that any reader accepts (RFC 8259), whatever a Nix string holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isfinite
from typing import Any

from hmeval.kinds import Derivation, Failed, Function, NixPath


def json_text(value: Any, indent: int | None = None) -> str:
    """The value as JSON; bytes of a Nix string that are no UTF-8 become U+FFFD, since JSON cannot hold them.

    Paths are their text, derivations their output path, functions "<function>", parts that failed {"error": …}, and
    numbers that are not finite null, as in `builtins.toJSON` but for functions and failures, which end that one.
    """
    try:
        text = _on_one_line(value) if indent is None else _encoder(indent)(value)
    except ValueError:
        text = _encoder(indent)(_finite(value))
    return without_stray_bytes(text)


def json_list_pieces(items: Iterable[Any]) -> Iterator[str]:
    """A JSON list with an item on each line, for line tools and diffs; each piece as soon as its item is there."""
    before = "[\n"
    for item in items:
        yield f"{before}{json_text(item)}"
        before = ",\n"
    yield "[]" if before == "[\n" else "\n]"


def json_object(fields: Mapping[str, Any]) -> str:
    """A JSON object with a field on each line."""
    return f"{{{_lines(_field(name, json_text(value)) for name, value in fields.items())}}}"


def json_document(document: Mapping[str, Any], list_name: str) -> str:
    """A JSON object with a field on each line, and under `list_name` an item on each line."""
    return "".join(json_document_pieces(document, list_name))


def json_document_pieces(document: Mapping[str, Any], list_name: str) -> Iterator[str]:
    """The same object, piece by piece, each item as soon as it is there."""
    before = "{\n"
    for name, value in document.items():
        yield f"{before}{json_text(name)}: "
        yield from json_list_pieces(value) if name == list_name else [json_text(value)]
        before = ",\n"
    yield "{}" if before == "{\n" else "\n}"


def without_stray_bytes(text: str) -> str:
    """The text with U+FFFD for each byte that was no UTF-8 (Python holds those as lone surrogates)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text


def _lines(items: Any) -> str:
    joined = ",\n".join(items)
    return f"\n{joined}\n" if joined else ""


def _field(name: str, value: str) -> str:
    return f"{json_text(name)}: {value}"


def _plain(value: Any) -> Any:
    if isinstance(value, (NixPath, Derivation, Function)):
        return str(value)
    if isinstance(value, Failed):
        return {"error": value.error.record()}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value


def _encoder(indent: int | None) -> Callable[[Any], str]:
    # What Nix gives holds no cycles.
    encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, default=_plain, indent=indent)
    return encoder.encode


# Made once: thousands of options are written one by one.
_on_one_line = _encoder(None)
