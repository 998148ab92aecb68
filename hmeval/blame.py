"""Which definition of the user's an error of the module system is about: its file, line and column.

The module system names the option and the files that define it, and no line (nixpkgs, lib/modules.nix: showDefs); Home
Manager names a failed assertion by its message alone (modules/default.nix).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hmeval.definitions import DefinitionSearch
from hmeval.errors import EvaluationError, HmevalError, Position, TraceFrame
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.evaluation.report import option_of
from hmeval.options import extract
from hmeval.options.path import parse_option_path
from hmeval.probe import NIX, Probed, probe
from hmeval.targets.target import Target

_FILE = re.compile(r"^\s*-? ?[Ii]n `(?P<file>/[^']+)'", re.MULTILINE)
# What lib.mkRemovedOptionModule asserts (nixpkgs, lib/modules.nix, lib/options.nix: showFiles).
_REMOVED = re.compile(r"^The option definition `(?P<option>.+)' in (?P<files>`.+') no longer has any effect")
_QUOTED_FILE = re.compile(r"`(?P<file>/[^']+)'")


def blamed(evaluator: AnyEvaluator, target: Target, error: EvaluationError) -> EvaluationError:
    """An error of a target at the place of the definition that it is about, where that can be found."""

    def probed() -> Probed:
        return probe(evaluator, target, lambda: evaluator.eval(target.expression))

    return Blame(evaluator, probed, lambda: DefinitionSearch(evaluator, probed())).place(error)


class Blame:
    """Finds the definitions that errors are about, in one configuration.

    `probed` gives its evaluation with the probe, `search` the search in that one's modules; they are called where they
    are needed, and may raise.
    """

    def __init__(
        self, evaluator: AnyEvaluator, probed: Callable[[], Probed], search: Callable[[], DefinitionSearch]
    ) -> None:
        self._evaluator = evaluator
        self._probed = probed
        self._search = search

    def place(self, error: EvaluationError) -> EvaluationError:
        """The same error at the place of the definition that it is about, where that can be found."""
        try:
            found = self._find(error)
        except (HmevalError, ValueError):
            # What helps to explain an error must not replace it.
            found = None
        if found is None:
            return error
        position, option = found
        trace = (TraceFrame("found by the module system", error.position), *error.trace)
        return EvaluationError(error.message, error.kind, position, trace, option)

    def told(self, error: Mapping[str, Any]) -> dict[str, Any]:
        """The same for an error of a record: {kind, message, position?}."""
        position = Position(**error["position"]) if error.get("position") else None
        placed = self.place(
            EvaluationError(error["message"], error["kind"], position, option=option_of(error["message"]))
        )
        return extract.describe(placed)

    def failed_assertions(self) -> list[EvaluationError]:
        """An error for each assertion that fails, at its place or at that of the removed option that it is about.

        Raises what the probe does.
        """
        failed = self._evaluator.eval_file(NIX / "failed-assertions.nix")
        return [self._assertion(entry) for entry in failed(self._probed().arguments["options"]).to_python()]

    def _find(self, error: EvaluationError) -> tuple[Position, str | None] | None:
        if error.message.startswith("Failed assertions:"):
            failed = (one for one in self.failed_assertions() if one.message.strip() in error.message)
            return next(((one.position, one.option) for one in failed if one.position), None)
        files = [match["file"] for match in _FILE.finditer(error.message)]
        return self._definition(error.option, files) if error.option else None

    def _assertion(self, entry: dict[str, Any]) -> EvaluationError:
        message = entry["message"].strip()
        removed = _REMOVED.match(message)
        if removed and (found := self._definition(removed["option"], _QUOTED_FILE.findall(removed["files"]))):
            return EvaluationError(message, "assertion", found[0], option=found[1])
        position = Position(**entry["position"]) if entry["position"] else None
        return EvaluationError(message, "assertion", position, option="assertions")

    def _definition(self, option: str, files: Sequence[str]) -> tuple[Position, str] | None:
        """The last definition in the files: where several fail, the user's own are merged, and named, last."""
        places = [place for file, place in self._search().places(parse_option_path(option)) if file in files]
        return (places[-1], option) if places else None
