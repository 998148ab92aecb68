"""Planning, apart from evaluation, beside a bare loop of lstat and readlink over the same targets.

`python -m benches.bench_plan [FILES…]`; by default 1,000, 10,000 and 100,000 files. What is told is the processor's
time, the least of several runs, and the most memory that the process held.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from hmeval.plan.disk import RealDisk
from hmeval.plan.generation import NO_GENERATION, Generation, read_generation
from hmeval.plan.planner import Circumstances, make_plan
from hmeval.plan.rollback import plan_to

SIZES = (1_000, 10_000, 100_000)
RUNS = 7
ORIGIN = {"kind": "folder", "generation": None}


def inputs(folder: Path, count: int) -> dict[str, Any]:
    """What a configuration with so many files says."""
    record: dict[str, Any] = {
        "store": True,
        "linkTo": None,
        "executable": None,
        "recursive": False,
        "ignoreLinks": False,
    }
    record |= {"force": False, "hasHook": False, "declaredAt": []}
    files = [
        record | {"target": f".config/app{n // 100}/file{n}", "source": f"{folder}/store/s{n}", "text": f"text {n}\n"}
        for n in range(count)
    ]
    nothing: dict[str, Any] = {name: [] for name in ("packages", "dconf", "agents", "warnings")}
    return nothing | {
        "username": "alice",
        "homeDirectory": f"{folder}/home",
        "storeDirectory": f"{folder}/store",
        "homeFiles": f"{folder}/store/new-home-manager-files",
        "overlap": "ignore",
        "files": files,
        "activatedByTheSystem": False,
        "homePath": f"{folder}/store/new-home-manager-path",
        "packagesByTheSystem": False,
        "sessionVariables": "",
        "unitFolder": None,
        "startServices": False,
        "activation": {},
    }


def lay_out(folder: Path, said: dict[str, Any]) -> None:
    """HOME and a generation as activation has left them, and another generation that has the same files."""
    old, new = (folder / f"store/{name}-home-manager-files" for name in ("old", "new"))
    for file in said["files"]:
        links = {old: file["source"], new: file["source"], folder / "home": f"{old}/{file['target']}"}
        for base, link in links.items():
            path = f"{base}/{file['target']}"
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.symlink(link, path)
        Path(file["source"]).write_text(file["text"])
    for name, home_files in {"generation": old, "other": new}.items():
        (folder / name).mkdir()
        (folder / name / "home-files").symlink_to(home_files)
        (folder / name / "activate").touch()


def bare(home: str, said: dict[str, Any]) -> None:
    """The least that looking at every target takes."""
    for file in said["files"]:
        path = f"{home}/{file['target']}"
        os.lstat(path)
        os.readlink(path)


def plan(home: str, said: dict[str, Any], generation: Generation | None) -> None:
    """The plan; the generation is read as a part of it."""
    read = generation or read_generation(str(Path(home).parent / "generation"), None, RealDisk())
    make_plan(said, Circumstances(home, read, ORIGIN))


def to_generation(home: str, to: str, from_: str = "generation") -> None:
    """The plan for a generation that was built."""
    folder = Path(home).parent
    plan_to(folder / to, home, from_ if from_ == "none" else folder / from_)


def least(work: Callable[[], None]) -> float:
    """Seconds of processor time, the least of some runs."""
    taken = []
    for _ in range(RUNS):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return min(taken)


def measure(count: int) -> None:
    """Measure one size, and tell of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        said = inputs(folder, count)
        lay_out(folder, said)
        os.sync()  # or else it is written while measuring
        home = f"{folder}/home"
        same = said | {"homeFiles": f"{folder}/store/old-home-manager-files"}
        floor = least(lambda: bare(home, said))
        cases = {
            "all linked anew": lambda: plan(home, said, None),
            "nothing to do": lambda: plan(home, same, None),
            "from nothing": lambda: plan(f"{folder}/empty", said, NO_GENERATION),
            "to a generation": lambda: to_generation(home, "other"),
            "to the same one": lambda: to_generation(home, "generation"),
            "to it, from nothing": lambda: to_generation(f"{folder}/empty", "other", "none"),
        }
        print(f"{count} files: the bare loop {floor:.3f} s")
        for case, work in cases.items():
            seconds = least(work)
            print(f"  {case:19} {seconds:7.3f} s  {seconds / floor:4.1f} times it")
        print(f"  the most memory     {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:7.0f} MiB")


def main() -> None:
    """Measure every size in a process of its own, so that each tells of its own memory."""
    for count in map(int, sys.argv[1:]) if len(sys.argv) > 1 else SIZES:
        process = get_context("spawn").Process(target=measure, args=(count,))
        process.start()
        process.join()


if __name__ == "__main__":
    main()
