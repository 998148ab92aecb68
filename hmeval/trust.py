"""Which folders' code the editor may evaluate: what the user has said, kept in the state folder."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

ASK, ALWAYS, NEVER = "ask", "always", "never"


class Trust:
    """Whether code of a folder may be evaluated.

    Attributes:
        setting: ASK (what was said of the folder, or of one above it), ALWAYS or NEVER.
        file: where it is kept what was said.
    """

    def __init__(self, file: Path | None = None) -> None:
        self.setting = ASK
        self.file = file or _state_folder() / "trusted-folders.json"
        self._refused: set[Path] = set()
        self._trusted = self._read()

    def allows(self, folder: Path) -> bool:
        """Whether the folder's code may be evaluated."""
        if self.setting != ASK:
            return self.setting == ALWAYS
        real = folder.resolve()
        return any(real.is_relative_to(trusted) for trusted in self._trusted)

    def is_undecided(self, folder: Path) -> bool:
        """Whether the user is to be asked."""
        return self.setting == ASK and not self.allows(folder) and folder.resolve() not in self._refused

    def decide(self, folder: Path, trusted: bool) -> None:
        """Keep what the user has said: trust for good, no trust for as long as the server runs."""
        if not trusted:
            self._refused.add(folder.resolve())
            return
        self._trusted.add(folder.resolve())
        with contextlib.suppress(OSError):  # it is asked again, then
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_text(json.dumps(sorted(map(str, self._trusted)), indent=2) + "\n")

    def _read(self) -> set[Path]:
        try:
            kept = json.loads(self.file.read_text())
        except (OSError, ValueError):
            return set()
        return {Path(folder) for folder in kept if isinstance(folder, str)} if isinstance(kept, list) else set()


def _state_folder() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")) / "hmeval"
