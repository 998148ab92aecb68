"""The order of activation as a graph for Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from hmeval.plan.model import Plan


def dot(plan: Plan) -> str:
    """A digraph: blocks in their order, and which wants to come before which."""
    return "".join(f"{line}\n" for line in _lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    names = {block["name"] for block in plan.activation}
    yield "digraph activation {"
    yield "  rankdir=LR; node [shape=box];"
    for block in plan.activation:
        style = ", style=bold" if block["user_defined"] else ""
        style += ", peripheries=2" if block["side"] == "at" else ""
        label = _quoted(f"{block['position'] + 1}. {block['name']}")
        yield f"  {_quoted(block['name'])} [label={label}{style}];"
    for block in plan.activation:
        yield from (f"  {_quoted(name)} -> {_quoted(block['name'])};" for name in block["after"] if name in names)
        yield from (f"  {_quoted(block['name'])} -> {_quoted(name)};" for name in block["before"] if name in names)
    yield "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
