"""Names of a flake's configurations, resolved as home-manager, nixos-rebuild and darwin-rebuild do."""

from __future__ import annotations

import os
import pwd
import socket
import sys
from collections.abc import Sequence

import pytest

from hmeval.errors import EvaluationError, HmevalError, TargetError
from hmeval.targets.host import HostNames
from hmeval.targets.names import (
    DARWIN,
    HOME,
    NIXOS,
    Chosen,
    Names,
    NoConfigurations,
    Wanted,
    choose,
    choose_user,
    parse_name,
)


@pytest.fixture(autouse=True)
def desk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose full name is desk.example.org, as its user alice sees it."""
    monkeypatch.setenv("USER", "alice")
    monkeypatch.setattr(socket, "getfqdn", lambda: "desk.example.org")
    call(monkeypatch, "desk.lan")
    monkeypatch.setattr(sys, "platform", "linux")


def call(monkeypatch: pytest.MonkeyPatch, node: str) -> None:
    """Let the kernel give the machine this name."""
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", node, "6.1", "#1", "x86_64")))


def taken(wanted: Wanted, **there: Sequence[str]) -> Chosen:
    return choose(wanted, lambda output: there.get(output, ()), "/flake", HostNames())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", Wanted()),
        ("alice", Wanted(None, "alice")),
        ('"alice@desk"', Wanted(None, "alice@desk")),
        ("homeConfigurations.alice", Wanted(HOME, "alice")),
        ('nixosConfigurations."desk.lan"', Wanted(NIXOS, "desk.lan")),
        ("nixosConfigurations.desk.lan", Wanted(NIXOS, "desk.lan")),
        ("darwinConfigurations", Wanted(DARWIN, None)),
        ("homeConfigurationsX", Wanted(None, "homeConfigurationsX")),
    ],
)
def test_what_is_asked_for(text: str, wanted: Wanted) -> None:
    assert parse_name(text) == wanted


def test_home_manager_takes_the_last_that_is_there() -> None:
    """home-manager/home-manager: $USER, then $USER@ and the host's full, whole and short name."""
    names = ["alice", "alice@desk.example.org", "alice@desk.lan", "alice@desk"]
    for count in range(1, len(names) + 1):
        assert taken(Wanted(), **{HOME: names[:count]}) == (HOME, names[count - 1])


def test_a_system_only_where_there_is_no_home_of_its_own() -> None:
    both = {HOME: ["alice"], NIXOS: ["desk.lan"]}
    assert taken(Wanted(), **both) == (HOME, "alice")
    assert taken(Wanted(user="alice"), **both) == (NIXOS, "desk.lan")
    assert taken(Wanted(system=True), **both) == (NIXOS, "desk.lan")
    assert taken(Wanted(), **{HOME: ["bob"], NIXOS: ["desk.lan"]}) == (NIXOS, "desk.lan")
    assert taken(Wanted(name="alice"), **both) == (HOME, "alice")
    assert taken(Wanted(name="web", user="alice"), **{NIXOS: ["web"]}) == (NIXOS, "web")


def test_nixos_rebuild_takes_the_node_name_as_it_is_and_darwin_rebuild_the_first_part() -> None:
    assert taken(Wanted(), **{DARWIN: ["desk", "desk.lan"]}) == (DARWIN, "desk")
    with pytest.raises(TargetError, match=r"nixosConfigurations\.desk\.lan"):
        taken(Wanted(NIXOS), **{NIXOS: ["desk"]})


def test_a_machine_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    call(monkeypatch, "")
    assert taken(Wanted(NIXOS), **{NIXOS: ["default"]}) == (NIXOS, "default")


@pytest.mark.parametrize(
    ("homes", "told"),
    [
        (["alice"], {}),
        (["alice", "bob@desk.example.org"], {}),
        (["alice@desk", "alice@desk.example.org"], {}),
        (["alice@desk.lan", "alice@laptop"], {}),
        (["alice", "alice@laptop"], {"full": "desk.example.org"}),
        (["alice@desk.example.org"], {"full": "desk.example.org"}),
    ],
)
def test_a_resolver_is_asked_only_where_its_answer_decides(homes: list[str], told: dict[str, str]) -> None:
    host = HostNames()
    choose(Wanted(), lambda output: homes if output == HOME else (), "/flake", host)
    assert host.told == told


def test_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_account(number: int) -> None:
        raise KeyError(number)

    for variable in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", no_account)
    with pytest.raises(TargetError, match=rf"no homeConfigurations\.{os.geteuid()}@desk"):
        taken(Wanted(HOME), homeConfigurations=["alice"])


def test_homes_where_nix_looks_for_them_too() -> None:
    """`nix build FLAKE#homeConfigurations.alice`, which home-manager runs, looks below legacyPackages as well."""
    below = "legacyPackages.${builtins.currentSystem}.homeConfigurations"
    found = taken(Wanted(name="alice"), **{below: ["alice"], NIXOS: ["desk.lan"]})
    assert (found, found.is_home, str(found)) == ((below, "alice"), True, "alice")
    assert taken(Wanted(HOME), **{below: ["alice@desk"]}) == (below, "alice@desk")
    assert taken(Wanted(), **{below: ["alice"], HOME: ["alice"]}) == (HOME, "alice")


def test_all_that_there_is_is_listed() -> None:
    with pytest.raises(TargetError) as raised:
        taken(Wanted(), **{HOME: ["bob"], NIXOS: ["web"], DARWIN: ["laptop"]})
    listed = ["bob", "nixosConfigurations.web", "darwinConfigurations.laptop"]
    assert str(raised.value).splitlines()[1:] == [f"  --flake /flake#{name}" for name in listed]
    with pytest.raises(NoConfigurations):
        taken(Wanted())


def failing_at(*outputs: str, **there: Sequence[str]) -> Names:
    def names(output: str) -> Sequence[str]:
        if output in outputs:
            raise EvaluationError(f"{output} fails", "throw")
        return there.get(output, ())

    return names


LEGACY = "legacyPackages.${builtins.currentSystem}.homeConfigurations"


@pytest.mark.parametrize(
    ("wanted", "failing", "message"),
    [
        (Wanted(name="alice"), LEGACY, f"{LEGACY} fails"),
        (Wanted(), LEGACY, f"{LEGACY} fails"),
        (Wanted(), HOME, "homeConfigurations fails"),
        (Wanted(NIXOS, "web"), LEGACY, "has no nixosConfigurations.web"),
        (Wanted(NIXOS, "web"), HOME, "has no nixosConfigurations.web"),
        (Wanted(NIXOS), HOME, None),
        (Wanted(user="alice"), LEGACY, None),
    ],
)
def test_what_fails_stands_in_the_way_of_what_it_may_have(wanted: Wanted, failing: str, message: str | None) -> None:
    names = failing_at(failing, **{NIXOS: ["desk.lan"]})
    if message is None:
        assert choose(wanted, names, "/flake", HostNames()) == (NIXOS, "desk.lan")
        return
    with pytest.raises(HmevalError) as raised:
        choose(wanted, names, "/flake", HostNames())
    assert message in str(raised.value)
    assert "#nixosConfigurations.desk.lan" in str(raised.value) or failing == HOME


def test_a_flake_of_which_nothing_can_be_known() -> None:
    with pytest.raises(EvaluationError, match="homeConfigurations fails"):
        choose(Wanted(NIXOS), failing_at(HOME), "/flake", HostNames())


def test_users_are_listed_with_their_systems() -> None:
    names = failing_at(**{HOME: ["bob"], NIXOS: ["web", "desk"]})
    users = {"desk": ["alice", "bob"]}
    with pytest.raises(TargetError) as raised:
        choose(Wanted(HOME, "zoe"), names, "/flake", HostNames(), lambda one: users.get(one.name, ()))
    desk = "/flake#nixosConfigurations.desk --user"
    listed = ["/flake#bob", "/flake#nixosConfigurations.web", f"{desk} alice", f"{desk} bob"]
    assert str(raised.value).splitlines()[1:] == [f"  --flake {flag}" for flag in listed]


def test_users() -> None:
    assert choose_user(None, ["alice"], "desk") == "alice"
    assert choose_user("bob", ["alice", "bob"], "desk") == "bob"
    for wanted, users in ((None, ["alice", "bob"]), ("zoe", ["alice"]), (None, []), (None, None), ("alice", None)):
        with pytest.raises(TargetError):
            choose_user(wanted, users, "desk")
