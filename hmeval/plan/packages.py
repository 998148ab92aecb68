"""Which packages come, go and change: those of the configuration beside those that the old generation refers to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from hmeval.plan.disk import Disk, content, walk

_HASH = re.compile(r"^[0-9a-df-np-sv-z]{32}-")
# The outputs that nixpkgs' packages have beside the first; the path of an output has its name at the end.
_OUTPUTS = ("bin", "debug", "dev", "devdoc", "doc", "info", "lib", "man", "static", "terminfo")


class Package(NamedTuple):
    """A package's name, and its version, which may be empty."""

    name: str
    version: str


def parse_name(full: str) -> Package:
    """What builtins.parseDrvName makes of a name: the version begins at the first hyphen that no letter follows."""
    match = re.match(r"(.*?)-(?=[^a-zA-Z])(.*)", full, re.DOTALL)
    return Package(match[1], match[2]) if match else Package(full, "")


def with_propagated(paths: Iterable[str], disk: Disk) -> list[str]:
    """The paths, and what nixpkgs' buildEnv installs with them: what those that are there propagate, as terminals do.

    Like its builder.pl, it looks at the first line of a package's list alone.
    """
    found = list(dict.fromkeys(paths))
    for path in found:  # which grows meanwhile
        listed = content(disk, f"{path}/nix-support/propagated-user-env-packages") or b""
        more = listed.decode("utf-8", "surrogateescape").partition("\n")[0].split()
        found += (other for other in dict.fromkeys(more) if other not in found)
    return found


def without_traceless(paths: Iterable[str], known: Iterable[str], disk: Disk) -> list[str]:
    """The paths without those of which a profile shows nothing, whether it has them or not; the known ones it shows.

    Home Manager itself installs two packages of empty folders, for its MIME types.
    """
    shown = set(known)
    return [path for path in paths if path in shown or not _leaves_no_trace(path, disk)]


def _leaves_no_trace(path: str, disk: Disk) -> bool:
    if disk.entry(path).kind != "directory":
        return False  # not built, or a file
    return all(name.startswith("nix-support/") for name, _ in walk(disk, path, []))


def package_changes(new: Iterable[str] | None, old: Iterable[str] | None) -> list[dict[str, Any]]:
    """A change for each name: add, remove or change. Given are the store paths, None where none are known."""
    if new is None:
        return []
    added: dict[str, set[str]] = defaultdict(set)
    removed: dict[str, set[str]] = defaultdict(set)
    before, after = set(old or ()), set(new)
    for path in after - before:
        name, version = _of_path(path)
        added[name].add(version)
    for path in before - after:
        name, version = _of_path(path)
        removed[name].add(version)
    return [_change(name, removed.get(name), added.get(name)) for name in sorted({*added, *removed})]


def _of_path(path: str) -> Package:
    package = parse_name(_HASH.sub("", path.rpartition("/")[2]))
    version, _, output = package.version.rpartition("-")
    return Package(package.name, version) if version and output in _OUTPUTS else package


def _change(name: str, before: set[str] | None, after: set[str] | None) -> dict[str, Any]:
    action = "add" if before is None else "remove" if after is None else "change"
    told = {"name": name, "action": action, "before": _versions(before), "after": _versions(after)}
    if before is not None and before == after:
        told["reason"] = "the same version, built from something else"
    return told


def _versions(versions: set[str] | None) -> str | None:
    return None if versions is None else ", ".join(sorted(versions))
