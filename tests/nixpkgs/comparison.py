"""What hmeval and Nix say of the same configuration, asked for side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import hmeval
from hmeval.literals import string_literal
from hmeval.options.model import Option, OptionTree
from hmeval.options.path import parse_option_path

CAUGHT = ("throw", "assertion")
"""The kinds of errors that `builtins.tryEval` catches."""

STATE = {"is_defined": "isDefined", "priority": "highestPrio"}
"""What a record has of an option's state → the option's attribute."""

# Packages and whole systems whose values take half a minute and gigabytes each.
TOO_LARGE = ("system.build", "hardware.facter.debug.nvd", "hardware.facter.debug.nix-diff")


class Installation(NamedTuple):
    """A configuration, as hmeval and as Nix are asked for it."""

    name: str
    load: Mapping[str, Any]
    """The arguments of hmeval.load."""
    options: str
    """The Nix expression for its options."""
    derivations: Mapping[str, str]
    """Expressions within the configuration → the same in Nix."""
    prefix: tuple[str, ...] = ()
    """Where the options stand in those of the system."""
    instances: Mapping[str, str] = {}
    """Paths of submodules' instances → their options in Nix."""

    @property
    def prefix_text(self) -> str:
        """The same, before the name of an option."""
        return "".join(f"{name}." for name in self.prefix)


class Said(NamedTuple):
    """What hmeval says."""

    options: OptionTree
    """All of them, with their state."""
    full: list[tuple[Option, str]]
    """Those that are set, with values and definitions, those of instances too, and what they are in Nix."""
    derivations: dict[str, str]
    instances: dict[str, OptionTree]


def ask_hmeval(installation: Installation) -> Said:
    """hmeval's answers, from a process of their own."""
    with hmeval.load(**installation.load, cache="off", evaluator=hmeval.Worker()) as configuration:
        options = configuration.options_with_state(hidden=True)
        chosen = [option for option in options.values() if option.is_set and option.name not in TOO_LARGE]
        full = [(option, _below("options", option.loc)) for option in configuration.options_in_full(chosen)]
        instances = {path: configuration.instance(path) for path in installation.instances}
        derivations = {name: configuration.evaluate(name).to_python() for name in installation.derivations}
    for path, nix in installation.instances.items():
        depth = len(parse_option_path(path))
        full += [(one, _below(f"({nix})", one.loc[depth:])) for one in instances[path].values() if one.is_set]
    return Said(options, full, derivations, instances)


def errors_of(options: OptionTree) -> Iterator[tuple[Option, str, Mapping[str, Any]]]:
    """The fields that failed: of documentation and state."""
    for option in options.values():
        for field, error in option.errors.items():
            yield option, field, error


def questions(installation: Installation, said: Said) -> dict[str, str]:
    """What to ask Nix, so that each of hmeval's answers can be compared."""
    return {
        **dict(_about_all(installation, said)),
        **{f"derivation {name}": nix for name, nix in installation.derivations.items()},
        **{f"instance {path}": f"reference.states [ ] ({nix})" for path, nix in installation.instances.items()},
        **dict(question for option, named in said.full for question in _about(option, named)),
        **{
            f"defined {option.name}": f"{_below('options', option.loc)}.isDefined"
            for option in said.options.values()
            if option.is_defined
        },
        **{
            f"error {option.name} {field}": _field(installation, option, field)
            for option, field, _ in errors_of(said.options)
        },
    }


def scope(installation: Installation) -> dict[str, str]:
    """The names that the questions use."""
    return {
        "options": installation.options,
        "documents": 'lib.listToAttrs (map (one: lib.nameValuePair (lib.concatStringsSep "\\n" one.loc) one) '
        "(lib.optionAttrSetToDocList options))",
    }


def form(value: Mapping[str, Any] | None) -> str | None:
    """The function of reference.nix that shows a value as hmeval does; None for one that fails."""
    if value is None or "error" in value:
        return None
    if value.get("truncated"):
        return "names" if is_cut_early(value) else "truncated"
    if "package" in value:
        return "package" if "store_path" in value["package"] else "package_name"
    return "json" if "json" in value else "nix"


def without_errors(text: str) -> str:
    """Nix text with null in the place of the parts that failed."""
    return re.sub("«error: [^»]*»", "null", text)


def is_cut_early(value: Mapping[str, Any]) -> bool:
    """Whether the value was cut for what it takes, not for its size: there are names without values in it."""
    return re.search(r"^ +(?:\S+ = …;|…)$", value["nix"], re.MULTILINE) is not None


def _shown(value: Mapping[str, Any], shown: str, nix: str) -> str:
    """What to ask Nix for a value: the same parts are left out, and the same sets are named."""
    paths = [f"[ {' '.join(map(_step, one['path']))} ]" for one in value.get("failed", ())]
    whole = f"(reference.without [ {' '.join(paths)} ] {nix})" if paths else nix
    named = f"(reference.named {whole})" if is_named(value) else whole
    if shown == "truncated":
        return f"{{ nix = reference.beginning {len(without_errors(value['nix']).encode())} {named}; }}"
    return f"reference.show {string_literal(shown)} {named}"


def _step(step: str | int) -> str:
    return str(step) if isinstance(step, int) else string_literal(step)


def is_named(value: Mapping[str, Any]) -> bool:
    """Whether sets without end are named in it."""
    return any(f"«{name}" in value.get("nix", "") for name in ("nixpkgs'", "a flake»", "an evaluated", "an option»"))


def _about_all(installation: Installation, said: Said) -> Iterator[tuple[str, str]]:
    failed = [(option, field) for option, field, error in errors_of(said.options) if error["kind"] not in CAUGHT]
    uncaught = [(f"{installation.prefix_text}{option.name}", field) for option, field in failed]
    without = " ".join(f"{string_literal(f'{name} {field}')} = null;" for name, field in uncaught)
    stateless = " ".join(string_literal(name) for name, field in uncaught if field in STATE)
    yield "documents", f"reference.documents {{ {without} }} options"
    yield "states", f"reference.states [ {stateless} ] options"


def _about(option: Option, named: str) -> Iterator[tuple[str, str]]:
    shown = form(option.value)
    if shown:
        assert option.value is not None
        yield f"value {option.name}", _shown(option.value, shown, f"{named}.value")
        yield from _about_failures(option, named)
    else:
        yield f"value {option.name}", f'reference.show "nix" {named}.value'
        yield f"caught {option.name}", f"reference.isCaught {named}.value"
    values = [each["value"] for each in option.definitions]
    forms = [None if value.get("failed") or is_named(value) else form(value) for value in values]
    listed = " ".join("null" if each is None else string_literal(each) for each in forms)
    yield f"definitions {option.name}", f"reference.definitions [ {listed} ] {named}"
    for number, each in enumerate(forms):
        if each is None:
            one = f"(builtins.elemAt {named}.definitionsWithLocations {number}).value"
            yield f"definition {number} {option.name}", _shown(values[number], form(values[number]) or "nix", one)


def _about_failures(option: Option, named: str) -> Iterator[tuple[str, str]]:
    """Of each part that hmeval could not evaluate, whether Nix can."""
    for number, one in enumerate((option.value or {}).get("failed", ())):
        path = " ".join(map(_step, one["path"]))
        yield f"part {number} {option.name}", f'reference.show "nix" (reference.at [ {path} ] {named}.value)'


def _below(options: str, loc: Sequence[str]) -> str:
    return f"{options}.{'.'.join(map(string_literal, loc))}"


def _field(installation: Installation, option: Option, field: str) -> str:
    if field in STATE:
        return f"{_below('options', option.loc)}.{STATE[field]}"
    loc = "\n".join([*installation.prefix, *option.loc])
    return f"documents.{string_literal(loc)}.{field}".replace("\n", "\\n")
