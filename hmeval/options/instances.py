"""Options of real instances (`users.users.alice.shell`), values within options, and which instances there are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.evaluation.value import Value
from hmeval.options.extract import ALONE, DETAILS, FEW, HIDDEN, VALUES, Describe, Record, extract_options
from hmeval.options.path import show_option

_EXPRESSION = Path(__file__).resolve().parents[1] / "nix/instances.nix"


class Instances:
    """What a configuration has at paths that go through the names of real instances.

    Elements of a list are named by their place, from 0. Every method may raise EvaluationError: for a path into a value
    that cannot be evaluated there is nothing to tell.
    """

    def __init__(
        self, evaluator: AnyEvaluator, lib: Value, options: Value, describe_error: Describe | None = None
    ) -> None:
        self._evaluator = evaluator
        self._describe_error = describe_error
        self._functions = evaluator.eval_file(_EXPRESSION)({"lib": lib, "options": options})

    def option(self, loc: Sequence[str]) -> Record | None:
        """The option, or the value within one, at a path; None where there is neither."""
        found = self._functions["at"](list(loc))
        if found.type == "null" or "option" not in found.attr_names():
            return None
        flags = VALUES | DETAILS | ALONE | FEW
        (record,) = extract_options(self._evaluator, found["option"], flags, describe_error=self._describe_error)
        return _told(record, _Place(found))

    def value(self, loc: Sequence[str]) -> Value | None:
        """The value of the option, or the one within an option, at a path; None where there is none."""
        found = self._functions["at"](list(loc))
        return found["option"]["value"] if found.type == "set" and "option" in found else None

    def below(self, loc: Sequence[str]) -> list[Record]:
        """The options of the instance at a path, hidden ones too; none where there is no instance."""
        found = self._functions["at"](list(loc))
        if found.type == "null" or "options" not in found.attr_names():
            return []
        place = _Place(found)
        records = extract_options(
            self._evaluator, found["options"], VALUES | DETAILS | HIDDEN, describe_error=self._describe_error
        )
        return [_told(record, place) for record in records]

    def of(self, loc: Sequence[str]) -> list[list[str]]:
        """The paths of the real instances of an option: of its placeholders, or, where it has none, of its elements."""
        instances: list[list[str]] = self._functions["instances"](list(loc)).to_python()
        return instances


class _Place:
    """Where something was found: its path, the path in the documentation, and the option that holds it."""

    def __init__(self, found: Value) -> None:
        self.loc: list[str] = found["loc"].to_python()
        self.declared: list[str] = found["declared"].to_python()
        self.within: list[str] | None = found["within"].to_python()


def _told(record: Record, place: _Place) -> Record:
    """The record with its path as it was asked for; an element of a list has another one in the module system."""
    rest: list[str] = record["loc"][len(place.loc) :]
    loc, declared = place.loc + rest, place.declared + rest
    added: dict[str, Any] = {"loc": loc, "name": show_option(loc)}
    if place.within is not None and not rest and place.within != loc:
        added["within"] = place.within
        record.pop("default", None)  # the empty value of its type, which is no default here
    elif declared != loc:
        added["instance_of"] = declared
    return record | added
