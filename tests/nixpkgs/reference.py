"""Nix's own answers: many questions to one `nix repl`, each answered with its value or with its error."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hmeval.literals import path_literal, string_literal

HERE = Path(__file__).resolve().parent

_QUESTION, _ANSWER = "hmeval question ", "hmeval answer "
_ERROR = re.compile(r"^ {0,7}error: ?(?P<first>.*)$")
_PLACE = re.compile(r"^ *at .*:\d+:\d+:$")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Failed(NamedTuple):
    """A question whose evaluation failed."""

    message: str


class Part(NamedTuple):
    """Questions, as Nix expressions by name, and the names that they use, as they are to be defined before."""

    scope: Mapping[str, str]
    questions: Mapping[str, str]


def ask(nixpkgs: Path, parts: Sequence[Part]) -> dict[str, Any]:
    """The values of all questions, as JSON gives them, or `Failed`.

    One process evaluates them, and remembers what it has evaluated. `reference` (reference.nix) and `lib` are known.
    """
    program = shutil.which("nix")
    assert program is not None
    done = subprocess.run(
        [program, "--extra-experimental-features", "nix-command flakes", "repl"],
        input="".join(f"{line}\n" for line in _lines(nixpkgs, parts)),
        capture_output=True,
        text=True,
        timeout=1800,
    )
    answers = _answers(_COLOUR.sub("", done.stderr))
    missing = {name for part in parts for name in part.questions} - answers.keys()
    assert done.returncode == 0, done.stderr[-2000:]
    assert not missing, (missing, done.stderr[:2000])
    return answers


def _lines(nixpkgs: Path, parts: Sequence[Part]) -> Iterator[str]:
    yield f"lib = import {path_literal(str(nixpkgs / 'lib'))}"
    yield f"reference = import {path_literal(str(HERE / 'reference.nix'))} {{ inherit lib; }}"
    for part in parts:
        yield from (f"{name} = {' '.join(expression.split())}" for name, expression in part.scope.items())
        yield from (_asked(name, expression) for name, expression in part.questions.items())


def plain(message: str) -> str:
    """A message with its line ends and indentation as blanks."""
    return " ".join(message.split())


def _asked(name: str, expression: str) -> str:
    answer = f'builtins.trace ("{_ANSWER}" + builtins.toJSON ({expression})) true'
    return f"builtins.trace {string_literal(_QUESTION + name)} ({answer})"


def _answers(told: str) -> dict[str, Any]:
    parts = told.split(f"trace: {_QUESTION}")[1:]
    return {name: _answer(rest) for name, _, rest in (part.partition("\n") for part in parts)}


def _answer(told: str) -> Any:
    answer = re.search(f"^trace: {_ANSWER}(.*)$", told, re.MULTILINE)
    return json.loads(answer[1]) if answer else Failed(_message(told))


def _message(told: str) -> str:
    """What stands behind the last `error:`, as far as the place of it."""
    lines = told.splitlines()
    starts = [number for number, line in enumerate(lines) if _ERROR.match(line)]
    assert starts, told[:2000]
    message = []
    for line in lines[starts[-1] :]:
        if _PLACE.match(line):
            break
        message.append(line)
    return plain("\n".join(message).partition("error:")[2])
