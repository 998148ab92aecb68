"""Hover: what an option is, what its value is, and who defines it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lsprotocol import types

from hmeval.lsp.defining import Defining, defining
from hmeval.lsp.index import ABSENT, GROUP, WITHIN, Found
from hmeval.lsp.view import Known, Places, Symbol, View
from hmeval.options.description import to_markdown
from hmeval.options.model import Option, text_of
from hmeval.options.path import show_option
from hmeval.options.renames import alias_target
from hmeval.render.nix_text import value_line, value_text
from hmeval.render.type_text import allowed_values

_LONG = 2000


def hover(view: View, position: types.Position, places: Places) -> types.Hover | None:
    """What there is to know of the name at a position; None where there is nothing."""
    symbol = view.symbol(position)
    if symbol is None or not symbol.path:
        return None
    known = view.known(symbol.scope)
    found = known.found(symbol.path)
    if found.kind == ABSENT:
        return None
    if found.kind == GROUP:
        count = found.entry.last - found.entry.first
        text = f"**{show_option(symbol.path)}**: a set of {count} options"
    elif found.option is None:
        return None
    else:
        text = "\n\n".join([*_sections(found, symbol.path), *_values(known, symbol, places)])
    marked = f"{text}\n\n---\n\n{_mark(known)}" if _mark(known) else text
    content = types.MarkupContent(types.MarkupKind.Markdown, marked)
    return types.Hover(content, view.document.range(symbol.start, symbol.end))


def documentation(option: Option) -> str:
    """What an option is, without values: what completion shows."""
    return "\n\n".join(_documented(option))


def _sections(found: Found, path: tuple[str, ...]) -> Iterator[str]:
    assert found.option is not None
    if found.kind == WITHIN:
        yield f"**{show_option(path)}**: a value within `{found.option.name}`"
    yield from _documented(found.option)


def _values(known: Known, symbol: Symbol, places: Places) -> Iterator[str]:
    """The value, and who defines it; nothing where those are another one's."""
    if known.options.is_built_in or symbol.is_apart:
        return
    value = known.value_of(symbol.path)
    if value is not None:
        yield _value(value)
    holder = known.holder_of(symbol.path)
    if holder is not None and (lines := list(_definitions(holder, symbol.path, places))):
        yield "Defined by\n\n" + "\n".join(lines)


def _documented(option: Option) -> Iterator[str]:
    yield f"**{option.name}** · {option.type}{' · read only' if option.read_only else ''}"
    if (target := alias_target(option.record)) and not option.listed:
        yield f"Renamed to `{show_option(target)}`."
    elif option.description:
        yield to_markdown(option.description)
    if allowed := allowed_values(option.type_info):
        yield f"May be: {', '.join(f'`{line}`' for line in allowed)}"
    yield from _literals(option)


def _literals(option: Option) -> Iterator[str]:
    for title, name in (("Default", "default"), ("Example", "example")):
        field = option.record.get(name)
        text = text_of(field)
        if text:
            is_prose = isinstance(field, Mapping) and field.get("_type") == "literalMD"
            yield f"{title}: {to_markdown(text)}" if is_prose else f"{title}\n\n{_code(text)}"


def _value(value: Mapping[str, Any]) -> str:
    if "error" in value:
        return f"Its value cannot be evaluated: {value['error'].get('message', '')}"
    return f"Value\n\n{_code(value_text(value))}"


def _definitions(option: Option, path: tuple[str, ...], places: Places) -> Iterator[str]:
    """Who defines it, those that lost too. Of a part of an option only those are told that name the part itself."""
    by_file: dict[str, list[Defining]] = {}
    for one in defining(option, path):
        by_file.setdefault(one.file, []).append(one)
    for file, ones in by_file.items():
        known = places(Path(file), path) if file.startswith("/") else []
        if len(known) == len(ones):
            ones = [one._replace(line=line, column=column) for one, (line, column) in zip(ones, known, strict=True)]
        yield from (_defined_at(one) for one in ones if one.value is not None or one.line)


def _defined_at(one: Defining) -> str:
    place = f"{one.file}:{one.line}:{one.column}" if one.line else one.file
    note = f" ({one.priority})" if one.priority != "plain" else ""
    if one.wins:
        return f"- {place}{note}"
    return f"- {place}{note}, which lost: `{value_line(one.value)}`"


def _code(text: str) -> str:
    shown = text if len(text) <= _LONG else f"{text[:_LONG]}…"
    return f"```nix\n{shown}\n```"


def _mark(known: Known) -> str:
    """Where the answer is from, unless it is the configuration as it is written now."""
    if known.options.is_built_in:
        return "*From hmeval's built-in option set: the configuration itself has not been evaluated.*"
    return f"*From the last evaluation: {known.stale}.*" if known.stale else ""
