"""Rules on an evaluated home, over what hmeval/nix/installation.nix says of it; a fact that is missing is not known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from hmeval.advice import what_to_do
from hmeval.diagnosis.finding import ADVICE, ERROR, NOTE, WARNING, Finding
from hmeval.errors import EvaluationError, Position

Facts: TypeAlias = Mapping[str, Any]
Locate: TypeAlias = Callable[[Sequence[str], str], Position | None]
"""Where a file defines an option of the user."""
PlaceOfWarning: TypeAlias = Callable[[str], Position | None]
"""What a warning of the configuration is about."""

_VERSION = re.compile(r"\d\d\.\d\d")
# What Home Manager's own modules say of what is told here with its place (misc/nixpkgs-disabled.nix,
# home-environment.nix; and hmeval's stand-ins).
_TOLD_HERE = ("useGlobalPkgs", "mismatched versions", "enableNixpkgsReleaseCheck")


def check_home(
    facts: Facts, locate: Locate, user: str | None, place_of_warning: PlaceOfWarning = lambda _: None
) -> Iterator[Finding]:
    """Everything that is to be said of a home, and of the system in which it is that of `user`."""
    yield from _state_version(facts, locate)
    yield from _releases(facts)
    yield from _assertions_and_warnings(facts, place_of_warning)
    if user is not None:
        yield from _account(facts, user)
        yield from _void_settings(facts, locate)
        yield from _packages(facts, user)
        yield from _backups(facts)


def _state_version(facts: Facts, locate: Locate) -> Iterator[Finding]:
    """Home Manager knows the versions up to its own release (modules/misc/version.nix); another one is a type error."""
    release = facts.get("homeManagerRelease")
    for definition in facts.get("stateVersions", ()):
        version = definition["value"]
        if release and isinstance(version, str) and _VERSION.fullmatch(version) and version > release:
            place = locate(["home", "stateVersion"], definition["file"])
            yield Finding(
                "state-version-is-newer",
                ERROR,
                f"home.stateVersion {version} is newer than Home Manager, which is of release {release}",
                f"take a Home Manager of release {version} or later, or the stateVersion that the home was begun with",
                (place,) if place else (),
            )


def _releases(facts: Facts) -> Iterator[Finding]:
    """Home Manager warns of it, too, unless told not to (modules/home-environment.nix)."""
    home_manager, nixpkgs = facts.get("homeManagerRelease"), facts.get("nixpkgsRelease")
    if home_manager is None or nixpkgs is None or home_manager == nixpkgs:
        return
    told = "" if facts.get("checksReleases", True) else " (home.enableNixpkgsReleaseCheck = false keeps it quiet)"
    yield Finding(
        "releases-differ",
        WARNING if not told else NOTE,
        f"Home Manager is of release {home_manager}, and its modules get packages of nixpkgs {nixpkgs}: they are made "
        f"for each other's release{told}",
        f"take Home Manager's branch release-{nixpkgs} (master, where nixpkgs is unstable), or nixpkgs {home_manager}",
    )


def _assertions_and_warnings(facts: Facts, place_of_warning: PlaceOfWarning) -> Iterator[Finding]:
    for message in facts.get("assertions", ()):
        if not any(words in message for words in _TOLD_HERE):
            remedy = "an assertion of the configuration is not met: change what it is about"
            yield Finding("assertion-fails", ERROR, message.strip(), remedy)
    for message in facts.get("warnings", ()):
        if not any(words in message for words in _TOLD_HERE):
            remedy, place = "the configuration itself warns: it says of what", place_of_warning(message)
            yield Finding("configuration-warns", WARNING, message.strip(), remedy, (place,) if place else ())


def _account(facts: Facts, user: str) -> Iterator[Finding]:
    """The home's name and folder are those of the account (nixos/common.nix)."""
    account = facts.get("account", "")
    if account is False:
        there = ", ".join(facts.get("accounts", ())) or "none"
        yield Finding(
            "no-account",
            ERROR,
            f"home-manager.users.{user} has no account: Home Manager takes name and folder from users.users.{user}",
            f"define users.users.{user} (there are {there})",
        )
    elif account is None:
        yield Finding(
            "no-home-folder",
            ERROR,
            f"users.users.{user}.home is not set, and Home Manager takes the home's folder from it",
            f'set users.users.{user}.home = "/Users/{user}"',
        )


def _void_settings(facts: Facts, locate: Locate) -> Iterator[Finding]:
    """With useGlobalPkgs one of the two is a warning, both are an assertion (modules/misc/nixpkgs-disabled.nix)."""
    if not facts.get("useGlobalPkgs"):
        return
    defined = {name: facts.get(f"void{name.capitalize()}", ()) for name in ("config", "overlays")}
    is_fatal = all(defined.values())
    for name, files in defined.items():
        places = tuple(filter(None, (locate(["nixpkgs", name], file) for file in files)))
        if files:
            yield Finding(
                "void-nixpkgs-option",
                ERROR if is_fatal else WARNING,
                f"nixpkgs.{name} (of {', '.join(files)}) is void in a user's modules with home-manager.useGlobalPkgs"
                + (": with both config and overlays, Home Manager's assertion fails" if is_fatal else ""),
                f"move it to the system's own nixpkgs.{name}, or set home-manager.useGlobalPkgs = false",
                places,
            )


def what_fails(error: EvaluationError, facts: Facts, user: str | None) -> Finding:
    """An error that ends the evaluation of the home, told as what it is about where that is known."""
    position = error.position or next((frame.position for frame in error.trace if frame.position), None)
    option, message = error.option or "", error.message.strip()
    kind, remedy = "cannot-be-evaluated", what_to_do(error)
    if option.startswith("nixpkgs.") and facts.get("useGlobalPkgs"):
        kind, remedy = "void-nixpkgs-option", f"remove it, or move it to the system's own {option}"
        message = f"{option} does not exist in a user's modules with home-manager.useGlobalPkgs: {message}"
    elif option.partition(".")[0] == "home-manager" and user is None:
        kind = "system-setting-in-a-home"
        message = f"home-manager.* are options of a system, and this home is none's: {message}"
        remedy = "remove it; for backups, give the flag: home-manager switch -b EXTENSION"
    elif option == "home.stateVersion":
        kind = "state-version-is-not-known"
        remedy = "take a Home Manager of that release or later, or the stateVersion that the home was begun with"
    return Finding(kind, ERROR, message, remedy, (position,) if position else ())


def broken_option(error: EvaluationError) -> Finding:
    """An option that the user declares, and that nothing can read."""
    remedy = "declare it with lib.mkOption and a type of lib.types"
    return Finding("broken-option", WARNING, error.message, remedy, (error.position,) if error.position else ())


def _packages(facts: Facts, user: str) -> Iterator[Finding]:
    if facts.get("useGlobalPkgs") is False and facts.get("systemNixpkgs"):
        names = " and ".join(f"nixpkgs.{name}" for name in facts["systemNixpkgs"])
        yield Finding(
            "system-settings-do-not-reach-homes",
            ADVICE,
            f"the system sets {names}, which is not for the home: without home-manager.useGlobalPkgs its modules get a "
            "`pkgs` of their own, from the home's own nixpkgs options",
            "set home-manager.useGlobalPkgs = true, or the same options in the home",
        )
    if (through_system := facts.get("useUserPackages")) is not None:
        where = f"users.users.{user}.packages, below /etc/profiles" if through_system else "a profile of the user's own"
        state = "true" if through_system else "false"
        yield Finding(
            "where-packages-go", NOTE, f"home.packages go to {where} (home-manager.useUserPackages = {state})"
        )


def _backups(facts: Facts) -> Iterator[Finding]:
    """What activation goes by: the command before the extension (modules/files.nix)."""
    extension, has_command = facts.get("backupFileExtension"), facts.get("hasBackupCommand")
    if extension is not None and has_command:
        message = "home-manager.backupFileExtension has no effect: home-manager.backupCommand goes before it"
        yield Finding("backup-setting-is-void", WARNING, message, "set one of the two")
    if facts.get("overwriteBackup") and (extension is None or has_command):
        yield Finding(
            "backup-setting-is-void",
            WARNING,
            "home-manager.overwriteBackup has no effect: it is about backups by home-manager.backupFileExtension",
            "set home-manager.backupFileExtension, or remove it",
        )
