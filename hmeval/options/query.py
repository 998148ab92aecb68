"""Finding options: ranked search over names, descriptions and values, filters, names near a wrong one."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from hmeval.options.model import Option
from hmeval.options.path import OptionPathError, is_placeholder, parse_option_path, show_option
from hmeval.options.values import json_with

# How well a word of the query fits an option; lower is better.
EXACT_NAME, LAST_PART, WHOLE_PART, NAME_PREFIX, PART_PREFIX, IN_NAME = range(6)
DESCRIPTION_WORD, IN_DESCRIPTION, IN_VALUE = range(6, 9)
SWAPPED_LETTERS, MISSPELT_PART, MISSPELT_WORD, MISSPELT_IN_DESCRIPTION, SCATTERED = range(9, 14)

# The words within a part: `historySize`, `git-sync`, `XDGConfig`.
_HUMP = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_WORD = re.compile(r"[^\W_]+")

# What people call types, and how the types say it of themselves (nixpkgs, lib/types.nix).
_TYPE_NAMES = {
    "attrsof": "attribute set of",
    "enum": "one of",
    "functionto": "function that evaluates to",
    "listof": "list of",
    "nullor": "null or",
}


def search(options: Iterable[Option], text: str) -> list[Option]:
    """The options that match every word of `text`, the best first; all of them, as they come, for a text without words.

    The order: the exact name, its last part, a whole part, how the name begins, how a part begins, within the name, a
    word of the description, within the description, within the value where that is known; then the shorter path, then
    the tree's order. Letter case does not count. A word that occurs nowhere as it is typed is taken for a typing error:
    parts that are near it match (`tolerance`; swapped neighbours are one difference), or else words of the names, or
    else of the descriptions, or else names that hold its letters in its order.
    """
    candidates = list(options)
    words = text.lower().split()
    if not words:
        return candidates
    texts = _Texts(candidates)
    totals = dict.fromkeys(range(len(candidates)), 0)
    for word in words:
        fits = _fits(word, texts)
        totals = {place: total + fits[place] for place, total in totals.items() if place in fits}
    # The name of an option finds it first, also one of several words.
    totals |= {place: -1 for place, option in enumerate(candidates) if option.name == text}
    ranked = sorted(totals, key=lambda place: (totals[place], len(candidates[place].loc), place))
    return [candidates[place] for place in ranked]


class _Texts:
    """What options are searched in, in small letters; each text is made when it is first asked for."""

    def __init__(self, options: Sequence[Option]) -> None:
        self._options = options
        self.names = [option.record["name"].lower() for option in options]

    @cached_property
    def descriptions(self) -> list[str]:
        return [(option.description or "").lower() for option in self._options]

    @cached_property
    def values(self) -> list[str]:
        return [_value_text(option.value).lower() for option in self._options]

    @cached_property
    def paths(self) -> list[list[str]]:
        # Quoted parts are rare and never hold what is searched for alone: a plain split is right for ranking.
        return [name.split(".") for name in self.names]

    @cached_property
    def words(self) -> list[list[str]]:
        """The words of each name, where it has some that are no whole parts."""
        return [[word.lower() for word in _HUMP.findall(option.record["name"])] for option in self._options]

    @cached_property
    def described(self) -> list[list[str]]:
        return [_WORD.findall(description) for description in self.descriptions]


def _value_text(value: Mapping[str, Any] | None) -> str:
    if value is None or "error" in value:
        return ""
    if "json" in value:
        return json.dumps(json_with(value, lambda failed: None), ensure_ascii=False)
    return str(value.get("nix", ""))


def set_only(options: Iterable[Option]) -> list[Option]:
    """Those that the configuration defines: a definition of a priority below that of an option's default.

    An option under a placeholder stands for many or none: what a submodule sets there by itself, nobody configured.
    """
    return [option for option in options if option.is_set and not any(map(is_placeholder, option.loc))]


def unset_only(options: Iterable[Option]) -> list[Option]:
    """Those that the configuration could define, and does not: options under a placeholder are not among them."""
    return [option for option in options if not option.is_set and not any(map(is_placeholder, option.loc))]


def of_type(options: Iterable[Option], text: str) -> list[Option]:
    """Those whose type, in words, holds every word of `text`; names as of `lib.types` (`nullOr`, `enum`) serve as well.

    Letter case does not count.
    """
    wanted = [_TYPE_NAMES.get(word, word) for word in text.lower().split()]
    return [option for option in options if _holds_all(option.type.lower(), wanted)]


def _holds_all(text: str, words: Iterable[str]) -> bool:
    return all(word in text for word in words)


def nearest(names: Iterable[str], wrong: str, limit: int = 3) -> list[str]:
    """The paths that someone may have meant by a wrong one, the nearest first.

    Both options and the sets that hold them are offered: `program.git` finds `programs.git`. A path counts as near
    where each part is near (`tolerance`), or where it ends as the wrong one does (`git.enable`).
    """
    parts = _parts(wrong)
    known = [_parts(name) for name in names]
    paths = dict.fromkeys(tuple(path[: len(parts)]) for path in known)
    endings = dict.fromkeys(tuple(path) for path in known if path[-len(parts) :] == parts and len(path) > len(parts))
    distances = {path: distance for path in paths if (distance := _path_distance(path, parts)) is not None}
    near = sorted(distances, key=lambda path: distances[path])
    by_length = sorted(endings, key=len)
    return [show_option(path) for path in dict.fromkeys([*near, *by_length]) if path != tuple(parts)][:limit]


def tolerance(word: str) -> int:
    """How many letters may be wrong in a word: none in one of less than three, then 1, 2 from six on, 3 from ten."""
    return 0 if len(word) < 3 else min(3, 1 + (len(word) - 2) // 4)


def distance(left: str, right: str, most: int) -> int | None:
    """How many letters are inserted, left out, replaced or swapped with a neighbour; None where more than `most` are.

    The optimal string alignment distance, row by row, which is given up as soon as a row exceeds `most`.
    """
    if abs(len(left) - len(right)) > most:
        return None
    before: list[int] = []
    above = list(range(len(right) + 1))
    for row, letter in enumerate(left, 1):
        current = _next_row(left, right, row, letter, above, before)
        if min(current) > most:
            return None
        before, above = above, current
    return above[-1] if above[-1] <= most else None


def _next_row(left: str, right: str, row: int, letter: str, above: list[int], before: list[int]) -> list[int]:
    current = [row]
    for column, other in enumerate(right, 1):
        cost = min(above[column] + 1, current[-1] + 1, above[column - 1] + (letter != other))
        swapped = row > 1 < column and letter == right[column - 2] and other == left[row - 2]
        current.append(min(cost, before[column - 2] + 1) if swapped else cost)
    return current


def _fits(word: str, texts: _Texts) -> dict[int, int]:
    """Place → how well the word fits there; the places where it does not fit are absent."""
    fits = {place: _fit_in_name(word, name) for place, name in enumerate(texts.names) if word in name}
    within_word = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
    for place, description in enumerate(texts.descriptions):
        if place not in fits and word in description:
            fits[place] = DESCRIPTION_WORD if within_word.search(description) else IN_DESCRIPTION
    for place, value in enumerate(texts.values):
        if place not in fits and word in value:
            fits[place] = IN_VALUE
    return fits or _fits_of_misspelling(word, texts)


def _fit_in_name(word: str, name: str) -> int:
    if word == name:
        return EXACT_NAME
    parts = name.split(".")
    if word == parts[-1]:
        return LAST_PART
    if word in parts:
        return WHOLE_PART
    if name.startswith(word):
        return NAME_PREFIX
    return PART_PREFIX if f".{word}" in name else IN_NAME


def _fits_of_misspelling(word: str, texts: _Texts) -> dict[int, int]:
    """As `_fits`, for a word that occurs nowhere; one with dots is the misspelt beginning of a path."""
    if "." in word:
        known = {part for path in texts.paths for part in path}
        near = [_near_parts(part, known) for part in word.split(".")]
        return {place: MISSPELT_PART for place, path in enumerate(texts.paths) if _begins(path, near)}
    return (
        _fits_of_near(word, texts.paths)
        or dict.fromkeys(_fits_of_near(word, texts.words), MISSPELT_WORD)
        or dict.fromkeys(_fits_of_near(word, texts.described), MISSPELT_IN_DESCRIPTION)
        or _fits_of_scattered(word, texts.names)
    )


def _fits_of_near(word: str, texts: Sequence[Sequence[str]]) -> dict[int, int]:
    """As `_fits`, for the places that have a part, or a word, near this one."""
    fit_of = _near_parts(word, {known for text in texts for known in text})
    return {
        place: min(map(fit_of.__getitem__, within))
        for place, text in enumerate(texts)
        if fit_of and (within := fit_of.keys() & text)
    }


def _begins(path: Sequence[str], near: Sequence[Container[str]]) -> bool:
    return len(path) >= len(near) and all(part in allowed for part, allowed in zip(path, near, strict=False))


def _fits_of_scattered(word: str, names: Sequence[str]) -> dict[int, int]:
    if len(word) < 3:
        return {}
    scattered = re.compile(".*?".join(map(re.escape, word)))
    return {place: SCATTERED for place, name in enumerate(names) if scattered.search(name)}


def _near_parts(word: str, known: Iterable[str]) -> dict[str, int]:
    """The parts of names that are the word, misspelt, and how well it fits each."""
    near = [part for part in known if part == word or _part_distance(part, word) is not None]
    letters = sorted(word)
    return {part: SWAPPED_LETTERS if sorted(part) == letters else MISSPELT_PART for part in near}


def _path_distance(path: Sequence[str], wrong: Sequence[str]) -> int | None:
    if len(path) != len(wrong):
        return None
    total = 0
    for part, typed in zip(path, wrong, strict=True):
        # A part that agrees is the common case; only what differs is worth a table.
        apart = 0 if part == typed else _part_distance(part, typed)
        if apart is None:
            return None
        total += apart
    return total


def _part_distance(part: str, typed: str) -> int | None:
    # One wrong letter changes two of the set of letters at most: that alone rules out nearly all parts.
    most = tolerance(typed)
    if len(set(typed).symmetric_difference(part)) > 2 * most:
        return None
    return distance(typed, part, most)


def _parts(name: str) -> list[str]:
    """The parts as they are written: what cannot be parsed is split at its dots, since it may be half typed."""
    if '"' not in name:
        return name.split(".")
    try:
        return parse_option_path(name)
    except OptionPathError:
        return name.split(".")
