"""Rules on the machine: Nix's settings, and installations of Home Manager that are there already."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from hmeval.diagnosis.finding import NOTE, WARNING, Finding
from hmeval.folders import home_folder

_NEEDED = ("nix-command", "flakes")
_BACKUP_VARIABLES = ("HOME_MANAGER_BACKUP_EXT", "HOME_MANAGER_BACKUP_COMMAND", "HOME_MANAGER_BACKUP_OVERWRITE")
_SETTING = re.compile(r"(extra-)?experimental-features\s*=\s*(.*)")
_INCLUDE = re.compile(r"!?include\s+(\S+)")


def check_features(environment: Mapping[str, str], *, in_system: bool) -> Iterator[Finding]:
    """Whether `nix` and `home-manager` may use flakes by themselves.

    hmeval itself always may; nixos-rebuild and darwin-rebuild bring the features with them.
    """
    missing = [name for name in _NEEDED if name not in experimental_features(environment)]
    if missing:
        yield Finding(
            "experimental-features-missing",
            NOTE if in_system else WARNING,
            f"Nix's settings do not have the experimental feature {' and '.join(missing)}: hmeval does without, "
            f"{'nix refuses' if in_system else 'home-manager and nix refuse'} flakes",
            f"write experimental-features = {' '.join(_NEEDED)} into nix.conf (in NixOS: nix.settings)",
        )


def experimental_features(environment: Mapping[str, str]) -> set[str]:
    """What Nix's settings enable: nix.conf of the system, then of the user, then $NIX_CONFIG (Nix, nix.conf)."""
    features: set[str] = set()
    for line in _setting_lines(environment):
        found = _SETTING.match(line.partition("#")[0].strip())
        if found:
            features = (features if found[1] else set()) | set(found[2].split())
    return features


def _setting_lines(environment: Mapping[str, str]) -> Iterator[str]:
    home = Path(environment.get("HOME") or home_folder())
    own = Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "nix/nix.conf"
    named = environment.get("NIX_USER_CONF_FILES")
    yield from _lines_of(Path(environment.get("NIX_CONF_DIR") or "/etc/nix") / "nix.conf")
    for file in map(Path, named.split(":")[::-1]) if named else (own,):
        yield from _lines_of(file)
    yield from environment.get("NIX_CONFIG", "").splitlines()


def _lines_of(file: Path, depth: int = 0) -> Iterator[str]:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        included = _INCLUDE.match(line.strip())
        if included and depth < 8:
            yield from _lines_of(file.parent / included[1], depth + 1)
        else:
            yield line


def check_two_installations(
    environment: Mapping[str, str], user: str | None, others: list[str], *, keeps_profile: bool
) -> Iterator[Finding]:
    """Two installations that manage one home: each removes what the other has linked.

    `user` is the one inside a system whose home is looked at, None for a home of its own; `others` are configurations
    of the same flake for the same user; `keeps_profile` says that the system keeps a profile for the user.
    """
    if others:
        yield Finding(
            "two-installations",
            WARNING,
            f"the flake has {' and '.join(others)} for the same user: what one activates, the other removes",
            "keep one of them, or never switch to both on one machine",
        )
    if user is None or user != environment.get("USER") or keeps_profile:
        return
    profile = next((path for path in _profiles(environment, user) if os.path.lexists(path)), None)
    if profile:
        yield Finding(
            "two-installations",
            WARNING,
            f"{profile} is there: {user}'s home was activated by the home-manager tool, and the system manages it, too",
            "home-manager uninstall, before the system takes over",
        )


def _profiles(environment: Mapping[str, str], user: str) -> Iterator[Path]:
    """Where the home-manager tool keeps its profile (home-manager/home-manager, setHomeManagerPathVariables)."""
    home = Path(environment.get("HOME") or home_folder())
    yield Path(environment.get("XDG_STATE_HOME") or home / ".local/state") / "nix/profiles/home-manager"
    yield Path(environment.get("NIX_STATE_DIR") or "/nix/var/nix") / f"profiles/per-user/{user}/home-manager"


def check_backup_variables(environment: Mapping[str, str], user: str | None) -> Iterator[Finding]:
    """A system's activation has an environment of its own (nixos/default.nix, nix-darwin/default.nix)."""
    given = [name for name in _BACKUP_VARIABLES if environment.get(name)]
    if user is not None and given:
        yield Finding(
            "backup-setting-not-read",
            NOTE,
            f"{', '.join(given)} of this shell's environment is not read where a system activates the home",
            "set home-manager.backupFileExtension, backupCommand or overwriteBackup in the system's configuration",
        )
