"""The definition that an error comes from where no trace leads to it: it fails alike when it is evaluated alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from hmeval.errors import EvaluationError, Position
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.evaluation.value import Value
from hmeval.options.path import show_option
from hmeval.probe import NIX

_MOST_NODES = 4000


class Culprit(NamedTuple):
    """A definition: its place, the path that it defines, and how far its error is from it, in frames."""

    position: Position
    path: str
    distance: int


def find_culprit(
    evaluator: AnyEvaluator,
    arguments: Value,
    modules: Value,
    error: EvaluationError,
    is_own: Callable[[str], bool],
    file: str | None = None,
) -> Culprit | None:
    """The user's own definition that fails with this very error, the nearest to it; in one file, or in any.

    It is known by being evaluated alone: lists, sets and properties level by level, derivations as far as their path;
    what is switched on, as far as its package. `arguments` is what the modules are called with.
    """
    search = _Search(_leaves(evaluator, arguments), error, is_own)
    found: list[Culprit] = []
    for module in search.leaves["tops"](modules):
        name = module["file"].to_python()
        if name == file or (file is None and (is_own(name) or not name.startswith("/"))):
            found += (culprit for node in module["nodes"] for culprit in search.within(node))
    return min(found, key=lambda one: one.distance, default=None)


def declarations(evaluator: AnyEvaluator, arguments: Value, modules: Value, loc: Sequence[str]) -> list[Position]:
    """Where modules declare the option at a path."""
    found = _leaves(evaluator, arguments)["declarations"](list(loc))(modules)
    return [Position(**position) for position in found.to_python()]


def declared_options(
    evaluator: AnyEvaluator, arguments: Value, modules: Value, is_own: Callable[[str], bool]
) -> Iterator[list[str]]:
    """The paths of the options that the user's own modules declare; those of a module that fails are left out."""
    for module in _leaves(evaluator, arguments)["declared"](modules):
        if is_own(module["file"].to_python()):
            try:
                yield from module["paths"].to_python()
            except EvaluationError as error:
                if error.kind == "interrupted":
                    raise


def _leaves(evaluator: AnyEvaluator, arguments: Value) -> Value:
    return evaluator.eval_file(NIX / "leaves.nix")(arguments)


class _Search:
    """One search, which looks at so many values and no more."""

    def __init__(self, leaves: Value, error: EvaluationError, is_own: Callable[[str], bool]) -> None:
        self.leaves = leaves
        self._within = leaves["within"]
        self._message = error.message.strip()
        self._is_own = is_own
        self._left = _MOST_NODES

    def within(self, node: Value) -> Iterator[Culprit]:
        """The culprits in a value."""
        self._left -= 1
        if self._left < 0:
            return
        try:
            below = list(self._within(node))
        except EvaluationError as error:
            if error.kind == "interrupted":
                raise
            culprit = self._culprit(node, error) if error.message.strip() == self._message else None
            if culprit is not None:
                yield culprit
            return
        for inner in below:
            yield from self.within(inner)

    def _culprit(self, node: Value, error: EvaluationError) -> Culprit | None:
        written = node["position"].to_python()
        if written is None or not self._is_own(written["file"]):
            return None
        return Culprit(Position(**written), show_option(node["path"].to_python()), len(error.trace))
