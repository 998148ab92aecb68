"""`hmeval lsp`: the language server."""

from __future__ import annotations

import argparse


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "lsp",
        help="the language server, on standard input and output",
        description=(
            "Speak the Language Server Protocol on standard input and output, for an editor: completion, hover, "
            "definition, references, diagnostics, symbols and inlay hints for options. docs/editors.md has the "
            "settings of editors."
        ),
        allow_abbrev=False,
    )
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until the editor ends it."""
    from hmeval.lsp.server import serve

    serve()
    return 0
