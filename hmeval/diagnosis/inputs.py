"""Rules on a flake's inputs: which nixpkgs Home Manager has, and whether flake.lock is what flake.nix asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from hmeval.diagnosis.finding import ADVICE, NOTE, WARNING, Finding
from hmeval.errors import Position
from hmeval.targets.lock import Attributes, InputPath, LockFile, Node
from hmeval.targets.locking import Input
from hmeval.targets.reference import canonical, describe_reference, same_reference
from hmeval.targets.sources import HOME_MANAGER, NIXPKGS, Source


class Inputs(NamedTuple):
    """The inputs of a flake.

    Attributes:
        file: its flake.nix.
        declared: what that asks for.
        lock: what flake.lock says.
        sources: those of them that are nixpkgs, Home Manager or nix-darwin.
    """

    file: str
    declared: Mapping[str, Input]
    lock: LockFile
    sources: Sequence[Source]

    def find(self, path: InputPath) -> Source | None:
        """The nixpkgs, Home Manager, … at a path, whatever it follows on the way."""
        node = self.lock.find(path)
        return next((one for one in self.sources if one.node is node), None)

    def position(self, name: str) -> tuple[Position, ...]:
        """Where flake.nix declares an input."""
        declared = self.declared.get(name)
        return (declared.position,) if declared and declared.position else ()


def check_inputs(inputs: Inputs, home_manager: Source | None, packages: Source | None) -> Iterator[Finding]:
    """Everything that is to be said of the inputs alone.

    `home_manager` is the one that serves the configuration, `packages` the nixpkgs of its `pkgs`, where they are known.
    """
    yield from _unfit(inputs)
    yield from _several_home_managers(inputs, home_manager)
    own = inputs.lock.find((*home_manager.path, NIXPKGS)) if home_manager else None
    if home_manager is None or packages is None or own is None or own is packages.node:
        yield from _same_content(inputs, None)
    else:
        yield from _follows(inputs, home_manager, own, packages)
        yield from _same_content(inputs, own)


def _follows(inputs: Inputs, home_manager: Source, own: Node, packages: Source) -> Iterator[Finding]:
    """Home Manager's own nixpkgs, which is another node than the one of `pkgs`: is it another content, too?

    Its own serves packages.home-manager and lib.hm alone (Home Manager's flake.nix); modules get the caller's `pkgs`
    (lib/eval-config.nix, nixos/common.nix).
    """
    path = (*home_manager.path, NIXPKGS)
    name = home_manager.path[0]
    places = inputs.position(name)
    if own is inputs.lock.root:
        yield Finding(
            "nixpkgs-is-the-flake-itself",
            WARNING,
            f"{'/'.join(path)} follows the empty path, which is this flake itself: Home Manager's flake finds no "
            "nixpkgs there, so that its packages and its lib.hm fail",
            _write(home_manager, packages),
            places,
        )
        return
    same = _content(own) is not None and _content(own) == _content(packages.node)
    source = Source(NIXPKGS, path, own)
    both = f"{_described(source)}; {packages.shown} is {_described(packages)}"
    if same:
        message = (
            f"{source.shown} and {packages.shown} are two nodes of flake.lock with the same content "
            f"({_described(source)}): they part with the next update"
        )
    else:
        message = (
            f"{source.shown} does not follow {packages.shown}: it is {both}. That one is fetched for Home Manager's "
            "own packages and lib.hm; modules get the other one as `pkgs` all the same"
        )
    yield Finding(
        "nixpkgs-does-not-follow", ADVICE, message, f"if one is to be enough, {_write(home_manager, packages)}", places
    )


def _write(home_manager: Source, packages: Source) -> str:
    path = _option((*home_manager.path, NIXPKGS))
    return f'write {path}.follows = "{packages.shown}"; in flake.nix'


def _described(source: Source) -> str:
    revision = source.revision[:11] if source.revision else describe_reference(source.node.locked)
    return " ".join(
        filter(None, (revision, source.date and f"of {source.date}", source.release and f"({source.release})"))
    )


def _content(node: Node) -> str | None:
    content = node.locked.get("narHash")
    return None if content is None else str(content)


def _several_home_managers(inputs: Inputs, used: Source | None) -> Iterator[Finding]:
    all_of_them = [one for one in inputs.sources if one.repository == HOME_MANAGER]
    if len(all_of_them) < 2:
        return
    first = used or all_of_them[0]
    listed = ", ".join(f"{one.shown} ({_described(one)})" for one in all_of_them)
    which = f"; the configuration is evaluated with {used.shown}" if used else ""
    other = next(one for one in all_of_them if one.node is not first.node)
    yield Finding(
        "several-home-managers",
        WARNING,
        f"there is more than one Home Manager: {listed}{which}",
        f'if one is to be enough, write {_option(other.path)}.follows = "{first.shown}"; in flake.nix',
        inputs.position(other.path[0]),
    )


def _same_content(inputs: Inputs, told: Node | None) -> Iterator[Finding]:
    """Inputs that are one tree and two nodes; of the node `told`, and of Home Manager, others tell."""
    seen: dict[str, Source] = {}
    for source in inputs.sources:
        content = _content(source.node)
        if content is None or source.node is told or source.repository == HOME_MANAGER:
            continue
        first = seen.setdefault(content, source)
        if first is not source:
            yield Finding(
                "same-content-twice",
                NOTE,
                f"{first.shown} and {source.shown} are two nodes of flake.lock with the same content",
                f'{_option(source.path)}.follows = "{first.shown}"; keeps them the same',
                inputs.position(source.path[0]),
            )


def _option(path: InputPath) -> str:
    """How flake.nix names an input of an input."""
    return ".".join(f"inputs.{name}" for name in path)


def _unfit(inputs: Inputs) -> Iterator[Finding]:
    """Where flake.lock is not what flake.nix asks for: Nix would lock anew with the next command that may write."""
    for name, declared in sorted(inputs.declared.items()):
        edge = inputs.lock.root.inputs.get(name)
        if edge is None:
            yield _outdated(inputs, name, f"flake.lock has no {name}, which flake.nix asks for")
        else:
            yield from _unfit_edge(inputs, (name,), declared, edge)
    for name in sorted(inputs.lock.root.inputs.keys() - inputs.declared.keys()):
        yield Finding(
            "lock-entry-left-over",
            NOTE,
            f"flake.lock has {name}, which flake.nix does not ask for any more",
            "nix flake lock removes it",
        )


def _unfit_edge(inputs: Inputs, path: InputPath, declared: Input, edge: Node | InputPath) -> Iterator[Finding]:
    shown = "/".join(path)
    locked = (
        f"follows {'/'.join(edge) or 'the flake itself'}"
        if isinstance(edge, tuple)
        else f"is {describe_reference(edge.original)}"
    )
    if declared.follows is not None:
        if edge != declared.follows:
            wanted = "/".join(declared.follows) or "the flake itself"
            yield _outdated(inputs, path[0], f"{shown} follows {wanted} in flake.nix, and {locked} in flake.lock")
    elif declared.reference is not None and (isinstance(edge, tuple) or not _is_locked(edge, declared.reference, path)):
        wanted = describe_reference(declared.reference)
        yield _outdated(inputs, path[0], f"{shown} is {wanted} in flake.nix, and {locked} in flake.lock")
    if isinstance(edge, tuple):
        return
    for name, below in sorted(declared.inputs.items()):
        child = edge.inputs.get(name)
        if child is not None:
            yield from _unfit_edge(inputs, (*path, name), below, child)
        elif below.follows is not None or below.reference is not None:
            yield _void(inputs, path, name, edge)


def _is_locked(node: Node, reference: Attributes, path: InputPath) -> bool:
    """Whether a node is one for what flake.nix asks for.

    Of an input that another flake replaces, Nix before 2.26 wrote what is replaced as `original`.
    """
    place = {name: value for name, value in canonical(reference).items() if name not in ("ref", "rev")}
    return same_reference(node.original, reference) or (
        len(path) > 1 and place.items() <= canonical(node.locked).items()
    )


def _outdated(inputs: Inputs, name: str, message: str) -> Finding:
    remedy = "nix flake lock (or hmeval's --write-lock-file) brings flake.lock up to date"
    return Finding("lock-outdated", WARNING, message, remedy, inputs.position(name))


def _void(inputs: Inputs, path: InputPath, name: str, node: Node) -> Finding:
    shown = "/".join(path)
    near = get_close_matches(name, node.inputs, n=1)
    remedy = (
        f"write {near[0]} in its place"
        if near
        else f"remove it; {shown} has {', '.join(sorted(node.inputs)) or 'no inputs'}"
    )
    return Finding(
        "void-replacement",
        WARNING,
        f"flake.nix replaces {shown}/{name}, and {shown} has no input {name}: it has no effect",
        remedy,
        inputs.position(path[0]),
    )
