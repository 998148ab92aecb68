"""From what was asked for to a target: where names, or users, have to be looked up, with an evaluator."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hmeval.blame import blamed, placed_on_the_way
from hmeval.errors import EvaluationError, TargetError
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.evaluation.value import Value
from hmeval.flakes import Called, Trees, open_flake, unfetched_input
from hmeval.source_places import SourcePlaces
from hmeval.targets.discovery import Candidate, discover, looked_at
from hmeval.targets.flake import FlakeReference
from hmeval.targets.home_file import home_file_target
from hmeval.targets.host import HostNames
from hmeval.targets.locking import NoSuchInput
from hmeval.targets.names import OUTPUTS, Chosen, NoConfigurations, NoSuchConfiguration, choose, choose_user
from hmeval.targets.nixos_file import is_nixos_file, nixos_file_host
from hmeval.targets.request import Request, UnfitRequest
from hmeval.targets.system import LOOK_UP, USER_OF, system_target, user_target
from hmeval.targets.target import Begin, Target
from hmeval.unfetched import UnfetchedInputs

_SECONDS_FOR_USERS = 10.0
"""How long the systems of a flake may be evaluated for a list of their users."""


class Found(NamedTuple):
    """A target that was found.

    Attributes:
        target: what to evaluate.
        evaluate: gives its value where something was evaluated on the way to it, once; else None.
        called: the flake that it is of, or None.
        system: for a user inside a system, that system, evaluated: a set with `host` and `users`; else None.
        candidate: where it was discovered, when nothing was given; else None.
        host_names: what this machine is called, as far as that decided what is meant (hmeval.targets.host).
    """

    target: Target
    evaluate: Callable[[], Value] | None = None
    called: Called | None = None
    system: Value | None = None
    candidate: Candidate | None = None
    host_names: Mapping[str, str] = {}


def find_target(evaluator: AnyEvaluator, request: Request, trees: Trees | None = None) -> Found:
    """The target that was asked for; `trees` are known already. Raises TargetError, EvaluationError."""
    request.check()
    if request.flake is not None:
        return _of_flake(evaluator, request, trees)
    if request.file is None:
        return _discovered(evaluator, request, trees)
    if request.user or request.system or is_nixos_file(request.file):
        host, description = nixos_file_host(request.file, request.nixpkgs, offline=request.offline)
        begin = Begin(description["file"])
        return _of_system(evaluator, request, host, None, description, begin)
    target = home_file_target(request.file, request.home_manager, request.nixpkgs, offline=request.offline)
    return Found(target.begun_at(Begin(target.description["file"])))


def _discovered(evaluator: AnyEvaluator, request: Request, trees: Trees | None) -> Found:
    """What is at the first place that has configurations: a flake that is about something else has none."""
    passed = []
    for candidate in discover(wants_system=bool(request.user or request.system)):
        if candidate.flake and {"#", "?"} & set(candidate.flake):
            raise TargetError(f"no flake reference can name {candidate.flake}: give the folder a name without # and ?")
        try:
            found = find_target(evaluator, request.replace(flake=candidate.flake, file=candidate.file), trees)
            return found._replace(candidate=candidate)
        except NoSuchConfiguration as error:
            raise NoSuchConfiguration(f"{error}{_files_beside(candidate)}") from None
        except UnfitRequest as error:
            raise UnfitRequest(f"{candidate.flag} is what was found: {error}") from None
        except NoConfigurations as error:
            passed.append(str(error))
    seen = "".join(f"\n  {each}" for each in passed)
    raise TargetError(
        f"nothing to evaluate was found (hmeval doctor tells where it was looked for): give --flake REF[#NAME] or "
        f"--file home.nix{seen}"
    )


def _files_beside(candidate: Candidate) -> str:
    """The files below a flake, which has not what is meant, that could be configurations of their own."""
    tree = candidate.path.parent
    files = [one for one in looked_at() if one.file and tree in one.path.parent.parents]
    return "".join(f"\n  {one.flag}" for one in files)


def _of_flake(evaluator: AnyEvaluator, request: Request, trees: Trees | None) -> Found:
    assert request.flake is not None
    reference = FlakeReference(request.flake, request.override_inputs, offline=request.offline)
    try:
        called = open_flake(evaluator, reference, write_lock_file=request.write_lock_file, trees=trees)
    except NoSuchInput as error:
        read = f" (overrides were read from {', '.join(request.files)}, too)" if request.files else ""
        raise NoSuchInput(f"{error}{read}") from None
    try:
        return _chosen(evaluator, request, reference, called)
    except EvaluationError as error:
        raise UnfetchedInputs(evaluator, called).listed(error) from None


def _chosen(evaluator: AnyEvaluator, request: Request, reference: FlakeReference, called: Called) -> Found:
    """The configuration of a flake that is meant."""
    source = reference.source(called.top)
    begin = Begin(f"{called.top.folder}/flake.nix", called.top.tree.path)

    def names(output: str) -> Sequence[str]:
        try:
            return names_of(evaluator, called, output)
        except EvaluationError as error:
            raise _error_told(placed_on_the_way(evaluator, begin, error), source) from None

    wanted = reference.wanted._replace(user=request.user, system=request.system)
    host_names = HostNames()
    chosen = choose(wanted, names, reference.shown, host_names, _Users(evaluator, called, reference).of)
    if chosen.is_home:
        _check_is_home(chosen, request)
        target = reference.target(chosen, called.function, called.top).begun_at(begin)
        return Found(target, called=called, host_names=host_names.told)
    host = reference.host(chosen, called.expression)
    description = reference.describe(chosen)
    found = _of_system(evaluator, request, host, source, description, begin)
    return found._replace(called=called, host_names=host_names.told)


def names_of(evaluator: AnyEvaluator, called: Called, output: str) -> Sequence[str]:
    """The names below an output of a flake. Raises EvaluationError where it fails, or is no set."""
    if output not in OUTPUTS:
        below: Sequence[str] = evaluator.eval(f"builtins.attrNames ({called.expression}.{output} or {{ }})").to_python()
        return below
    flake = evaluator.eval(called.expression)
    try:
        configurations = flake.get(output)
    except EvaluationError as error:
        place = error.position or flake.position(output)
        raise EvaluationError(error.message, error.kind, place, error.trace, error.option) from None
    if configurations is None:
        return []
    if configurations.type != "set":
        message = f"{output} is a {configurations.type}; a set of configurations, by name, is expected"
        raise EvaluationError(message, "type", flake.position(output))
    names: Sequence[str] = configurations.attr_names()
    return names


class _Users:
    """The users of systems, evaluated for a list of candidates: one after the other, for some seconds at the most."""

    def __init__(self, evaluator: AnyEvaluator, called: Called, reference: FlakeReference) -> None:
        self._evaluator = evaluator
        self._called = called
        self._reference = reference
        self._until: float | None = None

    def of(self, system: Chosen) -> Sequence[str]:
        """Those of one; none where it fails, or is not asked any more."""
        self._until = self._until or time.monotonic() + _SECONDS_FOR_USERS
        if time.monotonic() > self._until:
            return ()
        host = self._reference.host(system, self._called.expression)
        try:
            return self._evaluator.eval(LOOK_UP.format(host=host))["users"].to_python() or ()
        except EvaluationError as error:
            if error.kind == "interrupted":
                raise
            return ()


def _check_is_home(chosen: Chosen, request: Request) -> None:
    if request.user or request.system:
        flag = "--system" if request.system else "--user"
        raise TargetError(f"{chosen.output}.{chosen.name} is a home of its own: {flag} goes with that of a system")


def _of_system(
    evaluator: AnyEvaluator,
    request: Request,
    host: str,
    source: tuple[str, Path] | None,
    description: dict[str, Any],
    begin: Begin,
) -> Found:
    system = system_target(host, source, description).begun_at(begin)
    if request.system:
        return Found(system)
    looked_up = evaluator.eval(LOOK_UP.format(host=host))
    user = choose_user(request.user, _users(evaluator, looked_up, request.user, system), _shown(description))
    target = user_target(host, user, source, description).begun_at(begin)
    return Found(target, lambda: evaluator.eval(USER_OF)(looked_up["host"])(user), system=looked_up)


def _users(evaluator: AnyEvaluator, looked_up: Value, wanted: str | None, system: Target) -> Sequence[str] | None:
    """The users whose homes the system manages; of a system that fails, the one who is wanted."""
    try:
        users: Sequence[str] | None = looked_up["users"].to_python()
    except EvaluationError as error:
        if wanted is None:
            raise _error_told(blamed(evaluator, system, error), system.source) from None
        users = [wanted]
    return users


def _shown(description: dict[str, Any]) -> str:
    return str(description.get("file") or f"{description['flake']}#{description['name']}")


def _error_told(error: EvaluationError, source: tuple[str, Path] | None) -> EvaluationError:
    told = unfetched_input(error, error.position)
    return SourcePlaces(*source).error(told) if source else told
