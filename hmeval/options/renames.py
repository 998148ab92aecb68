"""Options that stand for others, as lib.doRename and lib.mkMergedOptionModule declare them (nixpkgs, lib/modules.nix).

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hmeval.options.model import text_of
from hmeval.options.path import OptionPathError, parse_option_path

_ALIAS = "Alias of {option}`"


class Rename(NamedTuple):
    """What a module renames: an option to another one (`to`), or several to one that they are merged into (None)."""

    old: Sequence[Sequence[str]]
    to: Sequence[str] | None

    def concerns(self, loc: Sequence[str]) -> bool:
        """Whether it leads to the path, to a part of it, or to what holds it; one that merges options may."""
        if self.to is None:
            return loc[0] not in ("assertions", "warnings")  # where it complains of the old names
        shared = min(len(self.to), len(loc))
        return list(self.to[:shared]) == list(loc[:shared])

    def old_paths(self, loc: Sequence[str]) -> list[list[str]]:
        """What the path, or the part of it that is renamed, is called by the old names."""
        below = loc[len(self.to) :] if self.to is not None else ()
        return [[*path, *below] for path in self.old]


def within(rename: Rename, holder: Sequence[str]) -> Rename:
    """The rename that a module of a submodule makes, in the configuration: there the submodule's path comes first."""
    to = [*holder, *rename.to] if rename.to is not None else None
    return Rename([[*holder, *path] for path in rename.old], to)


def rename_of(declared: Sequence[Mapping[str, Any]]) -> Rename | None:
    """What a module renames that declares these options ({path, description, merged}), if that is what it is for."""
    if len(declared) == 1 and (to := alias_target(declared[0])):
        return Rename([declared[0]["path"]], to)
    merged = [option["path"] for option in declared if option["merged"]]
    return Rename(merged, None) if merged and len(merged) == len(declared) else None


def alias_target(option: Mapping[str, Any]) -> list[str] | None:
    """The option that one stands for, by its description; None for an option of its own."""
    description = text_of(option.get("description")) or ""
    if not (description.startswith(_ALIAS) and description.endswith("`.")):
        return None
    try:
        return parse_option_path(description[len(_ALIAS) : -2])
    except OptionPathError:
        return None
