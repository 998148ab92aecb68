"""Made-up states of a disk, and made-up configurations."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hmeval.plan.generation import NO_GENERATION, Generation
from hmeval.plan.model import Backup, Plan
from hmeval.plan.planner import Circumstances, make_plan

# Where xutils-dev is not installed: what lndir's manual says of it.
LNDIR = """\
#!/bin/sh
# lndir -silent [-ignorelinks] FROM TO
shift
ignore=; if [ "$1" = -ignorelinks ]; then ignore=1; shift; fi
fill() {
  for path in "$1"/* "$1"/.[!.]*; do
    name=${path##*/}
    if [ -d "$path" ] && [ ! -L "$path" ]; then mkdir -p "$2/$name"; (fill "$path" "$2/$name")
    elif [ -L "$2/$name" ]; then :
    elif [ -L "$path" ] && [ -z "$ignore" ]; then ln -s "$(readlink "$path")" "$2/$name"
    elif [ -L "$path" ] || [ -e "$path" ]; then ln -s "$path" "$2/$name"
    fi
  done
}
fill "$1" "$2"
"""


class Machine:
    """A HOME and a store in a folder, laid out from short descriptions, and plans for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.store = folder / "store"
        self.home.mkdir()
        self.store.mkdir()
        self.new = self.store / "new-home-manager-files"
        self.old = self.store / "old-home-manager-files"

    def lay(self, base: Path, entries: Mapping[str, str | None]) -> None:
        """Lay out paths below a folder: `-> target` a link, None a folder, any other text a file of that content."""
        for name, what in entries.items():
            path = base / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if what is None:
                path.mkdir()
            elif what.startswith("-> "):
                path.symlink_to(what[3:])
            else:
                path.write_text(what)

    def generation(self, files: Mapping[str, str]) -> Generation:
        """A generation with these files, each linked from HOME as activation would have left it."""
        self.lay(self.old, files)
        self.lay(self.home, {name: f"-> {self.old / name}" for name in files if not (self.home / name).is_symlink()})
        return NO_GENERATION._replace(path=str(self.folder), targets=list(files))

    def inputs(self, files: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """What a configuration says: files by target, each a text or a record with some of its fields."""
        return {
            "username": "alice",
            "homeDirectory": str(self.home),
            "uid": None,
            "storeDirectory": str(self.store),
            "homeFiles": str(self.new),
            "overlap": "ignore",
            "files": [self._file(target, what) for target, what in files.items()],
            "homePath": f"{self.store}/new-home-manager-path",
            "packages": [],
            "activatedByTheSystem": False,
            "packagesByTheSystem": False,
            "sessionVariables": "",
            "unitFolder": ".config/systemd/user",
            "startServices": True,
            "dconf": [],
            "agents": [],
            "defaults": {},
            "apps": None,
            "activation": {},
            "warnings": [],
        } | more

    def plan(
        self,
        files: Mapping[str, Any],
        generation: Generation = NO_GENERATION,
        backup: Backup | None = None,
        **more: Any,
    ) -> Plan:
        """The plan for a configuration with these files."""
        circumstances = Circumstances(
            str(self.home), generation, {"kind": "none", "generation": None}, backup or Backup()
        )
        return make_plan(self.inputs(files, **more), circumstances)

    def _file(self, target: str, what: Any) -> dict[str, Any]:
        record = {"text": what} if isinstance(what, str) else what
        return {
            "target": target,
            "source": f"{self.store}/{os.path.basename(target)}",
            "store": True,
            "text": None,
            "linkTo": None,
            "executable": None,
            "recursive": False,
            "ignoreLinks": False,
            "force": False,
            "hasHook": False,
            "declaredAt": [],
            "option": f'home.file."{target}"',
            "owner": None,
            "internal": False,
        } | record


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """An empty HOME and an empty store."""
    return Machine(tmp_path)


@pytest.fixture(scope="session")
def lndir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with which home-files is built."""
    installed = shutil.which("lndir")
    if installed is not None:
        return Path(installed)
    program = tmp_path_factory.mktemp("lndir") / "lndir"
    program.write_text(LNDIR)
    program.chmod(0o755)
    return program


@pytest.fixture
def mac(whole_world: Path, tmp_path: Path) -> Path:
    """The stand-in nixpkgs, for macOS."""
    folder = tmp_path / "mac"
    folder.mkdir()
    (folder / "lib").symlink_to(whole_world / "lib")
    (folder / "default.nix").write_text(
        f'arguments: import {whole_world} ({{ system = "aarch64-darwin"; }} // arguments)\n'
    )
    return folder
