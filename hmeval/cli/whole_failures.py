"""What is wrong with a configuration as a whole, told beside the options that it has all the same."""

from __future__ import annotations

from collections.abc import Sequence

from hmeval.cli.failures import FAILED, describe
from hmeval.cli.output import warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hmeval.errors import EvaluationError
    from hmeval.loading import Configuration


def failures_of(configuration: Configuration) -> list[str]:
    """A message for each thing that is wrong. Raises EvaluationError where no options can be had either."""
    return [describe(failure, _advice(configuration, failure)) for failure in configuration.recover()]


def tell(messages: Sequence[str]) -> int:
    """Write the messages to standard error, and give the exit code: a configuration that fails cannot be built."""
    for message in messages:
        warn(message)
    return FAILED if messages else 0


def _advice(configuration: Configuration, failure: EvaluationError) -> str:
    """What may have been meant by an option that does not exist; "" where the message itself says what to do."""
    said = any(words in failure.message for words in ("Did you mean", "`disabledModules'"))
    if failure.option is None or "' does not exist." not in failure.message or said:
        return ""
    from hmeval.options.query import nearest

    near = nearest(configuration.options, failure.option)
    return f"did you mean {' or '.join(near)}?" if near else ""
