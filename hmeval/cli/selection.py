"""Which options a command is about: paths that people type, and what to say of one that names nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hmeval.cli.failures import Failure, WrongUsage
from hmeval.options.model import Option, OptionTree
from hmeval.options.path import OptionPathError, parse_option_path, show_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hmeval.loading import Configuration


def typed_path(text: str) -> list[str]:
    """The names in a path as it was typed. Raises WrongUsage where it is none."""
    try:
        return parse_option_path(text)
    except OptionPathError as error:
        raise WrongUsage(str(error)) from None


def at_and_below(
    configuration: Configuration, locs: Iterable[Sequence[str]], *, hidden: bool, state: bool
) -> OptionTree:
    """The options at and below some paths, in the order of the paths; hidden ones where they are named, or wanted.

    With `state` as they are set. A path may go through a real instance. Raises Failure for one that names nothing.
    """
    selected: list[Option] = []
    for loc in locs:
        tree = configuration.options_below(loc, state=state)
        found = tree.under(loc) or configuration.instance(loc) or _declared(configuration, tree, loc)
        kept = found if hidden else OptionTree.of(option for option in found.values() if _wanted(option, loc))
        if not kept:
            raise Failure(f"{show_option(loc)} holds hidden and internal options alone", "to list them, add --all")
        selected += kept.values()
    return OptionTree.of(selected)


def unknown_path(options: OptionTree, loc: Sequence[str], complaint: str = "there is no option at") -> Failure:
    """The failure that says that nothing is at a path, and which paths are near it."""
    from hmeval.options.query import nearest

    path = show_option(loc)
    near = nearest(options.listed(), path)
    advice = f"did you mean {' or '.join(near)}?" if near else "to look for it by a word: hmeval options --search WORD"
    return Failure(f"{complaint} {path}", advice)


def _declared(configuration: Configuration, tree: OptionTree, loc: Sequence[str]) -> OptionTree:
    """The declaration that a path with real names goes back to (users.users.<name>.shell)."""
    declaration = tree.declaration_of(loc)
    if declaration is None:
        raise unknown_path(configuration.options, loc)
    return OptionTree.of([declaration])


def _wanted(option: Option, loc: Sequence[str]) -> bool:
    return option.listed or len(option.loc) == len(loc)
