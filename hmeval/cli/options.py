"""`hmeval options`: the options of a configuration: a list, a search, or one of them in full."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence

from hmeval.cli.help_text import HelpText
from hmeval.cli.output import encoded, warn, write
from hmeval.cli.progress import OptionCounter
from hmeval.cli.selection import at_and_below, typed_path
from hmeval.cli.target_flags import add_target_flags, load_target
from hmeval.cli.whole_failures import failures_of, tell
from hmeval.errors import HmevalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from hmeval.loading import Configuration
    from hmeval.options.model import Option, OptionTree

FORMATS = ("table", "names", "json", "options-json", "options-list", "markdown")

_EXAMPLES = """\
formats:
  table         a line for each option: name, type, value (if some are chosen) or else default, description
  names         a name on each line
  json          everything that is known: values, who defines them, positions, types, errors (docs/json.md)
  options-json  the ecosystem's options.json, by name, as nixosOptionsDoc writes it
  options-list  the list that lib.optionAttrSetToDocList gives
  markdown      a manual

A configuration that fails still has options: they are listed, and what is wrong is told afterwards on standard error,
each definition of an unknown option, failed assertion or module that ends the evaluation once; the exit code is 1.

JSON is UTF-8: bytes of Nix strings that are not become U+FFFD there, and stay as they are in the other formats.

examples:
  hmeval options --flake .#alice programs.git
  hmeval options --file home.nix --offline programs.git.enable
  hmeval options --flake .#alice 'programs.ssh.settings.<name>'
  hmeval options --flake .#alice programs.firefox.profiles.work.settings
  hmeval options --flake .#alice --set --format names
  hmeval options --flake .#alice --search 'zsh history' --format json
  hmeval options --flake .#alice --set --search vim
  hmeval options --flake .#alice programs.git --unset --type bool
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "options",
        help="list, search and show options",
        description="List the options at and below each PATH (all without one); a PATH that names one option shows it.",
        epilog=_EXAMPLES,
        formatter_class=HelpText,
        allow_abbrev=False,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="an option, or what holds several (programs.git)")
    parser.add_argument(
        "--search", metavar="TEXT", help="those that match in name or description (with --set, value), the best first"
    )
    state = parser.add_mutually_exclusive_group()
    state.add_argument("--set", action="store_true", help="only those that the configuration defines")
    state.add_argument("--unset", action="store_true", help="only those that it could define, and does not")
    parser.add_argument(
        "--type", metavar="TEXT", help="only those with this in their type: 'list of string', package, enum, nullOr"
    )
    parser.add_argument("--all", action="store_true", help="hidden and internal ones too")
    parser.add_argument("--format", choices=FORMATS, default="table", metavar="FORMAT", help=f"{', '.join(FORMATS)}")
    add_target_flags(parser)
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    """Show the options that are asked for, then what is wrong with the configuration, which makes the exit code 1.

    What documents have to leave out is told as well. Raises Failure for a path that names nothing.
    """
    lost: list[tuple[str, Mapping[str, Any]]] = []
    locs = [typed_path(path) for path in arguments.paths]
    with OptionCounter() as counter, load_target(arguments, counter) as configuration:
        failures = failures_of(configuration)
        try:
            page = _page(configuration, locs, arguments)
            answer = _list(configuration, locs, arguments, counter, lost) if page is None else page
        except HmevalError:
            tell(failures)
            raise
    write(answer)
    if lost:
        _tell_lost(lost)
    return tell(failures)


def _tell_lost(lost: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    from hmeval.render.failed_parts import failures_text
    from hmeval.render.terminal import shown

    count = "1 field" if len(lost) == 1 else f"{len(lost)} fields"
    lines = shown(failures_text(lost)).replace("\n", "\n  ")
    warn(f"hmeval: {count} of options could not be evaluated, and left out: --format json has the errors\n  {lines}")


def _page(configuration: Configuration, locs: Sequence[list[str]], arguments: argparse.Namespace) -> str | None:
    """One option in full, where a single path asks for just that."""
    if len(locs) != 1 or arguments.format != "table" or _filters(arguments):
        return None
    try:
        option = configuration.option(locs[0])
    except KeyError:
        return None
    from hmeval.render.option_page import option_page
    from hmeval.render.terminal import style_for

    # Counting needs a walk, which a page does without where the type cannot hold any.
    below = configuration.options_below(locs[0]).under(locs[0]).listed() if "submodule" in option.type else ()
    return option_page(option, style_for(sys.stdout), sum(name != option.name for name in below))


def _list(
    configuration: Configuration,
    locs: Sequence[list[str]],
    arguments: argparse.Namespace,
    counter: OptionCounter,
    lost: list[tuple[str, Mapping[str, Any]]],
) -> str | list[bytes]:
    from hmeval.options.model import OptionTree

    chosen = bool(locs) or _filters(arguments)
    with_values = arguments.format == "json" or (arguments.format == "table" and chosen)
    if arguments.format in ("json", "options-list") and not chosen:
        read = configuration.iterate(values=with_values, hidden=arguments.all)  # written while they are read
        return _json(configuration, read) if with_values else _options_list(_noted(read, lost))
    if arguments.format == "options-json" and not chosen and not arguments.all:
        text, left_out = configuration.document(arguments.format, _whole_options_json)
        lost += left_out
        return str(text)
    tree = _filtered(configuration, locs, arguments)
    if arguments.set and arguments.search is not None:
        tree = OptionTree.of(_with_values(configuration, tree.values(), counter))  # which are searched as well
    options = list(tree.search(arguments.search or "").values())
    if with_values:
        options = _with_values(configuration, options, counter, places=arguments.format == "json")
    elif arguments.format in ("options-list", "options-json", "markdown"):
        written = [option for option in options if option.listed or arguments.format != "options-json"]
        options = list(_noted(written, lost))
    return _written(configuration, options, arguments.format)


def _noted(options: Iterable[Option], lost: list[tuple[str, Mapping[str, Any]]]) -> Iterator[Option]:
    """The options; what a document leaves out of them is added to `lost`."""
    from hmeval.options.documents import left_out

    for option in options:
        lost += left_out(option)
        yield option


def _whole_options_json(tree: OptionTree) -> tuple[str, list[tuple[str, Mapping[str, Any]]]]:
    lost: list[tuple[str, Mapping[str, Any]]] = []
    return _options_json(_noted(tree.values(), lost)), lost


def _filters(arguments: argparse.Namespace) -> bool:
    """Whether only some of the options at and below the paths are asked for."""
    return bool(arguments.set or arguments.unset or arguments.search is not None or arguments.type is not None)


def _with_values(
    configuration: Configuration, options: Iterable[Option], counter: OptionCounter, *, places: bool = False
) -> list[Option]:
    """The options with all that is known of them; with `places` also where their definitions are.

    One by one: what was not chosen can take minutes to evaluate. Those of instances are whole already.
    """
    return list(counter.counted(configuration.options_in_full(list(options), places=places)))


def _filtered(configuration: Configuration, locs: Sequence[list[str]], arguments: argparse.Namespace) -> OptionTree:
    is_set = arguments.set if arguments.set or arguments.unset else None
    if locs:
        tree = at_and_below(configuration, locs, hidden=arguments.all, state=is_set is not None)
    elif is_set is not None:
        tree = configuration.options_with_state(hidden=arguments.all)
    else:
        tree = configuration.all_options if arguments.all else configuration.options
    return tree.search(type=arguments.type, is_set=is_set)


def _written(configuration: Configuration, options: list[Option], format: str) -> str | list[bytes]:
    if format == "table":
        return _table(options)
    if format == "names":
        from hmeval.render.tables import names

        return names(options)
    return _document(configuration, options, format)


def _table(options: list[Option]) -> str:
    from hmeval.render.tables import plain_table, terminal_table
    from hmeval.render.terminal import is_terminal, style_for

    return terminal_table(options, style_for(sys.stdout)) if is_terminal(sys.stdout) else plain_table(options)


def _document(configuration: Configuration, options: list[Option], format: str) -> str | list[bytes]:
    """The options in a format for programs, or as a manual."""
    from hmeval.options import documents

    if format == "markdown":
        return documents.markdown(options)
    if format == "options-list":
        return _options_list(options)
    if format == "json":
        return _json(configuration, options)
    return _options_json(options)


def _options_json(options: Iterable[Option]) -> str:
    from hmeval.options.documents import options_json
    from hmeval.render.json_text import json_object

    return f"{json_object(options_json(options))}\n"


def _json(configuration: Configuration, options: Iterable[Option]) -> list[bytes]:
    from hmeval.options.documents import configuration_document
    from hmeval.render.json_text import json_document_pieces

    document = configuration_document(configuration.describe(), options)
    return [*map(encoded, json_document_pieces(document, "options")), b"\n"]


def _options_list(options: Iterable[Option]) -> list[bytes]:
    from hmeval.options.documents import list_entry
    from hmeval.render.json_text import json_list_pieces

    # Encoded at once, while the next options are read.
    return [*map(encoded, json_list_pieces(map(list_entry, options))), b"\n"]
