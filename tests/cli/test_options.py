"""`hmeval options`, as a process, on the example configuration and the built-in stand-ins."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/standalone/home.nix"
TARGET = ("--file", EXAMPLE, "--offline")


def result(done: subprocess.CompletedProcess[str]) -> str:
    """What a command that succeeds writes; standard error has nothing but what the configuration itself warns of."""
    assert done.returncode == 0, done.stderr
    assert all(line.startswith("trace: ") for line in done.stderr.splitlines()), done.stderr
    return done.stdout


@pytest.fixture
def options(hmeval_command: Hmeval) -> Callable[..., str]:
    """`options(…)`: what `hmeval options … ` writes."""
    return lambda *arguments: result(hmeval_command("options", *TARGET, *arguments))


def read(options: Callable[..., str], *arguments: str) -> Any:
    """The options as JSON."""
    return json.loads(options(*arguments))


def test_a_path_that_names_an_option_shows_it_in_full(options: Callable[..., str]) -> None:
    page = options("programs.git.enable")
    assert page.startswith("programs.git.enable\n\n    Whether to enable ")
    for section in ("Type\n    boolean", "Value\n    true", "Defined by\n", "Declared in\n"):
        assert section in page
    assert "standalone/git.nix" in page
    assert "\x1b" not in page


def test_a_path_that_holds_several_lists_them_with_their_values(options: Callable[..., str]) -> None:
    lines = options("programs.git").splitlines()
    assert all(line.startswith("programs.git.") for line in lines)
    assert any(line.split()[:3] == ["programs.git.enable", "boolean", "true"] for line in lines)


def test_paths_may_stand_before_and_after_flags(hmeval_command: Hmeval) -> None:
    names = result(hmeval_command("options", "programs.jq", *TARGET, "--format", "names", "programs.git"))
    assert names.splitlines()[0] == "programs.jq.colors" or names.startswith("programs.jq.")
    assert "programs.git.enable" in names.splitlines()


def test_every_option_by_name(options: Callable[..., str]) -> None:
    names = options("--format", "names").splitlines()
    everything = options("--format", "names", "--all").splitlines()
    assert len(names) == len(set(names))
    assert set(names) < set(everything)
    assert "home.packages" in names


def test_set_lists_what_the_configuration_defines(options: Callable[..., str]) -> None:
    names = options("--set", "--format", "names").splitlines()
    assert "programs.git.enable" in names
    assert "programs.git.lfs.skipSmudge" not in names
    table = options("--set", "programs.git")
    assert "programs.git.enable" in table


def test_unset_lists_what_it_could_define(options: Callable[..., str]) -> None:
    defined = set(options("--set", "--format", "names", "programs.git").split())
    others = set(options("--unset", "--format", "names", "programs.git").split())
    everything = set(options("--format", "names", "programs.git").split())
    assert defined
    assert others
    assert not defined & others
    assert everything - defined - others == {name for name in everything if "*" in name}


def test_set_and_unset_exclude_each_other(hmeval_command: Hmeval) -> None:
    done = hmeval_command("options", *TARGET, "--set", "--unset")
    assert done.returncode == 2


def test_options_by_their_type(options: Callable[..., str]) -> None:
    found = read(options, "--type", "enum", "--format", "json")["options"]
    assert found
    assert all("one of " in option["type"] for option in found)
    names = options("--type", "bool", "--set", "--search", "git", "--format", "names").split()
    assert "programs.git.enable" in names
    assert "programs.git.ignores" not in names


def test_search_finds_values_of_what_is_set(options: Callable[..., str]) -> None:
    found = options("--set", "--search", "nvim", "--format", "names").split()
    assert "home.sessionVariables" in found
    assert not options("--search", "swp", "--unset", "--format", "names")


def test_search_has_the_best_first(options: Callable[..., str]) -> None:
    assert options("--search", "programs.git.enable", "--format", "names").splitlines()[0] == "programs.git.enable"
    assert "programs.git.enable" in options("--search", "gti enable").split()


def test_search_that_finds_nothing_writes_nothing(options: Callable[..., str]) -> None:
    assert options("--search", "zzzqqqxxx") == ""
    assert read(options, "--search", "zzzqqqxxx", "--format", "json")["options"] == []


def test_json_has_the_state_of_each_option(options: Callable[..., str]) -> None:
    document = read(options, "programs.git.enable", "--format", "json")
    assert document["format_version"] == "1"
    assert document["target"]["file"] == str(EXAMPLE)
    (option,) = document["options"]
    assert option["value"] == {"json": True}
    assert option["is_defined"] is True
    assert option["priority"] == {"number": 100, "name": "plain"}
    assert [definition["file"] for definition in option["definitions"]] == [str(EXAMPLE.with_name("git.nix"))]
    assert option["declaration_positions"][0]["line"] > 0
    assert all(field is not None for field in option.values())


def test_definitions_have_their_places_and_those_that_lost_are_there(options: Callable[..., str]) -> None:
    (option,) = read(options, "home.sessionVariables.EDITOR", "--format", "json")["options"]
    winner, loser = option["definitions"]
    assert (Path(winner["file"]).name, winner["line"], winner["column"]) == ("home.nix", 33, 7)
    assert (winner["priority"]["name"], winner["value"], winner["wins"]) == ("plain", {"json": "nvim"}, True)
    assert (Path(loser["file"]).name, loser["line"], loser["column"]) == ("shell.nix", 16, 5)
    assert (loser["priority"]["name"], loser["value"], loser["wins"]) == ("mkDefault", {"json": "vi"}, False)
    page = options("home.sessionVariables.EDITOR")
    assert "standalone/home.nix:33:7" in page
    assert "standalone/shell.nix:16:5 (mkDefault, overridden)" in page


def test_an_option_that_loses_to_none_has_no_default_among_its_definitions(options: Callable[..., str]) -> None:
    (option,) = read(options, "programs.git.enable", "--format", "json")["options"]
    assert [definition["wins"] for definition in option["definitions"]] == [True]


def test_json_of_all_options(options: Callable[..., str]) -> None:
    document = read(options, "--format", "json")
    names = options("--format", "names").splitlines()
    assert [option["name"] for option in document["options"]] == names


def test_options_list_has_the_ecosystems_fields(options: Callable[..., str]) -> None:
    always = {"loc", "name", "description", "declarations", "internal", "visible", "readOnly", "type"}
    listed = read(options, "--format", "options-list")
    assert all(always <= option.keys() <= always | {"default", "example", "relatedPackages"} for option in listed)


def test_options_json_is_keyed_by_name(options: Callable[..., str]) -> None:
    keyed = read(options, "--format", "options-json", "--all")
    assert list(keyed) == sorted(keyed)
    assert keyed["programs.git.enable"]["loc"] == ["programs", "git", "enable"]
    assert "name" not in keyed["programs.git.enable"]


def test_markdown(options: Callable[..., str]) -> None:
    manual = options("programs.git", "--format", "markdown")
    assert manual.startswith("## `programs.git.")
    assert "\n*Type:* boolean\n" in manual


def test_a_path_that_names_nothing_fails_with_the_nearest(hmeval_command: Hmeval) -> None:
    done = hmeval_command("options", *TARGET, "programs.gti.enable")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "hmeval: there is no option at programs.gti.enable\n  did you mean programs.git.enable?\n"


def test_a_real_name_finds_the_declaration_with_a_placeholder(options: Callable[..., str]) -> None:
    assert options("home.file.nowhere.text", "--format", "names") == "home.file.<name>.text\n"


def test_an_option_of_an_instance_is_shown_with_its_value_and_declaration(options: Callable[..., str]) -> None:
    page = options('home.file.".vimrc".executable')
    assert page.startswith('home.file.".vimrc".executable\n')
    for section in ("Value\n    null\n", "Instance of\n    home.file.<name>.executable\n", "Declared in\n"):
        assert section in page
    (option,) = read(options, 'home.file.".vimrc".target', "--format", "json")["options"]
    assert option["value"] == {"json": ".vimrc"}
    assert option["instance_of"] == ["home", "file", "<name>", "target"]


def test_the_options_of_an_instance_are_listed_with_their_values(options: Callable[..., str]) -> None:
    lines = options('home.file.".vimrc"').splitlines()
    assert all(line.startswith('home.file.".vimrc".') for line in lines)
    assert any(line.split()[:3] == ['home.file.".vimrc".enable', "boolean", "true"] for line in lines)


def test_a_placeholder_and_what_holds_instances_tell_which_there_are(options: Callable[..., str]) -> None:
    assert '\nInstances\n    home.file.".bash_profile".text\n' in options("home.file.<name>.text")
    assert '\n    home.file.".vimrc"\n' in options("home.file")
    (option,) = read(options, "home.file.<name>.text", "--format", "json")["options"]
    assert ["home", "file", ".vimrc", "text"] in option["instances"]


def test_a_path_into_a_value_shows_the_value_there(options: Callable[..., str]) -> None:
    page = options("programs.git.settings.user.name")
    assert page.startswith("programs.git.settings.user.name\n\nType\n    string\n\nValue\n")
    assert 'Value\n    "Alice Example"\n\nA value within\n    programs.git.settings\n\nDefined by\n' in page
    assert "standalone/git.nix" in page


def test_the_page_tells_what_may_be_written(options: Callable[..., str]) -> None:
    page = options("programs.git.signing.format")
    assert '\nMay be\n    null\n    "openpgp"\n' in page


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--flake", ".", "--file", "home.nix"), "exclude each other"),
        (("--user", "alice", "--system"), "exclude each other"),
        (("--flake", ".", "--home-manager", "."), "--override-input home-manager"),
        (("--file", "home.nix", "--override-input", "a", "."), "goes with --flake"),
        (("--file", "home.nix", "--write-lock-file"), "goes with --flake"),
        (("--flake", ".", "--offline", "--write-lock-file"), "which are not locked"),
        (("--file", "home.nix", "a..b"), "column 3: a part is empty"),
        (("--format", "pdf"), "invalid choice"),
        (("--nonsense",), "unrecognized arguments: --nonsense"),
    ],
)
def test_wrong_usage(hmeval_command: Hmeval, arguments: tuple[str, ...], told: str) -> None:
    done = hmeval_command("options", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert done.stderr.startswith("usage: hmeval options")
    assert "Traceback" not in done.stderr


def test_a_closed_pipe_ends_quietly() -> None:
    command = [sys.executable, "-m", "hmeval", "options", *map(str, TARGET), "--format", "options-list"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        told = process.stderr.read()
    assert (process.returncode, told) == (0, b"")


def without_streams(closed: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    """A command that begins with some of its standard streams closed, as a shell writes that."""
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "hmeval", *map(str, arguments)]
    return subprocess.run(command, capture_output=True)


@pytest.mark.parametrize(
    "arguments",
    [("options", *TARGET), ("options", "home.username", *TARGET), ("why", "home.username", *TARGET), ("--version",)],
)
def test_no_standard_output_is_told(arguments: tuple[str | Path, ...]) -> None:
    done = without_streams(">&-", *arguments)
    assert (done.returncode, done.stderr) == (1, b"hmeval: standard output is closed\n")


@pytest.mark.parametrize("closed", ["2>&-", "<&-", "<&- 2>&-"])
def test_no_standard_error_or_input_changes_nothing(closed: str) -> None:
    done = without_streams(closed, "eval", *TARGET, "--no-cache", 'builtins.trace "from the evaluation" 1')
    assert (done.returncode, done.stdout) == (0, b"1\n")


def test_a_terminal_gets_colour_and_a_table() -> None:
    import os
    import pty

    master, slave = pty.openpty()
    command = [sys.executable, "-m", "hmeval", "options", *map(str, TARGET), "programs.git"]
    with subprocess.Popen(
        command, stdout=slave, stderr=subprocess.DEVNULL, env=os.environ | {"TERM": "xterm"}
    ) as process:
        os.close(slave)
        output = b""
        while piece := _read(master):
            output += piece
    os.close(master)
    assert process.returncode == 0
    assert b"\x1b[1m" in output
    assert "Value or default" in output.decode()


def _read(terminal: int) -> bytes:
    import os

    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other end is closed
        return b""


def test_places_of_many_options_are_those_of_the_whole_list(hmeval_command: Hmeval) -> None:
    """They are read in one pass, as in the list of all."""
    chosen, listed = (
        json.loads(hmeval_command("options", *TARGET, "--format", "json", *flags).stdout)["options"]
        for flags in (("--set",), ())
    )
    assert len(chosen) > 20
    by_name = {option["name"]: option for option in listed}
    assert {one["name"]: one["definitions"] for one in chosen} == {
        one["name"]: by_name[one["name"]]["definitions"] for one in chosen
    }
    assert any(definition["line"] for option in chosen for definition in option["definitions"])
