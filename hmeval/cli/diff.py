"""`hmeval diff`: what differs between the options of two configurations."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from hmeval.cli.failures import WrongUsage
from hmeval.cli.help_text import HelpText
from hmeval.cli.output import write
from hmeval.cli.progress import OptionCounter
from hmeval.cli.target_flags import add_target_flags, by_name, load_target, target_request
from hmeval.cli.whole_failures import failures_of, tell
from hmeval.errors import HmevalError
from hmeval.targets.project import is_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hmeval.loading import Configuration

_EXAMPLES = """\
A and B are each a flake (REF#NAME) or a home.nix. The flags that say what to evaluate count for both, those that begin
with --b- for B alone; without B it is A, or what --flake or --file names, with these.

Told of are options that are added, removed or renamed, and those with another type, default or value. Packages are
compared by name, and paths into a flake's own source without its hash, which changes with each of its files. Values of
which parts fail are compared part by part; what could not be compared is counted and listed.

examples:
  hmeval diff --flake .#alice --b-override-input home-manager ../home-manager
  hmeval diff --file home.nix --home-manager ../hm-25.11 --b-home-manager ../hm-26.05
  hmeval diff '.?ref=main#alice' .#alice
  hmeval diff --offline home.nix work.nix --json
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "diff",
        help="compare the options of two configurations",
        description="Show what differs between the options of two configurations.",
        epilog=_EXAMPLES,
        formatter_class=HelpText,
        allow_abbrev=False,
    )
    parser.add_argument("a", nargs="?", metavar="A", help="a flake or a home.nix: the one before")
    parser.add_argument("b", nargs="?", metavar="B", help="the same for the one after (default: A, with --b- flags)")
    parser.add_argument("--json", action="store_true", help="the differences as JSON (docs/json.md)")
    parser.add_argument("--all", action="store_true", help="hidden and internal options too")
    add_target_flags(parser)
    second = parser.add_argument_group("for B alone, over what counts for both")
    second.add_argument("--b-home-manager", metavar="DIR", help="as --home-manager")
    second.add_argument("--b-nixpkgs", metavar="DIR", help="as --nixpkgs")
    second.add_argument(
        "--b-override-input",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "DIR"),
        help="as --override-input (repeatable)",
    )
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    """Show the differences, then what is wrong with the configurations, which makes the exit code 1."""
    before, after = _side(arguments, arguments.a), _other_side(arguments)
    for side in (before, after):
        target_request(side)
    with OptionCounter() as counter, _loaded(before, after, counter) as (a, b):
        failures = [message for each in (a, b) for message in failures_of(each)]
        try:
            answer = _answer(a, b, arguments)
        except HmevalError:
            tell(failures)
            raise
    write(answer)
    return tell(failures)


@contextmanager
def _loaded(
    before: argparse.Namespace, after: argparse.Namespace, counter: OptionCounter
) -> Iterator[tuple[Configuration, Configuration]]:
    with ExitStack() as stack:
        yield (
            stack.enter_context(load_target(before, counter)),
            stack.enter_context(load_target(after, counter)),
        )


def _answer(a: Configuration, b: Configuration, arguments: argparse.Namespace) -> str:
    from hmeval.diffing import diff

    difference = diff(a, b, hidden=arguments.all)
    if arguments.json:
        from hmeval.options.documents import difference_document
        from hmeval.render.json_text import json_text

        return f"{json_text(difference_document(a.describe(), b.describe(), difference), indent=2)}\n"
    from hmeval.render.difference_page import difference_page
    from hmeval.render.terminal import style_for

    return difference_page(difference, style_for(sys.stdout))


def _side(arguments: argparse.Namespace, named: str | None) -> argparse.Namespace:
    """The flags of one side: those for both, and what is named, which a flag must not name as well."""
    side = argparse.Namespace(**vars(arguments))
    if named is None:
        return side
    if arguments.flake is not None or arguments.file is not None:
        raise WrongUsage(f"--flake and --file say what A is, and so does {named}: give one")
    side.flake, side.file = (None, named) if is_file(named) else (named, None)
    return side


def _other_side(arguments: argparse.Namespace) -> argparse.Namespace:
    own = [arguments.b_home_manager, arguments.b_nixpkgs, *arguments.b_override_input]
    if arguments.b is None and not any(own):
        raise WrongUsage("nothing to compare with: give B, or flags that begin with --b-")
    side = _side(arguments, arguments.a if arguments.b is None else arguments.b)
    side.home_manager = arguments.b_home_manager or arguments.home_manager
    side.nixpkgs = arguments.b_nixpkgs or arguments.nixpkgs
    side.override_input = [*(by_name(arguments.override_input) | by_name(arguments.b_override_input)).items()]
    return side
