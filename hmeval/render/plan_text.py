"""A plan, to be read: the verdict first and last, what blocks it, then what happens, grouped and counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hmeval.plan.model import BESIDE_HOMES, Plan
from hmeval.render.plan_files import difference_lines, files_section, stops, unit_files
from hmeval.render.plan_words import (
    FAILING,
    FILE_SIGNS,
    REFUSED,
    SIGNS,
    UNBUILDABLE,
    count,
    counts,
    fitted,
    one_line,
    outcome,
    prose,
    verdict,
    warning_text,
)
from hmeval.render.terminal import Style

_SHORT = 100
_TOLD_ELSEWHERE = ("file", *UNBUILDABLE, *FAILING, *REFUSED)
# Packages that Home Manager puts into every profile: folders to be merged, its manual, its variables.
_OWN_PACKAGES = re.compile(r"dummy-.*|hm-session-vars\.sh|home-configuration-reference-manpage|home-manager-path")


def plan_text(plan: Plan, style: Style, *, unchanged: bool = False, why: bool = False) -> str:
    """The plan; with `unchanged` also what stays, is linked anew or rebuilt; with `why` who made each file."""
    sections = [
        "\n".join(_head(plan, style)),
        *stops(plan, style),
        files_section(plan, style, unchanged=unchanged, why=why),
        _items("Hooks that run (onChange)", _hooks(plan), style),
        _packages(plan, style, unchanged=unchanged),
        _items("Session variables", map(_variable, plan.session_variables), style),
        _units(plan, style, unchanged=unchanged),
        _items("dconf", (_key(key) for key in plan.dconf if unchanged or key["action"] != "keep"), style),
        _items("launchd agents", (_agent(agent) for agent in plan.launchd if unchanged or agent["reason"]), style),
        _items(
            "macOS defaults", (_default(key) for key in plan.defaults if unchanged or key["action"] != "keep"), style
        ),
        _items("Apps", map(_agent, plan.apps), style),
        _activation(plan, style),
        prose("Warnings", _warnings(plan), "yellow", style),
        prose("Not known", plan.conditional, "dim", style),
        style(*verdict(plan)),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def system_text(
    plans: Mapping[str, Plan], style: Style, *, brief: bool, unchanged: bool = False, why: bool = False
) -> str:
    """The plans of a system's homes, by user; how each ends stands first and last, and alone where it is `brief`."""
    verdicts = "\n".join(f"{style('bold', one_line(user))}: {style(*verdict(plan))}" for user, plan in plans.items())
    if brief:
        return f"{verdicts}\n"
    homes = [
        f"{style('bold', f'== {one_line(user)}')}\n{plan_text(plan, style, unchanged=unchanged, why=why)}"
        for user, plan in plans.items()
    ]
    not_known = prose("Not known", [BESIDE_HOMES], "dim", style)
    return "\n".join([f"{verdicts}\n", *homes, f"{not_known}\n", f"{verdicts}\n"])


def brief_text(plan: Plan, style: Style) -> str:
    """The plan in ten lines at most: for a hook, or the message of a commit."""
    lines = [style(*verdict(plan)), *list(_head(plan, style))[2:]]
    lines += [f"Files: {counts((outcome(change) for change in plan.files), FILE_SIGNS) or 'none'}"]
    parts = (
        ("Packages", plan.packages),
        ("Session variables", plan.session_variables),
        ("Units", plan.units),
        ("dconf keys", plan.dconf),
        ("launchd agents", plan.launchd),
        ("macOS defaults", plan.defaults),
        ("Folders of apps", plan.apps),
    )
    for title, entries in parts:
        changing = [entry for entry in entries if entry["action"] not in ("keep", "skipped")]
        lines += [f"{title}: {counts((entry['action'] for entry in changing), SIGNS)}"] if changing else []
    notes = [(len(plan.warnings), "warning"), (len(plan.conditional), "caveat")]
    told = [count(number, noun) for number, noun in notes if number]
    return "\n".join([*lines, *([f"{', '.join(told)}: see `hmeval plan`"] if told else [])]) + "\n"


def _head(plan: Plan, style: Style) -> Iterator[str]:
    yield style(*verdict(plan))
    yield style("bold", f"Activation in {one_line(plan.home)}")
    if plan.origin["generation"]:
        yield f"from {_generation(plan.origin)}"
    elif plan.origin["kind"] == "current":
        yield "from nothing: no generation was activated there"
    else:
        yield "from nothing"
    if plan.to:
        yield f"to {_generation(plan.to)}"


def _generation(told: Mapping[str, Any]) -> str:
    number = f" (generation {told['number']})" if "number" in told else ""
    return f"{one_line(told['generation'])}{number}"


_Item = tuple[str, str, str]
"""An action, a name, and what is told of it."""


def _items(title: str, items: Iterable[_Item], style: Style) -> str:
    """A heading with counts, and a line for each item."""
    told = list(items)
    lines = [line for item in told for line in _item(item, style)]
    return "\n".join([_heading(title, (action for action, _, _ in told), style), *lines]) if lines else ""


def _heading(title: str, actions: Iterable[str], style: Style) -> str:
    return style("bold", f"{title}: {counts(actions, SIGNS)}")


def _item(item: _Item, style: Style) -> Iterator[str]:
    action, name, note = item
    sign, colour, _ = SIGNS[action]
    yield from fitted(f"  {style(colour, sign)} {name}", note, style, width=4 + len(name))


def _hooks(plan: Plan) -> Iterator[_Item]:
    for hook in plan.hooks:
        if hook["runs"] != "no":
            yield "change", one_line(hook["target"]), "" if hook["runs"] == "yes" else "known after the build"


def _packages(plan: Plan, style: Style, *, unchanged: bool) -> str:
    """Those that change by version first; those that are only rebuilt, and Home Manager's own, in a line each."""
    rebuilt = [package for package in plan.packages if package["action"] == "change" and "reason" in package]
    own = [package for package in plan.packages if _OWN_PACKAGES.fullmatch(package["name"]) and package not in rebuilt]
    if unchanged:
        rebuilt, own = [], []
    listed = [package for package in plan.packages if package not in rebuilt and package not in own]
    order = ["change", "add", "remove"]
    listed.sort(key=lambda package: ("reason" in package, order.index(package["action"])))
    lines = [line for package in listed for line in _item(_package(package), style)]
    if own:
        names = ", ".join(one_line(each["name"]) for each in own)
        lines += fitted(f"  {style('dim', '·')} of Home Manager's own:", names, style, width=26)
    if rebuilt:
        lines.append(f"  {style('dim', '=')} {count(len(rebuilt), 'package')} of the same version, built anew")
    actions = [package["action"] for package in plan.packages]
    return "\n".join([_heading("Packages", actions, style), *lines]) if lines else ""


def _package(package: Mapping[str, Any]) -> _Item:
    before, after = package["before"], package["after"]
    versions = (
        f"{before} → {after}" if before != after and before is not None and after is not None else before or after
    )
    return package["action"], one_line(" ".join(filter(None, (package["name"], versions)))), package.get("reason", "")


def _units(plan: Plan, style: Style, *, unchanged: bool) -> str:
    """Each unit once: what becomes of it, and how its files differ."""
    files = unit_files(plan)
    units = [unit for unit in plan.units if unchanged or unit["reason"]]
    items = [_unit(unit) for unit in units]
    lines: list[str] = []
    for unit, item in zip(units, items, strict=True):
        lines += _item(item, style)
        for change in files.get(unit["name"], ()):
            lines += difference_lines(change, style)
    return "\n".join([_heading("Units", (action for action, _, _ in items), style), *lines]) if lines else ""


def _unit(unit: Mapping[str, Any]) -> _Item:
    """A unit that is new and not started stays as it is to systemd, and is new to the reader."""
    action, reason = unit["action"], one_line(unit["reason"])
    if action == "keep" and reason.startswith("new, and "):
        return "new", one_line(unit["name"]), reason
    return action, one_line(unit["name"]), f"{action}: {reason}" if reason else ""


def _agent(agent: Mapping[str, Any]) -> _Item:
    return agent["action"], one_line(agent["name"]), one_line(agent["reason"])


def _variable(variable: Mapping[str, Any]) -> _Item:
    before, after = variable["before"], variable["after"]
    values = f"{before} → {after}" if before is not None and after is not None else after if after is not None else ""
    return variable["action"], _short(f"{variable['name']}={values}" if values else variable["name"]), ""


def _key(entry: Mapping[str, Any]) -> _Item:
    database = f"{entry['database']}:" if "database" in entry else ""
    after = "(not known)" if entry["after"] is None else entry["after"]
    value = f" = {after}" if entry["action"] == "set" else f"  {entry['action']}: {entry['reason']}"
    return entry["action"], _short(f"{database}{entry['key']}{value}"), ""


def _default(entry: Mapping[str, Any]) -> _Item:
    host = " (of this host)" if entry["current_host"] else ""
    name = f"{one_line(entry['domain'])}{host}" + ("" if entry["key"] is None else f": {one_line(entry['key'])}")
    value = f" = {entry['after']}" if entry["after"] is not None and entry["action"] == "set" else ""
    return entry["action"], _short(f"{name}{value}"), one_line(entry["reason"])


def _activation(plan: Plan, style: Style) -> str:
    """The order of the blocks; those of the user's own are set off."""
    names = []
    for block in plan.activation:
        name = one_line(block["name"])
        marks = f"{'*' if block['user_defined'] else ''}{'?' if block['opaque'] else ''}"
        names.append(style("cyan", f"{name}{marks}") if block["user_defined"] else f"{name}{marks}")
    note = [style("dim", "  * defined by you; ? does what neither this plan nor a dry run shows")]
    note = note if any(block["user_defined"] or block["opaque"] for block in plan.activation) else []
    return "\n".join([style("bold", "Order"), *_wrapped(names, style), *note])


def _wrapped(names: list[str], style: Style) -> Iterator[str]:
    """The names in lines that fit; colour takes no room."""
    line, room = "", 0
    for name in names:
        width = len(name) - (len(style("cyan", "x")) - 1 if name.startswith("\x1b") else 0) + 3
        if line and room + width > style.width:
            yield f"  {line} →"
            line, room = "", 0
        line, room = f"{line} → {name}" if line else name, room + width
    yield f"  {line}"


def _warnings(plan: Plan) -> Iterator[str]:
    """The warnings, but for those that are told elsewhere."""
    return (warning_text(warning) for warning in plan.warnings if warning.kind not in _TOLD_ELSEWHERE)


def _short(text: str) -> str:
    name = one_line(text)
    return name if len(name) <= _SHORT else f"{name[: _SHORT - 1]}…"
