"""`hmeval why`: an option's final value, and every definition of it, with its verdict."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from hmeval.cli.failures import Failure
from hmeval.cli.help_text import HelpText
from hmeval.cli.output import write
from hmeval.cli.selection import typed_path, unknown_path
from hmeval.cli.target_flags import add_target_flags, load_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hmeval.loading import Configuration
    from hmeval.options.why import Why

_EXAMPLES = """\
verdicts:
  winner        counts; several that count are merged in the order shown
  loser         another definition has a stronger priority: mkForce (50) before a plain one (100) before mkDefault
                (1000) before an option's default (1500)
  inactive      the condition of its mkIf is false
  unknown       its condition cannot be evaluated, or a function stands in its place

The path may go on below an option, into its values. It works for a configuration that fails, too.

examples:
  hmeval why --flake .#alice home.sessionVariables.EDITOR
  hmeval why --flake .#alice programs.git.settings.user.email
  hmeval why --file home.nix --offline --json 'home.file.".vimrc".source'
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "why",
        help="say why an option has its value: who defines it, and who lost",
        description="Show the final value at PATH and every definition of it: file:line:column, priority, condition,\n"
        "value, and whether it counts or why not.",
        epilog=_EXAMPLES,
        formatter_class=HelpText,
        allow_abbrev=False,
    )
    parser.add_argument("path", metavar="PATH", help="an option, or a part of its value")
    parser.add_argument("--json", action="store_true", help="the answer as JSON")
    parser.add_argument("--all", action="store_true", help="all definitions under a false mkIf, however many")
    add_target_flags(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    """Show why. Raises Failure for a path at which there is no option."""
    loc = typed_path(arguments.path)
    with load_target(arguments) as configuration:
        why = _why(configuration, loc)
        target = configuration.describe()
    if arguments.json:
        from hmeval.options.documents import why_document
        from hmeval.render.json_text import json_document

        return write(f"{json_document(why_document(target, why), 'definitions')}\n")
    from hmeval.render.terminal import style_for
    from hmeval.render.why_page import why_page

    return write(why_page(why, style_for(sys.stdout), whole=arguments.all))


def _why(configuration: Configuration, loc: Sequence[str]) -> Why:
    from hmeval.options.path import is_placeholder, show_option

    wanted = next((part for part in loc if is_placeholder(part)), None)
    try:
        why = configuration.why(loc)
    except KeyError:
        configuration.recover()
        below = configuration.options_below(loc).under(loc)
        if below:
            advice = f"to list them: hmeval options --format names {show_option(loc)}"
            raise Failure(f"{show_option(loc)} holds {len(below)} options, and is none itself", advice) from None
        raise unknown_path(configuration.options, loc) from None
    if wanted is not None and why.value is None:  # a real name may look like a placeholder: ssh's block `*`
        raise Failure(f"{show_option(loc)} is not one option: {wanted} stands for any name", "give a name in its place")
    return why
