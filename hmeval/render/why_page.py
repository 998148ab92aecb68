"""Why an option has its value, to be read: the value, and each definition with its place and its verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hmeval.options.model import order_name
from hmeval.options.path import show_option
from hmeval.options.why import INACTIVE, LOSER, UNKNOWN, WINNER, Definition, Why, named_priority
from hmeval.render.failed_parts import failed_parts
from hmeval.render.nix_text import value_line, value_text
from hmeval.render.tables import shortened
from hmeval.render.terminal import Style, shown, without_long_lines

_MARGIN = "    "
_SHORT = 60  # a value that has room beside its place
_LONG = 100  # what is shown of a longer one that does not count
MOST_INACTIVE = 10
"""How many definitions under a false mkIf are shown: Home Manager's modules hold hundreds for some options."""

_TITLES = {
    WINNER: ("Winner", "Winners, in the order in which they are merged", "green"),
    LOSER: ("Loser", "Losers", "red"),
    INACTIVE: ("Inactive", "Inactive", "dim"),
    UNKNOWN: ("Unknown", "Unknown", "red"),
}


def why_page(why: Why, style: Style, *, whole: bool = False) -> str:
    """The path, its final value, and its definitions by verdict; `whole` shows all of the inactive ones."""
    sections = [style("bold", shown(why.name)), *_sections(why, style, whole)]
    return "\n\n".join(section for section in sections if section) + "\n"


def _sections(why: Why, style: Style, whole: bool) -> Iterator[str]:
    yield from _notes(why)
    yield _section("Value", _value(why.value) or "none: nothing defines it", style, "green")
    yield _section("Could not be evaluated", failed_parts((why.value or {}).get("failed", ()), why.loc), style, "red")
    if why.before_apply is not None:
        yield _section("Before the option's `apply`", _value(why.before_apply), style)
    for verdict, titles in _TITLES.items():
        chosen = [definition for definition in why.definitions if definition.verdict == verdict]
        yield _definitions(chosen, titles, style, whole or verdict != INACTIVE)
    yield from _not_read(why, style, whole)


def _not_read(why: Why, style: Style, whole: bool) -> Iterator[str]:
    told = [module for module in why.not_read if whole or not module.get("inactive")]
    lines = [f"{module['file']}: {module['message']}" for module in told]
    yield _section("Modules that cannot be searched", "\n".join(lines), style, "red")
    if len(told) < len(why.not_read):
        count = len(why.not_read) - len(told)
        yield f"{_MARGIN}{count} modules cannot be searched under a mkIf that is false: --all names them."


def _notes(why: Why) -> Iterator[str]:
    if why.renamed_from is not None:
        kind = "another name of it" if why.is_alias else "its old name"
        yield f"{_MARGIN}{shown(show_option(why.renamed_from))} is {kind}: definitions of that one count here."
    if list(why.option) != list(why.loc):
        yield f"{_MARGIN}A part of the option {shown(show_option(why.option))}."


def _definitions(definitions: list[Definition], titles: tuple[str, str, str], style: Style, whole: bool) -> str:
    one, several, colour = titles
    # The user's own modules are merged last: when some are left out, it is others'.
    kept = definitions if whole else definitions[::-1][:MOST_INACTIVE]
    lines = [line for definition in kept for line in _definition(definition, style, colour)]
    if len(kept) < len(definitions):
        lines.append(f"{_MARGIN}… and {len(definitions) - len(kept)} more: --all shows them")
    return "\n".join([style("cyan", one if len(definitions) == 1 else several), *lines]) if lines else ""


def _definition(definition: Definition, style: Style, colour: str) -> Iterator[str]:
    value = value_line(definition.value)
    beside = f"  {shown(value)}" if 0 < len(value) <= _SHORT else ""
    yield f"{_MARGIN}{style(colour, shown(definition.place()))}  {_strength(definition)}{beside}"
    # What counts is shown whole.
    below = "" if beside else _value(definition.value) if definition.wins else shortened(value, _LONG)
    for note in (below, *_remarks(definition)):
        yield from (f"{_MARGIN}{_MARGIN}{line}".rstrip() for line in shown(note).split("\n") if line)


def _strength(definition: Definition) -> str:
    parts = ["default"] if definition.default else []
    parts.append(named_priority(definition.priority))
    if definition.order is not None:
        parts.append(f"{order_name(definition.order)} ({definition.order})")
    if definition.condition and definition.wins:
        parts.append("its mkIf is true")
    return ", ".join(parts)


def _remarks(definition: Definition) -> Iterator[str]:
    if definition.reason:
        yield definition.reason
    if definition.written_as:
        yield f"written as {definition.written_as}"
    if not definition.exact and definition.line is not None:
        yield "generated: this is the place of what generates it"
    if definition.module and definition.module not in (definition.file, "<unknown-file>"):
        yield f"of the module {definition.module}"
    if definition.imported_by:
        yield f"imported by {definition.imported_by}"


def _value(value: Mapping[str, Any] | None) -> str:
    if value is not None and "error" in value:
        error = value["error"]
        position = error.get("position")
        place = f"\n  at {position['file']}:{position['line']}:{position['column']}" if position else ""
        return f"cannot be evaluated: {without_long_lines(error.get('message', ''))}{place}"
    return value_text(value)


def _section(title: str, text: str, style: Style, colour: str = "") -> str:
    if not text:
        return ""
    lines = [style(colour, line) if colour else line for line in shown(text).rstrip("\n").split("\n")]
    return "\n".join([style("cyan", title), *(f"{_MARGIN}{line}".rstrip() for line in lines)])
