"""The one place that puts target, evaluator and option tree together."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

from hmeval.blame import Blame, blamed
from hmeval.declared import Declared
from hmeval.definitions import DefinitionSearch
from hmeval.errors import EvaluationError, HmevalError, TargetError
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.evaluation.value import Value
from hmeval.every_definition import EveryDefinition, module_files
from hmeval.flakes import Trees, unfetched_input
from hmeval.kinds import Failed
from hmeval.options import extract
from hmeval.options.instances import Instances
from hmeval.options.model import Option, OptionTree, Record
from hmeval.options.path import is_placeholder, parse_option_path, show_option
from hmeval.options.why import Definition, Why
from hmeval.own_files import OwnFiles
from hmeval.positions import Position
from hmeval.probe import NIX, Probed, looked_into, probe, without_probe
from hmeval.recovery import failures, failures_around
from hmeval.resolution import Found, find_target
from hmeval.source_places import SourcePlaces
from hmeval.targets.request import Request
from hmeval.targets.target import SCOPE
from hmeval.unfetched import UnfetchedInputs
from hmeval.warned import place_of_warning, told_with_places

T = TypeVar("T")

Among: TypeAlias = Sequence[Sequence[str]] | None
"""The paths of the options of a list; None: of all."""

# Where lib.mkRemovedOptionModule's message says no more than that the option is gone.
_REMOVED = re.compile(r"^The option [`']\S+' can no longer be used since it's been removed\.\s*")


def open_configuration(
    request: Request,
    progress: extract.Progress | None = None,
    evaluator: AnyEvaluator | None = None,
    trees: Trees | None = None,
) -> EvaluatedConfiguration:
    """The configuration that is asked for, evaluated as far as it is used, whatever is kept of it (hmeval.loading).

    `progress` is told how many options have been read. `evaluator` is what evaluates, and ends with the configuration:
    an Evaluator of its own in this process, or a Worker, say. `trees` are known already (hmeval.flakes). Raises
    TargetError, EngineError, EvaluationError.
    """
    evaluator = evaluator or _evaluator_here()
    try:
        found = find_target(evaluator, request, trees)
        return EvaluatedConfiguration(evaluator, found, progress)
    except BaseException:
        evaluator.close()
        raise


def _evaluator_here() -> AnyEvaluator:
    from hmeval.evaluation.evaluator import Evaluator  # and with it the engine, which a worker's host does without

    return Evaluator()


class EvaluatedConfiguration:
    """One Home Manager configuration: its options, and values of expressions within it. Use it with `with`.

    Attributes:
        target: what is evaluated.
        host_names: what this machine is called, as far as that decided what is evaluated (hmeval.targets.host).
    """

    def __init__(self, evaluator: AnyEvaluator, found: Found, progress: extract.Progress | None = None) -> None:
        self.target = target = found.target
        self.host_names = found.host_names
        self._evaluator = evaluator
        self._unfetched = UnfetchedInputs(evaluator, found.called) if found.called else None
        # What was evaluated on the way to the target spares a first evaluation of its expression.
        self._evaluate_once = found.evaluate
        self._progress = progress
        self._places: SourcePlaces | None = None
        self._result: Value | None = None
        self._options: OptionTree | None = None
        self._all_options: OptionTree | None = None
        self._probe: Probed | None = None
        self._definitions: DefinitionSearch | None = None
        self._every: tuple[Value, Among, EveryDefinition] | None = None
        self._in_place: tuple[Value, DefinitionSearch] | None = None
        self._failures: list[EvaluationError] | None = None
        own = OwnFiles(evaluator, target.begin, target.description)
        self._blame = Blame(evaluator, own, self._probed, self._search)
        self._declared = Declared(self._options_value, self._blame)
        self._instances_of: Instances | None = None

    @property
    def options(self) -> OptionTree:
        """The options that are neither hidden nor internal, as they are documented. Raises EvaluationError."""
        if self._options is None:
            self._options = self._tree(0)
        return self._options

    @property
    def all_options(self) -> OptionTree:
        """All options, hidden and internal ones too, as they are documented. Raises EvaluationError."""
        if self._all_options is None:
            self._all_options = self._tree(extract.HIDDEN)
        return self._all_options

    def iterate(self, *, values: bool = False, hidden: bool = False) -> Iterator[Option]:
        """The same options as `options`, each as soon as it is read; with `values` all that is known of them.

        Raises EvaluationError.
        """
        fields = extract.VALUES | extract.DETAILS if values else 0
        return map(Option, self._records(fields | (extract.HIDDEN if hidden else 0), places=values))

    def options_with_state(self, *, values: bool = False, hidden: bool = False) -> OptionTree:
        """The options with `is_defined` and `priority`, and with `values` everything else that is known of them."""
        fields = extract.VALUES | extract.DETAILS if values else extract.STATE
        return self._tree(fields | (extract.HIDDEN if hidden else 0))

    def options_below(self, loc: Sequence[str], *, state: bool = False) -> OptionTree:
        """All options at and below a path, hidden ones too, as they are documented, and with `state` as they are set.

        Where the path leads through an option, those below that one. What is not on the path is not evaluated. Raises
        EvaluationError.
        """
        return OptionTree(self._records(extract.HIDDEN | (extract.STATE if state else 0), list(loc)))

    def option(self, name: str | Sequence[str], *, places: bool = True, among: Among = None) -> Option:
        """One option with its value, definitions and all else. Raises KeyError where there is none of this name.

        Definitions have their lines, and those are among them that lost, with `places`; without, which is quicker where
        there are many options to ask for, the files of those that count, and of packages the names alone. With `among`,
        the paths of a list that it is part of, their lines are those that one pass over the modules finds for all.

        A path may go through the names of real instances (`users.users.alice.shell`) and into values
        (`programs.git.settings.user.name`). Options below a placeholder (`<name>`, `*`) stand for any instance: they
        have no value and no definitions, but `instances`.
        """
        loc = parse_option_path(name) if isinstance(name, str) else list(name)
        try:
            depth, found = self.placed(lambda: self._declared.find(loc))
        except EvaluationError as error:
            if error.option == show_option(loc):
                return Option({"loc": loc, "name": error.option, "errors": {"option": extract.describe(error)}})
            raise
        if found is None:
            raise KeyError(show_option(loc))
        record = self._whole(found, alone=places) if depth == len(loc) else self._within(found, loc)
        if among and depth == len(loc) and (every := self._every_definition(among)):
            return Option(self._told(every.complete(record)))
        option = Option(self._told(record))
        return self.with_places(option) if places or among else option

    def with_places(self, option: Option) -> Option:
        """The option with the places of its definitions, and with those that lost, where they can be searched for."""
        record = option.record
        if not ("definitions" in record or "within" in record):
            return option
        with self._evaluator.muted():
            entries = [self._entry(record, definition) for definition in self._competing(option.loc)]
        return Option({**record, "definitions": entries}) if entries else option

    def instance(self, path: str | Sequence[str]) -> OptionTree:
        """The options of a real instance, hidden ones too: those below it, or the one, or the value, at the path.

        An empty tree where there is no such instance. Elements of a list are named by their place, from 0.
        """
        loc = parse_option_path(path) if isinstance(path, str) else list(path)
        if self.placed(lambda: self._declared.find(loc))[1] is None:
            return OptionTree()
        with self._evaluator.muted():
            instances = self._instances()
            records = self.placed(lambda: instances.below(loc))
            single = None if records else self.placed(lambda: instances.option(loc))
        return OptionTree(map(self._told, [single] if single else records))

    def why(self, name: str | Sequence[str]) -> Why:
        """Why a path has its value: every definition of it in the modules, those too that do not count.

        The path may go on below an option, into its values. A configuration that fails has answers as well. Raises
        KeyError where no option is at or above the path, EvaluationError.
        """
        loc = parse_option_path(name) if isinstance(name, str) else list(name)
        try:
            why = self.placed(lambda: self._search().why(loc))
        except EvaluationError as error:
            raise self._broken_on(loc) or error from None
        places = self._source_places()
        return places.why(why) if places else why

    def recover(self) -> list[EvaluationError]:
        """What is wrong with the configuration as a whole: nothing, or each unknown option, failed assertion, … once.

        The options can be had all the same from then on, also those of a configuration that fails. Raises
        EvaluationError where not even these can: a module that is no module, say.
        """
        if self._failures is None:
            try:
                self._evaluated()["options"]
                self._failures = []
            except EvaluationError as error:
                if error.kind == "interrupted":
                    raise
                self._failures = self._found_failures(self._at_definition(error))
                self._instances_of = None
        return self._failures

    def module_files(self) -> list[str]:
        """The files, and folders, that were imported as modules.

        One that is written in place, or imported before it is handed over, has none. Raises EvaluationError, and
        TargetError where the modules cannot be read again.
        """
        with self._evaluator.muted():
            files = self.placed(lambda: module_files(self._evaluator, self._readable()))
        places = self._source_places()
        return list(map(places.text, files)) if places else files

    def evaluate(self, expression: str) -> Value:
        """The value of a Nix expression that may use `config`, `options`, `pkgs` and `lib`. Raises EvaluationError."""
        # The expression begins on a line of its own, so that only the line of a position has to be put right.
        try:
            function = self._evaluator.eval(f"{SCOPE}\n{expression}", base=os.getcwd())
        except EvaluationError as error:
            raise error.one_line_up() from None
        return self.placed(lambda: function(self._evaluated()))

    def value_at(self, loc: Sequence[str]) -> Value:
        """The configuration's value at a path, as `option` takes it. Raises KeyError, EvaluationError."""
        try:
            found = self.placed(lambda: self._evaluated()["config"].at(loc) or self._instances().value(loc))
        except EvaluationError as error:
            raise self._broken_on(loc) or error from None
        if found is None:
            raise KeyError(".".join(loc))
        return found

    def placed(self, evaluate: Callable[[], T]) -> T:
        """What `evaluate` gives. An EvaluationError is raised at the definition that it is about, if that is known.

        Values are evaluated as they are asked for: for what is done with those of this configuration.
        """
        try:
            return evaluate()
        except EvaluationError as error:
            raise self._told_error(self._at_definition(error.one_line_up())) from None

    def shown(
        self, expression: str | None, loc: Sequence[str] | None, write: Callable[[Value], tuple[T, list[Failed]]]
    ) -> tuple[T, list[Failed]]:
        """What `write` makes of the value of an expression (`evaluate`), or else of the one at a path (`value_at`).

        That is a pair with the parts that failed, which are put at the definitions that they are about. Raises KeyError
        where there is nothing at the path, EvaluationError.
        """
        value = self.evaluate(expression) if expression is not None else self.value_at(loc or ())
        written, failed = self.placed(lambda: write(value))
        told: dict[str, EvaluationError] = {}
        for part in failed:
            error = part.error.one_line_up()
            if str(error) not in told:
                told[str(error)] = self._told_error(self._at_definition(error))
            part.error = told[str(error)]
        return written, failed

    def plan_inputs(self, specialisation: str | None = None) -> dict[str, Any]:
        """All that a plan depends on, as plain data (hmeval.plan_inputs). Raises EvaluationError, PlanError."""
        from hmeval.plan_inputs import read_plan_inputs  # few evaluations need it

        return self.placed(lambda: read_plan_inputs(self.evaluate, self._source_places(), specialisation))

    def plan_inputs_of_users(self) -> dict[str, Any]:
        """Of a system: {users: `plan_inputs` by user, backup}. Raises EvaluationError, PlanError."""
        from hmeval.plan_inputs import read_users_plan_inputs

        return self.placed(lambda: read_users_plan_inputs(self._evaluator, self._evaluated(), self._source_places()))

    def backup_settings(self) -> list[Any]:
        """How the system that a home is inside of puts aside what is in the way: the fields of a plan's Backup."""
        from hmeval.plan_inputs import read_backup_settings

        return self.placed(lambda: read_backup_settings(self._evaluator, self._evaluated()["host"]))

    def close(self) -> None:
        """End the evaluation; values of this configuration are gone then."""
        self._evaluator.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _evaluated(self) -> Value:
        if self._result is None or not self._evaluator._holds(self._result):
            evaluate, self._evaluate_once = self._evaluate_once, None
            with told_with_places(self._evaluator, lambda: self._result, self.place_of_warning):
                self._result = evaluate() if evaluate else self._evaluator.eval(self.target.expression)
        return self._result

    def place_of_warning(self, message: str) -> Position | None:
        """Where the definition is that a warning is about, else the one that has it; None where that is not sure."""
        try:
            with self._evaluator.muted():
                found = place_of_warning(message, self._evaluated()["options"], self._search_in_place())
        except (EvaluationError, TargetError, KeyError, ValueError) as error:
            if getattr(error, "kind", None) == "interrupted":
                raise
            return None
        places = self._source_places()
        return places.position(found) if found and places else found

    def _at_definition(self, error: EvaluationError) -> EvaluationError:
        """The error at the definition that it is about: one of the home, or of the system that it is inside."""
        with self._evaluator.muted():
            placed = self._blame.place(error)
            system = self.target.system
            if placed is error and system is not None:
                placed = blamed(self._evaluator, system, error)
        return unfetched_input(placed, None if placed is error else placed.position)

    def _found_failures(self, error: EvaluationError) -> list[EvaluationError]:
        try:
            with self._evaluator.muted():
                of_home = failures(error, self._probed(), self._search(), self._blame)
                found = failures_around(self._evaluator, self.target.system, error, of_home)
        except HmevalError:
            raise self._told_error(error) from None
        return [self._told_error(failure) for failure in found]

    def _options_value(self) -> Value:
        return self._probed().arguments["options"] if self._failures else self._evaluated()["options"]

    def _probed(self) -> Probed:
        if self._probe is None or not self._evaluator._holds(self._probe.result):
            self._definitions = None
            with self._evaluator.muted():
                self._probe = probe(self._evaluator, self.target, self._evaluated)
        return self._probe

    def _search(self) -> DefinitionSearch:
        probed = self._probed()
        if self._definitions is None:
            with self._evaluator.muted():
                self._definitions = DefinitionSearch(self._evaluator, probed, self._blame.told)
        return self._definitions

    def _search_in_place(self) -> DefinitionSearch:
        """As `_search`, in the configuration as it is, where it does not fail: the probe changes some values."""
        if self._failures:
            return self._search()
        result = self._evaluated()
        if self._in_place is None or self._in_place[0] is not result:
            self._in_place = result, DefinitionSearch(self._evaluator, looked_into(self._evaluator, result))
        return self._in_place[1]

    def _tree(self, flags: int) -> OptionTree:
        return OptionTree(self._records(flags))

    def _records(self, flags: int, below: Sequence[str] = (), *, places: bool = False) -> Iterator[extract.Record]:
        options = self.placed(self._options_value)
        if below:
            options = self._evaluator.eval_file(NIX / "options-below.nix")(list(below))(options)
        # A list reads defaults that nobody uses, old names of options, and what lost.
        with self._evaluator.muted():
            records = extract.iterate_options(
                self._evaluator, options, flags, self._progress, self._blame.described, self._blame.part
            )
            if self._failures and flags & extract.VALUES:
                records = map(without_probe, records)
            if places and (every := self._every_definition()):
                records = map(every.complete, records)
            yield from map(self._told, records) if flags & (extract.VALUES | extract.DETAILS) else records

    def _every_definition(self, among: Among = None) -> EveryDefinition | None:
        """What the modules write, read once; None where they cannot be read again."""
        try:
            with self._evaluator.muted():
                readable = self._readable()
                if self._every is None or self._every[0] is not readable.result or self._every[1] is not among:
                    self._every = readable.result, among, EveryDefinition(self._evaluator, readable, among)
        except (EvaluationError, TargetError) as error:
            if getattr(error, "kind", None) == "interrupted":
                raise
            return None
        return self._every[2]

    def _readable(self) -> Probed:
        """The configuration, so that its modules can be read again. Raises EvaluationError, TargetError."""
        return self._probed() if self._failures else looked_into(self._evaluator, self._evaluated())

    def _told(self, record: extract.Record) -> extract.Record:
        places = self._source_places()
        return places.record(record) if places else record

    def _source_places(self) -> SourcePlaces | None:
        if self._places is None and self.target.source is not None:
            self._places = SourcePlaces(*self.target.source)
        return self._places

    def _broken_on(self, loc: Sequence[str]) -> EvaluationError | None:
        with self._evaluator.muted():
            return (broken := self._declared.broken_on(loc)) and self._told_error(broken)

    def broken_options(self) -> list[EvaluationError]:
        """What is wrong with the options that the user's own modules declare."""
        with self._evaluator.muted():
            return list(map(self._told_error, self._declared.broken()))

    def _whole(self, option: Value, *, alone: bool) -> extract.Record:
        """All that is known of an option: one that is asked for alone is heard, and its errors are placed with care."""
        if alone:
            extract.hear_value(self._evaluator, option)
        flags = extract.VALUES | extract.DETAILS | extract.ALONE | (extract.FEW if alone else 0)
        with self._evaluator.muted():
            told = self._blame.told if alone else self._blame.described
            (record,) = extract.iterate_options(self._evaluator, option, flags, None, told, self._blame.part)
            return self._with_instances(record)

    def why_removed(self, option: Option) -> str:
        """What an option that is gone says when it is asked for, as lib.mkRemovedOptionModule has it; or ""."""
        if any(map(is_placeholder, option.loc)):
            return ""
        error = self.option(option.loc, places=False).errors.get("value", {})
        return _REMOVED.sub("", str(error.get("message", ""))).strip()

    def _competing(self, loc: Sequence[str]) -> Sequence[Definition]:
        """The definitions of an option that count, and the losers; none where the modules cannot be searched."""
        try:
            definitions = self._search_in_place().competing(loc)
        except (EvaluationError, TargetError, KeyError) as error:
            if getattr(error, "kind", None) == "interrupted":
                raise
            return ()
        places = self._source_places()
        return list(map(places.definition, definitions)) if places else definitions

    def _entry(self, record: Record, definition: Definition) -> dict[str, Any]:
        # What could not be placed is known to count, and nothing else of it.
        won = {"priority": record["priority"]} if definition.wins and record.get("priority") else {}
        return definition.entry() | won

    def _within(self, option: Value, loc: Sequence[str]) -> extract.Record:
        """What is at a path below an option: a sub-option as it is declared, one of an instance, or a value."""
        names_any = any(map(is_placeholder, loc))
        found = None if names_any else self.placed(lambda: self._instances().option(loc))
        if found is not None:
            return found
        for record in extract.extract_options(self._evaluator, option, extract.DETAILS | extract.HIDDEN):
            if record["loc"] == loc:
                return self._with_instances(record)
        # A real name may look like a placeholder: the block `*` of an ssh configuration.
        found = self.placed(lambda: self._instances().option(loc)) if names_any else None
        if found is None:
            raise KeyError(show_option(loc))
        return found

    def _with_instances(self, record: extract.Record) -> extract.Record:
        """The record with the paths of the real instances, where its type, or its path, has some."""
        loc = record.get("loc", ())
        if not record.get("type_info", {}).get("sub_options") and not any(map(is_placeholder, loc)):
            return record
        try:
            instances = self._instances().of(loc)
        except EvaluationError as error:
            record.setdefault("errors", {})["instances"] = self._blame.described(error)
            return record
        return record | {"instances": instances} if instances else record

    def _instances(self) -> Instances:
        if self._instances_of is None:
            lib = self._probed().arguments["lib"] if self._failures else self._evaluated()["pkgs"]["lib"]
            self._instances_of = Instances(self._evaluator, lib, self._options_value(), self._blame.described)
        return self._instances_of

    def _told_error(self, error: EvaluationError) -> EvaluationError:
        places = self._source_places()
        told = places.error(error) if places else error
        return self._unfetched.listed(told) if self._unfetched else told
