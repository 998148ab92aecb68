"""What a text alone tells to be wrong, what is not called so, and what the quick fixes make of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from hmeval.lsp import actions, diagnostics
from hmeval.lsp.evaluation import OptionSet
from hmeval.lsp.hover import documentation
from hmeval.lsp.index import OptionIndex
from hmeval.lsp.view import Document, Known, View
from hmeval.options.model import Option
from tests.lsp.conftest import ANYTHING, STR, option, options, submodule


def alias(name: str, target: str, *, visible: bool = False, told: dict[str, Any] = STR) -> Option:
    """An option that stands for another one, as lib.doRename declares it."""
    return option(name, told, description=f"Alias of {{option}}`{target}`.", visible=visible)


ALIASES = [
    alias("programs.git.userName", "programs.git.settings.user.name"),
    alias("programs.ssh.forwardAgent", 'programs.ssh.matchBlocks."*".forwardAgent'),
    alias("programs.ssh.matchBlocks.<name>.p", "port"),
    alias("programs.git.includes.*.file", "path"),
    alias("home.keyboard.keys", "layout"),
    alias("programs.vcs", "programs.git", visible=True),
    alias("hm", "home-manager.users.alice", visible=True, told=submodule()),
    option("hm._module.args", ANYTHING, internal=True),
]
READ_ONLY = [
    option("home.mine", STR, readOnly=True, definitions=[{"file": "/home.nix"}]),
    option("home.theirs", STR, readOnly=True, definitions=[{"file": "/theirs.nix"}]),
    option("home.file.<name>.name", STR, readOnly=True),
]


@pytest.fixture(scope="module")
def known() -> Known:
    """A set of options with renamed ones, and one that has two names."""
    return Known(OptionSet(OptionIndex([*options(), *ALIASES, *READ_ONLY]), ""), "")


def found(known: Known, text: str) -> list[types.Diagnostic]:
    """What is wrong with a text."""
    return diagnostics.of_text(View(Document(Path("/home.nix"), text, 1, "utf-8"), lambda _: known))


def fixed(text: str, wrong: Sequence[types.Diagnostic]) -> list[str]:
    """What each of the fixes makes of a text of one line."""
    edits = [
        next(iter((action.edit.changes or {}).values()))[0] for action in actions.actions("", wrong) if action.edit
    ]
    return [f"{text[: one.range.start.character]}{one.new_text}{text[one.range.end.character :]}" for one in edits]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{ programs.git.userName = ""; }', '{ programs.git.settings.user.name = ""; }'),
        ('{ programs.git."userName" = ""; }', '{ programs.git.settings.user.name = ""; }'),
        ('{ programs.ssh.forwardAgent = ""; }', '{ programs.ssh.matchBlocks."*".forwardAgent = ""; }'),
        ('{ programs.ssh.matchBlocks."*".p = ""; }', '{ programs.ssh.matchBlocks."*".port = ""; }'),
        ('{ programs.ssh.matchBlocks = { a.p = ""; }; }', '{ programs.ssh.matchBlocks = { a.port = ""; }; }'),
        ('{ programs.ssh.matchBlocks.a = { p = ""; }; }', '{ programs.ssh.matchBlocks.a = { port = ""; }; }'),
        ('{ programs.git.includes = [ { file = ""; } ]; }', '{ programs.git.includes = [ { path = ""; } ]; }'),
        ('{ home.keyboard.keys = ""; }', '{ home.keyboard.layout = ""; }'),
        ('{ home.keyboard = { keys = ""; }; }', '{ home.keyboard = { layout = ""; }; }'),
        ("{ programs.git.enabel = true; }", "{ programs.git.enable = true; }"),
    ],
)
def test_a_fix_leaves_valid_code(known: Known, text: str, expected: str) -> None:
    assert expected in fixed(text, found(known, text))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{ programs.git = { inherit userName; }; }", diagnostics.RENAMED),
        ("{ programs.git = { inherit (cfg) userName; }; }", diagnostics.RENAMED),
        ("{ programs.git = { inherit enabel; }; }", diagnostics.UNKNOWN),
        ('{ programs.ssh.matchBlocks.${name}.p = ""; }', diagnostics.RENAMED),
    ],
)
def test_what_no_edit_of_a_name_mends_is_told_without_a_fix(known: Known, text: str, code: str) -> None:
    wrong = found(known, text)
    assert [one.code for one in wrong] == [code]
    assert not fixed(text, wrong)


@pytest.mark.parametrize(
    "text",
    [
        '{ programs.vcs = ""; }',
        "{ hm.programs.zsh.enable = true; hm = { home.username = x; }; }",
        "{ options, ... }: optionalAttrs (options ? programs.nano) { programs.nano.enable = true; }",
        "{ programs = if options.programs ? nano.enable then { nano.enable = true; } else { }; }",
        '{ home = optionalAttrs (!(options.home?"nano")) { nano = 1; }; }',
        '{ home.mine = "set here, and nowhere else"; }',
        '{ programs."${name}-git".enable = true; }',
        '{ programs = { "a${name}".enable = true; }; }',
        "{ options.programs.${name}.enable = mkEnableOption name; config.programs.nano.enable = true; }",
        "{ options = import ./options.nix; config.programs.nano.enable = true; }",
        "{ options = { } // mkOptions [ ]; config.programs.nano.enable = true; }",
        "{ inherit (module) options; config.programs.nano.enable = true; }",
        "{ options = with lib; { programs.nano.enable = x; }; config.programs.nano.enable = true; }",
        "{ programs.git.includes = [ ({ ... }: { imports = [ ./include.nix ]; }) ]; }",
        "{ programs.ssh.matchBlocks.a = mkIf x ({ name, ... }: { options.b = c; imports = [ ]; config.port = 1; }); }",
    ],
)
def test_what_is_right_is_not_called_wrong(known: Known, text: str) -> None:
    assert not found(known, text)


@pytest.mark.parametrize(
    "text",
    [
        "{ programs = optionalAttrs (options.home ? nano) { nano.enable = true; }; }",
        "{ programs = optionalAttrs (config.programs ? nano) { nano.enable = true; }; }",
        "{ options.home = { }; config.programs.nano.enable = true; }",
        "{ options = with lib; { }; config.programs.nano.enable = true; }",
        "{ options = let x = 1; in ({ }); config.programs.nano.enable = true; }",
        "{ programs.git.includes = [ ({ ... }: { imports = [ ]; pth = ./x; }) ]; }",
    ],
)
def test_what_no_module_declares_is_unknown(known: Known, text: str) -> None:
    assert [one.code for one in found(known, text)] == [diagnostics.UNKNOWN]


def test_an_alias_that_is_shown_is_not_called_a_renamed_option() -> None:
    assert "Renamed to `b`" in documentation(alias("a", "b"))
    assert "Renamed" not in documentation(alias("a", "b", visible=True))


@pytest.mark.parametrize("text", ['{ home.theirs = ""; }', '{ home.file.a.name = ""; }'])
def test_what_is_read_only_is_told_where_somebody_else_sets_it(known: Known, text: str) -> None:
    assert [one.code for one in found(known, text)] == [diagnostics.READ_ONLY]
