"""`hmeval plan`: what activation would do."""

from __future__ import annotations

import argparse
import sys
from typing import NamedTuple

from hmeval.cli.failures import WrongUsage
from hmeval.cli.help_text import HelpText
from hmeval.cli.output import write
from hmeval.cli.target_flags import add_target_flags, load_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from hmeval.plan.model import Plan

CHANGES, BLOCKED = 2, 3

_EXAMPLES = """\
exit codes: 0 nothing to do, or all of it can be done; 3 blocked: activation would fail; 1 the configuration cannot be
evaluated, or a generation is not there. With --detailed-exitcode: 0 nothing to do, 2 changes, 3 blocked. Where only the
build can tell whether activation fails, the plan says so, and the exit code is not 3.

examples:
  hmeval plan --flake .#alice
  hmeval plan --flake .#alice --backup-extension bak --diff
  hmeval plan --file home.nix --offline --from none --json
  hmeval plan --flake .#alice --graph dot | dot -Tsvg > order.svg
  hmeval plan --flake .#laptop --system                 # all homes of a system
  hmeval plan --to previous                             # what `home-manager switch --rollback` would do
  hmeval plan --to 41 --from 42 --diff                  # from one generation to another, by their numbers
"""

_OF_CONFIGURATIONS = (
    "flake file user system home_manager nixpkgs offline override_input override_inputs write_lock_file no_cache "
    "refresh graph"
).split()

_OF_ONE_HOME = ("home", "specialisation", "backup_extension", "backup_command", "graph")


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "plan",
        help="show what activation would do, before anything is built",
        description="Show what activating the configuration would do: files, packages, units, settings, order; and\n"
        "where it would fail. Nothing is built, and nothing is written. With --to, the same of a\n"
        "generation that was built; nothing is evaluated then.",
        epilog=_EXAMPLES,
        formatter_class=HelpText,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--to",
        metavar="GENERATION",
        help="for a generation that was built, in place of a configuration: previous (what a rollback takes), a number "
        "as `home-manager generations` lists them, or its folder",
    )
    parser.add_argument("--json", action="store_true", help="the plan as JSON (hmeval/plan/plan.schema.json)")
    parser.add_argument("--diff", action="store_true", help="how contents change, as unified diffs")
    parser.add_argument("--graph", choices=("dot",), help="the order of activation, for Graphviz, and nothing else")
    parser.add_argument("--brief", action="store_true", help="ten lines at most, for a hook or a commit message")
    parser.add_argument("--why", action="store_true", help="who made each file: the module, and the place")
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
        metavar="GENERATION",
        help="the generation to start from: current (the default: what was activated last), none, or as for --to",
    )
    group.add_argument(
        "--home", metavar="DIR", help="the home folder (default: the configuration's, or the generation's)"
    )
    group.add_argument("--specialisation", metavar="NAME", help="the plan for one of the specialisations")
    group.add_argument("--backup-extension", metavar="EXT", default="", help="move what is in the way to NAME.EXT")
    group.add_argument("--backup-command", metavar="CMD", default="", help="run CMD on what is in the way")
    group.add_argument("--overwrite-backup", action="store_true", help="with --backup-extension: over older backups")


def run(arguments: argparse.Namespace) -> int:
    """Show the plan. Raises WrongUsage for flags that contradict each other, PlanError, EvaluationError."""
    if arguments.graph and (arguments.json or arguments.diff):
        raise WrongUsage("--graph shows the order alone: it goes with neither --json nor --diff")
    if arguments.brief and (arguments.json or arguments.graph or arguments.diff):
        raise WrongUsage("--brief is a text of its own: it goes with neither --json, --diff nor --graph")
    if arguments.overwrite_backup and not arguments.backup_extension:
        raise WrongUsage("--overwrite-backup goes with --backup-extension")
    plans = _plan_to(arguments) if arguments.to is not None else _plans_of_configuration(arguments)
    write(_shown(plans, arguments))
    return _exit_code(plans.of.values(), detailed=arguments.detailed_exitcode)


class _Plans(NamedTuple):
    """A plan for each home, by user, and the target; for one home alone the user is ""."""

    of: Mapping[str, Plan]
    target: Mapping[str, Any]


def _plan_to(arguments: argparse.Namespace) -> _Plans:
    given = [name for name in _OF_CONFIGURATIONS if getattr(arguments, name)]
    if given:
        flag = f"--{given[0].replace('_', '-')}"
        raise WrongUsage(f"--to is about a generation that was built, and {flag} about a configuration: give one")
    from hmeval.plan.rollback import plan_to

    plan = plan_to(arguments.to, **_circumstances(arguments))
    return _Plans({"": plan}, plan.to or {})


def _plans_of_configuration(arguments: argparse.Namespace) -> _Plans:
    with load_target(arguments) as configuration:
        target = configuration.describe()
        if "system" in target:
            _check_is_for_all_homes(arguments)
            homes = configuration.plans(arguments.from_, diff=arguments.diff)
            return _Plans(homes, target)
        return _Plans({"": configuration.plan(**_circumstances(arguments))}, target)


def _check_is_for_all_homes(arguments: argparse.Namespace) -> None:
    given = [name for name in _OF_ONE_HOME if getattr(arguments, name)]
    if arguments.from_ not in ("current", "previous", "none"):
        given.append("from")
    if given:
        flag = f"--{given[0].replace('_', '-')}"
        raise WrongUsage(f"{flag} is about one home, and this is the plan for all homes of a system: give --user NAME")


def _circumstances(arguments: argparse.Namespace) -> dict[str, Any]:
    names = "home from_ specialisation backup_extension backup_command overwrite_backup diff"
    return {name: getattr(arguments, name) for name in names.split()}


def _shown(plans: _Plans, arguments: argparse.Namespace) -> str:
    from hmeval.render.plan_text import brief_text, plan_text, system_text
    from hmeval.render.terminal import style_for

    style = style_for(sys.stdout)
    alone = plans.of.get("")
    if arguments.json:
        return _as_json(plans, unchanged=arguments.unchanged)
    if alone is None:
        return system_text(plans.of, style, brief=arguments.brief, unchanged=arguments.unchanged, why=arguments.why)
    if arguments.graph:
        from hmeval.render.plan_graph import dot

        return dot(alone)
    if arguments.brief:
        return brief_text(alone, style)
    return plan_text(alone, style, unchanged=arguments.unchanged, why=arguments.why)


def _as_json(plans: _Plans, *, unchanged: bool) -> str:
    from hmeval.plan.model import BESIDE_HOMES
    from hmeval.render.json_text import json_text

    alone = plans.of.get("")
    if alone is not None:
        return f"{json_text(alone.as_json(plans.target, unchanged=unchanged), indent=2)}\n"
    target = {name: value for name, value in plans.target.items() if name != "system"}
    homes = [plan.as_json(target | {"user": user}, unchanged=unchanged) for user, plan in plans.of.items()]
    document = {"format_version": "1", "target": plans.target, "homes": homes, "not_planned": BESIDE_HOMES}
    return f"{json_text(document, indent=2)}\n"


def _exit_code(plans: Collection[Plan], *, detailed: bool) -> int:
    if any(plan.blocked for plan in plans):
        return BLOCKED
    return CHANGES if detailed and any(plan.changes for plan in plans) else 0
