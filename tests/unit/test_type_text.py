"""What an option's page tells of the values that may be written."""

from __future__ import annotations

from typing import Any

import pytest

from hmeval.render.type_text import allowed_values

STR = {"name": "str", "description": "string"}
ENUM = {"name": "enum", "members": ["a", 1, None, {"nix": "/x"}]}
BYTE = {"name": "unsignedInt8", "bounds": {"from": "description", "minimum": 0, "maximum": 255}}


def of(name: str, *elements: Any) -> dict[str, Any]:
    return {"name": name, "elements": list(elements)}


@pytest.mark.parametrize(
    ("told", "lines"),
    [
        (None, []),
        (STR, []),
        (of("nullOr", STR), []),
        (ENUM, ['"a"', "1", "null", "/x"]),
        (of("nullOr", ENUM), ["null", '"a"', "1", "null", "/x"]),
        (BYTE, ["0 to 255"]),
        ({"name": "positiveInt", "bounds": {"from": "name", "minimum": 1}}, ["at least 1"]),
        ({"name": "numberPositive", "bounds": {"from": "name", "above": 0}, "elements": [STR]}, ["more than 0"]),
        ({"name": 'strMatching "a+"', "pattern": "a+"}, ["a text that matches a+ as a whole"]),
        (of("listOf", BYTE), ["each element: 0 to 255"]),
        (of("either", BYTE, of("listOf", of("nullOr", STR))), ["0 to 255", "listOf (nullOr string)"]),
        ({"name": "attrTag", "tags": {"x": STR, "a b": BYTE}}, ["{ x = string; }", '{ "a b" = unsignedInt8; }']),
        ({"name": "enum", "members": list(range(43))}, [*map(str, range(40)), "… 3 more"]),
    ],
)
def test_allowed_values(told: Any, lines: list[str]) -> None:
    assert allowed_values(told) == lines
