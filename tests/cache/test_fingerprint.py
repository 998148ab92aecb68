"""Fingerprints: whatever changes an evaluation's result makes its fingerprint change; what cannot, leaves it."""

from __future__ import annotations

import marshal
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import hmeval
from hmeval.cache import facts, fingerprint, observation
from hmeval.cache.fingerprint import Fingerprint, signatures
from hmeval.cache.kept import Kept
from hmeval.cache.observation import Observation, Uncacheable
from hmeval.cache.shelf import Shelf

ROOT = Path(__file__).resolve().parents[2]
OVER_2_8 = hmeval.engine()["interface"] == "compat"
Change = Callable[[Path], Any]


def settle() -> None:
    """Let what was written be old enough that a later change shows in its time stamps."""
    time.sleep(0.06)


def fresh_evaluator() -> hmeval.Evaluator | hmeval.Worker:
    """An evaluator that has seen nothing yet. By way of the C API, Nix remembers paths as long as a process lives."""
    return hmeval.Evaluator() if OVER_2_8 else hmeval.Worker()


class Evaluated:
    """The value of an expression in a folder, and the fingerprint of it."""

    def __init__(
        self, expression: str, folder: Path, trees: list[str] | None = None, *, in_this_process: bool = False
    ) -> None:
        seen = Observation()
        with hmeval.Evaluator() if in_this_process else fresh_evaluator() as evaluator:
            self.value = evaluator.eval(expression, base=folder).to_python()
            store = evaluator.eval("builtins.storeDir").to_python()
            self.fingerprint = seen.fingerprint(evaluator.inputs(), ([str(folder)], trees or []), store, {})

    def changed(self) -> str | None:
        """What has changed, of the fingerprint as an entry would hold it."""
        return Fingerprint.of(self.fingerprint.document()).changed()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with files, folders and links; beside it there is another one."""
    folder = tmp_path / "inside"
    (folder / "sub/deep").mkdir(parents=True)
    (folder / "a.nix").write_text("1")
    (folder / "text").write_text("text")
    (folder / "sub/default.nix").write_text("import ./deep/b.nix")
    (folder / "sub/deep/b.nix").write_text("2")
    (folder / "link").symlink_to("a.nix")
    (folder / "folder-link").symlink_to("sub")
    (folder / "dangling").symlink_to("nothing")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_text("outside")
    settle()
    yield folder
    for path, _, _ in os.walk(tmp_path):
        Path(path).chmod(0o700)


def replace_by_link(path: Path) -> None:
    """The same name, for something else."""
    path.unlink()
    path.symlink_to("/dev/null")


def rewrite(name: str, text: str = "77") -> Change:
    return lambda folder: (folder / name).write_text(text)


def same_size_and_time(name: str, text: str) -> Change:
    """Other contents of the same length, with the time stamp of before."""

    def change(folder: Path) -> None:
        before = (folder / name).stat()
        (folder / name).write_text(text)
        os.utime(folder / name, ns=(before.st_atime_ns, before.st_mtime_ns))

    return change


def moved_here(name: str, text: str) -> Change:
    """Another file, as old as the first one and as long, renamed to its name."""

    def change(folder: Path) -> None:
        before = (folder / name).stat()
        (folder / "new").write_text(text)
        os.utime(folder / "new", ns=(before.st_atime_ns, before.st_mtime_ns))
        (folder / "new").rename(folder / name)

    return change


def remove(name: str) -> Change:
    return lambda folder: (folder / name).unlink()


def create(name: str, text: str = "3") -> Change:
    return rewrite(name, text)


def relink(name: str, target: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to(target)

    return change


def becomes_folder(name: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return change


def other_folder(folder: Path) -> None:
    (folder / "other/deep").mkdir(parents=True)
    (folder / "other/deep/b.nix").write_text("5")
    relink("folder-link", "other")(folder)


CHANGES: dict[str, tuple[str, Change]] = {
    "an imported file": ("import ./a.nix", rewrite("a.nix")),
    "an imported file, within the same second": ("import ./a.nix", same_size_and_time("a.nix", "9")),
    "another file renamed to an imported one": ("import ./a.nix", moved_here("a.nix", "9")),
    "a file that an import imports": ("import ./sub", rewrite("sub/deep/b.nix")),
    "a folder's default.nix": ("import ./sub", rewrite("sub/default.nix")),
    "a file that is read": ("builtins.readFile ./text", rewrite("text")),
    "a file that is hashed": ('builtins.hashFile "sha256" ./text', rewrite("text")),
    "a file that becomes a link": ("builtins.readFile ./text", lambda folder: replace_by_link(folder / "text")),
    "what a link leads to": ("import ./link", rewrite("a.nix")),
    "where a link leads to": ("import ./link", relink("link", "sub")),
    "where a folder's link leads to": (
        "import ./folder-link/deep/b.nix",
        other_folder,
    ),
    "a file that was absent": ("builtins.pathExists ./absent", create("absent")),
    "a file that was there": ("builtins.pathExists ./text", remove("text")),
    "an absent file that is read where it is there": (
        "if builtins.pathExists ./absent then builtins.readFile ./absent else 0",
        create("absent"),
    ),
    "a dangling link": ("builtins.pathExists ./dangling", remove("dangling")),
    "a listing, by a new file": ("builtins.readDir ./.", create("more")),
    "a listing, by a removed file": ("builtins.readDir ./.", remove("text")),
    "a listing, by a file that becomes a folder": (
        "builtins.readDir ./.",
        becomes_folder("text"),
    ),
    "the listing of a folder below": ("builtins.readDir ./sub/deep", create("sub/deep/more")),
    "the type of a file": (
        "builtins.readFileType ./text",
        becomes_folder("text"),
    ),
    "a file that is copied to the store": ('"${./text}"', rewrite("text")),
    "whether a copied file is executable": (
        '"${builtins.path { path = ./text; }}"',
        lambda folder: (folder / "text").chmod(0o755),
    ),
    "a file in a copied folder": ('"${./sub}"', rewrite("sub/deep/b.nix")),
    "a new file in a copied folder": ('"${./sub}"', create("sub/deep/more")),
    "a new folder in a copied folder": ('"${./sub}"', lambda folder: (folder / "sub/more").mkdir()),
    "a link in a copied folder": (
        '"${./.}"',
        relink("dangling", "other"),
    ),
    "a file that a filter lets through": (
        '"${builtins.filterSource (path: type: baseNameOf path != "a.nix") ./.}"',
        rewrite("text"),
    ),
    "a file of a copied folder that is read": ('builtins.readFile "${./.}/text"', rewrite("text")),
    "a file of a copied folder that is imported": ('import "${./.}/sub"', rewrite("sub/deep/b.nix")),
    "a new file in a copied folder that is listed": ('builtins.readDir "${./sub}"', create("sub/more")),
    "whether a file is in a copied folder": ('builtins.pathExists "${./sub}/more"', create("sub/more")),
    "a file that a filter lets through and that is read": (
        'builtins.readFile "${builtins.filterSource (path: type: baseNameOf path != "a.nix") ./.}/text"',
        rewrite("text"),
    ),
    "a flat copy": ('"${builtins.path { path = ./text; recursive = false; }}"', rewrite("text")),
    "a folder fetched as a path": (
        '(builtins.fetchTree { type = "path"; path = toString ./sub; }).narHash',
        rewrite("sub/deep/b.nix"),
    ),
    "the newest time stamp of a folder fetched as a path": (
        '(builtins.fetchTree { type = "path"; path = toString ./sub; }).lastModified',
        lambda folder: os.utime(folder / "sub/deep/b.nix", (2**31, 2**31)),
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_changes_the_result_changes_the_fingerprint(case: str, folder: Path) -> None:
    expression, change = CHANGES[case]
    before = Evaluated(expression, folder)
    assert before.changed() is None
    change(folder)
    try:
        after = Evaluated(expression, folder).value
    except (hmeval.EvaluationError, Uncacheable) as error:
        after = error
    assert after != before.value, "the case changes nothing"
    assert before.changed() is not None


def touch(name: str) -> Change:
    return lambda folder: os.utime(folder / name)


UNRELATED: dict[str, tuple[str, Change]] = {
    "a time stamp": ("import ./a.nix", touch("a.nix")),
    "a time stamp of what is copied": ('"${./sub}"', touch("sub/deep/b.nix")),
    "another file": ("import ./a.nix", rewrite("text")),
    "a new file": ("import ./a.nix", create("more")),
    "another folder": ('"${./sub}"', lambda folder: (folder.parent / "outside/file").write_text("x")),
    "a file in a folder whose names are read": ("builtins.readDir ./.", rewrite("text")),
    "the contents of a file that is there": ("builtins.pathExists ./text", rewrite("text")),
    "the contents of a folder that is there": ("builtins.pathExists ./sub", create("sub/more")),
    "a file that a filter keeps back": (
        '"${builtins.filterSource (path: type: baseNameOf path != "text") ./.}"',
        rewrite("text"),
    ),
    "the same contents, written again": ("import ./a.nix", rewrite("a.nix", "1")),
    "the same file from a copy": ("import ./a.nix", moved_here("a.nix", "1")),
}


@pytest.mark.parametrize("case", UNRELATED)
def test_what_cannot_change_the_result_leaves_the_fingerprint(case: str, folder: Path) -> None:
    expression, change = UNRELATED[case]
    before = Evaluated(expression, folder)
    change(folder)
    settle()
    assert Evaluated(expression, folder).value == before.value
    assert before.changed() is None


def test_environment_variables_that_were_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HMEVAL_TEST_ONE", "1")
    expression = 'map builtins.getEnv [ "HMEVAL_TEST_ONE" "HMEVAL_TEST_TWO" ]'
    before = Evaluated(expression, folder)
    assert before.value == ["1", ""]
    monkeypatch.setenv("HMEVAL_TEST_THREE", "3")
    assert before.changed() is None
    monkeypatch.setenv("HMEVAL_TEST_ONE", "2")
    assert "HMEVAL_TEST_ONE" in str(before.changed())
    monkeypatch.setenv("HMEVAL_TEST_ONE", "1")
    monkeypatch.setenv("HMEVAL_TEST_TWO", "")  # set and empty is another environment than not set
    assert "HMEVAL_TEST_TWO" in str(before.changed())


@pytest.fixture
def repository(folder: Path) -> Path:
    """The folder as a Git repository, with a file in it that knows the time."""
    (folder / "time.nix").write_text("{ now = builtins.currentTime; other = 1; }")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "x")
    settle()
    return folder


@pytest.mark.parametrize(
    "expression",
    [
        "builtins.currentTime",
        "__currentTime",
        'builtins.${"current" + "Time"}',
        "(import ./time.nix).now",
        "builtins.length (builtins.filter builtins.isInt (builtins.attrValues builtins))",
        "[ builtins.currentTime builtins.currentTime ]",
    ],
)
def test_what_asks_for_the_time_is_not_kept(expression: str, repository: Path) -> None:
    with pytest.raises(Uncacheable, match="currentTime") as refused:
        Evaluated(expression, repository)
    assert refused.value.lasts
    assert Evaluated("(import ./time.nix).other", repository).changed() is None


def test_the_time_is_that_of_the_clock() -> None:
    before = int(time.time())
    with fresh_evaluator() as evaluator:
        first, again = evaluator.eval("[ builtins.currentTime __currentTime ]").to_python()
    assert before <= first == again <= time.time()


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ('builtins.readFile (builtins.fetchurl "file://${toString ./text}")', "no hash"),
        ('(builtins.fetchTree { type = "git"; url = "file://${toString ./.}"; ref = "main"; }).rev', "not locked"),
        ('(builtins.fetchGit { url = ./.; rev = "@rev@"; }).lastModified', None),
        ("(builtins.fetchGit ./.).rev", None),
    ],
)
def test_what_may_differ_the_next_time_is_not_kept(expression: str, reason: str | None, repository: Path) -> None:
    revision = subprocess.run(["git", "-C", repository, "rev-parse", "HEAD"], capture_output=True, text=True)
    with fresh_evaluator() as evaluator:
        evaluator.eval(expression.replace("@rev@", revision.stdout.strip()), base=repository).to_python()
        _, traced = evaluator.inputs()
    told = [name for kind, name, *_ in traced or () if kind in ("uncacheable", "incomplete")]
    if OVER_2_8:
        assert [reason in one for one in told] == [True] if reason else told == []
    else:
        assert observation.what_is_missing(traced) in told


def git(folder: Path, *arguments: str) -> None:
    """Run Git as somebody."""
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "-C", folder, *who, *arguments], check=True, stdout=subprocess.DEVNULL)


TREE = '(builtins.fetchTree { type = "git"; url = "file://${toString ./.}"; })'


def commit(folder: Path) -> None:
    (folder / "text").write_text("new")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "y")


def empty_commit(folder: Path) -> None:
    git(folder, "commit", "-q", "--allow-empty", "-m", "y")


def add(folder: Path) -> None:
    (folder / "untracked").write_text("now known")
    git(folder, "add", "untracked")


IN_GIT: dict[str, tuple[str, Change]] = {
    "a tracked file": ("narHash", rewrite("text")),
    "a tracked file that is removed": ("narHash", remove("text")),
    "a file that Git gets to know": ("narHash", add),
    "a commit": ("rev", commit),
    "an empty commit": ("rev", empty_commit),
}


@pytest.mark.parametrize("dirty", [False, True], ids=["clean", "dirty"])
@pytest.mark.parametrize("case", IN_GIT)
def test_a_git_work_tree(case: str, dirty: bool, folder: Path) -> None:
    attribute, change = IN_GIT[case]
    expression = f"{TREE}.{attribute} or null" if not dirty else f"{{ inherit ({TREE}) narHash lastModified; }}"
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "x", "--date", "2020-01-01")
    if dirty:
        (folder / "a.nix").write_text("4")
    (folder / "untracked").write_text("untracked")
    settle()
    before = Evaluated(expression, folder, [str(folder)])
    assert before.changed() is None
    change(folder)
    if dirty and case == "an empty commit":
        time.sleep(1)
    assert before.changed() is not None
    settle()
    again = Evaluated(expression, folder, [str(folder)])
    assert again.changed() is None


@pytest.mark.skipif(not OVER_2_8, reason="this engine does not tell what it fetches: whole folders count")
def test_what_git_keeps_for_itself_leaves_the_fingerprint(folder: Path) -> None:
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "x")
    settle()
    before = Evaluated(f"{TREE}.narHash", folder)
    (folder / "untracked").write_text("x")
    git(folder, "branch", "other")
    git(folder, "config", "gc.auto", "0")
    git(folder, "update-index", "--force-write-index")
    git(folder, "pack-refs", "--all")
    assert before.changed() is None


def test_a_store_path_that_is_gone(folder: Path) -> None:
    with fresh_evaluator() as evaluator:
        path = evaluator.eval(
            '"${builtins.fetchTree { type = "path"; path = toString ./sub; }}"', base=folder
        ).to_python()
    before = Evaluated(f'builtins.readFile "{path}/deep/b.nix"', folder)
    assert before.changed() is None
    for place, _, _ in os.walk(path):
        Path(place).chmod(0o700)
    shutil.rmtree(path)
    assert before.changed() == path


def test_a_file_that_is_edited_during_the_evaluation(folder: Path) -> None:
    seen = Observation()
    with fresh_evaluator() as evaluator:
        assert evaluator.eval("import ./a.nix", base=folder).to_python() == 1
        same_size_and_time("a.nix", "9")(folder)
        with pytest.raises(Uncacheable, match="was changed") as refused:
            seen.fingerprint(evaluator.inputs(), ([str(folder)], []), "/nix/store", {})
        assert not refused.value.lasts


def test_a_file_that_appears_during_the_evaluation(folder: Path) -> None:
    seen = Observation()
    with fresh_evaluator() as evaluator:
        assert evaluator.eval("builtins.pathExists ./absent", base=folder).to_python() is False
        (folder / "absent").write_text("x")
        with pytest.raises(Uncacheable, match="absent was changed"):
            seen.fingerprint(evaluator.inputs(), ([str(folder)], []), "/nix/store", {})


def test_a_file_that_is_younger_than_the_clock_tells(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint, "_CLOCK", 3600 * 10**9)
    with pytest.raises(Uncacheable, match="just before"):
        Evaluated("import ./a.nix", folder)


def test_a_file_that_is_edited_while_it_is_hashed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = facts.fact

    def slow(kind: str, path: str) -> str:
        seen = original(kind, path)
        if path.endswith("a.nix"):
            Path(path).write_text("1")
        return seen

    monkeypatch.setattr(facts, "fact", slow)
    with pytest.raises(Uncacheable, match=r"was changed|changes right now"):
        Evaluated("import ./a.nix", folder)


def test_evaluators_beside_each_other_keep_their_inputs_apart(folder: Path) -> None:
    with hmeval.Evaluator() as one, hmeval.Evaluator() as two:
        one.eval("import ./a.nix", base=folder)
        two.eval("import ./sub", base=folder)
        read = [contents_read(each, folder) for each in (one, two)]
    assert read == [{"a.nix"}, {"sub/default.nix", "sub/deep/b.nix"}]


def contents_read(evaluator: hmeval.Evaluator, folder: Path) -> set[str]:
    """The files in a folder that an evaluator has read."""
    _, traced = evaluator.inputs()
    paths = {name for kind, name, *_ in traced or () if kind in ("file", "copied")}
    return {path.removeprefix(f"{folder}/") for path in paths if path.startswith(f"{folder}/")}


TWICE_IN_A_PROCESS = """
import sys, time
from pathlib import Path
from tests.cache.test_fingerprint import Evaluated, becomes_folder, Uncacheable
folder = Path(sys.argv[1])
for change in (lambda folder: None, becomes_folder("text")):
    change(folder)
    time.sleep(0.06)
    try:
        print(Evaluated("builtins.readFileType ./text", folder, in_this_process=True).value)
    except Uncacheable as refused:
        print(refused)
"""


def test_what_nix_remembers_from_an_earlier_evaluator(folder: Path) -> None:
    """By way of the C API Nix asks for the type of a path once in a process: what it says may be an old answer."""
    command = [sys.executable, "-c", TWICE_IN_A_PROCESS, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    changed = "directory" if OVER_2_8 else f"{folder}/text was changed during the evaluation"
    assert done.stdout.splitlines() == ["regular", changed], done.stderr


REPLACED_IN_A_PROCESS = """
import sys, time
from pathlib import Path
from tests.cache.test_fingerprint import Evaluated, Uncacheable
folder = Path(sys.argv[1])

def evaluate():
    try:
        evaluated = Evaluated("import ./sub/deep/b.nix", folder, in_this_process=True)
        print(evaluated.value, evaluated.changed())
    except Uncacheable as refused:
        print("refused", refused)

evaluate()
(folder / "sub").rename(folder / "sub before")
(folder / "sub/deep").mkdir(parents=True)
(folder / "sub/deep/b.nix").write_text("3")
time.sleep(0.06)
evaluate()
"""


def test_a_folder_that_another_one_takes_the_place_of(folder: Path) -> None:
    """Since 2.35 Nix reads on in a folder that it has open: what it finds there is not what the path leads to."""
    command = [sys.executable, "-c", REPLACED_IN_A_PROCESS, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    first, second = done.stdout.splitlines()
    assert first == "2 None", done.stderr
    assert second == "3 None" or second.startswith("refused "), done.stderr


def test_a_folder_that_gets_entries_while_only_its_type_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A temporary folder has new entries all the time, and is that folder nevertheless."""
    original = facts.fact

    def fact(kind: str, path: str) -> str:
        (folder.parent / f"entry {time.monotonic_ns()}").touch()
        return original(kind, path)

    monkeypatch.setattr(facts, "fact", fact)
    assert Evaluated("builtins.pathExists ./text", folder).value


def test_more_is_read_than_16_bits_count() -> None:
    """A system in a flake copies all of nixpkgs: 53,221 files, each of them opened and looked at."""
    count = 2**16 + 1
    with fresh_evaluator() as evaluator:
        evaluator.eval(f'builtins.genList (n: builtins.getEnv "HMEVAL_TESTED_${{toString n}}") {count}').to_python()
        _, traced = evaluator.inputs()
    assert sum(kind == "variable" for kind, *_ in traced or ()) >= count


def test_a_path_that_cannot_be_looked_at_is_not_one_that_is_absent(folder: Path) -> None:
    """Nix says another thing of them; here a link leads to itself, which nobody can follow."""
    path = str(folder / "loop/x")

    def fingerprint() -> Fingerprint:
        return Fingerprint([(path, *signatures(path), {"type": facts.fact("type", path)})], {}, [], {})

    absent = fingerprint()
    (folder / "loop").symlink_to("loop")
    not_seen = fingerprint()
    assert (absent.changed(), not_seen.changed()) == (path, None)
    (folder / "loop").unlink()
    assert (absent.changed(), not_seen.changed()) == (None, path)


HOME_OF = """
import os, sys
import hmeval
file, kind, *homes = sys.argv[1:]
evaluator = getattr(hmeval, kind)()
for home in homes:
    os.environ["HOME"] = home
    evaluator.eval("toString ~/x").to_python()
with hmeval.load(file=file, offline=True, evaluator=evaluator) as configuration:
    print(configuration.why("home.homeDirectory").value["json"])
"""


@pytest.mark.parametrize("kind", ["Evaluator", "Worker"])
def test_a_home_folder_that_becomes_another_one(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To Nix `~` is the same folder as long as a process lives."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder.parent / "cache"))
    file = folder / "home.nix"
    file.write_text('{ home.username = "a"; home.homeDirectory = toString ~/x; home.stateVersion = "25.11"; }')
    settle()
    for homes in (["/one", "/two"], ["/one"], ["/two"]):
        command = [sys.executable, "-c", HOME_OF, str(file), kind, *homes]
        environment = os.environ | {"HOME": homes[0]}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        assert done.stdout == f"{homes[0]}/x\n"


def test_nix_configuration_and_hmeval_itself_are_inputs(folder: Path) -> None:
    fingerprint = Evaluated("1", folder).fingerprint
    paths = {path for path, *_ in fingerprint.paths}
    assert str(Path(os.environ["NIX_CONF_DIR"], "nix.conf")) in paths
    assert str(Path(os.environ["XDG_CONFIG_HOME"], "nix/nix.conf")) in paths
    assert {Path(path).name for path in paths} >= {"extract.py", "call-flake.nix"}
    assert any(Path(path).name.startswith("libnixexpr") for path in paths)
    assert any(Path(path).name.startswith("_native") for path in paths)


def test_settings_that_change_while_the_process_runs(folder: Path) -> None:
    """They were read when the engine was started, and not again."""
    settings = Path(os.environ["XDG_CONFIG_HOME"], "nix/nix.conf")
    settings.parent.mkdir(exist_ok=True)
    try:
        settings.write_text("max-jobs = 1")
        settle()
        with pytest.raises(Uncacheable, match="since this process began"):
            Evaluated("1", folder)
    finally:
        settings.unlink()
    assert Evaluated("1", folder).changed() is None


def test_a_renewed_fingerprint_is_that_of_the_time_stamps_of_now(folder: Path) -> None:
    before = Evaluated("import ./a.nix", folder).fingerprint
    os.utime(folder / "a.nix", (1, 1))
    assert before.changed() is None
    assert before.was_read
    assert before.renewed() is None  # too early: another change might leave the time stamps as they are
    time.sleep(3.1)
    (folder.parent / "new").touch()  # in a folder of which only the type counts
    renewed = before.renewed()
    assert renewed is not None
    assert renewed.changed() is None
    assert not renewed.was_read


IMPORTED = """
import sys, marshal
from hmeval.cache.fingerprint import Fingerprint
changed = Fingerprint.of(marshal.loads(sys.stdin.buffer.read())).changed()
print(changed, "hmeval.cache.facts" in sys.modules)
"""


def test_a_folder_of_which_only_the_type_counts_costs_nothing(folder: Path) -> None:
    found = signatures(str(folder))
    fingerprint = Fingerprint([(str(folder), *found, {"type": facts.fact("type", str(folder))})], {}, [], {})
    (folder / "new").touch()
    assert signatures(str(folder)) != found
    given = marshal.dumps(fingerprint.document())
    done = subprocess.run([sys.executable, "-c", IMPORTED], input=given, capture_output=True, cwd=ROOT)
    assert done.stdout == b"None False\n", done.stderr


def test_the_names_of_the_host_that_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getfqdn", lambda: "desk.example.org")
    decided = Fingerprint([], {}, [], {"full": "desk.example.org"})
    undecided = Fingerprint([], {}, [], {})
    assert decided.changed() is None
    monkeypatch.setattr(socket, "getfqdn", lambda: "desk.cafe.example")
    assert Fingerprint.of(decided.document()).changed() == "what this machine is called"
    assert undecided.united(decided).changed() is not None
    assert undecided.changed() is None


def test_fingerprints_of_results_that_are_kept_together(folder: Path) -> None:
    one, two = (Evaluated(expression, folder).fingerprint for expression in ("import ./a.nix", "import ./sub"))
    both = one.united(two)
    assert both.changed() is None
    same_size_and_time("a.nix", "8")(folder)
    assert both.changed() is not None
    same_size_and_time("a.nix", "1")(folder)  # where whole folders count, seconds of time stamps do
    assert both.changed() is None
    (folder / "sub/deep/b.nix").write_text("8")
    assert both.changed() is not None


def test_what_changes_while_more_is_stored_does_not_go_unnoticed(folder: Path, tmp_path: Path) -> None:
    """The fingerprint of what is new has looked at the folder after the change, and knows nothing of its names."""
    names, there = (
        Evaluated(text, folder).fingerprint for text in ("builtins.readDir ./sub", "import ./sub/deep/b.nix")
    )

    def of_new() -> Fingerprint:
        (folder / "sub/new").write_text("x")
        settle()
        changed = Fingerprint.of(there.document())
        changed.paths = [(path, *signatures(path), known) for path, _, _, known in changed.paths]
        changed.paths.append((str(folder / "sub"), *signatures(str(folder / "sub")), {"type": str(stat.S_IFDIR)}))
        return changed

    def kept(fingerprint: Callable[[], Fingerprint]) -> Kept:
        return Kept(Shelf(str(tmp_path / "shelf")), ("target",), fingerprint, dict)

    assert kept(lambda: names).document("part", "names", lambda: "old") == "old"
    assert kept(of_new).document("part", "other", lambda: "other") == "other"
    again = kept(lambda: names)
    assert again.document("part", "names", lambda: "new") == "new"
