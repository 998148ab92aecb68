"""`hmeval plan`: what activation would do."""

from __future__ import annotations

import argparse
import sys

from hmeval.cli.failures import WrongUsage
from hmeval.cli.help_text import HelpText
from hmeval.cli.output import write
from hmeval.cli.target_flags import add_target_flags, check_target_flags, load_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hmeval.plan.model import Plan

CHANGES, BLOCKED = 2, 3

_EXAMPLES = """\
exit codes: 0 nothing to do, or all of it can be done; 3 blocked: activation would fail; 1 the configuration cannot be
evaluated. With --detailed-exitcode: 0 nothing to do, 2 changes, 3 blocked.

examples:
  hmeval plan --flake .#alice
  hmeval plan --flake .#alice --backup-extension bak --diff
  hmeval plan --file home.nix --offline --from none --json
  hmeval plan --flake .#alice --graph dot | dot -Tsvg > order.svg
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "plan",
        help="show what activation would do, before anything is built",
        description="Show what activating the configuration would do: files, packages, units, settings, order; and\n"
        "where it would fail. Nothing is built, and nothing is written.",
        epilog=_EXAMPLES,
        formatter_class=HelpText,
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="the plan as JSON (hmeval/plan/plan.schema.json)")
    parser.add_argument("--diff", action="store_true", help="how contents change, as unified diffs")
    parser.add_argument("--graph", choices=("dot",), help="the order of activation, for Graphviz, and nothing else")
    parser.add_argument("--unchanged", action="store_true", help="list what stays as it is, too")
    parser.add_argument("--detailed-exitcode", action="store_true", help="0 nothing to do, 2 changes, 3 blocked")
    _add_circumstances(parser)
    add_target_flags(parser)
    parser.set_defaults(run=run, parser=parser)


def _add_circumstances(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what it is activated in (backups, for a home inside a system: as that one says)")
    group.add_argument(
        "--from",
        dest="from_",
        default="current",
        metavar="current|none|DIR",
        help="the generation to start from (default: current, the one that was activated last)",
    )
    group.add_argument("--home", metavar="DIR", help="the home folder (default: the configuration's)")
    group.add_argument("--specialisation", metavar="NAME", help="the plan for one of the specialisations")
    group.add_argument("--backup-extension", metavar="EXT", default="", help="move what is in the way to NAME.EXT")
    group.add_argument("--backup-command", metavar="CMD", default="", help="run CMD on what is in the way")
    group.add_argument("--overwrite-backup", action="store_true", help="with --backup-extension: over older backups")


def run(arguments: argparse.Namespace) -> int:
    """Show the plan. Raises WrongUsage for flags that contradict each other, PlanError, EvaluationError."""
    if arguments.graph and (arguments.json or arguments.diff):
        raise WrongUsage("--graph shows the order alone: it goes with neither --json nor --diff")
    if arguments.overwrite_backup and not arguments.backup_extension:
        raise WrongUsage("--overwrite-backup goes with --backup-extension")
    check_target_flags(arguments)
    with load_target(arguments) as configuration:
        plan = configuration.plan(
            arguments.home,
            arguments.from_,
            specialisation=arguments.specialisation,
            backup_extension=arguments.backup_extension,
            backup_command=arguments.backup_command,
            overwrite_backup=arguments.overwrite_backup,
            diff=arguments.diff,
        )
        target = configuration.describe()
    write(_shown(plan, target, arguments))
    return _exit_code(plan, detailed=arguments.detailed_exitcode)


def _shown(plan: Plan, target: dict[str, object], arguments: argparse.Namespace) -> str:
    if arguments.graph:
        from hmeval.render.plan_graph import dot

        return dot(plan)
    if arguments.json:
        from hmeval.render.json_text import json_text

        return f"{json_text(plan.as_json(target, unchanged=arguments.unchanged), indent=2)}\n"
    from hmeval.render.plan_text import plan_text
    from hmeval.render.terminal import style_for

    return plan_text(plan, style_for(sys.stdout), unchanged=arguments.unchanged)


def _exit_code(plan: Plan, *, detailed: bool) -> int:
    if plan.blocked:
        return BLOCKED
    return CHANGES if detailed and plan.changes else 0
