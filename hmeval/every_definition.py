"""The definitions of all options of a configuration, with their places, in one pass over its modules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from hmeval.errors import EvaluationError
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.evaluation.value import Value
from hmeval.options import extract
from hmeval.options.placing import Written, losers, placed
from hmeval.probe import NIX, Probed


def module_files(evaluator: AnyEvaluator, probed: Probed) -> list[str]:
    """The files, and folders, that were imported as modules; one written in place has none. Raises EvaluationError."""
    keys: list[str] = evaluator.eval("map (module: module.key)")(_modules(evaluator, probed)).to_python()
    return [key for key in keys if key.startswith("/") and ":anon-" not in key]


def _modules(evaluator: AnyEvaluator, probed: Probed) -> Value:
    given = {"arguments": probed.arguments, "modules": probed.result["type"]["getSubModules"]}
    return evaluator.eval_file(NIX / "modules.nix")(given)


def _nested(paths: Iterable[Sequence[str]]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for path in paths:
        below = nested
        for name in path:
            below = below.setdefault(name, {})
    return nested


class EveryDefinition:
    """Completes records of options, of all or of those `among` some paths, with what the modules write.

    Raises EvaluationError for what is not to be read.
    """

    def __init__(self, evaluator: AnyEvaluator, probed: Probed, among: Iterable[Sequence[str]] | None = None) -> None:
        self._evaluator = evaluator
        chosen = None if among is None else _nested(among)
        given = {"arguments": probed.arguments, "modules": _modules(evaluator, probed), "among": chosen}
        self._nix = evaluator.eval_file(NIX / "every-definition.nix")(given)
        self._generating = f"{self._nix['generating'].to_python()}/"
        self._written = self._by_name()

    def complete(self, record: extract.Record) -> extract.Record:
        """The record with the places of its definitions, and with those that lost."""
        written = self._written.get(tuple(record["loc"]))
        if written and "definitions" in record:
            record["definitions"] = placed(record, written)
        return record

    def _by_name(self) -> dict[tuple[str, ...], list[Written]]:
        found, described = self._found()
        by_name: dict[tuple[str, ...], list[int]] = {}
        for number, each in enumerate(described):
            by_name.setdefault(tuple(each["path"]), []).append(number)
        all_written = list(map(self._as_written, described))
        groups = {path: [all_written[number] for number in numbers] for path, numbers in by_name.items()}
        lost = [(path, place) for path, group in groups.items() for place in losers(group)]
        chosen = [by_name[path][place] for path, place in lost]
        for (path, place), record in zip(lost, self._values(found, chosen), strict=True):
            groups[path][place] = groups[path][place]._replace(value=record.get("value"))
        return groups

    def _values(self, found: Value, chosen: Sequence[int]) -> list[extract.Record]:
        if not chosen:
            return []
        return extract.extract_options(self._evaluator, found["values"](list(chosen)), extract.VALUES)

    def _found(self) -> tuple[Value, list[dict[str, Any]]]:
        """What the modules write. One that cannot be searched costs itself alone."""
        numbers = list(range(self._count))
        try:
            return self._found_in(numbers)
        except EvaluationError:
            return self._found_in(self._readable(numbers))

    def _found_in(self, numbers: Sequence[int]) -> tuple[Value, list[dict[str, Any]]]:
        found = self._nix["found"](list(numbers))
        return found, found["described"].to_python()

    @property
    def _count(self) -> int:
        count: int = self._nix["count"].to_python()
        return count

    def _readable(self, numbers: Sequence[int]) -> list[int]:
        """Those of the modules that can be searched, by halves: few cannot."""
        try:
            self._found_in(numbers)
            return list(numbers)
        except EvaluationError as error:
            if error.kind == "interrupted":
                raise
        half = len(numbers) // 2
        return [*self._readable(numbers[:half]), *self._readable(numbers[half:])] if half else []

    def _as_written(self, described: dict[str, Any]) -> Written:
        position = described["position"]
        if position is not None and position["file"].startswith(self._generating):
            position = None
        return Written(described["file"], position, described["priority"], described["order"])
