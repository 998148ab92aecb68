"""Packages of one profile that probably contain the same files, with which the profile's build fails.

Source: nixpkgs' buildEnv (pkgs/build-support/buildenv), with which Home Manager makes `home-path`: of two files of one
name the package with the lower `meta.priority` wins; if both have the same priority and the files differ, the build
fails. Which files a package has is known only after its build, so that names and main programs are compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hmeval.plan.model import Warned
from hmeval.plan.packages import parse_name


def collision_warnings(packages: Iterable[Mapping[str, Any]]) -> Iterator[Warned]:
    """A warning for each name, or main program, that several packages of the same priority share."""
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
        f"home.packages has {names}: they share the name {name} and the priority. The profile cannot be built if they "
        "contain the same files; remove one, or change its priority (lib.hiPrio, lib.lowPrio)"
    )
    files = dict.fromkeys(file for package in packages for file in package["definedIn"])
    return Warned("package-collision", message, tuple({"file": file} for file in files))
