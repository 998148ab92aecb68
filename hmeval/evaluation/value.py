"""Value: a Nix value, held in its evaluator."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from hmeval.errors import EngineError, Position
from hmeval.evaluation import codec
from hmeval.evaluation.operations import Attribute, Element, Size, WriteNames, WriteText, WriteValue
from hmeval.literals import encoded

if TYPE_CHECKING:
    from hmeval.evaluation.any_evaluator import AnyEvaluator
    from hmeval.kinds import Failed

Errors: TypeAlias = Literal["raise", "keep"]
"""What becomes of a part of a value that cannot be evaluated."""


class Value:
    """A Nix value, evaluated to its outermost type; what lies within is evaluated as it is asked for.

    A set reads like a mapping (`value["a"]`, `"a" in value`, iteration gives names), a list like a sequence, a
    function is called. Everything raises EvaluationError where the evaluation fails, and EngineError once the
    evaluator is closed.
    """

    __slots__ = ("_evaluator", "_reference", "type")

    type: str
    """What `builtins.typeOf` says: int, float, bool, string, path, null, set, list or lambda."""

    def __init__(self, evaluator: AnyEvaluator, reference: Any, type: str) -> None:
        self._evaluator = evaluator
        self._reference = reference
        self.type = type

    def __getitem__(self, key: str | int) -> Value:
        """An attribute by its name (KeyError), or an element by its index (IndexError)."""
        if isinstance(key, str):
            self._must_be("set")
            found = self._attribute(key)
            if found is None:
                raise KeyError(key)
            return found
        self._must_be("list")
        index = operator.index(key)
        found = self._element(index if index >= 0 else len(self) + index)
        if found is None:
            raise IndexError(key)
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """The attribute `name` of a set, or `default` where there is none."""
        self._must_be("set")
        found = self._attribute(name)
        return default if found is None else found

    def at(self, path: Sequence[str]) -> Value | None:
        """The value at a path of attributes and elements, these by their place, from 0; None where there is none."""
        found: Value | None = self
        for name in path:
            if found is None:
                break
            found = found._step(name)
        return found

    def attr_names(self) -> list[str]:
        """The names of a set's attributes, in order."""
        self._must_be("set")
        names: list[str] = codec.unpack(self._evaluator._written(WriteNames(self._reference)))
        return names

    def __iter__(self) -> Iterator[Any]:
        """The elements of a list, or the names of a set."""
        if self.type == "set":
            return iter(self.attr_names())
        self._must_be("list")
        return (self[index] for index in range(len(self)))

    def __contains__(self, name: object) -> bool:
        """Whether a set has an attribute of this name."""
        return self.type == "set" and name in self.attr_names()

    def __len__(self) -> int:
        """The number of attributes or elements."""
        if self.type not in ("set", "list"):
            raise TypeError(f"a Nix {self.type} has no length")
        size = self._evaluator._ask(Size(self._reference))
        assert isinstance(size, int)
        return size

    def __bool__(self) -> bool:
        """True: a value is there, whatever it is (`to_python()` gives a Nix bool as a Python one)."""
        return True

    def __call__(self, *arguments: Any) -> Value:
        """Call a function, or a set with `__functor`, with values or Python data."""
        return self._evaluator.call(self, *arguments)

    def to_python(self, *, errors: Errors = "raise") -> Any:
        """The whole value, evaluated throughout, by the rules of Nix's JSON: None, bool, int, float, str, list, dict.

        `__toString` is called, a set with `outPath` stands for it; paths, derivations and functions keep their kind
        (hmeval.kinds). Strings that are not UTF-8 keep their bytes as surrogates. Raises EvaluationError; with
        `errors="keep"` only for the value itself and for the end of the stack: parts that cannot be evaluated are
        hmeval.Failed.
        """
        return self.with_failures()[0] if errors == "keep" else self._plain(WriteValue(self._reference, False))

    def show(self, *, errors: Errors = "raise") -> str:
        """The value as Nix text, as `lib.generators.toPretty` writes it; `errors` are as of `to_python`.

        Parts that are kept though they cannot be evaluated are `«error: …»`.
        """
        shown: str = (
            self.text_with_failures()[0] if errors == "keep" else self._plain(WriteText(self._reference, False))
        )
        return shown

    def with_failures(self) -> tuple[Any, list[Failed]]:
        """What `to_python(errors="keep")` gives, and the parts that could not be evaluated, in order."""
        return codec.unpack_with_failures(self._evaluator._written(WriteValue(self._reference, True)))

    def text_with_failures(self) -> tuple[str, list[Failed]]:
        """What `show(errors="keep")` gives, and the parts that could not be evaluated, in order."""
        return codec.unpack_with_failures(self._evaluator._written(WriteText(self._reference, True)))

    def position(self, name: str) -> Position | None:
        """Where the attribute `name` of this set is written, or None where Nix does not know, or it is in no file."""
        self._must_be("set")
        found = self._evaluator._position_function()(name, self).to_python()
        if found is None or not found["file"].startswith("/"):  # Nix 2.8 gives an expression's whole text for its file
            return None
        return Position(found["file"], found["line"], found["column"])

    def __repr__(self) -> str:
        return f"<hmeval.Value: {self.type}>"

    def _step(self, name: str) -> Value | None:
        if self.type == "list":
            return self._element(int(name)) if name.isdecimal() else None
        return self._attribute(name) if self.type == "set" else None

    def _plain(self, operation: WriteValue | WriteText) -> Any:
        return codec.unpack(self._evaluator._written(operation))

    def _attribute(self, name: str) -> Value | None:
        try:
            raw = encoded(name)
        except ValueError:  # no Nix string can be this name
            return None
        return self._evaluator._value_or_none(Attribute(self._reference, raw))

    def _element(self, index: int) -> Value | None:
        if not 0 <= index < 2**63:
            return None
        return self._evaluator._value_or_none(Element(self._reference, index))

    def _must_be(self, kind: str) -> None:
        if self.type != kind:
            raise TypeError(f"a Nix {kind} was expected, and this is a {self.type}")

    def _reference_for(self, evaluator: AnyEvaluator) -> Any:
        if self._evaluator is not evaluator:
            raise EngineError("a value belongs to the evaluator that made it, and to no other")
        return self._reference
