"""The flags that say what to evaluate: the same for every command that evaluates."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from hmeval.cli.failures import WrongUsage
from hmeval.cli.output import pass_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from hmeval.configuration import Configuration
    from hmeval.targets.request import Request


def add_target_flags(parser: argparse.ArgumentParser) -> None:
    """Add the target's flags to a command's parser."""
    target = parser.add_argument_group(
        "what to evaluate (without --flake and --file: what is found from the current folder upwards)"
    )
    target.add_argument(
        "--flake",
        metavar="REF[#NAME]",
        help="a flake; NAME as home-manager takes it (default: $USER@host or $USER), or nixosConfigurations.HOST, "
        "darwinConfigurations.HOST (default: this host)",
    )
    target.add_argument(
        "--file", metavar="FILE", help="a Home Manager module, home.nix; or NixOS' configuration.nix (or with --user)"
    )
    target.add_argument(
        "--user", metavar="USER", help="whose home, inside NixOS or nix-darwin; needed where there are several"
    )
    target.add_argument(
        "--system", action="store_true", help="the host's own options (NixOS, nix-darwin), in place of a user's"
    )
    target.add_argument(
        "--home-manager", metavar="DIR", help="with --file home.nix: Home Manager (default: <home-manager>)"
    )
    target.add_argument("--nixpkgs", metavar="DIR", help="with --file: nixpkgs (default: <nixpkgs>)")
    target.add_argument(
        "--offline", action="store_true", help="take hmeval's small stand-ins for Home Manager and nixpkgs"
    )
    target.add_argument(
        "--override-input",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "DIR"),
        help="with --flake: replace an input, or an input's own (home-manager/nixpkgs), for this run (repeatable)",
    )
    target.add_argument(
        "--write-lock-file",
        action="store_true",
        help="with --flake: lock what is not locked, and write flake.lock (without it, nothing is ever written)",
    )
    target.add_argument("--no-cache", action="store_true", help="evaluate, and keep nothing (hmeval keeps nothing yet)")


def check_target_flags(arguments: argparse.Namespace) -> None:
    """Raise WrongUsage where the flags name two targets, or contradict each other."""
    if arguments.flake is not None and arguments.file is not None:
        raise WrongUsage("--flake and --file exclude each other: give one")
    if arguments.user is not None and arguments.system:
        raise WrongUsage("--user and --system exclude each other: the one is about a home, the other about its host")
    if arguments.file is None and (arguments.home_manager or arguments.nixpkgs):
        raise WrongUsage(
            "--home-manager and --nixpkgs go with --file; to replace inputs of a flake, give "
            "--override-input home-manager DIR or --override-input nixpkgs DIR"
        )
    if arguments.write_lock_file and (arguments.file is not None or arguments.offline):
        raise WrongUsage("--write-lock-file goes with --flake, and not with --offline: stand-ins are not locked")
    if arguments.file is not None and arguments.override_input:
        raise WrongUsage("--override-input goes with --flake; for --file, give --home-manager DIR or --nixpkgs DIR")


def target_request(arguments: argparse.Namespace) -> Request:
    """What the flags ask for."""
    from hmeval.targets.request import Request

    return Request(
        flake=arguments.flake,
        file=arguments.file,
        home_manager=arguments.home_manager,
        nixpkgs=arguments.nixpkgs,
        offline=arguments.offline,
        override_inputs=dict(arguments.override_input),
        write_lock_file=arguments.write_lock_file,
        user=arguments.user,
        system=arguments.system,
    )


def load_target(arguments: argparse.Namespace, progress: Callable[[int], None] | None = None) -> Configuration:
    """The configuration that the flags name, for `with`. Raises WrongUsage, and what `hmeval.load` raises."""
    check_target_flags(arguments)
    # Help, completion and wrong usage do without. The process starts while the rest is imported here; no evaluation can
    # end this one.
    from hmeval import Worker

    worker = Worker(listener=pass_on)
    from hmeval.configuration import load

    return load(**target_request(arguments)._asdict(), progress=progress, evaluator=worker)
