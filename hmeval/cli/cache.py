"""`hmeval cache`: what is kept of evaluations, whether it is sound, and how to be rid of it."""

from __future__ import annotations

import argparse

from hmeval.cli.failures import Failure
from hmeval.cli.help_text import HelpText
from hmeval.cli.output import write
from hmeval.errors import CacheError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hmeval.cache.contents import Described

_ABOUT = """\
What evaluations gave is kept in a folder of your own, and used as long as nothing that they read has changed: files,
files that were not there, folders, environment variables, settings, hmeval itself. Every command that evaluates takes
--no-cache and --refresh.

  info    list what is kept, and what of it still holds
  verify  read all of it, and say what is damaged (exit code 1)
  clear   remove all of it
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "cache",
        help="show, check or remove what is kept of evaluations",
        description=_ABOUT,
        formatter_class=HelpText,
        allow_abbrev=False,
    )
    parser.add_argument("action", choices=tuple(_ACTIONS), metavar="ACTION", help="info, verify or clear")
    parser.add_argument("--json", action="store_true", help="with info: the list as JSON")
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked. Raises Failure where entries are damaged, CacheError where they cannot be removed."""
    return _ACTIONS[arguments.action](arguments)


def _info(arguments: argparse.Namespace) -> int:
    from hmeval.cache import contents

    kept = contents.contents()
    if arguments.json:
        from hmeval.render.json_text import json_text

        return write(f"{json_text(contents.document(kept), indent=2)}\n")
    lines = [f"{contents.folder()}: {len(kept)} entries, {_size(sum(entry.size for entry in kept))}"]
    return write("".join(f"{line}\n" for line in (*lines, *map(_line, kept))))


def _verify(arguments: argparse.Namespace) -> int:
    from hmeval.cache import contents

    damaged = contents.damaged()
    if damaged:
        told = "".join(f"\n  {path}: {problem}" for path, problem in damaged.items())
        raise Failure(
            f"{len(damaged)} entries of the cache are damaged:{told}",
            "they are not used, and will be written anew; hmeval cache clear removes them at once",
        )
    return write(f"{len(contents.contents())} entries are sound\n")


def _clear(arguments: argparse.Namespace) -> int:
    from hmeval.cache.shelf import Shelf

    try:
        count = Shelf().clear()
    except OSError as error:
        raise CacheError(f"the cache could not be cleared: {error}") from None
    return write(f"removed {count} entries\n")


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {"info": _info, "verify": _verify, "clear": _clear}


def _line(entry: Described) -> str:
    state = "holds" if entry.changed is None else f"has changed: {entry.changed}"
    return f"  {entry.part:28} {_size(entry.size):>10}  {entry.target}  {state}"


def _size(size: int) -> str:
    return f"{size / 1024:.0f} KiB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MiB"
