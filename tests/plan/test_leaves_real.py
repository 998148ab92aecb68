"""The leaves of home-files, beside what its real build command makes of generated sets of files."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import hmeval
from hmeval.plan.contents import fill
from hmeval.plan.disk import RealDisk
from hmeval.plan.inputs import ManagedFile, managed_file
from hmeval.plan.leaves import Leaf, NewFiles, compose

Instantiate = Callable[..., Any]
pytestmark = pytest.mark.real

SEED, COUNT = 3, 80
TARGETS = (
    "a",
    "b",
    "d",
    "d/x",
    "d/e",
    "d/e/z",
    "d/new",
    "c/../k",
    "/etc/foo",
    "../out",
    "./p//q",
    "d/l",
    "f/g/h",
    ".",
    "./",
    "d/..",
)
PLAN_INPUTS = Path(hmeval.__file__).parent / "nix/plan-inputs.nix"

# The store cannot be written to where things are really built; whoever runs this test may be allowed to.
RM = """\
#!/bin/sh
case "$(realpath -m "$(dirname "$1")")" in "$out"*) exec /bin/rm "$@" ;; esac
exit 1
"""


def make_sources(folder: Path) -> list[Path]:
    """Files, one that can be executed, and folders with files, folders and links in them."""
    for name in ("one", "two", "tree/x", "tree/e/z", "tree/e/w", "other/x"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (folder / "two").chmod(0o755)
    (folder / "tree/l").symlink_to("/srv/elsewhere")
    (folder / "tree/to").symlink_to("e")
    return [folder / name for name in ("one", "two", "tree", "other")]


def make_files(chance: random.Random, sources: list[Path]) -> dict[str, dict[str, Any]]:
    """A value for home.file."""
    return {
        target: {
            "source": chance.choice([*map(str, sources), str(sources[2]), f"text:{target}", "/srv/not here"]),
            "recursive": chance.random() < 0.5,
            "ignorelinks": chance.random() < 0.3,
            "executable": chance.choice([None, None, True, False]),
        }
        for target in chance.sample(TARGETS, chance.randint(1, 6))
    }


EXPRESSION = """
  let
    pkgs = import {world} {{ }};
    module = case: {{ config, lib, ... }}: {{
      manual.manpages.enable = false;
      home = {{
        username = "alice";
        homeDirectory = "/home/alice";
        stateVersion = "25.11";
        fileOverlapResolution = case.overlap;
        file = builtins.mapAttrs (_: file: file // {{
          text = if lib.hasPrefix "text:" file.source then file.source else null;
          source = lib.mkIf (!lib.hasPrefix "text:" file.source) (
            if lib.hasPrefix "/srv" file.source then
              config.lib.file.mkOutOfStoreSymlink file.source
            else
              /. + file.source
          );
        }}) case.files;
      }};
    }};
    evaluate = case: import {home_manager}/modules {{ inherit pkgs; configuration = module case; }};
    describe = evaluation: {{
      inputs = import {plan_inputs} {{ inherit (evaluation) config options pkgs; inherit (pkgs) lib; }};
      command = builtins.unsafeDiscardStringContext evaluation.config.home-files.buildCommand;
    }};
  in map (case: describe (evaluate case)) (builtins.fromJSON (builtins.readFile {cases}))
"""


def make_ready(file: ManagedFile) -> None:
    """Build what a file is made of: the text, or the link."""
    source = Path(file.source)
    if not file.store or source.is_symlink() or source.exists():
        return
    if file.link_to is not None:
        source.symlink_to(file.link_to)
    elif file.text is not None:
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes(file.text)
        source.chmod(0o755 if file.executable else 0o644)


def build(command: str, out: Path, tools: Path) -> int:
    """Run home-files' build command, and return its exit code."""
    environment = os.environ | {"out": str(out), "PATH": f"{tools}:{os.environ['PATH']}"}
    script = f"set -e -o pipefail\n{command}"
    return subprocess.run(["bash", "-c", script], env=environment, capture_output=True).returncode


def shown(path: str) -> tuple[str, bytes]:
    """What a path leads to: a folder, its content, or nothing."""
    if os.path.isdir(path):
        return "folder", b""
    return (
        ("file", Path(path).read_bytes()) if os.path.exists(path) else ("nothing", os.fsencode(os.path.realpath(path)))
    )


def real_leaves(out: Path) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """The leaves that were built: what is a copy, and what each shows."""
    for folder, folders, names in os.walk(out):
        for name in (*names, *(name for name in folders if os.path.islink(f"{folder}/{name}"))):
            path = f"{folder}/{name}"
            kind, content = shown(path)
            yield os.path.relpath(path, out), ("copy" if not os.path.islink(path) else kind, content)


def planned_leaf(leaf: Leaf) -> tuple[str, bytes]:
    """The same of a leaf of the plan."""
    if leaf.text is not None:
        return "file", leaf.text
    kind, content = shown(leaf.source)
    return "copy" if leaf.kind == "copy" else kind, content


def without_the_generated(leaves: dict[str, Any]) -> dict[str, Any]:
    """The leaves without those of Home Manager's own modules, and those whose name the store gives."""
    return {
        target: leaf
        for target, leaf in leaves.items()
        if not target.startswith((".config", ".cache", ".local")) and "-hm_" not in target
    }


def test_leaves_are_those_of_the_real_build(
    nix_instantiate: Instantiate, home_manager: Path, world: Path, lndir: Path, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    sources = make_sources(tmp_path / "sources")
    overlaps = ["ignore", "ignore", "error", "override"]
    cases = [{"files": make_files(chance, sources), "overlap": chance.choice(overlaps)} for _ in range(COUNT)]
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    arguments = {"world": world, "home_manager": home_manager, "plan_inputs": PLAN_INPUTS}
    described = nix_instantiate(EXPRESSION.format(**arguments, cases=tmp_path / "cases.json"))
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "lndir").symlink_to(lndir)
    (tools / "rm").write_text(RM)
    (tools / "rm").chmod(0o755)
    found = {}
    failed = 0
    for number, (case, told) in enumerate(zip(cases, described, strict=True)):
        fill(told["inputs"], RealDisk())
        files = [managed_file(record) for record in told["inputs"]["files"]]
        for file in files:
            make_ready(file)
        plan = compose(files, "/new", RealDisk(), str(case["overlap"]))
        out = tmp_path / f"out{number}"
        code = build(told["command"], out, tools)
        failed += code != 0
        if differs := difference(plan, code, out):
            found[number] = (case, differs)
    assert not found, f"{len(found)} of {COUNT}: {list(found.items())[:3]}"
    assert COUNT / 10 < failed < COUNT * 9 / 10, "both kinds are needed"


def difference(plan: NewFiles, code: int, out: Path) -> str:
    """Where the plan and the build differ."""
    if bool(plan.failures) != bool(code):
        return f"planned to fail: {[reason for _, reason in plan.failures]}; exit code {code}"
    if code:
        return ""
    ours = without_the_generated({target: planned_leaf(leaf) for target, leaf in plan.leaves.items()})
    real = without_the_generated(dict(real_leaves(out)))
    return "" if ours == real else f"{ours} against {real}"
