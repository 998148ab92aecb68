"""What becomes of a backup command, which is no shell code: its words are split at blanks, and run.

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
    """Why a backup command does not do what it says: the file is overwritten then."""
    words = command.split()
    lost = "the files in the way are lost where it fails"
    if letter := _SHELL.search(command):
        message = (
            f"the backup command `{command}` is not read by a shell, and `{letter[0]}` means nothing in it: {lost}; "
            "put it into a script, and give its path"
        )
        yield Warned("backup-command", message)
    elif words and "/" not in words[0] and words[0] not in _AT_HAND:
        message = (
            f"the backup command `{words[0]}` is looked for in the activation's own PATH, which has little more than "
            f"coreutils and home.extraActivationPath: {lost}; give the path of the program"
        )
        yield Warned("backup-command", message)
