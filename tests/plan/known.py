"""What is known of the records of plan-inputs.nix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hmeval.plan.builds.recipe import recipe_of_record
from hmeval.plan.contents import Contents
from hmeval.plan.disk import RealDisk
from hmeval.plan.inputs import ManagedFile, managed_file


def filled(record: Mapping[str, Any]) -> ManagedFile:
    """The file of a record, with its text or with where it leads to."""
    return Contents(RealDisk()).filled(managed_file(record), recipe_of_record(record["recipe"]))


def text_of_variables(inputs: Mapping[str, Any]) -> str:
    """The text that sets the session's variables."""
    text: str = inputs["sessionVariables"]["recipe"]["variables"]["text"]
    return text
