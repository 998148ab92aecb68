"""The modules that `why` searches are those of the module system, in its order; and `why` on the example."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import hmeval

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parents[1] / "examples/standalone"
PACKAGE = HERE.parents[1] / "hmeval"

# `graph` names each module by its key; the module system merges each key once, what is imported last first (nixpkgs,
# lib/modules.nix: filterModules, evalModules).
KEYS = """
let
  pkgs = import {nixpkgs} {{ }};
  result = import ({home_manager} + "/modules") {{ inherit pkgs; configuration = {file}; }};
  lib = import ({home_manager} + "/modules/lib/stdlib-extended.nix") pkgs.lib;
  enabled = builtins.filter (node: !node.disabled);
  closure = builtins.genericClosure {{
    startSet = enabled result.graph;
    operator = node: enabled node.imports;
  }};
  searched = import {nix}/modules.nix {{
    arguments = result._module.specialArgs // {{
      inherit lib;
      inherit (result) options;
      config = result.config // {{ inherit (result) _module; }};
    }};
    modules = result.type.getSubModules;
  }};
  keys = map (module: module.key);
in
{{ searched = keys searched; graph = lib.reverseList (keys closure); }}
"""

EXPECTED = {
    "programs.git.enable": ["git.nix:6:5 winner", "default loser"],
    "programs.git.lfs.enable": ["git.nix:7:5 winner", "default loser"],
    "programs.git.settings.user.name": ["git.nix:9:7 winner"],
    "home.sessionVariables.EDITOR": ["home.nix:33:7 winner", "shell.nix:16:5 loser"],
    "programs.bash.shellOptions": ["shell.nix:28:5 winner", "default loser"],
    "programs.bash.initExtra": ["shell.nix:33:5 winner", "shell.nix:33:5 winner", "default loser"],
    'programs.ssh.settings."git.example.org".User': ["git.nix:35:9 winner"],
    'home.file.".vimrc".source': ["home.nix:39:7 winner"],
    'home.file.".config/work/proxy".text': ["home.nix:48:9 inactive"],
    'dconf.settings."org/gnome/desktop/interface".cursor-size': ["home.nix:95:7 winner"],
    "manual.manpages.enable": ["home.nix:101:3 winner", "default loser"],
    "systemd.user.timers.notes-backup.Timer.OnCalendar": ["home.nix:85:9 winner"],
}


@pytest.fixture(scope="module")
def example() -> Iterator[hmeval.Configuration]:
    with hmeval.load(file=EXAMPLE / "home.nix", offline=True) as configuration:
        yield configuration


@pytest.mark.parametrize("path", EXPECTED)
def test_the_example(example: hmeval.Configuration, path: str) -> None:
    found = []
    for one in example.why(path).definitions:
        file = Path(str(one.file))
        if one.default:
            found.append(f"default {one.verdict}")
        elif file.is_relative_to(EXAMPLE):
            found.append(f"{file.name}:{one.line}:{one.column} {one.verdict}")
    assert found == EXPECTED[path]


def check_keys(file: Path, home_manager: Path, nixpkgs: Path) -> None:
    with hmeval.Evaluator() as evaluator:
        places = {"file": file, "home_manager": home_manager, "nixpkgs": nixpkgs, "nix": PACKAGE / "nix"}
        keys = evaluator.eval(KEYS.format(**places)).to_python()
    assert keys["searched"] == keys["graph"]
    assert len(keys["searched"]) > 30


def test_the_modules_are_those_of_the_graph() -> None:
    check_keys(EXAMPLE / "home.nix", PACKAGE / "offline/home-manager", PACKAGE / "offline/nixpkgs")


@pytest.mark.real
def test_the_modules_are_those_of_the_real_graph(home_manager: Path, whole_world: Path) -> None:
    check_keys(HERE / "home/home.nix", home_manager, whole_world)


DISABLING = """
{ lib, ... }:
{
  imports = [ ./kept.nix ./left-out.nix { key = "named"; t.a = 3; } { key = "named"; t.a = 4; } ];
  disabledModules = [ ./left-out.nix "programs/jq.nix" ];
  options.t = lib.mkOption { type = lib.types.attrsOf (lib.types.listOf lib.types.raw); };
  config = {
    home.username = "alice"; home.homeDirectory = "/home/alice"; home.stateVersion = "26.05";
    t.a = lib.mkIf true [ 1 ];
  };
}
"""


def test_modules_that_are_left_out_or_come_twice(tmp_path: Path) -> None:
    (tmp_path / "home.nix").write_text(DISABLING.replace("t.a = 3", "t.a = [ 3 ]").replace("t.a = 4", "t.a = [ 4 ]"))
    (tmp_path / "left-out.nix").write_text("{ t.a = [ 2 ]; }")
    (tmp_path / "kept.nix").write_text("{ imports = [ ./other.nix ]; t.a = [ 5 ]; }")
    (tmp_path / "other.nix").write_text("{ imports = [ ./left-out.nix ]; }")
    with hmeval.load(file=tmp_path / "home.nix", offline=True) as configuration:
        why = configuration.why("t.a")
        assert [one.value for one in why.winners] == [{"json": [number]} for number in (3, 5, 1)]
        assert why.value == {"json": [3, 5, 1]}
        with pytest.raises(KeyError):
            configuration.why("programs.jq.enable")


FORMS = """
{ lib, ... }:
{
  options.t = lib.mkOption {
    type = lib.types.attrsOf (lib.types.submoduleWith {
      modules = [ { options.a = lib.mkOption { default = 0; apply = value: value + 1; }; } ];
    });
  };
  config = {
    home.username = "alice"; home.homeDirectory = "/home/alice"; home.stateVersion = "26.05";
    t.function = { name, lib, ... }: { a = lib.mkForce (builtins.stringLength name); };
    t.full = { config.a = 2; };
    t.file = ./inner.nix;
    t.imported = { imports = [ ./inner.nix ]; };
  };
}
"""


def test_submodules_in_every_form(tmp_path: Path) -> None:
    (tmp_path / "home.nix").write_text(FORMS)
    (tmp_path / "inner.nix").write_text("{ config, ... }:\n{\n  a = 3;\n}\n")
    expected = {
        "function": (9, 8, [("home.nix", 11, "winner"), ("home.nix", 6, "loser")]),
        "full": (3, 2, [("home.nix", 12, "winner"), ("home.nix", 6, "loser")]),
        "file": (4, 3, [("inner.nix", 3, "winner"), ("home.nix", 6, "loser")]),
        "imported": (4, 3, [("inner.nix", 3, "winner"), ("home.nix", 6, "loser")]),
    }
    with hmeval.load(file=tmp_path / "home.nix", offline=True) as configuration:
        for name, (value, before, places) in expected.items():
            why = configuration.why(["t", name, "a"])
            assert (why.value, why.before_apply) == ({"json": value}, {"json": before}), name
            found = [(Path(str(one.file)).name, one.line, one.verdict) for one in why.definitions]
            assert found == places, name
