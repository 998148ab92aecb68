"""A plan, to be read: what blocks it first, then what happens, grouped and counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hmeval.plan.inputs import Place
from hmeval.plan.model import FileChange, Plan, Warned
from hmeval.render.terminal import Style, shown

# Action: its sign, its style, how many of it are told of.
_SIGNS = {
    "create": ("+", "green", "to create"),
    "update": ("~", "yellow", "to update"),
    "backup": ("»", "yellow", "to replace, moving what is there aside"),
    "remove": ("-", "red", "to remove"),
    "relink": ("=", "dim", "to link anew, with the same content"),
    "skipped": ("·", "dim", "left as they are"),
    "keep": ("·", "dim", "unchanged"),
    "undecided": ("?", "yellow", "undecided until the build"),
    "blocked": ("!", "red", "blocked"),
}
_OTHER_SIGNS = {
    "add": ("+", "green"),
    "start": ("+", "green"),
    "set": ("~", "green"),
    "change": ("~", "yellow"),
    "restart": ("~", "yellow"),
    "reload": ("~", "yellow"),
    "stop": ("-", "red"),
    "reset": ("-", "red"),
    "orphaned": ("?", "yellow"),
}
_LISTED = ("create", "update", "backup", "remove", "skipped")
_UNBUILDABLE = ("build-failure", "cycle")
_UNUSABLE = ("broken-generation", "failing-hook")
_REFUSED = ("refusal",)
_SHORT = 100


def plan_text(plan: Plan, style: Style, *, unchanged: bool = False) -> str:
    """The plan; with `unchanged`, what stays as it is and what is only linked anew is listed too."""
    sections = [
        "\n".join(_head(plan, style)),
        *_blocked(plan, style),
        *_undecided(plan, style),
        _files(plan, style, unchanged),
        _items("Hooks that run (onChange)", _hooks(plan), style),
        _items("Packages", map(_package, plan.packages), style),
        _items("Session variables", map(_variable, plan.session_variables), style),
        _items("Units", (_named(unit) for unit in plan.units if unchanged or unit["reason"]), style),
        _items("dconf", (_key(key) for key in plan.dconf if unchanged or key["action"] != "keep"), style),
        _items("launchd agents", (_named(agent) for agent in plan.launchd if unchanged or agent["reason"]), style),
        _activation(plan, style),
        _prose("Warnings", _warnings(plan, but=("file", *_UNBUILDABLE, *_UNUSABLE, *_REFUSED)), "yellow", style),
        _prose("Not known", plan.conditional, "dim", style),
        _verdict(plan, style),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def place(position: Place) -> str:
    """`file:line:column`, as far as it is known."""
    parts = (position.get(name) for name in ("file", "line", "column"))
    return _name(":".join(str(part) for part in parts if part is not None))


def _name(text: str) -> str:
    """A name on one line, with nothing in it that a terminal would obey."""
    return shown(text).replace("\n", "\\n").replace("\t", "\\t")


def _head(plan: Plan, style: Style) -> Iterator[str]:
    yield style("bold", f"Activation in {_name(plan.home)}")
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
    return f"{_name(told['generation'])}{number}"


# -- files ---------------------------------------------------------------------------------------------------------


def _blocked(plan: Plan, style: Style) -> Iterator[str]:
    """What would make activation fail: by its check, and half-way."""
    for title, kinds in (
        ("it cannot be built", _UNBUILDABLE),
        ("activation fails", _UNUSABLE),
        ("activation refuses to begin", _REFUSED),
    ):
        cannot = [warning for warning in plan.warnings if warning.kind in kinds]
        yield _prose(f"Blocked: {title}", map(_warning, cannot), "red", style)
    changes = [change for change in plan.files if change.action == "blocked"]
    early = [change for change in changes if not change.late]
    late = [change for change in changes if change.late]
    if early:
        yield "\n".join([style("red", f"Blocked: {_count(len(early), 'file')} in the way"), *_stops(early, style)])
    if late:
        title = "Blocked half-way, where Home Manager's check sees nothing" if not early else "It would then fail at"
        yield "\n".join([style("red", title), *_stops(late, style)])


def _undecided(plan: Plan, style: Style) -> Iterator[str]:
    """What may make activation fail, as only the build can tell."""
    if changes := plan.undecided:
        title = f"Not known before the build: whether activation fails by {_count(len(changes), 'file')} in the way"
        yield "\n".join([style("yellow", title), *_stops(changes, style)])


def _stops(changes: Iterable[FileChange], style: Style) -> Iterator[str]:
    for change in changes:
        yield f"  {style(*_sign(change))} {_name(change.target)}"
        yield f"      {_name(change.reason)}"
        yield from _notes(change, style)
        yield from _diff(change, style)
        if change.managed is not None and change.managed.owner is not None:
            yield f"      {style('dim', f'made by {_name(change.managed.owner)}')}"
        yield f"      {style('cyan', 'to do:')} {_remedies(change)}"


def _remedies(change: FileChange) -> str:
    """What helps, in one sentence."""
    *others, last = map(_name, change.remedies)
    return f"{', '.join(others)}, or {last}" if others else last


def _files(plan: Plan, style: Style, unchanged: bool) -> str:
    listed = (*_LISTED, "relink", "keep")
    counts = {action: [change for change in plan.files if _outcome(change) == action] for action in _SIGNS}
    lines = [style("bold", "Files")]
    told = [f"{len(counts[action])} {_SIGNS[action][2]}" for action in _SIGNS if counts[action] and action != "blocked"]
    lines += [f"  {', '.join(told)}"] if told else ["  none"]
    for action in listed:
        told_of = [change for change in counts[action] if unchanged or action in _LISTED or _is_odd(change)]
        for change in sorted(told_of, key=lambda change: change.target):
            lines += _file(change, style)
    return "\n".join(lines)


def _outcome(change: FileChange) -> str:
    return "undecided" if change.undecided else change.action


def _sign(change: FileChange) -> tuple[str, str]:
    """The style of a change, and its sign."""
    sign, colour, _ = _SIGNS[_outcome(change)]
    return colour, sign


def _is_odd(change: FileChange) -> bool:
    """Whether something stays as it is that one would not expect to."""
    return change.action == "keep" and bool(change.reason)


def _file(change: FileChange, style: Style) -> Iterator[str]:
    kind = {"directory": "/", "copy": " (copy)", "out-of-store": " (out of store)"}.get(change.kind or "", "")
    unknown = style("dim", " (content known after the build)") if change.content != "known" else ""
    reason = f"  {style('dim', _name(change.reason))}" if change.reason else ""
    yield f"  {style(*_sign(change))} {_name(change.target)}{kind}{unknown}{reason}"
    if change.removes:
        folders = _name(", ".join(change.removes))
        yield f"      {style('dim', f'and the empty folders {folders}')}"
    yield from _notes(change, style)
    yield from _diff(change, style)


def _notes(change: FileChange, style: Style) -> Iterator[str]:
    for warning in change.warnings:
        yield f"      {style('yellow', f'careful: {_name(warning)}')}"
    if _outcome(change) in ("blocked", "undecided", "backup") or change.warnings:
        for position in change.declared_at:
            yield f"      {style('dim', f'defined at {place(position)}')}"


def _diff(change: FileChange, style: Style) -> Iterator[str]:
    for line in shown(change.diff).rstrip("\n").split("\n") if change.diff else ():
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        yield f"      {style(colour, line) if colour else line}"


# -- the rest ------------------------------------------------------------------------------------------------------

_Item = tuple[str, str]
"""An action, and what is told of it."""


def _items(title: str, items: Iterable[_Item], style: Style) -> str:
    lines = []
    for action, text in items:
        sign, colour = _OTHER_SIGNS.get(action) or _SIGNS.get(action, ("·", "dim"))[:2]
        lines.append(f"  {style(colour, sign)} {text}")
    return "\n".join([style("bold", title), *lines]) if lines else ""


def _hooks(plan: Plan) -> Iterator[_Item]:
    for hook in plan.hooks:
        if hook["runs"] != "no":
            unknown = " (known after the build)" if hook["runs"] != "yes" else ""
            yield "change", f"{_name(hook['target'])}{unknown}"


def _package(package: Mapping[str, Any]) -> _Item:
    before, after = package["before"], package["after"]
    versions = (
        f"{before} → {after}" if before != after and before is not None and after is not None else before or after
    )
    return package["action"], _name(" ".join(filter(None, (package["name"], versions, package.get("reason")))))


def _variable(variable: Mapping[str, Any]) -> _Item:
    before, after = variable["before"], variable["after"]
    values = f"{before} → {after}" if before is not None and after is not None else after if after is not None else ""
    return variable["action"], _short(f"{variable['name']}={values}" if values else variable["name"])


def _named(entry: Mapping[str, Any]) -> _Item:
    action = entry["action"]
    verb = f"{action}: " if action in ("start", "stop", "restart", "reload", "keep") else ""
    return action, _name(f"{entry['name']}  {verb}{entry['reason']}")


def _key(entry: Mapping[str, Any]) -> _Item:
    database = f"{entry['database']}:" if "database" in entry else ""
    after = "(not known)" if entry["after"] is None else entry["after"]
    value = f" = {after}" if entry["action"] == "set" else f"  {entry['action']}: {entry['reason']}"
    return entry["action"], _short(f"{database}{entry['key']}{value}")


def _activation(plan: Plan, style: Style) -> str:
    """The order of the blocks; those of the user's own are set off."""
    names = []
    for block in plan.activation:
        name = _name(block["name"])
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


def _warnings(plan: Plan, but: Iterable[str]) -> Iterator[str]:
    """The warnings, but for those of some kinds, which are told elsewhere."""
    return (_warning(warning) for warning in plan.warnings if warning.kind not in but)


def _warning(warning: Warned) -> str:
    places = "".join(f"\ndefined at {place(position)}" for position in warning.declared_at)
    return f"{warning.message.strip()}{places}"


def _prose(title: str, paragraphs: Iterable[str], colour: str, style: Style) -> str:
    lines = [
        f"  {'-' if number == 0 else ' '} {line}"
        for paragraph in paragraphs
        for number, line in enumerate(shown(paragraph).split("\n"))
    ]
    return "\n".join([style(colour, title), *lines]) if lines else ""


def _verdict(plan: Plan, style: Style) -> str:
    if plan.blocked:
        return style("red", "Activation would fail.")
    if plan.undecided:
        return style("yellow", "Whether activation would fail is known after the build.")
    return style("green", "Activation can be done." if plan.changes else "There is nothing to do.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _short(text: str) -> str:
    name = _name(text)
    return name if len(name) <= _SHORT else f"{name[: _SHORT - 1]}…"
