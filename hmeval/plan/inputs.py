"""What the planner takes from a configuration, as plain data: all of it comes from one Nix expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Place = dict[str, Any]
"""Where something is written: `file`, and `line` and `column` where Nix knows them."""


class ManagedFile(NamedTuple):
    """One file of `home.file`.

    Attributes:
        target: its place below HOME, as the option gives it.
        source: the path of what it shows.
        store: whether the source is in the store, and so will be there once it is built.
        text: its content, where it is known before it is built.
        link_to: where it leads to, for mkOutOfStoreSymlink.
        option: the option that declares it, whose `force` is its own: xdg.configFile."app/rc", say.
        owner: the module of Home Manager's that defines it, by its option (programs.git); None where none has its name.
        is_internal: whether a module of Home Manager's defines it.
        is_executable: whether its text will be, where `executable` does not say so.
    """

    target: str
    source: str
    store: bool = False
    text: bytes | None = None
    link_to: str | None = None
    executable: bool | None = None
    recursive: bool = False
    ignore_links: bool = False
    force: bool = False
    has_hook: bool = False
    declared_at: tuple[Place, ...] = ()
    option: str | None = None
    owner: str | None = None
    is_internal: bool = False
    is_executable: bool = False


class Block(NamedTuple):
    """One block of `home.activation`.

    Attributes:
        user_defined: whether it is not Home Manager's own; None where that is not known.
    """

    code: str
    after: list[str]
    before: list[str]
    user_defined: bool | None
    declared_at: tuple[Place, ...] = ()


def text_bytes(text: str) -> bytes:
    """The bytes of a Nix string."""
    return text.encode("utf-8", "surrogateescape")


def managed_file(record: Mapping[str, Any]) -> ManagedFile:
    """The file that a record of the Nix expression describes, once its content is filled in (plan.contents)."""
    text = record["text"]
    return ManagedFile(  # by position, which is quicker: there may be many
        record["target"],
        record["source"],
        record["store"],
        None if text is None else text_bytes(text),
        record["linkTo"],
        record["executable"],
        record["recursive"],
        record["ignoreLinks"],
        record["force"],
        record["hasHook"],
        tuple(record["declaredAt"]),
        record["option"],
        record["owner"],
        record["internal"],
        record.get("isExecutable", False),
    )
