"""What all forms of a plan for people share: its verdict with the cause, its counts, and how lines are fitted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from textwrap import wrap

from hmeval.plan.inputs import Place
from hmeval.plan.model import FileChange, Plan, Warned
from hmeval.render.terminal import Style, shown

UNBUILDABLE = ("build-failure", "cycle")
FAILING = ("broken-generation", "failing-hook")
REFUSED = ("refusal",)

# Action: its sign, its style, how many of it are told of.
FILE_SIGNS = {
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
SIGNS = {
    "add": ("+", "green", "to add"),
    "start": ("+", "green", "to start"),
    "new": ("+", "green", "new, and not started"),
    "create": ("+", "green", "to create"),
    "set": ("~", "green", "to set"),
    "change": ("~", "yellow", "to change"),
    "update": ("~", "yellow", "to update"),
    "restart": ("~", "yellow", "to restart"),
    "reload": ("~", "yellow", "to reload"),
    "remove": ("-", "red", "to remove"),
    "stop": ("-", "red", "to stop"),
    "reset": ("-", "red", "to reset"),
    "orphaned": ("?", "yellow", "left behind"),
    "blocked": ("!", "red", "blocked"),
    "skipped": ("·", "dim", "left as they are"),
    "keep": ("·", "dim", "left as they are"),
}
_NAMED = 3


def verdict(plan: Plan) -> tuple[str, str]:
    """Whether activation can be done, and by what it fails; and the style of that."""
    if plan.blocked:
        return "red", f"Activation would fail: {'; '.join(_causes(plan))}."
    if plan.undecided:
        what = _some([change.target for change in plan.undecided], "in the way")
        return "yellow", f"Whether activation would fail is known after the build: {what}."
    if not plan.changes:
        return "green", "There is nothing to do."
    return "green", f"Activation can be done: {', '.join(_amounts(plan))}."


def _causes(plan: Plan) -> Iterator[str]:
    kinds = {warning.kind for warning in plan.warnings}
    for told, why in ((UNBUILDABLE, "it cannot be built"), (REFUSED, "it refuses to begin")):
        if kinds.intersection(told):
            yield why
    if "broken-generation" in kinds:
        yield "the generation lacks what activation needs"
    if "failing-hook" in kinds:
        yield "a block of home.activation fails"
    blocked = [change for change in plan.files if change.action == "blocked"]
    for late, why in ((False, "in the way"), (True, "where it stops half-way")):
        if names := [change.target for change in blocked if change.late is late]:
            yield _some(names, why)
    if names := [folder["name"] for folder in plan.apps if folder["action"] == "blocked"]:
        yield f"no folder where apps are copied to: {one_line(names[0])}"


def _some(names: list[str], what: str) -> str:
    """`2 files in the way: a, b`; of many, the first."""
    more = f" and {len(names) - _NAMED} others" if len(names) > _NAMED else ""
    return f"{count(len(names), 'file')} {what}: {', '.join(map(one_line, names[:_NAMED]))}{more}"


def _amounts(plan: Plan) -> Iterator[str]:
    """How many entries of each part change."""
    yield count(sum(change.action not in ("keep", "skipped") for change in plan.files), "file")
    parts = (
        (plan.packages, "package"),
        (plan.session_variables, "session variable"),
        (plan.units, "unit"),
        (plan.dconf, "dconf key"),
        (plan.launchd, "launchd agent"),
        (plan.defaults, "macOS default"),
        (plan.apps, "folder of apps"),
    )
    for entries, noun in parts:
        number = sum(entry["action"] not in ("keep", "skipped") for entry in entries)
        yield from [count(number, noun)] if number else []


def counts(actions: Iterable[str], signs: dict[str, tuple[str, str, str]]) -> str:
    """`2 to add, 1 to remove`, in the order of the signs."""
    number = Counter(actions)
    return ", ".join(f"{number[action]} {signs[action][2]}" for action in signs if number[action])


def count(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def one_line(text: str) -> str:
    """A name on one line, with nothing in it that a terminal would obey."""
    return shown(text).replace("\n", "\\n").replace("\t", "\\t")


def place(position: Place) -> str:
    """`file:line:column`, as far as it is known."""
    parts = (position.get(name) for name in ("file", "line", "column"))
    return one_line(":".join(str(part) for part in parts if part is not None))


def outcome(change: FileChange) -> str:
    """What a file's change counts as."""
    return "undecided" if change.undecided else change.action


def fitted(head: str, note: str, style: Style, *, width: int) -> Iterator[str]:
    """A line and its note: on a terminal that is too narrow for both, the note below it. `width` is that of `head`."""
    if not note:
        yield head
    elif not style.wraps or width + 2 + len(note) <= style.width:
        yield f"{head}  {style('dim', note)}"
    else:
        yield head
        yield from (f"      {style('dim', line)}" for line in folded(note, style, indent=6))


def folded(text: str, style: Style, *, indent: int) -> list[str]:
    """The lines of a text, as they fit on a terminal; as they are elsewhere."""
    if not style.wraps:
        return text.split("\n")
    room = max(style.width - indent, 20)
    return [piece for line in text.split("\n") for piece in wrap(line, room, break_on_hyphens=False) or [""]]


def prose(title: str, paragraphs: Iterable[str], colour: str, style: Style) -> str:
    """A heading with paragraphs; nothing where there are none."""
    lines = [
        f"  {'-' if number == 0 else ' '} {line}"
        for paragraph in paragraphs
        for number, line in enumerate(folded(shown(paragraph), style, indent=4))
    ]
    return "\n".join([style(colour, title), *lines]) if lines else ""


def warning_text(warning: Warned) -> str:
    """A warning, with where it comes from."""
    places = "".join(f"\ndefined at {place(position)}" for position in warning.declared_at)
    return f"{warning.message.strip()}{places}"
