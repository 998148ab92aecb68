"""Packages of one profile that most likely have files of one name, which the build of the profile refuses.

Source: nixpkgs' buildEnv (pkgs/build-support/buildenv), with which Home Manager makes `home-path`: of two files of one
name the package of the lower `meta.priority` wins, and between equals the build fails unless they are the same. What
files a package has is known once it is built; two of one name, or with one main program, have the same ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hmeval.plan.model import Warned
from hmeval.plan.packages import parse_name


def collision_warnings(packages: Iterable[Mapping[str, Any]]) -> Iterator[Warned]:
    """A warning for each name, or main program, that several packages of one priority have."""
    groups: dict[tuple[str, int], list[Mapping[str, Any]]] = defaultdict(list)
    for package in packages:
        for name in {parse_name(package["name"]).name, package["program"] or parse_name(package["name"]).name}:
            groups[name, package["priority"]].append(package)
    told: set[frozenset[str]] = set()
    for (name, _), group in sorted(groups.items(), key=lambda item: item[0]):
        different = {package["paths"][0]: package for package in group if package["paths"]}
        if len(different) > 1 and frozenset(different) not in told:
            told.add(frozenset(different))
            yield _warned(name, list(different.values()))


def _warned(name: str, packages: list[Mapping[str, Any]]) -> Warned:
    names = " and ".join(package["name"] for package in packages)
    message = (
        f"home.packages has {names}: both are {name}, of one priority, and the profile cannot be built where they have "
        "files of one name; remove one, or give one another priority (lib.hiPrio, lib.lowPrio)"
    )
    files = dict.fromkeys(file for package in packages for file in package["definedIn"])
    return Warned("package-collision", message, tuple({"file": file} for file in files))
