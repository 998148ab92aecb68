"""The flags that say what to evaluate: the same for every command that evaluates."""

from __future__ import annotations

import argparse

from hmeval.cli.failures import WrongUsage
from hmeval.cli.output import pass_on, warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from hmeval import Worker
    from hmeval.loading import Configuration
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
    kept = target.add_mutually_exclusive_group()
    kept.add_argument("--no-cache", action="store_true", help="evaluate, and keep nothing")
    kept.add_argument("--refresh", action="store_true", help="evaluate again, and keep it")


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

    return Request(**_request_arguments(arguments))


def _request_arguments(arguments: argparse.Namespace) -> dict[str, Any]:
    names = "flake file home_manager nixpkgs offline write_lock_file user system"
    return {name: getattr(arguments, name) for name in names.split()} | {
        "override_inputs": dict(arguments.override_input)
    }


def load_target(arguments: argparse.Namespace, progress: Callable[[int], None] | None = None) -> Configuration:
    """The configuration that the flags name, for `with`. Raises WrongUsage, and what `hmeval.load` raises."""
    check_target_flags(arguments)
    from hmeval.loading import load

    return load(
        **_request_arguments(arguments),
        progress=progress,
        evaluator=_worker,
        cache="off" if arguments.no_cache else "refresh" if arguments.refresh else "use",
        tell=warn,
    )


def _worker() -> Worker:
    """What evaluates: a process that no evaluation can take this one down with."""
    from hmeval import Worker

    return Worker(listener=pass_on)
