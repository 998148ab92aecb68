"""What is wrong with a configuration that cannot be evaluated as a whole: all that can be told, each thing once."""

from __future__ import annotations

from collections.abc import Sequence

from hmeval.blame import Blame
from hmeval.definitions import DefinitionSearch, Stray
from hmeval.errors import EvaluationError, HmevalError
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.options.path import show_option
from hmeval.own_files import OwnFiles
from hmeval.probe import Probed, probe
from hmeval.targets.target import Target


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


def failures_around(
    evaluator: AnyEvaluator, system: Target | None, error: EvaluationError, found: Sequence[EvaluationError]
) -> Sequence[EvaluationError]:
    """What was found in a home, and in the system that it is inside, where `error` is none of the home's own.

    Raises what the probe does.
    """
    if system is None or error not in found:
        return found
    probed = probe(evaluator, system, lambda: evaluator.eval(system.expression))
    search = DefinitionSearch(evaluator, probed)
    own = OwnFiles(evaluator, system.begin, system.description)
    blame = Blame(evaluator, own, lambda: probed, lambda: search)
    of_home = [one for one in found if one is not error]
    return [*of_home, *failures(error, probed, search, blame)]


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
