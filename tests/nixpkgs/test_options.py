"""Every option of real configurations, beside what Nix itself says of it.

NixOS, nix-darwin, the homes in them, and homes on their own, of channels and of a flake (`machines`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from hmeval.options.model import Option
from hmeval.options.values import json_with
from tests.nixpkgs.comparison import CAUGHT, STATE, errors_of, without_errors
from tests.nixpkgs.conftest import NAMES, Compared
from tests.nixpkgs.floats import same_text, written_here
from tests.nixpkgs.reference import Failed, plain

pytestmark = [pytest.mark.nixpkgs, pytest.mark.parametrize("name", NAMES)]

Comparisons = Callable[[str], Compared]

FAILED = {"failed": True}
"""What reference.nix makes of what throws."""

AT_THE_ROOT = {"internal": False}
"""What `_module.args` has where a home is shown without the system around it (nixpkgs, lib/modules.nix)."""

# The options that manuals list, and those that the configurations set.
LISTED = {"nixos": 24_000, "darwin": 1_000}
LISTED_OF_A_HOME = 3_000


def test_every_field_of_every_option(compared: Comparisons, name: str) -> None:
    installation, said, answers = compared(name)
    failed = {(option.name, field) for option, field, _ in errors_of(said.options)}
    ours = said.options.documents()
    theirs = {document["name"]: document for document in reversed(answers["documents"])}
    if installation.prefix:
        theirs["_module.args"] |= AT_THE_ROOT
    assert [document["name"] for document in ours] == list(dict.fromkeys(one["name"] for one in answers["documents"]))
    assert sum(option.listed for option in said.options.values()) > LISTED.get(name, LISTED_OF_A_HOME)
    wrong = [
        (document["name"], field, document.get(field), theirs[document["name"]].get(field))
        for document in ours
        for field in document.keys() | theirs[document["name"]].keys()
        if not same_text(document.get(field), theirs[document["name"]].get(field))
        and (document["name"], field) not in failed
    ]
    assert not wrong, (len(wrong), wrong[:5])
    for option_name, field in failed - {(option, field) for option, field in failed if field in STATE}:
        assert theirs[option_name].get(field, FAILED) == FAILED


def test_the_state_of_every_option(compared: Comparisons, name: str) -> None:
    _, said, answers = compared(name)
    states = answers["states"]
    uncaught = {
        option.name
        for option, field, error in errors_of(said.options)
        if field in STATE and error["kind"] not in CAUGHT
    }
    known = {
        option.name
        for option in said.options.values()
        if option.is_defined is not None or "is_defined" in option.errors
    }
    assert known == states.keys() | uncaught
    wrong = {
        option_name: (state, our_state(said.options[option_name]))
        for option_name, state in states.items()
        if state != our_state(said.options[option_name])
    }
    assert not wrong, (len(wrong), list(wrong.items())[:5])
    defined = [answers[f"defined {option.name}"] for option in said.options.values() if option.is_defined]
    # hmeval does not look into what definitions hold, where Nix may fail.
    assert all(answer is True or isinstance(answer, Failed) for answer in defined)
    assert sum(isinstance(answer, Failed) for answer in defined) < len(defined) / 20


def test_the_state_of_the_options_of_instances(compared: Comparisons, name: str) -> None:
    installation, said, answers = compared(name)
    for path in installation.instances:
        ours = {option.name: our_state(option) for option in said.instances[path].values() if not is_any(option)}
        assert len(ours) > 5
        assert ours == answers[f"instance {path}"]


def is_any(option: Option) -> bool:
    """Whether it stands for the options of any instance further down."""
    return option.is_defined is None and "is_defined" not in option.errors


def our_state(option: Option) -> list[Any]:
    return [
        FAILED if "is_defined" in option.errors else option.is_defined,
        FAILED if "priority" in option.errors else option.priority,
    ]


def test_the_errors_of_fields(compared: Comparisons, name: str) -> None:
    _, said, answers = compared(name)
    wrong = [
        (option.name, field, error, answers[f"error {option.name} {field}"])
        for option, field, error in errors_of(said.options)
        if not same_error(error, answers[f"error {option.name} {field}"])
    ]
    assert not wrong, (len(wrong), wrong[:5])


def same_error(error: Mapping[str, Any], answer: Any) -> bool:
    """Whether Nix fails as well: with the same words, where these are a module's own and not an engine's."""
    if not isinstance(answer, Failed):
        return False
    own_words = error["kind"] in (*CAUGHT, "aborted", "missing-attribute")
    return not own_words or answer.message == plain(error["message"])


def test_values(compared: Comparisons, name: str) -> None:
    _, said, answers = compared(name)
    assert len(said.full) > 30
    wrong = [
        (option.name, option.value, answers[f"value {option.name}"])
        for option, _ in said.full
        if not same_value(option.value, answers[f"value {option.name}"])
    ]
    assert not wrong, (len(wrong), wrong[:5])


def same_value(value: Mapping[str, Any] | None, answer: Any) -> bool:
    if value is None:
        return False
    if "error" in value:
        return same_error(value["error"], answer)
    if isinstance(answer, Failed):
        return False
    if "names" in answer:
        names = re.findall(r"^  (\S+) = ", value["nix"], re.MULTILINE)
        # What is cut for its size as well has no more than the first of them.
        expected = answer["names"][: len(names)] if len(value["nix"].encode()) > 32_000 else answer["names"]
        return bool(names and [name.strip('"') for name in names] == expected)
    text = without_errors(value.get("nix", ""))
    if value.get("truncated"):
        is_start = any(whole.startswith(text) for whole in (answer["nix"], written_here(answer["nix"])))
        return is_start and len(value["nix"].encode()) > 32_000
    if "json" in value:
        return bool(answer["plain"] and json_with(value, lambda failed: None) == answer["json"])
    package = {"name": answer["name"]} if "name" in answer else None
    if package is not None and "store_path" in answer:
        package["store_path"] = answer["store_path"]
    return same_text(text, answer["nix"]) and value.get("package") == package


def test_the_parts_of_values_that_fail(compared: Comparisons, name: str) -> None:
    _, said, answers = compared(name)
    wrong = [
        (option.name, failed, answers[f"part {number} {option.name}"])
        for option, _ in said.full
        for number, failed in enumerate((option.value or {}).get("failed", ()))
        if not same_error(failed, answers[f"part {number} {option.name}"])
    ]
    assert not wrong, (len(wrong), wrong[:5])


def test_definitions(compared: Comparisons, name: str) -> None:
    _, said, answers = compared(name)
    wrong = [difference for option, _ in said.full for difference in differences(option, answers)]
    assert not wrong, (len(wrong), wrong[:5])
    assert sum(len(option.definitions) for option, _ in said.full) > 60


def differences(option: Option, answers: Mapping[str, Any]) -> Iterator[Any]:
    theirs = answers[f"definitions {option.name}"]
    if isinstance(theirs, Failed):
        yield option.name, theirs
        return
    for number, (definition, their) in enumerate(zip(option.definitions, theirs, strict=True)):
        answer = their["value"] if their["value"] is not None else answers[f"definition {number} {option.name}"]
        counts = definition["wins"] and definition["priority"]["number"] == option.priority
        if not counts or definition["file"] != their["file"] or not same_value(definition["value"], answer):
            yield option.name, definition, their["file"], answer


def test_errors_are_caught_or_not(compared: Comparisons, name: str) -> None:
    """What Nix can catch is a throw or a failed assertion, and nothing else is."""
    _, said, answers = compared(name)
    for option, _ in said.full:
        if option.value and "error" in option.value:
            caught = answers[f"caught {option.name}"]
            assert (caught is True) == (option.value["error"]["kind"] in CAUGHT), (option.name, option.value, caught)


def test_derivations(compared: Comparisons, name: str) -> None:
    _, said, answers = compared(name)
    assert said.derivations == {key: answers[f"derivation {key}"] for key in said.derivations}
    assert said.derivations
