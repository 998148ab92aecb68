"""What was asked for: the arguments of `hmeval.load`, which are the flags of the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from hmeval.errors import TargetError

AnyPath: TypeAlias = str | os.PathLike[str]


class Request(NamedTuple):
    """A target as it is asked for; neither `flake` nor `file` means what is found from the current folder upwards."""

    flake: str | None = None
    file: AnyPath | None = None
    home_manager: AnyPath | None = None
    nixpkgs: AnyPath | None = None
    offline: bool = False
    override_inputs: Mapping[str, str] | None = None
    write_lock_file: bool = False
    user: str | None = None
    system: bool = False

    def check(self) -> None:
        """Raise TargetError for arguments that exclude each other."""
        if self.flake is not None and self.file is not None:
            raise TargetError("give a flake or a file to evaluate, and not both")
        if self.user is not None and self.system:
            raise TargetError("give a user, or ask for the system's own options, and not both")
        if self.write_lock_file and (self.file is not None or self.offline):
            raise TargetError("a lock file is written for a flake, and not with stand-ins")
