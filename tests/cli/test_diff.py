"""`hmeval diff`, as a process: two files, two flakes, one of either with another Home Manager."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hmeval

Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]

OFFLINE = Path(hmeval.__file__).parent / "offline"
HOME = '{ home = { username = "alice"; homeDirectory = "/home/alice"; stateVersion = "25.11"; }; '

BEFORE = (
    HOME
    + """
  imports = [ ({ lib, config, ... }: let inherit (lib) mkOption types; in {
    options.tool = {
      colour = mkOption { type = types.str; default = "red"; };
      size = mkOption { type = types.int; default = 1; };
      kept = mkOption { type = types.attrsOf types.str; default = { a = "1"; b = "2"; c = "3"; d = "4"; }; };
      gone = mkOption { type = types.bool; default = false; };
      secret = mkOption { type = types.bool; default = false; internal = true; };
      group = mkOption { default = { }; type = types.attrsOf (types.submodule {
        options.name = mkOption { type = types.str; default = ""; };
      }); };
      source = mkOption { type = types.path; default = ./dotfiles; };
    };
  }) ];
  tool.gone = true;
}
"""
)
AFTER = (
    HOME
    + """
  imports = [ ({ lib, config, ... }: let inherit (lib) mkOption types; in {
    imports = [
      (lib.mkRenamedOptionModule [ "tool" "colour" ] [ "tool" "theme" "colour" ])
      (lib.mkRenamedOptionModule [ "tool" "group" ] [ "tool" "groups" ])
      (lib.mkRemovedOptionModule [ "tool" "gone" ] "Do without.")
    ];
    options.tool = {
      theme.colour = mkOption { type = types.str; default = "blue"; };
      size = mkOption { type = types.str; default = "1"; };
      kept = mkOption { type = types.attrsOf types.str; default = { a = "1"; b = "2"; c = "9"; d = "4"; }; };
      secret = mkOption { type = types.str; default = ""; internal = true; };
      groups = mkOption { default = { }; type = types.attrsOf (types.submodule {
        options.name = mkOption { type = types.str; default = ""; };
      }); };
      source = mkOption { type = types.path; default = ./dotfiles; };
      new = mkOption { type = types.int; default = 7; };
    };
  }) ];
}
"""
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The two configurations."""
    places = tmp_path / "before.nix", tmp_path / "after.nix"
    for place, text in zip(places, (BEFORE, AFTER), strict=True):
        place.write_text(text)
    return places


def read(done: subprocess.CompletedProcess[str]) -> Any:
    """The document of a run that succeeded."""
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["format_version"] == "1"
    return document


def test_two_files(hmeval_command: Hmeval, files: tuple[Path, Path]) -> None:
    document = read(hmeval_command("diff", "--offline", "--json", *files))
    assert [document[side]["file"] for side in "ab"] == list(map(str, files))
    assert [option["name"] for option in document["added"]] == ["tool.new"]
    (removed,) = document["removed"]
    assert (removed["name"], removed["value"], removed["reason"]) == ("tool.gone", {"json": True}, "Do without.")
    assert {(pair["name"], pair["renamed_to"]) for pair in document["renamed"]} == {
        ("tool.colour", "tool.theme.colour"),
        ("tool.group", "tool.groups"),
        ("tool.group.<name>.name", "tool.groups.<name>.name"),
    }
    changes = {pair["name"]: pair["changes"] for pair in (*document["renamed"], *document["changed"])}
    assert changes["tool.size"] == {
        "type": {"before": "signed integer", "after": "string"},
        "default": {
            side: {"_type": "literalExpression", "text": text} for side, text in (("before", "1"), ("after", '"1"'))
        },
        "value": {"before": {"json": 1}, "after": {"json": "1"}},
    }
    assert changes["tool.colour"]["default"]["after"]["text"] == '"blue"'
    assert changes["tool.group.<name>.name"] == {}
    assert document["summary"] == {
        "added": 1,
        "removed": 1,
        "renamed": 3,
        "type_changed": 1,
        "default_changed": 3,
        "value_changed": 3,
        "not_compared": 0,
    }


def test_the_page_has_a_group_for_each_kind_and_only_the_lines_that_differ(
    hmeval_command: Hmeval, files: tuple[Path, Path]
) -> None:
    done = hmeval_command("diff", "--offline", *files)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    for group in ("Added (1)\n    + tool.new  signed integer  default 7\n", "Renamed (3)\n", "Another type (1)\n"):
        assert group in done.stdout
    assert "Removed (1)\n    - tool.gone  (the configuration sets it)\n        Do without.\n" in done.stdout
    assert '        -   c = "3";\n        +   c = "9";\n' in done.stdout
    assert 'a = "1"' not in done.stdout
    assert done.stdout.endswith(
        "Options: 1 added, 1 removed, 3 renamed, 1 with another type, 3 with another default, 3 with another value.\n"
    )


def test_hidden_options_are_compared_where_they_are_asked_for(hmeval_command: Hmeval, files: tuple[Path, Path]) -> None:
    listed, everything = (
        read(hmeval_command("diff", "--offline", "--json", *flags, *files)) for flags in ((), ("--all",))
    )
    assert "tool.secret" not in {pair["name"] for pair in listed["changed"]}
    assert "tool.secret" in {pair["name"] for pair in everything["changed"]}


def test_a_configuration_does_not_differ_from_itself(hmeval_command: Hmeval, files: tuple[Path, Path]) -> None:
    done = hmeval_command("diff", "--offline", files[0], files[0])
    assert (done.returncode, done.stdout) == (0, "No option differs.\n")


HOLES = """
  imports = [ ({ lib, ... }: let
    inherit (lib) mkOption types;
    option = type: mkOption { inherit type; };
    need = option types.int;
  in {
    options.q.subs = option (types.attrsOf (types.submodule { options.need = need; options.x = need; }));
    options.q.bad = option (types.attrsOf types.anything);
    options.q.worse = option types.anything;
  }) ];
"""


def with_holes(place: Path, text: str) -> Path:
    """A configuration with parts of values that cannot be evaluated."""
    place.write_text(f"{HOME}{HOLES}{text}\n}}\n")
    return place


def test_values_with_failing_parts_are_compared_part_by_part(hmeval_command: Hmeval, tmp_path: Path) -> None:
    same = 'q.bad.fails = throw "no"; q.worse = throw "worse";'
    before = with_holes(tmp_path / "before.nix", f"q.subs.a.x = 1; q.bad.x = 1; {same}")
    after = with_holes(tmp_path / "after.nix", f"q.subs.a.x = 2; q.bad.x = 1; {same}")
    document = read(hmeval_command("diff", "--offline", "--json", before, after))
    (changed,) = document["changed"]
    assert changed["name"] == "q.subs"
    assert [side["json"]["a"]["x"] for side in changed["changes"]["value"].values()] == [1, 2]
    assert document["not_compared"] == [
        {"name": "q.bad", "fields": {"value": "no"}},
        {"name": "q.worse", "fields": {"value": "worse"}},
    ]
    assert (document["summary"]["value_changed"], document["summary"]["not_compared"]) == (1, 2)
    page = hmeval_command("diff", "--offline", before, after)
    assert page.returncode == 0
    assert "            -     x = 1;\n            +     x = 2;\n".replace("            ", "        ") in page.stdout
    assert "Not compared (2)\n    q.bad  value: no\n    q.worse  value: worse\n" in page.stdout
    assert page.stdout.endswith("Options: 1 with another value; 2 options could not be compared.\n")


def test_no_difference_is_claimed_where_it_is_not_known(hmeval_command: Hmeval, tmp_path: Path) -> None:
    one = with_holes(tmp_path / "one.nix", 'q.subs.a.x = 1; q.bad.fails = throw "no"; q.worse = 1;')
    done = hmeval_command("diff", "--offline", one, one)
    assert done.stdout == (
        "Not compared (1)\n    q.bad  value: no\n\nNo difference is known; 1 option could not be compared.\n"
    )
    known = with_holes(tmp_path / "known.nix", "q.subs.a.x = 1; q.bad = { }; q.worse = 1;")
    assert hmeval_command("diff", "--offline", known, known).stdout == "No option differs.\n"


def test_a_value_that_fails_differs_where_its_definitions_do(hmeval_command: Hmeval, tmp_path: Path) -> None:
    # `apply` fails once the definitions are merged.
    option = 'lib.mkOption { type = lib.types.attrsOf lib.types.int; apply = value: throw "no"; }'
    before, after = tmp_path / "before.nix", tmp_path / "after.nix"
    for place, number in ((before, 1), (after, 2)):
        imports = f"imports = [ ({{ lib, ... }}: {{ options.q.whole = {option}; }}) ];"
        place.write_text(f"{HOME} {imports} q.whole.a = {number}; }}")
    document = read(hmeval_command("diff", "--offline", "--json", before, after))
    (changed,) = document["changed"]
    assert changed["name"] == "q.whole"
    assert changed["changes"]["value"]["before"]["error"]["message"] == "no"
    assert changed["changes"]["definitions"] == {"before": [{"json": {"a": 1}}], "after": [{"json": {"a": 2}}]}
    page = hmeval_command("diff", "--offline", before, after).stdout
    assert "        -   a = 1;\n        +   a = 2;\n" in page


def test_another_home_manager_for_b_alone(hmeval_command: Hmeval, files: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "home-manager"
    shutil.copytree(OFFLINE / "home-manager", other)
    module = other / "modules/programs/jq.nix"
    module.write_text(module.read_text().replace("programs.jq", "programs.jaq"))
    arguments = ("diff", "--json", "--offline", "--file", files[0])
    document = read(hmeval_command(*arguments, "--b-home-manager", other))
    assert document["b"]["home_manager"] == str(other)
    assert {option["name"] for option in document["removed"]} == {
        "programs.jq.colors",
        "programs.jq.enable",
        "programs.jq.package",
    }
    back = read(hmeval_command(*arguments, "--home-manager", other, "--b-home-manager", OFFLINE / "home-manager"))
    assert [option["name"] for option in back["added"]] == [option["name"] for option in document["removed"]]


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)


def test_two_generations_of_a_flake(hmeval_command: Hmeval, tmp_path: Path) -> None:
    folder = tmp_path / "flake"
    shutil.copytree(OFFLINE.parents[1] / "examples/standalone", folder)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    generations = ("diff", "--offline", "--json", f"{folder}?ref=main#alice", f"{folder}#alice")
    home = folder / "home.nix"
    home.write_text(f"# changed\n{home.read_text()}")
    # Files of the flake are at another place in the store, and are no other value for that.
    assert not any(read(hmeval_command(*generations))["summary"].values())
    home.write_text(home.read_text().replace('"nvim"', '"hx"'))
    document = read(hmeval_command(*generations))
    assert document["added"] == document["removed"] == document["renamed"] == []
    changes = {pair["name"]: pair["changes"] for pair in document["changed"]}
    assert changes["home.sessionVariables"]["value"]["after"]["json"]["EDITOR"] == "hx"


def test_an_input_replaced_for_b_alone(hmeval_command: Hmeval, tmp_path: Path) -> None:
    other = tmp_path / "home-manager"
    shutil.copytree(OFFLINE / "home-manager", other)
    module = other / "modules/programs/readline.nix"
    module.write_text(module.read_text().replace("programs.readline", "programs.wrtline"))
    flake = OFFLINE.parents[1] / "examples/standalone"
    arguments = ("diff", "--offline", "--json", "--flake", f"path:{flake}#alice")
    document = read(hmeval_command(*arguments, "--b-override-input", "home-manager", other))
    assert {option["name"].split(".")[1] for option in document["removed"]} == {"readline"}


def test_a_configuration_that_fails_is_compared_and_told(
    hmeval_command: Hmeval, files: tuple[Path, Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.nix"
    broken.write_text(BEFORE.replace("tool.gone = true", "tool.gnoe = true"))
    done = hmeval_command("diff", "--offline", files[0], broken)
    assert done.returncode == 1
    assert "tool.gnoe" in done.stderr
    assert "Another value (1)\n    tool.gone\n        - true\n        + false\n" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "nothing to compare with"),
        (("--file", "a.nix"), "nothing to compare with"),
        (("a.nix",), "nothing to compare with"),
        (("a.nix", "--file", "b.nix", "--b-nixpkgs", "x"), "give one"),
        (("a.nix", "b.nix", "--b-override-input", "nixpkgs", "x"), "goes with --flake"),
        ((".#a", ".#b", "--b-home-manager", "x"), "go with --file"),
    ],
)
def test_flags_that_cannot_be_meant(hmeval_command: Hmeval, arguments: tuple[str, ...], complaint: str) -> None:
    done = hmeval_command("diff", *arguments)
    assert done.returncode == 2, done.stdout
    assert complaint in done.stderr


def test_from_python(files: tuple[Path, Path]) -> None:
    a, b = (hmeval.load(file=file, offline=True) for file in files)
    with a, b:
        there, back = hmeval.diff(a, b), hmeval.diff(b, a)
    assert [option.name for option in there.added] == [each.option.name for each in back.removed] == ["tool.new"]
    assert isinstance(there, hmeval.Difference)
    assert {pair.before.name for pair in there.differing("value")} >= {"tool.size", "tool.kept"}


# -- the real Home Manager ---------------------------------------------------------------------------------------------


@pytest.mark.real
def test_the_real_home_manager_with_one_module_changed(
    hmeval_command: Hmeval, home_manager: Path, whole_world: Path, tmp_path: Path
) -> None:
    other = tmp_path / "home-manager"
    shutil.copytree(home_manager, other, ignore=shutil.ignore_patterns(".git", "tests"), symlinks=True)
    module = other / "modules/programs/jq.nix"
    text = module.read_text().replace("      colors = mkOption", "      colours = mkOption")
    module.write_text(text.replace("cfg.colors", "cfg.colours"))
    home = tmp_path / "home.nix"
    home.write_text(HOME + "}")
    arguments = ("diff", "--json", "--file", home, "--nixpkgs", whole_world, "--home-manager", home_manager)
    same = read(hmeval_command(*arguments, "--b-nixpkgs", whole_world))
    assert not any(count for kind, count in same["summary"].items() if kind != "not_compared")
    # What cannot be evaluated on either side is told with the reason.
    assert all(set(option["fields"]) <= {"default", "value"} for option in same["not_compared"])
    assert all(reason for option in same["not_compared"] for reason in option["fields"].values())
    document = read(hmeval_command(*arguments, "--b-home-manager", other))
    removed = {option["name"] for option in document["removed"]}
    assert removed == {"programs.jq.colors"}
    assert [option["name"] for option in document["added"]] == ["programs.jq.colours"]
    assert document["renamed"] == document["changed"] == []


@pytest.mark.real
def test_the_real_home_manager_and_the_stand_in(
    hmeval_command: Hmeval, home_manager: Path, world: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home.nix"
    home.write_text(HOME + "}")
    real = ("--b-home-manager", home_manager, "--b-nixpkgs", world)
    document = read(hmeval_command("diff", "--offline", "--json", "--file", home, *real))
    assert document["summary"]["added"] > 3000
    assert document["removed"] == []
    common = {pair["name"] for pair in document["changed"]}
    assert {"home.username", "home.homeDirectory", "fonts.fontconfig.enable"} <= common, "their defaults differ"
    assert {"home.stateVersion", "programs.git.enable", "home.shellAliases"}.isdisjoint(common)
    names = {
        side: set(hmeval_command("options", "--format", "names", "--file", home, *flags).stdout.split())
        for side, flags in (("a", ("--offline",)), ("b", ("--home-manager", home_manager, "--nixpkgs", world)))
    }
    moved = {pair["name"] for pair in document["renamed"]} | {pair["renamed_to"] for pair in document["renamed"]}
    assert {option["name"] for option in document["added"]} == names["b"] - names["a"] - moved
