"""What is known of the content of files before they are built, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

import hmeval
from hmeval.plan.model import FileChange

HERE = Path(__file__).resolve().parent
KNOWN = {
    "text": b"the text",
    "unquoted": b"the text",
    "copied": (HERE / "tree/one").read_bytes(),
    "json": b'{\n  "a": 1\n}\n',
    "ini": b"[a]\nb=1\n",
    "replaced": b"This is Alice's file.\n",
    "claimed": b"the text",
}


@pytest.fixture(scope="module")
def files() -> dict[str, FileChange]:
    """The files of texts.nix, with the stand-in for nixpkgs."""
    with hmeval.load(file=HERE / "texts.nix", offline=True, cache="off") as configuration:
        return {file.target: file for file in configuration.plan(from_="none").files}


@pytest.mark.parametrize("target", KNOWN)
def test_what_a_build_copies_or_writes_is_known(files: dict[str, FileChange], target: str) -> None:
    assert (files[target].text, files[target].kind, files[target].content) == (KNOWN[target], "link", "known")


def test_a_script_is_known(files: dict[str, FileChange]) -> None:
    text = files["script"].text
    assert text is not None
    assert text.startswith(b"#!")
    assert text.endswith(b"/bin/bash\ntrue\n")


@pytest.mark.parametrize("target", ["folder", "computed", "program", "toml", "pretended", "moved", "own"])
def test_what_may_be_anything_is_not_known(files: dict[str, FileChange], target: str) -> None:
    assert (files[target].text, files[target].content) == (None, "unknown-until-built")


def test_a_link_out_of_the_store_is_known(files: dict[str, FileChange]) -> None:
    change = files["elsewhere"]
    assert (change.kind, change.source, change.content) == ("out-of-store", "/srv/it's x", "known")
