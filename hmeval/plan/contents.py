"""What is in files before and after: texts in derivations that are not built yet, and the differences."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

from hmeval.plan.disk import Disk, content
from hmeval.plan.inputs import ManagedFile, text_bytes
from hmeval.plan.model import UNKNOWN, FileChange

# nixpkgs' writeTextFile (pkgs/build-support/trivial-builders): the text is moved to $out and a path below it.
_TEXT_TARGET = re.compile(r"^target=\$out(?:'([^']*)'|(\S*))$", re.MULTILINE)
_MOVED = 'mv "$textPath" "$target"'
_LARGEST_SHOWN = 1024 * 1024


def with_derivation_text(file: ManagedFile, disk: Disk) -> ManagedFile:
    """The file with its text, where that stands in the environment of a derivation that the store holds."""
    if file.text is not None or file.derivation is None or file.link_to is not None or file.recursive:
        return file
    derivation = content(disk, file.derivation)
    if derivation is None:
        return file
    text = derivation_text(derivation.decode("utf-8", "surrogateescape"), file.source)
    return file if text is None else file._replace(text=text)


def derivation_text(derivation: str, source: str) -> bytes | None:
    """The text that a derivation writes to `source`, where it does nothing else; None for any other derivation."""
    import pynixutil  # few configurations need it

    try:
        parsed = pynixutil.drvparse(derivation)
        output, environment = parsed.outputs["out"].path, parsed.env
    except (SyntaxError, ValueError, AttributeError, LookupError, TypeError, RecursionError, MemoryError):
        return None
    command = environment.get("buildCommand", "")
    target = _TEXT_TARGET.search(command)
    if target is None or _MOVED not in command or "text" not in environment:
        return None
    return text_bytes(environment["text"]) if output + (target[1] or target[2] or "") == source else None


def difference(change: FileChange, home: str, disk: Disk) -> str | None:
    """What changes in the content of a path below HOME, as a unified diff; None where it is not known, or nothing."""
    if change.content == UNKNOWN or change.action in ("keep", "relink", "skipped"):
        return None
    before = content(disk, f"{home}/{change.target}") if change.before.kind != "absent" else b""
    after = b"" if change.action == "remove" else change.text
    if after is None and change.source is not None:
        after = content(disk, change.source)
    if before is None or after is None or before == after:
        return None
    names = (change.target if change.before.kind != "absent" else "/dev/null", change.target)
    if change.action == "remove":
        names = (change.target, "/dev/null")
    if b"\0" in before + after or len(before) + len(after) > _LARGEST_SHOWN:
        return f"{names[0]} and {names[1]} differ, and are no text\n"
    return "".join(_unified(_lines(before), _lines(after), names))


def add_differences(changes: Iterable[FileChange], home: str, disk: Disk) -> None:
    """Put the difference of its content into each change that has one."""
    for change in changes:
        change.diff = difference(change, home, disk)


def _lines(content: bytes) -> list[str]:
    """The lines, which `diff` ends at a line feed alone: a form feed is a letter of its line."""
    return re.findall(r"[^\n]*\n|[^\n]+", content.decode("utf-8", "surrogateescape"))


def _unified(before: Sequence[str], after: Sequence[str], names: tuple[str, str]) -> list[str]:
    lines = difflib.unified_diff(before, after, *names)
    return [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]
