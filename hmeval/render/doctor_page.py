"""The doctor's report, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hmeval.render.terminal import Style, shown, without_long_lines

_INTERFACES = {
    "c-api": "by Nix's C API",
    "compat": "by hmeval's compatibility library for Nix 2.8",
}
_CAPABILITIES = {
    "flakes": "evaluates flakes",
    "interrupts": "a running evaluation can be ended",
    "read-only": "writes nothing into the store",
    "traces": "sees what an evaluation reads, so that the cache knows exactly what changes it",
}
_COLOURS = {"error": "red", "warning": "bold", "advice": "cyan", "note": "dim"}
_INDENT = 10


def doctor_page(report: Mapping[str, Any], style: Style) -> str:
    """The report as text: what is in use, and then what is wrong."""
    in_use = [*_engine(report["engine"]), *_target(report), *_inputs(report["inputs"])]
    lines = [f"{subject:{_INDENT}}{shown(text)}" for subject, text in in_use if text]
    for finding in report["findings"]:
        lines += ["", *_finding(finding, style)]
    if not report["findings"] and report["target"]:
        lines += ["", "nothing is wrong"]
    return "\n".join(lines) + "\n"


def _engine(engine: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    store = engine["store"]
    yield "engine", f"Nix {engine['version']}, {_INTERFACES[engine['interface']]}"
    yield "store", "the system's" if store == "auto" else f"{store} (its paths differ from those of /nix/store)"
    yield "can", "; ".join(text for name, text in _CAPABILITIES.items() if name in engine["capabilities"])
    yield "cannot", "; ".join(text for name, text in _CAPABILITIES.items() if name not in engine["capabilities"])


def _target(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "project", _project(report["project"])
    subject = "looked at"
    for place in report["looked_at"]:
        state = "taken" if place.get("taken") else "there" if place["found"] else "not there"
        yield subject, f"{place['path']}: {state} ({place['why']})"
        subject = ""
    none = "none" if report["findings"] else "none: give --flake or --file"
    yield "target", _described(report["target"]) if report["target"] else none
    subject = "replaced"
    for name, place in (report["target"] or {}).get("override_inputs", {}).items():
        yield subject, f"{name}: {place}"
        subject = ""
    yield "editor", _trusted(report["trust"])
    yield "settings", ", ".join(f"{name} = {_nix(value)}" for name, value in report["settings"].items())


def _project(project: Mapping[str, Any] | None) -> str:
    if project is None:
        return ""
    if not project["used"]:
        return f"{project['file']}: not used, another target is asked for"
    said = [f"{name} {project[name]}" for name in ("target", "user") if name in project]
    replaced = [f"{name} → {place}" for name, place in project.get("overrides", {}).items()]
    return ": ".join(filter(None, (project["file"], ", ".join([*said, *replaced]))))


def _trusted(trust: Mapping[str, Any] | None) -> str:
    if trust is None:
        return ""
    if trust["trusted"]:
        return f"may evaluate {trust['folder']}: you have trusted it ({trust['file']} lists such folders)"
    return f"may not evaluate {trust['folder']} before you trust it: it asks for that (hmeval.trust)"


def _described(target: Mapping[str, Any]) -> str:
    whose = f", home of {target['user']}" if "user" in target else ", the system itself" if "system" in target else ""
    return (f"{target['flake']}#{target['name']}" if target["kind"] == "flake" else str(target["file"])) + whose


def _nix(value: Any) -> str:
    return {True: "true", False: "false", None: "null"}[value] if not isinstance(value, str) else f'"{value}"'


def _inputs(inputs: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    subject = "inputs"
    for source in inputs["sources"] if inputs else ():
        revision = str(source["revision"] or "")[:11]
        replaces = f"{source['reference']} in place of {source['replaces']}" if "replaces" in source else None
        facts = [
            replaces or source["reference"],
            revision,
            source["date"],
            source["release"] and f"release {source['release']}",
        ]
        serves = f" → {', '.join(source['serves'])}" if source["serves"] else ""
        yield subject, f"{source['input']}: {', '.join(filter(None, facts))}{serves}"
        subject = ""


def _finding(finding: Mapping[str, Any], style: Style) -> Iterator[str]:
    severity = finding["severity"]
    first, *rest = shown(without_long_lines(finding["message"])).split("\n")
    yield style(_COLOURS[severity], f"{severity:{_INDENT}}") + first
    indent = " " * _INDENT
    yield from (f"{indent}{line}" for line in rest)
    yield from (f"{indent}at {place['file']}:{place['line']}:{place['column']}" for place in finding["places"])
    if finding["remedy"]:
        yield f"{indent}to do: {finding['remedy']}"
