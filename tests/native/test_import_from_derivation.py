"""Import from derivation: what is built already is read, and what is not is told as what it is."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from hmeval import EvaluationError, Evaluator

MADE = """derivation {
  name = "made-%s";
  system = %s;
  builder = "/bin/sh";
  args = [ "-c" "echo '{ \\"a\\": 1 }' > $out" ];
}"""


def build(expression: str) -> Path:
    """Have Nix build a derivation in the tests' store."""
    program = shutil.which("nix")
    if program is None:
        pytest.skip("there is no nix to build with")
    flags = ["--extra-experimental-features", "nix-command", "--option", "sandbox", "false", "--impure"]
    command = [program, "build", *flags, "--no-link", "--json", "--expr", expression]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (built,) = json.loads(done.stdout)
    return Path(built["outputs"]["out"])


@pytest.mark.parametrize(
    ("name", "reads"),
    [
        ("text", "(builtins.fromJSON (builtins.readFile (%s))).a"),
        ("import", "(import (%s)).a or 1"),
        ("path", 'if builtins.pathExists "${%s}" then 1 else 2'),
    ],
)
def test_what_is_built_already_is_read(evaluator: Evaluator, name: str, reads: str) -> None:
    made = MADE % (name, "builtins.currentSystem")
    if name == "import":
        made = made.replace('{ \\"a\\": 1 }', "{ a = 1; }")
    out = build(made)
    assert out.exists()
    assert evaluator.eval(reads % made).to_python() == 1


@pytest.mark.parametrize("reads", ["builtins.readFile (%s)", "import (%s)", 'builtins.pathExists "${%s}"'])
def test_what_is_not_built_is_told_as_that(evaluator: Evaluator, reads: str) -> None:
    with pytest.raises(EvaluationError) as raised:
        evaluator.eval(reads % MADE % ("nowhere", '"nowhere-linux"')).to_python()
    assert raised.value.message.startswith("import from derivation: ")
    assert "-made-nowhere is read, and " in raised.value.message
