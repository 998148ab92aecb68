"""`why` inside submodules and lists: what their own modules define, beside what the configuration does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import hmeval
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.literals import path_literal, string_literal
from hmeval.options.path import parse_option_path
from hmeval.options.why import Definition, Why
from hmeval.render.terminal import Style
from hmeval.render.why_page import why_page

HERE = Path(__file__).resolve().parent
SUBMODULES = HERE / "submodules/home.nix"
OFFLINE = HERE.parents[1] / "hmeval/offline"


@pytest.fixture(scope="module")
def evaluator() -> Iterator[AnyEvaluator]:
    with hmeval.Evaluator() as one:
        yield one


@pytest.fixture(scope="module")
def configuration() -> Iterator[hmeval.Configuration]:
    with hmeval.load(file=SUBMODULES, offline=True, cache="off") as loaded:
        yield loaded


def place(definition: Definition) -> str:
    """`file:line`, the verdict and the priority, and what else there is to be said."""
    file = f"{Path(str(definition.file)).name}:{definition.line}"
    found = f"{'default' if definition.default else file} {definition.verdict} {definition.priority}"
    if definition.order is not None:
        found += f" order {definition.order}"
    if definition.written_as:
        found += f" as {definition.written_as}"
    return found if definition.exact else f"{found} generated"


def line(text: str) -> int:
    """The number of the one line of the configuration that holds a text."""
    (number,) = [number for number, each in enumerate(SUBMODULES.read_text().splitlines(), 1) if text in each]
    return number


def written(text: str, rest: str) -> str:
    return f"home.nix:{line(text)} {rest}"


EXPECTED: dict[str, tuple[Any, Callable[[], list[str]]]] = {
    # What a submodule's own module defines: with its `name`, and by a mkDefault.
    "subs.plain.label": (
        "label-plain",
        lambda: [written("config.label =", "winner 1000"), "default loser 1500"],
    ),
    "subs.set.label": (
        "mine",
        lambda: [
            written("subs.set.label", "winner 100"),
            written("config.label =", "loser 1000"),
            "default loser 1500",
        ],
    ),
    # Of a module that the submodule imports; under a condition on its own values.
    "subs.plain.imported": (
        ["inner", "plain"],
        lambda: ["inner.nix:5 winner 100", written("imported = [ name ]", "winner 100"), "default loser 1500"],
    ),
    "subs.plain.size": (1, lambda: ["default winner 1500", written("config.size = lib.mkIf", "inactive 100")]),
    "subs.big.size": (
        9,
        lambda: [written("config.size = lib.mkIf", "winner 100"), "default loser 1500"],
    ),
    # An option that only the own module defines, and one of a submodule within, which may be null.
    "subs.plain.dir.path": ("/plain", lambda: [written("config.dir.path", "winner 1500")]),
    "subs.plain.server": (None, lambda: ["default winner 1500"]),
    "subs.big.server.port": (
        25,
        lambda: [
            written("subs.big.server", "winner 100"),
            written("config.port =", "loser 1000"),
            "default loser 1500",
        ],
    ),
    "subs.big.server.secure": (True, lambda: [written("config.secure", "winner 1000")]),
    # A submodule's values as functions and files; what they import is merged before.
    "subs.function.label": (
        "of function",
        lambda: [
            written("label = lib.mkForce", "winner 50"),
            written("config.label =", "loser 1000"),
            "default loser 1500",
        ],
    ),
    # mkForce around the whole of it counts where that is merged, and no further down.
    "subs.forced.label": (
        "strong",
        lambda: [
            written("subs.forced = lib.mkForce", "winner 100"),
            written("config.label =", "loser 1000"),
            written("subs.forced.label", "loser 100"),
            "default loser 1500",
        ],
    ),
    # Other names within the submodule.
    "subs.named.label": (
        "old",
        lambda: [
            written("subs.named.was", "winner 50 as subs.named.was"),
            written("config.label =", "loser 1000"),
            "default loser 1500",
        ],
    ),
    "subs.named.was": (
        "old",
        lambda: [
            written("subs.named.was", "winner 50 as subs.named.was"),
            written("config.label =", "loser 1000"),
            "default loser 1500",
        ],
    ),
    # An option's default is a definition of what is below it.
    "holder.inner.x": (5, lambda: ["default winner 100", "default loser 1500"]),
    # Freeform values of the own module.
    "free.mine": (9, lambda: [written("free.mine", "winner 100"), written("config.mine", "loser 1000")]),
    "free.other": (1, lambda: [written("config.other", "winner 100")]),
    # What a coercion makes has the place of what it is made of.
    "coerced.text.path": ("text", lambda: [written('coerced.text = "text"', "winner 100 generated")]),
    "coerced.file.path": ("/not/there", lambda: [written('coerced.file = "/not', "winner 100 generated")]),
    "coerced.whole.path": ("whole", lambda: [written("coerced.whole", "winner 100")]),
    "either.n": (4, lambda: [written("config.n =", "winner 1000"), "default loser 1500"]),
    "tagged.one.m": (3, lambda: [written("config.m =", "winner 1000")]),
    # Elements of lists, by their places in the value; those that are not there have none.
    "list.0.n": (0, lambda: [written("(lib.mkBefore", "winner 100"), "default loser 1500"]),
    "list.1.n": (1, lambda: [written("{ n = 1; }", "winner 100"), "default loser 1500"]),
    "list.2.n": (2, lambda: [written("n = lib.mkForce 2", "winner 50"), "default loser 1500"]),
    "list.3.n": (3, lambda: [written("(lib.mkAfter", "winner 100"), "default loser 1500"]),
    "list.1.doubled": (2, lambda: [written("config.doubled", "winner 1000")]),
    "list.1": ({"doubled": 2, "n": 1}, lambda: [written("list = lib.mkMerge", "winner 100")]),
    "strings.0": ("a", lambda: [written('strings = [ "a"', "winner 100")]),
    "nested.1.0.n": (7, lambda: [written("nested = [", "winner 100"), "default loser 1500"]),
}


@pytest.mark.parametrize("path", EXPECTED)
def test_every_definition_of_what_is_inside(configuration: hmeval.Configuration, path: str) -> None:
    value, definitions = EXPECTED[path]
    why = configuration.why(path)
    assert why.value == {"json": value}
    assert [place(one) for one in why.definitions] == definitions()
    assert not why.not_read


# The options of instances, as the module system keeps them beside the values.
TRUTH = """
let
  pkgs = import {nixpkgs} {{ }};
  lib = pkgs.lib;
  result = import {home_manager} {{ inherit pkgs; configuration = {file}; }};
  ofMeta = path: meta:
    if meta ? configuration then ofOptions path meta.configuration.options
    else if meta ? attrs then lib.concatLists (lib.mapAttrsToList (name: ofMeta (path ++ [ name ])) meta.attrs)
    else if meta ? list then lib.concatLists (lib.imap0 (number: ofMeta (path ++ [ (toString number) ])) meta.list)
    else [ ];
  ofOptions = path: options: lib.concatLists (lib.mapAttrsToList (name: option:
    if lib.isOption option
    then lib.optional option.isDefined {{
      loc = path ++ [ name ];
      priority = option.highestPrio;
      definitions = map (one: {{ file = toString one.file; value = lib.generators.toPretty {{ }} one.value; }})
        option.definitionsWithLocations;
    }} ++ ofMeta (path ++ [ name ]) option.valueMeta
    else ofOptions (path ++ [ name ]) option) (removeAttrs options [ "_module" ]));
in
ofOptions [ ] (lib.getAttrs {names} result.options)
"""

NAMES = ["subs", "holder", "free", "coerced", "list", "nested"]


def test_the_module_system_says_the_same(configuration: hmeval.Configuration, evaluator: AnyEvaluator) -> None:
    truth = evaluator.eval(
        TRUTH.format(
            nixpkgs=path_literal(str(OFFLINE / "nixpkgs")),
            home_manager=path_literal(str(OFFLINE / "home-manager/modules")),
            file=path_literal(str(SUBMODULES)),
            names=f"[ {' '.join(map(string_literal, NAMES))} ]",
        )
    ).to_python()
    wrong = {}
    for one in truth:
        why = configuration.why(one["loc"])
        if why.renamed_from is None:
            found = [(definition.priority, definition.module) for definition in why.winners]
            if found != [(one["priority"], definition["file"]) for definition in one["definitions"]]:
                wrong[".".join(one["loc"])] = one, why.definitions
    assert not wrong
    assert len(truth) > 50


# -- properties inside a value -----------------------------------------------------------------------------------------

IDENTITY = '{ home = { username = "alice"; homeDirectory = "/home/alice"; stateVersion = "26.05"; }; }'
INSIDE = """\
{ lib, ... }:
{
  options = lib.genAttrs [ "a" "b" "c" "d" "e" ] (_: lib.mkOption { type = lib.types.bool; default = false; })
    // { s = lib.mkOption { type = lib.types.submodule { options.x = lib.mkOption { default = 1; }; }; }; };
  imports = [ IDENTITY (lib.mkRenamedOptionModule [ "old" ] [ "d" ]) ];
  config = lib.mkMerge [
    { a = lib.mkForce (lib.mkIf false true); }
    { b = lib.mkDefault (lib.mkMerge [ true ]); }
    (lib.mkForce { c = lib.mkIf true true; })
    { old = lib.mkForce true; }
    { e = lib.mkBefore (lib.mkForce true); }
    { s = lib.mkForce (lib.mkIf true { x = 2; }); }
  ];
}
"""


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Callable[[str], Why]]:
    (tmp_path / "home.nix").write_text(INSIDE.replace("IDENTITY", IDENTITY))
    with hmeval.load(file=tmp_path / "home.nix", offline=True, cache="off") as configuration:
        yield configuration.why


@pytest.mark.parametrize(
    ("path", "priority", "kind", "advice"),
    [
        ("a", 50, "if", "write mkIf … (mkForce …)"),
        ("b", 1000, "merge", "write mkMerge [ (mkDefault …) ]"),
        ("c", 50, "if", "write mkIf … (mkForce …)"),
        ("e", 100, "override", "write mkOverride … (mkBefore …)"),
    ],
)
def test_a_property_inside_another_stays_in_the_value(
    inside: Callable[[str], Why], path: str, priority: int, kind: str, advice: str
) -> None:
    """It is the one definition that counts, and the type refuses it (nixpkgs, lib/modules.nix: mergeDefinitions)."""
    why = inside(path)
    assert why.value is not None
    assert "is not of type" in why.value["error"]["message"]
    (winner,) = why.winners
    assert (winner.priority, winner.reason.endswith(advice)) == (priority, True), winner.reason
    assert winner.value is not None
    assert winner.value["json"]["_type"] == kind
    assert [one.verdict for one in why.definitions] == ["winner", "loser"]


def test_the_list_of_all_options_places_it_as_well(tmp_path: Path) -> None:
    (tmp_path / "home.nix").write_text(INSIDE.replace("IDENTITY", IDENTITY))
    with hmeval.load(file=tmp_path / "home.nix", offline=True, cache="off") as configuration:
        options = {option.name: option for option in configuration.iterate(values=True)}
    for name, text in {"a": "{ a =", "b": "{ b =", "c": "{ c =", "e": "{ e ="}.items():
        (place,) = [number for number, each in enumerate(INSIDE.splitlines(), 1) if text in each]
        assert [one["line"] for one in options[name].definitions] == [place], name


def test_a_submodule_looks_inside(inside: Callable[[str], Why]) -> None:
    (winner,) = inside("s").winners
    assert (winner.priority, winner.reason) == (50, "")
    assert [(one.priority, one.verdict) for one in inside("s.x").definitions] == [(100, "winner"), (1500, "loser")]


def test_a_renamed_option_that_is_forced_counts_once(inside: Callable[[str], Why]) -> None:
    why = inside("d")
    assert [(one.priority, one.verdict, one.written_as) for one in why.definitions] == [
        (50, "winner", "old"),
        (1500, "loser", None),
    ]
    assert (inside("old").renamed_from, inside("old").is_alias) == (["old"], False)


def test_what_options_finds_why_finds(configuration: hmeval.Configuration) -> None:
    for path in EXPECTED.keys() - {"list.1"}:  # its options are listed
        assert configuration.option(parse_option_path(path)).value == configuration.why(path).value


# -- what is ours ------------------------------------------------------------------------------------------------------


def test_who_imports_a_systems_file_is_not_told(tmp_path: Path) -> None:
    """nixpkgs takes the place of the call for it, which is hmeval's own expression."""
    (tmp_path / "configuration.nix").write_text('{ imports = [ ./more.nix ]; system.stateVersion = "26.05"; }')
    (tmp_path / "more.nix").write_text(
        "{ lib, ... }: { options.mine = lib.mkOption { default = 1; }; config.mine = 2; }"
    )
    with hmeval.load(file=tmp_path / "configuration.nix", system=True, offline=True, cache="off") as configuration:
        (winner,) = configuration.why("system.stateVersion").winners
        assert (winner.place(), winner.imported_by) == (f"{tmp_path}/configuration.nix:1:29", None)
        assert configuration.why("mine").winners[0].imported_by == f"{tmp_path}/configuration.nix"


def test_another_name_is_no_old_one(tmp_path: Path) -> None:
    text = """{ lib, ... }: { options.new = lib.mkOption { default = 1; };
      imports = [ IDENTITY (lib.mkAliasOptionModule [ "same" ] [ "new" ]) ]; config.same = 2; }"""
    (tmp_path / "home.nix").write_text(text.replace("IDENTITY", IDENTITY))
    with hmeval.load(file=tmp_path / "home.nix", offline=True, cache="off") as configuration:
        why = configuration.why("same")
    assert (why.renamed_from, why.is_alias) == (["same"], True)
    assert "same is another name of it" in why_page(why, Style())


def test_the_arguments_of_modules_are_in_the_module_systems_order(configuration: hmeval.Configuration) -> None:
    counted = configuration.option("_module.args", places=False).definitions
    why = configuration.why("_module.args")
    assert [one.module for one in why.winners] == [one["file"] for one in counted]
    assert why.winners[0].reason == "the module system's own"
    assert why.value == configuration.option("_module.args").value
