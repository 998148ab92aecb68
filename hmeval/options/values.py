"""Values as records have them, {"json": …}, {"nix": …} or {"error": …}, of which parts may have failed ("failed")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Shown = Mapping[str, Any]
    Failure = Mapping[str, Any]


def failures(value: Shown | None) -> Sequence[Failure]:
    """What could not be evaluated, as {kind, message, position?}: the value, or parts of it, which have a `path`."""
    if value is None:
        return ()
    return (value["error"],) if "error" in value else value.get("failed") or ()


def json_with(value: Shown, replace: Callable[[Failure], Any]) -> Any:
    """The JSON of a value, with what `replace` gives in the place of each part that failed."""
    by_path = {tuple(failed["path"]): failed for failed in value.get("failed") or ()}
    return _with_parts(value["json"], (), by_path, replace) if by_path else value["json"]


def _with_parts(json: Any, path: tuple[str | int, ...], failed: Mapping[Any, Failure], replace: Any) -> Any:
    if path in failed:
        return replace(failed[path])
    if isinstance(json, dict):
        return {name: _with_parts(item, (*path, name), failed, replace) for name, item in json.items()}
    if isinstance(json, list):
        return [_with_parts(item, (*path, number), failed, replace) for number, item in enumerate(json)]
    return json


def part_at(value: Shown, path: Sequence[str]) -> dict[str, Any] | None:
    """The value at a path of attributes and elements within a value; None where there is none, or none known."""
    json = value.get("json")
    steps: list[str | int] = []
    failed = {tuple(one["path"]): one for one in value.get("failed") or ()}
    for name in path:
        step = _step(json, name)
        if json is None or step is None:
            return None
        json = json[step]
        steps.append(step)
        if tuple(steps) in failed:
            return {"error": _without_path(failed[tuple(steps)])}
    if json is None:
        return None
    below = [_below(one, len(steps)) for place, one in failed.items() if list(place[: len(steps)]) == steps]
    return {"json": json, "failed": below} if below else {"json": json}


def _step(json: Any, name: str) -> str | int | None:
    if isinstance(json, Mapping):
        return name if name in json else None
    if isinstance(json, list) and name.isdecimal() and int(name) < len(json):
        return int(name)
    return None


def _without_path(failed: Failure) -> dict[str, Any]:
    return {name: field for name, field in failed.items() if name != "path"}


def _below(failed: Failure, depth: int) -> dict[str, Any]:
    return {**failed, "path": list(failed["path"][depth:])}
