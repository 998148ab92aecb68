"""Imports run one way: each part of hmeval names here what it may import, and a module outside the table fails."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "hmeval"

BASIS = {"errors", "folders", "kinds", "literals", "positions"}

# Part: what it may import beside the basis and itself. A part with a dot is a module that differs from its package:
# the options are pure, and only their extraction sees an engine.
ALLOWED: dict[str, set[str]] = {
    "errors": {"positions"},
    "folders": {"errors"},
    "kinds": {"errors"},
    "literals": set(),
    "positions": set(),
    "_native": set(),
    "offline": set(),
    "targets": set(),
    "evaluation": {"evaluation.ffi", "evaluation.policy"},
    "evaluation.ffi": {"_native", "evaluation.policy"},
    "evaluation.policy": set(),
    "flakes": {"evaluation", "source_places", "targets"},
    "unfetched": {"evaluation", "flakes", "targets"},
    "resolution": {"blame", "evaluation", "flakes", "source_places", "targets", "unfetched"},
    "options": set(),
    "options.extract": {"evaluation", "options"},
    "options.instances": {"evaluation", "options", "options.extract"},
    "probe": {"evaluation", "targets"},
    "definitions": {"evaluation", "options", "options.extract", "probe"},
    "every_definition": {"evaluation", "options", "options.extract", "probe"},
    "own_files": {"evaluation", "targets"},
    "culprits": {"evaluation", "options", "probe"},
    "declared": {"blame", "evaluation", "options"},
    "warned": {"definitions", "evaluation", "options"},
    "blame": {
        "culprits",
        "definitions",
        "evaluation",
        "flakes",
        "options",
        "options.extract",
        "own_files",
        "probe",
        "targets",
    },
    "recovery": {"blame", "definitions", "evaluation", "options", "own_files", "probe", "targets"},
    "configuration": {
        "blame",
        "declared",
        "definitions",
        "evaluation",
        "every_definition",
        "flakes",
        "resolution",
        "options",
        "options.extract",
        "options.instances",
        "own_files",
        "plan_inputs",
        "probe",
        "recovery",
        "source_places",
        "targets",
        "warned",
        "unfetched",
    },
    "source_places": {"options"},
    "cache": {"__init__", "options", "targets"},
    "plan": set(),
    "plan_inputs": {"evaluation", "plan", "source_places", "targets"},
    "planning": {"plan"},
    "diffing": {"loading", "options"},
    "loading": {"cache", "configuration", "evaluation", "flakes", "options", "plan", "planning", "render", "targets"},
    "advice": set(),
    "diagnosis": {"advice", "targets"},
    "trust": set(),
    "doctor": {
        "cache",
        "configuration",
        "diagnosis",
        "evaluation",
        "evaluation.ffi",
        "flakes",
        "loading",
        "options",
        "resolution",
        "source_places",
        "targets",
        "trust",
    },
    "render": {"options", "plan"},
    # Its clients may also take hmeval's public names from hmeval itself, as everybody does: `from hmeval import Value`.
    "cli": {
        "__init__",
        "advice",
        "cache",
        "configuration",
        "diffing",
        "doctor",
        "loading",
        "options",
        "plan",
        "render",
        "targets",
    },
    "cli.lsp": {"cli", "lsp"},
    "lsp": {"__init__", "cache", "configuration", "doctor", "loading", "options", "plan", "render", "targets", "trust"},
    "__main__": {"cli", "evaluation"},
    "__init__": {
        "configuration",
        "diffing",
        "evaluation",
        "evaluation.ffi",
        "evaluation.policy",
        "loading",
        "options",
        "plan",
    },
}


def part_of(module: str) -> str | None:
    """The entry of the table for a module, as in options.extract; None where it has none."""
    parts = module.split(".")
    candidates = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((name for name in candidates if name in ALLOWED), None)


def module_of(path: Path) -> str:
    """The module's name below hmeval: options.model, cli for cli/__init__.py."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def absolute(node: ast.ImportFrom, package: str) -> str:
    """The module that `from … import` names, in full."""
    if not node.level:
        return node.module or ""
    above = ["hmeval", *filter(None, package.split("."))]
    return ".".join([*above[: len(above) - node.level + 1], *filter(None, [node.module])])


def imports(tree: ast.AST, package: str) -> Iterator[str]:
    """The modules below hmeval that are imported anywhere in a source, `__init__` for hmeval itself."""
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = absolute(node, package)
            names = [f"{base}.{alias.name}" for alias in node.names]
        for name in names:
            first, _, below = name.partition(".")
            if first == "hmeval":
                yield below if below and part_of(below) else "__init__"


def violations(source: str, module: str, package: str) -> list[str]:
    """The imports of a module that the table does not allow."""
    own = part_of(module)
    assert own, f"hmeval.{module} belongs to no part: put it into the table, and into ARCHITECTURE.md"
    allowed = ALLOWED[own] | (set() if own in BASIS else BASIS | {own})
    return [
        f"hmeval.{module} imports hmeval.{name}"
        for name in imports(ast.parse(source), package)
        if part_of(name) not in allowed
    ]


def test_no_import_runs_against_the_arrow() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        package = ".".join(path.parent.relative_to(PACKAGE).parts)
        found += violations(path.read_text(), module_of(path), package)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("cli.options", "from hmeval.evaluation.evaluator import Evaluator"),
        ("cli.options", "def run():\n    from hmeval import evaluation"),
        ("cli.options", "from .. import evaluation"),
        ("cli.options", "import hmeval.lsp"),
        ("evaluation.value", "from hmeval._native import lib"),
        ("options.model", "from hmeval.evaluation.value import Value"),
        ("options.model", "from hmeval.options.extract import extract"),
        ("plan.files", "from hmeval.options.model import Option"),
        ("errors", "from hmeval.kinds import NixPath"),
        ("targets", "import hmeval"),
    ],
)
def test_the_test_sees_an_import_against_the_arrow(module: str, source: str) -> None:
    assert violations(source, module, module.rpartition(".")[0])


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("cli.options", "from . import target"),
        ("evaluation.ffi", "from hmeval._native import ffi, lib"),
        ("evaluation.value", "from hmeval.evaluation.ffi import text"),
        ("cli.eval", "from hmeval import Value"),
        ("__main__", "from hmeval.cli import main"),
        ("plan.files", "from hmeval import errors"),
    ],
)
def test_the_test_sees_no_fault_in_what_is_allowed(module: str, source: str) -> None:
    assert not violations(source, module, module.rpartition(".")[0])
