"""Whether two options are the same in a field, as far as that can be known: what fails on both sides is not. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from hmeval.options.model import Option
from hmeval.options.path import is_placeholder, show_option
from hmeval.options.values import failures, json_with

TYPE, DEFAULT, VALUE = "type", "default", "value"
FIELDS = (TYPE, DEFAULT, VALUE)
"""What is compared of an option that both trees have."""

LARGE = "it is larger than what is read of a value"

# A source in the store has another hash with each change of any of its files: that alone is no other value.
_SOURCE = re.compile(r"/[0-9a-z]{32}-(?=source\b)")
# An option without a definition and a default (nixpkgs, lib/modules.nix; older ones say it in the second way).
_UNDEFINED = re.compile(r"^The option [`'](.+)' (was accessed but has no value defined|is used but not defined)")


class Verdict(NamedTuple):
    """Whether two things differ; where that is not known, `reason` says why, else it is ""."""

    differs: bool
    reason: str = ""


SAME, DIFFERENT = Verdict(False), Verdict(True)

_Locs: TypeAlias = tuple[Sequence[str], Sequence[str]]


def told(option: Option, field: str) -> Any:
    """A field of an option as JSON has it; {"error": …} where it could not be evaluated, None for none."""
    failed = option.errors.get("option") or option.errors.get(field)
    if failed and (field != VALUE or option.value is None):
        return {"error": failed}
    return {TYPE: option.type, DEFAULT: option.record.get("default"), VALUE: option.value}[field]


def compare_field(before: Option, after: Option, field: str) -> Verdict:
    """Whether one of the FIELDS differs. Of a value that is not known the definitions tell that it does."""
    if field == VALUE and any(map(is_placeholder, (*before.loc, *after.loc))):
        return SAME  # it stands for any instance, and has none
    if field == VALUE and before.is_defined is False and after.is_defined is False:
        return SAME
    one, other = told(before, field), told(after, field)
    if field != VALUE:
        return _compare_documented(one, other)
    verdict = compare_values(before, after)
    if (verdict.reason == LARGE and _is_raw(before) and _is_raw(after)) or _misses_another(one, before, after):
        return SAME
    return compare_definitions(before, after) if verdict.reason else verdict


def _misses_another(value: Any, before: Option, after: Option) -> bool:
    """Whether nobody sets the option, and its default, on both sides, is that of an option which nothing defines."""
    failed = (value or {}).get("error")
    missing = failed is not None and _UNDEFINED.match(str(failed.get("message", "")))
    return bool(missing) and not (before.is_set or after.is_set) and told(before, VALUE) == told(after, VALUE)


def _is_raw(option: Option) -> bool:
    """Whether what is in the value is not to be evaluated, so that its names are all that counts (`_module.args`)."""
    info = option.type_info or {}
    elements: Sequence[Mapping[str, Any]] = info.get("elements") or ({},)
    return info.get("name") == "lazyAttrsOf" and elements[0].get("name") == "raw"


def compare_values(before: Option, after: Option) -> Verdict:
    """Whether the values of two options differ, whatever their definitions say."""
    return _compare_values(told(before, VALUE), told(after, VALUE), (before.loc, after.loc))


def compare_definitions(before: Option, after: Option) -> Verdict:
    """Whether the value of an option differs that is not known: it does where its definitions do."""
    one, other = _defined(before), _defined(after)
    if len(one) != len(other):
        return DIFFERENT
    locs = (before.loc, after.loc)
    verdict = _all_of(_compare_values(*pair, locs) for pair in zip(one, other, strict=True))
    return verdict if verdict.differs else compare_values(before, after)


def _defined(option: Option) -> list[Any]:
    return [definition.get("value") for definition in option.definitions if definition.get("wins", True)]


def _compare_documented(one: Any, other: Any) -> Verdict:
    if _is_failure(one) and _is_failure(other):
        return _compare_failed(one["error"], other["error"], ("", ""))
    return SAME if _text(one) == _text(other) else DIFFERENT


def _is_failure(field: Any) -> bool:
    return isinstance(field, Mapping) and "error" in field


def _compare_values(one: Any, other: Any, locs: _Locs) -> Verdict:
    if one is None or other is None:
        return SAME if one is other else DIFFERENT
    if "error" in one and "error" in other:
        return _compare_failed(one["error"], other["error"], _names(locs, one["error"]))
    if "json" in one and "json" in other:
        return _compare_json(json_with(one, _Failed), json_with(other, _Failed), locs)
    return _compare_texts(one, other, locs)


def _compare_texts(one: Mapping[str, Any], other: Mapping[str, Any], locs: _Locs) -> Verdict:
    """Of values as Nix text, where «error: …» stands for what failed."""
    texts = [{name: field for name, field in each.items() if name != "failed"} for each in (one, other)]
    if _text(texts[0]) != _text(texts[1]):
        return DIFFERENT
    pairs = zip(failures(one), failures(other), strict=False)
    verdict = _all_of(_compare_failed(*pair, _names(locs, pair[0])) for pair in pairs)
    return Verdict(False, LARGE) if verdict == SAME and one.get("truncated") else verdict


class _Failed:
    """In the place of a part that failed."""

    def __init__(self, failed: Mapping[str, Any]) -> None:
        self.failed = failed


def _compare_json(one: Any, other: Any, locs: _Locs) -> Verdict:
    if isinstance(one, _Failed) and isinstance(other, _Failed):
        return _compare_failed(one.failed, other.failed, _names(locs, one.failed))
    if isinstance(one, dict) and isinstance(other, dict):
        return _compare_sets(one, other, locs)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return _all_of(_compare_json(*pair, locs) for pair in zip(one, other, strict=True))
    if isinstance(one, _Containers) or isinstance(other, _Containers):
        return DIFFERENT
    return SAME if _text(one) == _text(other) else DIFFERENT


_Containers = (_Failed, dict, list)


def _compare_sets(one: dict[str, Any], other: dict[str, Any], locs: _Locs) -> Verdict:
    ones, others = ({_SOURCE.sub("/", name): item for name, item in each.items()} for each in (one, other))
    if ones.keys() != others.keys():
        return DIFFERENT
    return _all_of(_compare_json(item, others[name], locs) for name, item in ones.items())


def _names(locs: _Locs, failed: Mapping[str, Any]) -> tuple[str, str]:
    path = [str(step) for step in failed.get("path", ())]
    one, other = (show_option([*loc, *path]) for loc in locs)
    return one, other


def _compare_failed(one: Mapping[str, Any], other: Mapping[str, Any], names: tuple[str, str]) -> Verdict:
    """Failures that say the same leave it open whether the values are; what nothing defines is so on both sides."""
    if all(_is_undefined(*pair) for pair in zip((one, other), names, strict=True)):
        return SAME
    return Verdict(False, _reason(one)) if _said(one) == _said(other) else DIFFERENT


def _is_undefined(failed: Mapping[str, Any], name: str) -> bool:
    found = _UNDEFINED.match(str(failed.get("message", "")))
    return found is not None and found[1] == name


def _all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Different where one is, unknown where one is, and else the same."""
    unknown = SAME
    for verdict in verdicts:
        if verdict.differs:
            return DIFFERENT
        unknown = unknown if unknown.reason else verdict
    return unknown


def _reason(failed: Mapping[str, Any]) -> str:
    return str(failed.get("message", "")).partition("\n")[0] or "it cannot be evaluated"


def _said(failed: Mapping[str, Any]) -> str:
    """What counts of an error: not where it happens."""
    return _text([failed.get("kind"), failed.get("message")])


def _text(told: Any) -> str:
    return _SOURCE.sub("/", json.dumps(told, sort_keys=True, default=str))
