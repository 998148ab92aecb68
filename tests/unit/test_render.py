"""What people read: pages, tables, Nix text, JSON."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from hmeval.kinds import Derivation, Function, NixPath
from hmeval.options.model import Option, OptionTree
from hmeval.render.json_text import json_document, json_list_pieces, json_object, json_text
from hmeval.render.nix_text import nix_line, nix_text, value_line
from hmeval.render.option_page import option_page
from hmeval.render.tables import NAME_WIDTH, names, plain_table, terminal_table
from hmeval.render.terminal import Style, shown, style_for

OPTION: dict[str, Any] = {
    "loc": ["programs", "git", "enable"],
    "name": "programs.git.enable",
    "description": "Whether to enable {command}`git`, a tool that everybody uses and that few understand in full.",
    "declarations": ["/hm/git.nix"],
    "type": "boolean",
    "default": {"_type": "literalExpression", "text": "false"},
    "value": {"json": True},
    "declaration_positions": [{"file": "/hm/git.nix", "line": 3, "column": 5}],
    "definitions": [
        {"file": "/home.nix", "line": 7, "column": 1, "priority": {"number": 50, "name": "mkForce"}, "wins": True},
        {"file": "/other.nix", "priority": {"number": 100, "name": "plain"}, "value": {"json": False}, "wins": False},
    ],
}

PAGE = """\
programs.git.enable

    Whether to enable `git`, a tool that everybody uses and that few understand
    in full.

Type
    boolean

Default
    false

Value
    true

Defined by
    /home.nix:7:1 (mkForce)
    /other.nix (overridden)  false

Declared in
    /hm/git.nix:3:5
"""


class Terminal(io.StringIO):
    """A stream that someone watches."""

    def isatty(self) -> bool:
        return True


def test_a_page_reads_like_a_manual() -> None:
    assert option_page(Option(OPTION), Style()) == PAGE


def test_colour_changes_nothing_but_colour() -> None:
    coloured = option_page(Option(OPTION), Style(colour=True))
    assert "\x1b[1mprograms.git.enable\x1b[0m" in coloured
    assert all(line in coloured for line in ("/hm/git.nix:3:5", "boolean"))


def test_a_page_tells_what_failed() -> None:
    error = {"kind": "throw", "message": "no\ngood", "position": {"file": "/a.nix", "line": 1, "column": 2}}
    page = option_page(Option(OPTION | {"value": {"error": error}}), Style())
    assert "Could not be evaluated\n    value: no\n    good\n      at /a.nix:1:2" in page


def test_lists_and_code_of_a_description_keep_their_lines() -> None:
    description = "Text.\n\n- one\n- two\n\n```\nx  =  1;\n\ny\n```"
    page = option_page(Option(OPTION | {"description": description}), Style())
    assert "    - one\n    - two\n\n    ```\n    x  =  1;\n\n    y\n    ```" in page


@pytest.mark.parametrize(
    ("stream", "environment", "colour"),
    [
        (io.StringIO(), {}, False),
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(stream: io.StringIO, environment: dict[str, str], colour: bool) -> None:
    assert style_for(stream, environment).colour is colour


def test_what_a_terminal_would_obey_is_shown_instead() -> None:
    assert shown("a\x1b[31mb\n\tc\x9b") == "a\\x1b[31mb\n\tc\\x9b"


def test_columns_stand_where_they_always_stand() -> None:
    long = OPTION | {"loc": ["x" * 60], "name": "x" * 60, "type": "y" * 60}
    first, second = plain_table(OptionTree([OPTION, long]).values()).splitlines()
    assert first[: NAME_WIDTH + 9] == "programs.git.enable".ljust(NAME_WIDTH) + "  boolean"
    assert first.endswith("  Whether to enable `git`, a tool that everybody uses and that few understand in …")
    assert second.startswith("x" * 60 + "  ")


def test_names_stand_one_on_each_line() -> None:
    assert names(OptionTree([OPTION, {"loc": ["a b"], "name": '"a b"'}]).values()) == 'programs.git.enable\n"a b"\n'


def test_a_terminal_gets_a_table_of_its_width() -> None:
    table = terminal_table([Option(OPTION)], Style(120))
    assert "Option" in table
    assert "programs.git.enable" in table
    assert max(map(len, table.splitlines())) <= 120
    assert "\x1b" not in table


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (True, "true"),
        (None, "null"),
        (1.5, "1.5"),
        ('a"$b${c}\n', '"a\\"$b\\${c}\\n"'),
        ([], "[ ]"),
        ({}, "{ }"),
        ([1, {"a.b": "x", "<c>": 1}], '[ 1 { "a.b" = "x"; "<c>" = 1; } ]'),
    ],
)
def test_values_on_one_line(value: Any, line: str) -> None:
    assert nix_line(value) == line


def test_values_on_several_lines() -> None:
    assert nix_text({"a": [1, 2], "b": "x\n${y}\n", "c": {}}) == (
        "{\n  a = [\n    1\n    2\n  ];\n  b = ''\n    x\n    ''${y}\n  '';\n  c = { };\n}"
    )


def test_a_failed_value_is_told_by_its_kind() -> None:
    assert value_line({"error": {"kind": "throw", "message": "no"}}) == "<error: throw>"
    assert value_line({"nix": "{\n  a = 1;\n}"}) == "{ a = 1; }"


def test_json_is_json_whatever_nix_holds() -> None:
    value = {"path": NixPath("/a"), "package": Derivation("a", "/out", None), "f": Function(), "n": float("inf")}
    assert json.loads(json_text(value)) == {"path": "/a", "package": "/out", "f": "<function>", "n": None}
    stray = b"caf\xe9".decode("utf-8", "surrogateescape")
    assert json_text(stray) == '"caf\N{REPLACEMENT CHARACTER}"'


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("".join(json_list_pieces([])), []),
        ("".join(json_list_pieces([1, "é"])), [1, "é"]),
        (json_object({}), {}),
        (json_object({"a": [1]}), {"a": [1]}),
        (json_document({"v": "1", "options": [1, 2]}, "options"), {"v": "1", "options": [1, 2]}),
    ],
)
def test_json_over_lines_is_json(written: str, value: Any) -> None:
    assert json.loads(written) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"_type": "override", "priority": 50, "content": 1}, "mkForce 1"),
        ({"_type": "override", "priority": 70, "content": {"a": None}}, "mkOverride 70 { a = null; }"),
        ({"_type": "order", "priority": 1500, "content": ["x"]}, 'mkAfter [ "x" ]'),
        ({"a": {"_type": "if", "condition": False, "content": True}}, "{ a = mkIf false true; }"),
        (
            {"_type": "merge", "contents": [1, {"_type": "order", "priority": 9, "content": 2}]},
            "mkMerge [ 1 (mkOrder 9 2) ]",
        ),
        (
            {"_type": "if", "condition": True, "content": {"_type": "override", "priority": 100, "content": 1}},
            "mkIf true (mkOverride 100 1)",
        ),
        ({"_type": "if"}, '{ _type = "if"; }'),
    ],
)
def test_properties_of_definitions_as_they_are_written(value: object, text: str) -> None:
    assert nix_line(value) == text
    assert " ".join(nix_text(value).split()) == text
