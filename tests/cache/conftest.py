"""What the tests of the cache share: an empty cache, and configurations that can be changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hmeval.cache.shelf import Shelf
from tests.cache.asked import EXAMPLE, settle


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """An empty cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Shelf()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A configuration that can be changed."""
    folder = tmp_path / "home"
    shutil.copytree(EXAMPLE, folder)
    settle()
    return folder / "home.nix"


@pytest.fixture
def flake(tmp_path: Path) -> Path:
    """A flake, and beside it an input of it."""
    folder = tmp_path / "flake"
    shutil.copytree(EXAMPLE, folder)
    settle()
    return folder
