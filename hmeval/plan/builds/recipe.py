"""A derivation as it will be built: its builder, what that one is given, and where its outputs will be."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

_DIGITS = "0123456789abcdfghijklmnpqrsvwxyz"
_STORE_NAME = re.compile(r"(?:.*/)?(?:[0-9a-df-np-sv-z]{32}-)?")


class Recipe(NamedTuple):
    """A derivation.

    Attributes:
        builder, arguments: the program that builds it.
        variables: what its builder is given: texts; with structured attributes, values of JSON.
        outputs: the paths of its outputs, by name.
        structured: whether it has structured attributes (Nix's manual, Advanced Attributes).
        sources: where what it takes from the store was copied from, as far as that is known.
        inputs: the derivations that it needs built.
    """

    builder: str
    arguments: tuple[str, ...]
    variables: Mapping[str, Any]
    outputs: Mapping[str, str]
    structured: bool = False
    sources: Mapping[str, str] = {}  # never changed
    inputs: tuple[str, ...] = ()


def store_name(path: str) -> str:
    """The name that a path of the store ends with, without its hash."""
    return _STORE_NAME.sub("", path, count=1)


def recipe_of_record(record: Mapping[str, Any] | None) -> Recipe | None:
    """The recipe that hmeval/nix/plan-inputs.nix describes."""
    if record is None:
        return None
    return Recipe(
        record["builder"],
        tuple(record["arguments"]),
        _variables(record["variables"], record["structured"], record["outputs"]),
        record["outputs"],
        record["structured"] is not None,
        record["sources"],
    )


def recipe_of_derivation(text: str) -> Recipe | None:
    """The recipe in a .drv file; None where it cannot be read."""
    import pynixutil  # few configurations need it

    try:
        parsed = pynixutil.drvparse(text)
        structured = parsed.env.get("__json")
        outputs = {name: output.path for name, output in parsed.outputs.items()}
        return Recipe(
            parsed.builder,
            tuple(parsed.args),
            _variables(parsed.env, structured, outputs),
            outputs,
            structured is not None,
            inputs=tuple(parsed.input_drvs),
        )
    except (SyntaxError, ValueError, AttributeError, LookupError, TypeError, RecursionError, MemoryError):
        return None


def _variables(texts: Mapping[str, str], structured: str | None, outputs: Mapping[str, str]) -> dict[str, Any]:
    """What the builder is given. Raises ValueError where structured attributes cannot be read."""
    if structured is None:
        return {name: _placed(text, outputs) for name, text in texts.items()}
    return dict(json.loads(_placed(structured, outputs), parse_float=Decimal))


def _placed(text: str, outputs: Mapping[str, str]) -> str:
    """A text as the builder gets it, with the paths of its outputs in the place of their placeholders."""
    for name, path in outputs.items():
        text = text.replace(placeholder(name), path)
    return text


@lru_cache
def placeholder(output: str) -> str:
    """What stands for an output's path until the derivation is built (Nix's manual, builtins.placeholder)."""
    number = int.from_bytes(sha256(f"nix-output:{output}".encode()).digest(), "little")
    return "/" + "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(52)))
