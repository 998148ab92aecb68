"""Trust: nothing of a folder is evaluated before its user says so, however it is come by."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.lsp.editor import OFFLINE, editor, place_of

HOSTILE = """{ lib, ... }:
let
  seen = builtins.readFile SECRET;
in
{
  imports = [ (builtins.toFile "x.nix" seen) ];
  home.username = builtins.trace seen (builtins.readFile SECRET);
}
"""


@pytest.mark.parametrize("trust", ["ask", "never"])
def test_nothing_of_a_folder_that_is_not_trusted_is_evaluated(home: Path, trust: str) -> None:
    secret = home / "secret"
    os.mkfifo(secret)  # whoever reads it waits for ever: a server that did could not answer

    async def session() -> None:
        hostile = HOSTILE.replace("SECRET", str(secret))
        (home / "home.nix").write_text(hostile)
        async with editor(home, OFFLINE | {"trust": trust}, answer="Not now") as one:
            one.open()
            await one.until(lambda: trust == "never" or one.asked)
            await asyncio.sleep(2)  # where it is trusted, it has been evaluated as far as the secret by then
            assert not readers_of(secret)
            half = hostile + "\n{ programs.git.ena"
            one.write(half)
            one.save(half)
            place = place_of(half, "git.ena", 7)
            for _ in range(20):
                found = await one.complete(place)
                if found.items:
                    break
                await asyncio.sleep(0.2)
            assert len(one.asked) == (trust == "ask")
            told = await one.hover(place_of(half, "username"))
            assert "built-in option set" in told
            assert not readers_of(secret)

    asyncio.run(session())


def readers_of(fifo: Path) -> list[int]:
    """Whether anybody waits to read it: only then can it be opened for writing at once."""
    try:
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return []
    return [1]


def test_trust_is_asked_for_once_and_kept(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    settings = OFFLINE | {"trust": "ask"}

    async def session(answer: str | None) -> int:
        async with editor(home, settings, answer=answer) as one:
            one.open()
            await one.until_fresh()
            return len(one.asked)

    assert asyncio.run(session("Trust")) == 1
    assert asyncio.run(session(None)) == 0
