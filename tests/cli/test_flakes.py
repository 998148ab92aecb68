"""`--flake`: a local flake through its lock file, with replaced inputs, and what is wrong with flakes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import hmeval

Command = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/standalone"
STAND_INS = ROOT / "hmeval/offline"

MODULE = """
{ home.username = "alice"; home.homeDirectory = "/home/alice"; home.stateVersion = "25.11"; %s }
"""

FLAKE = """
{
  %s
  outputs = { nixpkgs, home-manager, ... }: {
    homeConfigurations = %s;
  };
}
"""

ALICE = """{
  alice = home-manager.lib.homeManagerConfiguration {
    pkgs = nixpkgs.legacyPackages.x86_64-linux;
    modules = [ ./home.nix ];
  };
}"""


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example in a folder that is no Git work tree."""
    folder = tmp_path / "a flake"
    shutil.copytree(EXAMPLE, folder)
    return folder


def flake(folder: Path, inputs: str = "", configurations: str = ALICE, module: str = "") -> Path:
    """A flake with one module, and inputs as they are given."""
    folder.mkdir(exist_ok=True)
    (folder / "flake.nix").write_text(FLAKE % (inputs, configurations))
    (folder / "home.nix").write_text(MODULE % module)
    return folder


def git(folder: Path, *arguments: str) -> None:
    """Run Git in a folder."""
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True)


def failure(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def test_the_example_offline_is_what_its_file_is(hmeval_command: Command, example: Path) -> None:
    shown = hmeval_command(
        "eval", "--json", "--at", "programs.git.settings", "--offline", "--flake", f"{example}#alice"
    )
    file = hmeval_command(
        "eval", "--json", "--at", "programs.git.settings", "--offline", "--file", EXAMPLE / "home.nix"
    )
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout) == json.loads(file.stdout)


@pytest.mark.parametrize("name", ["", "#alice", "#homeConfigurations.alice", '#homeConfigurations."alice"'])
def test_the_name_as_home_manager_takes_it(hmeval_command: Command, example: Path, name: str) -> None:
    done = hmeval_command("options", "home.username", "--offline", "--flake", f".{name}", cwd=example)
    assert (done.returncode, '"alice"' in done.stdout) == (0, True), done.stderr


def test_replaced_inputs(hmeval_command: Command, example: Path) -> None:
    replaced = [word for name in ("nixpkgs", "home-manager") for word in ("--override-input", name, STAND_INS / name)]
    done = hmeval_command("options", "--format", "names", "programs.git", "--flake", f"path:{example}#alice", *replaced)
    assert "programs.git.enable\n" in done.stdout, done.stderr


def test_local_inputs_and_what_they_follow_need_no_lock(hmeval_command: Command, tmp_path: Path) -> None:
    inputs = f"""
      inputs.nixpkgs.url = "path:{STAND_INS / "nixpkgs"}";
      inputs.home-manager = {{ url = "path:{STAND_INS / "home-manager"}"; inputs.nixpkgs.follows = "nixpkgs"; }};
    """
    folder = flake(tmp_path / "local", inputs)
    done = hmeval_command("eval", "config.home.username", "--flake", f"{folder}#alice")
    assert (done.returncode, done.stdout) == (0, '"alice"\n'), done.stderr
    assert not (folder / "flake.lock").exists()


def lock_of_stand_ins(version: int) -> dict[str, Any]:
    """A lock file that says that the stand-ins are what github:a/b and github:c/d are locked to."""
    packages = {"type": "path", "path": str(STAND_INS / "nixpkgs")}
    modules = {"type": "path", "path": str(STAND_INS / "home-manager")}
    return {
        "version": version,
        "root": "the root",
        "nodes": {
            "the root": {"inputs": {"nixpkgs": "the-packages", "home-manager": "the-modules"}},
            "the-packages": {"locked": packages, "original": {"type": "github", "owner": "a", "repo": "b"}},
            "the-modules": {
                "locked": modules,
                "original": {"type": "github", "owner": "c", "repo": "d"},
                "inputs": {"nixpkgs": ["nixpkgs"]},
            },
        },
    }


@pytest.mark.parametrize("version", [5, 6, 7])
def test_a_lock_file_is_followed(hmeval_command: Command, tmp_path: Path, version: int) -> None:
    inputs = 'inputs.nixpkgs.url = "github:a/b"; inputs.home-manager.url = "github:c/d";'
    inputs += 'inputs.home-manager.inputs.nixpkgs.follows = "nixpkgs";'
    folder = flake(tmp_path / "locked", inputs)
    (folder / "flake.lock").write_text(json.dumps(lock_of_stand_ins(version)))
    done = hmeval_command("eval", "config.home.username", "--flake", f"{folder}#alice")
    assert (done.returncode, done.stdout) == (0, '"alice"\n'), done.stderr


def test_a_git_work_tree_has_the_files_that_git_knows(hmeval_command: Command, tmp_path: Path) -> None:
    folder = flake(tmp_path / "tree")
    git(folder, "init", "--quiet")
    git(folder, "add", "flake.nix")
    message = failure(hmeval_command("options", "--offline", "--flake", f"{folder}#alice"))
    assert f"{folder}/home.nix is there, but Git does not know it" in message
    assert "git add" in message
    git(folder, "add", "home.nix")
    done = hmeval_command("eval", "config.home.username", "--offline", "--flake", f"{folder}#alice")
    assert (done.returncode, done.stdout) == (0, '"alice"\n'), done.stderr


def test_names_that_are_not_there(hmeval_command: Command, example: Path, tmp_path: Path) -> None:
    message = failure(hmeval_command("options", "--offline", "--flake", f"{example}#bob"))
    assert "homeConfigurations.bob" in message
    assert f"give one of those that it has:\n  --flake {example}#alice\n" in message
    empty = flake(tmp_path / "empty", configurations="{ }")
    assert "has no homeConfigurations" in failure(hmeval_command("options", "--offline", "--flake", empty))


def test_what_is_not_locked(hmeval_command: Command, example: Path) -> None:
    message = failure(hmeval_command("options", "--flake", f"{example}#alice"))
    assert f"the input home-manager ({example}/flake.nix:6:5) is not in flake.lock" in message
    assert "github:nix-community/home-manager cannot be fetched" in message
    assert "--override-input home-manager DIR" in message
    assert not (example / "flake.lock").exists()


def test_no_flake_and_a_broken_one(hmeval_command: Command, tmp_path: Path) -> None:
    assert "holds no flake.nix" in failure(hmeval_command("options", "--flake", tmp_path))
    (tmp_path / "flake.nix").write_text("{\n  outputs = { self }: {\n")
    message = failure(hmeval_command("options", "--offline", "--flake", tmp_path))
    assert "syntax" in message
    assert re.search(r"flake\.nix:(2:24|3:1)$", message, re.MULTILINE)  # the last token, or the end of the file


def test_an_unknown_option_in_a_flake_has_its_line(hmeval_command: Command, tmp_path: Path) -> None:
    folder = flake(tmp_path / "wrong", module="\n  programs.git.enabel = true;")
    arguments = ("--offline", "--flake", f"{folder}#alice")
    message = failure(hmeval_command("eval", "config.home.username", *arguments))
    assert f"at {folder}/home.nix:3:3" in message
    assert f"In `{folder}/home.nix'" in message
    assert "programs.git.enabel" in message
    listed = hmeval_command("options", "--format", "names", *arguments)
    assert (listed.returncode, "programs.git.enable\n" in listed.stdout) == (1, True)
    assert f"at {folder}/home.nix:3:3" in listed.stderr


def test_a_failed_assertion_in_a_flake_has_its_line(hmeval_command: Command, tmp_path: Path) -> None:
    folder = flake(tmp_path / "wrong", module='\nassertions = [ { assertion = false; message = "never mind"; } ];')
    listed = hmeval_command("options", "--format", "names", "--offline", "--flake", f"{folder}#alice")
    assert (listed.returncode, "programs.git.enable\n" in listed.stdout) == (1, True)
    assert f"at {folder}/home.nix:3:37" in listed.stderr
    assert "never mind" in listed.stderr


def test_a_module_within_the_flake_has_its_line(hmeval_command: Command, tmp_path: Path) -> None:
    configurations = ALICE.replace("./home.nix", "./home.nix\n{ programs.git.enable = true; }")
    folder = flake(tmp_path / "in place", configurations=configurations)
    done = hmeval_command("why", "--json", "programs.git.enable", "--offline", "--flake", f"{folder}#alice")
    winner = json.loads(done.stdout)["definitions"][0]
    assert (winner["file"], winner["line"], winner["column"]) == (str(folder / "flake.nix"), 9, 3)
    assert winner["verdict"] == "winner"


def test_definitions_are_told_in_the_folder(hmeval_command: Command, example: Path) -> None:
    done = hmeval_command("options", "programs.git.enable", "--offline", "--flake", f"{example}#alice")
    assert f"\n    {example}/git.nix:6:5  true\n" in done.stdout


@pytest.mark.parametrize(
    ("lock", "problem"),
    [
        ('{"version": 7, "root": "ro', "is damaged"),
        ('{"version": 7, "root": "root", "nodes": {"root": {"inputs": {"nixpkgs": "a"}}}}', "'a' is missing"),
        ('{"version": 7, "root": "root", "nodes": {"root": {"inputs": 1}}}', "is damaged"),
        ('{"version": 8}', "has version 8; versions 5, 6, 7 are known"),
        ("[]", "has version None"),
    ],
)
def test_a_lock_file_that_cannot_be_read(hmeval_command: Command, example: Path, lock: str, problem: str) -> None:
    (example / "flake.lock").write_text(lock)
    message = failure(hmeval_command("options", "--offline", "--flake", f"{example}#alice"))
    assert f"{example}/flake.lock" in message
    assert problem in message


def test_a_locked_input_that_cannot_be_fetched(hmeval_command: Command, tmp_path: Path) -> None:
    inputs = 'inputs.nixpkgs.url = "github:a/b"; inputs.home-manager.url = "github:c/d";'
    folder = flake(tmp_path / "locked", inputs + 'inputs.home-manager.inputs.nixpkgs.follows = "nixpkgs";')
    lock = lock_of_stand_ins(7)
    lock["nodes"]["the-packages"]["locked"] = {
        **lock["nodes"]["the-packages"]["original"],
        "rev": "1" * 40,
        "narHash": f"sha256-{'A' * 43}=",
        "lastModified": 1,
    }
    (folder / "flake.lock").write_text(json.dumps(lock))
    message = failure(hmeval_command("options", "--flake", f"{folder}#alice"))
    assert f"the input nixpkgs, which flake.lock has as github:a/b/{'1' * 40}, cannot be fetched" in message
    assert "--override-input nixpkgs DIR" in message
    assert re.search(rf"\n  at {folder}/flake\.nix:\d+:\d+\n.*nixpkgs\.", message), message


def test_an_input_of_an_input_is_replaced(hmeval_command: Command, tmp_path: Path) -> None:
    middle = tmp_path / "middle"
    middle.mkdir()
    (middle / "flake.nix").write_text("""
      { inputs.nixpkgs.url = "github:a/b"; inputs.home-manager.url = "github:c/d";
        outputs = inputs: { inherit inputs; }; }
    """)
    folder = tmp_path / "top"
    folder.mkdir()
    (folder / "home.nix").write_text(MODULE % "")
    (folder / "flake.nix").write_text(
        f"""
          {{
            inputs.middle.url = "path:{middle}";
            outputs = {{ self, middle, ... }}@inputs: let inherit (middle.inputs) nixpkgs home-manager; in {{
              homeConfigurations = {ALICE};
            }};
          }}
        """
    )
    replaced = [
        word
        for name in ("nixpkgs", "home-manager")
        for word in ("--override-input", f"middle/{name}", f"path:{STAND_INS / name}")
    ]
    more = ["--override-input", "middle/home-manager/nixpkgs", f"path:{STAND_INS / 'nixpkgs'}"]
    done = hmeval_command("eval", "config.home.username", "--flake", f"{folder}#alice", *replaced, *more)
    assert (done.returncode, done.stdout) == (0, '"alice"\n'), done.stderr
    message = failure(
        hmeval_command("eval", "1", "--flake", f"{folder}#alice", *replaced, *more, "--override-input", "middle/x", ".")
    )
    assert "--override-input middle/x: there is no such input" in message
    assert "middle, middle/home-manager, middle/home-manager/nixpkgs, middle/nixpkgs" in message


@pytest.mark.parametrize("name", ["a b", "ü", "100%", "a+b=c&d"])
@pytest.mark.parametrize("in_git", [False, True])
def test_any_name_of_a_folder(hmeval_command: Command, tmp_path: Path, name: str, in_git: bool) -> None:
    folder = flake(tmp_path / name)
    if in_git:
        git(folder, "init", "--quiet")
        git(folder, "add", ".")
        (folder / "unknown").write_text("")
    for reference in (f"{folder}#alice", f"path:{folder}#alice"):
        done = hmeval_command("eval", "config.home.username", "--offline", "--flake", reference)
        assert (done.returncode, done.stdout) == (0, '"alice"\n'), done.stderr


def test_a_folder_below_and_a_link_and_a_work_tree(hmeval_command: Command, tmp_path: Path) -> None:
    folder = flake(tmp_path / "tree")
    (folder / "below").mkdir()
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=all")
    git(folder, "worktree", "add", "--quiet", "../other")
    (tmp_path / "link").symlink_to(folder)
    for place in (folder / "below", tmp_path / "link", tmp_path / "other"):
        done = hmeval_command("eval", "config.home.username", "--offline", "--flake", ".#alice", cwd=place)
        assert (done.returncode, done.stdout) == (0, '"alice"\n'), done.stderr


def test_a_flake_that_git_does_not_know(hmeval_command: Command, tmp_path: Path) -> None:
    folder = flake(tmp_path / "tree")
    git(folder, "init", "--quiet")
    message = failure(hmeval_command("options", "--offline", "--flake", f"{folder}#alice"))
    assert f"{folder}/flake.nix is not known to Git" in message
    assert f"git -C {folder} add flake.nix" in message


@pytest.mark.parametrize(
    "inputs", ['inputs.x = "path:/a";', "inputs.x.url = 1;", 'inputs.x.color = "red";', "inputs = 1;"]
)
def test_what_is_no_input(hmeval_command: Command, tmp_path: Path, inputs: str) -> None:
    message = failure(hmeval_command("options", "--offline", "--flake", flake(tmp_path / "wrong", inputs)))
    assert f"{tmp_path}/wrong/flake.nix" in message
    assert "input" in message


def test_nothing_is_locked_that_cannot_be_fetched(hmeval_command: Command, example: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in [example, *example.iterdir()]}
    message = failure(hmeval_command("options", "--write-lock-file", "--flake", f"{example}#alice"))
    assert "the input home-manager" in message
    assert {path.name: path.stat().st_mtime_ns for path in [example, *example.iterdir()]} == before


def test_settings_of_a_flake_are_not_taken(hmeval_command: Command, tmp_path: Path) -> None:
    folder = flake(tmp_path / "settings", 'nixConfig.allow-import-from-derivation = "maybe"; nixConfig.x = [ 1 ];')
    done = hmeval_command("eval", "config.home.username", "--offline", "--flake", f"{folder}#alice")
    assert (done.returncode, done.stdout) == (0, '"alice"\n'), done.stderr


LOCAL_INPUTS = f"""
  inputs.nixpkgs.url = "path:{STAND_INS / "nixpkgs"}";
  inputs.home-manager = {{ url = "path:{STAND_INS / "home-manager"}"; inputs.nixpkgs.follows = "nixpkgs"; }};
"""


@pytest.mark.parametrize("command", [("options", "home.username"), ("eval", "config.home.username")])
def test_the_lock_file_is_written_when_it_is_asked_for(
    hmeval_command: Command, tmp_path: Path, command: tuple[str, ...]
) -> None:
    folder = flake(tmp_path / "local", LOCAL_INPUTS)
    done = hmeval_command(*command, "--write-lock-file", "--flake", f"{folder}#alice")
    assert (done.returncode, '"alice"' in done.stdout) == (0, True), done.stderr
    lock = json.loads((folder / "flake.lock").read_text())
    assert lock["nodes"]["home-manager"]["inputs"] == {"nixpkgs": ["nixpkgs"]}
    assert sorted(path.name for path in folder.iterdir()) == ["flake.lock", "flake.nix", "home.nix"]
    written = (folder / "flake.lock").stat().st_mtime_ns
    assert hmeval_command(*command, "--write-lock-file", "--flake", f"{folder}#alice").returncode == 0
    assert (folder / "flake.lock").stat().st_mtime_ns == written


def test_the_library_takes_paths(example: Path) -> None:
    stand_ins = {name: STAND_INS / name for name in ("nixpkgs", "home-manager")}
    with hmeval.load(flake=example, override_inputs=stand_ins) as configuration:
        assert configuration.option("home.username").value == {"json": "alice"}


def test_the_library_writes_a_lock_file(tmp_path: Path) -> None:
    folder = flake(tmp_path / "local", LOCAL_INPUTS)
    with hmeval.load(flake=f"{folder}#alice") as configuration:
        assert configuration.option("home.username").value == {"json": "alice"}
    assert not (folder / "flake.lock").exists()
    with hmeval.load(flake=f"{folder}#alice", write_lock_file=True):
        assert (folder / "flake.lock").exists()
    with pytest.raises(hmeval.TargetError, match="not with stand-ins"):
        hmeval.load(flake=f"{folder}#alice", write_lock_file=True, offline=True)


def test_a_lock_file_that_is_a_link_and_one_that_cannot_be_written(hmeval_command: Command, tmp_path: Path) -> None:
    folder = flake(tmp_path / "local", LOCAL_INPUTS)
    (folder / "flake.lock").symlink_to("elsewhere.lock")
    (folder / "elsewhere.lock").write_text('{"nodes": {"root": {}}, "root": "root", "version": 7}')
    (folder / "elsewhere.lock").chmod(0o600)
    done = hmeval_command("eval", "1", "--write-lock-file", "--flake", f"{folder}#alice")
    assert done.returncode == 0, done.stderr
    assert (folder / "flake.lock").is_symlink()
    assert "home-manager" in (folder / "elsewhere.lock").read_text()
    assert (folder / "elsewhere.lock").stat().st_mode & 0o777 == 0o600


def test_a_flake_that_is_fetched_has_no_lock_file_to_write(hmeval_command: Command, tmp_path: Path) -> None:
    folder = flake(tmp_path / "tree", LOCAL_INPUTS)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=all")
    reference = f"git+file://{folder}?ref=main#alice"
    replaced = ["--override-input", "nixpkgs", f"path:{STAND_INS / 'nixpkgs'}"]
    done = hmeval_command("eval", "config.home.username", "--flake", reference, *replaced)
    assert (done.returncode, done.stdout) == (0, '"alice"\n'), done.stderr
    message = failure(hmeval_command("eval", "1", "--write-lock-file", "--flake", reference))
    assert "is no folder that a lock file can be written to" in message


CIRCLES = {
    "follows": ('inputs.a.follows = "b"; inputs.b.follows = "a";', "follow each other in a circle"),
    "follows nothing": ('inputs.a.follows = "b/c";', "the input a follows b/c, and there is no such input"),
    "itself": ('inputs.a.url = "path:.";', "has itself among its inputs"),
    "outside": ('inputs.a.url = "path:../a";', "lies outside of"),
    "no flake": ('inputs.a.url = "path:./empty";', "needs `flake = false`"),
}


@pytest.mark.parametrize(("inputs", "problem"), CIRCLES.values(), ids=[*CIRCLES])
def test_inputs_that_lead_nowhere(hmeval_command: Command, tmp_path: Path, inputs: str, problem: str) -> None:
    folder = flake(tmp_path / "wrong", inputs)
    (folder / "empty").mkdir()
    message = failure(hmeval_command("options", "--offline", "--flake", f"{folder}#alice"))
    assert problem in message
    assert str(folder) in message


GONE = {"type": "github", "rev": "1" * 40, "narHash": f"sha256-{'A' * 43}=", "lastModified": 1}


def lock_of_gone(inputs: Mapping[str, Mapping[str, object]]) -> str:
    """A lock file of inputs that nobody can fetch: by name, what each has as inputs."""
    nodes: dict[str, Any] = {"root": {"inputs": {name: name for name in inputs if "_of_" not in name}}}
    for name, own in inputs.items():
        original = {"type": "github", "owner": "a", "repo": name}
        nodes[name] = {"locked": original | GONE, "original": original, "inputs": own}
    return json.dumps({"version": 7, "root": "root", "nodes": nodes})


def test_all_inputs_that_cannot_be_fetched_are_told_at_once(hmeval_command: Command, tmp_path: Path) -> None:
    """With a file to fill in, which is all that is needed then; and a host that is not there is asked once."""
    names = ("home-manager", "nixpkgs", "x", "y")
    inputs = "".join(f'inputs.{name}.url = "github:a/{name}"; ' for name in names)
    folder = flake(tmp_path / "locked", inputs + 'inputs.home-manager.inputs.nixpkgs.follows = "nixpkgs";')
    locked: dict[str, dict[str, object]] = {
        "home-manager": {"nixpkgs": ["nixpkgs"]},
        "nixpkgs": {},
        "x": {"deep": "deep_of_x"},
    }
    (folder / "flake.lock").write_text(lock_of_gone(locked | {"y": {}, "deep_of_x": {}}))
    done = hmeval_command("eval", "config.home.username", "--flake", f"{folder}#alice")
    message = failure(done)
    assert "5 inputs cannot be fetched." in message
    told = re.findall(r'^ *(["\w/-]+) = ""  # (\S+)$', message, re.MULTILINE)
    assert [name for name, _ in told] in ([*names, '"x/deep"'], ["nixpkgs", "home-manager", "x", "y", '"x/deep"'])
    assert {reference for _, reference in told} == {f"github:a/{name}/{'1' * 40}" for name in (*names, "deep_of_x")}
    fetched = [line for line in message.splitlines() if "retrying in" in line]
    assert len({re.sub(r"retrying in.*", "", line) for line in fetched}) <= 1
    filled = "".join(f'{name} = "{STAND_INS / name}"\n' for name, _ in told if (STAND_INS / name).exists())
    (tmp_path / "replaced.toml").write_text(filled)
    replaced = ("--override-inputs", tmp_path / "replaced.toml")
    done = hmeval_command("eval", "config.home.username", "--flake", f"{folder}#alice", *replaced)
    assert (done.returncode, done.stdout) == (0, '"alice"\n'), done.stderr


def test_one_input_alone_needs_no_list(hmeval_command: Command, tmp_path: Path) -> None:
    folder = flake(tmp_path / "locked", f'inputs.nixpkgs.url = "github:a/nixpkgs"; {MODULES}')
    lock = json.loads(lock_of_gone({"nixpkgs": {}}))
    (folder / "flake.lock").write_text(json.dumps(lock))
    message = failure(hmeval_command("options", "--flake", f"{folder}#alice"))
    assert "the input nixpkgs, which flake.lock has as" in message
    assert "inputs cannot be fetched. To replace" not in message


MODULES = f"""
  inputs.home-manager = {{ url = "path:{STAND_INS / "home-manager"}"; inputs.nixpkgs.follows = "nixpkgs"; }};
"""
UNLOCKED = """
  inputs.x = { url = "github:a/x"; inputs.nixpkgs.follows = "nixpkgs"; };
  inputs.y.follows = "x/y/z";
  inputs.z = { url = "github:a/z"; flake = false; };
"""


def test_an_input_that_is_not_locked_fails_when_it_is_used(hmeval_command: Command, tmp_path: Path) -> None:
    folder = flake(tmp_path / "unlocked", LOCAL_INPUTS + UNLOCKED)
    done = hmeval_command("eval", "config.home.username", "--flake", f"{folder}#alice")
    assert (done.returncode, done.stdout) == (0, '"alice"\n'), done.stderr
    for name in ("x", "y", "z"):
        used = f'\nhome.sessionVariables.X = "${{inputs.{name}}}";'
        (folder / "home.nix").write_text("{ inputs, ... }:" + MODULE % used)
        text = FLAKE % (
            LOCAL_INPUTS + UNLOCKED,
            ALICE.replace("modules", "extraSpecialArgs = { inherit inputs; }; modules"),
        )
        (folder / "flake.nix").write_text(text.replace("home-manager, ... }:", "home-manager, ... }@inputs:"))
        message = failure(hmeval_command("eval", "config.home.sessionVariables.X", "--flake", f"{folder}#alice"))
        missed = "x" if name == "y" else name
        assert f"the input {missed} ({folder}/flake.nix:" in message
        assert f"is not in flake.lock, and github:a/{missed} cannot be fetched" in message
        assert "2 inputs cannot be fetched." in message
        assert re.search(r'^ *x = ""  # github:a/x$', message, re.MULTILINE)
        assert f"{folder}/home.nix:" in message
    message = failure(hmeval_command("eval", "1", "--flake", f"{folder}#alice", "--override-input", "x/y", "."))
    assert "the input x " in message
    message = failure(hmeval_command("eval", "1", "--flake", f"{folder}#alice", "--override-input", "z", "github:a/b"))
    assert "github:a/b cannot be fetched" in message
    message = failure(hmeval_command("eval", "1", "--flake", f"{folder}#alice", "--write-lock-file"))
    assert "2 inputs cannot be fetched." in message
    assert not (folder / "flake.lock").exists()


def test_stand_ins_that_replace_nothing_are_refused(hmeval_command: Command, tmp_path: Path) -> None:
    """Under other names nothing is known of what the inputs are; and a flake without any needs none."""
    named = LOCAL_INPUTS.replace("inputs.nixpkgs.follows", "inputs.NIXPKGS.follows").replace("nixpkgs", "pkgs")
    inputs = named.replace("home-manager", "hm").replace("offline/hm", "offline/home-manager")
    folder = flake(tmp_path / "named", inputs.replace("offline/pkgs", "offline/nixpkgs").replace("NIXPKGS", "nixpkgs"))
    text = (folder / "flake.nix").read_text().replace("{ nixpkgs, home-manager, ... }", "{ pkgs, hm, ... }")
    (folder / "flake.nix").write_text(
        text.replace("= home-manager.lib", "= hm.lib").replace("= nixpkgs.legacy", "= pkgs.legacy")
    )
    done = hmeval_command("eval", "config.home.username", "--flake", f"{folder}#alice")
    assert (done.returncode, done.stdout) == (0, '"alice"\n'), done.stderr
    message = failure(hmeval_command("eval", "1", "--offline", "--flake", f"{folder}#alice"))
    assert f"--offline has no effect on {folder}: it takes the place of inputs called nixpkgs, home-manager" in message
    assert "the flake's are hm, pkgs; give --override-input NAME DIR" in message
