"""What becomes of launchd agents, which are copied and not linked (Home Manager's modules/launchd/default.nix)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from hmeval.plan.disk import content
from hmeval.plan.future import Future
from hmeval.plan.model import KNOWN, UNKNOWN
from hmeval.plan.property_list import read_property_list

_USUAL_DOMAIN = "gui"  # also of an agent of which nothing is known


class Agent(NamedTuple):
    """An agent that is wanted: the text of its plist is None where it is not known."""

    label: str
    domain: str
    text: bytes | None


def agent_changes(
    new: Iterable[Agent], old: Mapping[str, tuple[str, str]], home: str, future: Future
) -> list[dict[str, Any]]:
    """An entry for each agent that is wanted, and of the old generation; what is loaded is not asked."""
    wanted = {agent.label: agent for agent in new}
    entries = [_wanted(agent, old.get(label), home, future) for label, agent in sorted(wanted.items())]
    return entries + [_gone(label, old[label], home, future) for label in sorted(set(old) - set(wanted))]


def _place(home: str, label: str) -> str:
    return f"{home}/Library/LaunchAgents/{label}.plist"


def _wanted(agent: Agent, old: tuple[str, str] | None, home: str, future: Future) -> dict[str, Any]:
    place = _place(home, agent.label)
    if not future.exists(place):
        return _entry(agent, "create", "installed and started")
    domain = old[1] if old is not None else _USUAL_DOMAIN
    if domain != agent.domain:
        return _entry(agent, "update", f"moved from the domain {domain} to {agent.domain}: stopped and started")
    if agent.text is None:
        return _entry(
            agent, "update", "whether it changes, and is stopped and started, is known after the build", UNKNOWN
        )
    there = content(future.disk, place)
    if there == agent.text:
        return _entry(agent, "keep", "")
    return _entry(agent, "update", f"{described_change(there, agent.text)}: stopped and started")


def described_change(before: bytes | None, after: bytes) -> str:
    """What differs between the plist that is there and the one that will be."""
    old, new = read_property_list(before), read_property_list(after)
    if old is None:
        return "what is there is no property list, and is replaced"
    if new is None:
        return "it changes"
    missing = object()
    differing = [key for key in sorted({*old, *new}) if old.get(key, missing) != new.get(key, missing)]
    return f"{', '.join(differing)} changed" if differing else "written differently, with the same meaning"


def _gone(label: str, old: tuple[str, str], home: str, future: Future) -> dict[str, Any]:
    place, agent = _place(home, label), Agent(label, old[1], None)
    if not future.exists(place):
        return _entry(agent, "skipped", "it is gone already")
    try:
        same = future.disk.same(place, old[0])
    except OSError:
        same = False
    if same:
        return _entry(agent, "remove", "stopped and removed")
    return _entry(agent, "skipped", "it was changed since, and stays")


def _entry(agent: Agent, action: str, reason: str, known: str = KNOWN) -> dict[str, Any]:
    return {"name": agent.label, "action": action, "reason": reason, "domain": agent.domain, "content": known}
