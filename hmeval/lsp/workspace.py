"""What the server knows of a workspace: its documents, and the option sets of its targets, evaluated in the background.

Evaluations are debounced, and given up when something changes meanwhile. What was known last is answered from until
the next one is done, and marked as such.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from hmeval.errors import EvaluationError, HmevalError, Position, TargetError
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
from hmeval.lsp.meaning import ANY, HOME, SYSTEM, Scope
from hmeval.lsp.option_path import Import
from hmeval.lsp.ownership import Imports, Owner, certain, module_file, owners, shape
from hmeval.lsp.target import (
    ChosenTarget,
    chosen_target,
    nearest_target,
    project_file,
    project_folders,
    project_target,
)
from hmeval.lsp.view import Document, Known, View
from hmeval.trust import Trust

DEBOUNCE = 0.3
_LARGEST = 4 * 2**20
_NOT_EVALUATED = "the configuration has not been evaluated"

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

    @property
    def failures(self) -> Sequence[HmevalError]:
        """What the last one found wrong: what it ended with, or lived with."""
        if self.failure is not None:
            return [self.failure]
        return self.options.failures if self.options else ()


class Workspace:
    """The documents and option sets of one editor.

    Attributes:
        folders: the workspace's, and what the editor calls each of them; documents: those that are open, by URI.
        trust: which folders may be evaluated.
        limits: what one evaluation may take; target_setting: what the setting `hmeval.target` says.
        changes: how many changes of files there were.
    """

    def __init__(self, told: Told, trust: Trust | None = None) -> None:
        self.folders: dict[Path, Path] = {}
        self.documents: dict[str, Document] = {}
        self.trust = trust or Trust()
        self.limits = DEFAULT_LIMITS
        self.target_setting = ""
        self.changes = 0
        self._told = told
        self._evaluations: dict[ChosenTarget, Evaluation] = {}
        self._built_in = Evaluation(built_in_target())
        self._files: dict[Path, tuple[int, Document]] = {}
        self._owners: dict[Path, Owner] = {}
        self._imported: set[Path] = set()

    def view(self, uri: str) -> View | None:
        """A document with its options: those of its target, or the built-in ones until there are some."""
        document = self.documents.get(uri)
        if document is None:
            return None
        return View(document, lambda scope: self._known(document.path, scope), self._failures(document.path))

    def located(self, path: Path) -> Path:
        """Where a file is that the editor names: evaluations tell places in the real folder of one that is a link."""
        inside = (real / path.relative_to(name) for real, name in self.folders.items() if path.is_relative_to(name))
        return next(inside, path)

    def uri(self, path: Path) -> str:
        """What the editor calls a file."""
        inside = (name / path.relative_to(real) for real, name in self.folders.items() if path.is_relative_to(real))
        return next(inside, path).as_uri()

    def open(self, uri: str, document: Document) -> None:
        """Take a document that is open from now on."""
        self.documents[uri] = document
        document.owner = self._owners.get(document.path) or self._by_shape(document)
        document.is_imported = document.path in self._imported

    async def find_owners(self) -> None:
        """Find out what the files are about, from what is known by now; documents have it then."""
        imports, evaluated = self._imports(), self._evaluated_sets()
        modules = self._certain((module_file(Path(name)), scope) for scope, one in evaluated for name in one.modules)
        defining = self._certain((path, scope) for scope, one in evaluated for path in one.files)
        bases = {base for document in self.documents.values() if (base := self._base(document.path))}
        begun = {Path(base.file): Owner(base.scope) for base in bases if base.file}
        flakes = [base.folder / "flake.nix" for base in bases if base.flake]
        found = await asyncio.to_thread(owners, begun | modules, flakes, imports, self._preferred())
        shapes = {document.path: self._by_shape(document) for document in self.documents.values()}
        self._owners = await asyncio.to_thread(owners, shapes | defining | found, (), imports)
        self._imported = {*defining, *found, *flakes}
        for document in self.documents.values():
            document.owner = self._owners.get(document.path) or document.owner
            document.is_imported = document.path in self._imported

    def target(self, file: Path) -> ChosenTarget | None:
        """The target that a file belongs to. Raises TargetError for a setting, or a hmeval.toml, that is wrong."""
        top = self._folder(file)
        if top is None:
            return None
        chosen = chosen_target(self.target_setting, top) if self.target_setting else None
        project = project_file(file, top)
        if project is None or not all(map(self.trust.allows, project_folders(project))):
            return chosen or nearest_target(file, top)
        return project_target(project, file, top, chosen)

    def problem(self, file: Path) -> str:
        """What is wrong with the setting, or the hmeval.toml, that names a file's target; or ""."""
        try:
            self.target(file)
        except TargetError as error:
            return str(error)
        return ""

    def is_for(self, evaluation: Evaluation) -> bool:
        """Whether an evaluation is that of an open document's own options."""
        return any(
            self._target_of(document.path, document.own) == evaluation.target for document in self.documents.values()
        )

    def undecided(self, file: Path) -> Path | None:
        """The folder that the user has to be asked about before a file's options can be evaluated."""
        top = self._folder(file)
        project = project_file(file, top) if top is not None else None
        target = self._base(file)
        folders = [*(project_folders(project) if project else ()), *(target.folders if target else ())]
        return next(filter(self.trust.is_undecided, folders), None)

    def evaluate(self, document: Document, debounce: float) -> None:
        """Evaluate what a document needs again, in a moment, if that is allowed; what is under way is given up."""
        for evaluation in self._needed(document):
            self._start(evaluation, debounce)

    def evaluate_missing(self, document: Document) -> None:
        """Evaluate what a document needs and was never evaluated, if that is allowed."""
        for evaluation in self._needed(document):
            if evaluation.task is None:
                self._start(evaluation, 0)

    def recall(self, file: Path) -> None:
        """Have the options of a file's target as they were kept last, if that is allowed; nothing is evaluated."""
        base = self._base(file)
        target = base.of(base.scope) if base is not None else None
        if target is not None and self._allows(target):
            self._recall(self._evaluations.setdefault(target, Evaluation(target)))

    def give_up(self, evaluation: Evaluation) -> None:
        """End an evaluation that is under way; what was known before it stays."""
        if evaluation.task is not None:
            evaluation.task.cancel()

    def give_up_untrusted(self) -> None:
        """End what may not be evaluated any more."""
        for evaluation in self._evaluations.values():
            if not self._allows(evaluation.target):
                self.give_up(evaluation)

    def evaluate_built_in(self) -> None:
        """Evaluate hmeval's own option set, which needs no trust."""
        self._start(self._built_in, 0)

    def module_documents(self, file: Path) -> Iterator[Document]:
        """The documents of the workspace that belong to the configuration of a file, open or not."""
        by_path = {document.path: document for document in self.documents.values()}
        yield from by_path.values()
        files = {path for one in self._related(file) if one.options for path in one.options.files}
        for path in sorted(files - set(by_path)):
            document = self.file(path)
            if document is not None:
                yield document

    def file(self, path: Path) -> Document | None:
        """A file of the workspace that is not open, read; again only where it has changed."""
        try:
            seen = path.stat()
            if self._folder(path) is None or not stat.S_ISREG(seen.st_mode) or seen.st_size > _LARGEST:
                return None
            kept = self._files.get(path)
            if kept is None or kept[0] != seen.st_mtime_ns:
                document = Document(path, path.read_text(), 0, self._encoding(), self.uri(path))
                kept = (seen.st_mtime_ns, document)
                self._files[path] = kept
        except (OSError, UnicodeDecodeError):
            return None
        kept[1].owner = self._owners.get(path) or kept[1].owner
        return kept[1]

    def places(self, path: Path, option: tuple[str, ...]) -> list[tuple[int, int]]:
        """Where a file defines an option: lines and columns, from 1."""
        open_ = next((one for one in self.documents.values() if one.path == path), None)
        document = open_ or self.file(path)
        if document is None:
            return []
        found = [one for one in document.whole().found if one.path == option and not one.is_apart]
        return [(line + 1, column + 1) for one in found for line, column in [document.syntax.place(one.start)]]

    async def close(self) -> None:
        """Give up what is under way."""
        tasks = [one.task for one in (*self._evaluations.values(), self._built_in) if one.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _allows(self, target: ChosenTarget) -> bool:
        """Whether a target may be evaluated."""
        return all(map(self.trust.allows, target.folders))

    def _folder(self, path: Path) -> Path | None:
        """The folder of the workspace that a file is in."""
        return next((folder for folder in self.folders if path.is_relative_to(folder)), None)

    def _by_shape(self, document: Document) -> Owner:
        base = self._base(document.path)
        return Owner(shape(document.whole()) or (base.scope if base else Scope(HOME)))

    def _base(self, file: Path) -> ChosenTarget | None:
        """The target that a file belongs to; None where there is none, or none that makes sense."""
        try:
            return self.target(file)
        except TargetError:
            return None

    def _target_of(self, file: Path, scope: Scope) -> ChosenTarget | None:
        """The target for the options of a scope, as they are meant in a file."""
        base = self._base(file)
        if base is None:
            return None
        if scope.user == ANY or (scope == Scope(HOME) and base.scope.kind == SYSTEM and base.user is None):
            scope = scope._replace(user=self._a_user())
        target = base.of(scope)
        if target is None and not self.target_setting and (top := self._folder(file)):
            system = nearest_target(file, top, wants_system=True)
            return system.of(scope) if system else None
        return target

    def _a_user(self) -> str | None:
        """Somebody whose home is in a system, by the texts."""
        return next((one.scope.user for one in self._owners.values() if one.scope.user not in (None, ANY)), None)

    def _related(self, file: Path) -> list[Evaluation]:
        """The evaluations of the configurations that a file may be part of."""
        base = self._base(file)
        return [one for target, one in self._evaluations.items() if base and target.folder == base.folder]

    def _needed(self, document: Document) -> list[Evaluation]:
        """The evaluations of all options that a document is about, its own where it has none, if they are allowed."""
        whole = document.whole()
        scopes = {one.meaning.scope for one in whole.found} | {one.scope for one in whole.read}
        targets = {self._target_of(document.path, document.scope(scope)) for scope in scopes or {None}}
        wanted = [target for target in targets if target is not None and self._allows(target)]
        return [self._evaluations.setdefault(target, Evaluation(target)) for target in wanted]

    def _known(self, file: Path, scope: Scope) -> Known:
        """What is known of the options of a scope, as they are meant in a file."""
        target = self._target_of(file, scope)
        evaluation = self._evaluations.get(target) if target is not None else None
        if evaluation is not None and evaluation.options is not None:
            return Known(evaluation.options, self._staleness(evaluation))
        if scope.kind == SYSTEM:
            return Known(NO_OPTIONS, _NOT_EVALUATED, is_awaited=evaluation is not None)
        return self._another_home(file)

    def _another_home(self, file: Path) -> Known:
        """What serves until the home that is meant has been evaluated: another one, or the built-in options."""
        for one in self._related(file):
            if one.options is not None and not one.target.system:
                return Known(one.options, f"it is that of another home, {one.target}", is_awaited=True)
        return Known(self._built_in.options or NO_OPTIONS, _NOT_EVALUATED, is_awaited=self._built_in.options is None)

    def _evaluated_sets(self) -> list[tuple[Scope, OptionSet]]:
        """The option sets that were evaluated, and whose they are; of those that are recalled all would be unpacked."""
        sets = ((target.whose, one.options, one.taken_at) for target, one in self._evaluations.items())
        return [(whose, options) for whose, options, taken_at in sets if options is not None and taken_at is not None]

    def _certain(self, told: Iterable[tuple[Path, Scope]]) -> dict[Path, Owner]:
        """What the files of the workspace are about by what is told of them, where that is certain."""
        return certain(((path, scope) for path, scope in told if self._folder(path) is not None), self._preferred())

    def _preferred(self) -> set[str | None]:
        """The configurations of flakes that are meant where nothing tells which."""
        bases = {self._base(document.path) for document in self.documents.values()}
        return {name for base in bases if base is not None for name in base.configurations}

    def _imports(self) -> Imports:
        """What imports what, by the texts as they are now; for another thread."""
        open_ = {document.path: document.imported() for document in self.documents.values()}

        def imports(path: Path) -> Sequence[Import]:
            document = self.file(path) if path not in open_ else None
            return document.imported() if document else open_.get(path, ())

        return imports

    def _encoding(self) -> str:
        return next((document.syntax.encoding for document in list(self.documents.values())), "utf-16")

    def _failures(self, file: Path) -> Sequence[EvaluationError]:
        """What the last evaluations found wrong with the whole: what they ended with, or lived with; each once."""
        found: dict[tuple[str, Position | None], EvaluationError] = {}
        errors = [error for evaluation in self._related(file) for error in evaluation.failures]
        for error in errors:
            if isinstance(error, EvaluationError):
                found.setdefault((error.message, error.position), error)
        return list(found.values())

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
            debounce = DEBOUNCE  # the first answers come before it is looked at whether they hold
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
