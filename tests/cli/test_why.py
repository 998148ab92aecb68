"""`hmeval why`: the final value, and every definition with its place and its verdict, as text and as JSON."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]

IDENTITY = 'home.username = "alice"; home.homeDirectory = "/home/alice"; home.stateVersion = "26.05";'

MODULES = {
    "home.nix": f"""\
{{ config, lib, pkgs, ... }}:
{{
  imports = [ ./shell.nix ./lid.nix ];
  {IDENTITY}
  home.sessionVariables.EDITOR = "nvim";
  home.packages = [ pkgs.jq ];
  programs.git.settings.user.name = lib.mkForce "Alice";
  lid = lib.mkIf config.programs.bash.enable "ignore";
}}
""",
    "shell.nix": """\
{ config, lib, pkgs, ... }:
{
  home.sessionVariables = {
    EDITOR = lib.mkDefault "vi";
    PAGER = lib.mkIf (!config.programs.bash.enable) "most";
  };
  home.packages = lib.mkMerge [
    (lib.mkAfter [ pkgs.fd ])
    (lib.mkBefore [ pkgs.bat ])
  ];
  programs.bash.enable = true;
  programs.git.settings.user.name = "Bob";
  programs.bash.shellAliases = lib.genAttrs [ "x" "y" ] (name: "echo ${name}");
}
""",
    "lid.nix": """\
{ lib, ... }:
{
  imports = [ (lib.mkRenamedOptionModule [ "cover" ] [ "lid" ]) ];
  options.lid = lib.mkOption {
    type = lib.types.str;
    default = "suspend";
    apply = lib.toUpper;
  };
  config.cover = lib.mkDefault "open";
}
""",
}


@pytest.fixture
def why(hmeval_command: Hmeval, tmp_path: Path) -> Callable[..., Any]:
    """`why(path)` gives the JSON; `why(path, "--all")`, with more arguments, the process."""
    for name, text in MODULES.items():
        (tmp_path / name).write_text(text)

    def run(path: str, *arguments: str) -> Any:
        flags = arguments or ("--json",)
        done = hmeval_command("why", path, "--file", "home.nix", "--offline", *flags)
        return done if arguments else json.loads(done.stdout)

    return run


def places(answer: dict[str, Any]) -> list[str]:
    return [
        f"{Path(one['file']).name}:{one['line']}:{one['column']} {one['verdict']} {one['priority']['name']}"
        for one in answer["definitions"]
    ]


def test_winners_losers_and_what_is_inactive(why: Callable[..., Any]) -> None:
    editor = why("home.sessionVariables.EDITOR")
    assert editor["value"] == {"json": "nvim"}
    assert places(editor) == ["home.nix:5:3 winner plain", "shell.nix:4:5 loser mkDefault"]
    pager = why("home.sessionVariables.PAGER")
    assert pager["value"] == {"json": None}  # what the type has for an attribute without definitions
    assert places(pager) == ["shell.nix:5:5 inactive plain"]
    assert pager["definitions"][0]["condition"] is False


def test_the_json_of_a_definition(why: Callable[..., Any], tmp_path: Path) -> None:
    answer = why("home.sessionVariables.EDITOR")
    assert answer["format_version"] == "1"
    assert answer["target"]["kind"] == "file"
    assert (answer["name"], answer["option"]) == ("home.sessionVariables.EDITOR", "home.sessionVariables")
    assert answer["definitions"][1] == {
        "file": f"{tmp_path}/shell.nix",
        "line": 4,
        "column": 5,
        "priority": {"number": 1000, "name": "mkDefault"},
        "value": {"json": "vi"},
        "wins": False,
        "verdict": "loser",
        "reason": f"priority 100 at {tmp_path}/home.nix:5:3 is stronger",
        "module": f"{tmp_path}/shell.nix",
        "imported_by": f"{tmp_path}/home.nix",
    }
    assert answer["not_read"] == []


def test_the_order_of_what_is_merged(why: Callable[..., Any]) -> None:
    mine = [one for one in why("home.packages")["definitions"] if one["wins"] and "hmeval/offline" not in one["file"]]
    assert [one.get("order", {}).get("name") for one in mine] == ["mkBefore", None, "mkAfter"]


def test_apply_and_an_old_name(why: Callable[..., Any]) -> None:
    for asked in ("lid", "cover"):
        answer = why(asked)
        assert (answer["name"], answer["value"], answer["before_apply"]) == (
            "lid",
            {"json": "IGNORE"},
            {"json": "ignore"},
        )
        assert places(answer) == [
            "home.nix:8:3 winner plain",
            "lid.nix:9:3 loser mkDefault",
            "lid.nix:6:5 loser mkOptionDefault",
        ]
        assert answer["definitions"][1]["written_as"] == "cover"
        assert answer.get("renamed_from") == (None if asked == "lid" else "cover")


def test_what_is_generated_says_so(why: Callable[..., Any]) -> None:
    made = why("programs.bash.shellAliases.x")["definitions"][0]
    assert (Path(made["file"]).name, made["line"], made["generated"]) == ("shell.nix", 13, True)


def test_the_page(why: Callable[..., Any], tmp_path: Path) -> None:
    done = why("programs.git.settings.user.name", "--all")
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout
        == f"""\
programs.git.settings.user.name

    A part of the option programs.git.settings.

Value
    "Alice"

Winner
    {tmp_path}/home.nix:7:3  mkForce (50)  "Alice"

Loser
    {tmp_path}/shell.nix:12:3  priority 100  "Bob"
        mkForce (50) at {tmp_path}/home.nix:7:3 is stronger
        imported by {tmp_path}/home.nix
"""
    )


@pytest.mark.parametrize(
    ("path", "code", "told"),
    [
        ("programs.gti.enable", 1, "did you mean programs.git.enable"),
        ("programs.git", 1, "holds"),
        ("programs.ssh.settings.<name>.header", 1, "<name> stands for any name"),
        ("programs..git", 2, "a part is empty"),
    ],
)
def test_paths_that_are_no_option(why: Callable[..., Any], path: str, code: int, told: str) -> None:
    done = why(path, "--json")
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr


@pytest.mark.parametrize("command", ["why", "options"])
def test_a_real_name_that_looks_like_a_placeholder(hmeval_command: Hmeval, tmp_path: Path, command: str) -> None:
    (tmp_path / "home.nix").write_text(
        f'{{\n{IDENTITY}\nprograms.ssh.settings."*".Port = 23;\nhome.file."*".text = "star";\n}}\n'
    )
    for path, value, line in (('programs.ssh.settings."*".Port', "23", 3), ('home.file."*".text', '"star"', 4)):
        done = hmeval_command(command, "--file", "home.nix", "--offline", path)
        assert done.returncode == 0, done.stderr
        assert f"\nValue\n    {value}\n" in done.stdout
        assert f"home.nix:{line}:1" in done.stdout


def test_an_old_name_of_several_options(hmeval_command: Hmeval, tmp_path: Path) -> None:
    """As Home Manager's nixGL is one of targets.genericLinux.nixGL."""
    renamed = 'imports = [ (lib.mkRenamedOptionModule [ "programs" "jquery" ] [ "programs" "jq" ]) ];'
    (tmp_path / "home.nix").write_text(
        f"{{ lib, ... }}: {{\n{IDENTITY}\n{renamed}\nprograms.jquery.enable = true;\n}}\n"
    )
    done = hmeval_command("why", "--file", "home.nix", "--offline", "programs.jquery")
    assert done.returncode == 0, done.stderr
    assert f"Winner\n    {tmp_path}/home.nix:4:1" in done.stdout


def test_a_default_that_only_an_instance_can_evaluate(hmeval_command: Hmeval, tmp_path: Path) -> None:
    """Home Manager's types.dagOf gives its submodules an argument that the declaration has not: `dagName`."""
    (tmp_path / "home.nix").write_text(f"{{\n{IDENTITY}\nprograms.ssh.settings.work.Port = 23;\n}}\n")
    done = hmeval_command("why", "--file", "home.nix", "--offline", "--json", "programs.ssh.settings.work.header")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["value"] == {"json": "Host work"}
    (default,) = answer["definitions"]
    assert (default["verdict"], default["value"]) == ("winner", {"json": "Host work"})
    assert default["file"].endswith("/ssh.nix")


def test_a_configuration_that_fails_has_answers(why: Callable[..., Any], tmp_path: Path) -> None:
    with (tmp_path / "shell.nix").open("a") as module:
        module.write('// { assertions = [ { assertion = false; message = "no"; } ]; nothing.here = 1; }\n')
    assert places(why("home.sessionVariables.EDITOR"))[0] == "home.nix:5:3 winner plain"


def test_a_definition_that_fails_costs_itself(why: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "shell.nix").write_text(
        """{ lib, ... }: {
  home.sessionVariables.EDITOR = lib.mkDefault (abort "never");
  home.sessionVariables.PAGER = lib.mkIf (abort "never") "less";
}
"""
    )
    editor = why("home.sessionVariables.EDITOR")
    assert places(editor) == ["home.nix:5:3 winner plain", "shell.nix:2:3 loser mkDefault"]
    assert editor["definitions"][1]["value"]["error"]["kind"] == "aborted"
    assert places(why("home.sessionVariables.PAGER")) == ["shell.nix:3:3 unknown plain"]


def test_a_module_that_cannot_be_searched_is_named(why: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "shell.nix").write_text('{ ... }: { home.sessionVariables = abort "never"; }\n')
    answer = why("home.sessionVariables.EDITOR")
    assert places(answer) == ["home.nix:5:3 winner plain"]
    assert answer["not_read"] == [
        {"file": f"{tmp_path}/shell.nix", "message": "evaluation aborted with the following error message: 'never'"}
    ]
    page = why("home.sessionVariables.EDITOR", "--all")
    assert f"Modules that cannot be searched\n    {tmp_path}/shell.nix: " in page.stdout
