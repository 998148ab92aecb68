"""What is in files before and after: what derivations will hold that are not built yet, and the differences."""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Iterable, Sequence
from typing import Any

from hmeval.plan.builds.build import what_is_built
from hmeval.plan.builds.places import File, Link
from hmeval.plan.builds.recipe import Recipe, recipe_of_derivation, recipe_of_record
from hmeval.plan.disk import Disk, content
from hmeval.plan.model import UNKNOWN, FileChange

_LARGEST_SHOWN = 1024 * 1024
_DEEPEST = 20
"""How many derivations may be made of each other."""


def fill(inputs: dict[str, Any], disk: Disk) -> None:
    """Put into what plan-inputs.nix says, in place of how files are made, what they hold, as far as that is known.

    Each file then has a `text` and a `linkTo`, and `sessionVariables` is a text; None where it is not known.
    """
    contents = Contents(disk)
    for record in inputs["files"]:
        found = contents.made(record)
        record["linkTo"] = found.target if isinstance(found, Link) else None
        if isinstance(found, File):
            record["text"] = found.content.decode("utf-8", "surrogateescape")
            record["isExecutable"] = found.executable
    found = contents.made(inputs["sessionVariables"])
    text = found.content if isinstance(found, File) else content(disk, inputs["sessionVariables"]["source"])
    inputs["sessionVariables"] = None if text is None else text.decode("utf-8", "surrogateescape")


class Contents:
    """What files hold that may not be built yet."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._recipes: dict[str, Recipe | None] = {}

    def made(self, record: dict[str, Any]) -> File | Link | None:
        """What a record of plan-inputs.nix describes; how it is made is taken out of the record."""
        recipe, derivation = recipe_of_record(record.pop("recipe")), record.pop("derivation")
        return self.built(record["source"], recipe, derivation)

    def built(self, path: str, recipe: Recipe | None, derivation: str | None) -> File | Link | None:
        """What will be at a path of the store: a file, or a link that leads out of it; None where it is not known.

        `recipe` is what makes it, where that is known; else that is read from the store, if it holds the derivation.
        """
        found = None if recipe is None else self._follow(recipe, path, 0)
        if found is None and derivation is not None and self._disk.entry(path).kind == "absent":
            recipe = self._recipe(derivation)
            found = None if recipe is None else self._follow(recipe, path, 0)
        return found

    def _recipe(self, derivation: str) -> Recipe | None:
        if derivation not in self._recipes:
            read = content(self._disk, derivation)
            text = None if read is None else read.decode("utf-8", "surrogateescape")
            self._recipes[derivation] = None if text is None else recipe_of_derivation(text)
        return self._recipes[derivation]

    def _follow(self, recipe: Recipe, path: str, depth: int) -> File | Link | None:
        """What a recipe makes at a path; a link within the store is followed."""
        found = what_is_built(recipe, path, lambda path: self._input(recipe, path, depth + 1))
        if not isinstance(found, Link) or not found.target.startswith("/"):
            return found if isinstance(found, File) else None
        store = posixpath.dirname(next(iter(recipe.outputs.values())))
        return self._input(recipe, found.target, depth + 1) if found.target.startswith(f"{store}/") else found

    def _input(self, recipe: Recipe, path: str, depth: int) -> File | None:
        """A file that a recipe takes from the store: as it lies there, or where it is copied from, or as it is made."""
        source = recipe.sources.get(path)
        if source is not None and self._disk.entry(source).kind != "file":
            return None  # a link is copied as one, and leads elsewhere from there
        for place in (path, source):
            if place is not None and (read := content(self._disk, place)) is not None:
                return File(read, self._disk.executable(place))
        makers = map(self._recipe, recipe.inputs) if depth < _DEEPEST else ()
        outputs = ((maker, output) for maker in makers if maker for output in maker.outputs.values())
        for maker, output in outputs:
            if path == output or path.startswith(f"{output}/"):
                found = self._follow(maker, path, depth)
                return found if isinstance(found, File) else None
        return None


def difference(change: FileChange, home: str, disk: Disk) -> str | None:
    """What changes in the content of a path below HOME, as a unified diff; None where it is not known, or nothing."""
    if change.content == UNKNOWN or change.action in ("keep", "relink", "skipped"):
        return None
    before = content(disk, f"{home}/{change.target}") if change.before.kind != "absent" else b""
    after = b"" if change.action == "remove" else change.text
    if after is None and change.source is not None:
        after = content(disk, change.source)
    if before is None or after is None or before == after:
        return None
    names = (change.target if change.before.kind != "absent" else "/dev/null", change.target)
    if change.action == "remove":
        names = (change.target, "/dev/null")
    if b"\0" in before + after or len(before) + len(after) > _LARGEST_SHOWN:
        return f"{names[0]} and {names[1]} differ, and are no text\n"
    return "".join(_unified(_lines(before), _lines(after), names))


def add_differences(changes: Iterable[FileChange], home: str, disk: Disk) -> None:
    """Put the difference of its content into each change that has one."""
    for change in changes:
        change.diff = difference(change, home, disk)


def _lines(content: bytes) -> list[str]:
    """The lines, which `diff` ends at a line feed alone: a form feed is a letter of its line."""
    return re.findall(r"[^\n]*\n|[^\n]+", content.decode("utf-8", "surrogateescape"))


def _unified(before: Sequence[str], after: Sequence[str], names: tuple[str, str]) -> list[str]:
    lines = difflib.unified_diff(before, after, *names)
    return [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]
