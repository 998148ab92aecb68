"""Finding: one thing that is wrong, or worth knowing, and what to do about it."""

from __future__ import annotations

from typing import Any, NamedTuple

from hmeval.errors import Position

ERROR, WARNING, ADVICE, NOTE = SEVERITIES = ("error", "warning", "advice", "note")


class Finding(NamedTuple):
    """One finding.

    Attributes:
        kind: its name, which programs may go by.
        severity: error (something will fail), warning (something will not be as it seems), advice, note.
        message: what is so, and what follows from it.
        remedy: what to do.
        places: where it comes from, as far as that is known.
    """

    kind: str
    severity: str
    message: str
    remedy: str = ""
    places: tuple[Position, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The finding as plain data."""
        return self._asdict() | {"places": [place._asdict() for place in self.places]}


def by_severity(findings: list[Finding]) -> list[Finding]:
    """The findings, the worst first; each once."""
    return sorted(dict.fromkeys(findings), key=lambda finding: SEVERITIES.index(finding.severity))
