"""What the configuration itself has: who defines a value and who lost, real instances, packages.

`values/` is the workspace: a configuration of two files that define the same options.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import hmeval
from hmeval.lsp.completion import suggestions
from hmeval.lsp.defining import defining
from hmeval.lsp.index import OptionIndex
from hmeval.lsp.names import Names
from hmeval.lsp.option_path import PACKAGE, Cursor
from hmeval.options.why import LOSER
from tests.lsp.editor import Settings, editor, place_of

HERE = Path(__file__).resolve().parent
OFFLINE: Settings = {"target": "--file home.nix --offline", "trust": "always"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the workspace."""
    return Path(shutil.copytree(HERE / "values", tmp_path / "values"))


def test_hover_tells_who_won_and_who_lost(folder: Path) -> None:
    async def session() -> None:
        async with editor(folder, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            told = await one.hover(place_of(text, "enable"))
            assert f"- {folder}/more.nix:3:3" in told
            assert f"- {folder}/home.nix:9:3 (mkDefault), which lost: `false`" in told
            told = await one.hover(place_of(text, "A ="))
            assert f'- {folder}/more.nix:4:3 (mkDefault), which lost: `"2"`' in told
            assert f"- {folder}/home.nix (mkOverride 900)" in told
            assert "never" not in told
            # What is in a value with packages is not known: files are told whose text names the part.
            told = await one.hover(place_of(text, "text"))
            assert f"- {folder}/home.nix:8:3" in told
            assert "xdg.nix" not in told

    asyncio.run(session())


PART_FAILS = """\
{ lib, ... }:
let
  int = lib.mkOption { type = lib.types.int; };
in
{
  options.q = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule { options = { need = int; x = int; }; }); };
  config.q.some = { x = 7; };
  config.home = { username = "a"; homeDirectory = "/a"; stateVersion = "26.05"; };
}
"""


def test_hover_shows_the_rest_of_a_value_of_which_a_part_fails(folder: Path) -> None:
    (folder / "home.nix").write_text(PART_FAILS)

    async def session() -> None:
        async with editor(folder, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            told = await one.hover(place_of(text, "q.some"))
            message = "The option `q.some.need' was accessed but has no value defined. Try setting the option."
            assert f"need = «error: {message}»;\n    x = 7;" in told
            told = await one.hover(place_of(text, "x = 7"))
            assert "Value\n\n```nix\n7\n```" in told

    asyncio.run(session())


def test_a_file_that_is_imported_for_an_option_is_about_that_option(folder: Path) -> None:
    async def session() -> None:
        async with editor(folder, OFFLINE) as one:
            one.open()
            await one.until_fresh()
            text = one.open("bash.nix")
            async with asyncio.timeout(10):
                while "programs.bash.enable" not in await one.hover(place_of(text, "enable"), "bash.nix"):
                    await asyncio.sleep(0.1)
            one.write("{ enabel = true; }\n", "bash.nix")
            await one.until(lambda: one.diagnostics("bash.nix"))
            assert "did you mean programs.bash.enable?" in one.diagnostics("bash.nix")[0].message

    asyncio.run(session())


@pytest.mark.parametrize(
    ("written", "expected", "others"),
    [
        ("home.file.", {'"a/b"', "c"}, set()),
        ("x = config.home.file.", {'"a/b"', "c"}, set()),
        ("x = config.home.sessionVariables.", {"A"}, set()),
        ("home.packages = [ pkgs.bas", {"bash", "bash-completion"}, {"git"}),
        ("programs.git.package = pkgs.gi", {"git"}, {"bash"}),
        ("home.packages = with pkgs; [ gi", {"git"}, {"bash"}),
    ],
)
def test_names_that_the_configuration_has_are_offered(
    folder: Path, written: str, expected: set[str], others: set[str]
) -> None:
    async def session() -> None:
        async with editor(folder, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            half = text.replace("  home.username", f"  {written}\n  home.username", 1)
            one.write(half)
            found = await one.complete(place_of(half, written, len(written)))
            labels = {item.label for item in found.items}
            assert expected <= labels
            assert not others & labels
            assert not found.is_incomplete

    asyncio.run(session())


def test_of_many_packages_the_list_is_marked_as_incomplete_until_it_is_whole(index: OptionIndex) -> None:
    names = [f"lib{number}" for number in range(5000)] + ["needle", "hayNeedle"]

    def found(typed: str) -> tuple[list[str], bool]:
        cursor = Cursor(PACKAGE, (), typed, 0, None, False)
        told = suggestions(index, cursor, snippets=False, packages=Names(names))
        return [one.label for one in told.found], told.is_incomplete

    assert found("")[1]
    assert found("lib1")[1]
    assert found("lib12") == (sorted(name for name in names if name.startswith("lib12")), False)
    assert found("needle") == (["needle", "hayNeedle"], False)
    assert found("nothing") == ([], False)


NESTED = """
{ lib, ... }:
{
  imports = [ ./other.nix ];
  home.username = "alice";
  home.homeDirectory = "/home/alice";
  home.stateVersion = "26.05";
  home.sessionVariables = {
    FORCED = lib.mkForce "1";
    MERGED = lib.mkMerge [ (lib.mkDefault "1") (lib.mkIf false "2") (lib.mkIf true (lib.mkForce "3")) ];
    WITHIN = lib.mkForce (lib.mkDefault "1");
    ORDERED = lib.mkBefore "1";
    ALONE = "1";
  };
  programs.git.settings = lib.mkMerge [
    { user.name = lib.mkDefault "a"; }
    { user = lib.mkForce { name = lib.mkDefault "b"; }; }
  ];
}
"""
OTHER = """
{ lib, ... }:
{
  home.sessionVariables.FORCED = "2";
  home.sessionVariables.MERGED = lib.mkOverride 70 "4";
  home.sessionVariables.WITHIN = "2";
  programs.git.settings.user = { name = "c"; };
}
"""


SETTING = "programs.git.settings.user.name"
VARIABLES = ["FORCED", "MERGED", "WITHIN", "ORDERED", "ALONE", "NONE"]


@pytest.fixture(scope="module")
def nested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hmeval.Configuration]:
    """A configuration with priorities within values."""
    folder = tmp_path_factory.mktemp("nested")
    (folder / "home.nix").write_text(NESTED)
    (folder / "other.nix").write_text(OTHER)
    with hmeval.load(file=folder / "home.nix", offline=True, evaluator=hmeval.Worker()) as configuration:
        yield configuration


@pytest.mark.parametrize("name", [*(f"home.sessionVariables.{name}" for name in VARIABLES), SETTING])
def test_who_wins_a_part_is_what_the_modules_themselves_say(nested: hmeval.Configuration, name: str) -> None:
    path = name.split(".")
    options = {tuple(one.loc): one for one in nested.iterate(values=True, hidden=True)}
    option = next(options[tuple(path[:length])] for length in (3, 2) if tuple(path[:length]) in options)
    told = {(one.file, one.wins) for one in defining(option, path)}
    why = {(one.file, one.wins) for one in nested.why(path).definitions if one.wins or one.verdict == LOSER}
    # What lost together with the set that it stands in is not told.
    assert told == why if name != SETTING else told == {one for one in why if one[1]}
