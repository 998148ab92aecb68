"""Configurations that fail: one message that says what, where and of which option, and exit code 1."""

from __future__ import annotations

import pwd
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from hmeval import cli

Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]

STAND_INS = Path(__file__).resolve().parents[2] / "hmeval/offline"
IDENTITY = 'home.username = "alice"; home.homeDirectory = "/home/alice"; home.stateVersion = "26.05";'


class Failing(NamedTuple):
    """A line of a home.nix (its third), and what must be told of it; `place` is where, in home.nix unless it says."""

    line: str
    kind: str
    told: str
    place: str = r"home\.nix:3:\d+"
    option: str | None = None


FAILING = {
    "syntax error": Failing("home.packages = [ ;", "syntax", "syntax error", r"home\.nix:3:19"),
    "undefined variable": Failing("home.sessionVariables.A = nope;", "undefined variable", "'nope'", r"home\.nix:3:27"),
    "throw": Failing('home.sessionVariables.A = throw "no good";', "throw", "no good", r"\.nix:\d+:\d+"),
    "abort": Failing('home.sessionVariables.A = abort "no good";', "aborted", "no good", r"\.nix:\d+:\d+"),
    "assert": Failing('home.sessionVariables.A = assert 1 == 2; "x";', "assertion", "failed", r"home\.nix:3:27"),
    "failed assertion": Failing(
        'assertions = [ { assertion = false; message = "never mind"; } ];', "throw", "never mind", r":\d+:\d+"
    ),
    "missing attribute": Failing(
        "home.sessionVariables.A = lib.nothere;", "missing attribute", "'nothere'", r"home\.nix:3:27"
    ),
    "wrong type": Failing(
        "home.sessionVariables = 3;", "", "is not of type", r"home\.nix:3:1", "home.sessionVariables"
    ),
    "type error": Failing('home.sessionVariables.A = "a" + 1;', "type", "integer", r"home\.nix:3:\d+"),
    "infinite recursion": Failing(
        "home.sessionVariables.A = config.home.sessionVariables.A;",
        "infinite recursion",
        "infinite recursion",
        r"\.nix:\d+:\d+",
    ),
    "missing file": Failing("imports = [ ./absent.nix ];", "", "absent.nix", r"\.nix:\d+:\d+"),
    "read-only option": Failing(
        'home.profileDirectory = "/mine"; home.sessionVariables.A = config.home.profileDirectory;',
        "throw",
        "is read-only",
        r"home\.nix:3:1",
        "home.profileDirectory",
    ),
    "removed option": Failing(
        """imports = [ (lib.mkRemovedOptionModule [ "programs" "gone" ] "Use git.") ]; programs.gone = 1;""",
        "throw",
        "Use git.",
        r"home\.nix:3:77",
        "programs.gone",
    ),
    "unknown option": Failing("programs.gti.enable = true;", "", "does not exist", r"home\.nix:3:1", "programs.gti"),
}


@pytest.mark.parametrize("failing", FAILING.values(), ids=list(FAILING))
def test_a_failing_configuration_is_told_once(hmeval_command: Hmeval, tmp_path: Path, failing: Failing) -> None:
    (tmp_path / "home.nix").write_text(f"{{ config, lib, pkgs, ... }}: {{\n{IDENTITY}\n{failing.line}\n}}\n")
    done = hmeval_command("eval", "--file", "home.nix", "--offline", "--json", "--at", "home.sessionVariables.A")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert done.stderr.count("hmeval: ") == 1
    assert done.stderr.startswith(f"hmeval: the evaluation failed{f' ({failing.kind})' if failing.kind else ''}")
    assert failing.told in done.stderr
    assert re.search(rf"^  at \S*{failing.place}$", done.stderr, re.MULTILINE), done.stderr
    if failing.option:
        assert f"\n  option: {failing.option}\n" in done.stderr


@pytest.mark.parametrize(
    "command", [("options", "programs.git.enable"), ("eval", "--at", "programs.git.enable"), ("doctor",)]
)
def test_a_message_that_holds_a_huge_value_is_cut(
    hmeval_command: Hmeval, tmp_path: Path, command: tuple[str, ...]
) -> None:
    huge = 'programs.git.enable = lib.concatStrings (lib.genList (_: "0123456789") 10000);'
    (tmp_path / "home.nix").write_text(f"{{ lib, ... }}: {{\n{IDENTITY}\n{huge}\n}}\n")
    done = hmeval_command(*command, "--file", "home.nix", "--offline")
    told = done.stdout + done.stderr
    assert done.returncode == 1
    assert "is not of type" in told
    assert "home.nix:3:1" in told
    assert max(map(len, told.splitlines())) < 2000


def test_a_message_does_not_command_the_terminal(hmeval_command: Hmeval, tmp_path: Path) -> None:
    (tmp_path / "name").write_text("\x1b]0;mine\x07")
    (tmp_path / "home.nix").write_text(f"{{\n{IDENTITY}\n}}\n")
    done = hmeval_command("eval", "--file", "home.nix", "--offline", "throw (builtins.readFile ./name)")
    assert done.returncode == 1
    assert r"\x1b]0;mine\x07" in done.stderr


TO_DO = {
    "wrong type": "define a value of that type there",
    "read-only option": "remove this definition: the option is set elsewhere, once and for all",
    "removed option": "remove this definition; the message says what took the option's place",
    "unknown option": "check the option's name",
    "failed assertion": "change what it is about",
}


@pytest.mark.parametrize("name", TO_DO)
def test_what_to_do(hmeval_command: Hmeval, tmp_path: Path, name: str) -> None:
    (tmp_path / "home.nix").write_text(f"{{ config, lib, pkgs, ... }}: {{\n{IDENTITY}\n{FAILING[name].line}\n}}\n")
    done = hmeval_command("eval", "--file", "home.nix", "--offline", "--at", "home.sessionVariables.A")
    assert re.search(rf"\n  to do: .*{re.escape(TO_DO[name])}", done.stderr), done.stderr


SEVERAL = """\
{ config, lib, pkgs, ... }:
{
  imports = [ ./broken.nix (lib.mkRemovedOptionModule [ "programs" "gone" ] "Use git.") ];
  home.username = "alice"; home.homeDirectory = "/home/alice"; home.stateVersion = "26.05";
  programs.gti.enable = true;
  programs.git.enabel = lib.mkIf false true;
  programs.git.lfs.enable = lib.mkForce true;
  programs.gone = 1;
  assertions = [ { assertion = 1 == 2; message = "never mind"; } ];
}
"""


def test_a_configuration_that_fails_still_has_options(hmeval_command: Hmeval, tmp_path: Path) -> None:
    (tmp_path / "home.nix").write_text(SEVERAL)
    (tmp_path / "broken.nix").write_text('{ config, ... }:\n{\n  config = throw "no good";\n}\n')
    done = hmeval_command("options", "--file", "home.nix", "--offline", "--format", "names", "programs.git")
    assert done.returncode == 1
    assert "programs.git.lfs.enable\n" in done.stdout
    told = done.stderr.split("hmeval: the evaluation failed")[1:]
    assert [re.search(r"  at \S*?([a-z]+\.nix:\d+):\d+\n", one)[1] for one in told] == [  # type: ignore[index]
        "home.nix:6",
        "home.nix:5",
        "broken.nix:3",
        "home.nix:8",
        "home.nix:9",
    ]
    assert "did you mean programs.git.enable" in told[0]
    assert "did you mean programs.git" in told[1]
    assert "no good" in told[2]
    assert "Use git." in told[3]
    assert "never mind" in told[4]


def test_values_of_a_configuration_that_fails(hmeval_command: Hmeval, tmp_path: Path) -> None:
    (tmp_path / "home.nix").write_text(SEVERAL.replace("./broken.nix", ""))
    done = hmeval_command("options", "--file", "home.nix", "--offline", "programs.git.lfs.enable")
    assert done.returncode == 1
    assert "Value\n    true\n" in done.stdout
    assert "home.nix:7:3 (mkForce)  true\n" in done.stdout


def test_instances_of_a_configuration_that_fails(hmeval_command: Hmeval, tmp_path: Path) -> None:
    (tmp_path / "home.nix").write_text(SEVERAL.replace("./broken.nix", '{ home.file.notes.text = "mine"; }'))
    done = hmeval_command("options", "--file", "home.nix", "--offline", "home.file.notes.text")
    assert done.returncode == 1
    assert 'Value\n    "mine"\n' in done.stdout
    assert "home.nix:3:" in done.stdout
    assert done.stderr.count("programs.gti' does not exist") == 1
    done = hmeval_command("options", "--file", "home.nix", "--offline", "home.file.notes", "--format", "names")
    assert "home.file.notes.text\n" in done.stdout
    done = hmeval_command("options", "--file", "home.nix", "--offline", "home.file")
    assert "Instances\n" in done.stdout
    assert "    home.file.notes\n" in done.stdout


def test_a_path_that_is_not_there_in_a_configuration_that_fails(hmeval_command: Hmeval, tmp_path: Path) -> None:
    (tmp_path / "home.nix").write_text(SEVERAL.replace("./broken.nix", ""))
    done = hmeval_command("options", "--file", "home.nix", "--offline", "programs.gti")
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no option at programs.gti" in done.stderr
    assert "never mind" in done.stderr


def test_an_option_that_fails_is_told_at_the_definition(hmeval_command: Hmeval, tmp_path: Path) -> None:
    (tmp_path / "home.nix").write_text(f"{{\n{IDENTITY}\nhome.sessionVariables = 3;\n}}\n")
    done = hmeval_command("options", "--file", "home.nix", "--offline", "home.sessionVariables")
    assert done.returncode == 0
    assert f"\n      at {tmp_path}/home.nix:3:1\n" in done.stdout


@pytest.mark.parametrize("name", ["throw", "wrong type", "infinite recursion"])
def test_an_option_that_fails_leaves_the_others(hmeval_command: Hmeval, tmp_path: Path, name: str) -> None:
    (tmp_path / "home.nix").write_text(f"{{ config, lib, pkgs, ... }}: {{\n{IDENTITY}\n{FAILING[name].line}\n}}\n")
    done = hmeval_command(
        "options", "--file", "home.nix", "--offline", "home.sessionVariables", "home.username", "programs.git.enable"
    )
    assert done.returncode == 0
    assert re.search("[<«]error: ", done.stdout)
    assert '"alice"' in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--file", "absent.nix", "--offline"), "absent.nix does not exist"),
        (("--file", ".", "--offline"), "is a folder without a default.nix: give the file, as in --file "),
        (("--file", ".", "--offline", "--system"), "is a folder without a default.nix"),
        (("--file", "home.nix", "--home-manager", ".", "--nixpkgs", "."), "modules/default.nix"),
        (("--file", "home.nix"), "--offline"),
        (("--flake", "."), "flake.nix"),
    ],
)
def test_a_target_that_is_not_there(
    hmeval_command: Hmeval, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    (tmp_path / "home.nix").write_text("{ }")
    done = hmeval_command("options", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("hmeval: ")


@pytest.mark.parametrize("command", [("options",), ("options", "--flake", "."), ("doctor",)])
def test_a_current_folder_that_is_gone(tmp_path: Path, command: tuple[str, ...]) -> None:
    leaving = ["sh", "-c", 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', "sh"]
    done = subprocess.run(
        [*leaving, sys.executable, "-m", "hmeval", *command], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "hmeval: the current folder is not there any more: change into one that is\n"


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("arguments", [("--file", "home.nix", "--offline"), ("--file", "home.nix"), ()])
def test_a_user_without_a_home_and_an_account(
    arguments: tuple[str, ...],
    cache: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def no_account(number: int) -> None:
        raise KeyError(number)

    (tmp_path / "home.nix").write_text("{ }")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pwd, "getpwuid", no_account)
    monkeypatch.delenv("HOME")
    if not cache:
        monkeypatch.delenv("XDG_CACHE_HOME")
    assert cli.main(["options", *arguments]) == 1
    told = capsys.readouterr().err
    assert "there is no home folder: $HOME is not set" in told
    assert "\n  set HOME" in told
    assert [file.name for file in tmp_path.iterdir()] == ["home.nix"]


BROKEN = """\
{ lib, ... }: {
  options.q.whole = lib.mkOption { default = 1; };
  options.q.broken = lib.mkOption {
    type = "notatype";
  };
  config.home = { username = "alice"; homeDirectory = "/home/alice"; stateVersion = "26.05"; };
  config.q.broken = 3;
}
"""


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("options", "q.broken"), 0),
        (("options", "q.broken", "--format", "json"), 0),
        (("why", "q.broken"), 1),
        (("eval", "--at", "q.broken"), 1),
        (("doctor",), 0),
    ],
    ids=str,
)
def test_an_option_that_cannot_be_one(
    hmeval_command: Hmeval, tmp_path: Path, command: tuple[str, ...], code: int
) -> None:
    (tmp_path / "home.nix").write_text(BROKEN)
    done = hmeval_command(*command, "--file", "home.nix", "--offline", "--no-cache")
    assert done.returncode == code, done.stderr
    told = done.stdout + done.stderr
    assert "q.broken' is not declared as one can be: " in told.replace("\\n", " "), told
    place = f'"file": "{tmp_path}/home.nix",' if "json" in command else f"at {tmp_path}/home.nix:3:3"
    assert place in told


def test_an_option_that_cannot_be_one_leaves_those_beside_it(hmeval_command: Hmeval, tmp_path: Path) -> None:
    (tmp_path / "home.nix").write_text(BROKEN)
    done = hmeval_command("options", "--file", "home.nix", "--offline", "--format", "names", "q")
    assert (done.returncode, done.stdout) == (0, "q.broken\nq.whole\n")
    done = hmeval_command("options", "--file", "home.nix", "--offline", "q")
    assert "q.whole" in done.stdout
    assert "<error: type" in done.stdout


@pytest.mark.parametrize("command", [("options", "home.username"), ("eval", "1"), ("doctor",)], ids=" ".join)
def test_an_option_whose_module_is_disabled(hmeval_command: Hmeval, tmp_path: Path, command: tuple[str, ...]) -> None:
    text = f'{{\n{IDENTITY}\ndisabledModules = [ "programs/git.nix" ];\nprograms.git.enable = true;\n}}\n'
    (tmp_path / "home.nix").write_text(text)
    done = hmeval_command(*command, "--file", "home.nix", "--offline")
    assert done.returncode == 1
    told = done.stdout + done.stderr
    assert f"`disabledModules' at {tmp_path}/home.nix:3:1 takes away the module that declares it, " in told, told
    assert "/modules/programs/git.nix." in told
    assert f"at {tmp_path}/home.nix:4:1\n" in told
    assert "did you mean" not in told


SYSTEM = """\
{ lib, ... }: {
  imports = [ %s ./hardware.nix ];
  users.users.alice.home = "/home/alice";
  home-manager.users.alice = { home.stateVersion = "26.05"; programs.gti.enable = true; };
  networking.hostNam = "desk";
  servces.one.enable = true;
  networkin.enable = true;
}
"""


def test_a_home_in_a_system_that_fails_tells_all_that_is_wrong(hmeval_command: Hmeval, tmp_path: Path) -> None:
    (tmp_path / "hardware.nix").write_text("{\n  hardwre = 1;\n}\n")
    (tmp_path / "configuration.nix").write_text(SYSTEM % (STAND_INS / "home-manager/nixos"))
    flags = ("--file", "configuration.nix", "--offline", "--user", "alice")
    done = hmeval_command("options", *flags, "--format", "names", "home.username")
    assert (done.returncode, done.stdout) == (1, "home.username\n")
    told = re.findall(r"^  at \S*?([a-z]+\.nix:\d+:\d+)$", done.stderr, re.MULTILINE)
    assert sorted(told) == [
        "configuration.nix:4:61",
        "configuration.nix:5:3",
        "configuration.nix:6:3",
        "configuration.nix:7:3",
        "hardware.nix:2:3",
    ], done.stderr
    assert done.stderr.count("hmeval: the evaluation failed") == 5
