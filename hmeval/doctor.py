"""What is in use, where a target was looked for, and what is wrong: facts for the rules of hmeval.diagnosis."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hmeval.configuration import EvaluatedConfiguration
from hmeval.diagnosis.finding import ERROR, Finding, by_severity
from hmeval.diagnosis.home import broken_option, check_home, what_fails
from hmeval.diagnosis.inputs import Inputs, check_inputs
from hmeval.diagnosis.machine import check_backup_variables, check_features, check_two_installations
from hmeval.errors import EvaluationError, HmevalError, Position
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.evaluation.engine import engine
from hmeval.flakes import Called, inputs_of
from hmeval.literals import string_literal
from hmeval.resolution import Found, find_target, names_of
from hmeval.source_places import SourcePlaces
from hmeval.targets.discovery import looked_at
from hmeval.targets.host import HostNames
from hmeval.targets.lock import Attributes, InputPath, LockFile
from hmeval.targets.locking import Input
from hmeval.targets.names import DARWIN, HOME, NIXOS, system_name
from hmeval.targets.project import Project, find_project, with_project
from hmeval.targets.request import Request
from hmeval.targets.sources import HOME_MANAGER, NIXPKGS, Source, holds, sources
from hmeval.targets.system import LOOK_UP
from hmeval.trust import Trust

_SETTINGS = (
    "useGlobalPkgs",
    "useUserPackages",
    "backupFileExtension",
    "overwriteBackup",
    "enableLegacyProfileManagement",
)
# The facts that are paths below an input.
_EVALUATED = {"packages": NIXPKGS, "systemPackages": NIXPKGS, "homeManager": HOME_MANAGER}
_PACKAGES, _MODULES = "pkgs of Home Manager's modules", "Home Manager"
_NIX = Path(__file__).resolve().parent / "nix"


def report(request: Request, evaluator: AnyEvaluator) -> dict[str, Any]:
    """Everything that the doctor knows, as data; `evaluator` is what evaluates, and ends with it.

    `format_version`, `engine` (see `hmeval.engine`); `looked_at`: the places of discovery, where nothing was asked for;
    `project`: what hmeval.toml says, and whether it is `used`, or None; `target`, or None; `trust`: whether the editor
    may evaluate its folder, or None where it has none; `inputs`: the nixpkgs, Home Manager and nix-darwin of a flake,
    and which serves what; `settings`: of Home Manager's module in a system; `findings` (hmeval.diagnosis.finding), the
    worst first.

    What is wrong with the target is among the findings. Raises EngineError where there is no engine.
    """
    examination = _Examination(request)
    with evaluator:
        examination.run(evaluator)
    return {
        "format_version": "1",
        "engine": engine(),
        "project": examination.project,
        "looked_at": examination.looked_at,
        "target": examination.target,
        "trust": _trust(examination.target),
        "inputs": examination.inputs,
        "settings": examination.settings,
        "findings": [finding.to_json() for finding in by_severity(examination.findings)],
    }


def _trust(target: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the user has told the editor about the folder of a target (hmeval.trust)."""
    place = Path(target.get("file") or target.get("flake") or "") if target else None
    if place is None or not place.is_absolute():
        return None
    folder, trust = place.parent if place.is_file() else place, Trust()
    return {"folder": str(folder), "trusted": trust.allows(folder), "file": str(trust.file)}


def will_fail(report: Mapping[str, Any]) -> bool:
    """Whether a report has a finding of something that will fail."""
    return any(finding["severity"] == ERROR for finding in report["findings"])


class _Examination:
    """One run of the doctor: what it has found out so far."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.project: dict[str, Any] | None = None
        self.looked_at: list[dict[str, Any]] = []
        self.target: dict[str, Any] | None = None
        self.inputs: dict[str, Any] | None = None
        self.settings: dict[str, Any] = {}
        self.findings: list[Finding] = []

    def run(self, evaluator: AnyEvaluator) -> None:
        try:
            self._take_project()
            found = self._find(evaluator)
            if found is not None:
                _Installation(self, evaluator, found).examine()
        except HmevalError as error:
            self.findings.append(_failure(error))

    def _take_project(self) -> None:
        """Complete the request by the hmeval.toml that is found. Raises TargetError where that is wrong."""
        file = find_project(os.getcwd())
        if file is None:
            return
        self.project = {"file": file, "used": True}
        self.request = with_project(self.request)
        self.request.check()
        self.project = {**Project(file).describe(), "used": file in self.request.files}

    def _find(self, evaluator: AnyEvaluator) -> Found | None:
        if self.request.flake is not None or self.request.file is not None:
            found = find_target(evaluator, self.request)
        else:
            self.looked_at = [{"path": str(one.path), "why": one.why, "found": one.is_there} for one in looked_at()]
            if not any(one["found"] for one in self.looked_at):
                return None
            found = find_target(evaluator, self.request)
            taken = found.candidate and str(found.candidate.path)
            self.looked_at = [one | {"taken": True} if one["path"] == taken else one for one in self.looked_at]
        self.target = found.target.describe()
        return found


class _Installation:
    """One installation of Home Manager: the target that was found, and everything around it."""

    def __init__(self, examination: _Examination, evaluator: AnyEvaluator, found: Found) -> None:
        self._examination = examination
        self._evaluator = evaluator
        self._found = found
        self._configuration = EvaluatedConfiguration(evaluator, found)
        self._places = SourcePlaces(*found.target.source) if found.target.source else None
        self._user: str | None = found.target.description.get("user")

    def examine(self) -> None:
        """Gather the facts, and apply the rules; what ends one of them leaves the findings before it."""
        for finding in self._findings():
            self._examination.findings.append(self._told(finding))

    def _findings(self) -> Iterator[Finding]:
        with self._evaluator.muted():  # what the configuration warns of is among the findings
            facts = self._facts()
        self._examination.settings = {name: facts[name] for name in _SETTINGS if name in facts}
        yield from check_home(facts, self._locate, self._user, self._configuration.place_of_warning)
        yield from check_backup_variables(os.environ, self._user)
        if not any(finding.severity == ERROR for finding in self._examination.findings):
            yield from self._what_fails(facts)
        if self._found.called is not None:
            in_system = bool(self._user or self._found.target.description.get("system"))
            yield from check_features(os.environ, in_system=in_system)
            yield from self._check_inputs(self._found.called, facts)
            yield from self._check_others(self._found.called, bool(facts.get("enableLegacyProfileManagement")))

    def _facts(self) -> dict[str, Any]:
        """What hmeval/nix/installation.nix says, without the fields that fail: their errors come up by themselves."""
        arguments = {
            "home": self._configuration.evaluate("{ inherit config options pkgs; }"),
            "host": self._found.system["host"] if self._found.system and self._user else None,
            "user": self._user,
        }
        fields = self._evaluator.eval_file(_NIX / "installation.nix")(arguments)
        facts = {}
        for name in fields.attr_names():
            try:
                facts[name] = fields[name].to_python()
            except EvaluationError as error:
                if error.kind == "interrupted":
                    raise
        return facts

    def _what_fails(self, facts: dict[str, Any]) -> Iterator[Finding]:
        """What is wrong with the configuration as a whole, else with what activation needs."""
        for error in self._configuration.recover() or self._errors_of_activation():
            yield what_fails(error, facts, self._user)
        for error in self._configuration.broken_options():
            yield broken_option(error)

    def _errors_of_activation(self) -> Iterator[EvaluationError]:
        wanted = "config.assertions" if self._examination.request.system else "config.home.activationPackage.drvPath"
        try:
            self._configuration.evaluate(f"builtins.seq {wanted} true")
        except EvaluationError as error:
            yield error

    def _locate(self, loc: Sequence[str], module: str) -> Position | None:
        """Where a module, by its file, defines an option of the user."""
        try:
            definitions = self._configuration.why(loc).definitions
        except (HmevalError, KeyError):  # what helps to explain must not hide what is found
            return None
        file = self._places.text(module) if self._places else module
        placed = (one for one in definitions if file in (one.module, one.file) and one.file and one.line and one.column)
        return next((Position(str(one.file), int(one.line or 1), int(one.column or 1)) for one in placed), None)

    def _check_inputs(self, called: Called, facts: Mapping[str, Any]) -> Iterator[Finding]:
        replaced = self._examination.request.offline or self._examination.request.override_inputs
        lock = called.known if called.known.root.inputs or replaced else called.lock
        declared = inputs_of(self._evaluator, called)
        evaluated = self._serving(called, called.lock, declared, facts)
        if evaluated.inputs.lock.root.inputs:
            self._examination.inputs = evaluated.describe(called.replaced)
        if lock.root.inputs:
            locked = self._serving(called, lock, declared, facts)
            yield from check_inputs(locked.inputs, locked.home_manager, locked.packages)

    def _serving(
        self, called: Called, lock: LockFile, declared: Mapping[str, Input], facts: Mapping[str, Any]
    ) -> _Serving:
        store = str(facts.get("storeDirectory", "/nix/store"))
        known = {facts[name]: repository for name, repository in _EVALUATED.items() if facts.get(name)}
        inputs = Inputs(f"{called.top.folder}/flake.nix", declared, lock, sources(lock, known, store))
        return _Serving(inputs, facts, store)

    def _check_others(self, called: Called, keeps_profile: bool) -> Iterator[Finding]:
        user = self._user
        others = self._homes_of(called, user) if user else self._systems_with(called)
        yield from check_two_installations(os.environ, user, others, keeps_profile=keeps_profile)

    def _homes_of(self, called: Called, user: str) -> list[str]:
        """The homes of their own that the flake has for a user, by their names."""
        names = names_of(self._evaluator, called, HOME)
        return [f"{HOME}.{name}" for name in names if name.partition("@")[0] == user]

    def _systems_with(self, called: Called) -> list[str]:
        """The system of the flake for this machine, where it manages the same home as the target."""
        found = []
        for output in (NIXOS, DARWIN):
            name = system_name(output, HostNames())
            if name in names_of(self._evaluator, called, output):
                system = f"{called.expression}.{output}.{string_literal(name)}"
                found += self._managed_by(system, f"{output}.{name}")
        return found

    def _managed_by(self, host: str, shown: str) -> list[str]:
        try:
            user = self._configuration.evaluate("config.home.username").to_python()
            users = self._evaluator.eval(LOOK_UP.format(host=host))["users"].to_python() or []
        except EvaluationError:
            return []
        return [f"{shown} (home-manager.users.{user})"] if user in users else []

    def _told(self, finding: Finding) -> Finding:
        """The finding, with places in the flake's own folder."""
        if self._places is None:
            return finding
        places = tuple(self._places.position(place) for place in finding.places)
        return finding._replace(message=self._places.text(finding.message), places=places)


class _Serving:
    """Which input serves what: known by the store paths that were evaluated, else by the inputs' names."""

    def __init__(self, inputs: Inputs, facts: Mapping[str, Any], store: str) -> None:
        self.inputs = inputs
        self._store = store
        self._releases = {_PACKAGES: facts.get("nixpkgsRelease"), _MODULES: facts.get("homeManagerRelease")}
        self.packages = self._serves(NIXPKGS, facts.get("packages"))
        self.system = self._serves(NIXPKGS, facts.get("systemPackages"))
        self.home_manager = self._serves(HOME_MANAGER, facts.get("homeManager"))

    def describe(self, replaced: Mapping[InputPath, Attributes]) -> dict[str, Any]:
        """The inputs as plain data, each with what it serves; `replaced`: what took the place of some of them."""
        own = self.home_manager and self.inputs.find((*self.home_manager.path, NIXPKGS))
        parts = {
            "system": self.system,
            _PACKAGES: self.packages,
            _MODULES: self.home_manager,
            "Home Manager's flake": own,
        }
        described = [
            one.describe(replaced) | {"serves": [part for part, by in parts.items() if by and by.node is one.node]}
            for one in self.inputs.sources
        ]
        for one in described:
            # Unstable branches name no release; the modules and the packages know theirs.
            one["release"] = one["release"] or next(filter(None, map(self._releases.get, one["serves"])), None)
        return {"file": self.inputs.file, "sources": described}

    def _serves(self, repository: str, evaluated: str | None) -> Source | None:
        if evaluated is None:
            return None
        candidates = [one for one in self.inputs.sources if one.repository == repository]
        by_path = (one for one in candidates if holds(one.node, evaluated, self._store))
        # A replaced input, or one that is relative to another, is not at the path that the lock file tells.
        named = self.inputs.find((repository,))
        return next(by_path, named or next(iter(candidates), None))


def _failure(error: HmevalError) -> Finding:
    """What is wrong with the target as a whole."""
    if not isinstance(error, EvaluationError):
        return Finding("no-target", ERROR, str(error))
    return what_fails(error, {}, None)
