"""The process behind the command `hmeval`, which `python -m hmeval` starts as well."""

from __future__ import annotations

import contextlib
import os
import sys

from hmeval.evaluation import spawn

_EVALUATING = frozenset({"options", "eval", "why", "plan", "diff"})


def run_process() -> None:
    """Run the command line, and end the process with its exit code.

    What the process holds goes with it: taking apart Python's objects and Nix's one by one costs a tenth of a cold
    listing, and nothing is left to do by then (`main` has written and closed everything).
    """
    if _will_evaluate(sys.argv[1:]):
        spawn.prepare()  # it gets ready while the rest is imported
    from hmeval.cli import main

    code = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or not there
            stream.flush()
    os._exit(code)


def _will_evaluate(arguments: list[str]) -> bool:
    """Whether these are the arguments of a command that most probably evaluates."""
    return bool(arguments) and arguments[0] in _EVALUATING and not {"-h", "--help"} & set(arguments)


if __name__ == "__main__":
    run_process()
