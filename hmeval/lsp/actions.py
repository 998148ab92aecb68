"""Quick fixes of what diagnostics complain of: an unknown option's near names, a renamed option's new one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lsprotocol import types

from hmeval.lsp.diagnostics import RENAMED, SOURCE, UNKNOWN
from hmeval.lsp.meaning import ANY
from hmeval.lsp.syntax import attribute_path
from hmeval.options.path import OptionPathError, parse_option_path, show_option


def actions(uri: str, diagnostics: Sequence[types.Diagnostic]) -> list[types.CodeAction]:
    """The fixes of the diagnostics at a place, which give them back as they were sent."""
    return [action for one in diagnostics if one.source == SOURCE for action in _fixes(uri, one)]


def _fixes(uri: str, one: types.Diagnostic) -> Iterator[types.CodeAction]:
    data: Any = one.data
    if not isinstance(data, dict):
        return
    if one.code == UNKNOWN:
        for name in data.get("near") or ():
            yield from _renaming(uri, one, data["path"], name)
    elif one.code == RENAMED:
        yield from _new_name(uri, one, data)


def _renaming(uri: str, one: types.Diagnostic, path: Sequence[str], name: str) -> Iterator[types.CodeAction]:
    """The part that is wrong becomes that of the near name, where what is written before it is the same."""
    try:
        near = parse_option_path(name)
    except OptionPathError:
        return
    kept = next((at for at, (mine, theirs) in enumerate(zip(path, near, strict=False)) if mine != theirs), len(near))
    if kept < len(near):
        yield _replace(uri, one, f"Change to {name}", attribute_path(near[kept:]))


def _new_name(uri: str, one: types.Diagnostic, data: dict[str, Any]) -> Iterator[types.CodeAction]:
    """The names that the binding writes become those of the new path, where what is around it is the same."""
    old, new = data["old"], data["path"]
    around = len(old) - data["names"]
    if new[:around] == old[:around] and len(new) > around and ANY not in new[around:]:
        yield _replace(uri, one, f"Rename to {show_option(new)}", attribute_path(new[around:]))


def _replace(uri: str, one: types.Diagnostic, title: str, text: str) -> types.CodeAction:
    edit = types.WorkspaceEdit(changes={uri: [types.TextEdit(one.range, text)]})
    return types.CodeAction(title, types.CodeActionKind.QuickFix, diagnostics=[one], edit=edit, is_preferred=True)
