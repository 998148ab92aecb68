"""The texts of the real Home Manager: how many of the options that they define are recognised by their place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

import hmeval
from hmeval.lsp import diagnostics
from hmeval.lsp.evaluation import OptionSet
from hmeval.lsp.index import ABSENT, OptionIndex
from hmeval.lsp.meaning import HOME, Scope
from hmeval.lsp.option_path import Import, read_whole
from hmeval.lsp.ownership import Owner, owners
from hmeval.lsp.syntax import Syntax
from hmeval.lsp.view import Document, Known, View

pytestmark = pytest.mark.real

# What the harness of Home Manager's own tests declares, beside Home Manager.
HARNESS = {"nmt", "test"}

# Unknown for good: its tests, which are evaluated without the check for such, define options that it does not have.
WRONG_IN_HOME_MANAGER = {
    "programs.fabric-ai.enablePattersAliases",
    "programs.fish.formatFishScripts",
    "programs.rofi.window",
    "programs.wallust.backend",
    "services.home-manager.autoExpire.cleanup.store",
}

CONFIGURATION = '{ home.username = "alice"; home.homeDirectory = "/home/alice"; home.stateVersion = "26.05"; }'


@pytest.fixture(scope="module")
def real_index(home_manager: Path, world: Path, tmp_path_factory: pytest.TempPathFactory) -> OptionIndex:
    """All options of the real Home Manager."""
    file = tmp_path_factory.mktemp("home") / "home.nix"
    file.write_text(CONFIGURATION)
    worker = hmeval.Worker()
    with hmeval.load(file=file, home_manager=home_manager, nixpkgs=world, evaluator=worker) as configuration:
        return OptionIndex(configuration.iterate(values=True, hidden=True))


def own_modules(index: OptionIndex, home_manager: Path) -> list[Path]:
    """The files of Home Manager that declare options."""
    named = {name for entry in index.ordered if entry.option for name in entry.option.declarations}
    paths = (Path(name) for name in named if name.startswith(str(home_manager)))
    return sorted(path / "default.nix" if path.is_dir() else path for path in paths)


def configurations_of_tests(home_manager: Path) -> list[Path]:
    """Those of Home Manager's tests; `default.nix` lists them, and is none."""
    return [file for file in sorted((home_manager / "tests/modules").rglob("*.nix")) if file.name != "default.nix"]


def owners_of(files: list[Path]) -> dict[Path, Owner]:
    """What the files are about: a home, or what one of them imports them for."""

    def imports(file: Path) -> Sequence[Import]:
        return read_whole(Syntax(file.read_text())).imported if file.is_file() else ()

    found = {file: Owner(Scope(HOME)) for file in files}
    for file in files:
        found |= {path: owner for path, owner in owners({file: found[file]}, (), imports).items() if owner.path}
    return found


def recognised(index: OptionIndex, files: list[Path]) -> tuple[float, list[str]]:
    """The share of paths that lead to an option, a set of them or a value in one, and those that do not."""
    kinds: Counter[str] = Counter()
    missed = []
    about = owners_of(files)
    for file in files:
        for one in read_whole(Syntax(file.read_text()), about[file].path).found:
            if one.path[0] not in HARNESS:
                kind = index.find(one.path).kind
                kinds[kind] += 1
                missed += [f"{file}: {'.'.join(one.path)}"] if kind == ABSENT else []
    return 1 - kinds[ABSENT] / kinds.total(), missed


def test_paths_in_home_managers_modules_are_recognised(real_index: OptionIndex, home_manager: Path) -> None:
    files = own_modules(real_index, home_manager)
    share, missed = recognised(real_index, files)
    assert len(files) > 600
    assert share >= 0.999, "\n".join(missed)


def test_paths_in_home_managers_tests_are_recognised(real_index: OptionIndex, home_manager: Path) -> None:
    share, missed = recognised(real_index, configurations_of_tests(home_manager))
    assert share >= 0.99, "\n".join(missed)


def test_no_option_is_called_unknown_that_home_manager_has(real_index: OptionIndex, home_manager: Path) -> None:
    told = []
    options = Known(OptionSet(real_index, ""), "")
    for file in own_modules(real_index, home_manager) + configurations_of_tests(home_manager):
        view = View(Document(file, file.read_text(), 0, "utf-16"), lambda _: options)
        found = diagnostics.of_text(view)
        told += [f"{file}: {one.message}" for one in found if one.code in (diagnostics.UNKNOWN, diagnostics.TYPE)]
    known = [one for one in told if not any(name in one for name in WRONG_IN_HOME_MANAGER)]
    assert not known, "\n".join(known)
