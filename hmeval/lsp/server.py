"""The language server over standard input and output: what the protocol asks is handed to the features."""

from __future__ import annotations

import gc
from collections.abc import Generator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method
from pygls.uris import to_fs_path

from hmeval.lsp import actions, definition, hover, inlay, items, symbols
from hmeval.lsp.session import Session
from hmeval.lsp.view import Document

_TRIGGERS = [".", '"', "=", " "]


class Protocol(LanguageServerProtocol):
    """The protocol as pygls speaks it, but that documents are changed here alone.

    pygls 2.1 applies an edit to a copy of its own first, and cuts the edit's positions to that copy: to what it takes
    for lines (it ends one at a form feed, too), and to a text that edits have reached in another order.
    """

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Generator[Any, Any, None]:
        """Hand an edit to the server."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None


def serve() -> None:
    """Speak the protocol until the editor ends it."""
    server = make_server()
    gc.freeze()  # what was imported stays: Python's collector need not walk it again and again
    server.start_io()


def make_server() -> LanguageServer:
    """The server, with every feature registered."""
    server = LanguageServer("hmeval", _version(), protocol_cls=Protocol)
    session = Session(server)
    _register_session(server, session)
    _register_documents(server, session)
    _register_features(server, session)
    _register_lists(server, session)
    return server


def _register_session(server: LanguageServer, session: Session) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        session.prepare(params.initialization_options)

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        await session.begin()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configured(params: types.DidChangeConfigurationParams) -> None:
        await session.configure(params.settings)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(params: types.DidChangeWatchedFilesParams) -> None:
        session.files_changed([path for change in params.changes if (path := to_fs_path(change.uri))])

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders_changed(_: types.DidChangeWorkspaceFoldersParams) -> None:
        session.folders_changed()

    @server.feature(types.SHUTDOWN)
    async def shutdown(_: None) -> None:
        await session.close()


def _register_documents(server: LanguageServer, session: Session) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: types.DidOpenTextDocumentParams) -> None:
        one = params.text_document
        path = session.workspace.located(Path(to_fs_path(one.uri) or one.uri))
        await session.opened(one.uri, Document(path, one.text, one.version, session.encoding, one.uri))

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        session.changed(params.text_document.uri, params.text_document.version, params.content_changes)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: types.DidSaveTextDocumentParams) -> None:
        await session.saved(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        session.closed(params.text_document.uri)


def _register_features(server: LanguageServer, session: Session) -> None:
    options = types.CompletionOptions(trigger_characters=_TRIGGERS, resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, options)
    def complete(params: types.CompletionParams) -> types.CompletionList | None:
        view = session.workspace.view(params.text_document.uri)
        told = items.completion(view, params.position, session.editor) if view else None
        if told is None:
            return None
        session.last_index = told.options
        return told.items

    @server.feature(types.COMPLETION_ITEM_RESOLVE)
    def resolve(item: types.CompletionItem) -> types.CompletionItem:
        return items.resolve(session.last_index, item)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hovered(params: types.HoverParams) -> types.Hover | None:
        view = session.workspace.view(params.text_document.uri)
        return hover.hover(view, params.position, session.workspace.places) if view else None

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def hints(params: types.InlayHintParams) -> list[types.InlayHint]:
        view = session.workspace.view(params.text_document.uri)
        return inlay.inlay_hints(view, params.range) if view else []

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions([types.CodeActionKind.QuickFix]))
    def fixes(params: types.CodeActionParams) -> list[types.CodeAction]:
        return actions.actions(params.text_document.uri, params.context.diagnostics)


def _register_lists(server: LanguageServer, session: Session) -> None:
    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def declared(params: types.DefinitionParams) -> list[types.Location]:
        view = session.workspace.view(params.text_document.uri)
        return definition.definition(view, params.position) if view else []

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def referred(params: types.ReferenceParams) -> list[types.Location]:
        view = session.workspace.view(params.text_document.uri)
        if view is None:
            return []
        return definition.references(view, params.position, session.workspace.module_documents(view.document.path))

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def outline(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        view = session.workspace.view(params.text_document.uri)
        return symbols.document_symbols(view.document) if view else []

    @server.feature(types.WORKSPACE_SYMBOL)
    def searched(params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
        return symbols.workspace_symbols(session.all_documents(), params.query)


def _version() -> str:
    try:
        return version("hmeval")
    except PackageNotFoundError:
        return "0"
