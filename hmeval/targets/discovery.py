"""What to evaluate where nothing was given: found by the names of files alone, nothing is evaluated for it.

The order is: the current folder and those above it, in one Git work tree after the other: flake.nix, then home.nix or
configuration.nix, which below a flake are parts of it; where the `home-manager` tool looks (home-manager/home-manager,
setFlakeAttribute and setConfigFile); the system's own flake, where nixos-rebuild and darwin-rebuild look, then
/etc/nixos/configuration.nix.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from hmeval.errors import TargetError
from hmeval.folders import home_folder


class Candidate(NamedTuple):
    """A place that was looked at.

    Attributes:
        path: the file.
        why: why it was looked for there.
        flake: what to give as --flake for it, where it is a flake that is there.
        file: what to give as --file for it, where it is another file that is there.
    """

    path: Path
    why: str
    flake: str | None = None
    file: str | None = None

    @property
    def is_there(self) -> bool:
        """Whether there is something to evaluate."""
        return bool(self.flake or self.file)

    @property
    def flag(self) -> str:
        """The flag that picks it."""
        return f"--flake {self.flake}" if self.flake else f"--file {self.file}"


def discover(*, wants_system: bool = False) -> Iterator[Candidate]:
    """The candidates that are there, the best one first.

    Where one folder has two that would do, TargetError lists both; `wants_system` says that a home alone would not.
    """
    there: dict[str, Candidate] = {}
    for one in looked_at():
        if one.is_there and not (wants_system and one.path.name == "home.nix"):
            there.setdefault(one.flag, one)
    for candidate in there.values():
        rivals = [one for one in there.values() if one.file and one.path.parent == candidate.path.parent]
        if candidate.file and len(rivals) > 1:
            listed = "".join(f"\n  {one.flag}" for one in rivals)
            raise TargetError(f"{candidate.path.parent} holds several configurations; give one of them:{listed}")
        yield candidate


def looked_at(
    folder: Path | None = None, environment: Mapping[str, str] = os.environ, root: Path = Path("/")
) -> Iterator[Candidate]:
    """Every place that discovery looks at, in its order, whether something is there or not."""
    yield from upwards(folder or Path(os.getcwd()))
    yield from _where_home_manager_looks(environment)
    for name in ("nixos", "nix-darwin"):
        yield _look(root / "etc" / name / "flake.nix", "the system's flake")
    yield _look(root / "etc/nixos/configuration.nix", "the system's configuration")


def upwards(here: Path, top: Path = Path("/")) -> Iterator[Candidate]:
    """The places in a folder and in those above it, as far as `top`."""
    for tree in _trees(here, top):
        for names in (("flake.nix",), ("home.nix", "configuration.nix")):
            for above in tree:
                why = "the current folder" if above == here else "a folder above the current one"
                yield from (_look(above / name, why) for name in names)


def _trees(here: Path, top: Path) -> Iterator[list[Path]]:
    """A folder and those above it, by the Git work trees that they are in: no flake reaches beyond its own (Nix)."""
    tree: list[Path] = []
    for above in (here, *here.parents):
        if not above.is_relative_to(top):
            break
        tree.append(above)
        if (above / ".git").exists():
            yield tree
            tree = []
    yield tree


def _where_home_manager_looks(environment: Mapping[str, str]) -> Iterator[Candidate]:
    home = Path(environment.get("HOME") or home_folder())
    if named := environment.get("HOME_MANAGER_CONFIG"):
        yield _look(Path(named), "$HOME_MANAGER_CONFIG")
        return
    configuration = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    for name in ("flake.nix", "home.nix"):
        for folder in ("home-manager", "nixpkgs"):
            yield _look(configuration / folder / name, "where home-manager looks")
    yield _look(home / ".nixpkgs/home.nix", "where home-manager looks")


def _look(path: Path, why: str) -> Candidate:
    if not path.is_file():
        return Candidate(path, why)
    if path.name != "flake.nix":
        return Candidate(path, why, file=str(path))
    # The file may be a link into the flake's real folder (so say home-manager, nixos-rebuild and darwin-rebuild).
    return Candidate(path, why, flake=os.path.dirname(os.path.realpath(path)))
