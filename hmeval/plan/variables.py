"""The variables of a session, as the file that sets them has them."""

from __future__ import annotations

import re
from typing import Any

# Home Manager puts values between quotes as they are: one with quotes in it, such as "$(cat "$x")", ends with its line.
_EXPORT = re.compile(r'^export ([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*|[^\n]*)"$', re.MULTILINE | re.DOTALL)
_GUARD = "__HM_SESS_VARS_SOURCED"


def variables(text: bytes | None) -> dict[str, str]:
    """The variables that hm-session-vars.sh exports; one that is exported twice has both values."""
    found: dict[str, str] = {}
    for name, value in _EXPORT.findall((text or b"").decode("utf-8", "surrogateescape")):
        found[name] = f"{found[name]}\n{value}" if name in found else value
    return found


def variable_changes(new: bytes | None, old: bytes | None) -> list[dict[str, Any]]:
    """An entry for each variable that is set, changed or unset; none where what is new is not known."""
    if new is None:
        return []
    before, after = variables(old), variables(new)
    names = sorted({*before, *after} - {_GUARD})
    return [_change(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]


def _change(name: str, before: str | None, after: str | None) -> dict[str, Any]:
    action = "add" if before is None else "remove" if after is None else "change"
    return {"name": name, "action": action, "before": before, "after": after}
