"""The places of all options' definitions, found in one pass, beside those that `option` finds for each by itself."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hmeval
from hmeval import Configuration
from hmeval.options.placing import Written, losers, placed

HOME = Path(__file__).resolve().parent / "home/home.nix"
EXAMPLE = Path(__file__).resolve().parents[2] / "examples/standalone"


def places(definitions: Any) -> list[tuple[Any, ...]]:
    """What is told of definitions that have a place."""
    found = [(each["file"], each["line"], each["column"], each["wins"], str(each["value"])) for each in definitions]
    return [each for each in found if each[1] is not None]


def assert_same_places(configuration: Configuration) -> int:
    """Every place that the pass finds is one that the search finds; return how many there are."""
    count = 0
    for option in configuration.iterate(values=True):
        found = places(option.definitions)
        if found:
            searched = places(configuration.option(option.loc).definitions)
            assert set(found) <= set(searched), option.name
            assert option.priority is not None
            count += len(found)
    return count


def test_the_example(tmp_path: Path) -> None:
    with hmeval.load(file=EXAMPLE / "home.nix", offline=True) as configuration:
        assert assert_same_places(configuration) > 30
        options = {option.name: option for option in configuration.iterate(values=True)}
    (definition,) = options["programs.git.enable"].definitions
    assert (definition["file"], definition["line"]) == (str(EXAMPLE / "git.nix"), 6)


def test_a_flakes_definitions_are_told_in_its_folder(tmp_path: Path) -> None:
    subprocess.run(["cp", "-r", EXAMPLE, tmp_path / "flake"], check=True)
    with hmeval.load(flake=f"path:{tmp_path}/flake#alice", offline=True) as configuration:
        options = {option.name: option for option in configuration.iterate(values=True)}
    (definition,) = options["programs.git.enable"].definitions
    assert (definition["file"], definition["line"]) == (str(tmp_path / "flake/git.nix"), 6)


MODULES = """
{ lib, config, ... }:
{
  imports = [
    ({ lib, ... }: { options.broken = lib.mkOption { type = lib.types.bool; default = false; }; })
    ./broken.nix
  ];
  options.list = lib.mkOption { type = lib.types.listOf lib.types.int; default = [ ]; };
  config = lib.mkMerge [
    { home = { username = "alice"; homeDirectory = "/home/alice"; stateVersion = "25.11"; }; }
    { list = lib.mkAfter [ 2 ]; }
    (lib.mkIf false { list = [ 9 ]; })
    { list = lib.mkBefore [ 1 ]; }
    { list = lib.mkDefault [ 7 ]; }
    { list = lib.mkIf true [ 3 ]; }
  ];
}
"""
BROKEN = '{ lib, ... }: { config = lib.mkIf (throw "no") { broken = true; }; }'


def test_orders_priorities_and_conditions(tmp_path: Path) -> None:
    (tmp_path / "home.nix").write_text(MODULES)
    (tmp_path / "broken.nix").write_text("{ }")
    with hmeval.load(file=tmp_path / "home.nix", offline=True) as configuration:
        options = {option.name: option for option in configuration.iterate(values=True)}
        assert assert_same_places(configuration)
    told = [(each["value"]["json"], each["line"], each["wins"]) for each in options["list"].definitions]
    assert told == [([1], 13, True), ([3], 15, True), ([2], 11, True), ([7], 14, False)]


def test_a_module_that_cannot_be_searched_costs_itself(tmp_path: Path) -> None:
    """The module system does not look at the condition of an option that nobody asks for; a search does."""
    (tmp_path / "home.nix").write_text(MODULES)
    (tmp_path / "broken.nix").write_text(BROKEN)
    with hmeval.load(file=tmp_path / "home.nix", offline=True) as configuration:
        options = {option.name: option for option in configuration.iterate(values=True)}
    assert options["broken"].value == {"error": options["broken"].errors["value"]}
    assert [each["line"] for each in options["list"].definitions] == [13, 15, 11, 14]


def test_a_configuration_that_fails_has_places(tmp_path: Path) -> None:
    (tmp_path / "home.nix").write_text(MODULES)
    (tmp_path / "broken.nix").write_text("{ unknown = 1; }")
    with hmeval.load(file=tmp_path / "home.nix", offline=True) as configuration:
        assert [failure.option for failure in configuration.recover()] == ["unknown"]
        options = {option.name: option for option in configuration.iterate(values=True)}
    assert [each["line"] for each in options["list"].definitions] == [13, 15, 11, 14]


@pytest.mark.real
def test_the_real_home_manager(home_manager: Path, whole_world: Path) -> None:
    with hmeval.load(file=HOME, home_manager=home_manager, nixpkgs=whole_world) as configuration:
        assert assert_same_places(configuration) > 100
        lost = {
            option.name
            for option in configuration.iterate(values=True)
            for each in option.definitions
            if not each["wins"]
        }
    assert {"programs.git.lfs.enable", "programs.bash.historySize"} <= lost


# -- which is which ----------------------------------------------------------------------------------------------------

written = st.builds(
    Written,
    file=st.sampled_from(["a", "b"]),
    position=st.none() | st.integers(1, 99).map(lambda line: {"file": "f", "line": line, "column": 1}),
    priority=st.none() | st.sampled_from([50, 100, 1000]),
    order=st.none() | st.sampled_from([500, 1500]),
    value=st.integers().map(lambda number: {"json": number}),
)


@given(st.lists(written, max_size=6))
def test_those_that_the_module_system_counts_get_their_places(found: list[Written]) -> None:
    strongest = min((each.strength for each in found), default=100)
    counted = sorted((each for each in found if each.strength == strongest), key=lambda each: each.order or 1000)
    record = {
        "priority": {"number": strongest},
        "definitions": [{"file": each.file, "line": None, "column": None, "wins": True} for each in counted],
    }
    told = placed(record, found)
    for each, definition in zip(counted, told, strict=False):
        assert definition["line"] == (each.position or {}).get("line")
    assert [found[number].value for number in losers(found)] == [each["value"] for each in told[len(counted) :]]


@given(st.lists(written, max_size=6), st.integers(1, 3))
def test_where_the_numbers_differ_nothing_is_claimed(found: list[Written], more: int) -> None:
    winners = [each for each in found if each.strength == 100 and each.file == "a"]
    definitions = [{"file": "a", "line": None, "wins": True} for _ in range(len(winners) + more)]
    told = placed({"priority": {"number": 100}, "definitions": definitions}, found)
    assert all(each["line"] is None for each in told if each["wins"])
