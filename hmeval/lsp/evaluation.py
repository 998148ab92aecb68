"""The options of a target, evaluated in a process of their own: never in the server's."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from hmeval import Configuration, Option, Policy, Worker
from hmeval.errors import EvaluationError, HmevalError, Position, TargetError
from hmeval.loading import load_request
from hmeval.lsp.index import OptionIndex, removal
from hmeval.lsp.names import Names, instance_names, package_names
from hmeval.lsp.option_path import read_whole
from hmeval.lsp.syntax import Syntax
from hmeval.lsp.target import ChosenTarget
from hmeval.options.values import failures

# How Nix calls a place in a text that is no file, in its messages.
_PLACE_IN_TEXT = re.compile(r"(?:\(string\)|«string»):(\d+):(\d+)")

_MOST_FAILED, _MOST_SEARCHED, _MOST_FILES = 5, 20, 1000

BUILT_IN_HOME = Path(__file__).resolve().parent / "built-in" / "home.nix"


@dataclass(frozen=True)
class OptionSet:
    """The options of a configuration at one time.

    Attributes:
        index: all of them.
        told: where they are from, for the user.
        is_built_in: whether they are those of the stand-in, which has few of Home Manager's, and nobody's values.
        failures: what is wrong with the configuration as a whole.
        packages: the names in its pkgs; modules: the files that were imported as its modules.
    """

    index: OptionIndex
    told: str
    is_built_in: bool = False
    failures: Sequence[EvaluationError] = ()
    packages: Names = field(default_factory=Names)
    modules: Sequence[str] = ()

    @cached_property
    def files(self) -> set[Path]:
        """The files that define something in it."""
        options = (entry.option for entry in self.index.ordered)
        names = {str(one["file"]) for option in options if option and option.is_set for one in option.definitions}
        return {Path(name) for name in names if name.startswith("/")}


class Limits(NamedTuple):
    """What one evaluation may take: seconds, and bytes."""

    timeout: float
    memory: int


DEFAULT_LIMITS = Limits(120.0, 4 * 2**30)
NO_OPTIONS = OptionSet(OptionIndex(()), "no option set", is_built_in=True)


def built_in_target() -> ChosenTarget:
    """The stand-in's options, which need no trust: their code is hmeval's own."""
    return ChosenTarget(BUILT_IN_HOME.parent, file=str(BUILT_IN_HOME), offline=True)


def worker_for(target: ChosenTarget, limits: Limits) -> Worker:
    """What a target is evaluated in: a process of its own, started once something has to be evaluated.

    A file is evaluated under restricted evaluation: what can be read is its folder and its library. Flakes have no such
    thing: there building, plugins, native code and the user's Nix configuration are off, but files can be read.
    """
    timeout, memory = limits
    if target.flake:
        return Worker(policy=Policy(restricted=False, network=True), timeout=timeout, memory=memory, late=True)
    named = _lookup_path() if not target.offline else []
    roots = [folder for folder in (str(target.folder), target.home_manager, target.nixpkgs) if folder]
    policy = Policy(roots=[root for root in roots if os.path.exists(root)])
    return Worker(lookup_path=named, policy=policy, timeout=timeout, memory=memory, late=True)


def last_known(target: ChosenTarget, worker: Worker) -> OptionSet | None:
    """The target's options as they were when they were kept last; None where they never were. Evaluates nothing."""
    try:
        with load_request(target.request(), evaluator=worker) as configuration:
            known = configuration.last_known_options(values=True, hidden=True)
    except HmevalError:
        return None
    return None if known is None else OptionSet(OptionIndex(known.values()), str(target), _is_built_in(target))


def evaluate(target: ChosenTarget, worker: Worker, tell: Callable[[str], None]) -> OptionSet:
    """The target's options; `tell` is told what is being done. The worker ends with it: what it gave when it `crashed`
    is not to be relied on.

    Raises TargetError, EngineError, EvaluationError.
    """
    request, progress = target.request(), lambda count: tell(f"{count} options")
    with load_request(request, evaluator=worker, progress=progress) as configuration:
        tell("fetching inputs, evaluating modules" if target.flake else "evaluating modules")
        failures = configuration.recover()
        index = OptionIndex(configuration.iterate(values=True, hidden=True))
        index.name_instances(instance_names(configuration, index))
        packages, modules = package_names(configuration), _modules(configuration)
        options = OptionSet(index, str(target), _is_built_in(target), failures, packages, modules)
        tell("looking for values that fail")
        failed = [] if options.is_built_in else [*_failed_values(configuration, options, target.folder)]
    told = replace(options, failures=(*failures, *failed))
    _ = told.files  # unpacks all options, which the server's own thread has no time for
    return told


def _is_built_in(target: ChosenTarget) -> bool:
    return target.file == str(BUILT_IN_HOME)


def _modules(configuration: Configuration) -> Sequence[str]:
    """The files that were imported as modules; none where they cannot be told."""
    try:
        return configuration.module_files()
    except (EvaluationError, TargetError):
        return ()


def _failed_values(configuration: Configuration, options: OptionSet, folder: Path) -> Iterator[EvaluationError]:
    """The values that cannot be evaluated, each message once, at the definition that it is about.

    Only what files in the target's folder define is looked at: a default that fails is none of the user's faults. Nor
    is what fails elsewhere: that is what the option's hover says.
    """
    failing: dict[str, list[Option]] = {}
    for path in sorted(_written(islice(folder.rglob("*.nix"), _MOST_FILES))):
        option = options.index.option(path)
        if option is not None and not removal(option):
            for message in dict.fromkeys(str(error["message"]) for error in failures(option.value)):
                failing.setdefault(message, []).append(option)
    for message, candidates in [*failing.items()][:_MOST_FAILED]:
        places = (_at_definition(configuration, option, message) for option in candidates[:_MOST_SEARCHED])
        found = next(filter(None, places), _error(candidates[0], _with_message(candidates[0].value, message)))
        if found.position and Path(found.position.file).is_relative_to(folder):
            yield found


def _written(files: Iterable[Path]) -> set[tuple[str, ...]]:
    """The paths that files define."""
    found: set[tuple[str, ...]] = set()
    for file in files:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            found |= {one.path for one in read_whole(Syntax(file.read_text())).found}
    return found


def _at_definition(configuration: Configuration, option: Option, message: str) -> EvaluationError | None:
    """The error of the option's own definition; None where it only comes by way of other options."""
    try:
        definitions = configuration.why(option.loc).definitions
    except (EvaluationError, KeyError):
        return None
    for one in definitions:
        error = _with_message(one.value, message)
        where = (error.get("position") or {}).get("file")
        if error and where == one.file and one.exact:
            return _error(option, error)
    return None


def _with_message(value: Mapping[str, Any] | None, message: str) -> Mapping[str, Any]:
    """The failure of a value, or of a part of it, that says this; nothing where there is none."""
    return next((error for error in failures(value) if error["message"] == message), {})


def _error(option: Option, told: Mapping[str, Any]) -> EvaluationError:
    position = Position(**told["position"]) if told.get("position") else None
    return EvaluationError(str(told["message"]), str(told.get("kind", "other")), position, option=option.name)


def syntax_error(text: str, worker: Worker) -> EvaluationError | None:
    """What Nix's parser has against a text, if anything; nothing of the text is evaluated.

    The text stands in the body of a function that nobody calls. The error's position counts the text's own lines.
    """
    text = text.replace("\0", "\1")  # an expression for Nix holds no NUL; this is no token of it either
    try:
        worker.eval(f"_:\n{text}", base="/")
    except EvaluationError as error:
        place = error.position
        if error.kind not in ("syntax", "undefined-variable") or place is None:
            return None
        message = _PLACE_IN_TEXT.sub(lambda found: f"{int(found[1]) - 1}:{found[2]}", error.message)
        return EvaluationError(message, error.kind, place._replace(line=max(1, place.line - 1)))
    return None


def _lookup_path() -> list[str]:
    """The entries of $NIX_PATH that are folders: a policy does not let Nix look at it by itself."""
    entries = os.environ.get("NIX_PATH", "").split(":")
    return [entry for entry in entries if os.path.exists(entry.partition("=")[2])]
