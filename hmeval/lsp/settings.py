"""The settings, as editors send them: `hmeval.target`, `.trust`, `.evaluation.timeout`, `.evaluation.memory`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hmeval.lsp.evaluation import DEFAULT_LIMITS, Limits
from hmeval.trust import ALWAYS, ASK, NEVER

_SMALLEST_MEMORY = 512 * 2**20


class Settings(NamedTuple):
    """What the user has set.

    Attributes:
        target: flags of the command line, "" for what is nearest; trust: ASK, ALWAYS or NEVER.
        limits: what one evaluation may take.
        wrong: what is wrong with the settings that were given; those are as if they were not.
    """

    target: str = ""
    trust: str = ASK
    limits: Limits = DEFAULT_LIMITS
    wrong: tuple[str, ...] = ()


def read_settings(given: Any) -> Settings:
    """The settings in what an editor sends, with or without the section's name around it; never raises."""
    section = given.get("hmeval", given) if isinstance(given, Mapping) else {}
    if not isinstance(section, Mapping):
        section = {}
    wrong: list[str] = []
    evaluation = section.get("evaluation")
    evaluation = evaluation if isinstance(evaluation, Mapping) else {}
    limits = Limits(
        float(_number(evaluation, "timeout", DEFAULT_LIMITS.timeout, 0.1, "seconds", wrong)),
        int(_number(evaluation, "memory", DEFAULT_LIMITS.memory, _SMALLEST_MEMORY, "bytes", wrong)),
    )
    return Settings(_target(section, wrong), _trust(section, wrong), limits, tuple(wrong))


def _target(section: Mapping[str, Any], wrong: list[str]) -> str:
    target = section.get("target") or ""
    if isinstance(target, str):
        return target
    wrong.append("hmeval.target is a text with the flags of the command line, such as --flake .#alice")
    return ""


def _trust(section: Mapping[str, Any], wrong: list[str]) -> str:
    trust = section.get("trust", ASK)
    if trust in (ASK, ALWAYS, NEVER):
        return str(trust)
    wrong.append(f"hmeval.trust is {ASK}, {ALWAYS} or {NEVER}")
    return ASK


def _number(section: Mapping[str, Any], name: str, default: float, least: float, unit: str, wrong: list[str]) -> float:
    number = section.get(name, default)
    if isinstance(number, int | float) and not isinstance(number, bool) and number >= least:
        return number
    wrong.append(f"hmeval.evaluation.{name} is a number of {unit}, at least {least}")
    return default
