"""Wall time and memory of commands, measured side by side."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Measured:
    """The runs of one command: seconds by the clock, and the most memory that it held, in MiB."""

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


def run_once(command: Sequence[str], output: Path) -> tuple[float, float]:
    """Run a command with its output in a file; return seconds and MiB. Raises RuntimeError where it fails."""
    with output.open("wb") as file:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file)
        # wait4 has the usage of this child (and of those that it waited for); RUSAGE_CHILDREN has that of all so far.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"exit code {process.returncode}: {' '.join(command)}")
    return seconds, usage.ru_maxrss / 1024


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
