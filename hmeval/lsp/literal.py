"""Whether a value that is written in full can be of an option's type. Pure; what is not certain is allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tree_sitter import Node

from hmeval.lsp.index import alternatives
from hmeval.lsp.syntax import Syntax

_KINDS = {
    "integer_expression": "int",
    "float_expression": "float",
    "string_expression": "string",
    "indented_string_expression": "string",
    "list_expression": "list",
    "attrset_expression": "set",
    "rec_attrset_expression": "set",
    "function_expression": "function",
}
_SHOWN = {"int": "an integer", "float": "a number", "string": "a string", "list": "a list", "set": "a set"}
_SHOWN |= {"function": "a function", "bool": "a boolean", "null": "null"}
_CONSTANTS = {"true": "bool", "false": "bool", "null": "null"}

_PROPERTY = re.compile(r"(lib\.)?(mkForce|mkDefault|mkOverride|mkOptionDefault|mkBefore|mkAfter|mkOrder|mkIf)")

# The types of nixpkgs that take nothing but values of these kinds. A set can stand for a text (`outPath`).
_TAKES: dict[str, frozenset[str]] = {
    name: frozenset(kinds.split())
    for kinds, names in (
        ("bool", "bool"),
        ("int", "int intBetween unsignedInt positiveInt signedInt8 signedInt16 signedInt32"),
        ("int", "unsignedInt8 unsignedInt16 unsignedInt32 port"),
        ("float", "float"),
        ("string set", "str singleLineStr nonEmptyStr string separatedString"),
        ("list", "listOf nonEmptyListOf"),
        ("set", "attrsOf lazyAttrsOf attrs"),
        ("null", "null"),
    )
    for name in names.split()
}


def objection(syntax: Syntax, value: Node | None, told: Mapping[str, Any] | None) -> str | None:
    """What is wrong with a written value for a type; None where nothing is, or it cannot be said."""
    value = content(syntax, value)
    kind = _kind(syntax, value)
    if value is None or kind is None or told is None:
        return None
    members: list[Any] = []
    for one in alternatives(told):
        if one.get("name") == "enum" and one.get("members"):
            if kind not in ("string", "bool", "int", "null") or _is_member(syntax, value, kind, one["members"]):
                return None
            members += one["members"]
        elif one.get("name") not in _TAKES or kind in _TAKES[str(one["name"])]:
            return None
    written = syntax.slice(value.start_byte, value.end_byte)
    return f"{written} is none of its values" if members and kind == "string" else f"{_SHOWN[kind]} is no value of it"


def content(syntax: Syntax, value: Node | None) -> Node | None:
    """A value without the mkForce, mkDefault, … and parentheses around it."""
    while value is not None:
        if value.type == "parenthesized_expression":
            value = value.child_by_field_name("expression")
        elif value.type == "apply_expression" and _PROPERTY.fullmatch(_function(syntax, value)):
            value = value.child_by_field_name("argument")
        else:
            break
    return value


def text_of_literal(syntax: Syntax, node: Node | None) -> str | None:
    """The text of a number, boolean, null or string without interpolation; None for anything else."""
    kind = _kind(syntax, node)
    if node is None or kind in (None, "list", "set", "function"):
        return None
    return None if _is_computed(node) else syntax.slice(node.start_byte, node.end_byte)


def _function(syntax: Syntax, application: Node) -> str:
    node: Node | None = application
    while node is not None and node.type == "apply_expression":
        node = node.child_by_field_name("function")
    return syntax.slice(node.start_byte, node.end_byte) if node is not None else ""


def _kind(syntax: Syntax, node: Node | None) -> str | None:
    if node is None or node.has_error:
        return None
    if node.type == "variable_expression":
        return _CONSTANTS.get(syntax.slice(node.start_byte, node.end_byte))
    return _KINDS.get(node.type)


def _is_member(syntax: Syntax, node: Node, kind: str, members: list[Any]) -> bool:
    text = syntax.slice(node.start_byte, node.end_byte)
    if kind == "string":
        return _is_computed(node) or "\\" in text or node.type != "string_expression" or text[1:-1] in members
    shown = {True: "true", False: "false", None: "null"}
    return any(text == (shown[one] if one is None or isinstance(one, bool) else str(one)) for one in members)


def _is_computed(node: Node) -> bool:
    return any(child.type == "interpolation" for child in node.children)
