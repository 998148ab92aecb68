"""Inputs that cannot be fetched: all of them are told once one is missed, and each is tried by itself for that."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from hmeval.errors import EvaluationError
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.flakes import Called
from hmeval.targets.informing import informing
from hmeval.targets.lock import Attributes, InputPath, Node
from hmeval.targets.locking import text_to_fill_in
from hmeval.targets.reachable import Reachable
from hmeval.targets.reference import relative_path
from hmeval.targets.sources import store_path

# What hmeval says of an input that cannot be fetched (hmeval/flakes.py, hmeval/targets/locking.py).
_TOLD = re.compile(
    r"the input (\S+)(?: \(.*?\))?(?:, which flake\.lock has as| is not in flake\.lock, and| is locked as)"
)
_FETCH = "locked: builtins.seq (builtins.fetchTree locked).outPath true"


class UnfetchedInputs:
    """The inputs of one flake that cannot be fetched.

    An input of the flake itself is tried as the evaluation would fetch it. One of another input's is not fetched for
    this: it is known to be missing where it is not in the store, and its host cannot be reached.
    """

    def __init__(self, evaluator: AnyEvaluator, called: Called) -> None:
        self._evaluator = evaluator
        self._called = called
        self._is_told = False

    def listed(self, error: EvaluationError) -> EvaluationError:
        """The error, where it is that an input cannot be fetched, with all others of the kind; the first time."""
        told = _TOLD.match(error.message)
        if told is None or self._is_told:
            return error
        self._is_told = True
        missing = dict(self._missing(tuple(told[1].split("/")), error.message))
        if len(missing) < 2:
            return error
        message = f"{error.message.rstrip()}\n{text_to_fill_in(missing)}"
        return EvaluationError(message, error.kind, error.position, error.trace, error.option)

    def _missing(self, first: InputPath, message: str) -> Iterator[tuple[InputPath, Node]]:
        """By path, what cannot be fetched; `first` is known, and `message` says why."""
        store = str(self._evaluator.eval("builtins.storeDir").to_python())
        reachable = Reachable()
        for path, node in sorted(_nodes(self._called), key=lambda entry: (entry[0] != first, len(entry[0]), entry[0])):
            if path == first:
                reachable.note(node.locked, message)
                yield path, node
            elif node.is_missing or self._is_unfetchable(path, node, store, reachable):
                yield path, node

    def _is_unfetchable(self, path: InputPath, node: Node, store: str, reachable: Reachable) -> bool:
        place = store_path(node, store)
        if id(node) in self._called.locked.places or (place is not None and os.path.lexists(place)):
            return False
        if reachable.why_not(node.locked):
            return True
        return (len(path) == 1 or reachable.is_local(node.locked)) and not self._is_fetched(node.locked, reachable)

    def _is_fetched(self, locked: Attributes, reachable: Reachable) -> bool:
        try:
            left_out = ("dir", *informing(locked))
            taken = {name: value for name, value in locked.items() if name not in left_out}
            self._evaluator.eval(_FETCH)(self._evaluator.value(taken))
        except EvaluationError as error:
            if error.kind == "interrupted":
                raise
            reachable.note(locked, error.message)
            return False
        return True


def _nodes(called: Called) -> Iterator[tuple[InputPath, Node]]:
    """The inputs that are fetched by themselves."""
    for path, edge in called.lock.edges():
        if isinstance(edge, Node) and relative_path(edge.locked) is None:
            yield path, edge
