"""What could not be evaluated, parts of a value or fields of options: each failure once, and where it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from hmeval.options.path import show_option
from hmeval.render.terminal import without_long_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOST, _MOST_NAMES = 5, 3


def failed_parts(failed: Sequence[Mapping[str, Any]], loc: Sequence[str] = ()) -> str:
    """The parts of a value that failed; `loc` is the path of the value."""
    return failures_text((show_option([*loc, *map(str, one["path"])]), one) for one in failed)


def failures_text(failures: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """`WHAT: message` and the place of each failure, of the first ones."""
    names: dict[str, list[str]] = {}
    for name, failed in failures:
        names.setdefault("\n".join(_lines(failed)), []).append(name)
    lines = [f"{_listed(group)}: {message}" for message, group in [*names.items()][:_MOST]]
    left = sum(map(len, [*names.values()][_MOST:]))
    return "\n".join([*lines, *([f"… and {left} more"] if left else [])])


def _lines(failed: Mapping[str, Any]) -> Iterator[str]:
    yield without_long_lines(str(failed.get("message", "")))
    if position := failed.get("position"):
        yield f"  at {position['file']}:{position['line']}:{position['column']}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
