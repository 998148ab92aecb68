"""`hmeval eval`: the value of an expression, or of a path of the configuration."""

from __future__ import annotations

import argparse

from hmeval.cli.failures import WrongUsage
from hmeval.cli.help_text import HelpText
from hmeval.cli.output import warn, write
from hmeval.cli.selection import typed_path, unknown_path
from hmeval.cli.target_flags import add_target_flags, load_target
from hmeval.render.terminal import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from hmeval.loading import Configuration

_EXAMPLES = """\
examples:
  hmeval eval --flake .#alice --at programs.git.settings
  hmeval eval --flake .#alice --json 'map (package: package.name) config.home.packages'
  hmeval eval --file home.nix --offline 'lib.attrNames config.home.file'
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "eval",
        help="evaluate an expression within the configuration",
        description="Evaluate a Nix expression, in which config, options, pkgs and lib are those of the\n"
        "configuration; or show the configuration's value at a path.",
        epilog=_EXAMPLES,
        formatter_class=HelpText,
        allow_abbrev=False,
    )
    parser.add_argument("expression", nargs="?", metavar="EXPR", help="a Nix expression")
    parser.add_argument(
        "--at", metavar="PATH", help="the configuration's value at an option's path, or at a set of them"
    )
    parser.add_argument("--json", action="store_true", help="the value as JSON instead of Nix text")
    add_target_flags(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    """Show the value; parts of it may fail.

    Raises WrongUsage for flags that contradict each other, Failure for a path that is not there.
    """
    if (arguments.expression is None) == (arguments.at is None):
        raise WrongUsage("give either an expression or --at PATH")
    loc = typed_path(arguments.at) if arguments.at is not None else None
    with load_target(arguments) as configuration:
        value = _shown(configuration, arguments.expression, loc, arguments.json)
    write(f"{value['text']}\n")
    if value["failed"]:
        _tell(value["failed"], loc or ())
    return 0


def _tell(failed: Sequence[Mapping[str, Any]], loc: Sequence[str]) -> None:
    """Name the parts that could not be evaluated on standard error: the value is there all the same."""
    from hmeval.render.failed_parts import failed_parts

    count = "1 part" if len(failed) == 1 else f"{len(failed)} parts"
    lines = shown(failed_parts(failed, loc)).replace("\n", "\n  ")
    warn(f"hmeval: {count} of the value could not be evaluated\n  {lines}")


def _shown(configuration: Configuration, expression: str | None, loc: list[str] | None, json: bool) -> dict[str, Any]:
    try:
        return configuration.shown(expression, loc, json=json)
    except KeyError:
        raise unknown_path(configuration.options, loc or (), "the configuration has nothing at") from None
