"""Every definition of an option in the modules of a configuration, and what becomes of it.

They are found in Nix (nix/definitions.nix), and judged in options/judgement.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, NamedTuple

from hmeval.errors import EvaluationError, Position, TargetError
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.evaluation.value import Value
from hmeval.options import extract
from hmeval.options.judgement import Judgement, Level, Property, Row
from hmeval.options.path import show_option
from hmeval.options.renames import Rename, alias_target, rename_of
from hmeval.options.why import LOSER, Definition, Why, in_order, missing
from hmeval.probe import NIX, PROBE, Probed

_NO_FILE = "<unknown-file>"

_Care = dict[str, Any] | None
# With what care to follow a path through a module that fails: its last value does so, behind fewer or more properties,
# or something under a false mkIf. What tells more comes first.
_WHOLE = 1000
_CARE: tuple[dict[str, Any], ...] = tuple(
    {"layers": layers, "activeOnly": active_only}
    for active_only, layers in (
        *((False, n) for n in (3, 2, 1)),
        *((True, n) for n in (_WHOLE, 3, 2, 1)),
        (False, 0),
        (True, 0),
    )
)


class _Place(NamedTuple):
    """Where a path leads: Nix's own description of it, and what of it Python needs."""

    value: Value
    depth: int
    levels: Sequence[Level]
    option: Mapping[str, Any]
    type: str


class Stray(NamedTuple):
    """A definition that no option is declared for: the path up to where it leaves the options, and its place."""

    loc: Sequence[str]
    file: str
    position: Position | None


class DefinitionSearch:
    """Finds the definitions of options in one configuration; its modules are read once.

    Attributes:
        read: the modules, as nix/modules.nix gives them.
        arguments: what they are called with.

    Raises EvaluationError, and TargetError for a lib that does not hand out what modules it evaluates.
    """

    def __init__(
        self, evaluator: AnyEvaluator, probed: Probed, describe_error: extract.Describe = extract.describe
    ) -> None:
        self._evaluator = evaluator
        self._describe_error = describe_error
        read = evaluator.eval_file(NIX / "modules.nix")
        kind = probed.result.get("type")
        if kind is None:
            raise TargetError(
                "the modules of this configuration cannot be looked into: its lib.evalModules gives no `type`"
            )
        self.read = modules = read({"arguments": probed.arguments, "modules": kind["getSubModules"]})
        self.arguments = probed.arguments
        self._nix = evaluator.eval_file(NIX / "definitions.nix")({"arguments": probed.arguments, "modules": modules})
        self._modules: Sequence[Mapping[str, Any]] = self._nix["modules"].to_python()

    def why(self, loc: Sequence[str]) -> Why:
        """Why the path has its value. Raises KeyError where no option is at or above it."""
        return self._why(list(loc), frozenset())

    def competing(self, loc: Sequence[str]) -> Sequence[Definition]:
        """The definitions of an option that count, and those that lost to them, but for its default.

        An old name of another option has its own. Raises KeyError where no option is at or above the path.
        """
        place = self._locate(list(loc))
        if place is None:
            raise KeyError(show_option(loc))
        definitions = self._why_here(list(loc), place, frozenset({show_option(loc)})).definitions
        return [one for one in definitions if one.wins or (one.verdict == LOSER and not one.default)]

    def places(self, loc: Sequence[str], files: Sequence[str]) -> list[Position]:
        """The place of each definition of a path in modules of these files, whether there is an option or not."""
        found = self._nix["places"](list(files), list(loc))
        return [Position(**entry["position"]) for entry in found.to_python()]

    def strays(self) -> tuple[list[Stray], list[EvaluationError]]:
        """The definitions that no option is declared for, and the errors of modules that cannot be searched."""
        numbers = list(range(len(self._modules)))
        try:
            return self._strays_of(numbers), []
        except EvaluationError:
            errors = {number: error for number in numbers if (error := self._stray_failure(number))}
        return self._strays_of([number for number in numbers if number not in errors]), list(errors.values())

    def _strays_of(self, numbers: Sequence[int]) -> list[Stray]:
        found = self._nix["strays"](list(numbers)).to_python()
        return [Stray(entry["path"], entry["file"], _position(entry["position"])) for entry in found]

    def _stray_failure(self, number: int) -> EvaluationError | None:
        try:
            self._strays_of([number])
        except EvaluationError as error:
            return error
        return None

    def _why(self, loc: Sequence[str], seen: frozenset[str]) -> Why:
        place = self._locate(loc)
        if place is None:
            raise KeyError(show_option(loc))
        renamed = alias_target(place.option)
        if renamed is not None and show_option(renamed) not in seen:
            with suppress(KeyError):  # the new name may be that of several options, and no option itself
                return self._why_renamed(loc, [*renamed, *loc[place.depth :]], seen)
        return self._why_here(loc, place, seen | {show_option(loc)})

    def _why_renamed(self, loc: Sequence[str], to: Sequence[str], seen: frozenset[str]) -> Why:
        why = self._why(to, seen)
        return why._replace(renamed_from=why.renamed_from or loc)

    def _why_here(self, loc: Sequence[str], place: _Place, seen: frozenset[str]) -> Why:
        value, before_apply, counted = self._final(place)
        with self._evaluator.muted():  # what does not count says nothing of the configuration
            definitions, unplaced, not_read = self._definitions(loc, place, seen, counted)
        return Why(
            loc=loc,
            option=place.option["loc"],
            type=place.type,
            value=value,
            before_apply=before_apply if before_apply != value else None,
            # Where there is no value, there is no instance of what the default belongs to.
            definitions=in_order(one for one in [*definitions, *unplaced] if value is not None or not one.default),
            renamed_from=None,
            not_read=not_read,
        )

    def _definitions(
        self, loc: Sequence[str], place: _Place, seen: frozenset[str], counted: Sequence[Mapping[str, Any]] = ()
    ) -> tuple[list[Definition], list[Definition], list[Mapping[str, Any]]]:
        """The definitions that are found; those among the `counted` that are not; the modules that are not read."""
        rows, not_read = self._rows(place)
        origins, old = self._unrenamed(loc, rows, seen)
        judged = Judgement([row for row, _ in origins], place.levels, loc, place.depth).definitions()
        found = [self._with_origin(*origins[number], one) for number, one in judged]
        return [*found, *old], missing([one for _, one in judged], counted), not_read

    # -- what Nix finds -------------------------------------------------------------------------------------------

    def _locate(self, loc: Sequence[str]) -> _Place | None:
        """Where the path leads. What is below an option may take its values to know, or, where these fail, its type."""
        for knowledge in ("values", "types", "nothing"):
            try:
                with self._evaluator.muted():
                    found = self._nix["locate"](knowledge, list(loc))
                    return self._place(found) if found.type == "set" else None
            except EvaluationError:
                if knowledge == "nothing":
                    raise
        raise AssertionError("the last way raises its own error")

    def _place(self, found: Value) -> _Place:
        flags = extract.ALONE | extract.HIDDEN
        option = extract.extract_options(self._evaluator, found["option"], flags)[0]
        depth, merges, modules, kind = (found[name].to_python() for name in ("depth", "merges", "inModule", "type"))
        levels = [Level(*level) for level in zip(merges, modules, strict=True)]
        return _Place(found, depth, levels, option, kind)

    def _rows(self, place: _Place) -> tuple[list[Row], list[Mapping[str, Any]]]:
        """What the modules hold at the path, and the modules that cannot be searched."""
        numbers = list(range(len(self._modules)))
        try:
            return self._rows_of(place, numbers, {}), []
        except EvaluationError:
            return self._rows_one_by_one(place, numbers)

    def _rows_one_by_one(self, place: _Place, numbers: Sequence[int]) -> tuple[list[Row], list[Mapping[str, Any]]]:
        """The same, where a module fails: it costs itself alone, and no more of itself than must be."""
        careful = self._care_for_defaults(place)
        not_read: dict[int, Mapping[str, Any]] = {}
        for number in numbers:
            if (error := self._failure(place, [number], careful)) is None:
                continue
            tried = (care for care in _CARE if self._failure(place, [number], careful | {str(number): care}) is None)
            care = next(tried, None)
            if care is not None:
                careful[str(number)] = care
            if care is None or care["activeOnly"]:
                not_read[number] = self._not_read(number, error, inactive=care is not None)
        readable = [number for number in numbers if number not in not_read or str(number) in careful]
        return self._rows_of(place, readable, careful), list(not_read.values())

    def _not_read(self, number: int, error: EvaluationError, *, inactive: bool) -> Mapping[str, Any]:
        entry = {"file": self._modules[number]["file"], "message": error.message}
        return entry | ({"inactive": True} if inactive else {})

    def _care_for_defaults(self, place: _Place) -> dict[str, _Care]:
        """What defaults need that fail: those of a submodule may be of what is known of its instances alone."""
        if self._failure(place, [], {}) is None:
            return {}
        no_more_than_there: dict[str, _Care] = {"default": _CARE[-2]}
        return no_more_than_there if self._failure(place, [], no_more_than_there) is None else {"default": None}

    def _failure(self, place: _Place, numbers: Sequence[int], careful: Mapping[str, _Care]) -> EvaluationError | None:
        try:
            self._nix["rows"](place.value, list(numbers), dict(careful))["described"].to_python()
        except EvaluationError as error:
            return error
        return None

    def _rows_of(self, place: _Place, numbers: Sequence[int], careful: Mapping[str, _Care]) -> list[Row]:
        rows = self._nix["rows"](place.value, list(numbers), dict(careful))
        described = rows["described"].to_python()
        values = self._written(rows["values"])
        outcomes = iter(self._written(rows["outcomes"]))
        return [_row(entry, value, outcomes) for entry, value in zip(described, values, strict=True)]

    def _final(
        self, place: _Place
    ) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None, Sequence[Mapping[str, Any]]]:
        """The final value, what it was before `apply`, and the definitions that the module system counts."""
        try:
            final = self._nix["final"](place.value)
            written = extract.extract_options(self._evaluator, final, extract.VALUES, None, self._describe_error)
        except EvaluationError as error:
            return {"error": self._describe_error(error)}, None, ()
        value, before = ([record.get("value") for record in written] + [None, None])[:2]
        counted = written[0].get("definitions", ()) if written else ()
        return value, before, [one for one in counted if one["file"] != PROBE]

    def _written(self, dressed: Value) -> list[extract.Record]:
        return extract.extract_options(self._evaluator, dressed, extract.VALUES)

    # -- modules --------------------------------------------------------------------------------------------------

    def _with_origin(self, row: Row, written: Definition | None, definition: Definition) -> Definition:
        if written:
            return _as_written(definition, written)
        importer = self._modules[row.module]["importedBy"] if row.module is not None else None
        return definition._replace(imported_by=importer if importer != _NO_FILE else None)

    # -- renamed options --------------------------------------------------------------------------------------------

    def _unrenamed(
        self, loc: Sequence[str], rows: Sequence[Row], seen: frozenset[str]
    ) -> tuple[list[tuple[Row, Definition | None]], list[Definition]]:
        """The rows, those that a rename makes with what is written under the old name and at its
        place; and the definitions under old names that do not even count there.
        """
        renames = {module: rename for module, rename in self._renames.items() if rename.concerns(loc)}
        written: dict[int, Definition] = {}
        left: list[Definition] = []
        for module, rename in renames.items():
            made = [number for number, row in enumerate(rows) if row.module == module and _goes_on(row)]
            # Where nothing counts under the old name, nothing is made of it; but then it may be what has lost there.
            if made or rename.to is not None:
                old = [one for path in rename.old_paths(loc) for one in self._definitions_of(path, seen)]
                written.update(zip(made, _for_each(made, [one for one in old if one.wins]), strict=False))
                left += [one for one in old if not one.wins]
        kept = [number for number, row in enumerate(rows) if row.module not in renames or _goes_on(row)]
        return [_moved(rows[number], written.get(number)) for number in kept], left

    @cached_property
    def _renames(self) -> dict[int | None, Rename]:
        """What the modules rename, by their number."""
        numbers = [number for number, module in enumerate(self._modules) if module["isInPlace"]]
        try:
            declared = self._nix["declared"](numbers).to_python()
        except EvaluationError:
            declared = [self._declared(number) for number in numbers]
        renames = {number: rename_of(options) for number, options in zip(numbers, declared, strict=True)}
        return {number: rename for number, rename in renames.items() if rename}

    def _declared(self, number: int) -> Sequence[Mapping[str, Any]]:
        try:
            declared: list[list[Mapping[str, Any]]] = self._nix["declared"]([number]).to_python()
        except EvaluationError:  # an option that cannot be described is none that was renamed
            return []
        return declared[0]

    def _definitions_of(self, path: Sequence[str], seen: frozenset[str]) -> list[Definition]:
        """The definitions of an old name but for its default, each with the name that it is written as."""
        name = show_option(path)
        place = None if name in seen else self._locate(path)
        if place is None:
            return []
        definitions, _, _ = self._definitions(path, place, seen | {name})
        written = [one for one in in_order(definitions) if not one.default]
        return [one._replace(written_as=one.written_as or name) for one in written]


def _goes_on(row: Row) -> bool:
    """Whether a row counts, as far as its own conditions go."""
    return row.reaches and row.active is not False


def _for_each(made: Sequence[int], counted: Sequence[Definition]) -> Sequence[Definition]:
    """The definition under the old name behind each row: one for one, or else, where they are merged, the first."""
    return counted if len(counted) == len(made) else list(counted[:1]) * len(made)


def _moved(row: Row, written: Definition | None) -> tuple[Row, Definition | None]:
    return (row._replace(position=written.position(), exact=written.exact) if written else row), written


def _as_written(made: Definition, written: Definition) -> Definition:
    """What a rename makes of a definition: the origin of what was written, the verdict of what became of it."""
    return made._replace(
        module=written.module,
        imported_by=written.imported_by,
        condition=written.condition,
        order=made.order if made.order is not None else written.order,
        written_as=written.written_as,
    )


def _position(place: Mapping[str, Any] | None) -> Position | None:
    return Position(**place) if place else None


def _row(described: Mapping[str, Any], value: extract.Record, outcomes: Iterator[extract.Record]) -> Row:
    properties = [_property(property, outcomes) for property in described["properties"]]
    return Row(**{**described, "properties": properties, "value": value.get("value")})


def _property(described: Mapping[str, Any], outcomes: Iterator[extract.Record]) -> Property:
    if described["kind"] != "if":
        return Property(**described, holds=None, error=None)
    value = next(outcomes)["value"]
    error = value.get("error")
    if error is None and not isinstance(value.get("json"), bool):
        error = {"kind": "type", "message": "it is no boolean"}
    return Property(**described, holds=None if error else value["json"], error=error)
