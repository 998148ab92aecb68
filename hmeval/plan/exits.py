"""Blocks that end the whole activation script: a block is no function, so `exit` in it ends the script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from hmeval.plan.builds.syntax import Chain, Command, Conditional, Literal, Script, Simple, Unsupported, Word, parse

_EXIT = re.compile(
    r"(?:^|[;&|{()]|\b(?:then|else|do)\b)\s*(?:run\s+)?(?:exit\b\s*(?P<code>\d*)|exec\s+[^\s<>\d])", re.MULTILINE
)
_IGNORED = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|(?:^|(?<=\s))#.*", re.MULTILINE)


class Exit(NamedTuple):
    """A command that ends the activation.

    Attributes:
        is_certain: whether the block always reaches it.
        fails: whether activation fails with it.
    """

    is_certain: bool
    fails: bool


def find_exits(code: str) -> list[Exit]:
    """The commands of a block that end activation; in code that cannot be parsed, those that may."""
    try:
        return list(_in_script(parse(code), is_certain=True))
    except Unsupported:
        found = _EXIT.finditer(_IGNORED.sub("''", code))
        return [Exit(False, (match["code"] or "0") != "0") for match in found]


def _in_script(script: Script, *, is_certain: bool) -> Iterator[Exit]:
    for command in script:
        yield from (found := list(_in_command(command, is_certain=is_certain)))
        is_certain = is_certain and not found


def _in_command(command: Command, *, is_certain: bool) -> Iterator[Exit]:
    """The exits of a command; a group is a shell of its own, which alone ends there."""
    if isinstance(command, Simple):
        yield from _of_words(command.words, is_certain=is_certain)
    elif isinstance(command, Chain):
        yield from _in_command(command.first, is_certain=is_certain)
        for _, following in command.rest:
            yield from _in_command(following, is_certain=False)
    elif isinstance(command, Conditional):
        for condition, consequence in command.branches:
            yield from _in_script((*condition, *consequence), is_certain=False)
        yield from _in_script(command.otherwise, is_certain=False)


def _of_words(words: tuple[Word, ...], *, is_certain: bool) -> Iterator[Exit]:
    """`exit`, and `exec` with a command; `run` carries out what follows it."""
    names = [_text(word) for word in words]
    if names[:1] == ["run"]:
        names = [name for name in names[1:] if name not in ("--quiet", "--silence")]
    if names[:1] == ["exit"]:
        yield Exit(is_certain, names[1:] not in ([], ["0"]))
    elif names[:1] == ["exec"] and len(names) > 1:
        yield Exit(is_certain, False)


def _text(word: Word) -> str | None:
    """What a word says; None where that depends on something."""
    texts = [part.text for part in word if isinstance(part, Literal)]
    return "".join(texts) if len(texts) == len(word) else None
