"""The documents of the ecosystem, Markdown, and hmeval's own JSON."""

from __future__ import annotations

from typing import Any

import pytest
from markdown_it import MarkdownIt

from hmeval.options.description import first_sentence, to_markdown, to_plain
from hmeval.options.documents import (
    configuration_document,
    markdown,
    options_json,
    options_list,
    related_packages_markdown,
)
from hmeval.options.model import OptionTree

FULL: dict[str, Any] = {
    "loc": ["programs", "git", "enable"],
    "name": "programs.git.enable",
    "description": "Whether to enable {command}`git`.",
    "declarations": ["/hm/git.nix"],
    "internal": False,
    "visible": True,
    "readOnly": False,
    "type": "boolean",
    "default": {"_type": "literalExpression", "text": "false"},
    "example": {"_type": "literalMD", "text": "see {option}`a`"},
    "relatedPackages": ["git"],
    "type_info": {"name": "bool"},
    "value": {"json": True},
    "is_defined": True,
    "priority": {"number": 100, "name": "plain"},
    "definitions": [],
}
BARE: dict[str, Any] = {"loc": ["b"], "name": "b", "visible": False, "default": None}
OWN = {"type_info", "value", "is_defined", "priority", "definitions"}


def test_the_list_has_the_ecosystems_fields_and_no_others() -> None:
    full, bare = options_list(OptionTree([FULL, BARE]).values())
    assert full == {key: field for key, field in FULL.items() if key not in OWN}
    assert bare == {
        "loc": ["b"],
        "name": "b",
        "description": None,
        "declarations": (),
        "internal": False,
        "visible": False,
        "readOnly": False,
        "type": "unspecified",
    }


def test_the_object_is_keyed_sorted_and_visible_alone() -> None:
    second = FULL | {"loc": ["a"], "name": "a"}
    keyed = options_json(OptionTree([FULL, BARE, second]).values())
    assert list(keyed) == ["a", "programs.git.enable"]
    assert not {"name", "visible", "internal"} & keyed["a"].keys()
    assert keyed["a"]["relatedPackages"].startswith("- [`pkgs.git`](\n")


def test_related_packages_of_every_kind() -> None:
    written = related_packages_markdown(["a", ["b", "c"], {"path": ["d", "e"], "title": "D", "comment": "Why."}])
    assert written == (
        "- [`pkgs.a`](\n    https://search.nixos.org/packages?show=a&sort=relevance&query=a\n  )\n"
        "- [`pkgs.b.c`](\n    https://search.nixos.org/packages?show=b.c&sort=relevance&query=b.c\n  )\n"
        "- [D aka `pkgs.d.e`](\n    https://search.nixos.org/packages?show=d.e&sort=relevance&query=d.e\n  )"
        "\n\n  Why.\n"
    )
    assert related_packages_markdown([]) == []
    assert related_packages_markdown("text") == "text"


def test_hmevals_own_document_has_the_state_and_no_nulls() -> None:
    document = configuration_document({"kind": "file"}, OptionTree([FULL, BARE]).values())
    assert document["format_version"] == "1"
    assert document["target"] == {"kind": "file"}
    full, bare = document["options"]
    assert full == FULL
    assert "default" not in bare
    assert "value" not in bare


def test_markdown_has_a_section_for_each_option() -> None:
    written = markdown(OptionTree([FULL, BARE]).values())
    assert "## `programs.git.enable`\n\nWhether to enable `git`.\n\n*Type:* boolean\n" in written
    assert "*Default:* `false`" in written
    assert "*Example:* see `a`" in written
    assert "- `/hm/git.nix`" in written
    assert "## `b`\n\n*No description.*" in written


def test_code_that_holds_backticks_stays_code() -> None:
    default = {"_type": "literalExpression", "text": "''\n```\n''"}
    assert "````nix\n''\n```\n''\n````" in markdown(OptionTree([FULL | {"default": default}]).values())


ADMONITION = """\
See [](#opt-programs.firefox.profiles._name_.settings) and {file}`~/.x`.

::: {.note}
Read {option}`a`.
:::

```nix
{option}`kept`
```
"""


def test_descriptions_become_plain_markdown() -> None:
    written = to_markdown(ADMONITION)
    assert "See `programs.firefox.profiles.<name>.settings` and `~/.x`." in written
    assert "> **Note**\n> Read `a`." in written
    assert "{option}`kept`" in written


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("the value of `${parameter}` there", "the value of `${parameter}` there"),
        ("the value of `a ${parameter}`", "the value of `a ${parameter}`"),
        ("a set of `{option}` or ``{file}`` {option}`a.b`", "a set of `{option}` or ``{file}`` `a.b`"),
        ("${home}`x` and {env}`HOME`", "${home}`x` and `HOME`"),
    ],
)
def test_what_looks_like_a_role_is_none_in_code(written: str, meant: str) -> None:
    assert to_markdown(written) == meant
    assert to_plain(written) == meant


def test_descriptions_become_text() -> None:
    assert to_plain("[this](https://e.org) or <https://f.org>, [that](#opt-a.b)") == (
        "this (https://e.org) or https://f.org, that"
    )
    assert "Note:\n  Read `a`." in to_plain(ADMONITION)


def test_the_first_sentence() -> None:
    assert first_sentence("One, e.g. two\nand v1.2. Three.\n\nFour.") == "One, e.g. two and v1.2."


@pytest.mark.parametrize(
    "kind",
    [
        r"string matching the pattern ^[^\.]+_.*@.*$",
        "null or one of <null>, *x*, `y`",
        'strings concatenated with "\\n"',
        "a [link](x) & ~~no~~ &amp;",
    ],
)
def test_a_type_is_shown_as_it_is(kind: str) -> None:
    written = markdown(OptionTree([FULL | {"type": kind}]).values())
    tokens = MarkdownIt().enable("strikethrough").parse(written)
    paragraphs = [token for token in tokens if token.type == "inline" and token.content.startswith("*Type:*")]
    (children,) = [token.children or [] for token in paragraphs]
    texts = [child.content for child in children if child.type != "text_special" or child.content]
    assert "".join(texts) == f"Type: {kind}"
