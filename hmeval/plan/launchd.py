"""What becomes of launchd agents, which are copied and not linked (Home Manager's modules/launchd/default.nix)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hmeval.plan.future import Future


def agent_changes(
    new: Iterable[Mapping[str, Any]], old: Mapping[str, tuple[str, str]], home: str, future: Future
) -> list[dict[str, Any]]:
    """An entry for each agent of the configuration and of the old generation; what is loaded is not asked."""
    wanted = {agent["label"]: agent["domain"] for agent in new}
    entries = [_wanted(label, domain, old.get(label), home, future) for label, domain in sorted(wanted.items())]
    return entries + [_gone(label, old[label], home, future) for label in sorted(set(old) - set(wanted))]


def _place(home: str, label: str) -> str:
    return f"{home}/Library/LaunchAgents/{label}.plist"


def _wanted(label: str, domain: str, old: tuple[str, str] | None, home: str, future: Future) -> dict[str, Any]:
    if not future.exists(_place(home, label)):
        return _entry(label, "create", "installed and started", domain, "known")
    if old is not None and old[1] != domain:
        return _entry(
            label, "update", f"moved from the domain {old[1]} to {domain}: stopped and started", domain, "known"
        )
    reason = "whether it changes, and is stopped and started, is known after the build"
    return _entry(label, "update", reason, domain, "unknown-until-built")


def _gone(label: str, old: tuple[str, str], home: str, future: Future) -> dict[str, Any]:
    place, domain = _place(home, label), old[1]
    if not future.exists(place):
        return _entry(label, "skipped", "it is gone already", domain, "known")
    try:
        same = future.disk.same(place, old[0])
    except OSError:
        same = False
    if same:
        return _entry(label, "remove", "stopped and removed", domain, "known")
    return _entry(label, "skipped", "it was changed since, and stays", domain, "known")


def _entry(label: str, action: str, reason: str, domain: str, content: str) -> dict[str, Any]:
    return {"name": label, "action": action, "reason": reason, "domain": domain, "content": content}
