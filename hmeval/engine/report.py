"""What Nix says of an error, read: kind, message, position, trace and option.

Nix gives the error's class, its message, and a report for people with positions, lines of code and the trace. Before
2.13 or so the report begins with the message and goes outwards; since then it ends with it. The positions stand in
the report alone (Nix, libutil/error.cc).
"""

from __future__ import annotations

import re

from hmeval.errors import EvaluationError, Position, TraceFrame

_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_AT = re.compile(r"^\s*at (?P<file>.+):(?P<line>\d+):(?P<column>\d+):?$")
_FRAME = re.compile(r"^\s*… (?P<text>.*)$")
_ERROR = re.compile(r"^\s*error:")

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

# Some versions raise a plain EvalError for these.
_KIND_OF_MESSAGE = (
    (re.compile(r"^attribute '.*' missing"), "missing-attribute"),
    (re.compile(r"^infinite recursion encountered"), "infinite-recursion"),
    (re.compile(r"stack overflow"), "stack-overflow"),
    (re.compile(r"^undefined variable "), "undefined-variable"),
    (re.compile(r"^syntax error"), "syntax"),
    (re.compile(r"^assertion .* failed"), "assertion"),
    (re.compile(r"^(cannot coerce|cannot convert|cannot add|value is .* while|expected an? .* but found)"), "type"),
)

_OPTION = re.compile(r"[Oo]ption `(?P<option>[^`']+(?:'[^`']*'[^`']+)*)'")


def without_colours(text: str) -> str:
    """The text without ANSI escape sequences."""
    return _COLOUR.sub("", text)


def kind_of(class_name: str, message: str) -> str:
    """The kind of an error (interfaces.md) by its C++ class and, where that says too little, by its message."""
    known = _KIND_OF_CLASS.get(class_name)
    if known:
        return known
    return next((kind for pattern, kind in _KIND_OF_MESSAGE if pattern.search(message)), "other")


def option_of(message: str) -> str | None:
    """The path of the option that a message of the module system names (nixpkgs, lib/modules.nix)."""
    match = _OPTION.search(message)
    return match["option"] if match else None


def _position(line: str) -> Position | None:
    match = _AT.match(line)
    return Position(match["file"], int(match["line"]), int(match["column"])) if match else None


def frames_of(report: str, message: str) -> tuple[Position | None, tuple[TraceFrame, ...]]:
    """The error's own position and its trace, innermost frame first, from a report without colours."""
    # The message may say anything, so no line of it is taken for a position.
    before, _, after = report.partition(message) if message else (report, "", "")
    error_last = bool(_FRAME.search(before)) or "\n" in before.strip()
    frames: list[list[str | Position | None]] = []
    own: Position | None = None
    for part, is_after in ((before, False), (after, True)):
        in_error = is_after
        for line in part.splitlines():
            frame = _FRAME.match(line)
            if frame:
                in_error = False
                frames.append([frame["text"], None])
            elif position := _position(line):
                if in_error:
                    own = own or position
                elif frames and frames[-1][1] is None:
                    frames[-1][1] = position
    trace = [TraceFrame(str(text), position) for text, position in frames]  # type: ignore[arg-type]
    return own, tuple(reversed(trace) if error_last else trace)


def evaluation_error(class_name: str, message: str, report: str) -> EvaluationError:
    """The error that Nix reported, as hmeval raises it."""
    message = without_colours(message).strip()
    own, trace = frames_of(without_colours(report), message)
    position = own or next((frame.position for frame in trace if frame.position), None)
    return EvaluationError(message, kind_of(class_name, message), position, trace, option_of(message))
