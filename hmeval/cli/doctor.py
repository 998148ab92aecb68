"""`hmeval doctor`: what is in use, and what is wrong with it."""

from __future__ import annotations

import argparse

from hmeval.cli.output import write


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "doctor",
        help="show which engine and store are in use",
        description="Show which engine, version, store and capabilities are in use.",
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    """Show the report. Raises EngineError where there is no engine."""
    from hmeval import doctor

    report = doctor.report()
    if arguments.json:
        from hmeval.render.json_text import json_text

        return write(f"{json_text(report, indent=2)}\n")
    return write("".join(f"{subject:8}{text}\n" for subject, text in doctor.described(report)))
