"""Completion, as the protocol has it."""

from __future__ import annotations

from typing import Any, NamedTuple

from lsprotocol import types

from hmeval.lsp.completion import OPTION, SET, Suggestion, suggestions
from hmeval.lsp.hover import documentation
from hmeval.lsp.index import OptionIndex
from hmeval.lsp.option_path import KEY, PACKAGE
from hmeval.lsp.view import View

_KINDS = {
    OPTION: types.CompletionItemKind.Property,
    SET: types.CompletionItemKind.Module,
    PACKAGE: types.CompletionItemKind.Reference,
}


class Editor(NamedTuple):
    """What an editor understands of completion: snippets, and one range that is replaced, whatever is taken."""

    snippets: bool = False
    common_range: bool = False


class Completion(NamedTuple):
    """What may be written at a position, and the options that it is from."""

    items: types.CompletionList
    options: OptionIndex


def completion(view: View, position: types.Position, editor: Editor) -> Completion | None:
    """What may be written at a position; None where that is about no option."""
    offset = view.offset(position)
    cursor = view.document.cursor(offset)
    if cursor is None:
        return None
    options, _, is_awaited = view.known(cursor.scope)
    followed = cursor.kind == KEY and _is_defined(view, offset)
    told = suggestions(options.index, cursor, snippets=editor.snippets, defined=followed, packages=options.packages)
    edit_range = view.document.range(cursor.start, offset)
    is_incomplete = told.is_incomplete or is_awaited
    if not editor.common_range:
        items = [_item(one, edit_range) for one in told.found]
        return Completion(types.CompletionList(is_incomplete, items), options.index)
    defaults = types.CompletionItemDefaults(edit_range=edit_range)
    items = [_item(one, None) for one in told.found]
    return Completion(types.CompletionList(is_incomplete, items, item_defaults=defaults), options.index)


def resolve(index: OptionIndex, item: types.CompletionItem) -> types.CompletionItem:
    """The item with its option's documentation."""
    path: Any = item.data
    if isinstance(path, list) and all(isinstance(name, str) for name in path):
        found = index.find(path)
        if found.option is not None and list(found.option.loc) == path:
            item.documentation = types.MarkupContent(types.MarkupKind.Markdown, documentation(found.option))
    return item


def _item(one: Suggestion, edit_range: types.Range | None) -> types.CompletionItem:
    """The item; without a range, the list has one for all."""
    option = one.entry.option if one.entry else None
    return types.CompletionItem(
        one.label,
        kind=_KINDS.get(one.kind, types.CompletionItemKind.EnumMember),
        detail=option.type if option else None,
        sort_text=f"{one.rank}{one.label}" if one.rank else None,
        filter_text=one.insert if one.kind not in (OPTION, SET) else None,
        insert_text_format=types.InsertTextFormat.Snippet if one.snippet else None,
        text_edit=types.TextEdit(edit_range, one.insert) if edit_range else None,
        text_edit_text=one.insert if edit_range is None and one.insert != one.label else None,
        data=list(one.entry.path) if option and one.entry else None,
    )


def _is_defined(view: View, offset: int) -> bool:
    """Whether the name at an offset has a `=`, or a further name, behind it already."""
    line_end = view.syntax.source.find(b"\n", offset)
    rest = view.syntax.source[offset : line_end if line_end >= 0 else len(view.syntax.source)]
    behind = rest.lstrip(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-'\"").lstrip()
    return behind.startswith((b"=", b".")) and not behind.startswith(b"==")
