"""What the server knows of a workspace: its documents, and the option sets of its targets, evaluated in the background.

Evaluations are debounced, and given up when something changes meanwhile. What was known last is answered from until
the next one is done, and marked as such.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from hmeval.errors import EvaluationError, HmevalError, TargetError
from hmeval.lsp.evaluation import (
    DEFAULT_LIMITS,
    NO_OPTIONS,
    Limits,
    OptionSet,
    built_in_target,
    evaluate,
    last_known,
    worker_for,
)
from hmeval.lsp.target import ChosenTarget, chosen_target, nearest_target
from hmeval.lsp.view import Document, View
from hmeval.trust import Trust

_DEBOUNCE = 0.3

Told = Callable[["Evaluation"], None]


class Evaluation:
    """A target, with what its evaluations gave.

    Attributes:
        target: what is evaluated; options: what the last evaluation gave, if any did.
        taken_at: how many changes the workspace had seen when that one began; None where it is of an earlier session.
        failure: why the last one gave nothing; stage: what the one that is under way does, "" where none is.
    """

    def __init__(self, target: ChosenTarget) -> None:
        self.target = target
        self.options: OptionSet | None = None
        self.taken_at: int | None = None
        self.failure: HmevalError | None = None
        self.stage = ""
        self.task: asyncio.Task[None] | None = None


class Workspace:
    """The documents and option sets of one editor.

    Attributes:
        folders: the workspace's; documents: those that are open, by URI; trust: which folders may be evaluated.
        limits: what one evaluation may take; target_setting: what the setting `hmeval.target` says.
        changes: how many changes of texts and files there were.
    """

    def __init__(self, told: Told, trust: Trust | None = None) -> None:
        self.folders: list[Path] = []
        self.documents: dict[str, Document] = {}
        self.trust = trust or Trust()
        self.limits = DEFAULT_LIMITS
        self.target_setting = ""
        self.changes = 0
        self._told = told
        self._evaluations: dict[ChosenTarget, Evaluation] = {}
        self._built_in = Evaluation(built_in_target())
        self._files: dict[Path, tuple[float, Document]] = {}

    def view(self, uri: str) -> View | None:
        """A document with its options: those of its target, or the built-in ones until there are some."""
        document = self.documents.get(uri)
        if document is None:
            return None
        evaluation = self.evaluation(document.path)
        if evaluation is None or evaluation.options is None:
            options, why = self._built_in.options or NO_OPTIONS, "the configuration has not been evaluated"
            return View(document, options, why, _failures(evaluation))
        return View(document, evaluation.options, self._staleness(evaluation), _failures(evaluation))

    def evaluation(self, file: Path) -> Evaluation | None:
        """That of the target which a file belongs to; None where there is none."""
        try:
            target = self.target(file)
        except TargetError:
            return None
        return None if target is None else self._evaluations.setdefault(target, Evaluation(target))

    def target(self, file: Path) -> ChosenTarget | None:
        """The target that a file belongs to. Raises TargetError for a setting that names none."""
        top = next((folder for folder in self.folders if file.is_relative_to(folder)), None)
        if top is None:
            return None
        return chosen_target(self.target_setting, top) if self.target_setting else nearest_target(file, top)

    def undecided(self, file: Path) -> Path | None:
        """The folder that the user has to be asked about before a file's options can be evaluated."""
        try:
            target = self.target(file)
        except TargetError:
            return None
        return target.folder if target is not None and self.trust.is_undecided(target.folder) else None

    def evaluate(self, file: Path, debounce: float = _DEBOUNCE) -> None:
        """Evaluate the target of a file again, in a moment, if that is allowed; one that is under way is given up."""
        evaluation = self.evaluation(file)
        if evaluation is not None and self.trust.allows(evaluation.target.folder):
            self._start(evaluation, debounce)

    def recall(self, file: Path) -> None:
        """Have the options of a file's target as they were kept last, if that is allowed; nothing is evaluated."""
        evaluation = self.evaluation(file)
        if evaluation is not None and self.trust.allows(evaluation.target.folder):
            self._recall(evaluation)

    def give_up(self, evaluation: Evaluation) -> None:
        """End an evaluation that is under way; what was known before it stays."""
        if evaluation.task is not None:
            evaluation.task.cancel()

    def give_up_untrusted(self) -> None:
        """End what may not be evaluated any more."""
        for evaluation in self._evaluations.values():
            if not self.trust.allows(evaluation.target.folder):
                self.give_up(evaluation)

    def evaluate_built_in(self) -> None:
        """Evaluate hmeval's own option set, which needs no trust."""
        self._start(self._built_in, 0)

    def module_documents(self, file: Path) -> Iterator[Document]:
        """The documents of the workspace that belong to the configuration of a file, open or not."""
        by_path = {document.path: document for document in self.documents.values()}
        yield from by_path.values()
        evaluation = self.evaluation(file)
        options = evaluation.options if evaluation else None
        for path in sorted(options.files) if options else ():
            if path not in by_path and any(path.is_relative_to(folder) for folder in self.folders):
                document = self.file(path)
                if document is not None:
                    yield document

    def file(self, path: Path) -> Document | None:
        """A file that is not open, read; again only where it has changed."""
        try:
            changed = path.stat().st_mtime
            kept = self._files.get(path)
            if kept is None or kept[0] != changed:
                kept = (changed, Document(path, path.read_text(), 0, self._encoding()))
                self._files[path] = kept
        except (OSError, UnicodeDecodeError):
            return None
        return kept[1]

    def places(self, path: Path, option: tuple[str, ...]) -> list[tuple[int, int]]:
        """Where a file defines an option: lines and columns, from 1."""
        open_ = next((one for one in self.documents.values() if one.path == path), None)
        document = open_ or self.file(path)
        if document is None:
            return []
        found = [one for one in document.whole().found if one.path == option]
        return [(line + 1, column + 1) for one in found for line, column in [document.syntax.place(one.start)]]

    async def close(self) -> None:
        """Give up what is under way."""
        tasks = [one.task for one in (*self._evaluations.values(), self._built_in) if one.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _encoding(self) -> str:
        return next((document.syntax.encoding for document in self.documents.values()), "utf-16")

    def _staleness(self, evaluation: Evaluation) -> str:
        """Why the options may be older than the texts."""
        if evaluation.failure is not None:
            return f"the one after it failed ({str(evaluation.failure).splitlines()[0]})"
        if any(document.is_unsaved for document in self.documents.values()):
            return "there are changes that are not saved"
        if evaluation.taken_at is None:
            return "it is an earlier session's, and whether files have changed since is being looked at"
        if evaluation.taken_at != self.changes:
            return "the files have changed since"
        return ""

    def _start(self, evaluation: Evaluation, debounce: float) -> None:
        self.give_up(evaluation)
        self._recall(evaluation)
        if evaluation.options is not None and evaluation.taken_at is None:
            debounce = _DEBOUNCE  # the first answers come before it is looked at whether they hold
        evaluation.task = asyncio.get_running_loop().create_task(self._run(evaluation, debounce))

    def _recall(self, evaluation: Evaluation) -> None:
        if evaluation.options is None:
            evaluation.options = last_known(evaluation.target, worker_for(evaluation.target, self.limits))

    async def _run(self, evaluation: Evaluation, debounce: float) -> None:
        await asyncio.sleep(debounce)
        began = self.changes
        self._enter(evaluation, "waiting for a process")
        try:
            evaluation.options = await self._evaluated(evaluation, self.limits)
            evaluation.taken_at, evaluation.failure = began, None
            # Python's collector would walk all options again and again while answers are made; they hold no cycles.
            gc.freeze()
        except HmevalError as error:
            evaluation.failure = error
        finally:
            self._enter(evaluation, "")

    async def _evaluated(self, evaluation: Evaluation, limits: Limits) -> OptionSet:
        """What the evaluation gives, or a second one where somebody ended the process of the first."""
        loop = asyncio.get_running_loop()

        def tell(stage: str) -> None:
            loop.call_soon_threadsafe(self._told_stage, evaluation, stage)

        for is_last in (False, True):
            worker = worker_for(evaluation.target, limits)
            try:
                options = await asyncio.to_thread(evaluate, evaluation.target, worker, tell)
                if is_last or not worker.crashed:
                    break
            except HmevalError:
                if is_last or not worker.crashed:
                    raise
            finally:
                with contextlib.suppress(HmevalError):
                    worker.close()
        return options

    def _told_stage(self, evaluation: Evaluation, stage: str) -> None:
        if evaluation.stage:  # it has not been given up meanwhile
            self._enter(evaluation, stage)

    def _enter(self, evaluation: Evaluation, stage: str) -> None:
        evaluation.stage = stage
        self._told(evaluation)


def failures_of(evaluation: Evaluation | None) -> Sequence[HmevalError]:
    """What the last evaluation found wrong: what it ended with, or lived with."""
    if evaluation is None:
        return ()
    if evaluation.failure is not None:
        return [evaluation.failure]
    return evaluation.options.failures if evaluation.options else ()


def _failures(evaluation: Evaluation | None) -> Sequence[EvaluationError]:
    return [one for one in failures_of(evaluation) if isinstance(one, EvaluationError)]
