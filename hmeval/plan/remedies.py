"""What to do about a file in the way. tests/plan/test_remedies.py applies each remedy as printed."""

from __future__ import annotations

from collections.abc import Iterator

from hmeval.plan.model import FileChange


def remedies(change: FileChange, *, by_system: bool) -> tuple[str, ...]:
    """The remedies for a change that is blocked, or may be. `by_system`: a system's switch activates the home.

    Source: the advice of Home Manager's modules/files/check-link-targets.sh.
    """
    if change.late:
        return ("move what is in the way somewhere else",)
    if change.backup_exists:
        overwrite = (
            "set home-manager.overwriteBackup = true" if by_system else "set HOME_MANAGER_BACKUP_OVERWRITE=1 for it"
        )
        return ("remove the older backup", "take another extension", overwrite)
    return tuple(_usual(change, by_system=by_system))


def _usual(change: FileChange, *, by_system: bool) -> Iterator[str]:
    is_link = change.before.kind == "link"
    yield "remove the link" if is_link else f"move the {'folder' if change.before.kind == 'directory' else 'file'} away"
    if not is_link:  # which is never moved aside
        yield (
            'set home-manager.backupFileExtension = "bak"'
            if by_system
            else "activate with `home-manager switch -b bak`"
        )
    if change.before.kind != "directory" and change.managed is not None and change.managed.option is not None:
        yield f"set {change.managed.option}.force = true"
