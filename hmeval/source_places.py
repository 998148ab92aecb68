"""Places in a flake's copy in the store, told as places in the folder that it was copied from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hmeval.errors import EvaluationError, Position

Record = dict[str, Any]


class SourcePlaces:
    """Nix evaluates a local flake in a copy below the store; its user knows the folder, and edits it.

    Values and documents are left as they are: there the store path is the truth.
    """

    def __init__(self, copy: str, folder: Path) -> None:
        self._copy = copy
        self._folder = str(folder)

    def error(self, error: EvaluationError) -> EvaluationError:
        """The error at its place in the folder; its message, too, names files there."""
        message = error.message.replace(f"{self._copy}/", f"{self._folder}/")
        return EvaluationError(message, error.kind, self._position(error.position), error.trace, error.option)

    def record(self, record: Record) -> Record:
        """An option's record, with the places of its declarations and definitions in the folder."""
        for place in (*record.get("declaration_positions", ()), *record.get("definitions", ())):
            place["file"] = self._file(place["file"])
        return record

    def _position(self, position: Position | None) -> Position | None:
        return position and position._replace(file=self._file(position.file))

    def _file(self, file: str) -> str:
        return self._folder + file[len(self._copy) :] if file.startswith(f"{self._copy}/") else file
