"""One option in full, to be read like an entry of a manual."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from hmeval.options.description import to_plain
from hmeval.options.model import Option, text_of
from hmeval.options.path import show_option
from hmeval.render.failed_parts import failed_parts
from hmeval.render.nix_text import value_line, value_text
from hmeval.render.terminal import Style, shown, without_long_lines
from hmeval.render.type_text import allowed_values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MARGIN = "    "
_WIDEST = 100  # wider lines are hard to read
_SHORT = 60  # a definition's value that has room beside its place
# What is not prose keeps its lines: list items, definitions, code, quotes, headings, tables.
_KEEPS_ITS_LINES = re.compile(r"^(\s{4,}|\s*([-*+>#|:]|\d+[.)]|```|~~~))")


def option_page(option: Option, style: Style, below: int = 0) -> str:
    """The option's name, type, description, default, example, value, instances, definitions and declarations.

    `below` says how many options there are under it, which a list of the path would show.
    """
    sections = [style("bold", shown(option.name)), *_sections(option, style, below)]
    return "\n\n".join(section for section in sections if section) + "\n"


def place(position: Mapping[str, Any]) -> str:
    """`file:line:column`, as far as it is known."""
    parts = [position.get("file"), position.get("line"), position.get("column")]
    return shown(":".join(str(part) for part in parts if part is not None))


def _sections(option: Option, style: Style, below: int) -> Iterator[str]:
    yield _prose(to_plain(option.description or ("" if option.within else "No description.")), style)
    yield _section("Type", f"{option.type}{' (read only)' if option.read_only else ''}", style)
    yield _section("May be", "\n".join(allowed_values(option.type_info)), style)
    yield _section("Default", _literal(option.record.get("default")), style)
    yield _section("Example", _literal(option.record.get("example")), style)
    yield _section("Value", value_text(option.value), style, "green")
    yield _errors(option, style)
    yield _section("Instance of", show_option(option.instance_of or ()), style)
    yield _section("A value within", show_option(option.within or ()), style)
    yield _section("Instances", "\n".join(map(show_option, option.instances)), style)
    yield _section("Defined by", "\n".join(_definition(definition) for definition in option.definitions), style)
    yield _section("Declared in", "\n".join(_declarations(option)), style)
    if below:
        yield style("dim", f"{below} options below it: hmeval options --format names {_shell_quoted(option.name)}")


def _section(title: str, text: str, style: Style, colour: str = "") -> str:
    if not text:
        return ""
    lines = [style(colour, line) if colour else line for line in shown(text).rstrip("\n").split("\n")]
    return "\n".join([style("cyan", title), *(f"{_MARGIN}{line}".rstrip() for line in lines)])


def _prose(text: str, style: Style) -> str:
    """Paragraphs wrapped to the width; lists and code as they are written."""
    from textwrap import fill

    width = min(style.width, _WIDEST)
    in_code = False
    wrapped: list[str] = []
    for paragraph in re.split(r"\n{2,}", shown(text).strip("\n")):
        lines = paragraph.split("\n")
        kept = in_code or any(_KEEPS_ITS_LINES.match(line) for line in lines)
        in_code ^= sum(line.lstrip().startswith(("```", "~~~")) for line in lines) % 2 == 1
        margin = _MARGIN + re.match(r"\s*", paragraph)[0] if not kept else _MARGIN  # type: ignore[index]
        wrapped.append(
            "\n".join(f"{_MARGIN}{line}".rstrip() for line in lines)
            if kept
            else fill(paragraph, width, initial_indent=margin, subsequent_indent=margin, break_long_words=False)
        )
    return "\n\n".join(wrapped)


def _literal(field: Any) -> str:
    """A default or example: an expression as it is, literalMD as prose."""
    text = text_of(field) or ""
    return to_plain(text) if isinstance(field, Mapping) and field.get("_type") == "literalMD" else text


def _errors(option: Option, style: Style) -> str:
    errors = dict(option.errors)
    if option.value is not None and "error" in option.value:
        errors.setdefault("value", option.value["error"])
    # What ends the whole option fails in each of its fields.
    fields: dict[str, list[str]] = {}
    for field, error in errors.items():
        fields.setdefault("\n".join(_error(error)), []).append(field)
    lines = [f"{', '.join(names)}: {error}" for error, names in fields.items()]
    if option.value is not None and "failed" in option.value:
        lines.append(failed_parts(option.value["failed"], option.loc))
    return _section("Could not be evaluated", "\n".join(lines), style, "red")


def _error(error: Mapping[str, Any]) -> Iterator[str]:
    yield without_long_lines(str(error.get("message", "")))
    if position := error.get("position"):
        yield f"  at {place(position)}"


def _definition(definition: Mapping[str, Any]) -> str:
    """Where it is, its priority where that is not an ordinary one, and its value where there is a short one."""
    priority = definition.get("priority")
    name = priority.get("name") if isinstance(priority, Mapping) else None
    notes = [name] if name and name != "plain" else []
    notes += [] if definition.get("wins", True) else ["overridden"]
    value = value_line(definition.get("value"))
    noted = f" ({', '.join(notes)})" if notes else ""
    return f"{place(definition)}{noted}" + (f"  {value}" if 0 < len(value) <= _SHORT else "")


def _declarations(option: Option) -> Iterator[str]:
    if option.declaration_positions:
        yield from map(place, option.declaration_positions)
    else:
        yield from map(str, option.declarations)


def _shell_quoted(name: str) -> str:
    from shlex import quote

    return quote(name)
