"""Places in a flake's copy in the store, told as places in the folder that it was copied from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hmeval.errors import EvaluationError, HmevalError, Position
from hmeval.options.values import failures
from hmeval.options.why import Definition, Why

Record = dict[str, Any]


class SourcePlaces:
    """Nix evaluates a local flake in a copy below the store; its user knows the folder, and edits it.

    Values and documents are left as they are: there the store path is the truth.
    """

    def __init__(self, copy: str, folder: Path) -> None:
        self._copy = copy
        self._folder = str(folder)

    def told(self, error: HmevalError) -> HmevalError:
        """Any error that names files, which it names in the folder."""
        if isinstance(error, EvaluationError):
            return self.error(error)
        return type(error)(self.text(str(error)))

    def text(self, text: str) -> str:
        """Any text that names files, which it names in the folder."""
        return text.replace(f"{self._copy}/", f"{self._folder}/").replace(self._copy, self._folder)

    def error(self, error: EvaluationError) -> EvaluationError:
        """The error at its place in the folder; its message, too, names files there."""
        message = error.message.replace(f"{self._copy}/", f"{self._folder}/") + self._unknown_to_git(error.message)
        return EvaluationError(message, error.kind, self._moved(error.position), error.trace, error.option)

    def _unknown_to_git(self, message: str) -> str:
        """A remark on a file that a message misses: it is in the folder, and not in the copy."""
        for name in re.findall(re.escape(f"{self._copy}/") + r"([^'\"»\n]+)", message):
            missed = Path(self._folder, name)
            if missed.exists() and not Path(self._copy, name).exists():
                return f"\n{missed} is there, but Git does not know it, and Nix takes what Git knows"
        return ""

    def record(self, record: Record) -> Record:
        """An option's record, with the places of its declarations and definitions in the folder."""
        errors = [*record.get("errors", {}).values(), *failures(record.get("value"))]
        places = (error["position"] for error in errors if error.get("position"))
        self.put_right((*record.get("declaration_positions", ()), *record.get("definitions", ()), *places))
        return record

    def put_right(self, places: Iterable[Record]) -> None:
        """Make places (with a `file`) places in the folder."""
        for place in places:
            place["file"] = self._file(place["file"])

    def why(self, why: Why) -> Why:
        """Why an option has its value, with the places of its definitions in the folder."""
        definitions = [self.definition(definition) for definition in why.definitions]
        not_read = [module | {"file": self._file(module["file"])} for module in map(dict, why.not_read)]
        return why._replace(definitions=definitions, not_read=not_read)

    def definition(self, definition: Definition) -> Definition:
        """A definition with its places in the folder."""
        return definition._replace(
            file=self._file_if_any(definition.file),
            module=self._file_if_any(definition.module),
            imported_by=self._file_if_any(definition.imported_by),
            reason=definition.reason.replace(f"{self._copy}/", f"{self._folder}/"),
        )

    def position(self, position: Position) -> Position:
        """A place in the folder."""
        return position._replace(file=self._file(position.file))

    def _moved(self, position: Position | None) -> Position | None:
        return position and self.position(position)

    def _file_if_any(self, file: str | None) -> str | None:
        return None if file is None else self._file(file)

    def _file(self, file: str) -> str:
        return self._folder + file[len(self._copy) :] if file.startswith(f"{self._copy}/") else file
