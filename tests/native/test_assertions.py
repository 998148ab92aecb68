"""What Nix asserts, although an expression can say the opposite: an error, or the end of a worker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import hmeval
from hmeval import EvaluationError, Evaluator, Worker
from tests.cache.asked import in_git
from tests.native.programs import nix_version

OVER_2_8 = hmeval.engine()["interface"] == "compat"
SEEN = [(2, 8), (2, 34), (2, 35)]
"""The versions with which it is known what ends the process."""


class Case(NamedTuple):
    """An expression, with `{here}` for a folder, and the versions of Nix in which it ends the process."""

    expression: str
    ends: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())


ALL_WITH_C_API = ((2, 24), (3,))
LOCK = '(builtins.getFlake "path:{here}/%s").outputs'

CASES = {
    "a context of nothing": Case('builtins.appendContext "a" { ${""} = { }; }', ((2, 24), (2, 35))),
    "a store path of nothing": Case('builtins.storePath ""'),
    "a file that is no tree": Case('builtins.fetchTree { type = "file"; url = "file:///nothing/is/here"; }'),
    "a type that is not known": Case('builtins.fetchTree { type = "x"; }'),
    "a branch and a revision": Case(
        'builtins.fetchTree { type = "github"; owner = "a"; repo = "b"; ref = "c"; '
        'rev = "0123456789abcdef0123456789abcdef01234567"; }'
    ),
    "half of what a changed work tree is": Case(
        'builtins.fetchTree { type = "git"; url = "file://{here}/tree"; dirtyRev = "x"; }', ALL_WITH_C_API
    ),
    "a lock of an unknown type": Case(LOCK % "unknown", ((2, 34), (2, 35))),
    "a lock that says it is final": Case(LOCK % "final", ALL_WITH_C_API),
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Git work tree, and flakes with odd lock files."""
    folder = tmp_path_factory.mktemp("assertions").resolve()
    locks: dict[str, Any] = {"unknown": {"type": "x"}, "final": {"type": "path", "path": "./x", "__final": True}}
    for name, locked in locks.items():
        (folder / name).mkdir()
        (folder / name / "flake.nix").write_text("{ outputs = _: { }; }")
        node = {"locked": locked, "original": {"type": "path", "path": "./x"}}
        lock = {"version": 7, "root": "root", "nodes": {"root": {"inputs": {"a": "a"}}, "a": node}}
        (folder / name / "flake.lock").write_text(json.dumps(lock))
    (folder / "tree").mkdir()
    (folder / "tree/file").write_text("x")
    in_git(folder / "tree")
    return folder


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker() as worker:
        yield worker


@pytest.mark.parametrize("case", CASES.values(), ids=[*CASES])
def test_a_worker_contains_it(worker: Worker, here: Path, case: Case) -> None:
    """An error of Nix's own, where no version is known in which the process ends."""
    first, after = case.ends
    with pytest.raises(EvaluationError) as failure:
        worker.eval(case.expression.replace("{here}", str(here))).to_python()
    if nix_version() in SEEN:
        assert ("was killed by" in failure.value.message) == (first <= nix_version() < after)
    assert worker.eval("1").to_python() == 1


@pytest.mark.skipif(not OVER_2_8, reason="what ends the process by way of the C API is not stopped there")
@pytest.mark.parametrize("case", CASES.values(), ids=[*CASES])
def test_it_is_an_error_in_the_process(here: Path, case: Case) -> None:
    with Evaluator() as evaluator:
        with pytest.raises(EvaluationError):
            evaluator.eval(case.expression.replace("{here}", str(here))).to_python()
        assert evaluator.eval("1").to_python() == 1
