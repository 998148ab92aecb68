"""What Nix says of an error, read: kind, message, position, trace and option.

Nix gives the error's class, its message, and a report for people with positions, lines of code and the trace. Before
2.13 or so the report begins with the message and goes outwards; since then it ends with it. The positions stand in
the report alone (Nix, libutil/error.cc).
"""

from __future__ import annotations

import re

from hmeval.errors import EvaluationError, Position, TraceFrame
from hmeval.evaluation.explanations import explained

_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_AT = re.compile(r"^\s*at (?P<file>.+):(?P<line>\d{1,9}):(?P<column>\d{1,9}):?$")
_FRAME = re.compile(r"^\s*… (?P<text>.*)$")

_KIND_OF_CLASS = {
    "nix::ThrownError": "throw",
    "nix::AssertionError": "assertion",
    "nix::TypeError": "type",
    "nix::MissingArgumentError": "type",
    "nix::UndefinedVarError": "undefined-variable",
    "nix::ParseError": "syntax",
    "nix::InfiniteRecursionError": "infinite-recursion",
    "nix::StackOverflowError": "stack-overflow",
    "nix::Abort": "aborted",
    "nix::Interrupted": "interrupted",
}

# Some versions raise one of the classes below for these.
_KIND_OF_MESSAGE = (
    (re.compile(r"^attribute '.*' missing"), "missing-attribute"),
    (re.compile(r"^infinite recursion encountered"), "infinite-recursion"),
    (re.compile(r"^stack overflow[;:]"), "stack-overflow"),
    (re.compile(r"^undefined variable "), "undefined-variable"),
    (re.compile(r"^syntax error"), "syntax"),
    (re.compile(r"^assertion .* failed"), "assertion"),
    (
        re.compile(
            r"^(cannot coerce|cannot convert|cannot add|cannot compare|value is .* while|expected an? .* but found)"
        ),
        "type",
    ),
)

_UNSPECIFIC_CLASSES = {"nix::EvalError", "nix::EvalBaseError", "nix::TypeError", "nix::Error"}

# A quoted part may hold anything; an identifier may hold the very quote that ends the path.
_OPTION = re.compile(r"""[Oo]ption `(?P<option>(?:"(?:[^"\\]|\\.)*"|[^`'"]|'(?=[\w-]|\.[\w"<*]))+)'""")


def without_colours(text: str) -> str:
    """The text without ANSI escape sequences."""
    return _COLOUR.sub("", text)


def kind_of(class_name: str, message: str) -> str:
    """The kind of an error (interfaces.md) by its C++ class and, where that says too little, by its message."""
    by_class = _KIND_OF_CLASS.get(class_name, "other")
    if class_name not in _UNSPECIFIC_CLASSES:
        return by_class
    return next((kind for pattern, kind in _KIND_OF_MESSAGE if pattern.search(message)), by_class)


def option_of(message: str) -> str | None:
    """The path of the option that a message of the module system names (nixpkgs, lib/modules.nix)."""
    match = _OPTION.search(message)
    return match["option"] if match else None


def _position(line: str) -> Position | None:
    match = _AT.match(line)
    return Position(match["file"], int(match["line"]), int(match["column"])) if match else None


def _around(report: str, message: str) -> tuple[str, str]:
    """The report before and after the message, which is indented there."""
    lines = [re.escape(line.strip()) for line in message.splitlines() if line.strip()]
    # With no message at all, "error:" stands alone.
    found = list(re.finditer(r"^\s*error:\s*" + r"\s+".join(lines), report, re.MULTILINE))
    if not found:
        return report, ""
    # The message is what the report begins with (Nix 2.8), or ends with; frames and lines of code may say the same.
    first = bool(lines) and not report[: found[0].start()].strip()
    error = found[0 if first else -1]
    return report[: error.start()], report[error.end() :]


def _read_frames(lines: list[str]) -> list[TraceFrame]:
    """The frames in a part of a report: the first position after a frame's text is its own."""
    frames: list[TraceFrame] = []
    for line in lines:
        frame = _FRAME.match(line)
        position = _position(line)
        if frame:
            frames.append(TraceFrame(frame["text"], None))
        elif position and frames and frames[-1].position is None:
            frames[-1] = frames[-1]._replace(position=position)
    return frames


def frames_of(report: str, message: str) -> tuple[Position | None, tuple[TraceFrame, ...]]:
    """The error's own position and its trace, innermost frame first, from a report without colours."""
    # The message may say anything, so no line of it is taken for a position or a frame.
    before, after = (part.splitlines() for part in _around(report, message))
    first_frame = next((number for number, line in enumerate(after) if _FRAME.match(line)), len(after))
    own = next(filter(None, map(_position, after[:first_frame])), None)
    outermost_first = _read_frames(before)
    return own, (*reversed(outermost_first), *_read_frames(after[first_frame:]))


def evaluation_error(class_name: str, message: str, report: str) -> EvaluationError:
    """The error that Nix reported, as hmeval raises it."""
    message = without_colours(message).strip()
    own, trace = frames_of(without_colours(report), message)
    position = own or next((frame.position for frame in trace if frame.position), None)
    return explained(EvaluationError(message, kind_of(class_name, message), position, trace, option_of(message)))
