"""Values as Nix text: what `lib.generators.toPretty` writes, for values that arrived as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hmeval.options.model import order_name, priority_name
from hmeval.options.path import quote, show_option
from hmeval.options.values import json_with

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

INDENT = "  "

# What a property holds, by its `_type` (nixpkgs, lib/modules.nix).
_PROPERTIES = {"if": "content", "merge": "contents", "order": "content", "override": "content"}


class _Written(str):
    """Nix text already."""

    __slots__ = ()


def nix_text(value: Any, margin: str = "") -> str:
    """The value as a Nix expression, sets and lists on several lines; `margin` stands before each but the first."""
    if isinstance(value, _Written):
        return value
    if isinstance(value, str):
        return _text(value, margin)
    if isinstance(value, Mapping):
        if opening := _property(value):
            return f"{opening} {_argument(held := value[_PROPERTIES[value['_type']]], nix_text(held, margin))}"
        fields = (f"{show_attribute(name)} = {nix_text(item, margin + INDENT)};" for name, item in value.items())
        return _block("{", fields, "}", margin)
    if isinstance(value, Sequence):
        return _block("[", (_argument(item, nix_text(item, margin + INDENT)) for item in value), "]", margin)
    return _scalar(value)


def nix_line(value: Any) -> str:
    """The value as a Nix expression on one line."""
    if isinstance(value, _Written):
        return value
    if isinstance(value, str):
        return quote_readably(value)
    if isinstance(value, Mapping):
        if opening := _property(value):
            return f"{opening} {_argument(held := value[_PROPERTIES[value['_type']]], nix_line(held))}"
        return " ".join(["{", *(f"{show_attribute(name)} = {nix_line(item)};" for name, item in value.items()), "}"])
    if isinstance(value, Sequence):
        return " ".join(["[", *(_argument(item, nix_line(item)) for item in value), "]"])
    return _scalar(value)


def _property(value: Mapping[str, Any]) -> str:
    """How a definition's mkIf, mkMerge, mkOverride or mkOrder is written; "" for any other set."""
    match value:
        case {"_type": "override", "priority": int(number), "content": _}:
            return priority_name(number) if number != 100 else "mkOverride 100"
        case {"_type": "order", "priority": int(number), "content": _}:
            return order_name(number)
        case {"_type": "if", "condition": bool(holds), "content": _}:
            return f"mkIf {_scalar(holds)}"
        case {"_type": "merge", "contents": list()}:
            return "mkMerge"
    return ""


def _argument(value: Any, text: str) -> str:
    """The text of a value where it is an argument, or in a list."""
    return f"({text})" if isinstance(value, Mapping) and _property(value) else text


def value_text(value: Mapping[str, Any] | None) -> str:
    """An option's value as Nix text over as many lines as it needs; "" where it is not known or failed."""
    if value is None or "error" in value:
        return ""
    if "json" in value:
        return nix_text(json_with(value, _failure))
    path = value.get("package", {}).get("store_path")
    return f"{value.get('nix', '')}{f' {path}' if path else ''}{' …' if value.get('truncated') else ''}"


def value_line(value: Mapping[str, Any] | None) -> str:
    """An option's value on one line, for tables; a failure is told by its kind."""
    if value is not None and "error" in value:
        return f"<error: {value['error'].get('kind', 'other')}>"
    if value is not None and "json" in value:
        return nix_line(json_with(value, _failure))
    return " ".join(value_text(value).split())


def _failure(failed: Mapping[str, Any]) -> str:
    """What stands for a part that failed."""
    return _Written(f"«error: {str(failed.get('message', '')).partition(chr(10))[0]}»")


def show_attribute(name: str) -> str:
    """An attribute's name in a set; here a name that looks like a placeholder is a real one, and quoted."""
    return quote(name) if name == "*" or name.startswith("<") else show_option([name])


def quote_readably(text: str) -> str:
    """A Nix string literal in which `$` is escaped only where it would open an interpolation."""
    return quote(text).replace("\\$", "$").replace("${", "\\${")


def _text(text: str, margin: str) -> str:
    """One line between quotes; several lines between two apostrophes, as people write them."""
    if "\n" not in text or any(letter < " " and letter not in "\n\t" for letter in text):
        return quote_readably(text)
    escaped = text.replace("''", "'''").replace("${", "''${")
    inner = margin + INDENT
    lines = [f"{inner}{line}" if line else "" for line in escaped.split("\n")]
    # The last line holds the closing quotes: a text that ends a line has none of its own there.
    body = "\n".join(lines[:-1]) + f"\n{margin}''" if not lines[-1] else "\n".join(lines) + "''"
    return f"''\n{body}"


def _block(opening: str, items: Any, closing: str, margin: str) -> str:
    lines = [f"{margin}{INDENT}{item}\n" for item in items]
    return f"{opening}\n{''.join(lines)}{margin}{closing}" if lines else f"{opening} {closing}"


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
