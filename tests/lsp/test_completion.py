"""What is written when something that is offered is taken."""

from __future__ import annotations

import pytest

from hmeval.lsp.completion import suggestions
from hmeval.lsp.index import OptionIndex
from hmeval.lsp.option_path import cursor_at
from hmeval.lsp.syntax import Syntax
from tests.lsp.conftest import BOOL, STR, holds, option, options

HIDDEN = [
    option("programs.exa.enable", BOOL, visible=False),
    option("programs.ssh.matchBlocks.<name>._module.args", STR, internal=True),
    option("services.cron.jobs", holds("attrsOf")),
    option("services.cron.jobs.<name>.at.hour", STR),
]


def written(index: OptionIndex, text: str) -> set[str]:
    """What may be written at the end of a text, with snippets."""
    cursor = cursor_at(Syntax(text), len(text.encode()))
    assert cursor is not None
    return {one.insert for one in suggestions(index, cursor, snippets=True).found}


@pytest.mark.parametrize("text", ["{ programs.git = { inherit ena", "{ programs.git = { inherit (cfg) ena"])
def test_a_name_alone_can_be_inherited(index: OptionIndex, text: str) -> None:
    assert written(index, text) == {"enable"}


def test_in_an_open_string_a_name_is_written_with_its_escapes() -> None:
    index = OptionIndex(options())
    index.name_instances({("home", "file"): ['say "hello"']})
    assert written(index, r'{ home.file."say \"h') == {r"say \"hello\""}


def test_a_set_is_offered_where_one_of_its_options_is() -> None:
    index = OptionIndex([*options(), *HIDDEN])
    index.name_instances({("services", "cron", "jobs"): ["nightly"]})
    assert "exa" not in written(index, "{ programs.")
    assert "git" in written(index, "{ programs.")
    assert "_module" not in written(index, "{ programs.ssh.matchBlocks.a.")
    assert written(index, "{ services.cron.jobs.") == {"nightly"}
    assert written(index, "{ services.cron.jobs.nightly.") == {"at"}
