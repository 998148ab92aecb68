"""`why` for the set options of a NixOS with homes in it, those of submodules' instances too, beside what Nix says.

Which paths there are, whose definitions count at each, in what order, and with which priority, is what the module
system keeps of its own evaluation (reference.nix: `instances`). None of hmeval's Nix is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import hmeval
from hmeval.literals import string_literal
from hmeval.options.why import Definition, Why
from tests.nixpkgs.conftest import hosts
from tests.nixpkgs.reference import Failed, Part, ask

pytestmark = pytest.mark.nixpkgs

Found = Mapping[str, Any]

# Names of instances, and places in lists, in the expressions of reference.nix.
_INSTANCE = re.compile(r'\.attrs\."(?:[^"\\]|\\.)*"| \d+\)')
# What holds values that cannot be evaluated, and that nixpkgs cannot catch: all that is below is left out.
UNCAUGHT = {"security.pam.services", "specialisation", "virtualisation.vmVariant"}


def asked_about(options: Sequence[Sequence[str]]) -> dict[str, str]:
    """What to ask Nix about each of these options, by its name."""
    questions = {}
    for loc in options:
        names = " ".join(map(string_literal, loc))
        option = f"host.options.{'.'.join(map(string_literal, loc))}"
        questions[".".join(loc)] = f"reference.instances [ {names} ] {string_literal(option)} ({option})"
    return questions


def chosen(found: Sequence[Found]) -> Iterator[Found]:
    """All that are no instance's, and of instances the first one of each option that is declared for them."""
    yield from (one for one in found if not one["isInner"])
    yield from {_INSTANCE.sub("", one["expression"]): one for one in reversed(found) if one["isInner"]}.values()


def difference(why: Why, truth: Found) -> Any:
    """What `why` says otherwise; None where it says the same. An old name is another option's."""
    if why.renamed_from is not None:
        return None
    ours = [(one.priority, one.module) for one in why.winners]
    theirs = [(truth["priority"], file) for file in truth["files"]]
    unplaced = [one for one in why.winners if one.reason.startswith("the module system counts it")]
    misplaced = [one.place() for one in why.winners if is_written(one) and not holds(one, why.loc)]
    return (ours, theirs, unplaced, misplaced) if ours != theirs or unplaced or misplaced else None


def is_written(definition: Definition) -> bool:
    """Whether its place is that of an attribute of its path."""
    return definition.exact and definition.line is not None and not (definition.written_as or definition.default)


def holds(definition: Definition, loc: Sequence[str]) -> bool:
    """Whether the text at a definition's place can be that of an attribute of the path."""
    line = Path(str(definition.file)).read_text().splitlines()[(definition.line or 1) - 1]
    # A path is written from any of its names on, some of them are computed, and `value` is builtins.listToAttrs'. What
    # is inherited has the place of the list of names.
    names = [*loc, *map(string_literal, loc), "config", "inherit", "value", '"', "${"]
    return "inherit" in line or line[(definition.column or 1) - 1 :].startswith(tuple(names))


def test_why_says_what_the_module_system_says(machines: Path, nixpkgs: Path, home_manager: Path) -> None:
    (host,) = [host for host in hosts(machines, nixpkgs, home_manager) if host.installations[0].name == "nixos"]
    with hmeval.load(**host.installations[0].load, cache="off", evaluator=hmeval.Worker()) as configuration:
        options = [one.loc for one in configuration.options_with_state(hidden=True).values() if one.is_set]
        answers = ask(nixpkgs, [Part({"host": host.expression}, asked_about(options))])
        assert {name for name, answer in answers.items() if isinstance(answer, Failed)} <= UNCAUGHT
        truths = list(chosen([one for answer in answers.values() if isinstance(answer, list) for one in answer]))
        wrong = {
            ".".join(truth["path"]): found
            for truth in truths
            if (found := difference(configuration.why(truth["path"]), truth)) is not None
        }
    assert not wrong, (len(wrong), list(wrong.items())[:10])
    inner = [truth for truth in truths if truth["isInner"]]
    assert len(inner) >= 300
    assert len(truths) >= 500
    assert {"users.users.alice", "home-manager.users.alice"} <= {".".join(truth["path"][:3]) for truth in inner}
