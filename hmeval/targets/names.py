"""Which configuration of a flake is meant: names as home-manager, nixos-rebuild and darwin-rebuild take them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from hmeval.errors import EvaluationError, HmevalError, TargetError
from hmeval.targets.host import HostNames

HOME, NIXOS, DARWIN = "homeConfigurations", "nixosConfigurations", "darwinConfigurations"
OUTPUTS = (HOME, NIXOS, DARWIN)

Names = Callable[[str], Sequence[str]]
"""The names below an output of a flake; none where the flake has no such output. Raises EvaluationError."""

# Where Nix, for the home-manager tool, looks for homeConfigurations.NAME, too (src/libcmd/installables.cc). Nix takes
# these before the plain output; only a flake that has one name at both places shows the difference.
_PLATFORM_HOMES = tuple(f"{output}.${{builtins.currentSystem}}.{HOME}" for output in ("packages", "legacyPackages"))

_FULL_PATH = re.compile(rf'({"|".join(OUTPUTS)})(?:\.(?:"(?P<quoted>.*)"|(?P<plain>.*)))?')


class Wanted(NamedTuple):
    """What was asked for: an output of a flake, a name in it, a user inside a system, the system itself."""

    output: str | None = None
    name: str | None = None
    user: str | None = None
    system: bool = False


class Chosen(NamedTuple):
    """One configuration of a flake; `output` is an attribute path, as Nix has it."""

    output: str
    name: str

    @property
    def is_home(self) -> bool:
        """Whether it is a home of its own, and no system's."""
        return self.output.endswith(HOME)

    def __str__(self) -> str:
        return self.name if self.is_home else f"{self.output}.{self.name}"


Users = Callable[[Chosen], Sequence[str]]
"""The users whose homes a system manages, as far as that can be told."""


class NoSuchConfiguration(TargetError):
    """A flake that has configurations, and not the one that is asked for."""


class NoConfigurations(TargetError):
    """A flake that has no configurations of any kind."""


def parse_name(text: str) -> Wanted:
    """What the part after # asks for: NAME, or OUTPUT.NAME; quotes around NAME, as a shell's user may write them."""
    path = _FULL_PATH.fullmatch(text)
    if path is None:
        plain = text[1:-1] if len(text) > 1 and text.startswith('"') and text.endswith('"') else text
        return Wanted(name=plain or None)
    return Wanted(path[1], path["quoted"] or path["plain"] or None)


def choose(wanted: Wanted, names: Names, flake: str, host: HostNames, users: Users = lambda system: ()) -> Chosen:
    """The configuration to take among those that a flake has.

    A name alone is one of homeConfigurations, or of a system's where a user of it, or the system itself, is wanted.
    Without a name it is what home-manager would take (home-manager/home-manager, setFlakeAttribute), else what
    nixos-rebuild would (nixos_rebuild/models.py), else darwin-rebuild (pkgs/nix-tools/darwin-rebuild.sh).

    `host` is asked for this machine's names where they decide, `users` for whose homes there are where nothing is
    found. Raises NoSuchConfiguration, which lists the configurations that there are and how each is asked for,
    NoConfigurations, and EvaluationError where an output fails that may have what is asked for.
    """
    tried: list[Chosen] = []
    there_are = _Candidates(names, flake, users)
    for output in _outputs(wanted):
        try:
            there = names(output)
        except EvaluationError as error:
            raise _failing(error, output, there_are) from None
        for name in [wanted.name] if wanted.name is not None else _names_to_try(output, there, host):
            tried.append(Chosen(output, name))
            if name in there:
                return tried[-1]
    raise _none_found(tried, flake, there_are)


def _outputs(wanted: Wanted) -> tuple[str, ...]:
    homes = (HOME, *_PLATFORM_HOMES)
    if wanted.output:
        return homes if wanted.output == HOME else (wanted.output,)
    if wanted.user or wanted.system:
        return _systems()
    return homes if wanted.name else (*homes, *_systems())


def choose_user(wanted: str | None, users: Sequence[str] | None, system: str) -> str:
    """The user to take among those whose homes a system manages; None for a system without Home Manager's module.

    Raises TargetError, which lists the users that there are.
    """
    if users is None:
        raise TargetError(
            f"{system} does not import Home Manager's module (home-manager.nixosModules.home-manager, or "
            "darwinModules); --system shows the host's own options"
        )
    if not users:
        raise TargetError(f"{system} has no home-manager.users; --system shows the host's own options")
    if wanted is None and len(users) == 1:
        return users[0]
    if wanted in users:
        return str(wanted)
    which = f"has no home-manager.users.{wanted}" if wanted else "manages the homes of several users"
    raise TargetError(f"{system} {which}: give one of {', '.join(f'--user {user}' for user in users)}")


def _names_to_try(output: str, there: Sequence[str], host: HostNames) -> Sequence[str]:
    return home_names(there, host) if output.endswith(HOME) else [system_name(output, host)]


def home_names(there: Sequence[str], host: HostNames) -> list[str]:
    """The names of homeConfigurations that the home-manager tool tries, the first in rank first.

    The full name of this machine, which a resolver tells, is among them where one of those that are there may be it.
    """
    user, node = _user(), os.uname().nodename
    names = [f"{user}@{node.partition('.')[0]}", f"{user}@{node}"]
    if not set(names) & set(there) and any(name.startswith(f"{user}@") for name in there):
        names.append(f"{user}@{host.ask('full')}")
    return list(dict.fromkeys((*names, user)))


def _user() -> str:
    import getpass

    try:
        return os.environ.get("USER") or getpass.getuser()
    except (KeyError, OSError):  # a user without an account, as in a container
        return str(os.geteuid())


def system_name(output: str, host: HostNames) -> str:
    """The name of this machine among nixosConfigurations, or darwinConfigurations."""
    return os.uname().nodename or "default" if output == NIXOS else host.ask("local")


def _systems() -> tuple[str, str]:
    """The outputs for systems, that of this machine's kind first."""
    return (DARWIN, NIXOS) if sys.platform == "darwin" else (NIXOS, DARWIN)


class _Candidates:
    """The configurations that a flake has, for whoever may choose among them; what fails has none."""

    def __init__(self, names: Names, flake: str, users: Users) -> None:
        self._names = names
        self._flake = flake
        self._users = users
        self.failures: list[EvaluationError] = []

    def flags(self) -> list[str]:
        """The flags that pick each of them."""
        return [
            flag for output in (*OUTPUTS, *_PLATFORM_HOMES) for name in self._below(output) for flag in self._of(name)
        ]

    def _below(self, output: str) -> Iterator[Chosen]:
        try:
            yield from (Chosen(output, name) for name in self._names(output))
        except EvaluationError as error:
            if error.kind == "interrupted":
                raise
            self.failures.append(error)

    def _of(self, one: Chosen) -> Iterator[str]:
        users = () if one.is_home else self._users(one)
        yield from (f"--flake {self._flake}#{one} --user {user}" for user in users)
        if not users:
            yield f"--flake {self._flake}#{one}"


def _failing(error: EvaluationError, output: str, candidates: _Candidates) -> EvaluationError:
    """The error of an output that fails, where what is asked for may be in it: nothing else is taken in its place."""
    if error.kind == "interrupted" or output in OUTPUTS:
        return error
    shown = output.replace("${builtins.currentSystem}", "SYSTEM")
    listed = "".join(f"\n  {flag}" for flag in candidates.flags())
    others = f"; others that it has:{listed}" if listed else ""
    message = f"{error.message}\nhomes are looked for in {shown}, too, as home-manager does, and it fails{others}"
    return EvaluationError(message, error.kind, error.position, error.trace, error.option)


def _none_found(tried: Sequence[Chosen], flake: str, candidates: _Candidates) -> HmevalError:
    flags = candidates.flags()
    if not flags and candidates.failures:
        return candidates.failures[0]
    if not flags:
        return NoConfigurations(f"the flake {flake} has no {', '.join(OUTPUTS[:-1])} or {OUTPUTS[-1]}")
    missed = " or ".join(f"{one.output}.{one.name}" for one in tried if one.output in OUTPUTS)
    listed = "".join(f"\n  {flag}" for flag in flags)
    failed = "".join(f"\nwhat else it has is not known: {one.message.strip()}" for one in candidates.failures[:1])
    return NoSuchConfiguration(f"the flake {flake} has no {missed}; give one of those that it has:{listed}{failed}")
