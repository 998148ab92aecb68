"""Descriptions: nixpkgs-flavoured Markdown made plain.

Nixpkgs adds to CommonMark roles (`{option}`name``), references to options (`[](#opt-name)`) and admonitions
(`::: {.note}` … `:::`); its manual's contributor notes list them. What stands in a code block is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

# A role, or else a code span, in which what looks like a role is none.
_ROLE_OR_CODE = re.compile(r"(?<!\$)\{[a-z]+\}(?=`)|(?P<code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))")
_OPTION_REFERENCE = re.compile(r"\[([^\]]*)\]\(#opt-([^)\s]*)\)")
_LINK = re.compile(r"\[([^\]]+)\]\((\w+:[^)\s]*|#[^)\s]*)\)")
_AUTOLINK = re.compile(r"<(\w+://[^>\s]*)>")
_ANCHOR = re.compile(r"\[\]\{#[^}]*\}")
_ADMONITION = re.compile(r"^(\s*):{3,}\s*\{[.#]([\w-]+)[^}]*\}\s*$")
_END_OF_ADMONITION = re.compile(r"^\s*:{3,}\s*$")
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")


def to_markdown(description: str) -> str:
    """CommonMark for any reader: roles become code, references the option's name, admonitions quotes."""
    return "\n".join(_lines(description, _inline_markdown, quoted="> ", title="> **{}**")).strip("\n")


def to_plain(description: str) -> str:
    """Text for a terminal: as `to_markdown`, with links as `text (address)` and admonitions indented."""
    return "\n".join(_lines(description, _inline_plain, quoted="  ", title="{}:")).strip("\n")


def first_sentence(description: str) -> str:
    """The first sentence, on one line: what a list has room for."""
    paragraph = to_plain(description).strip().split("\n\n", 1)[0]
    sentence = re.split(r"(?<=[.!?])\s+(?=[A-Z`])", " ".join(paragraph.split()), maxsplit=1)[0]
    return sentence


def _lines(description: str, inline: Callable[[str], str], quoted: str, title: str) -> Iterator[str]:
    """The description line by line: `inline` rewrites those outside of code blocks."""
    fence: str | None = None
    margin = ""
    for line in description.splitlines():
        if (opening := _ADMONITION.match(line)) and fence is None:
            margin = quoted
            yield title.format(opening.group(2).capitalize())
        elif margin and fence is None and _END_OF_ADMONITION.match(line):
            margin = ""
        else:
            outside = fence is None
            fence = _fence_after(line, fence)
            yield (margin + (inline(line) if outside and fence is None else line)).rstrip()


def _fence_after(line: str, fence: str | None) -> str | None:
    """The fence of the code block that is open after this line."""
    found = _FENCE.match(line)
    if found is None:
        return fence
    if fence is None:
        return found.group(1)
    return None if found.group(1).startswith(fence) else fence


def _inline_markdown(line: str) -> str:
    line = _ANCHOR.sub("", _ROLE_OR_CODE.sub(lambda found: found["code"] or "", line))
    return _OPTION_REFERENCE.sub(_name_of_reference, line)


def _inline_plain(line: str) -> str:
    line = _AUTOLINK.sub(r"\1", _inline_markdown(line))
    return _LINK.sub(lambda link: link[1] if link[2].startswith("#") else f"{link[1]} ({link[2]})", line)


def _name_of_reference(reference: re.Match[str]) -> str:
    """What the reference shows; the manual writes `<name>` as `_name_` in an anchor."""
    shown, anchor = reference.groups()
    name = re.sub(r"_([A-Za-z]+)_", r"<\1>", anchor)
    return shown or f"`{name}`"
