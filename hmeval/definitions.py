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
from hmeval.options.renames import Rename, alias_target, rename_of, within
from hmeval.options.why import LOSER, Definition, Why, as_counted, in_order, unplaced
from hmeval.probe import NIX, PROBE, Probed, without_probe

_NO_FILE = "<unknown-file>"

_Source = int | str
"""What rows are of: a module, by its number; one that a submodule's type has, by its name; or options' defaults."""
_DEFAULT = "default"

_Care = dict[str, Any]
# With what care to follow a path through a module that fails: its last value does so, behind fewer or more properties,
# or something under a false mkIf. What tells more comes first.
_WHOLE = 1000
_CARE: tuple[_Care, ...] = tuple(
    {"layers": layers, "activeOnly": active_only}
    for active_only, layers in (
        *((False, n) for n in (3, 2, 1)),
        *((True, n) for n in (_WHOLE, 3, 2, 1)),
        (False, 0),
        (True, 0),
    )
)
_ACTIVE_ONLY: _Care = {"activeOnly": True}


class _Place(NamedTuple):
    """Where a path leads: Nix's own description of it, and what of it Python needs."""

    value: Value
    depth: int
    levels: Sequence[Level]
    option: Mapping[str, Any]
    last: Mapping[str, Any] | None
    """The option at the very end, where that is one within a submodule."""
    type: str
    is_module: bool
    own: Mapping[str, Mapping[str, Any]]
    """The modules that the types of submodules on the way have: {depth, file, isInPlace}."""

    def aliases(self, loc: Sequence[str]) -> Iterator[tuple[Mapping[str, Any], Sequence[str], Sequence[str]]]:
        """The options of the path that may stand for others: each with the path of the submodule that it is in, and
        what comes below it.
        """
        yield self.option, (), loc[self.depth :]
        holders = [depth for depth, level in enumerate(self.levels) if level.in_module]
        if self.last is not None and holders:
            yield self.last, loc[: holders[-1]], ()

    @property
    def lists(self) -> list[int]:
        """How many names lead to each list of which the path names an element."""
        return [depth for depth, level in enumerate(self.levels) if level.element is not None]


class _Final(NamedTuple):
    """The final value, what it was before `apply`, and the definitions that the module system counts ({file, value})
    with their priority, which is None where that is not known.
    """

    value: Mapping[str, Any] | None
    before_apply: Mapping[str, Any] | None = None
    counted: Sequence[Mapping[str, Any]] = ()
    priority: int | None = None


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
        self._suspects: set[_Source] = set()
        """The modules that could not be followed to some path."""
        self._defining: dict[str, Sequence[int]] = {}
        """By option: the modules that hold something at it, or below. All others need not be searched again."""

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
        for option, holder, below in place.aliases(loc):
            renamed = alias_target(option)
            to = [*holder, *renamed, *below] if renamed is not None else None
            if to is not None and show_option(to) not in seen:
                with suppress(KeyError):  # the new name may be that of several options, and no option itself
                    return self._why_renamed(loc, to, seen, is_alias=bool(option.get("visible")))
        return self._why_here(loc, place, seen | {show_option(loc)})

    def _why_renamed(self, loc: Sequence[str], to: Sequence[str], seen: frozenset[str], *, is_alias: bool) -> Why:
        why = self._why(to, seen)
        if why.renamed_from is not None:
            return why
        return why._replace(renamed_from=loc, is_alias=is_alias)

    def _why_here(self, loc: Sequence[str], place: _Place, seen: frozenset[str]) -> Why:
        final = self._final(place)
        with self._evaluator.muted():  # what does not count says nothing of the configuration
            definitions, not_read = self._definitions(loc, place, seen, final)
        return Why(
            loc=loc,
            option=place.option["loc"],
            type=place.type,
            value=final.value,
            before_apply=final.before_apply if final.before_apply != final.value else None,
            # Where there is no value, there is no instance of what the default belongs to.
            definitions=in_order(one for one in definitions if final.value is not None or not one.default),
            renamed_from=None,
            not_read=not_read,
        )

    def _definitions(
        self, loc: Sequence[str], place: _Place, seen: frozenset[str], final: _Final | None = None
    ) -> tuple[list[Definition], list[Mapping[str, Any]]]:
        """The definitions, those first that the module system counts, in its order; the modules that are not read."""
        rows, not_read = self._rows_at(loc, place)
        origins, old = self._unrenamed(loc, place, rows, seen)
        judged = self._judge([row for row, _ in origins], loc, place)
        if final is None or final.priority is None:
            return [*(_with_origin(*origins[number], one) for number, one in judged), *old], not_read
        known = [one.not_counted(final.priority) for _, one in judged]
        made = [_with_origin(*origins[number], one) for (number, _), one in zip(judged, known, strict=True)]
        numbers = as_counted(known, final.counted)
        counted = [
            made[number] if number is not None else unplaced(one, final.priority, _nearest(rows, one["file"]))
            for number, one in zip(numbers, final.counted, strict=True)
        ]
        others = [one for number, one in enumerate(made) if number not in numbers]
        return [*counted, *others, *old], not_read

    def _judge(self, rows: Sequence[Row], loc: Sequence[str], place: _Place) -> list[tuple[int, Definition]]:
        return Judgement(rows, place.levels, loc, place.depth, is_module=place.is_module).definitions()

    # -- elements of lists --------------------------------------------------------------------------------------

    def _rows_at(self, loc: Sequence[str], place: _Place) -> tuple[list[Row], list[Mapping[str, Any]]]:
        """What the modules hold at the path; of lists on the way, in the definition that has the element."""
        rows, not_read = self._rows(place)
        for depth in place.lists:
            chosen = self._definition_with(loc, depth, place.levels[depth].element or {})
            rows = [row for row in rows if row.begins > depth or row.definition_at(depth) == chosen]
        return rows, not_read

    def _definition_with(self, loc: Sequence[str], depth: int, element: Mapping[str, int]) -> tuple[object, ...] | None:
        """The definition that an element of the list at this depth is in, by `Row.definition_at`; None if unknown."""
        place = self._locate(loc[:depth])
        if place is None or not element:
            return None
        rows, _ = self._rows_at(loc[:depth], place)
        winners = [rows[number] for number, one in self._judge(rows, loc[:depth], place) if one.wins]
        found = len(winners) == element["among"]
        return winners[element["definition"]].definition_at(depth) if found else None

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
        last = extract.extract_options(self._evaluator, found["last"], flags)[0] if _is_within(found) else None
        names = ("depth", "levels", "type", "isModule", "ownModules")
        depth, levels, kind, is_module, own = (found[name].to_python() for name in names)
        return _Place(found, depth, list(map(_level, levels)), option, last, kind, is_module, own)

    def _rows(self, place: _Place) -> tuple[list[Row], list[Mapping[str, Any]]]:
        """What the modules hold at the path, and the modules that cannot be searched."""
        option = show_option(place.option["loc"])
        modules = self._defining.get(option, range(len(self._modules)))
        sources: list[_Source] = [*modules, *place.own, _DEFAULT]
        failing: Mapping[_Source, Any] = {}
        try:
            rows, not_read = self._rows_of(place, sources, {}), list[Mapping[str, Any]]()
        except EvaluationError:
            failing = self._failing(place, sources)
            rows, not_read = self._rows_with_care(place, sources, failing)
        found = {*failing, *(row.module for row in rows)}
        self._defining[option] = [module for module in modules if module in found]
        return rows, not_read

    def _rows_with_care(
        self, place: _Place, sources: Sequence[_Source], failing: Mapping[_Source, EvaluationError]
    ) -> tuple[list[Row], list[Mapping[str, Any]]]:
        """The same, where some fail: each costs itself alone, and no more of itself than must be."""
        careful = {source: self._care_for(place, source) for source in failing}
        readable = [source for source in sources if source not in failing or careful[source] is not None]
        not_read = [
            self._not_read(place, source, error, inactive=careful[source] is not None)
            for source, error in failing.items()
            if source != _DEFAULT and (careful[source] or _ACTIVE_ONLY)["activeOnly"]
        ]
        kept = {str(source): care for source, care in careful.items() if care is not None}
        return self._rows_of(place, readable, kept), not_read

    def _failing(self, place: _Place, sources: Sequence[_Source]) -> dict[_Source, EvaluationError]:
        """Those of the sources that cannot be followed as they are, by halves: few cannot."""
        error = self._failure(place, sources, {})
        if error is None or len(sources) == 1:
            self._suspects |= {sources[0]} if error else set()
            return {sources[0]: error} if error else {}
        # What fails on the way to one path mostly fails on the way to the next.
        known = [source for source in sources if source in self._suspects]
        if 0 < len(known) < len(sources):
            parts = [[source for source in sources if source not in known], *([one] for one in known)]
        else:
            half = len(sources) // 2
            parts = [list(sources[:half]), list(sources[half:])]
        return {source: error for part in parts for source, error in self._failing(place, part).items()}

    def _care_for(self, place: _Place, source: _Source) -> _Care | None:
        """With what care a source can be followed; None where with none.

        A default in a submodule may be of what is known of its instances alone: it is not looked at.
        """
        cares = _CARE if source != _DEFAULT else (_CARE[-2],)
        return next((care for care in cares if self._failure(place, [source], {str(source): care}) is None), None)

    def _not_read(self, place: _Place, source: _Source, error: EvaluationError, *, inactive: bool) -> Mapping[str, Any]:
        module = place.own[source] if isinstance(source, str) else self._modules[source]
        return {"file": module["file"], "message": error.message} | ({"inactive": True} if inactive else {})

    def _failure(
        self, place: _Place, sources: Sequence[_Source], careful: Mapping[str, _Care]
    ) -> EvaluationError | None:
        try:
            self._nix["rows"](place.value, list(sources), dict(careful))["described"].to_python()
        except EvaluationError as error:
            if error.kind == "interrupted":
                raise
            return error
        return None

    def _rows_of(self, place: _Place, sources: Sequence[_Source], careful: Mapping[str, _Care]) -> list[Row]:
        rows = self._nix["rows"](place.value, list(sources), dict(careful))
        described = rows["described"].to_python()
        values = iter(self._written(rows["values"]))
        outcomes = iter(self._written(rows["outcomes"]))
        return [_row(entry, values, outcomes) for entry in described]

    def _final(self, place: _Place) -> _Final:
        try:
            final = self._nix["final"](place.value)
            is_counted = final["isCounted"].to_python()
            values = final["values"]
            written = extract.extract_options(self._evaluator, values, extract.VALUES, None, self._describe_error)
        except EvaluationError as error:
            return _Final({"error": self._describe_error(error)})
        value, before = ([record.get("value") for record in written] + [None, None])[:2]
        first = without_probe({**written[0], "loc": place.option["loc"]}) if written else {}
        counted = [one for one in first.get("definitions", ()) if one["file"] != PROBE]
        priority = first.get("priority") if is_counted else None
        return _Final(first.get("value", value), before, counted, priority["number"] if priority else None)

    def _written(self, dressed: Value) -> list[extract.Record]:
        return extract.extract_options(self._evaluator, dressed, extract.VALUES)

    # -- renamed options --------------------------------------------------------------------------------------------

    def _unrenamed(
        self, loc: Sequence[str], place: _Place, rows: Sequence[Row], seen: frozenset[str]
    ) -> tuple[list[tuple[Row, Definition | None]], list[Definition]]:
        """The rows, those that a rename makes with what is written under the old name and at its
        place; and the definitions under old names that do not even count there.
        """
        all_renames = {**self._renames, **self._own_renames(loc, place)}
        renames = {module: rename for module, rename in all_renames.items() if rename.concerns(loc)}
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
    def _renames(self) -> dict[_Source | None, Rename]:
        """What the modules rename, by their number."""
        numbers = [number for number, module in enumerate(self._modules) if module["isInPlace"]]
        return _renames_in(numbers, self._nix["declared"])

    def _own_renames(self, loc: Sequence[str], place: _Place) -> dict[_Source | None, Rename]:
        """What the modules rename that submodules on the way are made of, by their names."""
        names = [name for name, module in place.own.items() if module["isInPlace"]]
        renames = _renames_in(names, self._nix["declaredOwn"](place.value)) if names else {}
        return {name: within(rename, loc[: place.own[str(name)]["depth"]]) for name, rename in renames.items()}

    def _definitions_of(self, path: Sequence[str], seen: frozenset[str]) -> list[Definition]:
        """The definitions of an old name but for its default, each with the name that it is written as."""
        name = show_option(path)
        place = None if name in seen else self._locate(path)
        if place is None:
            return []
        definitions, _ = self._definitions(path, place, seen | {name})
        written = [one for one in in_order(definitions) if not one.default]
        return [one._replace(written_as=one.written_as or name) for one in written]


def _is_within(found: Value) -> bool:
    """Whether a path leads to an option within a submodule."""
    return len(found["below"]) > 0 and found["last"].type == "set"


def _renames_in(modules: Sequence[_Source], declared_by: Value) -> dict[_Source | None, Rename]:
    """What each of the modules renames, by what it declares; those that rename nothing are left out."""
    try:
        declared = declared_by(list(modules)).to_python()
    except EvaluationError:
        declared = [_declared(module, declared_by) for module in modules]
    renames = {module: rename_of(options) for module, options in zip(modules, declared, strict=True)}
    return {module: rename for module, rename in renames.items() if rename}


def _declared(module: _Source, declared_by: Value) -> Sequence[Mapping[str, Any]]:
    try:
        declared: list[list[Mapping[str, Any]]] = declared_by([module]).to_python()
    except EvaluationError:  # an option that cannot be described is none that was renamed
        return []
    return declared[0]


def _with_origin(row: Row, written: Definition | None, definition: Definition) -> Definition:
    if written:
        return _as_written(definition, written)
    return definition._replace(imported_by=None) if definition.imported_by == _NO_FILE else definition


def _nearest(rows: Sequence[Row], file: str) -> Mapping[str, Any] | None:
    """The place of what leads furthest towards the path in a module's file, and counts: what it is made of."""
    ends = [row for row in rows if not row.reaches and row.file == file and row.position and row.active]
    return max(ends, key=lambda row: row.depth).position if ends else None


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


def _level(found: Mapping[str, Any]) -> Level:
    return Level(found["merges"], found["inModule"], found["isOption"], found["element"])


def _position(place: Mapping[str, Any] | None) -> Position | None:
    return Position(**place) if place else None


def _row(described: Mapping[str, Any], values: Iterator[extract.Record], outcomes: Iterator[extract.Record]) -> Row:
    """The row; of values there are those of rows that reach the path alone."""
    properties = [_property(property, outcomes) for property in described["properties"]]
    imports = {entry["depth"]: (entry["path"], entry["part"]) for entry in described["imports"]}
    row = Row(**{**described, "properties": properties, "imports": imports, "value": None})
    return row._replace(value=next(values).get("value")) if row.reaches else row


def _property(described: Mapping[str, Any], outcomes: Iterator[extract.Record]) -> Property:
    if described["kind"] != "if":
        return Property(**described, holds=None, error=None)
    value = next(outcomes)["value"]
    error = value.get("error")
    if error is None and not isinstance(value.get("json"), bool):
        error = {"kind": "type", "message": "it is no boolean"}
    return Property(**described, holds=None if error else value["json"], error=error)
