"""What differs between two configurations, to be read: a group for each kind of difference, counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from itertools import islice
from typing import Any

from hmeval.options.difference import DEFAULT, FIELDS, TYPE, VALUE, Difference, Pair, Removed
from hmeval.options.model import Option, text_of
from hmeval.render.nix_text import value_text
from hmeval.render.tables import shortened
from hmeval.render.terminal import Style, shown

_MARGIN = "    "
_SHORT = 60  # a default that has room beside its option
_LONGEST, _MOST_LINES = 160, 40  # of what is shown of one difference
_COLOURS = {"-": "red", "+": "green"}
_TITLES = {TYPE: "Another type", DEFAULT: "Another default", VALUE: "Another value"}
_WORDS = {
    "added": "added",
    "removed": "removed",
    "renamed": "renamed",
    "type_changed": "with another type",
    "default_changed": "with another default",
    "value_changed": "with another value",
}


def difference_page(difference: Difference, style: Style) -> str:
    """The groups, each with its count, and a last line that sums up."""
    groups = [
        _group("Added", "green", [_came(option, style) for option in difference.added], style),
        _group("Removed", "red", [_went(each, style) for each in difference.removed], style),
        _group("Renamed", "cyan", [_renamed(pair, style) for pair in difference.renamed], style),
    ]
    for field in FIELDS:
        entries = [_changed(pair, field, style) for pair in difference.differing(field)]
        groups.append(_group(_TITLES[field], "bold", entries, style))
    return "\n\n".join([*filter(None, groups), _summary(difference)]) + "\n"


def _summary(difference: Difference) -> str:
    counts = difference.counts()
    told = [f"{count} {_WORDS[kind]}" for kind, count in counts.items() if count]
    return f"Options: {', '.join(told)}." if told else "No option differs."


def _group(title: str, colour: str, entries: list[str], style: Style) -> str:
    return "\n".join([style(colour, f"{title} ({len(entries)})"), *entries]) if entries else ""


def _came(option: Option, style: Style) -> str:
    default = shortened(" ".join(shown(option.default or "").split()), _SHORT)
    told = f"  {style('dim', f'default {default}')}" if default else ""
    return f"{_MARGIN}{style('green', '+')} {_name(option)}  {shown(' '.join(option.type.split()))}{told}"


def _went(removed: Removed, style: Style) -> str:
    was_set = "  (the configuration sets it)" if removed.option.is_set else ""
    reason = [f"{_MARGIN}{_MARGIN}{line}".rstrip() for line in shown(removed.reason).split("\n") if line.strip()]
    return "\n".join([f"{_MARGIN}{style('red', '-')} {_name(removed.option)}{was_set}", *reason])


def _renamed(pair: Pair, style: Style) -> str:
    return f"{_MARGIN}{_name(pair.before)} {style('cyan', '→')} {_name(pair.after)}"


def _changed(pair: Pair, field: str, style: Style) -> str:
    return "\n".join([f"{_MARGIN}{style('bold', _name(pair.after))}", *_sides(pair, field, style)])


def _sides(pair: Pair, field: str, style: Style) -> Iterator[str]:
    """The lines that differ, each with what stands next to it."""
    lines = list(_differing(_text(pair.before, field), _text(pair.after, field)))
    for line in lines[:_MOST_LINES]:
        colour = _COLOURS.get(line[0], "dim")
        yield f"{_MARGIN}{_MARGIN}{style(colour, shortened(line, _LONGEST))}".rstrip()
    if len(lines) > _MOST_LINES:
        yield f"{_MARGIN}{_MARGIN}{style('dim', f'… {len(lines) - _MOST_LINES} more lines: --json has them')}"


def _differing(before: str, after: str) -> Iterator[str]:
    lines = unified_diff(before.split("\n"), after.split("\n"), n=1, lineterm="")
    for line in islice(lines, 2, None):  # after the names of two files
        if not line.startswith("@@"):
            yield f"{line[0]} {line[1:]}"


def _text(option: Option, field: str) -> str:
    if field == TYPE:
        return shown(option.type)
    text = text_of(option.record.get("default")) if field == DEFAULT else _value(option.value)
    return shown((text or "").rstrip("\n") or "(none)")


def _value(value: Mapping[str, Any] | None) -> str:
    if value is not None and "error" in value:
        return f"cannot be evaluated: {value['error'].get('message', '')}"
    return value_text(value)


def _name(option: Option) -> str:
    return shown(option.name)
