"""The process behind the command `hmeval`, which `python -m hmeval` starts as well."""

from __future__ import annotations

import os
import sys

_EVALUATING = frozenset({"options", "eval", "why", "plan", "diff"})
_ALWAYS = frozenset({"--no-cache", "--refresh"})


def run_process() -> None:
    """Run the command line, and end the process with its exit code.

    What the process holds goes with it: taking apart Python's objects and Nix's one by one costs a tenth of a cold
    listing, and nothing is left to do by then (`main` has written and closed everything).
    """
    _fill_standard_streams()
    if _will_evaluate(sys.argv[1:]):
        from hmeval.evaluation import spawn

        spawn.prepare()  # it gets ready while the rest is imported
    from hmeval.cli import main

    code = main()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):  # closed, or not there
            continue
    os._exit(code)


def _fill_standard_streams() -> None:
    """Open those that are closed to nowhere: a worker's socket in such a place would get what is written there."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        continue
    os.close(descriptor)


def _will_evaluate(arguments: list[str]) -> bool:
    """Whether these are the arguments of a command that evaluates, whatever is kept.

    An answer that is kept takes no more time than a process takes to start.
    """
    words = set(arguments)
    return bool(words & _ALWAYS) and arguments[0] in _EVALUATING and not {"-h", "--help"} & words


if __name__ == "__main__":
    run_process()
