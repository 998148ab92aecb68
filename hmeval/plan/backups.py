"""Backup commands that would lose the file: Home Manager splits the command at blanks and runs it without a shell.

Source: `run $HOME_MANAGER_BACKUP_COMMAND "$targetPath"` in Home Manager's modules/files.nix, where PATH is that of the
activation (`activationBinPaths` in modules/home-environment.nix).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hmeval.plan.model import Warned

_SHELL = re.compile(r"['\"`;&|<>$~(){}\\]")
# Of the packages that activation has in its PATH: what may move a file away.
_AT_HAND = {"bash", "cp", "install", "ln", "mv", "rm", "run", "shred", "truncate"}


def backup_warnings(command: str) -> Iterator[Warned]:
    """A warning if the command cannot work as written. If it fails, activation overwrites the file."""
    words = command.split()
    lost = "if it fails, activation overwrites the files in the way"
    if letter := _SHELL.search(command):
        message = (
            f"activation runs the backup command `{command}` without a shell, so `{letter[0]}` has no effect; {lost}: "
            "write a script, and give its path"
        )
        yield Warned("backup-command", message)
    elif words and "/" not in words[0] and words[0] not in _AT_HAND:
        message = (
            f"activation looks for the backup command `{words[0]}` in its own PATH (coreutils, a few others, and "
            f"home.extraActivationPath); {lost}: give the path of the program"
        )
        yield Warned("backup-command", message)
