"""Lists of options: aligned plain text for pipes, a table for terminals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hmeval.options.description import first_sentence
from hmeval.options.model import Option
from hmeval.render.nix_text import value_line
from hmeval.render.terminal import Style, shown

# Columns of the text for pipes: fixed, so that adding an option moves no other line.
NAME_WIDTH, TYPE_WIDTH, VALUE_WIDTH = 48, 26, 30

# Of the table for terminals, after the name: headers, and how they share the width.
_COLUMNS = (("Type", 2), ("Value or default", 2), ("Description", 4))
_WIDE = 110


def names(options: Iterable[Option]) -> str:
    """The options' names, one on each line."""
    return "".join(f"{shown(option.name)}\n" for option in options)


def plain_table(options: Iterable[Option]) -> str:
    """A line for each option: name, type, value (or else default), the description's first sentence.

    Columns stand where they always stand; the name is whole even where it is wider than its column, and two spaces at
    least end every field. There is no header: a line is an option.
    """
    return "".join(_line(option) for option in options)


def terminal_table(options: Sequence[Option], style: Style) -> str:
    """The same columns as a table with a header, as wide as the terminal; a narrow one has no room for descriptions."""
    # rich takes 55 ms to import: only terminals pay for it.
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, expand=True)
    columns = _COLUMNS if style.width >= _WIDE else _COLUMNS[:-1]
    table.add_column("Option", style="bold", overflow="fold", ratio=3, min_width=20)
    for header, ratio in columns:
        table.add_column(header, overflow="ellipsis", no_wrap=True, ratio=ratio, min_width=len(header))
    for option in options:
        table.add_row(*map(Text, _fields(option)[: len(columns) + 1]))
    console = Console(width=style.width, no_color=not style.colour, force_terminal=style.colour, highlight=False)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def shortened(text: str, width: int) -> str:
    """The text, cut to a width; a cut one ends in an ellipsis."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def short_value(option: Option) -> str:
    """The value, if it is known, or else the default, on one line; of what is no option, that it fails."""
    if "option" in option.errors:
        return value_line({"error": option.errors["option"]})
    if option.value is not None:
        return value_line(option.value)
    return " ".join((option.default or "").split())


def _line(option: Option) -> str:
    name, kind, value, description = _fields(option)
    columns = (
        name.ljust(NAME_WIDTH),
        shortened(kind, TYPE_WIDTH).ljust(TYPE_WIDTH),
        shortened(value, VALUE_WIDTH).ljust(VALUE_WIDTH),
        shortened(description, 80),
    )
    return "  ".join(columns).rstrip() + "\n"


def _fields(option: Option) -> tuple[str, str, str, str]:
    name, kind, value = shown(option.name), shown(option.type), shown(short_value(option))
    return name, " ".join(kind.split()), value, shown(first_sentence(option.description or ""))
