"""Option paths as lib.showOption writes them, and as people type them."""

from __future__ import annotations

import pytest

from hmeval.options.path import OptionPathError, parse_option_path, show_option

WRITTEN = [
    (["programs", "git", "enable"], "programs.git.enable"),
    (["a", "b.c", "d"], 'a."b.c".d'),
    (["windowManager", "2bwm"], 'windowManager."2bwm"'),
    (["users", "<name>", "shell"], "users.<name>.shell"),
    (["f", "<function body>", "*"], "f.<function body>.*"),
    (["a", "in"], 'a."in"'),
    (["a", ""], 'a.""'),
    (["a", 'q"\\$\n\x01'], 'a."q\\"\\\\\\$\\n\\u0001"'),
    (["a", "_b'c-d"], "a._b'c-d"),
    (["a", "é"], 'a."é"'),
]


@pytest.mark.parametrize(("loc", "text"), WRITTEN)
def test_show_option_writes_what_lib_show_option_does(loc: list[str], text: str) -> None:
    assert show_option(loc) == text
    assert parse_option_path(text) == loc


@pytest.mark.parametrize(
    ("text", "loc"),
    [
        ("windowManager.2bwm.enable", ["windowManager", "2bwm", "enable"]),
        ('"a.b"', ["a.b"]),
        ("home.file.<a.b>.text", ["home", "file", "<a.b>", "text"]),
        ("a.<b>c>.d", ["a", "<b>c>", "d"]),
    ],
)
def test_what_people_type_is_understood(text: str, loc: list[str]) -> None:
    assert parse_option_path(text) == loc


@pytest.mark.parametrize(
    ("text", "column"),
    [("", 1), ("a.", 3), (".a", 1), ("a..b", 3), ('a."b', 3), ('a."b"c', 6), ("a.<b", 3), ("a. b", 3), ('a"b"', 2)],
)
def test_a_malformed_path_is_told_with_its_column(text: str, column: int) -> None:
    with pytest.raises(OptionPathError) as raised:
        parse_option_path(text)
    assert raised.value.column == column
