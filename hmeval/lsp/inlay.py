"""Inlay hints: the final value behind a definition that is not that value."""

from __future__ import annotations

from lsprotocol import types

from hmeval.lsp.index import ABSENT, GROUP
from hmeval.lsp.literal import content, text_of_literal
from hmeval.lsp.option_path import Definition
from hmeval.lsp.view import View
from hmeval.render.nix_text import value_line

_WIDEST = 60
_EXPRESSIONS = frozenset(("select_expression", "variable_expression", "apply_expression", "if_expression"))


def inlay_hints(view: View, wanted: types.Range) -> list[types.InlayHint]:
    """The hints in a range. None while the option set is older than the text: a wrong hint is worse than none."""
    lines = range(wanted.start.line, wanted.end.line + 1)
    hints = (_hint(view, one) for one in view.document.whole().found)
    return [hint for hint in hints if hint is not None and hint.position.line in lines]


def _hint(view: View, one: Definition) -> types.InlayHint | None:
    known = view.known(one.meaning.scope)
    if one.value is None or one.is_apart or known.stale or known.options.is_built_in:
        return None
    found = known.found(one.path)
    if found.kind in (ABSENT, GROUP) or found.option is None:
        return None
    final = value_line(known.value_of(one.path))
    if not final or len(final) > _WIDEST or final == "…":
        return None
    written = text_of_literal(view.syntax, content(view.syntax, one.value))
    if written == final or (written is None and not _is_computed(one)):
        return None
    place = types.Position(*view.syntax.place(one.value.end_byte))
    return types.InlayHint(place, f"= {final}", padding_left=True)


def _is_computed(one: Definition) -> bool:
    """Whether an expression, or a text with something in it, is worth a hint; lists and sets are not."""
    value = one.value
    if value is None:
        return False
    return value.type in _EXPRESSIONS or (value.type == "string_expression" and value.child_count > 3)
