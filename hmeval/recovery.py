"""What is wrong with a configuration that cannot be evaluated as a whole: all that can be told, each thing once."""

from __future__ import annotations

from collections.abc import Sequence

from hmeval.blame import Blame
from hmeval.definitions import DefinitionSearch, Stray
from hmeval.errors import EvaluationError, HmevalError
from hmeval.options.path import show_option
from hmeval.probe import Probed


def failures(error: EvaluationError, probed: Probed, search: DefinitionSearch, blame: Blame) -> list[EvaluationError]:
    """Definitions of unknown options, failed assertions, modules that cannot be evaluated; each at its place, if known.

    `error` is what the evaluation ended with; it is among them, or one of them says the same.
    """
    strays, unreadable = search.strays()
    found = [
        *(_unknown_option(stray, blame) for stray in strays),
        *probed.left_out,
        *unreadable,
        *_failed_assertions(blame),
    ]
    return found if _tells(found, error) else [*found, error]


def _unknown_option(stray: Stray, blame: Blame) -> EvaluationError:
    name = show_option(stray.loc)
    where = "" if stray.position else f" It is defined in {stray.file}."
    error = EvaluationError(f"The option `{name}' does not exist.{where}", "other", stray.position, option=name)
    return EvaluationError(error.message + blame.why_unknown(error), error.kind, error.position, option=name)


def _failed_assertions(blame: Blame) -> list[EvaluationError]:
    try:
        return blame.failed_assertions()
    except HmevalError:  # one of them cannot be evaluated: the error itself says so
        return []


def _tells(found: Sequence[EvaluationError], error: EvaluationError) -> bool:
    """Whether what was found says what the error says."""
    if error.message.startswith("Failed assertions:"):
        return any(one.message in error.message for one in found)
    return any(error.message.startswith(one.message) for one in found)
