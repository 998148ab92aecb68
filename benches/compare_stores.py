"""An immutable SQLite file beside hmeval's own entry, with the options of one configuration: which one answers sooner.

    python -m benches.compare_stores ENTRY      (a file options-*.entry of the cache)

Each question is asked in a process of its own; the time is that from before the reader is imported until the answer is
there. Both files are checked as a whole. ARCHITECTURE.md has the figures, and what was decided by them.
"""

from __future__ import annotations

import marshal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from hmeval.cache.entries import Entry
from hmeval.cache.tree import StoredTree

RUNS = 25
QUESTIONS = ("one option", "a subtree", "a search", "the whole list")

OWN = """
from hmeval.cache.entries import Entry
from hmeval.cache.tree import StoredTree
tree = StoredTree(Entry(path))
answer = {
    "one option": lambda: tree["programs.git.enable"].record,
    "a subtree": lambda: list(tree.under("programs.git").values()),
    "a search": lambda: list(tree.search("zsh history").values()),
    "the whole list": lambda: list(tree.records()),
}[question]()
"""
# SQLite's file has no checksums, so it is read once as the entry is. Its own search over words ranks in another way and
# knows no typing errors, so hmeval's own ranking is applied to both.
SQLITE = """
import marshal, mmap, sqlite3, zlib
from hmeval.options.model import Option
with open(path, "rb") as file:
    zlib.crc32(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
database = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
def records(where, *arguments):
    rows = database.execute(f"select record from option {where}", arguments)
    return [marshal.loads(row[0]) for row in rows]
def search(text):
    rows = database.execute("select name, description, depth from option order by place")
    candidates = [Option({"name": name, "description": text, "loc": (name,) * depth}) for name, text, depth in rows]
    best = hmeval.options.query.search(candidates, text)
    return [records("where name = ?", option.name)[0] for option in best]
answer = {
    "one option": lambda: records("where name = ?", "programs.git.enable"),
    "a subtree": lambda: records("where name > ?1 || '.' and name < ?1 || '/'", "programs.git"),
    "a search": lambda: search("zsh history"),
    "the whole list": lambda: records("order by place"),
}[question]()
"""
# What every answer needs besides, whoever reads it.
TIMED = """
import sys, time
import hmeval.cache, hmeval.folders, hmeval.options.model, hmeval.options.path, hmeval.options.query
path, question = sys.argv[1:]
begin = time.perf_counter()
{}
print(time.perf_counter() - begin)
"""


def write_database(path: Path, tree: StoredTree) -> None:
    """The same options in SQLite, with an index over their names."""
    database = sqlite3.connect(path)
    database.execute(
        "create table option (place integer primary key, name text, depth integer, description text, record blob)"
    )
    for place, (name, option) in enumerate(tree.items()):
        fields = (place, name, len(option.loc), option.description or "", marshal.dumps(option.record))
        database.execute("insert into option values (?, ?, ?, ?, ?)", fields)
    database.execute("create index by_name on option (name)")
    database.commit()
    database.execute("vacuum")
    database.close()


def seconds(code: str, path: Path, question: str) -> float:
    """The least time that an answer takes: the others waited for something else."""
    command = [sys.executable, "-c", TIMED.format(code), str(path), question]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(RUNS)]
    return min(float(run.stdout) for run in runs)


def main() -> None:
    """Write the database, ask both, and print the table."""
    own = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder, "options.sqlite")
        write_database(database, StoredTree(Entry(str(own))))
        print(
            f"{'ms':16}{'entry':>10}{'SQLite':>10}   {own.stat().st_size >> 10} and {database.stat().st_size >> 10} KiB"
        )
        for question in QUESTIONS:
            times = (seconds(OWN, own, question), seconds(SQLITE, database, question))
            print(f"{question:16}" + "".join(f"{time * 1000:10.1f}" for time in times))


if __name__ == "__main__":
    main()
