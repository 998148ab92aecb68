"""How engines write floats: the one known difference in what they say of the same nixpkgs."""

from __future__ import annotations

import re
from typing import Any

import hmeval

OLD_FLOATS = hmeval.engine()["interface"] == "compat"
"""Whether `builtins.toJSON 1.0` is 1, as with Nix 2.8."""

WHOLE_FLOAT = re.compile(r"(?<![\w.])(\d+)\.0(?![\w.])")


def written_here(text: str) -> str:
    """Text of the reference as this engine writes the floats in it."""
    return WHOLE_FLOAT.sub(r"\1", text) if OLD_FLOATS else text


def same_text(ours: Any, theirs: Any) -> bool:
    """Whether two answers are the same, but for how an engine writes floats."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same_text(ours[key], theirs[key]) for key in ours)
    return ours == theirs or (isinstance(ours, str) and isinstance(theirs, str) and ours == written_here(theirs))
