"""One editor's session: documents as they change, settings, trust, progress, and the diagnostics that are sent."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from hmeval import Policy, Worker
from hmeval.errors import EngineError, EvaluationError, HmevalError
from hmeval.lsp import diagnostics
from hmeval.lsp.evaluation import syntax_error
from hmeval.lsp.index import OptionIndex
from hmeval.lsp.items import Editor
from hmeval.lsp.progress import show_progress
from hmeval.lsp.settings import Settings, read_settings
from hmeval.lsp.view import Document, View
from hmeval.lsp.workspace import DEBOUNCE, Evaluation, Workspace

_PAUSE = 0.15
_PARSING_SECONDS = 5.0
_TRUST, _NO_TRUST = "Trust", "Not now"


class Session:
    """What the server remembers between requests.

    Attributes:
        workspace: documents and option sets; last_index: the options that were completed from last.
    """

    def __init__(self, server: LanguageServer) -> None:
        self.workspace = Workspace(self._evaluation_told)
        self.last_index = OptionIndex(())
        self._initial_settings: Any = None
        self._is_configured = False
        self._server = server
        self._unchecked: set[str] = set()
        self._in_check: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._parser: Worker | None = None
        self._parsing = asyncio.Lock()
        self._in_progress: set[Evaluation] = set()
        self._shown: set[str] = set()
        self._asked: set[Path] = set()
        self._published: set[str] = set()

    @property
    def encoding(self) -> str:
        """What the editor's columns count."""
        return str(getattr(self._server.workspace.position_encoding, "value", self._server.workspace.position_encoding))

    @property
    def editor(self) -> Editor:
        """What the editor understands of completion."""
        document = self._server.client_capabilities.text_document
        completion = document.completion if document else None
        item = completion.completion_item if completion else None
        shared = completion.completion_list if completion else None
        return Editor(bool(item and item.snippet_support), "editRange" in ((shared and shared.item_defaults) or ()))

    def all_documents(self) -> Iterable[Document]:
        """Those of every configuration that has an open document."""
        found: dict[Path, Document] = {}
        for document in list(self.workspace.documents.values()):
            found |= {one.path: one for one in self.workspace.module_documents(document.path)}
        return found.values()

    # -- the session -----------------------------------------------------------------------------------------------

    def prepare(self, settings: Any) -> None:
        """Take the settings that came with the first request, and read what was kept of what they lead to."""
        self._initial_settings = settings
        self.take_folders()
        self._take(read_settings(settings))
        for folder in self.workspace.folders:
            self.workspace.recall(folder / "home.nix")

    async def begin(self) -> None:
        """Evaluate what serves until the user's own configuration may be, and take the settings."""
        self.workspace.evaluate_built_in()
        self.take_folders()
        self._watch_files()
        await self.configure(None)

    def take_folders(self) -> None:
        """Take the workspace's folders as the editor has them now."""
        paths = [to_fs_path(folder.uri) for folder in self._server.workspace.folders.values()]
        root = self._server.workspace.root_path
        named = [Path(path) for path in paths if path] or ([Path(root)] if root else [])
        self.workspace.folders = {folder.resolve(): folder for folder in named}

    def folders_changed(self) -> None:
        """Take the workspace's folders, and evaluate what is open in those that are new."""
        self.take_folders()
        self._spawn(self._take_options())

    async def configure(self, given: Any) -> None:
        """Take the settings: those that came, or those that the editor has when it is asked."""
        settings = read_settings(await self._asked_settings() or given or self._initial_settings)
        for wrong in settings.wrong:
            self._show(f"{wrong}; the default is taken", types.MessageType.Warning)
        self._take(settings)
        self.workspace.give_up_untrusted()
        self._is_configured = True
        await self._evaluate_all(0)
        for uri in self.workspace.documents:
            self._check_soon(uri)

    def _take(self, settings: Settings) -> None:
        self.workspace.trust.setting = settings.trust
        self.workspace.limits = settings.limits
        self.workspace.target_setting = settings.target

    async def close(self) -> None:
        """End what is under way."""
        await self.workspace.close()
        for task in self._tasks:
            task.cancel()
        if self._parser is not None:
            self._parser.close()

    # -- documents -------------------------------------------------------------------------------------------------

    async def opened(self, uri: str, document: Document) -> None:
        """Take a document that was opened."""
        self.workspace.open(uri, document)
        self._check_soon(uri)
        await self.workspace.find_owners()
        self._evaluate(uri, self.workspace.evaluate_missing)

    def changed(self, uri: str, version: int, changes: Sequence[types.TextDocumentContentChangeEvent]) -> None:
        """Take an edit."""
        document = self.workspace.documents.get(uri)
        if document is None:
            return
        document.edit(version, changes)
        self._check_soon(uri)

    async def saved(self, uri: str) -> None:
        """Evaluate again: what is on the disk has changed."""
        document = self.workspace.documents.get(uri)
        if document is None:
            return
        document.is_unsaved = False
        self.workspace.changes += 1
        await self._evaluate_all()

    def closed(self, uri: str) -> None:
        """Forget a document; what an evaluation found in its file is told with one that is open still."""
        self.workspace.documents.pop(uri, None)
        self._publish(uri, None, [])
        for other in self.workspace.documents:
            self._check_soon(other)

    def files_changed(self, paths: Sequence[str]) -> None:
        """Evaluate again what may depend on files that were changed by somebody else."""
        self.workspace.changes += 1
        self._spawn(self._evaluate_all())

    # -- evaluation ------------------------------------------------------------------------------------------------

    async def _evaluate_all(self, debounce: float = DEBOUNCE) -> None:
        """Evaluate again what the open documents need."""
        await self.workspace.find_owners()
        for uri in self.workspace.documents:
            self._evaluate(uri, partial(self.workspace.evaluate, debounce=debounce))

    def _evaluate(self, uri: str, evaluate: Callable[[Document], None]) -> None:
        """Evaluate what a document needs, if its folder is trusted; ask for that where nobody was asked yet."""
        document = self.workspace.documents.get(uri)
        if document is None or not self._is_configured:  # whether it may be evaluated is not known yet
            return
        if problem := self.workspace.problem(document.path):
            self._show(problem, types.MessageType.Warning)
        folder = self.workspace.undecided(document.path)
        if folder is not None and folder not in self._asked:
            self._asked.add(folder)
            self._spawn(self._ask_for_trust(folder))
        else:
            evaluate(document)

    async def _ask_for_trust(self, folder: Path) -> None:
        message = (
            f"hmeval shows the final values of your options when it may evaluate the Nix code in {folder}. "
            "Trust this folder?"
        )
        choices = [types.MessageActionItem(_TRUST), types.MessageActionItem(_NO_TRUST)]
        request = types.ShowMessageRequestParams(types.MessageType.Info, message, choices)
        try:
            answer = await self._server.window_show_message_request_async(request)
        except JsonRpcException:  # the editor cannot ask
            answer = None
        self.workspace.trust.decide(folder, answer is not None and answer.title == _TRUST)
        await self._evaluate_all()

    def _evaluation_told(self, evaluation: Evaluation) -> None:
        """An evaluation is at another stage, or has ended."""
        if evaluation.stage:
            if evaluation not in self._in_progress:
                self._in_progress.add(evaluation)
                shown = self._spawn(show_progress(self._server, evaluation, self.workspace.give_up))
                shown.add_done_callback(lambda _: self._in_progress.discard(evaluation))
            return
        self._tell_failures(evaluation)
        self._spawn(self._take_options())

    async def _take_options(self) -> None:
        """What an evaluation gave, or a new folder, may tell more of whose the documents are."""
        await self.workspace.find_owners()
        for uri in self.workspace.documents:
            self._evaluate(uri, self.workspace.evaluate_missing)
            self._check_soon(uri)
        self._refresh_hints()

    def _tell_failures(self, evaluation: Evaluation) -> None:
        """Log what the evaluation found wrong, and show what has no place in the workspace that could be marked."""
        for failure in evaluation.failures:
            message = f"{evaluation.target}: {failure}"
            self._log(message)
            position = failure.position if isinstance(failure, EvaluationError) else None
            is_placed = position is not None and self._is_ours(position.file)
            if not is_placed and (isinstance(failure, EvaluationError) or self.workspace.is_for(evaluation)):
                self._show(message, types.MessageType.Warning)

    def _refresh_hints(self) -> None:
        workspace = self._server.client_capabilities.workspace
        if workspace and workspace.inlay_hint and workspace.inlay_hint.refresh_support:
            self._server.workspace_inlay_hint_refresh(None)

    # -- diagnostics -----------------------------------------------------------------------------------------------

    def _check_soon(self, uri: str) -> None:
        """Check a document in a moment; what happens to it while that is done is checked afterwards."""
        self._unchecked.add(uri)
        if uri not in self._in_check:
            self._in_check.add(uri)
            self._spawn(self._check_until_done(uri))

    async def _check_until_done(self, uri: str) -> None:
        try:
            while uri in self._unchecked:
                while uri in self._unchecked:  # somebody is writing
                    self._unchecked.discard(uri)
                    await asyncio.sleep(_PAUSE)
                await self._check(uri)
        finally:
            self._in_check.discard(uri)

    async def _check(self, uri: str) -> None:
        view = self.workspace.view(uri)
        if view is None:
            return
        version = view.document.version
        async with self._parsing:
            error = await asyncio.to_thread(self._syntax_error, view.syntax.text)
        view = self.workspace.view(uri)
        if view is None or view.document.version != version:
            return
        found = diagnostics.of_syntax(view.document, error) or diagnostics.of_text(view)
        evaluated = diagnostics.of_evaluation(view.document, view.failures)
        self._publish(uri, version, diagnostics.merged(found, evaluated))
        self._publish_others(view)

    def _publish_others(self, view: View) -> None:
        """What the evaluation found in files that are not open."""
        open_ = {str(document.path) for document in self.workspace.documents.values()}
        files = {one.position.file for one in view.failures if one.position} - open_
        for file in sorted(file for file in files if self._is_ours(file)):
            document = self.workspace.file(Path(file))
            if document is not None:
                found = diagnostics.of_evaluation(document, view.failures)
                self._publish(document.uri, None, found)
        for uri in self._published - {self.workspace.uri(Path(file)) for file in files} - set(self.workspace.documents):
            self._publish(uri, None, [])

    def _is_ours(self, file: str) -> bool:
        return file.startswith("/") and any(Path(file).is_relative_to(folder) for folder in self.workspace.folders)

    def _publish(self, uri: str, version: int | None, found: list[types.Diagnostic]) -> None:
        if found:
            self._published.add(uri)
        else:
            self._published.discard(uri)
        self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))

    def _syntax_error(self, text: str) -> EvaluationError | None:
        """What Nix's parser says, in a process that can read nothing; in another one where somebody ended that."""
        error = None
        for _ in range(2):
            with contextlib.suppress(EngineError):
                parser = self._parser = self._parser or Worker(policy=Policy(), timeout=_PARSING_SECONDS)
                error = syntax_error(text, parser)
                if not parser.crashed:
                    break
            if self._parser is not None:
                self._parser.close()
                self._parser = None
        return error

    # -- the editor ------------------------------------------------------------------------------------------------

    async def _asked_settings(self) -> Any:
        workspace = self._server.client_capabilities.workspace
        if workspace is None or not workspace.configuration:
            return None
        wanted = types.ConfigurationParams([types.ConfigurationItem(section="hmeval")])
        with contextlib.suppress(JsonRpcException, HmevalError):
            answers = await self._server.workspace_configuration_async(wanted)
            return answers[0] if answers else None
        return None

    def _watch_files(self) -> None:
        workspace = self._server.client_capabilities.workspace
        watching = workspace.did_change_watched_files if workspace else None
        if watching is None or not watching.dynamic_registration:
            return
        watchers = [types.FileSystemWatcher(f"**/{pattern}") for pattern in ("*.nix", "flake.lock", "hmeval.toml")]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        self._server.client_register_capability(
            types.RegistrationParams([types.Registration("hmeval-files", method, options)])
        )

    def _show(self, message: str, kind: types.MessageType) -> None:
        """Show a message, once."""
        if message not in self._shown:
            self._shown.add(message)
            self._server.window_show_message(types.ShowMessageParams(kind, message))

    def _log(self, message: str, kind: types.MessageType = types.MessageType.Info) -> None:
        self._server.window_log_message(types.LogMessageParams(kind, message))

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Nobody awaits a task: a defect of it would pass unseen."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, ConnectionError):  # the editor is gone
            trace = "".join(traceback.format_exception(error))
            self._log(f"hmeval has a defect, which you may want to report:\n{trace}", types.MessageType.Error)
