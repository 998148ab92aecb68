"""Errors of Nix in words that say what is wrong: which are of a build, and which only look like one."""

from __future__ import annotations

import pytest

from hmeval.errors import EvaluationError, TraceFrame
from hmeval.evaluation.explanations import explained

PATH = "/nix/store/abc-x"
REALISING = (TraceFrame(f"while realising the context of path '{PATH}'", None),)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (f"path '{PATH}.drv' is not valid", f"import from derivation: {PATH} is read, and has to be built for that"),
        ("unable to start any build", f"import from derivation: {PATH} is read, and cannot be built for that: unable"),
        (f"path '{PATH}' is not valid", f"path '{PATH}' is not valid"),
        ("access to absolute path '/root' is forbidden in restricted mode", "access to absolute path '/root' is"),
        ("access to absolute path '/root' is forbidden in pure evaluation mode", "access to absolute path '/root' is"),
    ],
)
def test_an_error_on_the_way_to_a_path(message: str, told: str) -> None:
    assert explained(EvaluationError(message, "other", None, REALISING)).message.startswith(told)


def test_an_error_elsewhere_is_as_it_was() -> None:
    error = EvaluationError("unable to start any build", "other", None)
    assert explained(error) is error
