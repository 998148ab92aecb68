"""How help is laid out. argparse lays out every argument as it is declared, so this is on the way of each command."""

from __future__ import annotations

import argparse
import os
import sys

_WIDTH = 80


class HelpText(argparse.RawDescriptionHelpFormatter):
    """As argparse's own, which imports shutil, and compression with it, for the terminal's width."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """As shutil.get_terminal_size."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else -1).columns or _WIDTH
    except (OSError, ValueError):
        return _WIDTH
