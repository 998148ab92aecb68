"""The plan, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hmeval.plan.disk import Entry
from hmeval.plan.inputs import ManagedFile, Place

KNOWN, UNKNOWN = "known", "unknown-until-built"
_UNCHANGED = ("keep", "skipped")


BESIDE_HOMES = (
    "the rest of the system is not planned: units, /etc, users, packages, the boot loader; once it is built, "
    "`nixos-rebuild dry-activate` shows which units it starts and stops"
)
"""What is said with the plans of a system's homes."""


class Backup(NamedTuple):
    """How files in the way are put aside: by an extension, or by a command, which comes first."""

    extension: str = ""
    command: str = ""
    overwrite: bool = False


class Warned(NamedTuple):
    """Something that the user should know before activating: its kind, and what it is."""

    kind: str
    message: str
    declared_at: tuple[Place, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The warning as the contract's JSON has it."""
        told: dict[str, Any] = {"kind": self.kind, "message": self.message}
        return told | ({"declared_at": list(self.declared_at)} if self.declared_at else {})


class FileChange:
    """What happens to one path below HOME.

    Attributes:
        target: the path, relative to HOME.
        action: create, update, relink, remove, keep, backup, blocked or skipped.
        reason: why, in a sentence.
        kind: link, copy, directory or out-of-store: what home-files has there; None for what is removed.
        before: what is there now.
        link: where the path leads to afterwards; None where it does not become a link.
        content: known or unknown-until-built.
        undecided: whether only the build can tell if activation fails here; `action` is what is done if it does not.
        backup: where what is there is moved to.
        late: for what is blocked: whether it is noticed only after links were removed.
        removes: folders above it that become empty and are removed.
        text: its new content, where it is known without reading.
        source: the path of its new content.
        diff: the difference of its content, where it was asked for.
        declared_at: where the configuration defines it.
        managed: what the configuration says of it; None for one of a generation that was built.
        backup_exists: whether it is blocked since its backup would be in the way of another one.
        remedies: what helps, any of them, where activation fails by it, or may.
        warnings: what is lost, or is not as it seems.
    """

    # Defaults of the class, and not of each object: there may be a hundred thousand, and most have few of these.
    link: str | None = None
    content = KNOWN
    undecided = False
    backup: str | None = None
    late = False
    removes: tuple[str, ...] = ()
    text: bytes | None = None
    source: str | None = None
    diff: str | None = None
    declared_at: tuple[Place, ...] = ()
    managed: ManagedFile | None = None
    backup_exists = False
    remedies: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __init__(self, target: str, action: str, reason: str, before: Entry, kind: str | None = None) -> None:
        self.target = target
        self.action = action
        self.reason = reason
        self.before = before
        self.kind = kind

    def __repr__(self) -> str:
        return f"FileChange({self.target!r}, {self.action!r}, {self.reason!r})"

    def as_json(self) -> dict[str, Any]:
        """The change as the contract's JSON has it."""
        told: dict[str, Any] = {
            "target": self.target,
            "action": self.action,
            "reason": self.reason,
            "kind": self.kind,
            "before": _described(self.before),
            "after": self._after(),
            "content": self.content,
            "declared_at": list(self.declared_at),
            "warnings": list(self.warnings),
        }
        sometimes = {
            "undecided": self.undecided or None,
            "option": self.managed.option if self.managed and self.remedies else None,
            "owner": self.managed.owner if self.managed and self.remedies else None,
            "remedies": list(self.remedies) or None,
            "diff": self.diff,
            "backup": self.backup,
            "removes_folders": list(self.removes) or None,
            "late": self.late if self.action == "blocked" else None,
        }
        return told | {name: value for name, value in sometimes.items() if value is not None}

    def _after(self) -> dict[str, Any]:
        if self.action == "remove":
            return {"type": "absent"}
        if self.link is None:
            return _described(self.before)
        leads_to = {"leads_to": self.source} if self.kind == "out-of-store" and self.source is not None else {}
        return {"type": "link", "link": self.link} | leads_to


def _described(entry: Entry) -> dict[str, Any]:
    return {"type": entry.kind} | ({"link": entry.link} if entry.kind == "link" else {})


class Plan(NamedTuple):
    """All that activation would do. `as_json` is the contract's form.

    Attributes:
        origin: the generation to start from.
        blocked: whether activation will fail, as far as is known before the build.
        to: the generation that is activated, as the target of `as_json`; None for a configuration.
    """

    home: str
    origin: Mapping[str, Any]
    blocked: bool
    conditional: list[str]
    files: list[FileChange]
    hooks: list[dict[str, Any]]
    packages: list[dict[str, Any]]
    session_variables: list[dict[str, Any]]
    units: list[dict[str, Any]]
    dconf: list[dict[str, Any]]
    launchd: list[dict[str, Any]]
    defaults: list[dict[str, Any]]
    apps: list[dict[str, Any]]
    activation: list[dict[str, Any]]
    warnings: list[Warned]
    to: Mapping[str, Any] | None = None

    def as_json(self, target: Mapping[str, Any], *, unchanged: bool = False) -> dict[str, Any]:
        """The plan in the contract's form (hmeval/plan/plan.schema.json); `unchanged` lists what stays as well."""
        return {
            "format_version": "1",
            "target": dict(target),
            "home": self.home,
            "from": dict(self.origin),
            "blocked": self.blocked,
            "conditional": self.conditional,
            "files": [file.as_json() for file in self.files if unchanged or file.action != "keep" or file.reason],
            "hooks": self.hooks,
            "packages": self.packages,
            "session_variables": self.session_variables,
            "units": _listed(self.units, unchanged),
            "dconf": _listed(self.dconf, unchanged),
            "launchd": _listed(self.launchd, unchanged),
            "defaults": _listed(self.defaults, unchanged),
            "apps": self.apps,
            "activation": self.activation,
            "warnings": [warning.as_json() for warning in self.warnings],
            "summary": self.summary(),
        }

    @property
    def changes(self) -> bool:
        """Whether activation would change anything, or may, as far as is known here."""
        parts = (
            self.packages,
            self.session_variables,
            self.units,
            self.dconf,
            self.launchd,
            self.defaults,
            self.apps,
        )
        return any(file.undecided or file.action not in _UNCHANGED for file in self.files) or any(
            item["action"] not in _UNCHANGED for part in parts for item in part
        )

    @property
    def undecided(self) -> list[FileChange]:
        """The files of which only the build can tell whether activation fails by them."""
        return [file for file in self.files if file.undecided]

    def summary(self) -> dict[str, Any]:
        """How many there are of each action, by part, files that are undecided by themselves; zeros are left out."""
        actions = {"files": ["undecided" if file.undecided else file.action for file in self.files]} | {
            part: [item["action"] for item in getattr(self, part)]
            for part in ("packages", "session_variables", "units", "dconf", "launchd", "defaults", "apps")
        }
        counted = {
            part: {action: names.count(action) for action in sorted(set(names))} for part, names in actions.items()
        }
        return {"changes": self.changes} | counted


def _listed(entries: list[dict[str, Any]], unchanged: bool) -> list[dict[str, Any]]:
    """The entries; those that stay as they are only where they are asked for, or have a reason."""
    return [entry for entry in entries if unchanged or entry["action"] != "keep" or entry["reason"]]
