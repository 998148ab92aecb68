"""The cache behind the commands: the second answer is the first one, and no answer is an old one."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hmeval
from hmeval import cli
from hmeval.cache.contents import contents
from hmeval.cache.entries import Entry
from hmeval.cache.shelf import Shelf

Hmeval = Callable[..., "subprocess.CompletedProcess[str]"]

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/standalone"
OFFLINE = ROOT / "hmeval/offline"
TRACES = "traces" in hmeval.engine()["capabilities"]
OVER_2_8 = hmeval.engine()["interface"] == "compat"


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """An empty cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Shelf()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A configuration that can be changed. Of a file nothing is kept by an engine that does not tell what it reads."""
    if not TRACES:
        pytest.skip("this engine does not tell what it reads")
    folder = tmp_path / "home"
    shutil.copytree(EXAMPLE, folder)
    settle()
    return folder / "home.nix"


def settle() -> None:
    """Let what was written be old enough to be kept."""
    time.sleep(0.06)


class Asked:
    """What a process gave, and whether it evaluated."""

    def __init__(self, *arguments: str | Path, cwd: str | Path = ".", **environment: str) -> None:
        command = [sys.executable, "-X", "importtime", "-m", "hmeval", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=os.environ | environment)
        lines = done.stderr.splitlines()
        self.code = done.returncode
        self.output = done.stdout
        # The example itself warns, by a trace, where it is evaluated.
        self.told = [line for line in lines if not line.startswith(("import time:", "trace: "))]
        self.evaluated = any("hmeval.evaluation" in line for line in lines)


def options(home: Path, *arguments: str | Path, **environment: str) -> Asked:
    """`hmeval options` on a configuration, with the stand-ins."""
    return Asked("options", "--file", home, "--offline", *arguments, **environment)


# -- the second answer is the first one -------------------------------------------------------------------------------

ALICE = ("--file", str(EXAMPLE / "home.nix"), "--offline")
FLAKE = ("--flake", f"path:{EXAMPLE}#alice", "--offline")
PATHS = ["programs.git", "programs.git.enable", "home.file", "home.file.<name>", "programs", "no.such", "xdg"]
CHOICES = st.tuples(
    st.lists(st.sampled_from(PATHS), max_size=2, unique=True),
    st.sampled_from([[], ["--search", "git enable"], ["--search", "gti"], ["--search", ""]]),
    st.sampled_from([[], ["--set"], ["--all"], ["--set", "--all"]]),
    st.sampled_from(["table", "names", "json", "options-json", "options-list", "markdown"]),
)
VALUES = st.tuples(
    st.sampled_from(["config.home.username", "lib.attrNames config.home.file", "1 + ", "config.nothing", "x: x"]),
    st.sampled_from([[], ["--json"]]),
)
AT = st.tuples(st.sampled_from(["home.username", "programs.git", "no.such"]), st.sampled_from([[], ["--json"]]))
PLANS = st.lists(st.sampled_from(["--json", "--diff", "--unchanged", "--graph=dot"]), max_size=2, unique=True)
COMMANDS = st.one_of(
    CHOICES.map(lambda c: ["options", *c[0], *c[1], *c[2], "--format", c[3]]),
    VALUES.map(lambda v: ["eval", v[0], *v[1]]),
    AT.map(lambda v: ["eval", "--at", v[0], *v[1]]),
    AT.map(lambda v: ["why", v[0], *v[1]]),
    PLANS.map(lambda flags: ["plan", "--home", "/var/empty", *flags]),
)


def in_process(arguments: list[str]) -> tuple[int, str, list[str]]:
    """Exit code, output and failures of a command."""
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        code = cli.main(arguments)
    return code, output.getvalue(), errors.getvalue().splitlines()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(command=COMMANDS, target=st.sampled_from([ALICE, FLAKE]))
def test_warm_is_cold_byte_for_byte(command: list[str], target: tuple[str, ...], shelf: Shelf) -> None:
    cold = in_process([*command, *target, "--no-cache"])
    first = in_process([*command, *target])
    warm = in_process([*command, *target])
    again = in_process([*command, *target, "--refresh"])
    assert first == warm == again == cold


@pytest.mark.parametrize("flags", [[], ["--json"], ["--json", "--all"]])
def test_a_warm_difference_is_the_cold_one(flags: list[str], home: Path, tmp_path: Path, shelf: Shelf) -> None:
    other = tmp_path / "other.nix"
    other.write_text(f"{{ lib, ... }}: {{ imports = [ {home} ]; programs.git.enable = lib.mkForce false; }}")
    settle()
    command = ["diff", str(home), str(other), "--offline", *flags]
    cold = in_process([*command, "--no-cache"])
    assert "programs.git.enable" in cold[1]
    assert cold == in_process(command) == in_process(command) == in_process([*command, "--refresh"])


def test_a_warm_command_does_not_load_the_engine(home: Path, shelf: Shelf) -> None:
    for arguments in (
        ["programs.git.enable"],
        ["programs.git"],
        ["--search", "git"],
        ["--set"],
        ["home.file"],
        *(["--format", format] for format in ("table", "names", "json", "options-json", "options-list", "markdown")),
    ):
        cold, warm = options(home, *arguments), options(home, *arguments)
        assert (cold.output, cold.code) == (warm.output, warm.code)
        assert not warm.evaluated, arguments
    for command in (["eval", "config.home.username"], ["why", "home.username"], ["why", "--json", "home.file"]):
        cold, warm = (Asked(*command, "--file", home, "--offline") for _ in range(2))
        assert (cold.output, cold.code) == (warm.output, warm.code)
        assert not warm.evaluated, command


def test_a_warm_option_imports_little(home: Path, shelf: Shelf) -> None:
    options(home, "programs.git.enable")
    command = [sys.executable, "-X", "importtime", "-m", "hmeval", "options", "programs.git.enable"]
    done = subprocess.run([*command, "--file", home, "--offline"], capture_output=True, text=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert imported >= {"hmeval.loading", "hmeval.cache.entries"}
    slow = {
        "msgpack",
        "rich",
        "sqlite3",
        "pathlib",
        "dataclasses",
        "json",
        "hashlib",
        "subprocess",
        "shutil",
        "_cffi_backend",
    }
    assert imported & slow == set()


@pytest.fixture
def untraced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluators in this process tell nothing of what they read."""
    whole = hmeval.Evaluator.inputs
    monkeypatch.setattr(hmeval.Evaluator, "inputs", lambda evaluator: (whole(evaluator)[0], None))


@pytest.mark.usefixtures("untraced")
def test_of_a_file_nothing_is_kept_where_nothing_is_traced(shelf: Shelf) -> None:
    with hmeval.load(file=EXAMPLE / "home.nix", offline=True, evaluator=hmeval.Evaluator()) as configuration:
        assert configuration.option("home.username").value == {"json": "alice"}
    assert list(shelf.entries()) == []


@pytest.mark.usefixtures("untraced")
def test_of_a_flake_whole_folders_count_where_nothing_is_traced(flake: Path, shelf: Shelf) -> None:
    def kept() -> list[bool]:
        return [described.changed is None for described in contents()]

    reference = f"path:{flake}#alice"
    with hmeval.load(flake=reference, offline=True, evaluator=hmeval.Evaluator()) as configuration:
        assert configuration.option("home.username").value == {"json": "alice"}
    assert kept() == [True]
    (flake / "unrelated").write_text("x")
    assert kept() == [False]


def test_no_cache_keeps_nothing_and_refresh_evaluates(home: Path, shelf: Shelf) -> None:
    assert options(home, "home.username", "--no-cache").evaluated
    assert not Path(shelf.folder).exists()
    options(home, "home.username")
    before = {path: found.st_ino for path, found in shelf.entries()}
    assert options(home, "home.username", "--refresh").evaluated
    assert {path: found.st_ino for path, found in shelf.entries()}.keys() == before.keys()
    assert {path: found.st_ino for path, found in shelf.entries()} != before
    assert not options(home, "home.username").evaluated


def test_no_cache_and_refresh_exclude_each_other(home: Path, shelf: Shelf) -> None:
    assert options(home, "--no-cache", "--refresh").code == 2


# -- no answer is an old one ------------------------------------------------------------------------------------------


def edit(file: Path, old: str, new: str) -> None:
    """Replace a text in a file."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_changed_configuration_is_evaluated(home: Path, shelf: Shelf) -> None:
    before = options(home, "home.username")
    edit(home, '"alice"', '"carol"')
    settle()
    after = options(home, "home.username")
    assert "carol" not in before.output
    assert "carol" in after.output
    assert after.evaluated
    edit(home, '"carol"', '"alice"')
    settle()
    assert options(home, "home.username").output == before.output


def test_a_changed_import_is_evaluated(home: Path, shelf: Shelf) -> None:
    before = options(home, "programs.git.enable")
    edit(home.parent / "git.nix", "enable = true", "enable = false")
    assert options(home, "programs.git.enable").output != before.output


def test_a_file_that_is_created_later_in_the_same_second(home: Path, shelf: Shelf) -> None:
    home.write_text(
        '{ home.username = if builtins.pathExists ./secret then builtins.readFile ./secret else "none";'
        ' home.homeDirectory = "/home/x"; home.stateVersion = "25.11"; }'
    )
    settle()
    assert '"none"' in options(home, "home.username").output
    assert not options(home, "home.username").evaluated
    (home.parent / "secret").write_text("carol")
    assert '"carol"' in options(home, "home.username").output


def test_a_file_in_a_nested_folder_that_is_copied(home: Path, shelf: Shelf) -> None:
    (home.parent / "dots/deep").mkdir(parents=True)
    (home.parent / "dots/deep/file").write_text("1")
    expression = ("eval", f'"${{{home.parent}/dots}}"', "--file", home, "--offline")
    settle()
    before = Asked(*expression)
    assert not Asked(*expression).evaluated
    (home.parent / "dots/deep/file").write_text("2")
    assert Asked(*expression).output != before.output
    (home.parent / "dots/deep/more").write_text("")
    settle()
    assert Asked(*expression).output != before.output


def test_the_configuration_and_its_flags_are_in_the_key(home: Path, tmp_path: Path, shelf: Shelf) -> None:
    other = tmp_path / "other.nix"
    shutil.copy(EXAMPLE / "git.nix", tmp_path)
    shutil.copy(EXAMPLE / "shell.nix", tmp_path)
    shutil.copytree(EXAMPLE / "dotfiles", tmp_path / "dotfiles")
    shutil.copy(home, other)
    edit(other, '"alice"', '"dave"')
    nixpkgs = tmp_path / "nixpkgs"
    shutil.copytree(OFFLINE / "nixpkgs", nixpkgs)
    settle()
    assert "dave" not in options(home, "home.username").output
    assert "dave" in options(other, "home.username").output
    assert not options(home, "home.username").evaluated
    assert options(home, "home.username", "--nixpkgs", nixpkgs).evaluated


@pytest.mark.parametrize(
    "variable", ["NIX_PATH=nixpkgs=/nowhere", "NIX_CONFIG=restrict-eval = false", "HOME=/nowhere", "USER=bob"]
)
def test_the_environment_of_nix_is_in_the_key(home: Path, shelf: Shelf, variable: str) -> None:
    name, _, value = variable.partition("=")
    options(home, "home.username")
    assert not options(home, "home.username").evaluated
    assert options(home, "home.username", **{name: value}).evaluated
    assert not options(home, "home.username", **{name: value}).evaluated


def test_nix_conf_is_an_input(home: Path, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = tmp_path / "conf"
    shutil.copytree(os.environ["NIX_CONF_DIR"], conf)
    monkeypatch.setenv("NIX_CONF_DIR", str(conf))
    settle()
    options(home, "home.username")
    assert not options(home, "home.username").evaluated
    with (conf / "nix.conf").open("a") as file:
        file.write("\n# another setting\n")
    assert options(home, "home.username").evaluated


def test_what_nix_path_leads_to(home: Path, shelf: Shelf, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        shutil.copytree(OFFLINE / "nixpkgs", folder)
    link = tmp_path / "nixpkgs"
    link.symlink_to(one)
    edit(two / "default.nix", "{", '{ changed ? "for the test", ')
    settle()
    arguments = ("options", "home.username", "--file", home, "--home-manager", OFFLINE / "home-manager")
    environment = {"NIX_PATH": f"nixpkgs={link}"}
    Asked(*arguments, **environment)
    assert not Asked(*arguments, **environment).evaluated
    link.unlink()
    link.symlink_to(two)
    assert Asked(*arguments, **environment).evaluated


def test_unrelated_changes_are_not_evaluated(home: Path, shelf: Shelf, tmp_path: Path) -> None:
    options(home, "home.username")
    if TRACES:
        home.touch()
    (tmp_path / "beside").write_text("x")
    if TRACES:
        (home.parent / "more.nix").write_text("x")
    assert not options(home, "home.username").evaluated


# -- flakes -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def flake(tmp_path: Path) -> Path:
    """A flake, and beside it an input of it."""
    folder = tmp_path / "flake"
    shutil.copytree(EXAMPLE, folder)
    settle()
    return folder


def in_git(folder: Path) -> None:
    """Make a folder a Git work tree with a commit."""
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", "-C", folder, "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True)
    settle()


@pytest.mark.parametrize("kind", ["path", "git"])
def test_a_file_of_a_flake(flake: Path, shelf: Shelf, kind: str) -> None:
    if kind == "git":
        in_git(flake)
    arguments = (
        "options",
        "home.username",
        "--flake",
        f"{'path:' if kind == 'path' else ''}{flake}#alice",
        "--offline",
    )
    before = Asked(*arguments)
    assert before.code == 0, before.told
    assert not Asked(*arguments).evaluated
    edit(flake / "home.nix", '"alice"', '"carol"')
    after = Asked(*arguments)
    assert "carol" in after.output
    settle()
    edit(flake / "home.nix", '"carol"', '"erica"')
    assert "erica" in Asked(*arguments).output


def test_a_flake_that_is_found(flake: Path, shelf: Shelf) -> None:
    arguments = ("options", "home.username", "--offline")
    first = Asked(*arguments, cwd=flake)
    assert "alice" in first.output
    again = Asked(*arguments, cwd=flake)
    assert (again.output, again.evaluated) == (first.output, False)
    assert not Asked(*arguments, cwd=flake).told
    edit(flake / "home.nix", 'username = "alice"', 'username = "bertha"')
    assert "bertha" in Asked(*arguments, cwd=flake).output
    settle()
    Asked(*arguments, cwd=flake)
    assert not Asked(*arguments, cwd=flake).evaluated
    in_git(flake.parent)
    assert Asked(*arguments, cwd=flake).evaluated


def test_git_metadata_of_a_flake(flake: Path, shelf: Shelf) -> None:
    in_git(flake)
    arguments = ("options", "home.username", "--flake", f"{flake}#alice", "--offline")
    Asked(*arguments)
    subprocess.run(["git", "-C", flake, "branch", "other"], check=True)
    subprocess.run(["git", "-C", flake, "update-index", "--force-write-index"], check=True)
    if OVER_2_8:
        (flake / "untracked").write_text("x")
    assert not Asked(*arguments).evaluated


def test_a_path_that_replaces_an_input(flake: Path, shelf: Shelf, tmp_path: Path) -> None:
    stand_in = tmp_path / "home-manager"
    shutil.copytree(OFFLINE / "home-manager", stand_in)
    settle()
    target = ("--flake", f"path:{flake}#alice", "--offline", "--override-input", "home-manager", str(stand_in))
    arguments = ("options", "home.username", *target)
    before = Asked(*arguments)
    assert before.code == 0, before.told
    assert not Asked(*arguments).evaluated
    with (stand_in / "modules/identity.nix").open("a") as file:
        file.write("\n# changed\n")
    assert Asked(*arguments).evaluated


def test_two_flakes_in_folders_of_one_work_tree(tmp_path: Path, shelf: Shelf) -> None:
    for name in ("one", "two"):
        shutil.copytree(EXAMPLE, tmp_path / "tree" / name)
    edit(tmp_path / "tree/two/home.nix", '"alice"', '"dave"')
    in_git(tmp_path / "tree")
    shown = [
        Asked("options", "home.username", "--flake", f"{tmp_path}/tree/{name}#alice", "--offline")
        for name in ("one", "two")
    ]
    assert [asked.code for asked in shown] == [0, 0], shown[0].told
    assert ["dave" in asked.output for asked in shown] == [False, True]


def test_the_lock_file_of_a_flake(flake: Path, shelf: Shelf) -> None:
    arguments = ("options", "home.username", "--flake", f"path:{flake}#alice", "--offline")
    Asked(*arguments)
    (flake / "flake.lock").write_text('{ "nodes": { "root": { } }, "root": "root", "version": 7 }')
    assert Asked(*arguments).evaluated


def test_a_store_path_that_was_collected(
    flake: Path, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIX_STORE_DIR", str(tmp_path / "store"))
    monkeypatch.setenv("NIX_STATE_DIR", str(tmp_path / "var"))
    arguments = ("options", "home.username", "--flake", f"path:{flake}#alice", "--offline")
    before = Asked(*arguments)
    assert not Asked(*arguments).evaluated
    for folder in ("store", "var"):
        for path, _, _ in os.walk(tmp_path / folder):
            Path(path).chmod(0o700)
        shutil.rmtree(tmp_path / folder)
    after = Asked(*arguments)
    assert after.evaluated
    assert after.output == before.output


# -- failures, and what is never kept ---------------------------------------------------------------------------------


def test_a_failure_is_told_again_with_its_message(home: Path, shelf: Shelf) -> None:
    edit(home, "home", 'home.nothing = throw "the reason"; home')
    settle()
    one, two = options(home, "home.username"), options(home, "home.username")
    assert one.code == two.code == 1
    assert one.told == two.told
    assert any("nothing" in line for line in two.told)


@pytest.mark.skipif(not TRACES, reason="this engine does not tell what it reads")
def test_the_time_is_not_kept_and_the_user_is_told(home: Path, shelf: Shelf) -> None:
    home.write_text(
        '{ home.username = "u${toString builtins.currentTime}"; home.homeDirectory = "/x"; '
        'home.stateVersion = "25.11"; }'
    )
    settle()
    one = options(home, "home.username")
    assert any("currentTime" in line and "not kept" in line for line in one.told)
    assert options(home, "home.username").evaluated
    assert not options(home, "home.username", "--no-cache").told


def test_what_a_file_fetches_without_a_hash_is_not_kept_and_the_user_is_told(home: Path, shelf: Shelf) -> None:
    (home.parent / "name").write_text("dora")
    edit(home, 'username = "alice"', 'username = builtins.readFile (builtins.fetchurl "file://${toString ./name}")')
    settle()
    one = options(home, "home.username")
    assert "dora" in one.output
    assert any("fetch" in line and "not kept" in line for line in one.told)
    assert options(home, "home.username").evaluated


def test_what_a_file_fetches_by_its_hash_is_kept(home: Path, shelf: Shelf) -> None:
    (home.parent / "name").write_text("dora")
    digest = hashlib.sha256(b"dora").hexdigest()
    fetched = f'builtins.fetchurl {{ url = "file://${{toString ./name}}"; sha256 = "{digest}"; }}'
    edit(home, 'username = "alice"', f"username = builtins.readFile ({fetched})")
    settle()
    for _ in range(2):  # what is not in the store yet may be fetched by an engine that does not tell by which hash
        assert "dora" in options(home, "home.username").output
    assert not options(home, "home.username").evaluated


def test_recursion_without_an_end_is_not_kept(home: Path, shelf: Shelf) -> None:
    expression = "let f = x: 1 + f x; in f 1"
    home.write_text(
        f'{{ home.username = toString ({expression}); home.homeDirectory = "/"; home.stateVersion = "25.11"; }}'
    )
    settle()
    options(home, "home.username")
    kept = [name for path, _ in shelf.entries() for name, _ in Entry(path)]
    assert kept == ["\0sound"]


# -- faults -----------------------------------------------------------------------------------------------------------


def log(shelf: Shelf) -> list[str]:
    """The lines of the log."""
    file = Path(shelf.folder, "log")
    return file.read_text().splitlines() if file.exists() else []


@pytest.mark.parametrize("fault", ["truncated", "flipped", "empty", "garbage", "folder", "link", "future"])
def test_a_damaged_entry_is_evaluated_anew(home: Path, shelf: Shelf, fault: str) -> None:
    before = options(home, "home.username")
    for path, _ in list(shelf.entries()):
        damage(Path(path), fault)
    after = options(home, "home.username")
    assert after.output == before.output
    assert after.evaluated
    assert not after.told
    assert len(log(shelf)) == 1
    if fault != "folder":
        assert not options(home, "home.username").evaluated


def damage(path: Path, fault: str) -> None:
    """Make an entry something else."""
    content = path.read_bytes()
    if fault in ("folder", "link"):
        path.unlink()
        path.mkdir() if fault == "folder" else path.symlink_to("/etc/passwd")
        return
    path.write_bytes(
        {
            "truncated": content[: len(content) // 2],
            "flipped": content[:-9] + bytes([content[-9] ^ 4]) + content[-8:],
            "empty": b"",
            "garbage": os.urandom(1000),
            "future": content[:13] + b"\x63" + content[14:],
        }[fault]
    )


def test_a_cache_that_cannot_be_written(home: Path, shelf: Shelf) -> None:
    expected = options(home, "home.username", "--no-cache")
    Path(shelf.folder).parent.parent.mkdir(parents=True, exist_ok=True)
    Path(shelf.folder).parent.write_text("a file where the folder would be")
    found = options(home, "home.username")
    assert (found.output, found.code, found.told) == (expected.output, 0, [])


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache on a file system of 16 KiB, which no entry fits on."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root can mount a small file system")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_file_system(home: Path, small: Path) -> None:
    expected = options(home, "--format", "json", "--no-cache")
    found = options(home, "--format", "json")
    assert (found.output, found.code, found.told) == (expected.output, 0, [])
    assert not list(small.glob("hmeval/evaluations/*.entry"))
    assert not list(small.glob("hmeval/evaluations/*.tmp"))
    assert len(log(Shelf(str(small / "hmeval/evaluations")))) == 1


def test_a_file_system_that_cannot_be_written(home: Path, small: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=16m", small], check=True)
    options(home, "home.username")
    subprocess.run(["mount", "-o", "remount,ro", small], check=True)
    warm, cold = options(home, "home.username"), options(home, "home.homeDirectory")
    assert not warm.evaluated
    assert cold.evaluated
    assert cold.code == 0
    assert not cold.told


def test_sixteen_cold_processes_at_once(home: Path, shelf: Shelf) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "hmeval", "options", "--file", str(home), "--offline"]
    arguments = [["--format", "options-json"], ["home.username"], ["programs.git"], ["--set"]]
    pipe = subprocess.PIPE
    begun = [subprocess.Popen([*command, *arguments[n % 4]], stdout=pipe, stderr=pipe, text=True) for n in range(16)]
    ended = [process.communicate() for process in begun]
    for number, (output, told) in enumerate(ended):
        assert output == options(home, *arguments[number % 4], "--no-cache").output
        assert not [line for line in told.splitlines() if not line.startswith(("import time:", "trace: "))]
    evaluated = [any("hmeval.evaluation" in line for line in told.splitlines()) for _, told in ended]
    assert 4 <= sum(evaluated) < 16  # who wants the same waits for it
    assert not log(shelf)
    assert not options(home, "programs.git").evaluated


def test_the_library_uses_what_the_command_keeps(home: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    options(home, "--format", "options-json")
    options(home, "home.username")
    with monkeypatch.context() as without, hmeval.load(file=home, offline=True) as configuration:
        without.setattr("hmeval.configuration.open_configuration", None)
        assert configuration.option("home.username").value == {"json": "alice"}
        assert configuration.options["programs.git.enable"].type == "boolean"
        assert "programs.git.enable" in configuration.options
        assert len(configuration.options) == len(list(configuration.options)) == len(configuration.options.values())
        assert next(iter(configuration.options.search("programs.git.enable"))) == "programs.git.enable"
        assert configuration.describe()["file"] == str(home)
        stored = configuration.options
    with hmeval.load(file=home, offline=True, cache="off") as configuration:
        evaluated = configuration.options
    assert dict(stored) == dict(evaluated)
    assert list(stored.under("programs.git")) == list(evaluated.under("programs.git"))
    assert list(stored.under([])) == list(evaluated)
    assert list(stored.listed()) == list(evaluated.listed())
    assert stored.at(["home", "username"]) == evaluated.at(["home", "username"])
    with pytest.raises(KeyError):
        stored["\0names"]
    for text in ("git", "zsh history", "gti", "", "nothing at all of it"):
        assert list(stored.search(text)) == list(evaluated.search(text))


def test_the_last_known_options_are_there_after_a_change(home: Path, shelf: Shelf) -> None:
    options(home, "--format", "options-json")
    edit(home, '"alice"', "throw")
    with hmeval.load(file=home, offline=True) as configuration:
        known = configuration.last_known_options()
        assert known is not None
        assert "programs.git.enable" in known


def test_the_cache_is_shown_checked_and_cleared(home: Path, shelf: Shelf) -> None:
    options(home, "home.username")
    shown = Asked("cache", "info")
    assert f"{home}  holds" in shown.output
    home.write_text("{}")
    assert "has changed" in Asked("cache", "info").output
    assert Asked("cache", "verify").code == 0
    path = next(path for path, _ in shelf.entries())
    damage(Path(path), "flipped")
    checked = Asked("cache", "verify")
    assert checked.code == 1
    assert path in "\n".join(checked.told)
    assert Asked("cache", "clear").output == "removed 1 entries\n"
    assert not list(shelf.entries())
