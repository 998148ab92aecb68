"""What a configuration warns of, and where: its option `warnings`, which is written to standard error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from hmeval.definitions import DefinitionSearch
from hmeval.errors import EvaluationError, Position
from hmeval.evaluation.any_evaluator import AnyEvaluator
from hmeval.evaluation.value import Value
from hmeval.options.path import parse_option_path

# lib.mkRenamedOptionModule and its kind (nixpkgs, lib/modules.nix: doRename): the option, and who defines it.
_OLD_NAME = re.compile(r"The option `(?P<option>.+?)' defined in (?P<files>`/.+?') has been ")
_FILE = re.compile(r"`(/[^']+)'")


@contextmanager
def told_with_places(
    evaluator: AnyEvaluator, result: Callable[[], Value | None], place_of: Callable[[str], Position | None]
) -> Iterator[None]:
    """While a configuration is evaluated for the first time, `result`: what it says is told with places.

    Home Manager says it as soon as anything of a configuration is touched (modules/default.nix).
    """
    hearing = evaluator.hearing
    if hearing is None:
        yield
        return
    with hearing.remembering() as heard:
        try:
            yield
            _touch(result())
        except EvaluationError:
            hearing.pass_on(bytes(heard))
            raise
    if heard:
        hearing.pass_on(_with_places(bytes(heard), _warnings(result()), place_of))


def _touch(result: Value | None) -> None:
    """What goes wrong here comes up by itself."""
    try:
        _ = result and result.get("options")
    except EvaluationError as error:
        if error.kind == "interrupted":
            raise


def _warnings(result: Value | None) -> Sequence[str]:
    """What the configuration itself warns of."""
    try:
        return [str(warning) for warning in result["config"]["warnings"].to_python()] if result else ()
    except (EvaluationError, KeyError):
        return ()


def _with_places(text: bytes, warnings: Sequence[str], place_of: Callable[[str], Position | None]) -> bytes:
    """What an evaluation wrote, each of the warnings in it followed by its place."""
    shown = text.decode("utf-8", "surrogateescape")
    for message in dict.fromkeys(warnings):
        words = r"\s+".join(map(re.escape, message.split()))
        if (found := re.search(rf"{words}[^\n]*\n", shown)) and (place := place_of(message)):
            shown = f"{shown[: found.end()]}  at {place}\n{shown[found.end() :]}"
    return shown.encode("utf-8", "surrogateescape")


def place_of_warning(message: str, options: Value, search: DefinitionSearch) -> Position | None:
    """Where the option is defined that a warning names, else where the warning itself is written; None if not sure."""
    if named := _OLD_NAME.search(message):
        places = search.places(parse_option_path(named["option"]), _FILE.findall(named["files"]))
        if places:
            return places[-1]
    definitions = options["warnings"]["definitionsWithLocations"].to_python()
    files = {one["file"] for one in definitions if message in one["value"]}
    found = set(search.places(["warnings"], list(files))) if len(files) == 1 else set()
    return found.pop() if len(found) == 1 else None
