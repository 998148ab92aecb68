"""Bash's patterns, as `[[ $path == $pattern ]]` matches them (Bash manual, Pattern Matching)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

_SPECIAL = re.compile(r"[*?\[\\]|[?*+@!]\(")
_CLASS = re.compile(r"\[[!^]?\]?(?:\[:[a-z]+:\]|\\.|[^]])*\]", re.DOTALL)
_IN_CLASS = re.compile(r"\\(.)|\[:([a-z]+):\]|([\\\[\]^&~|])", re.DOTALL)
_NAMED = {"alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": r"\s"}


class ForcedPaths:
    """The paths that Home Manager's check leaves alone: those that begin with one of `prefixes`, read as patterns.

    `f` covers `fx` as well, and a `*` in a target is no star but a pattern (modules/files/check-link-targets.sh).
    """

    def __init__(self, prefixes: Iterable[str]) -> None:
        ordered = sorted(set(prefixes))
        self._patterns = [_compiled(prefix) for prefix in ordered if _SPECIAL.search(prefix)]
        self._plain: list[str] = []
        for prefix in ordered:
            if not _SPECIAL.search(prefix) and not (self._plain and prefix.startswith(self._plain[-1])):
                self._plain.append(prefix)

    def __bool__(self) -> bool:
        return bool(self._plain or self._patterns)

    def cover(self, path: str) -> bool:
        """Whether a path is one of them."""
        place = bisect_right(self._plain, path) - 1
        if place >= 0 and path.startswith(self._plain[place]):
            return True
        return any(pattern.match(path) for pattern in self._patterns)


def _compiled(pattern: str) -> re.Pattern[str]:
    """The regular expression for what begins with a pattern; `!(…)` is taken to match anything."""
    try:
        return re.compile("".join(_pieces(pattern)), re.DOTALL)
    except re.error:  # a range from z to a, say, which is no pattern to bash either
        return re.compile(re.escape(pattern))


def _pieces(pattern: str) -> Iterator[str]:
    closings: list[str] = []
    position = 0
    while position < len(pattern):
        letter = pattern[position]
        step = 1
        if letter in "?*+@!" and pattern[position + 1 : position + 2] == "(" and ")" in pattern[position:]:
            yield "(?:" if letter != "!" else "(?:.*|"
            closings.append(")" + {"?": "?", "*": "*", "+": "+"}.get(letter, ""))
            step = 2
        elif letter == ")" and closings:
            yield closings.pop()
        elif letter == "|" and closings:
            yield "|"
        elif letter == "*":
            yield ".*"
        elif letter == "?":
            yield "."
        elif letter == "\\" and position + 1 < len(pattern):
            yield re.escape(pattern[position + 1])
            step = 2
        elif letter == "[" and (found := _CLASS.match(pattern, position)):
            yield _class(found[0])
            step = len(found[0])
        else:
            yield re.escape(letter)
        position += step


def _class(text: str) -> str:
    inner = text[1:-1]
    negated = inner[:1] in ("!", "^")
    return f"[{'^' if negated else ''}{_IN_CLASS.sub(_class_part, inner[negated:])}]"


def _class_part(found: re.Match[str]) -> str:
    escaped, name, special = found.groups()
    return _NAMED.get(name, "") if name else re.escape(escaped or special)
