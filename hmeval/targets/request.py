"""What was asked for: the arguments of `hmeval.load`, which are the flags of the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

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
