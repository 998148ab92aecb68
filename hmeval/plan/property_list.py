"""Property lists of macOS, as text."""

from __future__ import annotations

import plistlib
from typing import Any
from xml.parsers.expat import ExpatError


def read_property_list(text: bytes | None) -> dict[str, Any] | None:
    """What a property list says, by key; None for what is none: it may lie in HOME, and hold anything."""
    try:
        found = plistlib.loads(text or b"", fmt=plistlib.FMT_XML)
    except (ExpatError, ValueError, LookupError, AttributeError, TypeError, OverflowError):
        return None
    return found if isinstance(found, dict) else None
