"""What differs between the options of two configurations."""

from __future__ import annotations

from hmeval.options.difference import Difference, compare
from hmeval.options.model import OptionTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hmeval.loading import Configuration


def diff(a: Configuration, b: Configuration, *, hidden: bool = False) -> Difference:
    """What differs between the options of two configurations: in which there are, in types, defaults and values.

    With `hidden` also of those that no manual shows. Raises EvaluationError.
    """
    before, after = (_compared(each, hidden=hidden) for each in (a, b))
    return compare(before, after, hidden=hidden, explain=b.why_removed)


def _compared(configuration: Configuration, *, hidden: bool) -> OptionTree:
    """All options, with the values of those that are told of: to read the value of an old name has it warned of."""
    with_values = configuration.options_with_state(values=True, hidden=hidden)
    return with_values if hidden else OptionTree.of([*with_values.values(), *configuration.all_options.values()])
