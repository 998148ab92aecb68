"""What a lock file says of a tree for its flake to be told, and Nix 2.8 takes for no attribute of what it fetches."""

from __future__ import annotations

from datetime import UTC, datetime

from hmeval.targets.lock import Attributes

# What newer versions write for each type and the schemes of Nix 2.8 refuse (src/libfetchers, inputFromAttrs). The time
# and the revision of an archive come from the server that redirected to it (Nix's manual, "Lockable HTTP tarball
# protocol").
_INFORMING = {
    "tarball": ("lastModified", "rev", "revCount"),
    "git": ("dirtyRev", "dirtyShortRev"),
    "github": ("treeHash",),
    "gitlab": ("treeHash",),
    "sourcehut": ("treeHash",),
}


def informing(locked: Attributes) -> tuple[str, ...]:
    """The names of what only informs in a locked reference."""
    return tuple(name for name in _INFORMING.get(str(locked["type"]), ()) if name in locked)


def told_of(locked: Attributes) -> Attributes:
    """What a flake is told by that (src/libexpr/primops/fetchTree.cc, emitTreeAttrs)."""
    told = {name: locked[name] for name in informing(locked) if name != "treeHash"}
    if "rev" in told:
        told["shortRev"] = str(told["rev"])[:7]
    if "lastModified" in told:
        told["lastModifiedDate"] = date_of(int(told["lastModified"]))
    return told


def date_of(time: int) -> str:
    """A time as flakes are told it: 20260102030405."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y%m%d%H%M%S")
