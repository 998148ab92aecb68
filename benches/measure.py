"""Wall time and memory of commands, measured side by side."""

from __future__ import annotations

import contextlib
import re
import statistics
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Measured:
    """The runs of one command: seconds by the clock, and the most memory that it and its children held, in MiB."""

    seconds: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def least(self) -> float:
        return min(self.seconds)

    @property
    def peak(self) -> float:
        return max(self.memory)


class Watch:
    """Looks again and again at the memory of a process and its children; `most` is in KiB.

    A kernel's own account has the largest process alone. What comes from files is counted once: the libraries are the
    same.
    """

    def __init__(self, process: int) -> None:
        self.most = 0
        self._process = process
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def end(self) -> None:
        """Stop looking."""
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(0.005):
            with contextlib.suppress(OSError):
                tasks = Path(f"/proc/{self._process}/task").iterdir()
                children = [child for task in tasks for child in (task / "children").read_text().split()]
                sizes = [_memory(process) for process in (str(self._process), *children)]
                self.most = max(self.most, sum(own for own, _ in sizes) + max(files for _, files in sizes))


def _memory(process: str) -> tuple[int, int]:
    status = Path(f"/proc/{process}/status").read_text()
    sizes = dict(re.findall(r"^(Rss\w+):\s+(\d+) kB$", status, re.MULTILINE))
    return int(sizes.get("RssAnon", 0)), int(sizes.get("RssFile", 0))


def run_once(command: Sequence[str], output: Path) -> tuple[float, float]:
    """Run a command with its output in a file; return seconds and MiB. Raises RuntimeError where it fails."""
    with output.open("wb") as file:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file)
        watch = Watch(process.pid)
        code = process.wait()
        seconds = time.perf_counter() - begin
        watch.end()
    if code:
        raise RuntimeError(f"exit code {code}: {' '.join(command)}")
    return seconds, watch.most / 1024


def interleaved(commands: Mapping[str, Sequence[str]], runs: int, folder: Path) -> dict[str, Measured]:
    """Run the commands in turn, `runs` times: what slows the machine for a while then slows all of them.

    The output of each one's last run is left in `folder`, under its name. A first round is not counted: it fills the
    file system's cache.
    """
    measured = {name: Measured() for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            seconds, memory = run_once(command, folder / name)
            if turn:
                measured[name].seconds.append(seconds)
                measured[name].memory.append(memory)
    return measured
