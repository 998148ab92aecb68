"""Random modules: what `why` calls winners is what the module system merges, and every definition is there, once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hmeval
from hmeval.options.why import INACTIVE, LOSER, WINNER

OPTIONS = """\
{ lib, ... }:
{
  options.t = {
    list = lib.mkOption { type = lib.types.listOf lib.types.int; default = [ 0 ]; };
    set = lib.mkOption { type = lib.types.attrsOf (lib.types.listOf lib.types.int); };
    module = lib.mkOption {
      type = lib.types.submodule {
        options.list = lib.mkOption { type = lib.types.listOf lib.types.int; default = [ 0 ]; };
      };
      default = { };
    };
  };
}
"""

IDENTITY = '{ home.username = "alice"; home.homeDirectory = "/home/alice"; home.stateVersion = "26.05"; }'


conditions = st.sampled_from(["true", "false", "(1 == 1)", "(1 == 2)"]).map(lambda text: f"lib.mkIf {text}")
overrides = st.sampled_from(["lib.mkForce", "lib.mkDefault", "lib.mkOverride 90", "lib.mkOverride 2000"])
orders = st.sampled_from(["lib.mkBefore", "lib.mkAfter", "lib.mkOrder 700"])

LEAF = "[ NUMBER ]"


def wrapped(properties: st.SearchStrategy[str], content: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda name, inner: f"({name} {inner})", properties, content)


# The module system looks for an order within an override, and for both within mkIf and mkMerge (nixpkgs,
# lib/modules.nix): in any other order they are left in the value.
ordered = st.just(LEAF) | wrapped(orders, st.just(LEAF))
overridden = ordered | wrapped(overrides, ordered)
values = st.recursive(
    overridden,
    lambda inner: (
        wrapped(conditions, inner) | st.lists(inner, max_size=3).map(lambda them: f"(lib.mkMerge [ {' '.join(them)} ])")
    ),
    max_leaves=4,
)


def sets(name: str, content: st.SearchStrategy[str], around: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A set with one name in it, perhaps with a property around it."""
    written = content.map(lambda text: f"{{ {name} = {text}; }}")
    return written | wrapped(around, written)


in_list = sets("t", sets("list", values, conditions), conditions) | sets(
    "t", sets("list", ordered, overrides), conditions
)
in_set = sets("t", sets("set", sets("key", values, conditions | overrides), conditions), conditions)
# A submodule finds properties in its value that were left there: one priority more, or conditions within it.
in_module = (
    sets("t", sets("module", sets("list", values, conditions), conditions), conditions | overrides)
    | sets("t", sets("module", sets("list", values, conditions), conditions | overrides), conditions)
    | sets("t", sets("module", sets("list", values, conditions | overrides), conditions), conditions)
    | sets("t", sets("module", sets("list", ordered, st.nothing()), overrides), overrides)
)
definitions = in_list | in_set | in_module
modules = st.lists(st.lists(definitions, max_size=4), min_size=1, max_size=3)


def written(folder: Path, texts: list[list[str]]) -> dict[tuple[str, int], set[int]]:
    """Write the modules, one definition on each line; gives the numbers that stand on each line of each file."""
    numbers = itertools.count(1)
    places: dict[tuple[str, int], set[int]] = {}
    for index, lines in enumerate(texts):
        file = folder / f"m{index}.nix"
        head = ["{ lib, ... }:", "{", "config = lib.mkMerge ["]
        body = []
        for place, line in enumerate(lines, len(head) + 1):
            used = []
            while "NUMBER" in line:
                used.append(next(numbers))
                line = line.replace("NUMBER", str(used[-1]), 1)
            body.append(line if line.startswith("(") else f"({line})")
            places[str(file), place] = set(used)
        file.write_text("\n".join([*head, *body, "];", "}"]))
    (folder / "options.nix").write_text(OPTIONS)
    imports = " ".join(f"./m{index}.nix" for index in range(len(texts)))
    (folder / "home.nix").write_text(f"{{ imports = [ ./options.nix {imports} {IDENTITY} ]; }}")
    return places


def numbers_of(value: Any) -> Iterator[int]:
    if isinstance(value, int) and not isinstance(value, bool):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from numbers_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers_of(inner)


@given(texts=modules)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_why_agrees_with_the_module_system(tmp_path_factory: pytest.TempPathFactory, texts: list[list[str]]) -> None:
    folder = tmp_path_factory.mktemp("modules")
    places = written(folder, texts)
    seen: list[int] = []
    with hmeval.load(file=folder / "home.nix", offline=True) as configuration:
        for loc in (["t", "list"], ["t", "set", "key"], ["t", "module", "list"]):
            why = configuration.why(loc)
            merged = [number for one in why.winners for number in numbers_of((one.value or {}).get("json"))]
            assert merged == list(numbers_of((why.value or {}).get("json"))), loc
            assert not [one for one in why.winners if "could not be found" in one.reason], loc
            for one in why.definitions:
                assert one.verdict in (WINNER, LOSER, INACTIVE)
                if not one.default:
                    mine = list(numbers_of((one.value or {}).get("json")))
                    assert set(mine) <= places[str(one.file), one.line or 0]
                    seen += mine
            if loc == ["t", "list"]:
                truth = [one["value"]["json"] for one in configuration.option(loc, places=False).definitions]
                assert [(one.value or {})["json"] for one in why.winners] == truth
    assert sorted(seen) == sorted(itertools.chain.from_iterable(places.values()))
