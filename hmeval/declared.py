"""Options in an evaluated `options` set, by their paths: whole ones, and those that are not declared as one can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hmeval.blame import Blame, BrokenOptionError
from hmeval.errors import EvaluationError, HmevalError
from hmeval.evaluation.value import Value
from hmeval.options.path import show_option


class Declared:
    """The options of one configuration; `options` gives them as they are evaluated, and may raise."""

    def __init__(self, options: Callable[[], Value], blame: Blame) -> None:
        self._options = options
        self._blame = blame

    def find(self, loc: Sequence[str]) -> tuple[int, Value | None]:
        """The option at or above a path, and how many names of the path lead to it.

        Raises EvaluationError: of an option that cannot be one, with its path and at its declaration.
        """
        value = self._options()
        for depth, name in enumerate(loc):
            try:
                found = value.get(name)
            except EvaluationError as error:
                if error.option == show_option(loc[: depth + 1]):  # of its value
                    raise
                raise self._blame.broken(loc[: depth + 1], error) from None
            if found is None or found.type != "set":
                break
            if _is_option(found):
                return depth + 1, found
            value = found
        return len(loc), None

    def broken_on(self, loc: Sequence[str]) -> EvaluationError | None:
        """The error of an option on a path that cannot be one; None where there is none."""
        try:
            self.find(loc)
        except BrokenOptionError as error:
            return error
        except EvaluationError as error:
            if error.kind == "interrupted":
                raise
        return None

    def broken(self) -> list[EvaluationError]:
        """What is wrong with the options that the user's own modules declare."""
        try:
            return list(filter(None, map(self.broken_on, self._blame.declared())))
        except HmevalError as error:
            if getattr(error, "kind", None) == "interrupted":
                raise
            return []


def _is_option(value: Value) -> bool:
    kind: Any = value.get("_type")
    return kind is not None and kind.type == "string" and kind.to_python() == "option"
