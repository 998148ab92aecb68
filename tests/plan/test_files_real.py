"""What is planned for files, beside what Home Manager's own scripts do, in generated situations.

The scripts come from the real checkout when the test runs: check-link-targets.sh as it lies there, `cleanup` and `link`
from the derivations that the evaluated activation refers to. Each situation is a folder with a HOME, a store with up to
three generations, and places outside of both; all of it is compared before and after.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pynixutil
import pytest

from hmeval.plan.disk import RealDisk
from hmeval.plan.files import Situation, plan_files
from hmeval.plan.future import Future
from hmeval.plan.leaves import built
from hmeval.plan.model import Backup, FileChange
from hmeval.plan.rollback import plan_to

Instantiate = Callable[..., Any]
pytestmark = pytest.mark.real

SEEDS, COUNT, PROCESSES = range(4), 520, 3
TARGETS = ("a", "b", "f", "fx", "f[x]", "d", "d/x", "d/y", "d/e", "d/e/z", "-h/k", "n\nl/ä", "d/e/q/w", "c/\udcff")
EXTENSION = "bak"

DRIVER = """\
gettext() { printf %s "$1"; }
export -f gettext
for situation in "$@"; do
  (
    set -eu -o pipefail
    source "$LIBRARY"
    export HOME="$situation/home"
    newGenPath="$situation/new"
    [[ ! -e $situation/old ]] || oldGenPath="$situation/old"
    source "$situation/settings"
    cd "$HOME"
    source "$situation/check"
    echo passed > "$situation/checked"
    source "$LINK"
  ) > "$situation/output" 2>&1
  echo $? > "$situation/code"
done
"""


class Scripts(NamedTuple):
    """The activation's own shell code."""

    library: Path
    check: str
    check_block: str
    link_block: Path


def place(parent: Path, name: str) -> Path:
    """A path below a folder; its name may hold bytes that are no UTF-8."""
    return Path(f"{parent}/{name}")


@pytest.fixture(scope="module")
def scripts(
    nix_instantiate: Instantiate, home_manager: Path, world: Path, tmp_path_factory: pytest.TempPathFactory
) -> Scripts:
    """The scripts, of a configuration without files, with the store's folder left open."""
    told = nix_instantiate(f"""
      let
        person = {{ username = "alice"; homeDirectory = "/home/alice"; stateVersion = "25.11"; }};
        pkgs = import {world} {{ }};
        inherit (import {home_manager}/modules {{ inherit pkgs; configuration.home = person; }}) config;
        inherit (config.home.activation) checkLinkTargets linkGeneration;
      in {{
        store = builtins.storeDir;
        check = builtins.unsafeDiscardStringContext checkLinkTargets.data;
        link = builtins.unsafeDiscardStringContext linkGeneration.data;
        scripts = builtins.attrNames (builtins.getContext linkGeneration.data);
      }}
    """)
    folder = tmp_path_factory.mktemp("scripts")
    block = told["link"]
    for path in told["scripts"]:
        derivation = pynixutil.drvparse(Path(path).read_text())
        output = derivation.outputs["out"].path
        script = folder / Path(output).name
        text = re.sub(
            r"^source \S*home-manager\.sh$",
            f"source {home_manager}/lib/bash/home-manager.sh",
            derivation.env["text"],
            flags=re.M,
        )
        script.write_text(text.replace(told["store"], "$STORE"))
        block = block.replace(output, str(script))
    (folder / "link-block").write_text(block)
    check = (home_manager / "modules/files/check-link-targets.sh").read_text()
    check = check.replace("@initHomeManagerLib@", f"source {home_manager}/lib/bash/home-manager.sh")
    check = check.replace("@storeDir@", '"$STORE"')
    check_block = re.sub(r"bash \S*substituted\S*", 'bash "$CHECK"', told["check"])
    assert '"$CHECK"' in check_block
    assert "$STORE" in "".join(path.read_text() for path in folder.iterdir())
    return Scripts(home_manager / "lib/bash/home-manager.sh", check, check_block, folder / "link-block")


class World(NamedTuple):
    """One situation, on disk."""

    folder: Path
    forced: list[str]
    backup: Backup


# -- making situations ---------------------------------------------------------------------------------------------


def make(folder: Path, seed: str) -> World:
    """A situation: sources, generations, what lies in HOME, and the settings for backups."""
    chance = random.Random(seed)
    (folder / "store").mkdir(parents=True)
    make_places(folder)
    sources = [str(path) for path in make_sources(folder, chance)]
    new = {target: chance.choice(sources) for target in pick_targets(chance)}
    old = {
        target: new[target] if target in new and chance.random() < 0.5 else chance.choice(sources)
        for target in pick_targets(chance)
    }
    make_generation(folder, "new", new, chance)
    if chance.random() < 0.9:
        make_generation(folder, "old", old, chance)
    make_generation(folder, "other", {"a": sources[0], "d/x": sources[1]}, chance)
    make_home(folder, chance, old, new)
    forced = [target for target in new if chance.random() < 0.1]
    backup = chance.choice(
        [
            Backup(),
            Backup(),
            Backup(EXTENSION),
            Backup(EXTENSION),
            Backup(EXTENSION, "", True),
            Backup("", "move-aside"),
        ]
    )
    return World(folder, forced, backup)


def pick_targets(chance: random.Random) -> list[str]:
    """Some targets, none of which is below another."""
    chosen: list[str] = []
    for target in chance.sample(TARGETS, chance.randint(1, 6)):
        if not any(
            one == target or f"{one}/".startswith(f"{target}/") or f"{target}/".startswith(f"{one}/") for one in chosen
        ):
            chosen.append(target)
    return chosen


def make_places(folder: Path) -> None:
    """What lies outside of HOME and of the store, and links lead to."""
    for name, text in {"one": "1", "two": "2", "tree/x": "1", "tree/e/z": "2", "tree/y": "3"}.items():
        path = folder / "outside" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def make_sources(folder: Path, chance: random.Random) -> Iterator[Path]:
    """What leaves show: files and folders in the store, and places outside of it, some of which are not there."""
    for name, text in {"s1": "1", "s2": "2", "s3": "3"}.items():
        (folder / "store" / name).write_text(text)
        yield folder / "store" / name
    for name in ("tree1", "tree2"):
        for below in chance.sample(["x", "y", "e/z", "k"], 3):
            path = folder / "store" / name / below
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(chance.choice("123"))
        yield folder / "store" / name
    yield from (folder / "outside/one", folder / "outside/tree", folder / "outside/missing")


def make_generation(folder: Path, name: str, leaves: dict[str, str], chance: random.Random) -> None:
    """A generation with its home-files."""
    files = folder / "store" / f"{name}-home-manager-files"
    files.mkdir()
    for target, source in leaves.items():
        path = place(files, target)
        path.parent.mkdir(parents=True, exist_ok=True)
        if chance.random() < 0.15 and Path(source).is_file():
            shutil.copyfile(source, path)
        else:
            path.symlink_to(source)
    (folder / name).mkdir()
    (folder / name / "home-files").symlink_to(files)


def make_home(folder: Path, chance: random.Random, old: dict[str, str], new: dict[str, str]) -> None:
    """HOME: now and then a link itself; at the targets, whatever may be there."""
    home = folder / "home"
    if chance.random() < 0.1:
        (folder / "real-home").mkdir()
        home.symlink_to(folder / "real-home")
    else:
        home.mkdir()
    for target in TARGETS:
        if chance.random() < 0.3:
            continue
        path = place(home, target)
        if not make_folders(path.parent, home, folder, chance):
            continue
        make_state(path, target, folder, chance, old, new)
        if chance.random() < 0.2:
            make_aside(place(path.parent, f"{path.name}.{EXTENSION}"), folder, chance)


def make_folders(parent: Path, home: Path, folder: Path, chance: random.Random) -> bool:
    """The folders that hold a target: folders mostly, links to folders and what is none sometimes."""
    if parent == home or parent.is_dir():
        return True
    if parent.is_symlink() or parent.exists() or not make_folders(parent.parent, home, folder, chance):
        return False
    if parent.is_symlink() or parent.exists():  # behind a link that was made just now
        return parent.is_dir()
    kind = chance.choices(["folder", "link", "file", "broken"], [80, 12, 5, 3])[0]
    if kind == "folder":
        parent.mkdir()
    elif kind == "link":
        parent.symlink_to(chance.choice([folder / "outside/tree", folder / "store/tree1"]))
    elif kind == "file":
        parent.write_text("a file")
    else:
        parent.symlink_to(folder / "outside/nothing")
    return parent.is_dir()


def make_state(
    path: Path, target: str, folder: Path, chance: random.Random, old: dict[str, str], new: dict[str, str]
) -> None:
    """What is at a target."""
    if path.is_symlink() or path.exists():
        return
    store = folder / "store"
    links = {
        "old": [place(store / "old-home-manager-files", target)] if target in old else [],
        "new": [place(store / "new-home-manager-files", target)] if target in new else [],
        "other": [place(store / "other-home-manager-files", name) for name in ("a", "gone")],
        "foreign": [folder / "outside/one", folder / "outside/two", folder / "outside/tree", store / "s1"],
        "broken": [folder / "outside/nothing", path],
    }
    kind = chance.choices([*links, "file", "empty", "full", "absent"], [40, 10, 6, 10, 5, 15, 2, 4, 10])[0]
    if links.get(kind):
        path.symlink_to(chance.choice(links[kind]))
    elif kind == "file":
        path.write_text(chance.choice("1234"))
    elif kind in ("empty", "full"):
        path.mkdir()
        if kind == "full":
            (path / "x").write_text("mine")


def make_aside(path: Path, folder: Path, chance: random.Random) -> None:
    """What is where a backup would go."""
    if path.is_symlink() or path.exists():
        return
    kind = chance.choice(["file", "folder", "full", "broken", "link"])
    if kind == "file":
        path.write_text("a backup")
    elif kind in ("folder", "full"):
        path.mkdir()
        if kind == "full":
            (path / "kept").write_text("kept")
    else:
        path.symlink_to(folder / ("outside/nothing" if kind == "broken" else "outside/tree"))


def write_settings(world: World, scripts: Scripts) -> None:
    """What the driver reads: the check with this situation's forced paths, and the environment."""
    quoted = " ".join(f'"$HOME"/{shell_quoted(target)}' for target in world.forced)
    write_bytes(world.folder / "check-script", scripts.check.replace("@forcedPaths@", quoted))
    (world.folder / "check").write_text(scripts.check_block)
    block = scripts.check_block.replace('"$CHECK"', f"{world.folder}/check-script")
    (world.folder / "new/activate").write_text(f'_iNote "Activating %s" "checkLinkTargets"\n{block}')
    settings = {
        "STORE": str(world.folder / "store"),
        "CHECK": str(world.folder / "check-script"),
        "HOME_MANAGER_BACKUP_EXT": world.backup.extension,
        "HOME_MANAGER_BACKUP_COMMAND": world.backup.command,
        "HOME_MANAGER_BACKUP_OVERWRITE": "1" if world.backup.overwrite else "",
    }
    (world.folder / "settings").write_text(
        "".join(f"export {name}={shell_quoted(value)}\n" for name, value in settings.items())
    )


def shell_quoted(text: str) -> str:
    """The text as one word of a shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def write_bytes(path: Path, text: str) -> None:
    """Write text whose stray bytes are surrogates."""
    path.write_bytes(os.fsencode(text))


# -- looking -------------------------------------------------------------------------------------------------------

Tree = dict[str, tuple[str, str]]
PARTS = ("home", "real-home", "outside", "store")


def snapshot(folder: Path) -> Tree:
    """Every path of a situation, with its kind, and its target or content."""
    return {key: value for part in PARTS for key, value in look(f"{folder}/{part}")}


def look(path: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """A path and those below it."""
    if os.path.islink(path):
        yield path, ("link", os.readlink(path))
    elif os.path.isdir(path):
        yield path, ("directory", "")
        for name in os.listdir(path):
            yield from look(f"{path}/{name}")
    elif os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            yield path, ("file", file.read())


def predicted(future: Future, folder: Path) -> Tree:
    """The same tree as the plan sees it afterwards."""
    return {key: value for part in PARTS for key, value in predicted_below(future, f"{folder}/{part}")}


def predicted_below(future: Future, path: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """A path and those below it, in the future."""
    placed = future.placed(path)
    assert placed is not None
    if placed.entry.kind == "link":
        yield path, ("link", placed.entry.link)
    elif placed.entry.kind == "file":
        assert placed.origin is not None
        yield path, ("file", future.disk.read(placed.origin).decode())
    elif placed.entry.kind == "directory":
        yield path, ("directory", "")
        names = {name for name, _ in future.disk.children(placed.origin)} if placed.origin else set()
        here = placed.folder.within(placed.name)
        names |= {key.rpartition("/")[2] for key in future.changes if key.rpartition("/")[0] == here}
        for name in sorted(names):
            yield from predicted_below(future, f"{path}/{name}")


class Predicted(NamedTuple):
    """What the plan says."""

    changes: list[FileChange]
    tree: Tree

    def blocked(self, *, late: bool) -> set[str]:
        """The targets that are blocked, by the check or later."""
        return {change.target for change in self.changes if change.action == "blocked" and change.late == late}


def predict(world: World) -> Predicted:
    """The plan of a situation, and the tree that it comes to."""
    disk = RealDisk()
    future = Future(disk)
    store = world.folder / "store"
    new = built(str(store / "new-home-manager-files"), disk)
    has_old = (world.folder / "old").exists()
    old = list(built(str(store / "old-home-manager-files"), disk).leaves) if has_old else None
    situation = Situation(str(world.folder / "home"), new, old, (str(store),), world.forced, world.backup)
    changes = plan_files(situation, future)
    return Predicted(changes, predicted(future, world.folder))


def plan_of_generation(world: World) -> list[FileChange]:
    """What is planned for the new generation, as one that was built."""
    has_old = (world.folder / "old").exists()
    return plan_to(
        world.folder / "new",
        world.folder / "home",
        world.folder / "old" if has_old else "none",
        backup_extension=world.backup.extension,
        backup_command=world.backup.command,
        overwrite_backup=world.backup.overwrite,
    ).files


# -- comparing -----------------------------------------------------------------------------------------------------


def run_scripts(worlds: list[World], scripts: Scripts, folder: Path) -> None:
    """Activate every situation with Home Manager's own scripts, in a few processes of bash."""
    (folder / "bin").mkdir()
    mover = folder / "bin/move-aside"
    mover.write_text('#!/bin/sh\nexec mv -T "$1" "$(mktemp -u "$STORE/aside.XXXXXXXX")"\n')
    mover.chmod(0o755)
    (folder / "driver").write_text(DRIVER)
    environment = os.environ | {
        "PATH": f"{folder}/bin:{os.environ['PATH']}",
        "LIBRARY": str(scripts.library),
        "LINK": str(scripts.link_block),
        "LC_ALL": "C.UTF-8",
    }
    shares = [[str(world.folder) for world in worlds[start::PROCESSES]] for start in range(PROCESSES)]
    running = [
        subprocess.Popen(["bash", str(folder / "driver"), *share], env=environment, stdin=subprocess.DEVNULL)
        for share in shares
    ]
    assert [process.wait() for process in running] == [0] * PROCESSES


def outcome(world: World) -> str:
    """How the real activation ended: done, blocked by its check, or failed later."""
    code = (world.folder / "code").read_text().strip()
    if code == "0":
        return "done"
    return "late" if (world.folder / "checked").exists() else "blocked"


def real_collisions(world: World) -> set[str]:
    """The targets that the real check names."""
    output = os.fsdecode((world.folder / "output").read_bytes())
    home = re.escape(f"{world.folder}/home/")
    clobbered = re.findall(rf"^Existing file '{home}([^']*)' would be clobbered$", output, re.M)
    backed_up = re.findall(rf"would be clobbered by backing up '{home}([^']*)'$", output, re.M)
    return set(clobbered) | set(backed_up)


def differences(world: World, before: Tree, plan: Predicted) -> Iterator[str]:
    """Where the plan and what happened differ."""
    after = {key: value for key, value in snapshot(world.folder).items() if "/store/aside." not in key}
    happened = outcome(world)
    expected = "blocked" if plan.blocked(late=False) else "late" if plan.blocked(late=True) else "done"
    if happened != expected:
        yield f"the plan says {expected}, and it is {happened}"
    elif happened == "blocked":
        if plan.blocked(late=False) != real_collisions(world):
            yield f"blocked: {plan.blocked(late=False)} against {real_collisions(world)}"
        if after != before:
            yield "a blocked activation has changed something"
    elif happened == "late":
        yield from (f"{target!r} is not removed" for target in planned_removals(world, plan) if target in after)
    elif happened == "done":
        yield from (
            f"{path}: {plan.tree.get(path)} against {after.get(path)}"
            for path in sorted(set(after) | set(plan.tree))
            if after.get(path) != plan.tree.get(path)
        )
        yield from wrong_actions(world, before, after, plan)


def planned_removals(world: World, plan: Predicted) -> Iterator[str]:
    """The paths that are to be removed, and come before what fails."""
    home = os.path.realpath(f"{world.folder}/home")
    yield from (f"{home}/{change.target}" for change in plan.changes if change.action == "remove")


def wrong_actions(world: World, before: Tree, after: Tree, plan: Predicted) -> Iterator[str]:
    """Changes whose action is not what happened at their target."""
    home = f"{world.folder}/home"
    if os.path.islink(home):
        home = os.readlink(home)
    for change in plan.changes:
        path = f"{home}/{change.target}"
        if os.path.realpath(os.path.dirname(path)) != os.path.dirname(path):
            continue  # behind a link: the tree is compared, and names its real place
        then, now = before.get(path), after.get(path)
        done = "untouched" if then == now else "created" if then is None else "removed" if now is None else "replaced"
        fits = {
            "create": {"created"},
            "update": {"replaced", "created", "untouched"},
            "relink": {"replaced"},
            "backup": {"replaced"},
            "remove": {"removed"},
            "keep": {"untouched"},
            "skipped": {"untouched"},
        }
        if done not in fits[change.action]:
            yield f"{change.target!r} is planned as {change.action}, and was {done}"


def told(change: FileChange) -> tuple[str, str, str, bool]:
    """What a change is."""
    return change.target, change.action, change.reason, change.late


@pytest.mark.parametrize("seed", SEEDS)
def test_the_plan_is_what_the_real_scripts_do(scripts: Scripts, tmp_path: Path, seed: int) -> None:
    worlds = [make(tmp_path / str(number), f"{seed}.{number}") for number in range(COUNT)]
    for world in worlds:
        write_settings(world, scripts)
    trees = [snapshot(world.folder) for world in worlds]
    plans = [predict(world) for world in worlds]
    for world, plan in zip(worlds, plans, strict=True):
        assert list(map(told, plan_of_generation(world))) == list(map(told, plan.changes)), world.folder
    assert trees == [snapshot(world.folder) for world in worlds], "planning has changed something"
    run_scripts(worlds, scripts, tmp_path)
    found = {
        world.folder.name: differing
        for world, tree, plan in zip(worlds, trees, plans, strict=True)
        if (differing := list(differences(world, tree, plan)))
    }
    counted = Counter(outcome(world) for world in worlds)
    print(counted, Counter(change.action for plan in plans for change in plan.changes))
    assert not found, f"{len(found)} of {COUNT}: {list(found.items())[:5]}"
    assert min(counted[kind] for kind in ("done", "blocked", "late")) > COUNT / 50, "every kind is needed"
