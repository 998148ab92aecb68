"""What was asked for: the arguments of `hmeval.load`, which are the flags of the command line."""

from __future__ import annotations

import os

from hmeval.errors import TargetError

TYPE_CHECKING = False  # whatever is cached is answered without what typing imports
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, TypeAlias

    AnyPath: TypeAlias = str | os.PathLike[str]


class UnfitRequest(TargetError):
    """Arguments that exclude each other, or that do not go with the target: of the command line, wrong usage."""


class Request:
    """A target as it is asked for.

    Attributes:
        flake, file: what to evaluate; neither means what is found from the current folder upwards.
        home_manager, nixpkgs, offline, write_lock_file, user, system: as `hmeval.load` takes them.
        override_inputs: by name of an input, the folder or the reference that replaces it.
        files: the files that parts of it were read from (hmeval.targets.project).
    """

    def __init__(
        self,
        *,
        flake: str | None = None,
        file: AnyPath | None = None,
        home_manager: AnyPath | None = None,
        nixpkgs: AnyPath | None = None,
        offline: bool = False,
        override_inputs: Mapping[str, str] | None = None,
        write_lock_file: bool = False,
        user: str | None = None,
        system: bool = False,
        files: tuple[str, ...] = (),
    ) -> None:
        self.flake = flake
        self.file = file
        self.home_manager = home_manager
        self.nixpkgs = nixpkgs
        self.offline = offline
        self.override_inputs = dict(override_inputs or {})
        self.write_lock_file = write_lock_file
        self.user = user
        self.system = system
        self.files = files

    def arguments(self) -> dict[str, Any]:
        """All of it, by name."""
        return dict(vars(self))

    def replace(self, **changed: Any) -> Request:
        """The same request with other arguments."""
        return Request(**{**vars(self), **changed})

    def check(self) -> None:
        """Raise UnfitRequest where arguments exclude each other, or do not go with a flake or a file that is given."""
        for is_wrong, message in self._contradictions():
            if is_wrong:
                raise UnfitRequest(message)

    def _contradictions(self) -> Iterator[tuple[Any, str]]:
        yield self.flake is not None and self.file is not None, "--flake and --file exclude each other: give one"
        yield (
            self.user is not None and self.system,
            "--user and --system exclude each other: the one is about a home, the other about its host",
        )
        yield (
            self.write_lock_file and (self.file is not None or self.offline),
            "--write-lock-file goes with --flake, and not with stand-ins (--offline), which are not locked",
        )
        if self.flake is not None:
            yield (
                self.home_manager or self.nixpkgs,
                "--home-manager and --nixpkgs go with --file; to replace inputs of a flake, give "
                "--override-input home-manager DIR or --override-input nixpkgs DIR",
            )
        if self.file is not None:
            yield from self._contradictions_of_a_file(os.path.basename(os.fspath(self.file)))

    def _contradictions_of_a_file(self, name: str) -> Iterator[tuple[Any, str]]:
        yield (
            self.override_inputs,
            f"--override-input goes with --flake, and {self.file} is a file: give --home-manager DIR or --nixpkgs DIR",
        )
        flag = "--system" if self.system else "--user"
        yield (
            name == "home.nix" and (self.user or self.system),
            f"{self.file} is a home of its own: {flag} goes with that of a system, configuration.nix or a flake's",
        )
        yield (
            self.home_manager and (self.user or self.system or name == "configuration.nix"),
            f"--home-manager goes with a home.nix: {self.file} is a system, which imports Home Manager's module itself",
        )
