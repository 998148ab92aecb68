"""What goes wrong, as people read it and as exit codes: the one place that knows both."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterator

from hmeval.advice import what_to_do
from hmeval.cli.output import warn
from hmeval.errors import EngineError, EvaluationError, HmevalError
from hmeval.render.terminal import shown, without_long_lines
from hmeval.targets.request import UnfitRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hmeval.errors import Position

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130

# The contexts that the module system adds to an error's trace (nixpkgs lib/modules.nix, addErrorContext).
_DEFINITIONS = re.compile(r"^while evaluating definitions from `(/.*)':?$")
_OPTION = re.compile(r"^while evaluating the option `(.*)':?$")
_LINES_OF_MESSAGE = 40

# What Nix wants to know of the user, by the words in which its absence is told.
_OF_THE_USER = {
    "there is no home folder": "set HOME to a folder of the user's own",
    "cannot figure out user name": "set USER to the user's name: there is no account that tells it",
}


class Failure(HmevalError):
    """An input of the command line that fails: a message, and what to do about it."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class WrongUsage(Exception):
    """Flags or arguments that cannot be meant; told with the command's usage."""


def run(command: Callable[[], int], parser: argparse.ArgumentParser | None = None) -> int:
    """The exit code of a command, whatever it raises: what goes wrong is told on standard error, once, without a trace.

    A closed pipe is no failure: who reads has had enough.
    """
    try:
        return command()
    except BrokenPipeError:
        return _closed_pipe()
    except KeyboardInterrupt:
        return INTERRUPTED
    except (WrongUsage, UnfitRequest) as wrong:
        return _wrong_usage(str(wrong), parser)
    except HmevalError as error:
        warn(describe(error))
        return INTERRUPTED if getattr(error, "kind", None) == "interrupted" else FAILED
    except OSError as error:
        warn(f"hmeval: {_of_the_system(error)}")
        return FAILED


def _of_the_system(error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and error.filename is None:  # so says os.getcwd alone
        return "the current folder is not there any more: change into one that is"
    return str(error)


def describe(error: HmevalError, advice: str = "") -> str:
    """An error as one message: what it is, where, of which option, and what to do (`advice`, where that is known)."""
    lines = _lines_of_error(error, advice) if isinstance(error, EvaluationError) else _lines_of_failure(error)
    return shown("\n".join(map(without_long_lines, lines)))


def _lines_of_failure(error: HmevalError) -> Iterator[str]:
    yield f"hmeval: {error}"
    advice = getattr(error, "advice", "")
    if not advice and isinstance(error, EngineError):
        told = (to_do for words, to_do in _OF_THE_USER.items() if words in str(error))
        advice = next(told, "see the set-up in hmeval's README")
    if advice:
        yield f"  {advice}"


def _lines_of_error(error: EvaluationError, advice: str) -> Iterator[str]:
    kind = "" if error.kind == "other" else f" ({error.kind.replace('-', ' ')})"
    yield f"hmeval: the evaluation failed{kind}: {_cut(error.message)}"
    position = error.position or next((frame.position for frame in error.trace if frame.position), None)
    if position:
        yield f"  at {position}"
        yield from _excerpt(position)
    file = _named_by(_DEFINITIONS, error)
    if file and (position is None or (error.option is None and position.file != file)):
        yield f"  in the definitions of {file}"
    if option := error.option or _named_by(_OPTION, error):
        yield f"  option: {option}"
    if advice := advice or what_to_do(error):
        yield f"  to do: {advice}"


def _named_by(context: re.Pattern[str], error: EvaluationError) -> str | None:
    """What the innermost frame of such a context in the trace names."""
    found = (context.search(frame.text) for frame in error.trace)
    return next((match[1] for match in found if match), None)


def _cut(message: str) -> str:
    """The message, further lines indented; a message of hundreds of lines hides what follows it."""
    lines = message.strip().split("\n")
    more = [f"… and {len(lines) - _LINES_OF_MESSAGE} more lines"] if len(lines) > _LINES_OF_MESSAGE else []
    return "\n  ".join(lines[:_LINES_OF_MESSAGE] + more)


def _excerpt(position: Position) -> Iterator[str]:
    """The line of source that is meant, and a mark under its column; nothing where it cannot be read."""
    try:
        with open(position.file, encoding="utf-8", errors="replace") as source:
            line = next((line for number, line in enumerate(source, 1) if number == position.line), "")
    except (OSError, ValueError):
        return
    if line.strip():
        number = f"{position.line:>6} | "
        before = "".join("\t" if letter == "\t" else " " for letter in line[: position.column - 1])
        yield f"{number}{line.rstrip()}"
        yield f"{' ' * (len(number) - 2)}| {before}^"


def _closed_pipe() -> int:
    # Python would flush standard output once more at exit, and complain: let it go nowhere.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return 0


def _wrong_usage(message: str, parser: argparse.ArgumentParser | None) -> int:
    if parser is not None:
        warn(parser.format_usage().rstrip())
    warn(f"hmeval: {message}")
    return WRONG_USAGE
