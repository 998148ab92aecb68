"""The evaluation behind the server: what is shown of it, what its failures lead to, what a second server has of it."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from lsprotocol import types

from tests.lsp.editor import OFFLINE, Editor, editor, place_of

SLOW = "builtins.foldl' (a: b: builtins.foldl' (c: d: d) 0 numbers) 0 numbers"


def slow_module(size: int) -> str:
    """A configuration of which the modules take a while: a square of `size` steps."""
    return (
        f"let numbers = builtins.genList (x: x) {size}; in "
        f'{{ imports = builtins.seq ({SLOW}) [ ]; home.username = "alice"; home.homeDirectory = "/home/alice"; '
        'home.stateVersion = "26.05"; }\n'
    )


def ends(one: Editor) -> list[str]:
    """What the evaluations that were shown ended with."""
    return [stage.message for _, stage in one.progress() if stage.kind == "end"]


def test_the_stages_of_an_evaluation_are_shown(home: Path) -> None:
    async def session() -> None:
        (home / "home.nix").write_text(slow_module(100_000))  # minutes: it is not over before its stage is shown
        async with editor(home, OFFLINE) as one:
            one.open()
            await one.until(lambda: "evaluating modules" in [stage.message for _, stage in one.progress()])
            (_, begin), *_ = one.progress()
            assert begin.title == f"hmeval: --file {home}/home.nix"
            one.save(one.write(slow_module(4_000)))  # half a second: the sign comes after 0.2
            await one.until(lambda: any(end.endswith(" options") for end in ends(one)))
            assert len(ends(one)) == 2, "the first one was given up"

    asyncio.run(session())


def test_the_user_can_end_an_evaluation(home: Path) -> None:
    async def session() -> None:
        (home / "home.nix").write_text(slow_module(100_000))  # minutes
        async with editor(home, OFFLINE) as one:
            one.open()
            await one.until(one.progress)
            ((token, _), *_) = one.progress()
            one.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
            await one.until(lambda: one.progress()[-1][1].kind == "end")
            server = one.client._server.pid if one.client._server else 0
            await one.until(lambda: len(children_of(server)) <= 1)  # the parser's
            one.save(one.write(slow_module(10)))
            await one.until_fresh()

    asyncio.run(session())


def test_what_has_no_place_in_the_workspace_is_said_in_a_message(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE | {"target": "--file nowhere.nix --offline"}) as one:
            one.open()
            await one.until(lambda: one.client.messages)
            assert f"{home}/nowhere.nix" in one.client.messages[0].message

    asyncio.run(session())


def test_a_second_server_answers_from_what_was_kept(home: Path) -> None:
    quick = OFFLINE | {"evaluation": {"timeout": 0.1}}  # nothing can be evaluated in that time

    async def first() -> None:
        async with editor(home, OFFLINE) as one:
            one.open()
            await one.until_fresh()

    async def second() -> None:
        async with editor(home, quick) as one:
            one.open()
            await one.until_fresh()

    async def third() -> None:
        async with editor(home, OFFLINE) as one:
            text = one.open()
            while f"{home}/home.nix" not in (told := await one.hover(place_of(text, "username"))):
                assert not told or "built-in" in told  # the editor is still asked for its settings
            assert '"alice"' in told
            assert "an earlier session's" in told
            await one.until_fresh()
            assert '"bob"' in await one.hover(place_of(text, "username"))

    asyncio.run(first())
    asyncio.run(second())
    (home / "home.nix").write_text((home / "home.nix").read_text().replace('"alice"', '"bob"'))
    asyncio.run(third())


def test_the_death_of_a_worker_costs_one_evaluation(home: Path) -> None:
    async def session() -> None:
        async with editor(home, OFFLINE) as one:
            text = one.open()
            await one.until_fresh()
            server = one.client._server.pid if one.client._server else 0
            killed = 0
            for _ in range(3):
                one.save(text)
                await asyncio.sleep(0.4)
                for child in children_of(server):
                    os.kill(child, signal.SIGKILL)
                    killed += 1
                await one.hover(place_of(text, "EDITOR"))
            assert killed
            one.save(text)
            await one.until_fresh()
            one.write("{ home.username = ; }")
            await one.until(lambda: any(item.code == "syntax" for item in one.diagnostics()))

    asyncio.run(session())


def children_of(process: int) -> list[int]:
    """The processes that a process has started."""
    listed = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(child) for task in Path(f"/proc/{process}/task").iterdir() for child in _children(task)] or [
        int(child) for child in listed
    ]


def _children(task: Path) -> list[str]:
    try:
        return (task / "children").read_text().split()
    except OSError:
        return []


def test_an_evaluation_that_takes_too_long_is_told(home: Path) -> None:
    async def session() -> None:
        settings = OFFLINE | {"evaluation": {"timeout": 1}}
        async with editor(home, settings) as one:
            (home / "home.nix").write_text(slow_module(100_000))
            one.open()
            await one.until(lambda: one.client.log_messages)
            assert "longer than 1" in one.client.log_messages[0].message

    asyncio.run(session())
