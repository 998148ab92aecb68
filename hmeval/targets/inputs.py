"""The inputs that a flake.nix declares, from what hmeval/nix/flake-inputs.nix says of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from hmeval.errors import Position, TargetError
from hmeval.targets.lock import Attributes, InputPath
from hmeval.targets.locking import Input
from hmeval.targets.reference import parse_reference, with_canonical_url

_KNOWN = {"description", "inputs", "nixConfig", "outputs"}
_TYPES = {"url": ("string",), "follows": ("string",), "flake": ("bool",)}


def declared_inputs(described: Mapping[str, Any], file: str, *, dir_in_url: bool) -> dict[str, Input]:
    """The inputs of the flake.nix `file`; an argument of its outputs that is not declared is one from the registry.

    Raises TargetError where it is no flake, or declares what is no input.
    """
    if described["type"] != "set":
        raise TargetError(f"{file} is a {described['type']}; a flake is a set with `outputs`")
    if described["outputs"] != "lambda":
        raise TargetError(f"{file}: a flake needs `outputs`, a function of its inputs")
    unknown = sorted(set(described["attributes"]) - _KNOWN)
    if unknown:
        raise TargetError(f"{file}: a flake has no {', '.join(unknown)}; it has {', '.join(sorted(_KNOWN))}")
    reading = _Reading(file, dir_in_url)
    inputs = reading.inputs(described["inputs"], at_top=True)
    arguments = [name for name in described["arguments"] if name != "self" and name not in inputs]
    return inputs | {name: Input(_from_registry(name)) for name in arguments}


def parse_input_path(text: str) -> InputPath:
    """The path that `follows` and --override-input give: names between slashes; "" is the flake itself."""
    return tuple(filter(None, text.split("/")))


def _from_registry(name: str) -> Attributes:
    return {"type": "indirect", "id": name}


class _Reading:
    """One reading of the inputs of a flake.nix."""

    def __init__(self, file: str, dir_in_url: bool) -> None:
        self._file = file
        self._dir_in_url = dir_in_url

    def inputs(self, described: Any, *, at_top: bool) -> dict[str, Input]:
        if not isinstance(described, dict):
            raise TargetError(f"{self._file}: `inputs` is a set of inputs, not a {described}")
        return {name: self._input(name, each, at_top) for name, each in described.items()}

    def _input(self, name: str, described: Mapping[str, Any], at_top: bool) -> Input:
        position = _position(described["position"])
        attributes = described["attributes"]
        if not isinstance(attributes, dict):
            raise self._wrong(name, position, f'is a {attributes}; write {name}.url = "…"')
        try:
            values = {key: self._value(key, each) for key, each in attributes.items()}
            return self._of_values(name, values, position, self.inputs(described["inputs"], at_top=False), at_top)
        except _WrongInput as wrong:
            raise self._wrong(name, position, str(wrong)) from None

    def _wrong(self, name: str, position: Position | None, what: str) -> TargetError:
        return TargetError(f"the input {name} ({position or self._file}) {what}")

    def _value(self, name: str, typed: Mapping[str, Any]) -> str | int | bool:
        if name == "url" and typed["type"] == "path":
            return "path:./" + os.path.relpath(typed["value"], os.path.dirname(self._file))
        expected = _TYPES.get(name, ("string", "bool", "int"))
        if typed["type"] not in expected:
            raise _WrongInput(f"has a {typed['type']} as its `{name}`; a {' or '.join(expected)} is expected")
        value: str | int | bool = typed["value"]
        return value

    def _of_values(
        self, name: str, values: Attributes, position: Position | None, inputs: dict[str, Input], at_top: bool
    ) -> Input:
        is_flake = bool(values.pop("flake", True))
        follows = values.pop("follows", None)
        reference = self._reference(values, is_flake)
        if reference is None and follows is None and at_top:
            reference = _from_registry(name)
        path = None if follows is None else parse_input_path(str(follows))
        return Input(reference, path, is_flake, inputs, position)

    def _reference(self, values: Attributes, is_flake: bool) -> Attributes | None:
        if "type" in values:
            return self._written(values) if values["type"] == "git" else values
        url = values.pop("url", None)
        if values:
            raise _WrongInput(f"has {', '.join(sorted(values))}, which goes with `type`")
        try:
            parsed = None if url is None else parse_reference(str(url), is_flake=is_flake, dir_in_url=self._dir_in_url)
            return parsed and self._written(parsed)
        except TargetError as error:
            raise _WrongInput(f"cannot be fetched: {error}") from None

    def _written(self, reference: Attributes) -> Attributes:
        """The reference as Nix writes it into a lock file: before 2.26 as it is."""
        return reference if self._dir_in_url else with_canonical_url(reference)


class _WrongInput(Exception):
    """What is wrong with one input."""


def _position(described: Mapping[str, Any] | None) -> Position | None:
    return None if described is None else Position(described["file"], described["line"], described["column"])
