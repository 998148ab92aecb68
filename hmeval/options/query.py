"""Finding options: ranked search over names and descriptions, what a configuration sets, names near a wrong one."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence

from hmeval.options.model import Option
from hmeval.options.path import OptionPathError, is_placeholder, parse_option_path, show_option

# How well a word of the query fits an option; lower is better.
EXACT_NAME, LAST_PART, WHOLE_PART, NAME_PREFIX, PART_PREFIX, IN_NAME = range(6)
DESCRIPTION_WORD, IN_DESCRIPTION, SWAPPED_LETTERS, MISSPELT_PART, SCATTERED = range(6, 11)


def search(options: Iterable[Option], text: str) -> list[Option]:
    """The options that match every word of `text`, the best first; all of them, as they come, for a text without words.

    The order: the exact name, its last part, a whole part, how the name begins, how a part begins, within the name, a
    word of the description, within the description; then the shorter path, then the tree's order. Letter case does
    not count. A word that occurs nowhere as it is typed is taken for a typing error: parts that are near it match
    (`tolerance`; swapped neighbours are one difference), and, where there are none, names that hold its letters in
    its order.
    """
    candidates = list(options)
    words = text.lower().split()
    if not words:
        return candidates
    names = [option.record["name"].lower() for option in candidates]
    totals = dict.fromkeys(range(len(candidates)), 0)
    for word in words:
        fits = _fits(word, names, candidates)
        totals = {place: total + fits[place] for place, total in totals.items() if place in fits}
    ranked = sorted(totals, key=lambda place: (totals[place], len(candidates[place].loc), place))
    return [candidates[place] for place in ranked]


def set_only(options: Iterable[Option]) -> list[Option]:
    """Those that the configuration defines: a definition of a priority below that of an option's default.

    An option under a placeholder stands for many or none: what a submodule sets there by itself, nobody configured.
    """
    return [option for option in options if option.is_set and not any(map(is_placeholder, option.loc))]


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


def _fits(word: str, names: Sequence[str], options: Sequence[Option]) -> dict[int, int]:
    """Place → how well the word fits there; the places where it does not fit are absent."""
    fits = {place: _fit_in_name(word, name) for place, name in enumerate(names) if word in name}
    within_word = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
    for place, option in enumerate(options):
        if place not in fits and word in (text := (option.description or "").lower()):
            fits[place] = DESCRIPTION_WORD if within_word.search(text) else IN_DESCRIPTION
    return fits or _fits_of_misspelling(word, names)


def _fit_in_name(word: str, name: str) -> int:
    if word == name:
        return EXACT_NAME
    # Quoted parts are rare and never hold what is searched for alone: a plain split is right for ranking.
    parts = name.split(".")
    if word == parts[-1]:
        return LAST_PART
    if word in parts:
        return WHOLE_PART
    if name.startswith(word):
        return NAME_PREFIX
    return PART_PREFIX if f".{word}" in name else IN_NAME


def _fits_of_misspelling(word: str, names: Sequence[str]) -> dict[int, int]:
    """As `_fits`, for a word that occurs nowhere; one with dots is the misspelt beginning of a path."""
    paths = [name.split(".") for name in names]
    known = {part for path in paths for part in path}
    if "." in word:
        near = [_near_parts(part, known) for part in word.split(".")]
        return {place: MISSPELT_PART for place, path in enumerate(paths) if _begins(path, near)}
    fit_of = _near_parts(word, known)
    fits = {
        place: min(map(fit_of.__getitem__, within))
        for place, path in enumerate(paths)
        if (within := fit_of.keys() & path)
    }
    return fits or _fits_of_scattered(word, names)


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
