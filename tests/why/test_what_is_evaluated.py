"""A question evaluates what it is about, and not what lies beside it: seen by the files that are read."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

import hmeval
from hmeval import Configuration, Evaluator

HOME = """
{ lib, config, ... }:
let
  text = name: builtins.readFile (./. + "/${name}");
  anything = lib.types.attrsOf lib.types.anything;
in
{
  imports = [ { my.subs.two.x.a = text "two"; } ];
  options.my = {
    asked = lib.mkOption { type = lib.types.str; default = text "asked"; };
    beside = lib.mkOption { type = lib.types.str; default = text "beside"; internal = true; };
    subs = lib.mkOption {
      default = { };
      type = lib.types.attrsOf (lib.types.submodule { options.x = lib.mkOption { type = anything; }; });
    };
    fallback = lib.mkOption { type = lib.types.str; };
    many = lib.genAttrs (map toString (lib.range 1 21)) (_: lib.mkOption { type = lib.types.int; });
  };
  config = {
    home.username = "alice";
    home.homeDirectory = "/home/alice";
    home.stateVersion = "24.05";
    my.asked = "set";
    my.many = { MANY };
    my.subs.one.x.a = 1;
    my.fallback = lib.mkOptionDefault (text "fallback");
  };
}
"""


@pytest.fixture
def read_by(tmp_path: Path) -> Callable[[Callable[[Configuration], object]], set[str]]:
    """The names of the files, of those in the configuration's folder, that a question reads."""
    names = ("asked", "beside", "two", "fallback")
    numbers = itertools.count()

    def read(ask: Callable[[Configuration], object]) -> set[str]:
        folder = tmp_path / str(next(numbers))  # one process may take what it has read for read again
        folder.mkdir()
        (folder / "home.nix").write_text(HOME.replace("MANY", " ".join(f'"{n}" = {n};' for n in range(1, 22))))
        for name in names:
            (folder / name).write_text(f"the text of {name}\n")
        files = {str(folder / name): name for name in names}
        evaluator = Evaluator()
        with hmeval.load(file=folder / "home.nix", offline=True, evaluator=evaluator, cache="off") as configuration:
            ask(configuration)
            _, inputs = evaluator.inputs()
        return {files[name] for _, name, *_ in inputs or () if name in files}

    return read


def test_options_below_a_path(read_by: Callable[[Callable[[Configuration], object]], set[str]]) -> None:
    assert read_by(lambda home: list(home.options_below(["my", "asked"]))) == {"asked"}
    assert read_by(lambda home: list(home.options_below(["my"]))) == {"asked", "beside"}
    assert read_by(lambda home: list(home.options_below(["home", "username"]))) == set()


def test_the_definitions_of_an_instance(read_by: Callable[[Callable[[Configuration], object]], set[str]]) -> None:
    assert read_by(lambda home: home.why("my.subs.one.x")) == set()
    assert read_by(lambda home: home.why("my.subs.two.x")) == {"two"}


def test_which_options_are_set(read_by: Callable[[Callable[[Configuration], object]], set[str]]) -> None:
    def is_set(home: Configuration) -> None:
        assert "my.asked" in home.options_below(["my"], state=True).search(is_set=True)
        assert "my.fallback" not in home.options_below(["my"], state=True).search(is_set=True)

    assert read_by(is_set) == {"asked", "beside"}


def test_the_definitions_of_a_list(read_by: Callable[[Callable[[Configuration], object]], set[str]]) -> None:
    def ask(home: Configuration) -> None:
        chosen = list(home.options_below(["my", "many"]).values())
        full = list(home.options_in_full(chosen, places=True))
        assert len(full) == 21
        assert [(one["line"], one["wins"]) for one in full[0].definitions] == [(24, True)]

    assert read_by(ask) == set()
