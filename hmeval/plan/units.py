"""What becomes of the user's systemd units, by the rules that sd-switch documents.

Source: sd-switch's README and Home Manager's modules/systemd.nix. It compares the unit files of the two generations and
acts on what runs; what runs is not asked here, so that a start, stop or restart is for units of which it is true.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hmeval.plan.disk import Disk, content
from hmeval.plan.leaves import Leaf

Unit = dict[str, dict[str, list[str]]]
"""Sections, keys, and the values that a key is given."""

Texts = Mapping[str, bytes | None]
"""Unit files by their name below the units' folder; None for what is not known."""

_DROP_IN = re.compile(r"([^/]+)\.d/[^/]+\.conf")
_WANTED = re.compile(r"([^/]+)\.(?:wants|requires)/([^/]+)")
_INSTANCE = re.compile(r"@.*(?=\.)")  # in the name of a unit; its file has nothing there
_METHODS = ("reload", "restart", "stop-start", "stop-only", "keep-old")


def unit_texts(leaves: Mapping[str, Leaf], folder: str, disk: Disk) -> dict[str, bytes | None]:
    """The unit files among the leaves of home-files, of which `folder` holds them."""
    prefix = f"{posixpath.normpath(folder)}/"
    return {target[len(prefix) :]: _text(leaf, disk) for target, leaf in leaves.items() if target.startswith(prefix)}


def _text(leaf: Leaf, disk: Disk) -> bytes | None:
    """What a unit file will hold, as far as that is known; one that is the null device is masked."""
    if leaf.text is not None or leaf.source == "/dev/null":
        return leaf.text or b""
    return content(disk, leaf.source)


def unit_changes(new: Texts, old: Texts, *, starts: bool) -> list[dict[str, Any]]:
    """An entry for each unit that is new, gone or changed; `starts` says whether sd-switch is used at all."""
    before, after = dict(_units(old)), dict(_units(new))
    wanted = _wanted(new)
    entries = []
    for name in sorted({*before, *after}):
        if name not in before:
            entries.append(_new(name, wanted))
        elif name not in after:
            entries.append(_entry(name, "stop", "the configuration no longer has it"))
        else:
            entries.append(_changed(name, before[name], after[name]))
    return entries if starts else [_suggested(entry) for entry in entries]


def parse_unit(text: bytes) -> Unit:
    """The sections and keys of a unit file (systemd.syntax(7))."""
    unit: Unit = defaultdict(lambda: defaultdict(list))
    section = ""
    joined = re.sub(r"\\\n", " ", text.decode("utf-8", "surrogateescape"))
    for line in map(str.strip, joined.split("\n")):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif line and line[0] not in "#;":
            key, _, value = line.partition("=")
            unit[section][key.strip()].append(value.strip())
    return {name: dict(keys) for name, keys in unit.items()}


def _units(texts: Texts) -> Iterator[tuple[str, Unit | None]]:
    """The units by name, drop-ins merged into them; None for one that is not known. An empty file masks its unit."""
    drop_ins: dict[str, list[bytes | None]] = defaultdict(list)
    for name in sorted(texts):
        match = _DROP_IN.fullmatch(name)
        if match:
            drop_ins[match[1]].append(texts[name])
    names = {name for name in texts if "/" not in name and not (texts[name] == b"" and "." in name)}
    for name in sorted(names | set(drop_ins)):
        pieces = [texts.get(name, b""), *drop_ins[name]]
        known = [parse_unit(piece) for piece in pieces if piece is not None]
        yield name, _merged(known) if len(known) == len(pieces) else None


def _merged(pieces: Iterable[Unit]) -> Unit:
    """A unit with its drop-ins, as sd-switch merges them: what a later one says takes the place of what it had."""
    merged: Unit = {}
    for piece in pieces:
        for section, keys in piece.items():
            merged.setdefault(section, {}).update(keys)
    return merged


def _wanted(texts: Texts) -> dict[str, list[str]]:
    """By unit: the units that start it, or an instance of it."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for name in sorted(texts):
        match = _WANTED.fullmatch(name)
        if match:
            wanted[_INSTANCE.sub("@", match[2])].append(match[1])
    return wanted


def _new(name: str, wanted: Mapping[str, list[str]]) -> dict[str, Any]:
    if name in wanted:
        return _entry(name, "start", f"new, and wanted by {', '.join(wanted[name])}")
    return _entry(name, "keep", "new, and no target starts it")


def _changed(name: str, before: Unit | None, after: Unit | None) -> dict[str, Any]:
    if before is None or after is None:
        return _entry(name, "restart", "whether it changes is known after the build", "unknown-until-built")
    differing = list(_differing(before, after))
    if not differing:
        return _entry(name, "keep", "")
    method = _method(after, differing)
    action, how = {
        "reload": ("reload", "reloaded"),
        "restart": ("restart", "restarted"),
        "stop-start": ("restart", "stopped before files change, and started after"),
        "stop-only": ("stop", "stopped, and not started again"),
        "keep-old": ("keep", "the running one stays"),
    }[method]
    return _entry(name, action, f"{', '.join(differing)} changed: {how}")


def _method(unit: Unit, differing: list[str]) -> str:
    """How the change is made: what the unit refuses, what its triggers say, what it asks for, stop-start."""
    of_unit = {key: values[-1] for keys in unit.values() for key, values in keys.items()}
    if _is(of_unit, "RefuseManualStop", True):
        return "keep-old"
    if _is(of_unit, "RefuseManualStart", True):
        return "stop-only"
    if differing == ["Unit.X-Reload-Triggers"]:
        return "reload"
    asked = of_unit.get("X-SwitchMethod", "")
    if asked in _METHODS:
        return asked
    if "Unit.X-Restart-Triggers" in differing:
        return "restart"
    return _older_method(of_unit)


def _older_method(of_unit: Mapping[str, str]) -> str:
    if _is(of_unit, "X-RestartIfChanged", False):
        return "keep-old"
    if _is(of_unit, "X-ReloadIfChanged", True):
        return "reload"
    return "restart" if _is(of_unit, "X-StopIfChanged", False) else "stop-start"


def _is(of_unit: Mapping[str, str], key: str, wanted: bool) -> bool:
    words = ("1", "yes", "true", "on") if wanted else ("0", "no", "false", "off")
    return of_unit.get(key, "").lower() in words


def _differing(before: Unit, after: Unit) -> Iterator[str]:
    for section in sorted({*before, *after}):
        old, new = before.get(section, {}), after.get(section, {})
        yield from (f"{section}.{key}" for key in sorted({*old, *new}) if old.get(key) != new.get(key))


def _entry(name: str, action: str, reason: str, content: str = "known") -> dict[str, Any]:
    return {"name": name, "action": action, "reason": reason, "content": content}


def _suggested(entry: dict[str, Any]) -> dict[str, Any]:
    if entry["action"] == "keep":
        return entry
    reason = f"{entry['reason']}; systemd.user.startServices is off: a {entry['action']} is only suggested"
    return entry | {"action": "keep", "reason": reason}
