"""The canary: whether the engine keeps to its policy, found out before any of the user's code is evaluated."""

from __future__ import annotations

import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hmeval.errors import EngineError, EvaluationError
from hmeval.evaluation.policy import Policy
from hmeval.folders import cache_folder
from hmeval.literals import path_literal, string_literal

Evaluate = Callable[[str], Any]

_CONTENT = "canary"


@contextmanager
def bait(policy: Policy) -> Iterator[Path]:
    """A folder outside the policy's roots with something to get at: in it, `root` is to be a root as well.

    Raises EngineError where no such folder can be made.
    """
    folder = Path(tempfile.mkdtemp(prefix="hmeval-", dir=_place_outside(policy)))
    try:
        for name in ("root", "hidden"):
            (folder / name).mkdir()
        (folder / "root/open").write_text(_CONTENT)
        (folder / "root/link").symlink_to("../hidden/secret")
        (folder / "hidden/secret").write_text(f'"{_CONTENT}"\n')
        (folder / "hidden/flake.nix").write_text("{ outputs = { self }: { }; }")
        with tarfile.open(folder / "hidden/secret.tar", "w") as archive:
            archive.add(folder / "hidden/secret", "top/secret")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _place_outside(policy: Policy) -> str:
    for place in (tempfile.gettempdir(), str(cache_folder())):
        real = os.path.realpath(place)
        if not any(os.path.commonpath([real, os.fspath(root)]) == os.fspath(root) for root in policy.roots):
            os.makedirs(place, mode=0o700, exist_ok=True)
            return real
    raise EngineError("the roots hold every folder for temporary files: what is forbidden cannot be tried out")


def check(policy: Policy, folder: Path, evaluate: Evaluate) -> None:
    """Try what the policy forbids, in the folder that `bait` made; `evaluate` gives the value of an expression.

    Raises EngineError where the engine does it.
    """
    for expression, expected in _known_answers(policy, folder):
        if _answer(evaluate, expression) != expected:
            raise _not_kept(expression)
    for expression in _forbidden(policy, folder):
        answer = _answer(evaluate, expression)
        # A copy in the store, which is refused afterwards, was made nevertheless.
        if not isinstance(answer, EvaluationError) or "-source" in answer.message:
            raise _not_kept(expression)
    if not policy.allow_ifd and not _NO_BUILD.search(str(_answer(evaluate, _BUILD))):
        raise _not_kept(_BUILD)


_BUILD = """import (derivation { name = "canary"; system = builtins.currentSystem; builder = "/canary"; })"""

# In Nix 2.8's read-only mode the derivation is not even written (explanations.py says it in these words).
_NO_BUILD = re.compile(r"allow-import-from-derivation|hmeval builds nothing")


def _known_answers(policy: Policy, folder: Path) -> Iterator[tuple[str, Any]]:
    yield "builtins ? exec || builtins ? importNative", False
    if policy.restricted:
        yield f"builtins.readFile {path_literal(str(folder / 'root/open'))}", _CONTENT
        yield f"builtins.pathExists {path_literal(str(folder / 'hidden/secret'))}", False
        yield 'builtins.getEnv "PATH"', ""


def _forbidden(policy: Policy, folder: Path) -> Iterator[str]:
    if not policy.restricted:
        return
    hidden = str(folder / "hidden")
    yield f"builtins.readDir {path_literal(hidden)}"
    yield f"builtins.path {{ path = {path_literal(hidden)}; }}"
    yield f'builtins.fetchTree {{ type = "path"; path = {string_literal(hidden)}; }}'
    yield f"builtins.getFlake {string_literal(f'path:{hidden}')}"
    yield f'builtins.findFile [ {{ prefix = ""; path = {_url(folder / "hidden/secret.tar")}; }} ] "secret"'
    for secret in (folder / "hidden/secret", folder / "root/link"):
        yield f"builtins.readFile {path_literal(str(secret))}"
        yield f"import {path_literal(str(secret))}"
        yield f"builtins.fetchurl {_url(secret)}"
        yield f'builtins.fetchTree {{ type = "file"; url = {_url(secret)}; }}'


def _url(file: Path) -> str:
    return string_literal(f"file://{file}")


def _answer(evaluate: Evaluate, expression: str) -> Any:
    try:
        return evaluate(expression)
    except EvaluationError as error:
        return error


def _not_kept(expression: str) -> EngineError:
    return EngineError(
        f"this Nix does not keep to the policy, so nothing is evaluated: it does not refuse {expression}"
    )
