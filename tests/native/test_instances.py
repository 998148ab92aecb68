"""Options of real instances, with and without a lib that keeps them (`valueMeta`)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import hmeval
from hmeval import Configuration, Evaluator
from hmeval.options.extract import Record
from hmeval.options.instances import Instances
from hmeval.options.path import show_option

STAND_IN = Path(__file__).resolve().parents[2] / "hmeval/offline/nixpkgs/lib"

MODULE = """
{ lib, ... }:
let
  inherit (lib) mkOption types;
  person = types.submodule ({ name, ... }: {
    options = {
      shell = mkOption { type = types.str; default = "sh"; description = "What ${name} types into."; };
      keys = mkOption { type = types.listOf (types.submodule { options.kind = mkOption { type = types.str; }; }); };
      home = mkOption {
        type = types.nullOr (types.submodule {
          freeformType = types.attrsOf types.int;
          options.path = mkOption { type = types.path; default = "/home/${name}"; };
        });
        default = null;
      };
      friends = mkOption { type = types.attrsOf person; default = { }; };
    };
  });
in
{
  options = {
    users = mkOption { type = types.attrsOf person; default = { }; };
    lazy = mkOption { type = types.lazyAttrsOf (types.uniq person); default = { }; };
    maybe = mkOption {
      type = types.nullOr (types.attrsWith { elemType = types.nullOr person; placeholder = "who"; });
    };
    choice = mkOption { type = types.either types.int (types.attrsOf (types.either types.str person)); };
    text = mkOption { type = types.coercedTo types.str (shell: { inherit shell; }) person; };
    tagged = mkOption {
      type = types.attrTag { one = mkOption { type = person; }; none = mkOption { type = types.int; }; };
    };
    settings = mkOption { type = types.attrsOf (types.attrsOf types.int); };
    anything = mkOption { type = types.anything; };
  };
}
"""
CONFIGURATION = """
{ lib, ... }:
{
  users.alice = {
    shell = lib.mkForce "zsh";
    keys = [ { kind = "rsa"; } (lib.mkIf false { kind = "dsa"; }) { kind = "ed"; } ];
    home = { path = "/a"; quota = 7; };
    friends.bob.shell = "fish";
  };
  users.carol = lib.mkDefault { };
  lazy.dave.shell = "dash";
  maybe = { erin.shell = "es"; nobody = null; };
  choice = { frank.shell = "fsh"; "in words" = "x"; };
  text = "tcsh";
  tagged.one.shell = "osh";
  settings.a.b = 1;
  anything.x = [ { y = "z"; } ];
}
"""
OVERRIDES = """
{ lib, ... }: {
  users.alice = { shell = "never"; home.quota = lib.mkDefault 1; };
  settings.a.b = lib.mkForce 2;
}
"""

# What keeps evaluated options beside values in the stand-in, by file.
META = {
    "containers.nix": ["valueMeta.list = map metaOf entries;", "valueMeta.attrs = mapAttrs (_: metaOf) present;"],
    "submodules.nix": ["valueMeta = { inherit configuration; };"],
}


def without_meta(folder: Path) -> Path:
    """The stand-in as nixpkgs' lib was before it had `valueMeta` (nixpkgs pull request 391544)."""
    lib = folder / "lib"
    shutil.copytree(STAND_IN, lib)
    for name, places in META.items():
        file = lib / "types" / name
        for place in places:
            assert place in file.read_text()
            file.write_text(file.read_text().replace(place, "valueMeta = { };"))
    return lib


class World:
    """Three modules, evaluated with a lib."""

    def __init__(self, evaluator: Evaluator, lib: Path, folder: Path) -> None:
        files = {"module.nix": MODULE, "configuration.nix": CONFIGURATION, "overrides.nix": OVERRIDES}
        for name, text in files.items():
            (folder / name).write_text(text)
        self.folder = folder
        modules = " ".join(str(folder / name) for name in files)
        library = evaluator.eval(f"import {lib}")
        options = evaluator.eval(f"lib: (lib.evalModules {{ modules = [ {modules} ]; }}).options")(library)
        self.instances = Instances(evaluator, library, options)

    def option(self, *loc: str) -> Record:
        found = self.instances.option(loc)
        assert found is not None, loc
        assert "errors" not in found, found["errors"]
        return found


@pytest.fixture(scope="module", params=["stand-in", "without valueMeta", pytest.param("real", marks=pytest.mark.real)])
def found(request: pytest.FixtureRequest, evaluator: Evaluator, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("instances")
    if request.param == "real":
        return World(evaluator, request.getfixturevalue("nixpkgs_lib") / "lib", folder)
    return World(evaluator, STAND_IN if request.param == "stand-in" else without_meta(folder), folder)


INSTANCES = {
    ("users", "alice", "shell"): ("zsh", ["users", "<name>", "shell"]),
    ("users", "carol", "shell"): ("sh", ["users", "<name>", "shell"]),
    ("users", "alice", "keys", "0", "kind"): ("rsa", ["users", "<name>", "keys", "*", "kind"]),
    ("users", "alice", "keys", "1", "kind"): ("ed", ["users", "<name>", "keys", "*", "kind"]),
    ("users", "alice", "home", "path"): ("/a", ["users", "<name>", "home", "path"]),
    ("users", "alice", "friends", "bob", "shell"): ("fish", ["users", "<name>", "friends", "<name>", "shell"]),
    ("lazy", "dave", "shell"): ("dash", ["lazy", "<name>", "shell"]),
    ("maybe", "erin", "shell"): ("es", ["maybe", "<who>", "shell"]),
    ("choice", "frank", "shell"): ("fsh", ["choice", "<name>", "shell"]),
    ("tagged", "one", "shell"): ("osh", ["tagged", "one", "shell"]),
}


@pytest.mark.parametrize("loc", INSTANCES, ids=".".join)
def test_an_option_of_an_instance(found: World, loc: Sequence[str]) -> None:
    value, declared = INSTANCES[tuple(loc)]
    option = found.option(*loc)
    assert option["value"] == {"json": value}
    assert option["loc"] == list(loc)
    assert option.get("instance_of", option["loc"]) == declared
    assert option["is_defined"] is True
    # A submodule in an `either` or a tag is not told by the lib which file it is from.
    assert option["declarations"] == ([] if loc[0] in ("choice", "tagged") else [str(found.folder / "module.nix")])
    by_default = value == "sh"
    assert option["priority"]["name"] == ("mkOptionDefault" if by_default else "mkForce" if value == "zsh" else "plain")
    file = found.folder / ("module.nix" if by_default else "configuration.nix")
    assert [(definition["file"], definition["value"]) for definition in option["definitions"]] == [
        (str(file), {"json": value})
    ]
    assert option["type_info"]["name"] in ("str", "path")


def test_its_name_is_known_to_the_instance(found: World) -> None:
    assert found.option("users", "carol", "shell")["description"] == "What carol types into."
    assert found.option("users", "carol", "home")["value"] == {"json": None}


def test_after_a_conversion_the_value_alone_is_known(found: World) -> None:
    option = found.option("text", "shell")
    assert option["value"] == {"json": "tcsh"}
    assert option["loc"] == ["text", "shell"]


VALUES = {
    ("users", "alice", "home", "quota"): (7, ["users", "alice", "home"], "signed integer"),
    ("choice", "in words"): ("x", ["choice"], "string"),
    ("settings", "a"): ({"b": 2}, ["settings"], "attribute set of signed integer"),
    ("settings", "a", "b"): (2, ["settings"], "signed integer"),
    ("anything", "x", "0", "y"): ("z", ["anything"], "unspecified"),
    ("maybe", "nobody"): (None, ["maybe"], "submodule"),
}


@pytest.mark.parametrize("loc", VALUES, ids=".".join)
def test_a_value_within_an_option(found: World, loc: Sequence[str]) -> None:
    value, within, kind = VALUES[tuple(loc)]
    option = found.option(*loc)
    assert (option["value"], option["within"], option["type"]) == ({"json": value}, within, kind)
    assert option["loc"] == list(loc)
    assert "instance_of" not in option


def test_definitions_of_a_freeform_value(found: World) -> None:
    option = found.option("settings", "a", "b")
    assert option["priority"]["name"] == "mkForce"
    assert [definition["file"] for definition in option["definitions"]] == [str(found.folder / "overrides.nix")]
    quota = found.option("users", "alice", "home", "quota")
    assert [definition["value"] for definition in quota["definitions"]] == [{"json": 7}]


@pytest.mark.parametrize(
    "loc",
    [
        ("users", "nobody", "shell"),
        ("users", "alice", "shel"),
        ("users", "alice", "keys", "2", "kind"),
        ("users", "alice", "keys", "00", "kind"),
        ("users", "carol", "home", "path"),
        ("users", "alice", "shell", "more"),
        ("settings", "b"),
        ("tagged", "none"),
        ("nothing",),
        ("users", "<name>", "shell"),
    ],
    ids=".".join,
)
def test_what_is_not_there(found: World, loc: Sequence[str]) -> None:
    assert found.instances.option(loc) is None
    assert found.instances.below(loc) == []


def test_the_options_below_an_instance(found: World) -> None:
    records = found.instances.below(["users", "alice"])
    by_name = {record["name"]: record for record in records}
    assert {"users.alice.shell", "users.alice.keys", "users.alice.keys.*.kind", "users.alice.friends"} <= by_name.keys()
    assert by_name["users.alice.shell"]["value"] == {"json": "zsh"}
    assert by_name["users.alice.shell"]["instance_of"] == ["users", "<name>", "shell"]
    (kind,) = (
        record for record in found.instances.below(["users", "alice", "keys", "1"]) if record["loc"][-1] == "kind"
    )
    assert (kind["loc"], kind["value"]) == (["users", "alice", "keys", "1", "kind"], {"json": "ed"})


@pytest.mark.parametrize(
    ("loc", "instances"),
    [
        (["users"], [["users", "alice"], ["users", "carol"]]),
        (["users", "<name>", "shell"], [["users", "alice", "shell"], ["users", "carol", "shell"]]),
        (["users", "<name>", "keys", "*", "kind"], [["users", "alice", "keys", n, "kind"] for n in "01"]),
        (["users", "<name>", "friends", "<name>", "shell"], [["users", "alice", "friends", "bob", "shell"]]),
        (["maybe", "<who>", "shell"], [["maybe", "erin", "shell"]]),
        (["settings"], [["settings", "a"]]),
        (["nothing"], []),
        (["anything"], []),
    ],
    ids=str,
)
def test_which_instances_there_are(found: World, loc: list[str], instances: Any) -> None:
    assert found.instances.of(loc) == instances


# -- the real Home Manager --------------------------------------------------------------------------------------------

HOME = """
{ lib, ... }:
{
  home = { username = "alice"; homeDirectory = "/home/alice"; stateVersion = "25.11"; };
  programs.git.settings.user.name = "Alice";
  programs.firefox.profiles.work = { id = 1; settings."a.b" = 1; search.engines.nix.urls = [ { template = "t"; } ]; };
  programs.firefox.profiles.home.settings = { };
  accounts.email.accounts.x = { primary = true; address = "a@example.org"; realName = "A"; imap.host = "h"; };
  programs.ssh.matchBlocks."a host" = lib.hm.dag.entryBefore [ "b" ] { user = "me"; };
  programs.ssh.matchBlocks.b = { port = 2; };
  home.keyboard = { layout = "us"; };
}
"""

# By the path as it is typed: the DAG's entry in it, and the declaration, or the option around the value.
REAL = {
    "programs.firefox.profiles.work.settings": (None, "programs.firefox.profiles.<name>.settings"),
    "programs.firefox.profiles.home.id": (None, "programs.firefox.profiles.<name>.id"),
    'programs.firefox.profiles.work.settings."a.b"': (None, "programs.firefox.profiles.work.settings"),
    "accounts.email.accounts.x.imap.host": (None, "accounts.email.accounts.<name>.imap.host"),
    "accounts.email.accounts.x.userName": (None, "accounts.email.accounts.<name>.userName"),
    'programs.ssh.matchBlocks."a host".user': ("a host", "programs.ssh.matchBlocks.<name>.user"),
    "programs.ssh.matchBlocks.b.port": ("b", "programs.ssh.matchBlocks.<name>.port"),
    "home.keyboard.layout": (None, "home.keyboard.layout"),
    "programs.git.settings.user.name": (None, "programs.git.settings"),
    "home.sessionVariables.EDITOR": (None, None),
}


@pytest.fixture(scope="module")
def home(home_manager: Path, world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Configuration]:
    file = tmp_path_factory.mktemp("home") / "home.nix"
    file.write_text(HOME)
    with hmeval.load(file=file, home_manager=home_manager, nixpkgs=world) as configuration:
        yield configuration


@pytest.mark.real
@pytest.mark.parametrize("path", REAL)
def test_instances_of_the_real_home_manager(home: Configuration, path: str) -> None:
    entry, around = REAL[path]
    if around is None:
        with pytest.raises(KeyError):
            home.option(path)
        return
    option = home.option(path)
    # An entry of a DAG holds its value in `data`, which the documentation leaves out.
    loc = [name for part in option.loc for name in ([part, "data"] if part == entry else [part])]
    assert option.value == {"json": home.value_at(loc).to_python()}
    assert option.name == path
    assert show_option(option.instance_of or option.within or option.loc) == around
    assert not option.errors


@pytest.mark.real
def test_which_instances_the_real_home_manager_has(home: Configuration) -> None:
    def names(path: str) -> list[str]:
        return [show_option(instance) for instance in home.option(path).instances]

    assert names("programs.firefox.profiles") == ["programs.firefox.profiles.home", "programs.firefox.profiles.work"]
    assert names("programs.firefox.profiles.<name>.id") == [
        "programs.firefox.profiles.home.id",
        "programs.firefox.profiles.work.id",
    ]
    assert names("accounts.email.accounts.<name>.imap.host") == ["accounts.email.accounts.x.imap.host"]
    assert 'programs.ssh.matchBlocks."a host"' in names("programs.ssh.matchBlocks")
    assert names("programs.git.enable") == []
    below = home.instance("programs.firefox.profiles.work")
    assert below["programs.firefox.profiles.work.id"].value == {"json": 1}
    assert not home.instance("programs.firefox.profiles.nobody")
