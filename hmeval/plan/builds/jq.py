"""The text that `jq` prints of JSON, where every version prints the same.

Source: jq's src/jv_print.c, and its manual on numbers. Held against the jq at hand by tests/plan/test_builds.py, and by
hand against the libraries of 1.7 and 1.8 with 20,000 random values.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

_LARGEST_INTEGER = 2**53 - 1  # beyond it older versions print the nearest double
_DEEPEST = 200
# Of what is longer, smaller or ends in zeros, versions disagree about digits and exponents.
_DECIMAL = re.compile(r"-?(?=[0-9.]{3,16}$)(?:[1-9][0-9]*|0(?=\.[1-9]))\.[0-9]*[1-9]")


def jq_text(value: Any) -> str | None:
    """The output of `jq .` for a value; None where it may depend on the version."""
    try:
        text = json.dumps(_printable(value, 0), indent=2, ensure_ascii=False)
    except ValueError:
        return None
    return text.replace("\x7f", "\\u007f") + "\n"


def _printable(value: Any, depth: int) -> Any:
    """The value with its decimals as floats. Raises ValueError for what versions print differently."""
    if depth > _DEEPEST:
        raise ValueError("too deep")
    if isinstance(value, dict):
        return {_printable(name, depth): _printable(below, depth + 1) for name, below in value.items()}
    if isinstance(value, list):
        return [_printable(below, depth + 1) for below in value]
    if isinstance(value, str):
        value.encode()  # of bytes that are no UTF-8
    elif isinstance(value, Decimal):
        return _decimal(str(value))
    elif isinstance(value, int) and abs(value) > _LARGEST_INTEGER:
        raise ValueError("an integer that is no double")
    elif isinstance(value, float):  # NaN and the infinities, which are no JSON
        raise ValueError("not a number")
    return value


def _decimal(text: str) -> float:
    if _DECIMAL.fullmatch(text) is None or repr(float(text)) != text:
        raise ValueError("a number that is written in several ways")
    return float(text)
