"""What the command line tells of itself: its version, and completions for shells. Imported late, since rarely asked."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SHELLS = ("bash", "zsh", "tcsh")
_FILES, _FOLDERS = ("FILE",), ("DIR",)


class ShowVersion(argparse.Action):
    """`--version`: the version of the installed package."""

    def __init__(self, option_strings: list[str], dest: str, **kwargs: Any) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help=kwargs.get("help"))

    def __call__(self, parser: argparse.ArgumentParser, *ignored: Any) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("hmeval")
        except PackageNotFoundError:
            number = "(not installed)"
        parser.exit(message=None, status=_print(f"hmeval {number}\n"))


class ShowCompletion(argparse.Action):
    """`--print-completion SHELL`: a script for the shell to read."""

    def __init__(self, option_strings: list[str], dest: str, **kwargs: Any) -> None:
        super().__init__(
            option_strings, argparse.SUPPRESS, choices=SHELLS, metavar=kwargs.get("metavar"), help=kwargs.get("help")
        )

    def __call__(self, parser: argparse.ArgumentParser, namespace: Any, shell: Any, *ignored: Any) -> None:
        import shtab

        for action in _actions(parser):
            if action.metavar in _FILES:
                action.complete = shtab.FILE  # type: ignore[attr-defined]
            elif action.metavar in _FOLDERS:
                action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        parser.exit(message=None, status=_print(shtab.complete(parser, str(shell)) + "\n"))


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The actions of a parser and of its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)


def _print(text: str) -> int:
    from hmeval.cli import failures
    from hmeval.cli.output import write

    return failures.run(lambda: write(text))
