"""The command line: `main` picks a command, runs it, and turns what goes wrong into an exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from hmeval.cli import failures
from hmeval.cli.help_text import HelpText
from hmeval.cli.introspection import ShowCompletion, ShowVersion

# One module for each command: it says how it is called (`register`) and does it (`run`).
COMMANDS = ("options", "why", "eval", "plan", "diff", "doctor", "cache", "lsp")

_EXAMPLES = """\
examples:
  hmeval options --file home.nix --offline programs.git
  hmeval options --flake .#alice --search 'git sign'
  hmeval options --flake .#alice programs.git.enable
  hmeval why --flake .#alice home.sessionVariables.EDITOR
  hmeval options --flake .#alice --set --format json | jq '.options[].name'
  hmeval plan --flake .#alice --diff
  hmeval eval --flake .#alice --at home.username
  hmeval eval --flake .#alice 'builtins.length config.home.packages'
  hmeval diff --flake .#alice --b-override-input home-manager ../home-manager

exit codes: 0 done, 1 the evaluation or the input failed, 2 wrong usage, 130 interrupted; 3 of plan: blocked
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `hmeval` with these arguments (by default the process's) and return its exit code.

    0 done, 1 the evaluation or the input failed, 2 wrong usage, 130 interrupted. Never raises what hmeval raises on
    purpose: it is told on standard error.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    parser = build_parser(words[0] if words else None)
    try:
        arguments = parse_arguments(parser, words)
    except SystemExit as wrong_usage:  # argparse has told what is wrong, or shown the help
        return wrong_usage.code if isinstance(wrong_usage.code, int) else failures.WRONG_USAGE
    return failures.run(lambda: int(arguments.run(arguments)), arguments.parser)


def parse_arguments(parser: argparse.ArgumentParser, argv: Sequence[str]) -> argparse.Namespace:
    """The arguments of a command; paths may stand between flags. Raises SystemExit as argparse does."""
    arguments, rest = parser.parse_known_args(argv)
    # argparse takes the paths that stand together first for all of them, and leaves the others over.
    if rest and (not hasattr(arguments, "paths") or any(word.startswith("-") for word in rest)):
        arguments.parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        arguments.paths += rest
    return arguments


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """The parser of the whole command line: each command registers itself, its `run` and its own parser.

    With the name of a command, the parser of that one alone: most of the time that a quick answer takes would go into
    the others.
    """
    parser = argparse.ArgumentParser(
        prog="hmeval",
        description="Look into a Home Manager configuration: its options, their values, and who sets them.",
        epilog=_EXAMPLES,
        formatter_class=HelpText,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=ShowVersion, help="show hmeval's version, and exit")
    parser.add_argument(
        "--print-completion",
        action=ShowCompletion,
        metavar="SHELL",
        help="print the completion script for bash, zsh or tcsh, and exit",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, prog="hmeval")
    for name in (command,) if command in COMMANDS else COMMANDS:
        import_module(f"hmeval.cli.{name}").register(commands)
    return parser
