"""Entries and the shelf that they are on: what was written is read again, or nothing is."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmeval.cache import entries, shelf
from hmeval.cache.entries import Damaged, Entry, packed, write
from hmeval.cache.shelf import Shelf

TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=12)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
HEAD = {"target": "t", "part": "p"}


def written(folder: Path, documents: dict[str, Any]) -> Path:
    """A file with an entry."""
    path = folder / "one.entry"
    write(str(path), HEAD, documents.items())
    return path


@given(documents=st.dictionaries(TEXTS, DOCUMENTS, max_size=12))
def test_what_was_written_is_read_again(documents: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    entry = Entry(str(written(tmp_path_factory.mktemp("entry"), documents)))
    assert entry.head == HEAD
    assert list(entry) == list(documents.items())
    assert [entry.at(place) for place in range(len(entry))] == list(documents.values())
    for name, document in documents.items():
        assert entry.get(name) == document
    assert entry.get("none of them, since it is too long") is None


def test_of_two_documents_of_one_name_the_first_is_found(tmp_path: Path) -> None:
    path = tmp_path / "one.entry"
    write(str(path), HEAD, [("a", 1), ("b", 2), ("a", 3)])
    assert Entry(str(path)).get("a") == 1
    assert [document for _, document in Entry(str(path))] == [1, 2, 3]


def test_names_with_the_same_hash_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "_hash", len)
    entry = Entry(str(written(tmp_path, {"one": 1, "two": 2, "six": 6})))
    assert [entry.get(name) for name in ("one", "two", "six", "ten")] == [1, 2, 6, None]


WHOLE = b"".join(packed(HEAD, {"programs.git.enable": {"value": True}, "x": "y"}.items()))


def read(folder: Path, content: bytes) -> Any:
    """What an entry of these bytes holds."""
    path = folder / "broken.entry"
    path.write_bytes(content)
    entry = Entry(str(path))
    return entry.head, list(entry)


def test_no_truncated_entry_is_read(tmp_path: Path) -> None:
    for length in range(len(WHOLE)):
        with pytest.raises(Damaged):
            read(tmp_path, WHOLE[:length])
    with pytest.raises(Damaged):
        read(tmp_path, WHOLE + b"\0")


@given(place=st.integers(0, len(WHOLE) - 1), bits=st.integers(1, 255))
def test_no_entry_with_changed_bits_is_read(place: int, bits: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    changed = WHOLE[:place] + bytes([WHOLE[place] ^ bits]) + WHOLE[place + 1 :]
    with pytest.raises(Damaged):
        read(tmp_path_factory.getbasetemp(), changed)


@given(content=st.binary(max_size=200))
def test_nothing_else_is_read(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(Damaged):
        read(tmp_path_factory.getbasetemp(), content)


def test_an_entry_of_a_future_version_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "VERSION", entries.VERSION + 1)
    path = written(tmp_path, {"a": 1})
    monkeypatch.undo()
    with pytest.raises(Damaged, match="version"):
        Entry(str(path))


def test_an_entry_of_another_user_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, {"a": 1})
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    with pytest.raises(Damaged, match="another user"):
        Entry(str(path))


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    path = written(tmp_path, {"a": 1})
    (tmp_path / "link.entry").symlink_to(path)
    assert Shelf(str(tmp_path)).take("link") is None
    assert Shelf(str(tmp_path)).take("one") is not None


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unmarshallable"):
        write(str(tmp_path / "one.entry"), HEAD, [("a", object())])
    assert not list(tmp_path.iterdir())


# -- the shelf --------------------------------------------------------------------------------------------------------


def log(folder: Path) -> list[str]:
    """The lines of the log."""
    file = folder / "log"
    return file.read_text().splitlines() if file.exists() else []


def test_the_folder_is_its_users_own(tmp_path: Path) -> None:
    folder = tmp_path / "deep/cache"
    assert Shelf(str(folder)).put("one", HEAD, [("a", 1)])
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o755)
    assert Shelf(str(folder)).put("one", HEAD, [("a", 1)])
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_damaged_entry_is_none_and_a_line_in_the_log(tmp_path: Path) -> None:
    (tmp_path / "one.entry").write_bytes(b"hmeval entry\n nonsense")
    held = Shelf(str(tmp_path))
    assert held.take("one") is held.take("one") is None
    assert len(log(tmp_path)) == 1
    assert Shelf(str(tmp_path)).take("two") is None  # none there: nothing to tell
    assert len(log(tmp_path)) == 1


def test_a_folder_of_another_user_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    assert not Shelf(str(tmp_path)).put("one", HEAD, [("a", 1)])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("step", ["open", "fsync", "rename", "makedirs"])
def test_a_failing_file_system_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    def fail(*arguments: Any, **named: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, step, fail)
    folder = tmp_path / "cache"
    assert not Shelf(str(folder)).put("one", HEAD, [("a", 1)])
    monkeypatch.undo()
    assert Shelf(str(folder)).take("one") is None
    assert not list(folder.glob("*.tmp")) if folder.exists() else True
    assert len(log(folder)) <= 1


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Shelf(str(tmp_path))
    for number, name in enumerate(("old", "middle", "new")):
        held.put(name, HEAD, [("a", "x" * 1000)])
        os.utime(held.place(name), (number, number))
    assert held.take("old") is not None  # used now
    monkeypatch.setattr(shelf, "LARGEST", 2500)
    held.put("newest", HEAD, [("a", "y" * 1000)])
    assert {Path(path).stem for path, _ in held.entries()} == {"old", "newest"}


def test_what_nobody_finishes_is_removed(tmp_path: Path) -> None:
    for name, age in (("abandoned", 7200), ("begun", 0)):
        file = tmp_path / f"one.entry.{name}.tmp"
        file.touch()
        os.utime(file, (time.time() - age,) * 2)
    Shelf(str(tmp_path)).put("one", HEAD, [("a", 1)])
    assert [file.name for file in tmp_path.glob("*.tmp")] == ["one.entry.begun.tmp"]


def test_a_lock_is_had_by_one_and_ends_with_its_process(tmp_path: Path) -> None:
    held = Shelf(str(tmp_path))
    code = f"from hmeval.cache.shelf import Shelf; import sys, time\nwith Shelf({str(tmp_path)!r}).lock('test', 'a'):\n"
    code += " print('got', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"got\n"
        with held.lock("test", "a", 0) as alone:
            assert not alone
        other.kill()
        with held.lock("test", "a", 30) as alone:
            assert alone


def test_who_evaluates_may_store_whatever_that_is_called(tmp_path: Path) -> None:
    shelf = Shelf(str(tmp_path))
    names = [chr(letter) for letter in range(64)]
    with shelf.lock("evaluate", "part") as evaluates:
        for name in names:
            with shelf.lock("store", name, patience=0) as stores, shelf.lock("bound", patience=0) as bounds:
                assert (evaluates, stores, bounds) == (True, True, True)


# Each step of writing an entry, and of what follows it: the process is killed when it gets there.
STEPS = ("os.makedirs", "os.stat", "os.open", "os.fsync", "os.rename", "os.scandir", "os.unlink", "os.close")


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_writer_that_is_killed_leaves_the_old_entry_or_the_new(tmp_path: Path, step: str, before: bool) -> None:
    folder = tmp_path / "cache"
    held = Shelf(str(folder))
    held.put("one", HEAD, [("a", "old")])
    code = f"""
import os, signal
from hmeval.cache.shelf import Shelf
original = {step}
def die(*arguments, **named):
    if not {before}: original(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)
{step} = die
Shelf({str(folder)!r}).put("one", {HEAD!r}, [("a", "new"), ("b", "x" * 100000)])
"""
    done = subprocess.run([sys.executable, "-c", code])
    assert done.returncode in (0, -signal.SIGKILL)
    entry = held.take("one")
    assert entry is not None
    assert entry.get("a") in ("old", "new")
    assert held.put("one", HEAD, [("a", "newest")])
    entry = held.take("one")
    assert entry is not None
    assert entry.get("a") == "newest"
    assert not log(folder)


def test_verify_and_clear(tmp_path: Path) -> None:
    held = Shelf(str(tmp_path))
    held.put("good", HEAD, [("a", 1)])
    held.put("bad", HEAD, [("a", 1)])
    with Path(held.place("bad")).open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"?")
    assert list(held.verify(lambda entry: None)) == [held.place("bad")]
    assert held.clear() == 2
    assert not list(held.entries())
