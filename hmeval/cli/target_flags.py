"""The flags that say what to evaluate: the same for every command that evaluates."""

from __future__ import annotations

import argparse

from hmeval.cli.failures import WrongUsage
from hmeval.cli.output import pass_on, warn
from hmeval.targets.project import read_overrides, with_project
from hmeval.targets.request import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hmeval import Worker
    from hmeval.loading import Configuration


def add_target_flags(parser: argparse.ArgumentParser) -> None:
    """Add the target's flags to a command's parser."""
    target = parser.add_argument_group(
        "what to evaluate (without --flake and --file: what hmeval.toml names, else what is found from the current "
        "folder upwards)"
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
        "--override-inputs",
        metavar="FILE",
        help='with --flake: replace many inputs, by a TOML file with lines such as nixpkgs = "DIR or reference"',
    )
    target.add_argument(
        "--write-lock-file",
        action="store_true",
        help="with --flake: lock what is not locked, and write flake.lock (without it, nothing is ever written)",
    )
    kept = target.add_mutually_exclusive_group()
    kept.add_argument("--no-cache", action="store_true", help="evaluate, and keep nothing")
    kept.add_argument("--refresh", action="store_true", help="evaluate again, and keep it")


def target_request(arguments: argparse.Namespace) -> Request:
    """What the flags ask for, completed by hmeval.toml.

    Raises TargetError where a file is wrong, and UnfitRequest for flags that contradict each other, or the target.
    """
    completed = with_project(flags_alone(arguments))
    completed.check()
    return completed


def flags_alone(arguments: argparse.Namespace) -> Request:
    """What the flags ask for, whatever hmeval.toml says. Raises as `target_request` does."""
    names = "flake file home_manager nixpkgs offline write_lock_file user system"
    given = {name: getattr(arguments, name) for name in names.split()}
    listed = read_overrides(arguments.override_inputs) if arguments.override_inputs else {}
    files = (arguments.override_inputs,) if arguments.override_inputs else ()
    request = Request(**given, override_inputs=listed | by_name(arguments.override_input), files=files)
    request.check()
    return request


def by_name(pairs: Iterable[Sequence[str]]) -> dict[str, str]:
    """What `--override-input` gives. Raises WrongUsage where an input is replaced twice."""
    given: dict[str, str] = {}
    for name, place in pairs:
        if given.setdefault(name, place) != place:
            raise WrongUsage(f"--override-input {name} is given twice: {given[name]} and {place}")
    return given


def load_target(arguments: argparse.Namespace, progress: Callable[[int], None] | None = None) -> Configuration:
    """The configuration that the flags name, for `with`. Raises what `target_request` does, and `hmeval.load`."""
    request = target_request(arguments)
    from hmeval.loading import load_request

    return load_request(
        request,
        progress=progress,
        evaluator=_worker,
        cache="off" if arguments.no_cache else "refresh" if arguments.refresh else "use",
        tell=warn,
    )


def _worker() -> Worker:
    """What evaluates: a process that no evaluation can take this one down with."""
    from hmeval import Worker

    return Worker(listener=pass_on)
