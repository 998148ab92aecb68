"""The sign of work that an editor shows while a configuration is evaluated, and by which its user can end that."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from uuid import uuid4

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from hmeval.lsp.workspace import Evaluation

_PATIENCE = 0.2
_PAUSE = 0.1


async def show_progress(server: LanguageServer, evaluation: Evaluation, give_up: Callable[[Evaluation], None]) -> None:
    """Show the stages of an evaluation until it ends, if it takes a while, and the editor can show them.

    One that begins while another of the same target is shown is shown in its place. `give_up` is called where the user
    ends it.
    """
    window = server.client_capabilities.window
    await asyncio.sleep(_PATIENCE)
    if window is None or not window.work_done_progress or not evaluation.stage:
        return
    progress, token = server.work_done_progress, str(uuid4())
    with contextlib.suppress(JsonRpcException):  # the editor cannot after all
        await progress.create_async(token)
        title = f"hmeval: {evaluation.target}"
        progress.begin(token, types.WorkDoneProgressBegin(title, cancellable=True, message=evaluation.stage))
        told = evaluation.stage
        while evaluation.stage:
            if progress.tokens[token].cancelled():
                give_up(evaluation)
            elif evaluation.stage != told:
                told = evaluation.stage
                progress.report(token, types.WorkDoneProgressReport(message=told))
            await asyncio.sleep(_PAUSE)
        progress.end(token, types.WorkDoneProgressEnd(message=_outcome(evaluation)))
        del progress.tokens[token]


def _outcome(evaluation: Evaluation) -> str:
    if evaluation.failure is not None:
        return f"failed: {str(evaluation.failure).splitlines()[0]}"
    return f"{len(evaluation.options.index)} options" if evaluation.options else "ended"
