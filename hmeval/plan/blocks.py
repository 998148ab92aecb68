"""The blocks of the activation script: their order, their side of the write boundary, and what they do past `run`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from hmeval.plan.dag import Order, predecessors
from hmeval.plan.exits import find_exits
from hmeval.plan.inputs import Block
from hmeval.plan.model import Warned

BOUNDARY = "writeBoundary"

# Home Manager's own blocks of which the plan says what they do.
_FOLLOWED = {
    BOUNDARY,
    "checkFilesChanged",
    "checkLinkTargets",
    "copyApps",
    "dconfSettings",
    "installPackages",
    "linkGeneration",
    "onFilesChange",
    "reloadSystemd",
    "setDarwinDefaults",
    "setupLaunchAgents",
}
# Words that begin a command which changes nothing, or is only shown in a dry run (Home Manager's lib/bash).
_HARMLESS = set(
    """run echo printf verboseEcho noteEcho warnEcho errorEcho _i _iNote _iWarn _iError _iVerbose $DRY_RUN_CMD
    $VERBOSE_ECHO if then elif else fi for while until do done case esac [[ [ test local declare export unset set
    shopt : true false return exit read function { } ;; in break continue""".split()
)
_WORD = re.compile(r"[^\s;&|()]+|\(")
_ASSIGNMENT = re.compile(r"^[A-Za-z_]\w*\+?=")
_BETWEEN = re.compile(r"&&|\|\||[;|&]")
# What is in a line without being a command of its own or writing to a file, and what to read in its place.
_WITHOUT_COMMANDS = [
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r'"(?:[^"\\]|\\.)*"|\'[^\']*\'', "''"),
        (r"(?:^|\s)#.*", ""),
        (r"\[\[ .*? \]\]|\(\(.*?\)\)", "[["),
        (r"\$\([^()]*\)", "$"),
        (r"=\([^()]*\)", "="),
        (r"[&\d]*>>?\s*(?:&\s*[\d-]|/dev/(?:null|stdout|stderr)\b|\$DRY_RUN_NULL\b)", ""),
    )
]


def described_blocks(blocks: Mapping[str, Block], order: Order) -> list[dict[str, Any]]:
    """Each block as the contract's JSON has it, in their order; in the order of names where there is none."""
    names = order.result or sorted(blocks)
    boundary = names.index(BOUNDARY) if BOUNDARY in names else -1
    return [
        {
            "name": name,
            "after": blocks[name].after,
            "before": blocks[name].before,
            "position": position,
            "side": "at" if position == boundary else "before" if position < boundary else "after",
            "opaque": is_opaque(name, blocks[name]),
            "user_defined": blocks[name].user_defined,
            "declared_at": list(blocks[name].declared_at),
        }
        for position, name in enumerate(names)
    ]


def block_warnings(blocks: Mapping[str, Block], order: Order) -> Iterator[Warned]:
    """Warnings about blocks: a cycle, an accidental position, the end of activation, commands without `run`."""
    if order.cycle:
        chain = " → ".join([*order.cycle, *order.loops])
        yield Warned("cycle", f"the blocks of home.activation have no order: {chain}; Home Manager cannot be built so")
        return
    asked = _asked_before(blocks)
    for name in order.result:
        if blocks[name].user_defined is not False:
            yield from _end_warnings(name, blocks[name], order)
            yield from _order_warnings(name, blocks)
        block = blocks[name]
        before = BOUNDARY in order.result and order.result.index(name) < order.result.index(BOUNDARY)
        if block.user_defined and before and name not in asked:
            message = (
                f"home.activation.{name} runs before the checks are through, since nothing orders it: "
                f'lib.hm.dag.entryAfter [ "{BOUNDARY}" ] puts it after them'
            )
            yield Warned("hook-before-write-boundary", message, block.declared_at)
        if block.user_defined and is_opaque(name, block):
            message = f"home.activation.{name} has commands that do not go through `run`: a dry run carries them out"
            yield Warned("opaque-hook", message, block.declared_at)


def _end_warnings(name: str, block: Block, order: Order) -> Iterator[Warned]:
    """A warning if a block ends the activation, or may: later blocks do not run then."""
    exits = find_exits(block.code)
    certain = [found for found in exits if found.is_certain]
    later = ", ".join(order.result[order.result.index(name) + 1 :])
    if certain and certain[0].fails:
        yield Warned("failing-hook", f"home.activation.{name} always fails: it reaches an `exit`", block.declared_at)
    elif not all(found.fails for found in exits) and later:
        ends = "ends activation" if certain else "may end activation"
        message = f"home.activation.{name} {ends} with `exit` or `exec`; these blocks do not run then: {later}"
        yield Warned("ending-hook", message, block.declared_at)


def _order_warnings(name: str, blocks: Mapping[str, Block]) -> Iterator[Warned]:
    """A warning for each name in `after` and `before` that is no block. Home Manager ignores it."""
    block = blocks[name]
    for relation, others in (("after", block.after), ("before", block.before)):
        for other in others:
            if other not in blocks:
                near = difflib.get_close_matches(other, blocks, n=1)
                meant = f"; did you mean {near[0]}?" if near else ""
                message = (
                    f"home.activation.{name} is ordered {relation} {other}, which is no block: Home Manager ignores it"
                )
                yield Warned("unknown-block", message + meant, block.declared_at)


def is_opaque(name: str, block: Block) -> bool:
    """Whether a block may do what neither the plan nor a dry run shows."""
    if name in _FOLLOWED and not block.user_defined:
        return False
    if any(not found.fails for found in find_exits(block.code)):
        return True
    return any(not _harmless(line.strip()) for line in block.code.replace("\\\n", " ").split("\n"))


def _harmless(line: str) -> bool:
    """Whether every command of a line is; what goes into a file does, whatever writes it."""
    substitutes = "$(" in line or "`" in line
    for pattern, instead in _WITHOUT_COMMANDS:
        line = pattern.sub(instead, line)
    return ">" not in line and all(_harmless_command(command, substitutes) for command in _BETWEEN.split(line))


def _harmless_command(command: str, substitutes: bool) -> bool:
    words = _WORD.findall(command)
    while words and words[0] in ("if", "elif", "while", "until", "!", "then", "else", "do", "{"):
        words.pop(0)
    assigns = False
    while words and _ASSIGNMENT.match(words[0]):
        assigns = bool(words.pop(0))
    if not words:
        return not (assigns and substitutes)
    return words[0] in _HARMLESS and not (words[0] == "export" and substitutes)


def _asked_before(blocks: Mapping[str, Block]) -> set[str]:
    """The blocks that are said to come before the boundary, directly or through others."""
    before = predecessors(blocks)
    pending, asked = [BOUNDARY], set()
    while pending:
        for name in before.get(pending.pop(), ()):
            if name in blocks and name not in asked:
                asked.add(name)
                pending.append(name)
    return asked
