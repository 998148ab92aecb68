"""`hmeval doctor`: what is in use, where a target was looked for, and what is wrong with it."""

from __future__ import annotations

import argparse
import sys

from hmeval.cli.failures import FAILED
from hmeval.cli.help_text import HelpText
from hmeval.cli.output import pass_on, write
from hmeval.cli.target_flags import add_target_flags, flags_alone


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "doctor",
        help="show what is in use, and what is wrong with it",
        description="Show the engine and store in use, which target was found and why, the inputs of its flake, and\n"
        "what is wrong with them and with Home Manager's settings. Exits with 1 where something will fail.",
        formatter_class=HelpText,
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    add_target_flags(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    """Show the report. Raises EngineError where there is no engine."""
    request = flags_alone(arguments)
    from hmeval import Worker, doctor

    report = doctor.report(request, Worker(listener=pass_on))
    if arguments.json:
        from hmeval.render.json_text import json_text

        text = f"{json_text(report, indent=2)}\n"
    else:
        from hmeval.render.doctor_page import doctor_page
        from hmeval.render.terminal import style_for

        text = doctor_page(report, style_for(sys.stdout))
    return write(text) or (FAILED if doctor.will_fail(report) else 0)
