"""AnyEvaluator: what an evaluator in this process and one in a child process have in common."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any, Self

from hmeval.evaluation import codec
from hmeval.evaluation.hearing import Hearing
from hmeval.evaluation.operations import (
    Answer,
    Attribute,
    Call,
    CollectGarbage,
    Element,
    Evaluate,
    Held,
    MakeString,
    Operation,
    WriteInputs,
)
from hmeval.evaluation.value import Value
from hmeval.literals import encoded, path_literal


class AnyEvaluator(ABC):
    """Evaluates Nix expressions; where, its kinds say: Evaluator and Worker. Use it with `with`."""

    identity: tuple[Any, ...] = ()
    """What sets its answers apart from those of an evaluator that was made without arguments, as plain data."""

    _position_of: Value | None = None

    # -- evaluation ---------------------------------------------------------------------------------------------

    def eval(self, expression: str, *, base: str | os.PathLike[str] = ".") -> Value:
        """The value of a Nix expression; relative paths in it are relative to the folder `base`.

        Raises EvaluationError.
        """
        return self._value(Evaluate(encoded(expression), encoded(os.path.abspath(os.fspath(base)))))

    def eval_file(self, path: str | os.PathLike[str]) -> Value:
        """The value of a Nix file, or of a folder's default.nix. Raises EvaluationError."""
        return self.eval(f"import {path_literal(os.path.abspath(os.fspath(path)))}")

    def call(self, function: Value, *arguments: Any) -> Value:
        """Call a Nix function with values, or with Python data that becomes Nix values. Raises EvaluationError."""
        result = function
        for argument in arguments:
            result = self._call(result, self.value(argument))
        return result

    def value(self, python: Any) -> Value:
        """A Nix value from Python data: None, bool, int, float, str, NixPath, lists, string-keyed dicts and Values.

        Raises TypeError for anything else.
        """
        if isinstance(python, Value):
            return python
        if isinstance(python, str):
            return self._value(MakeString(encoded(python)))
        expression, values = codec.to_nix(python)
        result = self.eval(expression, base="/")
        for inner in values:
            result = self._call(result, inner)
        return result

    # -- traces and warnings --------------------------------------------------------------------------------------

    hearing: Hearing | None = None
    """Who is told of them, where that is not for Nix alone to say."""

    def muted(self) -> AbstractContextManager[None]:
        """What hmeval evaluates meanwhile is evaluated for its own ends: its traces and warnings are told to nobody."""
        return self.hearing.deaf() if self.hearing else nullcontext()

    # -- life -----------------------------------------------------------------------------------------------------

    @abstractmethod
    def close(self) -> None:
        """End the evaluator, and a running evaluation with it; its values raise EngineError from then on."""

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Whether close() was called."""

    def collect_garbage(self) -> None:
        """Run Nix's garbage collector now."""
        self._ask(CollectGarbage())

    def inputs(self) -> tuple[list[str], list[list[Any]] | None]:
        """The engine's libraries, and what all evaluations so far have read: [kind, name, lstat, stat, value] of each.

        native/hmeval.h (hmeval_write_inputs) says more. None in place of the latter where this engine cannot tell.
        """
        libraries, inputs = codec.unpack(self._written(WriteInputs()))
        return libraries, inputs

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- for Value and for extraction ------------------------------------------------------------------------------

    @abstractmethod
    def _ask(self, operation: Operation) -> Answer:
        """The answer to an operation that writes nothing. Raises EvaluationError, EngineError."""

    @abstractmethod
    def _pieces(self, operation: Operation) -> Iterator[tuple[bytes, int]]:
        """What an operation writes: pieces, and the options in all of them so far.

        The writing goes on while a piece is looked at; who stops asking for pieces ends it.
        """

    @abstractmethod
    def _holds(self, value: Value) -> bool:
        """Whether a value of this evaluator is still there."""

    def _written(self, operation: Operation) -> bytes:
        return b"".join(piece for piece, _ in self._pieces(operation))

    def _value(self, operation: Evaluate | Call | MakeString) -> Value:
        value = self._value_or_none(operation)
        assert value is not None, "only a look-up can find nothing"
        return value

    def _value_or_none(self, operation: Evaluate | Call | MakeString | Attribute | Element) -> Value | None:
        answer = self._ask(operation)
        return Value(self, *answer) if isinstance(answer, Held) else None

    def _call(self, function: Value, argument: Value) -> Value:
        return self._value(Call(function._reference_for(self), argument._reference_for(self)))

    def _position_function(self) -> Value:
        found = self._position_of
        if found is None or not self._holds(found):
            found = self._position_of = self.eval("builtins.unsafeGetAttrPos")
        return found
