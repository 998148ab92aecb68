"""options-json beside what the ecosystem's renderer reads: nixos-render-docs (nixpkgs, pkgs/by-name/ni).

It is in no package index, so its reading rules are written down here: which fields it looks at, of what kind they must
be, and what it refuses in Markdown (its options.py: `_convert_one`, `_render_code`, `OptionDocsRestrictions`).
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/standalone/home.nix"
FIELDS = {"loc", "description", "declarations", "readOnly", "type", "default", "example", "relatedPackages"}


def complaints(option: dict[str, Any]) -> Iterator[str]:
    """What the renderer would refuse in an option, or leave out."""
    if not (isinstance(option.get("loc"), list) and option["loc"] and all(isinstance(x, str) for x in option["loc"])):
        yield "loc is no list of names"
    yield from (f"{field} is no field that it reads" for field in option.keys() - FIELDS)
    description = option.get("description")
    if isinstance(description, dict):
        if description.get("_type") != "mdDoc" or not isinstance(description.get("text"), str):
            yield "the description is of no kind that it knows"
        description = description.get("text")
    elif not isinstance(description, str | None):
        yield "the description is no text"
    yield from _complaints_about_markdown("description", description or "")
    if not isinstance(option.get("type", ""), str) or not isinstance(option.get("readOnly", False), bool):
        yield "type is no text, or readOnly no boolean"
    yield from _complaints_about_literals(option)
    if not isinstance(option.get("relatedPackages") or "", str):
        yield "relatedPackages is no Markdown"
    for place in option.get("declarations", []):
        if not isinstance(place, str) and not isinstance(place.get("name"), str):
            yield "a declaration is neither a file nor {name, url?}"


def _complaints_about_literals(option: dict[str, Any]) -> Iterator[str]:
    for field in ("default", "example"):
        literal = option.get(field)
        if not literal:
            continue
        if literal.get("_type") not in ("literalMD", "literalExpression") or not isinstance(literal.get("text"), str):
            yield f"{field} is of no kind that it knows"
        elif literal["_type"] == "literalMD":
            yield from _complaints_about_markdown(field, literal["text"])


def _complaints_about_markdown(field: str, text: str) -> Iterator[str]:
    if any(token.type == "heading_open" for token in MarkdownIt().parse(text)):
        yield f"{field} has a heading"


def refused(document: dict[str, Any]) -> dict[str, list[str]]:
    """Option → what the renderer would refuse in it, for those that it would."""
    found = {name: list(complaints(option)) for name, option in document.items()}
    return {name: told for name, told in found.items() if told}


def options_json(hmeval_command: Hmeval, *target: str | Path) -> dict[str, Any]:
    done = hmeval_command("options", "--format", "options-json", *target)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    assert document
    return document


def test_the_stand_ins_options_are_accepted(hmeval_command: Hmeval) -> None:
    document = options_json(hmeval_command, "--offline", "--file", EXAMPLE)
    assert refused(document) == {}
    assert document["programs.git.enable"]["example"] == {"_type": "literalExpression", "text": "true"}


@pytest.mark.real
def test_the_real_home_managers_options_are_accepted(
    hmeval_command: Hmeval, home_manager: Path, world: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home.nix"
    home.write_text('{ home = { username = "a"; homeDirectory = "/h"; stateVersion = "25.11"; }; }')
    target = ("--file", home, "--home-manager", home_manager, "--nixpkgs", world)
    document = options_json(hmeval_command, *target)
    assert len(document) > 5000
    assert refused(document) == {}


@pytest.mark.parametrize(
    "broken",
    [
        {"loc": []},
        {"description": {"_type": "docbook", "text": ""}},
        {"description": "# A heading"},
        {"default": {"_type": "literalDocBook", "text": ""}},
        {"example": {"_type": "literalMD", "text": "x\n---"}},
        {"relatedPackages": ["git"]},
        {"declarations": [{"url": "x"}]},
        {"value": 1},
    ],
)
def test_what_the_renderer_refuses_is_noticed(broken: dict[str, Any]) -> None:
    whole = {"loc": ["a"], "description": "Text.", "type": "boolean", "readOnly": False, "declarations": ["/f"]}
    assert refused({"a": whole}) == {}
    assert refused({"a": whole | broken})
