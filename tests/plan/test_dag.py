"""The order of activation blocks, beside the real `lib.hm.dag.topoSort`."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hmeval.plan.dag import order

Instantiate = Callable[..., Any]


class Entry(NamedTuple):
    """An entry's place."""

    after: list[str]
    before: list[str]


def test_the_walk_goes_to_the_first_predecessor() -> None:
    """The example in the documentation of topoSort; Kahn's algorithm gives another order."""
    entries = {"a": Entry([], []), "b": Entry(["a", "c"], []), "c": Entry([], ["d"]), "d": Entry([], ["e"])}
    assert order(entries | {"e": Entry([], [])}).result == ["a", "c", "b", "d", "e"]


def test_a_cycle_is_named_and_an_entry_before_itself_is_none() -> None:
    cycle = order({"b": Entry(["a", "c"], []), "c": Entry(["d"], []), "d": Entry(["b"], []), "e": Entry([], [])})
    assert (cycle.result, cycle.cycle, cycle.loops) == ([], ["b", "c", "d"], ["b"])
    assert order({"a": Entry(["a"], ["a"]), "b": Entry([], ["gone"])}).result == ["a", "b"]


NAMES = ["a", "b", "B", "c", "writeBoundary", "é", "z1", "z10", "z2"]


def some(chance: random.Random, most: int) -> list[str]:
    """Names, of entries and of none."""
    return chance.choices(NAMES, k=chance.randint(0, most))


def graphs(seed: int, count: int) -> list[dict[str, Entry]]:
    """Graphs of up to nine entries, from none to many edges, some of them to names that are not there."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        chosen = chance.sample(NAMES, chance.randint(0, len(NAMES)))
        edges = chance.choice([0, 1, 1, 2])
        found.append({name: Entry(some(chance, edges), some(chance, edges // 2)) for name in chosen})
    return found


@pytest.mark.real
def test_a_thousand_graphs_are_sorted_as_home_manager_sorts_them(
    nix_instantiate: Instantiate, home_manager: Path, nixpkgs_lib: Path, tmp_path: Path
) -> None:
    generated = graphs(20, 1000)
    as_json = [{name: entry._asdict() for name, entry in graph.items()} for graph in generated]
    (tmp_path / "graphs.json").write_text(json.dumps(as_json))
    told = nix_instantiate(f"""
      let
        lib = import {home_manager}/modules/lib/stdlib-extended.nix (import {nixpkgs_lib}/lib);
        names = map (entry: entry.name);
        sorted = graph: lib.hm.dag.topoSort (builtins.mapAttrs (_: entry: entry // {{ data = null; }}) graph);
        describe = outcome: {{
          result = names (outcome.result or [ ]);
          cycle = names (outcome.cycle or [ ]);
          loops = names (outcome.loops or [ ]);
        }};
      in map (graph: describe (sorted graph)) (builtins.fromJSON (builtins.readFile {tmp_path}/graphs.json))
    """)
    ours = [order(graph)._asdict() for graph in generated]
    assert ours == told
    assert 100 < sum(bool(outcome["cycle"]) for outcome in told) < 900, "both kinds are needed"


DEFAULT_ORDER = """
  let
    lib = import {home_manager}/modules/lib/stdlib-extended.nix pkgs.lib;
    pkgs = import {world} {{ system = "{system}"; }};
    person = {{ username = "alice"; homeDirectory = "/home/alice"; stateVersion = "25.11"; }};
    configuration = {{ home = person; }} // {more};
    inherit (import {home_manager}/modules {{ inherit pkgs configuration; }}) config;
  in {{
    entries = builtins.mapAttrs (_: entry: {{ inherit (entry) after before; }}) config.home.activation;
    sorted = map (entry: entry.name) (lib.hm.dag.topoSort config.home.activation).result;
  }}
"""


@pytest.mark.real
@pytest.mark.parametrize(
    ("system", "more", "expected"),
    [
        (
            "x86_64-linux",
            '{ dconf.settings."a/b".c = 1; }',
            "checkFilesChanged checkLinkTargets writeBoundary installPackages dconfSettings linkGeneration "
            "onFilesChange reloadSystemd",
        ),
        (
            "aarch64-darwin",
            "{ }",
            "checkAppManagementPermission checkFilesChanged checkLinkTargets writeBoundary installPackages "
            "linkGeneration copyApps onFilesChange setupLaunchAgents",
        ),
    ],
)
def test_the_default_activation(
    nix_instantiate: Instantiate, home_manager: Path, world: Path, system: str, more: str, expected: str
) -> None:
    told = nix_instantiate(DEFAULT_ORDER.format(home_manager=home_manager, world=world, system=system, more=more))
    ours = order({name: Entry(**entry) for name, entry in told["entries"].items()})
    assert ours.result == told["sorted"] == expected.split()
