"""Which place of the user's own an error is about: its file, line and column.

Nix tells where an error arises, and how the evaluation came there: both mostly in nixpkgs' lib. The user's own place is
the innermost one on that way that lies in a file of the user's; else the definition that was being merged there, which
the module system names by its option and its file (nixpkgs, lib/modules.nix: addErrorContext, showDefs); else the
definition that fails alike when it is evaluated alone. Home Manager names a failed assertion by its message alone
(modules/default.nix). No place is told that none of these is sure of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeAlias

from hmeval.culprits import declarations, declared_options, find_culprit
from hmeval.definitions import DefinitionSearch
from hmeval.errors import EvaluationError, HmevalError, Position, TargetError, TraceFrame
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.flakes import fetched_input
from hmeval.options import extract
from hmeval.options.path import parse_option_path, show_option
from hmeval.own_files import OwnFiles
from hmeval.probe import NIX, Probed, probe
from hmeval.targets.target import Begin, Target

_FILE = re.compile(r"^\s*-? ?[Ii]n `(?P<file>/[^']+)'", re.MULTILINE)
# What lib.mkRemovedOptionModule asserts (nixpkgs, lib/modules.nix, lib/options.nix: showFiles).
_REMOVED = re.compile(r"^The option definition `(?P<option>.+)' in (?P<files>`.+') no longer has any effect")
_QUOTED_FILE = re.compile(r"`(?P<file>/[^']+)'")
# The contexts that the module system adds to a trace, and what its merging itself adds.
_DEFINITIONS = re.compile(r"^while evaluating definitions from `(?P<file>/.*)':?$")
_OPTION = re.compile(r"^while evaluating the option `(?P<option>.*)':?$")
_ARGUMENT = re.compile(
    r"""^while evaluating the module argument `(?P<name>[^']+)' in "(?P<file>/[^"]*?)(:anon-[\d:anon-]+)?":?$"""
)
_MERGED = "while evaluating the attribute 'mergedValue'"
_MISSING_FILE = re.compile(r"'(?P<path>/[^'\n]+)': No such file or directory|path '(?P<given>/[^'\n]+)' does not exist")

_DISABLING = re.compile(r"(?<![\w.'-])disabledModules(?![\w'-])")

_Found: TypeAlias = tuple[Position, str | None]


def blamed(evaluator: AnyEvaluator, target: Target, error: EvaluationError) -> EvaluationError:
    """An error of a target at the place of the definition that it is about, where that can be found."""

    def probed() -> Probed:
        return probe(evaluator, target, lambda: evaluator.eval(target.expression))

    own = OwnFiles(evaluator, target.begin, target.description)
    return Blame(evaluator, own, probed, lambda: DefinitionSearch(evaluator, probed())).place(error)


def placed_on_the_way(evaluator: AnyEvaluator, begin: Begin, error: EvaluationError) -> EvaluationError:
    """An error of a flake of which no configuration is known yet, at the user's own place that led to it."""

    def none() -> NoReturn:
        raise TargetError("no configuration is known yet")

    return Blame(evaluator, OwnFiles(evaluator, begin, {}), none, none).place(error)


class BrokenOptionError(EvaluationError):
    """An option is not declared as one can be: it is no option, or not of a type."""


class Blame:
    """Finds the definitions that errors are about, in one configuration.

    `own` knows the user's own files. `probed` gives its evaluation with the probe, `search` the search in that one's
    modules; they are called where they are needed, and may raise.
    """

    def __init__(
        self,
        evaluator: AnyEvaluator,
        own: OwnFiles,
        probed: Callable[[], Probed],
        search: Callable[[], DefinitionSearch],
    ) -> None:
        self._evaluator = evaluator
        self._own = own
        self._probed = probed
        self._search = search
        self._culprits: dict[tuple[str, str | None], _Found | None] = {}

    def place(self, error: EvaluationError, *, everywhere: bool = True) -> EvaluationError:
        """The same error at the user's own place that it is about, where that can be found.

        What no trace leads to is looked for in all of the user's modules, or else, which is quicker, nowhere.
        """
        try:
            found = self._find(error, everywhere)
            message = error.message + self.why_unknown(error)
        except (HmevalError, ValueError):
            # What helps to explain an error must not replace it.
            found = None
        if found is None:
            return error
        position, option = found
        before = () if position == error.position else (TraceFrame("found by the module system", error.position),)
        return EvaluationError(message, error.kind, position, (*before, *error.trace), option or error.option)

    def why_unknown(self, error: EvaluationError) -> str:
        """A sentence on the module that is disabled and would declare the unknown option that an error is about."""
        if not error.option or "' does not exist." not in error.message:
            return ""
        search = self._search()
        disabled = self._evaluator.eval_file(NIX / "disabled.nix")(
            {"arguments": search.arguments, "modules": search.read}
        )
        try:
            found = disabled["declaring"](parse_option_path(error.option)).to_python()
        except EvaluationError:
            return ""
        if not found:
            return ""
        file, by = found[0]["file"], found[0]["by"]
        place = self._own.mentioning(_DISABLING, by) if self._own.holds(by) else None
        return f"\n`disabledModules' at {place or by} takes away the module that declares it, {file}."

    def described(self, error: EvaluationError) -> dict[str, Any]:
        """An error of a record that is one of many, for output: {kind, message, position?}."""
        return extract.describe(self.place(error, everywhere=False))

    def part(self, error: EvaluationError) -> dict[str, Any]:
        """An error of a part of a value, for output. There may be hundreds: nothing is evaluated to place one."""
        steps = (error.position, *(frame.position for frame in error.trace))
        own = next((place for place in steps if place and self._own.holds(place.file)), None)
        placed = EvaluationError(error.message, error.kind, own or error.position, error.trace, error.option)
        return extract.describe(placed)

    def broken(self, loc: Sequence[str], error: EvaluationError) -> BrokenOptionError:
        """The error of an option that is no option, or not of a type, at its declaration."""
        name = show_option(loc)
        message = f"the option `{name}' is not declared as one can be: {error.message}"
        try:
            search = self._search()
            places = declarations(self._evaluator, search.arguments, search.read, loc)
        except (HmevalError, ValueError):
            places = []
        own = [place for place in places if self._own.holds(place.file)]
        return BrokenOptionError(message, error.kind, next(iter(own or places), None), error.trace, name)

    def declared(self) -> list[list[str]]:
        """The paths of the options that the user's own modules declare. Raises what the probe does."""
        search = self._search()
        return list(declared_options(self._evaluator, search.arguments, search.read, self._own.holds))

    def told(self, error: EvaluationError) -> dict[str, Any]:
        """An error of a record that was asked for, for output."""
        return extract.describe(self.place(error))

    def failed_assertions(self) -> list[EvaluationError]:
        """An error for each assertion that fails, at its place or at that of the removed option that it is about.

        Raises what the probe does.
        """
        failed = self._evaluator.eval_file(NIX / "failed-assertions.nix")
        return [self._assertion(entry) for entry in failed(self._probed().arguments["options"]).to_python()]

    def _find(self, error: EvaluationError, everywhere: bool) -> _Found | None:
        if error.message.startswith("Failed assertions:"):
            failed = (one for one in self.failed_assertions() if one.message.strip() in error.message)
            return next(((one.position, one.option) for one in failed if one.position), None)
        files = [match["file"] for match in _FILE.finditer(error.message)]
        named = self._definition(error.option, files) if error.option and files else None
        ways = (self._missing, self._input, self._on_the_way)
        found = named or next(filter(None, (way(error) for way in ways)), None)
        return found or self._alone(error, everywhere)

    def _on_the_way(self, error: EvaluationError) -> _Found | None:
        """The innermost place in a file of the user's, or definition that was being merged."""
        steps = (TraceFrame("", error.position), *error.trace)
        for number, frame in enumerate(steps):
            if frame.position and self._own.holds(frame.position.file):
                return frame.position, error.option or self._option_at(error, steps[number:])
            if (merging := _DEFINITIONS.match(frame.text)) and self._own.holds(merging["file"]):
                return self._merging(error, merging["file"], steps[number:])
        return self._argument(error)

    def _merging(self, error: EvaluationError, file: str, around: Sequence[TraceFrame]) -> _Found | None:
        """The definition in a file that was being merged."""
        option = _option_merged(around)
        found = self._only_definition(option, file) if option else None
        return found or self._alone(error, False, file)

    def _option_at(self, error: EvaluationError, around: Sequence[TraceFrame]) -> str | None:
        """The option that is defined where the steps of a trace begin."""
        merging = next((n for n, frame in enumerate(around) if _DEFINITIONS.match(frame.text)), None)
        if merging is None:
            return None
        option = _option_merged(around[merging:])
        file = _DEFINITIONS.match(around[merging].text)["file"]  # type: ignore[index]
        if option is None and self._own.holds(file) and (found := self._alone(error, False, file)):
            option = found[1]
        return option

    def _argument(self, error: EvaluationError) -> _Found | None:
        """Where a module of the user's asks for an argument that fails."""
        for frame in error.trace:
            asked = _ARGUMENT.match(frame.text)
            if asked and self._own.holds(asked["file"]):
                name = re.compile(rf"(?<![\w.'-]){re.escape(asked['name'])}(?![\w'-])")
                found = self._own.mentioning(name, asked["file"])
                return (found, error.option) if found else None
        return None

    def _missing(self, error: EvaluationError) -> _Found | None:
        """Where a file that is not there is named."""
        missing = _MISSING_FILE.search(error.message)
        found = self._own.naming(missing["path"] or missing["given"]) if missing else None
        return (found, error.option) if found else None

    def _input(self, error: EvaluationError) -> _Found | None:
        """Where an input of the flake is used that cannot be fetched."""
        if (fetched := fetched_input(error)) is None:
            return None
        name = re.escape(fetched.partition("/")[0])
        through = rf"{name}\.(?!url\b|inputs\b|follows\b|flake\b)[a-zA-Z]"
        declared = r"\s*=|\.(?:url|inputs|follows|flake|type)\b"
        used = re.compile(rf"(?<![\w.'-])(inputs\.{name}(?![\w'-]|{declared})|{through})")
        way = self._on_the_way(error)
        here = self._own.mentioning(used, way[0].file, way[0].line) if way else None
        found = here or self._own.mentioning(used)
        return (found, error.option) if found else way

    def _alone(self, error: EvaluationError, everywhere: bool, file: str | None = None) -> _Found | None:
        """The definition that fails alike when it is evaluated alone."""
        if file is None and not everywhere:
            return None
        asked = (error.message, file)
        if asked not in self._culprits:
            search = self._search()
            culprit = find_culprit(self._evaluator, search.arguments, search.read, error, self._own.holds, file)
            self._culprits[asked] = (culprit.position, culprit.path) if culprit else None
        return self._culprits[asked]

    def _assertion(self, entry: dict[str, Any]) -> EvaluationError:
        message = entry["message"].strip()
        removed = _REMOVED.match(message)
        if removed and (found := self._definition(removed["option"], _QUOTED_FILE.findall(removed["files"]))):
            return EvaluationError(message, "assertion", found[0], option=found[1])
        position = Position(**entry["position"]) if entry["position"] else None
        return EvaluationError(message, "assertion", position, option="assertions")

    def _definition(self, option: str, files: Sequence[str]) -> tuple[Position, str] | None:
        """The last definition in the files: where several fail, the user's own are merged, and named, last."""
        places = self._search().places(parse_option_path(option), files)
        return (places[-1], option) if places else None

    def _only_definition(self, option: str, file: str) -> _Found | None:
        """The definition of an option in a file, where that has one."""
        places = self._search().places(parse_option_path(option), [file])
        return (places[0], option) if len(set(places)) == 1 else None


def _option_merged(trace: Sequence[TraceFrame]) -> str | None:
    """The option whose definitions were being merged, where the trace begins with one of these.

    Values of a lazy type are evaluated after that, on behalf of other options.
    """
    merged = False
    for frame in trace[1:]:
        if _DEFINITIONS.match(frame.text):
            return None
        merged |= frame.text == _MERGED
        if option := _OPTION.match(frame.text):
            return option["option"] if merged else None
    return None
