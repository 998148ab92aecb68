"""What is wrong with a document: what its text tells at once, and what the last evaluation found in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lsprotocol import types

from hmeval.errors import EvaluationError
from hmeval.lsp.index import ABSENT, OPTION, Found, OptionIndex, removal
from hmeval.lsp.literal import objection
from hmeval.lsp.meaning import ANY, Path
from hmeval.lsp.option_path import Definition
from hmeval.lsp.view import Document, Known, View
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

# What a function has beside options that is a submodule's definition.
_OF_A_MODULE = frozenset(("imports", "options"))


def of_text(view: View) -> list[types.Diagnostic]:
    """What the text alone tells: unknown options, literals of a wrong type, read-only, renamed and removed options.

    Unknown options are told where the option set is the configuration's own, and the first name is known, or misspelt:
    a module that is not part of the configuration may have options of its own.
    """
    if _is_foreign(view):
        return []
    found = (_of_definition(view, one) for one in view.document.whole().found)
    return [diagnostic for diagnostic in found if diagnostic is not None]


def of_evaluation(document: Document, failures: Sequence[EvaluationError]) -> list[types.Diagnostic]:
    """What the last evaluations found in the document; marked where the text is another one than they saw."""
    here = [one for one in failures if one.position and one.position.file == str(document.path)]
    found = [_at_position(document, one, EVALUATION) for one in here]
    return [*map(_older, found)] if document.is_unsaved else found


def _older(found: types.Diagnostic) -> types.Diagnostic:
    found.message += f"\n{OLDER}"
    found.severity = types.DiagnosticSeverity.Warning
    return found


def of_syntax(document: Document, error: EvaluationError | None) -> list[types.Diagnostic]:
    """The syntax error that Nix's parser found, if any."""
    return [_at_position(document, error, SYNTAX)] if error else []


def merged(text: Sequence[types.Diagnostic], evaluation: Sequence[types.Diagnostic]) -> list[types.Diagnostic]:
    """Both, without what the evaluation says of a line that the text has been blamed for."""
    lines = {one.range.start.line for one in text if one.severity == types.DiagnosticSeverity.Error}
    return [*text, *(one for one in evaluation if one.range.start.line not in lines)]


def _is_foreign(view: View) -> bool:
    """Whether a file that nothing imports defines what there is not: it may be no module, or one of another kind."""
    if view.document.is_imported:
        return False
    all_ = ((view.known(one.meaning.scope), one.path) for one in view.document.whole().found)
    return any(known.options.index.ordered and not known.found(path).depth for known, path in all_)


def _of_definition(view: View, one: Definition) -> types.Diagnostic | None:
    known = view.known(one.meaning.scope)
    if known.options.is_built_in or known.is_awaited or not known.options.index.ordered:
        return None
    found = known.found(one.path)
    if found.kind == ABSENT:
        return _unknown(view.document, known, one, found)
    if found.kind != OPTION or found.option is None:
        return None
    return _of_option(view.document, known.options.index, one, found.option)


def _of_option(document: Document, index: OptionIndex, one: Definition, option: Option) -> types.Diagnostic | None:
    warning, error = types.DiagnosticSeverity.Warning, types.DiagnosticSeverity.Error
    target = alias_target(option.record)
    if target and not option.listed:  # an alias that is shown is no worse than what it stands for
        path = [*one.path[: index.depth_of_module(one.path)], *target]
        return _diagnostic(document, one, f"{option.name} is now {show_option(path)}", RENAMED, warning, {"path": path})
    if gone := removal(option):
        return _diagnostic(document, one, gone, REMOVED, error, {})
    if option.read_only and not _is_set_by(document, option):
        return _diagnostic(document, one, f"{option.name} is read-only: it is set elsewhere", READ_ONLY, warning, None)
    wrong = objection(document.syntax, one.value, option.type_info)
    if wrong is None or one.value is None:
        return None
    message = f"{option.name} is of type {option.type}: {wrong}"
    where = document.range(one.value.start_byte, one.value.end_byte)
    return types.Diagnostic(where, message, error, TYPE, source=SOURCE)


def _is_set_by(document: Document, option: Option) -> bool:
    """Whether it is the document that sets an option, and nothing else; of submodules' options it is not known."""
    return bool(option.definitions) and all(one["file"] == str(document.path) for one in option.definitions)


def _unknown(document: Document, known: Known, one: Definition, found: Found) -> types.Diagnostic | None:
    """That there is no such option: only some of its names lead somewhere. None where that is not certain."""
    place = found.depth - (len(one.path) - len(one.names))
    if place < 0 or not _is_certain(document, known, one, found):
        return None
    name = show_option(one.path)
    near = nearest(known.options.index.names, name)
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    text = f"There is no option {name}{meant}"
    where = document.range(one.names[place][1], one.names[-1][2])
    is_certain = document.is_imported and not known.stale
    severity = types.DiagnosticSeverity.Error if is_certain else types.DiagnosticSeverity.Warning
    fixes = None if one.value is None else {"near": near, "path": list(one.path)}
    return types.Diagnostic(where, text, severity, UNKNOWN, source=SOURCE, data=fixes)


def _is_certain(document: Document, known: Known, one: Definition, found: Found) -> bool:
    path = one.path
    if any(ANY in name or name == "_module" for name in path) or one.names[-1][2] == 0:
        return False
    if any(_begins_with(path, declared) for declared in document.whole().declared):
        return False
    if found.option is not None and path[found.depth] in _OF_A_MODULE:
        return False
    if found.depth > 0:
        return document.is_imported or found.depth > 1
    return bool(nearest([*known.options.index.root.children], path[0]))


def _begins_with(path: Path, declared: Path) -> bool:
    """Whether a path is a declared one, or below it; what the text does not say of that may be anything."""
    pairs = zip(path, declared, strict=False)
    return len(declared) <= len(path) and all(ANY in theirs or mine == theirs for mine, theirs in pairs)


def _at_position(document: Document, error: EvaluationError, code: str) -> types.Diagnostic:
    assert error.position is not None
    line, column = error.position.line - 1, max(0, error.position.column - 1)
    start = document.syntax.line_offset(line, column)
    node = document.syntax.root.descendant_for_byte_range(start, start)
    end = node.end_byte if node is not None and not node.child_count else start
    severity = types.DiagnosticSeverity.Error
    return types.Diagnostic(document.range(start, end), error.message, severity, code, source=SOURCE)


def _diagnostic(
    document: Document, one: Definition, message: str, code: str, severity: types.DiagnosticSeverity, data: Any
) -> types.Diagnostic:
    where = document.range(one.names[0][1] or one.start, one.names[-1][2] or one.end)
    tags = [types.DiagnosticTag.Deprecated] if code in (RENAMED, REMOVED) else None
    is_fixed = data is not None and one.value is not None  # what is inherited has its name from elsewhere
    told = data | {"old": list(one.path), "names": len(one.names)} if is_fixed else None
    return types.Diagnostic(where, message, severity, code, source=SOURCE, tags=tags, data=told)
