"""What the tests of the engine share: an evaluator, values to draw, and programs in a process of their own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hmeval import Evaluator
from tests.native.programs import PRELUDE

Program = Callable[..., str]


@pytest.fixture(scope="module")
def evaluator() -> Iterator[Evaluator]:
    """One evaluator for a whole file of tests."""
    with Evaluator() as made:
        yield made


@pytest.fixture(scope="session")
def program() -> Program:
    """`program(source, …)` runs Python in a new process, which must end well; gives what it printed.

    A crash is a failure with the process' own words. `source` is indented as its place asks for.
    """

    def run(source: str, *arguments: str, timeout: float = 300, code: int = 0, **options: Any) -> str:
        command = [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(source), *arguments]
        done: subprocess.CompletedProcess[str] = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout, **options
        )
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


@pytest.fixture
def stress(program: Program) -> Program:
    """A program with the prelude."""

    def run(source: str, **options: Any) -> str:
        return program(PRELUDE + textwrap.dedent(source), **options)

    return run
