"""Policy: how code that is not trusted is evaluated."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parents[1]

# What hmeval's own expressions are made of.
_OWN_ROOTS = (str(_PACKAGE / "nix"), str(_PACKAGE / "offline"))

_REMOTE_URIS = "https:// http:// git+https:// git+http:// tarball+https:// file+https:// github: gitlab: sourcehut:"


@dataclass(frozen=True)
class Policy:
    """What Nix may do for the code that it evaluates. It holds for the whole process, from the start of the engine.

    Under a policy the user's configuration does not count, neither nix.conf nor $NIX_CONFIG: there are no $NIX_PATH,
    registries, plugins and substituters, and no native code is loaded or run. Time and memory are not limited.

    Args:
        restricted: whether files may be read in the roots alone, and the environment not at all.
        roots: the files and folders that may be read; where one lies in the store, what it refers to may be read too.
            hmeval's own expressions, and what a lookup path names, are roots as well.
        allow_ifd: whether evaluation may build (import from derivation). What is built is kept in by Nix's sandbox
            alone: it may use the network, whatever `network` says.
        network: whether the fetchers may reach other machines. They read nothing of this one: restricted evaluation
            has neither flakes nor file:// URIs.

    Raises ValueError for the root `/`, for one that does not exist, and where something is forbidden that only
    restricted evaluation forbids.
    """

    restricted: bool = True
    roots: Sequence[str | os.PathLike[str]] = ()
    allow_ifd: bool = False
    network: bool = False

    def __post_init__(self) -> None:
        paths = [os.path.abspath(os.fspath(root)) for root in self.roots]
        for path in paths:
            if os.path.realpath(path) == "/":
                raise ValueError("the whole file system is no root: it would forbid nothing")
            if not os.path.exists(path):
                raise ValueError(f"the root {path} does not exist")
        if not self.restricted and (paths or not self.network):
            raise ValueError("roots, and no network, need restricted=True: without it Nix forbids neither")
        # Where a root is a link, its target is looked at as well.
        both = [name for path in paths for name in (path, os.path.realpath(path))]
        object.__setattr__(self, "roots", tuple(dict.fromkeys(both)))

    def lookup_path(self, *more: str) -> list[str]:
        """The roots, and `more` of them, as restrict-eval knows them: entries of the lookup path."""
        roots = [*_OWN_ROOTS, *(os.fspath(root) for root in self.roots), *more] if self.restricted else []
        return [f"hmeval-root-{number}={root}" for number, root in enumerate(roots)]

    def fields(self) -> list[Any]:
        """The arguments that make this policy, in their order."""
        return [self.restricted, [os.fspath(root) for root in self.roots], self.allow_ifd, self.network]

    def settings(self, interface: str) -> dict[str, str]:
        """Nix's settings, for the engine that is reached by way of `interface` (hmeval.engine)."""
        return {
            "restrict-eval": _boolean(self.restricted),
            "pure-eval": "false",
            "allow-import-from-derivation": _boolean(self.allow_ifd),
            "allow-unsafe-native-code-during-evaluation": "false",
            "allowed-uris": _REMOTE_URIS if self.network else "",
            "nix-path": "",
            "plugin-files": "",
            "experimental-features": self._features(interface),
            "accept-flake-config": "false",
            "use-registries": "false",
            "access-tokens": "",
            "netrc-file": "/dev/null",
            "substituters": "",
            "builders": "",
        }

    def _features(self, interface: str) -> str:
        # getFlake may copy any folder whatever restrict-eval says, so there are no flakes. Nix 2.8 has fetchTree with
        # flakes alone: there the compatibility library refuses getFlake.
        if not self.restricted:
            return "nix-command flakes"
        if not self.network:
            return ""
        return "flakes" if interface == "compat" else "fetch-tree"


def _boolean(value: bool) -> str:
    return "true" if value else "false"
