"""What a locked input is, by its repository and its revision: nixpkgs, Home Manager, nix-darwin, of which release."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from hmeval.targets.lock import Attributes, InputPath, LockFile, Node
from hmeval.targets.reference import describe_reference

NIXPKGS, HOME_MANAGER, NIX_DARWIN = "nixpkgs", "home-manager", "nix-darwin"

_REPOSITORY = re.compile(rf"(?:^|[/~])({NIXPKGS}|{HOME_MANAGER}|{NIX_DARWIN})(?:\.git)?(?=$|[/?#])", re.IGNORECASE)
# The channels, and the archives that they lead to (channels.nixos.org, releases.nixos.org), hold nixpkgs.
_CHANNEL = re.compile(r"//(?:channels|releases)\.nixos\.org/")
_RELEASE = re.compile(r"(?:^|[-_/])(\d\d\.\d\d)(?=$|[-_./])")
_BASE32 = "0123456789abcdfghijklmnpqrsvwxyz"


class Source(NamedTuple):
    """A locked input that is one of those which matter here.

    Attributes:
        repository: nixpkgs, home-manager or nix-darwin.
        path: the names that lead to it, the shortest such path.
        node: its node in the lock file.
    """

    repository: str
    path: InputPath
    node: Node

    @property
    def shown(self) -> str:
        """The names that lead to it, as people write them."""
        return "/".join(self.path)

    @property
    def revision(self) -> str | None:
        """The revision that it is locked to."""
        revision = self.node.locked.get("rev")
        return None if revision is None else str(revision)

    @property
    def date(self) -> str | None:
        """The day of that revision."""
        time = self.node.locked.get("lastModified")
        return datetime.fromtimestamp(int(time), UTC).strftime("%Y-%m-%d") if isinstance(time, int) and time else None

    @property
    def release(self) -> str | None:
        """The release that its branch or channel is of; None for those that are of none (unstable, master)."""
        asked = self.node.original
        named = (str(asked.get(name, "")) for name in ("ref", "url"))
        return next((found[1] for found in map(_RELEASE.search, named) if found), None)

    def describe(self, replaced: Mapping[InputPath, Attributes] | None = None) -> dict[str, Any]:
        """What is known of it, as plain data; `replaced`: what took the place of inputs, by their paths."""
        given = (replaced or {}).get(self.path)
        asked = describe_reference(self.node.original)
        return {
            "input": self.shown,
            "repository": self.repository,
            "reference": describe_reference(given) if given else asked,
            **({"replaces": asked} if given else {}),
            "revision": self.revision,
            "date": self.date,
            "release": self.release,
        }


def sources(lock: LockFile, evaluated: Mapping[str, str] | None = None, store: str = "/nix/store") -> list[Source]:
    """The inputs of a lock file, at any depth, that are nixpkgs, Home Manager or nix-darwin; each node once.

    They are known by the names of their repositories, and those of another name by what was `evaluated`: paths below
    them in the `store`, and which of the three they are.
    """
    found: dict[int, Source] = {}
    for path, node in sorted(_nodes(lock), key=lambda entry: (len(entry[0]), entry[0])):
        repository = _repository(node) or _evaluated(node, evaluated or {}, store)
        if repository:
            found.setdefault(id(node), Source(repository, path, node))
    return list(found.values())


def _evaluated(node: Node, evaluated: Mapping[str, str], store: str) -> str | None:
    return next((repository for path, repository in evaluated.items() if holds(node, path, store)), None)


def holds(node: Node, path: str, store: str) -> bool:
    """Whether a path in the store is that of a locked input, or below it."""
    top = store_path(node, store)
    return top is not None and f"{path}/".startswith(f"{top}/")


def store_path(node: Node, store: str) -> str | None:
    """Where the store has a fetched input: its path follows from the hash of its content (Nix, libstore, store-api).

    None where the lock file has no such hash.
    """
    kind, _, text = str(node.locked.get("narHash", "")).partition("-")
    if kind != "sha256":
        return None
    described = f"source:sha256:{b64decode(text).hex()}:{store}:source"
    digest = bytearray(20)
    for index, byte in enumerate(sha256(described.encode()).digest()):
        digest[index % 20] ^= byte
    return f"{store}/{_base32(bytes(digest))}-source"


def _base32(digest: bytes) -> str:
    number = int.from_bytes(digest, "little")
    return "".join(_BASE32[number >> shift & 31] for shift in range((len(digest) * 8 - 1) // 5 * 5, -1, -5))


def _nodes(lock: LockFile) -> Iterator[tuple[InputPath, Node]]:
    return ((path, edge) for path, edge in lock.edges() if isinstance(edge, Node))


def _repository(node: Node) -> str | None:
    for reference in (node.locked, node.original):
        if reference.get("type") == "indirect":
            text = str(reference.get("id", ""))
        else:
            text = str(reference.get("repo") or reference.get("url") or reference.get("path") or "")
        if _CHANNEL.search(text):
            return NIXPKGS
        if named := _REPOSITORY.search(text):
            return named[1].lower()
    return None
