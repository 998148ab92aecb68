"""The programs of Nix on PATH: the reference, and one of the engine's own version where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache

import hmeval


@cache
def versions(name: str) -> dict[str, str]:
    """The version that each program of that name says it is of, in the order of PATH."""
    found = (shutil.which(name, path=folder) for folder in os.get_exec_path())
    return {
        program: subprocess.check_output([program, "--version"], text=True).split()[-1] for program in found if program
    }


def own_program(name: str) -> str | None:
    """The first of that name that is of the engine's version, for what has changed with the versions; None: none is."""
    own = hmeval.engine()["version"]
    return next((program for program, version in versions(name).items() if version == own), None)
