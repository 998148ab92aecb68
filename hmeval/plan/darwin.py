"""macOS: user defaults, and the folder of apps that are copied (Home Manager's modules/targets/darwin)."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from hmeval.plan.disk import Disk, content
from hmeval.plan.future import Future
from hmeval.plan.model import UNKNOWN
from hmeval.plan.property_list import read_property_list

Values = Mapping[str, Any] | None
"""What is written to a domain, by key; None where that is not known."""

# As user-defaults/default.nix and copyapps.nix write them.
_IMPORT = re.compile(r"/usr/bin/defaults +(-currentHost)? *import +('(?:[^']|'\\'')*'|\S+) +(/\S+\.plist)")
_FOLDER = re.compile(r"^targetFolder='([^']*)'$", re.MULTILINE)


class Domain(NamedTuple):
    """A domain of the user defaults: of this host alone, or of all."""

    name: str
    current_host: bool


Defaults = Mapping[Domain, Values]


def defaults_of_configuration(inputs: Mapping[str, Mapping[str, str]]) -> dict[Domain, Values]:
    """The user defaults of a configuration, from the property lists that plan-inputs.nix gives."""
    return {
        Domain(name, current_host=part == "host"): read_property_list(text.encode("utf-8", "surrogateescape"))
        for part, domains in inputs.items()
        for name, text in domains.items()
    }


def defaults_of_script(script: str, disk: Disk) -> dict[Domain, Values]:
    """The user defaults that the script of a generation writes; None for a property list that cannot be read."""
    return {
        Domain("".join(shlex.split(name)), bool(host)): read_property_list(content(disk, file))
        for host, name, file in _IMPORT.findall(script)
    }


def apps_of_script(script: str) -> str | None:
    """The folder below HOME that the script of a generation copies apps to; None where it copies none."""
    match = _FOLDER.search(script)
    return match[1] if match else None


def defaults_changes(new: Defaults, old: Defaults) -> list[dict[str, Any]]:
    """An entry for each key. `defaults import` adds and replaces keys: those that are gone stay as they are."""
    return [entry for domain in sorted({*new, *old}) for entry in _of_domain(domain, new, old)]


def _of_domain(domain: Domain, new: Defaults, old: Defaults) -> Iterator[dict[str, Any]]:
    before, after = old.get(domain) or {}, new.get(domain) or {}
    if None in (old.get(domain, {}), new.get(domain, {})):
        reason = "which of its keys change is not known: its property list cannot be read"
        yield _entry(domain, None, "set", None, None, reason)
        return
    for key in sorted({*before, *after}):
        was = _text(before[key]) if key in before else None
        if key not in after:
            yield _entry(
                domain, key, "orphaned", was, was, "the configuration no longer has it, and nothing removes it"
            )
        else:
            text = _text(after[key])
            yield _entry(domain, key, "keep" if was == text else "set", was, text, "")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _entry(
    domain: Domain, key: str | None, action: str, before: str | None, after: str | None, reason: str
) -> dict[str, Any]:
    told = {"domain": domain.name, "current_host": domain.current_host, "key": key}
    return told | {"action": action, "before": before, "after": after, "reason": reason}


def app_changes(new: str | None, old: str | None, home: str, future: Future) -> list[dict[str, Any]]:
    """What becomes of the folders that apps are copied to; which apps there are is known after the build."""
    entries = []
    if old is not None and old != new and future.exists(f"{home}/{old}"):
        entries.append(
            _folder(old, "orphaned", "the configuration no longer copies apps to it, and nothing removes it")
        )
    if new is not None:
        kind = future.entry(f"{home}/{new}").kind
        if kind == "absent":
            entries.append(_folder(new, "create", "the packages' apps are copied"))
        elif kind in ("directory", "link"):
            entries.append(_folder(new, "update", "the packages' apps are copied, and all else in it is deleted"))
        else:
            entries.append(_folder(new, "blocked", "what is there is no folder, and apps cannot be copied to it"))
    return entries


def _folder(name: str, action: str, reason: str) -> dict[str, Any]:
    return {"name": name, "action": action, "reason": reason, "content": UNKNOWN}


def darwin_conditions(defaults: Defaults, apps: str | None) -> Iterator[str]:
    """What a plan does not know of the defaults and apps."""
    if defaults:
        yield "which macOS defaults programs have changed: activation writes all keys again, over these changes"
    if apps is not None:
        yield f"which apps come into {apps} is known after the build"
        yield f"whether macOS allows to change the apps in {apps}: activation ends if it does not"
