"""Searching options: seconds for each kind of query, over 8,000 options or the real Home Manager's.

The options are made up, as long as Home Manager's; with HMEVAL_TEST_HOME_MANAGER and HMEVAL_TEST_NIXPKGS_LIB they are
its own, with their values.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from time import perf_counter

import hmeval
from benches.bench_options import HERE, REAL, isolate, sources
from hmeval.options.model import OptionTree

RUNS = 5
QUERIES = {
    "a word": "enable",
    "two words": "integration shell",
    "a path": "programs.git.enable",
    "a misspelt path": "progrms.git.enabel",
    "a misspelt word": "hsitory",
    "a word that is nowhere": "zqxjkvbw",
}
PARTS = ("enable", "package", "settings", "extraConfig", "enableShellIntegration", "theme.colours", "key", "user")


def made_up() -> OptionTree:
    """8,000 options with descriptions."""
    names = (f"programs.tool{number}.{part}" for number in range(1000) for part in PARTS)
    return OptionTree(
        {"loc": name.split("."), "name": name, "type": "boolean", "description": f"What {name} does, in short. " * 5}
        for name in names
    )


def real(folder: Path) -> OptionTree:
    """The real Home Manager's options with their values."""
    isolate(folder)
    home_manager, nixpkgs = sources(folder)
    with hmeval.load(file=HERE / "home.nix", home_manager=home_manager, nixpkgs=nixpkgs) as configuration:
        return configuration.options_with_state(values=True)


def least(tree: OptionTree, text: str) -> tuple[float, int]:
    """The seconds of the quickest run, and how many options are found."""
    seconds = []
    for _ in range(RUNS):
        begun = perf_counter()
        found = tree.search(text)
        seconds.append(perf_counter() - begun)
    return min(seconds), len(found)


def main() -> int:
    """Measure and report."""
    with tempfile.TemporaryDirectory(prefix="hmeval-bench-") as name:
        trees = {"made up": made_up()} | ({"real, with values": real(Path(name))} if REAL else {})
    for name, tree in trees.items():
        print(f"\n{len(tree)} options, {name}:")
        for kind, text in QUERIES.items():
            seconds, found = least(tree, text)
            print(f"  {kind:24}{seconds * 1000:8.1f} ms{found:8} found  {text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
