"""What is known of the content of files before they are built, and what is not."""

from __future__ import annotations

from pathlib import Path

import hmeval

HERE = Path(__file__).resolve().parent


def test_only_what_a_build_leaves_as_it_is_is_known() -> None:
    with hmeval.load(file=HERE / "texts.nix", offline=True, cache="off") as configuration:
        plan = configuration.plan(from_="none")
    files = {file.target: file for file in plan.files if "/" not in file.target}
    assert {target: (file.kind, file.content) for target, file in files.items()} == {
        "text": ("link", "known"),
        "unquoted": ("link", "known"),
        "folder": ("link", "unknown-until-built"),
        "computed": ("link", "unknown-until-built"),
        "program": ("link", "unknown-until-built"),
        "elsewhere": ("out-of-store", "known"),
    }
    assert {file.target for file in files.values() if file.text == b"the text"} == {"text", "unquoted"}
