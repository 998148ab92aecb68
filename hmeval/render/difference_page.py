"""What differs between two configurations, to be read: a group for each kind of difference, counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from itertools import islice

from hmeval.options.comparison import DEFAULT, FIELDS, TYPE, VALUE, told
from hmeval.options.difference import Difference, Pair, Removed
from hmeval.options.model import Option, text_of
from hmeval.render.nix_text import value_line, value_text
from hmeval.render.tables import shortened
from hmeval.render.terminal import Style, shown

_MARGIN = "    "
_SHORT = 60  # a default that has room beside its option
_LONGEST, _MOST_LINES = 160, 40  # of what is shown of one difference
_MOST_NOT_COMPARED = 10
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
    groups.append(_not_compared(difference.not_compared, style))
    return "\n\n".join([*filter(None, groups), _summary(difference)]) + "\n"


def _summary(difference: Difference) -> str:
    counts = difference.counts()
    differing = [f"{counts[kind]} {words}" for kind, words in _WORDS.items() if counts[kind]]
    if left := counts["not_compared"]:
        could = f"{left} option{'s' if left > 1 else ''} could not be compared"
        return f"Options: {', '.join(differing)}; {could}." if differing else f"No difference is known; {could}."
    return f"Options: {', '.join(differing)}." if differing else "No option differs."


def _not_compared(pairs: Sequence[Pair], style: Style) -> str:
    """The options of which it is not known whether they differ, the first ones, each with the reason."""
    lines = [f"{_MARGIN}{_name(pair.after)}  {style('dim', _reasons(pair))}" for pair in pairs[:_MOST_NOT_COMPARED]]
    if len(pairs) > _MOST_NOT_COMPARED:
        lines.append(f"{_MARGIN}… and {len(pairs) - _MOST_NOT_COMPARED} more: --json names them")
    return _group("Not compared", "yellow", lines, style, len(pairs))


def _reasons(pair: Pair) -> str:
    reasons = (f"{field.replace('_', '-')}: {reason}" for field, reason in pair.unknown.items())
    return shortened(shown("; ".join(reasons)), _LONGEST)


def _group(title: str, colour: str, entries: list[str], style: Style, count: int | None = None) -> str:
    number = len(entries) if count is None else count
    return "\n".join([style(colour, f"{title} ({number})"), *entries]) if entries else ""


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
    tell = _definitions if field == VALUE and pair.by_definitions else _text
    lines = list(_differing(tell(pair.before, field), tell(pair.after, field)))
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
    found = told(option, field)
    if isinstance(found, Mapping) and "error" in found:
        return shown(f"cannot be evaluated: {found['error'].get('message', '')}")
    text = value_text(found) if field == VALUE else text_of(found)
    return shown((text or "").rstrip("\n") or "(none)")


def _definitions(option: Option, field: str) -> str:
    """The definitions of a value that is not known as a whole."""
    texts = [value_text(one.get("value")) or value_line(one.get("value")) for one in option.definitions]
    return shown("\n".join(["defined as", *texts]))


def _name(option: Option) -> str:
    return shown(option.name)
