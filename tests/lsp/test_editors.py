"""Real editors with the settings of docs/editors.md: hover, definition, completion and diagnostics on the example.

The settings are read out of the page, so that it cannot say anything else than what was run. An editor that is not
installed is left out; `scripts/modern-engine test` has three of Debian 13.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyte
import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGE = (ROOT / "docs/editors.md").read_text()
WRITTEN, RUN = "--flake .#alice", "--file home.nix --offline"  # the flake's inputs are on the network
ESCAPE, BACK, COMPLETE = "\x1b", "\x0f", "\x18"  # in Helix
UNKNOWN = "There is no option programs.jq.enabel; did you mean programs.jq.enable?"


def settings(title: str, language: str) -> str:
    """The settings below a title of the page, for the target that is here."""
    section = re.split(r"^#+ ", PAGE.partition(f"\n{title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    found = re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert found, f"docs/editors.md has no {language} below {title!r}"
    assert WRITTEN in found[1]
    return found[1].replace(WRITTEN, RUN)


def left_out_without(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"there is no {program} to drive")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example, which its user trusts."""
    folder = Path(shutil.copytree(ROOT / "examples/standalone", tmp_path / "example"))
    state = tmp_path / "state/hmeval"
    state.mkdir(parents=True)
    (state / "trusted-folders.json").write_text(json.dumps([str(folder)]))
    return folder


def environment(folder: Path, out: Path) -> dict[str, str]:
    """That of an editor: `hmeval` is the one that is tested, and nobody's configuration is read."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    state, config = folder.parent / "state", folder.parent / "config"
    mine = {"FOLDER": folder, "OUT": out, "XDG_STATE_HOME": state, "XDG_CONFIG_HOME": config}
    return os.environ | {name: str(value) for name, value in mine.items()} | {"PATH": path}


def answers(folder: Path, command: list[str]) -> dict[str, Any]:
    """What an editor's own driver writes."""
    out = folder.parent / "answers.json"
    done = subprocess.run(
        command, env=environment(folder, out), capture_output=True, text=True, timeout=150, cwd=folder
    )
    assert out.exists(), f"{done.stdout}\n{done.stderr}"
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def check(found: dict[str, Any], folder: Path) -> None:
    """What every editor has to have got."""
    assert "home.username" in found["hover"]
    assert '"alice"' in found["hover"]
    assert found["definition"].endswith("git.nix")
    assert {"enable", "ignores", "settings"} <= set(found["completion"])
    (diagnostic,) = found["diagnostics"]
    assert diagnostic.endswith(UNKNOWN)


def neovim_title() -> str:
    """Which of the page's settings are for the Neovim that is here."""
    told = subprocess.run(["nvim", "--version"], capture_output=True, text=True, check=True).stdout
    version = re.match(r"NVIM v(\d+)\.(\d+)", told)
    assert version
    number = (int(version[1]), int(version[2]))
    return (
        "Neovim 0.11 or later:" if number >= (0, 11) else "Neovim 0.8 to 0.10:" if number >= (0, 8) else "Neovim 0.7:"
    )


@left_out_without("nvim")
def test_neovim(folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "init.lua"
    config.write_text(settings(neovim_title(), "lua"))
    driver = HERE / "editors/neovim.lua"
    check(answers(folder, ["nvim", "--headless", "--clean", "-n", "-u", str(config), "-S", str(driver)]), folder)


@left_out_without("emacs")
def test_emacs(folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "init.el"
    config.write_text(settings("## Emacs", "elisp"))
    driver = HERE / "editors/emacs.el"
    check(answers(folder, ["emacs", "--batch", "-Q", "-l", str(config), "-l", str(driver)]), folder)


class Screen(pyte.Screen):
    """As pyte's, which does not know the private form of a question for the state (`ESC [ ? … n`): no answer."""

    def report_device_status(self, mode: int, private: bool = False) -> None:
        if not private:
            super().report_device_status(mode)


class Terminal:
    """A program in a terminal: keys in, a screen out."""

    def __init__(self, command: list[str], folder: Path, variables: dict[str, str]) -> None:
        self._screen = Screen(160, 50)
        self._stream = pyte.ByteStream(self._screen)
        self.process, self._terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, variables | {"TERM": "xterm-256color"})
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))

    def press(self, *keys: str) -> None:
        """Press keys, with a pause after each text of them: Escape and what follows at once would be another key."""
        for text in keys:
            os.write(self._terminal, text.encode())
            self.see(0.3)

    def see(self, seconds: float) -> str:
        """The screen's text after some time."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self._terminal], [], [], left)[0]:
                self._stream.feed(os.read(self._terminal, 65536))
        return "\n".join(self._screen.display)

    def until(self, *wanted: str, again: tuple[str, ...] = ()) -> None:
        """Wait until the screen has all of the texts; until then the keys `again` are pressed every second."""
        until = time.monotonic() + 60
        while not all(text in " ".join((screen := self.see(1.0)).split()) for text in wanted):
            assert time.monotonic() < until, screen
            self.press(*again)


@contextmanager
def terminal(command: list[str], folder: Path, variables: dict[str, str]) -> Iterator[Terminal]:
    one = Terminal(command, folder, variables)
    try:
        yield one
    finally:
        os.kill(one.process, signal.SIGKILL)
        os.waitpid(one.process, 0)


@left_out_without("hx")
def test_helix(folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "config/helix"
    config.mkdir(parents=True)
    (config / "languages.toml").write_text(settings("## Helix", "toml"))
    with terminal(["hx", "home.nix"], folder, environment(folder, tmp_path / "out")) as one:
        one.until("username")
        one.press("/username\r")
        one.until("home.nix:21:5", '"alice"', again=(ESCAPE, " k"))
        one.press(ESCAPE, "/git.nix\r", "gd")
        one.until("Git, with another address for work.")
        one.press(BACK, "/programs.jq\r", "O", "programs.git.")
        one.until("enable", "ignores", "lfs", "settings", again=(COMPLETE,))
        one.press(ESCAPE, ESCAPE, "xd", "O", "programs.jq.enabel = true;", ESCAPE, ESCAPE)
        one.until("There is no option programs.jq.enabel", again=(ESCAPE, " d"))
