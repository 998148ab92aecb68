"""What is wrong with a document: what its text tells at once, and what the last evaluation found in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lsprotocol import types

from hmeval.errors import EvaluationError
from hmeval.lsp.index import ABSENT, OPTION, removal
from hmeval.lsp.literal import objection
from hmeval.lsp.meaning import ANY
from hmeval.lsp.option_path import Definition
from hmeval.lsp.view import View
from hmeval.options.model import Option
from hmeval.options.path import show_option
from hmeval.options.query import nearest
from hmeval.options.renames import alias_target

SOURCE = "hmeval"
UNKNOWN, TYPE, READ_ONLY, RENAMED, REMOVED, SYNTAX, EVALUATION = (
    "unknown-option",
    "wrong-type",
    "read-only",
    "renamed",
    "removed",
    "syntax",
    "evaluation",
)

OLDER = "(found before the changes that are not saved)"

_NEVER_REPORTED = frozenset((ANY, "_module"))


def of_text(view: View) -> list[types.Diagnostic]:
    """What the text alone tells: unknown options, literals of a wrong type, read-only, renamed and removed options.

    Unknown options are told where the option set is the configuration's own, and the first name is known, or misspelt:
    a module that is not part of the configuration may have options of its own.
    """
    if view.options.is_built_in or not view.options.index.ordered:
        return []
    declared = _declared_in(view)
    return [
        diagnostic
        for one in view.document.whole().found
        if view.concerns(one.meaning.scope) and (diagnostic := _of_definition(view, one, declared))
    ]


def of_evaluation(view: View) -> list[types.Diagnostic]:
    """What the last evaluation found in the document; marked where the text is another one than it saw."""
    here = [one for one in view.failures if one.position and one.position.file == str(view.document.path)]
    found = [_at_position(view, one, EVALUATION) for one in here]
    return [*map(_older, found)] if view.document.is_unsaved else found


def _older(found: types.Diagnostic) -> types.Diagnostic:
    found.message += f"\n{OLDER}"
    found.severity = types.DiagnosticSeverity.Warning
    return found


def of_syntax(view: View, error: EvaluationError | None) -> list[types.Diagnostic]:
    """The syntax error that Nix's parser found, if any."""
    return [_at_position(view, error, SYNTAX)] if error else []


def merged(text: Sequence[types.Diagnostic], evaluation: Sequence[types.Diagnostic]) -> list[types.Diagnostic]:
    """Both, without what the evaluation says of a line that the text has been blamed for."""
    lines = {one.range.start.line for one in text if one.severity == types.DiagnosticSeverity.Error}
    return [*text, *(one for one in evaluation if one.range.start.line not in lines)]


def _of_definition(view: View, one: Definition, declared: set[tuple[str, ...]]) -> types.Diagnostic | None:
    found = view.found(one.path)
    own = len(one.path) - len(one.names)
    if found.kind == ABSENT:
        if found.depth < own or not _is_certain(view, one, found.depth, declared):
            return None
        return _unknown(view, one, found.depth - own)
    option = found.option
    if found.kind != OPTION or option is None:
        return None
    return _of_option(view, one, option)


def _of_option(view: View, one: Definition, option: Option) -> types.Diagnostic | None:
    warning, error = types.DiagnosticSeverity.Warning, types.DiagnosticSeverity.Error
    if target := alias_target(option.record):
        new = show_option(target)
        return _diagnostic(view, one, f"{option.name} is now {new}", RENAMED, warning, {"path": target})
    if gone := removal(option):
        return _diagnostic(view, one, gone, REMOVED, error, {})
    if option.read_only:
        return _diagnostic(view, one, f"{option.name} is read-only: it is set elsewhere", READ_ONLY, warning, None)
    wrong = objection(view.syntax, one.value, option.type_info)
    if wrong is None or one.value is None:
        return None
    message = f"{option.name} is of type {option.type}: {wrong}"
    where = view.range(one.value.start_byte, one.value.end_byte)
    return types.Diagnostic(where, message, error, TYPE, source=SOURCE)


def _unknown(view: View, one: Definition, place: int) -> types.Diagnostic:
    name = show_option(one.path)
    near = nearest(view.options.index.names, name)
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    text = f"There is no option {name}{meant}"
    start, end = one.names[place][1], one.names[-1][2]
    where = view.range(start, end)
    severity = types.DiagnosticSeverity.Warning if view.stale else types.DiagnosticSeverity.Error
    return types.Diagnostic(where, text, severity, UNKNOWN, source=SOURCE, data={"near": near, "path": list(one.path)})


def _is_certain(view: View, one: Definition, depth: int, declared: set[tuple[str, ...]]) -> bool:
    path = one.path
    if ANY in path or _NEVER_REPORTED & set(path) or one.names[-1][2] == 0:
        return False
    if any(path[: len(prefix)] == prefix for prefix in declared):
        return False
    if depth > 0:
        return True
    return bool(nearest([*view.options.index.root.children], path[0]))


def _declared_in(view: View) -> set[tuple[str, ...]]:
    """The paths that the document itself declares options at."""
    return view.document.whole().declared


def _at_position(view: View, error: EvaluationError, code: str) -> types.Diagnostic:
    assert error.position is not None
    line, column = error.position.line - 1, max(0, error.position.column - 1)
    start = view.syntax.line_offset(line, column)
    node = view.syntax.root.descendant_for_byte_range(start, start)
    end = node.end_byte if node is not None and not node.child_count else start
    severity = types.DiagnosticSeverity.Error
    return types.Diagnostic(view.range(start, end), error.message, severity, code, source=SOURCE)


def _diagnostic(
    view: View, one: Definition, message: str, code: str, severity: types.DiagnosticSeverity, data: Any
) -> types.Diagnostic:
    where = view.range(one.names[0][1] or one.start, one.names[-1][2] or one.end)
    tags = [types.DiagnosticTag.Deprecated] if code in (RENAMED, REMOVED) else None
    told = None if data is None else data | {"old": list(one.path), "names": len(one.names)}
    return types.Diagnostic(where, message, severity, code, source=SOURCE, tags=tags, data=told)
