"""The one way to a configuration: what is kept of it where that still holds, an evaluation where it must be."""

from __future__ import annotations

import os

from hmeval.cache.kept import Kept
from hmeval.cache.key import identity, lookup_path
from hmeval.cache.shelf import Shelf
from hmeval.options.model import Option, OptionTree
from hmeval.targets.project import read_overrides, with_project
from hmeval.targets.request import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Any, Literal, Self, TypeAlias

    from hmeval.cache.fingerprint import Fingerprint
    from hmeval.cache.known_trees import KnownTrees
    from hmeval.configuration import EvaluatedConfiguration
    from hmeval.errors import EvaluationError
    from hmeval.evaluation.any_evaluator import AnyEvaluator
    from hmeval.options.model import Record
    from hmeval.options.why import Why
    from hmeval.plan.model import Plan

    AnyPath: TypeAlias = str | os.PathLike[str]
    Progress: TypeAlias = Callable[[int], None]
    Use: TypeAlias = Literal["use", "refresh", "off"]

_WITHOUT_PLACES, _AS_LISTED = "options in full", "options in full, as listed"
_FEW = 20
"""Of so many options the places of definitions are searched for one by one."""
_SOUND = "\0sound"  # no option's name: the part says of it that nothing is wrong with the configuration as a whole


def load(
    flake: AnyPath | None = None,
    file: AnyPath | None = None,
    *,
    home_manager: AnyPath | None = None,
    nixpkgs: AnyPath | None = None,
    offline: bool = False,
    override_inputs: Mapping[str, AnyPath] | AnyPath | None = None,
    write_lock_file: bool = False,
    user: str | None = None,
    system: bool = False,
    progress: Progress | None = None,
    evaluator: AnyEvaluator | Callable[[], AnyEvaluator] | None = None,
    cache: Use = "use",
    tell: Callable[[str], None] | None = None,
) -> Configuration:
    """A Home Manager configuration, evaluated as far as it is asked for and what is kept does not answer.

    Give `flake` (`REF` or `REF#NAME`, with `override_inputs` and `write_lock_file`) or `file` (with `home_manager` and
    `nixpkgs`, or `offline`), or neither, for what is found from the current folder upwards; `user` is whose home of a
    system, `system` asks for the system's own options. `override_inputs` is a mapping, or a TOML file with one. All
    mean what the flags of the command line do, and hmeval.toml counts as it does there. `progress` is
    told how many options have been read. `evaluator` is what evaluates, or makes it, and ends with the configuration:
    an Evaluator of its own in this process, or a Worker, say. `cache` says whether what is kept is used ("use"), is
    evaluated again and kept ("refresh"), or neither ("off"); `tell` is told why results cannot be kept.

    Raises TargetError for what cannot be meant or is not there. TargetError, EngineError and EvaluationError can also
    come later, once something has to be evaluated.
    """
    if isinstance(override_inputs, str | os.PathLike):
        override_inputs = read_overrides(override_inputs)
    request = Request(
        flake=None if flake is None else os.fspath(flake),
        file=file,
        home_manager=home_manager,
        nixpkgs=nixpkgs,
        offline=offline,
        override_inputs={name: os.fspath(place) for name, place in (override_inputs or {}).items()},
        write_lock_file=write_lock_file,
        user=user,
        system=system,
    )
    request.check()
    return load_request(with_project(request), progress=progress, evaluator=evaluator, cache=cache, tell=tell)


def load_request(
    request: Request,
    *,
    progress: Progress | None = None,
    evaluator: AnyEvaluator | Callable[[], AnyEvaluator] | None = None,
    cache: Use = "use",
    tell: Callable[[str], None] | None = None,
) -> Configuration:
    """The configuration of a request that is complete: no hmeval.toml counts. The rest is as for `load`."""
    request.check()
    is_kept = cache != "off" and not request.write_lock_file
    shelf = Shelf() if is_kept else None
    evaluated = _Evaluated(request, evaluator, progress, shelf, refresh=cache == "refresh")
    kept = Kept(
        shelf,
        identity(request, evaluator) if is_kept else (),
        evaluated.fingerprint,
        evaluated.describe,
        refresh=cache == "refresh",
        tell=tell,
    )
    if request.write_lock_file or (request.file is not None and not os.path.exists(request.file)):
        _ = evaluated.configuration  # which writes it, or says what is not there
    return Configuration(kept, evaluated)


class Configuration:
    """One Home Manager configuration. Use it with `with`.

    What it does not offer itself is that of EvaluatedConfiguration, and is evaluated each time.
    """

    def __init__(self, kept: Kept, evaluated: _Evaluated) -> None:
        self._kept = kept
        self._evaluated = evaluated

    @property
    def options(self) -> OptionTree:
        """The options that are neither hidden nor internal, as they are documented. Raises EvaluationError."""
        return self._kept.tree(_part(False), lambda: _records(self._configuration.iterate()))

    @property
    def all_options(self) -> OptionTree:
        """All options, hidden and internal ones too, as they are documented. Raises EvaluationError."""
        return self._kept.tree(_part(True), lambda: _records(self._configuration.iterate(hidden=True)))

    def last_known_options(self, *, values: bool = False, hidden: bool = False) -> OptionTree | None:
        """What `iterate` gave when it was kept last, however old; None where it never was."""
        return self._kept.last_known(_part(hidden, "values" if values else ""))

    def iterate(self, *, values: bool = False, hidden: bool = False) -> Iterator[Option]:
        """The same options as `options`, each as soon as it is read; with `values` all that is known of them.

        Raises EvaluationError.
        """
        part = _part(hidden, "values" if values else "")
        return self._kept.options(part, lambda: _records(self._configuration.iterate(values=values, hidden=hidden)))

    def options_with_state(self, *, values: bool = False, hidden: bool = False) -> OptionTree:
        """The options with `is_defined` and `priority`, and with `values` everything else that is known of them."""

        def read() -> Iterator[Record]:
            return _records(self._configuration.options_with_state(values=values, hidden=hidden).values())

        return self._kept.tree(_part(hidden, "values" if values else "state"), read)

    def options_below(self, loc: Sequence[str], *, state: bool = False) -> OptionTree:
        """All options at and below a path, hidden ones too, as they are documented, and with `state` as they are set.

        Where the path leads through an option, those below that one; where more is kept, all of it. Raises
        EvaluationError.
        """
        part = _part(True, "state" if state else "")

        def read() -> list[Record]:
            return list(_records(self._configuration.options_below(loc, state=state).values()))

        whole = self._kept.known_tree(part)
        return OptionTree(self._kept.document(f"{part} below", "\0".join(loc), read)) if whole is None else whole

    def option(self, name: str | Sequence[str], *, places: bool = True) -> Option:
        """One option with its value, definitions and all else. Raises KeyError where there is none of this name.

        Definitions have their lines, and those are among them that lost, with `places`; without, which is quicker where
        there are many options to ask for, the files of those that count.

        A path may go through the names of real instances (`users.users.alice.shell`) and into values
        (`programs.git.settings.user.name`). Options below a placeholder (`<name>`, `*`) stand for any instance: they
        have no value and no definitions, but `instances`.
        """
        from hmeval.options.path import parse_option_path

        loc = parse_option_path(name) if isinstance(name, str) else list(name)
        part = "option" if places else _WITHOUT_PLACES
        record = self._kept.document(part, "\0".join(loc), lambda: self._option_or_false(loc, places))
        if record is False:
            raise KeyError(name if isinstance(name, str) else ".".join(loc))
        return Option(record)

    def options_in_full(self, options: Sequence[Option], *, places: bool = False) -> Iterator[Option]:
        """Some of the options as `option` gives them without places, each as soon as it is there.

        With `places` those of a few are searched for one by one, and those of many in one pass over the modules, which
        finds less and is quicker. Those of instances are whole already, but for their places.
        """
        locs = {"\0".join(option.loc): option.loc for option in options if not option.type_info}
        part, among = _WITHOUT_PLACES, None
        few = places and len(options) <= _FEW
        if places:
            part, among = ("option", None) if few else (_AS_LISTED, list(locs.values()))
        full = self._kept.documents(part, list(locs), lambda name: self._option_or_false(locs[name], few, among))
        for option in options:
            if not option.type_info:
                yield Option(next(full))
            else:
                yield self.with_places(option) if places else option

    def with_places(self, option: Option) -> Option:
        """The option with the places of its definitions, and with those that lost, where they can be searched for."""
        name = repr((list(option.loc), sorted(option.record)))
        record = self._kept.document(
            "places", name, lambda: dict(self._configuration.with_places(option).record), alone=False
        )
        return Option(record)

    def instance(self, path: str | Sequence[str]) -> OptionTree:
        """The options of a real instance, hidden ones too: those below it, or the one, or the value, at the path.

        An empty tree where there is no such instance. Elements of a list are named by their place, from 0.
        """
        from hmeval.options.path import parse_option_path

        loc = parse_option_path(path) if isinstance(path, str) else list(path)

        def read() -> list[Record]:
            return list(_records(self._configuration.instance(loc).values()))

        return OptionTree(self._kept.document("instances", "\0".join(loc), read))

    def recover(self) -> list[EvaluationError]:
        """What is wrong with the configuration as a whole: nothing, or each unknown option, failed assertion, … once.

        The options can be had all the same from then on, also those of a configuration that fails, of which nothing is
        kept. Raises EvaluationError where not even these can: a module that is no module, say.
        """
        failures: list[EvaluationError] = []

        def sound() -> bool | None:
            failures.extend(self._configuration.recover())
            return None if failures else True

        self._kept.document("option", _SOUND, sound, alone=False)
        if failures:
            self._kept.stop()
        return failures

    def why(self, name: str | Sequence[str]) -> Why:
        """Why a path has its value: every definition of it in the modules, those too that do not count.

        The path may go on below an option, into its values. A configuration that fails has answers as well. Raises
        KeyError where no option is at or above the path, EvaluationError.
        """
        from hmeval.options.path import parse_option_path
        from hmeval.options.why import Definition, Why

        loc = parse_option_path(name) if isinstance(name, str) else list(name)
        document = self._kept.document("why", "\0".join(loc), lambda: _plain_why(self._configuration.why(loc)))
        why = Why(**document["why"])
        return why._replace(definitions=[Definition(*definition) for definition in why.definitions])

    def plan(
        self,
        home: AnyPath | None = None,
        from_: AnyPath = "current",
        *,
        specialisation: str | None = None,
        backup_extension: str = "",
        backup_command: str = "",
        overwrite_backup: bool = False,
        diff: bool = False,
    ) -> Plan:
        """What activation would do to `home` (by default the configuration's own), starting from a generation.

        `from_` is `current` (what was activated last), `none`, `previous`, a number that `home-manager generations`
        lists, or a generation's folder; the others mean what the flags of `hmeval plan` do. A home inside a system is
        backed up as that one says, unless told otherwise. Nothing is built, and nothing is written. Raises
        EvaluationError, and PlanError where the generation or the specialisation is not there. `hmeval.plan_to` plans
        for a generation that was built.
        """
        from hmeval.plan.model import Backup
        from hmeval.planning import plan_home

        inputs = self.plan_inputs(specialisation)
        backup = Backup(backup_extension, backup_command, overwrite_backup)
        if not backup_extension and not backup_command and "user" in self.describe():
            settings = self._kept.document("plan inputs", "backup", lambda: self._configuration.backup_settings())
            backup = Backup(*settings)
        return plan_home(inputs, backup, home, from_, diff=diff)

    def plans(self, from_: AnyPath = "current", *, diff: bool = False) -> dict[str, Plan]:
        """What activating a system would do to each home that it manages, by user; `from_` and `diff` as for `plan`.

        Homes are backed up as the system says. Of what it does beside its homes nothing is planned. Raises
        EvaluationError, and PlanError where it manages none, or a generation is not there.
        """
        from hmeval.plan.model import Backup
        from hmeval.planning import plan_home

        document = self._kept.document("plan inputs", "users", lambda: self._configuration.plan_inputs_of_users())
        backup = Backup(*document["backup"])
        return {
            user: plan_home(inputs, backup, None, from_, diff=diff, by_system=True)
            for user, inputs in document["users"].items()
        }

    def plan_inputs(self, specialisation: str | None = None) -> dict[str, Any]:
        """All that a plan depends on, as plain data (hmeval/nix/plan-inputs.nix). Raises as `plan` does."""
        inputs: dict[str, Any] = self._kept.document(
            "plan inputs", repr(specialisation), lambda: self._configuration.plan_inputs(specialisation)
        )
        return inputs

    def why_removed(self, option: Option) -> str:
        """What an option that is gone says when it is asked for, as lib.mkRemovedOptionModule has it; or ""."""
        name = "\0".join(option.loc)
        told: str = self._kept.document("removed", name, lambda: self._configuration.why_removed(option))
        return told

    def module_files(self) -> list[str]:
        """The files that were imported as modules, as EvaluatedConfiguration tells them, and raises."""
        files: list[str] = self._kept.document("modules", "files", lambda: self._configuration.module_files())
        return files

    def shown(self, expression: str | None, loc: Sequence[str] | None, *, json: bool) -> dict[str, Any]:
        """The value of an expression (`evaluate`), or else the one at a path (`value_at`): {text, failed}.

        That is Nix text or JSON, and {path, kind, message, position?} of each part that cannot be evaluated. Raises
        KeyError where there is nothing at the path, EvaluationError where the value itself fails.
        """
        name = repr((expression, None if loc is None else list(loc), json, os.getcwd()))
        document: dict[str, Any] = self._kept.document("values", name, lambda: self._shown(expression, loc, json))
        return document

    def document(self, format: str, write: Callable[[OptionTree], Any]) -> Any:
        """What `write` makes of `options`, kept as well: in a whole list, writing takes longer than reading."""
        return self._kept.document("documents", format, lambda: write(self.options))

    def describe(self) -> dict[str, Any]:
        """The target for output: `kind`, and what it was made from."""
        described: dict[str, Any] = self._kept.description() or self._evaluated.describe()
        return described

    def close(self) -> None:
        """Keep what is to be kept, and end the evaluation, if there is one; its values are gone then."""
        try:
            self._kept.close()
        finally:
            self._evaluated.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, KeyboardInterrupt):
            self._kept.stop()
        self.close()

    def __getattr__(self, name: str) -> Any:
        with self._kept.busy:
            evaluated = self._evaluated.configuration
        return getattr(evaluated, name)

    @property
    def _configuration(self) -> EvaluatedConfiguration:
        with self._kept.busy:
            return self._evaluated.configuration

    def _option_or_false(
        self, loc: Sequence[str], places: bool, among: Sequence[Sequence[str]] | None = None
    ) -> Record | bool:
        try:
            return self._configuration.option(loc, places=places, among=among).record
        except KeyError:
            return False

    def _shown(self, expression: str | None, loc: Sequence[str] | None, json: bool) -> dict[str, Any]:
        from hmeval.evaluation.value import Value
        from hmeval.render.json_text import json_text

        write: Any = Value.with_failures if json else Value.text_with_failures
        written, failed = self._configuration.shown(expression, loc, write)
        parts = [{"path": list(part.path), **part.error.record()} for part in failed]
        return {"text": json_text(written, indent=2) if json else written, "failed": parts}


class _Evaluated:
    """The configuration as it is evaluated, once it has to be."""

    def __init__(
        self,
        request: Request,
        evaluator: AnyEvaluator | Callable[[], AnyEvaluator] | None,
        progress: Progress | None,
        shelf: Shelf | None,
        *,
        refresh: bool,
    ) -> None:
        self._request = request
        self._shelf = shelf
        self._refresh = refresh
        self._trees: KnownTrees | None = None
        self._evaluator = evaluator
        self._progress = progress
        self._opened: EvaluatedConfiguration | None = None

    @property
    def configuration(self) -> EvaluatedConfiguration:
        if self._opened is None:
            from hmeval.cache.known_trees import KnownTrees
            from hmeval.cache.observation import Observation
            from hmeval.configuration import open_configuration

            self._observation = Observation()
            self._trees = None if self._shelf is None else KnownTrees(self._shelf, refresh=self._refresh)
            made = self._evaluator() if callable(self._evaluator) else self._evaluator
            self._opened = open_configuration(self._request, self._progress, made, self._trees)
            self._mark = self._opened._evaluator.eval("null")
        return self._opened

    def describe(self) -> dict[str, Any]:
        return self.configuration.target.describe()

    def fingerprint(self) -> Fingerprint:
        from hmeval.cache.observation import Uncacheable, what_is_missing

        evaluator = self.configuration._evaluator
        if not evaluator._holds(self._mark):
            raise Uncacheable("the process that evaluated ended, and with it what it knew of its inputs")
        inputs, store = evaluator.inputs(), evaluator.eval("builtins.storeDir").to_python()
        missing = what_is_missing(inputs[1])
        roots = self._roots(missing, told=inputs[1] is not None) if missing else ([], [])
        tables = {} if self._trees is None else self._trees.tables
        fingerprint = self._observation.fingerprint(
            inputs, roots, store, self.configuration.host_names, self._looked_at(), tables
        )
        if self._trees is not None:
            self._trees.keep_tables()
        return fingerprint

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
        elif self._evaluator is not None and not callable(self._evaluator):
            self._evaluator.close()

    def _looked_at(self) -> list[str]:
        """The files that decided what is evaluated, beside those that the evaluation reads."""
        flake, file = self._request.flake, self._request.file
        source = self.configuration.target.source
        copied = [source[0]] if source else []
        if file is not None:
            given = [file, self._request.home_manager, self._request.nixpkgs]
            return [*copied, *(os.path.abspath(place) for place in given if place is not None), *lookup_path()]
        from hmeval.targets.discovery import looked_at
        from hmeval.targets.flake import local_place

        places = [] if flake is not None else [str(candidate.path) for candidate in looked_at()]
        references = (flake or ".", self._flake() or ".", *self._request.override_inputs.values())
        for place in set(map(local_place, references)):
            folder = os.path.realpath(place)
            while folder != os.path.dirname(folder):
                places += [os.path.join(folder, name) for name in ("flake.nix", ".git", ".git/shallow")]
                folder = os.path.dirname(folder)
        return [*copied, *places, *map(local_place, references)]

    def _roots(self, missing: str, *, told: bool) -> tuple[list[str], list[str]]:
        """The folders that the evaluation reads, and the Git work trees, for where not everything is traced.

        Why not is for the user to be told where it is in the configuration, and not in the engine alone.
        """
        from hmeval.cache.observation import Uncacheable

        flake = self._flake()
        if flake is None:
            raise Uncacheable(missing, lasts=told)
        from hmeval.flakes import local_sources

        return local_sources(flake, self._request.override_inputs)

    def _flake(self) -> str | None:
        """The flake that was given, or found; None where it is none, or lies in a folder that no reference can name."""
        if self._request.flake is not None:
            return str(self._request.flake)
        found: str | None = self.describe().get("flake")
        return None if found is None or "#" in found else found


def _plain_why(why: Why) -> dict[str, Any]:
    """The answer as plain data; its value where `Kept` looks for failures."""
    fields = why._asdict() | {"definitions": [tuple(one) for one in why.definitions]}
    return {"why": fields, "value": why.value}


def _part(hidden: bool, fields: str = "") -> str:
    return f"{'all options' if hidden else 'options'}{' with ' if fields else ''}{fields}"


def _records(options: Any) -> Iterator[Record]:
    return (option.record for option in options)
