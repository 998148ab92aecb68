"""Rules on the machine: Nix's settings, and installations that are there already."""

from __future__ import annotations

from pathlib import Path

import pytest

from hmeval.diagnosis.machine import (
    check_backup_variables,
    check_features,
    check_two_installations,
    experimental_features,
)

Environment = dict[str, str]


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    for name in ("etc", "config/nix", "home"):
        (tmp_path / name).mkdir(parents=True)
    return {
        "HOME": str(tmp_path / "home"),
        "NIX_CONF_DIR": str(tmp_path / "etc"),
        "NIX_STATE_DIR": str(tmp_path / "var"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "USER": "alice",
    }


def test_features_by_rank(environment: Environment, tmp_path: Path) -> None:
    """The user's file after the system's, the variable after both; `extra-` adds."""
    assert experimental_features(environment) == set()
    (tmp_path / "etc/nix.conf").write_text("# experimental-features = no\nexperimental-features = flakes\n")
    assert experimental_features(environment) == {"flakes"}
    (tmp_path / "config/nix/nix.conf").write_text("extra-experimental-features = nix-command ca-derivations # all\n")
    assert experimental_features(environment) == {"flakes", "nix-command", "ca-derivations"}
    assert [*check_features(environment, in_system=False)] == []
    environment["NIX_CONFIG"] = "experimental-features ="
    (finding,) = check_features(environment, in_system=False)
    assert (finding.kind, finding.severity) == ("experimental-features-missing", "warning")
    assert "nix-command and flakes" in finding.message
    (finding,) = check_features(environment, in_system=True)
    assert finding.severity == "note"


def test_settings_in_included_files(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "etc/nix.conf").write_text("include more.conf\n!include missing.conf\n")
    (tmp_path / "etc/more.conf").write_text("include nix.conf\nexperimental-features = nix-command flakes\n")
    assert experimental_features(environment) == {"flakes", "nix-command"}


def test_user_files_by_their_own_variable(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("experimental-features = flakes\n")
    (tmp_path / "b").write_text("experimental-features = nix-command\n")
    environment["NIX_USER_CONF_FILES"] = f"{tmp_path}/a:{tmp_path}/b"
    assert experimental_features(environment) == {"flakes"}


@pytest.mark.parametrize("profile", ["state/nix/profiles/home-manager", "var/profiles/per-user/alice/home-manager"])
def test_a_profile_of_the_home_manager_tool(environment: Environment, tmp_path: Path, profile: str) -> None:
    place = tmp_path / profile
    place.parent.mkdir(parents=True)
    place.symlink_to("home-manager-1-link")
    (finding,) = check_two_installations(environment, "alice", [], keeps_profile=False)
    assert (finding.kind, str(place) in finding.message) == ("two-installations", True)
    assert not [*check_two_installations(environment, "alice", [], keeps_profile=True)]
    assert not [*check_two_installations(environment, "bob", [], keeps_profile=False)]
    assert not [*check_two_installations(environment, None, [], keeps_profile=False)]


def test_variables_that_a_system_does_not_read(environment: Environment) -> None:
    environment["HOME_MANAGER_BACKUP_EXT"] = "old"
    (finding,) = check_backup_variables(environment, "alice")
    assert finding.kind == "backup-setting-not-read"
    assert not [*check_backup_variables(environment, None)]
