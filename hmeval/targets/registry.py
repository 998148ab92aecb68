"""The registries of flakes that are files: the user's and the system's; the global one Nix fetches by itself."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from hmeval.targets.lock import Attributes

_LONGEST_WAY = 100


def resolve(reference: Attributes) -> Attributes:
    """What the registries say that a flake's name stands for; the reference itself where they say nothing.

    The first entry for a name counts, and its own branch and revision before those of the reference.
    """
    entries = [entry for file in _files() for entry in _entries(file)]
    for _ in range(_LONGEST_WAY):
        found = next((entry for entry in entries if _is_about(entry, reference)), None)
        if found is None:
            return reference
        given: Attributes = {
            name: reference[name] for name in ("ref", "rev") if name in reference and name not in found["from"]
        }
        kept = {} if found.get("exact") else given
        directory: Attributes = {"dir": reference["dir"]} if "dir" in reference else {}
        reference = directory | found["to"] | kept
    return reference


def _files() -> Iterator[str]:
    configuration = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    yield os.path.join(configuration, "nix/registry.json")
    yield os.path.join(os.environ.get("NIX_CONF_DIR") or "/etc/nix", "registry.json")


def _entries(file: str) -> list[dict[str, Any]]:
    """The entries of a registry; none where it is missing or damaged, which Nix itself only warns of."""
    try:
        with open(file, encoding="utf-8") as registry:
            content = json.load(registry)
        entries = content["flakes"] if content["version"] == 2 else []
        return [entry for entry in entries if {"from", "to"} <= entry.keys()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def _is_about(entry: dict[str, Any], reference: Attributes) -> bool:
    wanted: Attributes = entry["from"]
    asked = {name: value for name, value in reference.items() if name != "dir"}
    if entry.get("exact"):
        return wanted == asked
    return reference["type"] == "indirect" and wanted.items() <= asked.items()
