"""Links out of the store: where each leads, and the usual mistakes."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from hmeval.plan.model import Plan
from hmeval.render.plan_text import plan_text
from hmeval.render.terminal import Style
from tests.cli.test_plan import SCHEMA

Machine = Any


def planned(machine: Machine, leads_to: str, **fields: Any) -> Plan:
    """The plan of one link, which leads to a place in which {home}, {store} and {folder} are the machine's."""
    places = {"home": machine.home, "store": machine.store, "folder": machine.folder}
    made: Plan = machine.plan({"link": {"linkTo": leads_to.format(**places), **fields}})
    return made


@pytest.mark.parametrize(
    ("leads_to", "fields", "told"),
    [
        ("{folder}/there", {}, []),
        ("{folder}", {}, []),
        ("{folder}/nowhere", {}, ["it leads to {folder}/nowhere, which does not exist"]),
        ("~/dots", {}, ["it leads to ~/dots in the store: Nix does not expand `~`"]),
        ("dots", {}, ["it leads to dots in the store, because the path is not absolute"]),
        ("{store}/abc-source/dots", {}, ["it leads into the store, to {store}/abc-source/dots: in a flake, ./x"]),
        ("{home}/link", {}, ["it leads to itself"]),
        ("{folder}", {"recursive": True}, ["`recursive` has no effect"]),
    ],
)
def test_the_usual_mistakes(machine: Machine, leads_to: str, fields: dict[str, Any], told: list[str]) -> None:
    (machine.folder / "there").write_text("")
    (change,) = planned(machine, leads_to, **fields).files
    expected = [text.format(folder=machine.folder, store=machine.store) for text in told]
    assert [warning[: len(text)] for warning, text in zip(change.warnings, expected, strict=True)] == expected


def test_where_it_leads_is_told(machine: Machine) -> None:
    plan = planned(machine, "{folder}")
    assert f"  + link → {machine.folder}\n" in plan_text(plan, Style())
    told = plan.as_json({"kind": "file"})
    jsonschema.validate(told, SCHEMA)
    assert told["files"][0]["after"]["leads_to"] == str(machine.folder)
