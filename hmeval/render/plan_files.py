"""The files of a plan, for people: what is in the way first, then what changes, units' files with their units."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from hmeval.plan.model import UNKNOWN, FileChange, Plan
from hmeval.render.plan_words import (
    FAILING,
    FILE_SIGNS,
    REFUSED,
    UNBUILDABLE,
    count,
    counts,
    fitted,
    one_line,
    outcome,
    place,
    prose,
    warning_text,
)
from hmeval.render.terminal import Style, shown

_LISTED = ("create", "update", "backup", "remove", "skipped")
_UNIT_FILE = re.compile(r"(?:^|/)systemd/user/(?:[^/]+\.(?:wants|requires|upholds)/)?(?P<unit>[^/]+?)(?:\.d/[^/]+)?$")
_OWN = re.compile(r"(?:^|/)(?:\.keep|environment\.d/10-home-manager\.conf)$")


def stops(plan: Plan, style: Style) -> Iterator[str]:
    """A section for each kind of what would make activation fail: by its check, and half-way; then what may."""
    titles = (
        ("it cannot be built", UNBUILDABLE),
        ("activation fails", FAILING),
        ("activation refuses to begin", REFUSED),
    )
    for title, kinds in titles:
        cannot = [warning for warning in plan.warnings if warning.kind in kinds]
        yield prose(f"Blocked: {title}", map(warning_text, cannot), "red", style)
    changes = [change for change in plan.files if change.action == "blocked"]
    early = [change for change in changes if not change.late]
    late = [change for change in changes if change.late]
    if early:
        yield "\n".join([style("red", f"Blocked: {count(len(early), 'file')} in the way"), *_stops(early, style)])
    if late:
        title = "Blocked half-way, where Home Manager's check sees nothing" if not early else "It would then fail at"
        yield "\n".join([style("red", title), *_stops(late, style)])
    if undecided := plan.undecided:
        title = f"Not known before the build: whether activation fails by {count(len(undecided), 'file')} in the way"
        yield "\n".join([style("yellow", title), *_stops(undecided, style)])


def _stops(changes: Iterable[FileChange], style: Style) -> Iterator[str]:
    for change in changes:
        yield f"  {style(*_sign(change))} {one_line(change.target)}"
        yield f"      {one_line(change.reason)}"
        yield from _notes(change, style, why=True)
        yield from difference_lines(change, style)
        yield f"      {style('cyan', 'to do:')} {_remedies(change)}"


def _remedies(change: FileChange) -> str:
    """What helps, in one sentence."""
    *others, last = map(one_line, change.remedies)
    return f"{', '.join(others)}, or {last}" if others else last


def files_section(plan: Plan, style: Style, *, unchanged: bool, why: bool) -> str:
    """The files that change; those of units and of Home Manager's own are only counted here."""
    of_units = {change.target for changes in unit_files(plan).values() for change in changes}
    told_of = [change for change in plan.files if _is_told_of(change, unchanged=unchanged)]
    own = set() if unchanged else {change.target for change in told_of if _is_own(change)}
    rest = [change for change in told_of if change.target not in of_units and change.target not in own]
    lines = [style("bold", f"Files: {_counted(plan, len(of_units))}")]
    order = [*_LISTED, "relink", "keep"]
    for change in sorted(rest, key=lambda change: (order.index(change.action), change.target)):
        lines += _file(change, style, why=why)
    if own:
        names = ", ".join(map(one_line, sorted(own)))
        lines += fitted(f"  {style('dim', '·')} of Home Manager's own:", names, style, width=26)
    return "\n".join(lines)


def _counted(plan: Plan, of_units: int) -> str:
    counted = counts((outcome(change) for change in plan.files if change.action != "blocked"), FILE_SIGNS)
    unknown = sum(change.content == UNKNOWN for change in plan.files)
    notes = [f"{of_units} of them units', below"] if of_units else []
    notes += [f"the content of {unknown} is known after the build: °"] if unknown else []
    return (counted or "none") + (f" ({'; '.join(notes)})" if notes else "")


def unit_files(plan: Plan) -> dict[str, list[FileChange]]:
    """The files of each unit that is listed, and the links that want it, where there is no more to say of them."""
    listed = {unit["name"] for unit in plan.units if unit["reason"]}
    found: dict[str, list[FileChange]] = defaultdict(list)
    for change in plan.files:
        match = _UNIT_FILE.search(change.target)
        if (
            match
            and match["unit"] in listed
            and outcome(change) in ("create", "update", "remove")
            and not change.warnings
        ):
            found[match["unit"]].append(change)
    return found


def _is_told_of(change: FileChange, *, unchanged: bool) -> bool:
    """Whether a change has a line; what stays as it is has one where one would not expect that."""
    if outcome(change) in ("blocked", "undecided"):
        return False
    is_odd = change.action == "keep" and bool(change.reason or change.warnings)
    return unchanged or change.action in _LISTED or is_odd


def _is_own(change: FileChange) -> bool:
    """Whether it is one of those that every home has, and no configuration says."""
    plain = change.action in ("create", "update", "remove") and not change.warnings
    return plain and change.managed is not None and change.managed.is_internal and bool(_OWN.search(change.target))


def _sign(change: FileChange) -> tuple[str, str]:
    """The style of a change, and its sign."""
    sign, colour, _ = FILE_SIGNS[outcome(change)]
    return colour, sign


def _file(change: FileChange, style: Style, *, why: bool) -> Iterator[str]:
    kind = {"directory": "/", "copy": " (copy)", "out-of-store": _leads_to(change)}.get(change.kind or "", "")
    name = f"{one_line(change.target)}{kind}{'°' if change.content == UNKNOWN else ''}"
    head = f"  {style(*_sign(change))} {name}"
    yield from fitted(head, one_line(change.reason), style, width=4 + len(name))
    if change.removes:
        folders = one_line(", ".join(change.removes))
        yield f"      {style('dim', f'and the empty folders {folders}')}"
    yield from _notes(change, style, why=why)
    yield from difference_lines(change, style)


def _leads_to(change: FileChange) -> str:
    return f" → {one_line(change.source)}" if change.source is not None else " (out of store)"


def _notes(change: FileChange, style: Style, *, why: bool) -> Iterator[str]:
    """What to be careful of; and who made it, where that is asked for or may help."""
    for warning in change.warnings:
        yield f"      {style('yellow', f'careful: {one_line(warning)}')}"
    if not (why or change.warnings or change.action == "backup"):
        return
    if change.managed is not None and change.managed.owner is not None:
        yield f"      {style('dim', f'made by {one_line(change.managed.owner)}')}"
    for position in change.declared_at:
        yield f"      {style('dim', f'defined at {place(position)}')}"


def difference_lines(change: FileChange, style: Style) -> Iterator[str]:
    """The difference of a file's content, where there is one."""
    for line in shown(change.diff).rstrip("\n").split("\n") if change.diff else ():
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        yield f"      {style(colour, line) if colour else line}"
