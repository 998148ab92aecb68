"""How far the work is, on standard error: for someone who watches and waits, and nobody else."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from time import monotonic
from types import TracebackType

from hmeval.render.terminal import is_terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self, TypeVar

    from rich.progress import Progress, TaskID

    T = TypeVar("T")

PATIENCE = 0.3
"""Seconds after which work is worth a sign of life."""


class OptionCounter:
    """Counts options as they are read; shows so once it takes longer than PATIENCE, on a terminal alone.

    Call it with the number of options so far. Use it with `with`, so that the sign disappears before results are shown.
    """

    def __init__(self) -> None:
        self._begun = monotonic()
        self._watched = is_terminal(sys.stderr)
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __call__(self, count: int) -> None:
        if not self._watched or monotonic() - self._begun < PATIENCE:
            return
        bar = self._shown()
        assert self._task is not None
        bar.update(self._task, completed=count)

    def counted(self, things: Iterable[T]) -> Iterator[T]:
        """The things, each counted before it is handed out."""
        for number, thing in enumerate(things, 1):
            self(number)
            yield thing

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _shown(self) -> Progress:
        if self._bar is None:
            # rich takes longer to import than most answers do.
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (TextColumn("reading options"), BarColumn(), TextColumn("{task.completed}"), TimeElapsedColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("options", total=None)
            self._bar.start()
        return self._bar
