"""One option, and the tree of them: plain records with names on them. Pure: it imports nothing of the rest at start.

A record is what the native code writes for one option of the module system; its keys are listed in `Option`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, overload

Record = Mapping[str, "Any"]
"""One option as the native code writes it."""

OPTION_DEFAULT_PRIORITY = 1500
"""That of an option's own default (`mkOptionDefault`, nixpkgs lib/modules.nix); what is below it, some module set."""

_PRIORITY_NAMES = {
    10: "mkVMOverride",
    50: "mkForce",
    60: "mkImageMediaOverride",
    100: "plain",
    1000: "mkDefault",
    OPTION_DEFAULT_PRIORITY: "mkOptionDefault",
}
_ORDER_NAMES = {500: "mkBefore", 1500: "mkAfter"}


def priority_name(number: int) -> str:
    """What the field calls a priority: the function of nixpkgs' lib/modules.nix that gives it.

    100 is that of a definition with no override around it, "plain"; one without a name is written as `mkOverride 900`.
    """
    return _PRIORITY_NAMES.get(number) or f"mkOverride {number}"


def order_name(number: int) -> str:
    """What the field calls an order: mkBefore, mkAfter, or `mkOrder 300`."""
    return _ORDER_NAMES.get(number) or f"mkOrder {number}"


class Option:
    """One option: its declaration as documented, and, where it was evaluated, its value and who defines it.

    Not to be changed: trees share options. What is not in the record is None (or empty), never an error.
    """

    __slots__ = ("record",)
    record: Record

    def __init__(self, record: Record) -> None:
        object.__setattr__(self, "record", record)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an option cannot be changed: {name}")

    def __repr__(self) -> str:
        return f"<Option {self.name}: {self.type}>"

    def __reduce__(self) -> tuple[type[Option], tuple[Record]]:
        return Option, (self.record,)  # copies and pickles are made as it is; they set no attribute

    def __eq__(self, other: object) -> bool:
        return self.record == other.record if isinstance(other, Option) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def name(self) -> str:
        """The path as `lib.showOption` writes it: `programs.git.enable`."""
        name: str = self.record["name"]
        return name

    @property
    def loc(self) -> Sequence[str]:
        """The path as attribute names, placeholders (`<name>`, `*`) among them."""
        loc: Sequence[str] = self.record["loc"]
        return loc

    @property
    def type(self) -> str:
        """The type in words (`type.description`), "unspecified" where the option has none."""
        return self.record.get("type") or "unspecified"

    @property
    def description(self) -> str | None:
        """The description's text, in nixpkgs-flavoured Markdown."""
        return text_of(self.record.get("description"))

    @property
    def default(self) -> str | None:
        """The default's text: a Nix expression, unless the record's `_type` is literalMD."""
        return text_of(self.record.get("default"))

    @property
    def example(self) -> str | None:
        """The example's text: a Nix expression, unless the record's `_type` is literalMD."""
        return text_of(self.record.get("example"))

    @property
    def declarations(self) -> Sequence[str]:
        """The files that declare it."""
        return self.record.get("declarations") or ()

    @property
    def declaration_positions(self) -> Sequence[Mapping[str, Any]]:
        """Where it is declared: {file, line, column}; line and column can be None."""
        return self.record.get("declaration_positions") or ()

    @property
    def internal(self) -> bool:
        """Whether it is for the modules' own use."""
        return bool(self.record.get("internal"))

    @property
    def visible(self) -> bool:
        """Whether manuals show it (an internal one may still be visible by itself; see `listed`)."""
        return bool(self.record.get("visible", True))

    @property
    def listed(self) -> bool:
        """Whether it belongs in a manual: visible and not internal, nixosOptionsDoc's rule."""
        return self.visible and not self.internal

    @property
    def read_only(self) -> bool:
        """Whether it can be set only once (`readOnly`)."""
        return bool(self.record.get("readOnly"))

    @property
    def related_packages(self) -> Any:
        """What the declaration gives: a list of names, paths and sets, a text, or None."""
        return self.record.get("relatedPackages")

    @property
    def type_info(self) -> Mapping[str, Any] | None:
        """The type's structure: {name, elements?, members?, bounds?, sub_options?, …}, as docs/json.md tells."""
        return self.record.get("type_info")

    @property
    def instance_of(self) -> Sequence[str] | None:
        """The loc of the declaration behind an option of a real instance (`users.users.<name>.shell`)."""
        return self.record.get("instance_of")

    @property
    def within(self) -> Sequence[str] | None:
        """The loc of the option that holds this value, where it is no option itself (`programs.git.settings.user`)."""
        return self.record.get("within")

    @property
    def instances(self) -> Sequence[Sequence[str]]:
        """The paths of the real instances of this option; empty where there are none, or it was not asked for alone."""
        return self.record.get("instances") or ()

    @property
    def is_defined(self) -> bool | None:
        """`isDefined` of the module system (a default counts); None where it was not evaluated."""
        return self.record.get("is_defined")

    @property
    def priority(self) -> int | None:
        """The priority that won (`highestPrio`); None where it was not evaluated."""
        priority = self.record.get("priority")
        return priority["number"] if priority else None

    @property
    def is_set(self) -> bool:
        """Whether the configuration itself defines it: defined, at a priority below that of an option's default."""
        priority = self.priority
        return bool(self.is_defined) and priority is not None and priority < OPTION_DEFAULT_PRIORITY

    @property
    def value(self) -> Mapping[str, Any] | None:
        """{"json": …}, {"nix": text, "truncated"?, "package"?} or {"error": …}; None where it was not evaluated."""
        return self.record.get("value")

    @property
    def definitions(self) -> Sequence[Mapping[str, Any]]:
        """Who defines it: {file, line, column, priority, value, wins}."""
        return self.record.get("definitions") or ()

    @property
    def errors(self) -> Mapping[str, Mapping[str, Any]]:
        """The fields that could not be evaluated: field → {kind, message, position?}."""
        return self.record.get("errors") or {}


class OptionTree(Mapping[str, Option]):
    """Options by their name, in the tree's order.

    Names are as `lib.showOption` writes them. Where two options have one name the first stays, as in `listToAttrs`.
    """

    __slots__ = ("_options",)

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._options: dict[str, Option] = {}
        for record in records:
            self._options.setdefault(record["name"], Option(record))

    @classmethod
    def of(cls, options: Iterable[Option]) -> OptionTree:
        """The tree of options that are there already: trees share them."""
        tree = cls()
        for option in options:
            tree._options.setdefault(option.name, option)
        return tree

    def __getitem__(self, name: str) -> Option:
        return self._options[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._options)

    def __len__(self) -> int:
        return len(self._options)

    def __contains__(self, name: object) -> bool:
        return name in self._options

    def __repr__(self) -> str:
        return f"<OptionTree of {len(self)} options>"

    def at(self, loc: Sequence[str]) -> Option:
        """The option whose path is exactly this list of names. Raises KeyError where there is none."""
        from hmeval.options.path import show_option

        return self._options[show_option(loc)]

    def under(self, path: str | Sequence[str]) -> OptionTree:
        """The options at and below a path, a text or a list of names; an empty tree where there are none.

        Raises:
            OptionPathError: the text is not an option path.
        """
        loc = _as_loc(path)
        depth = len(loc)
        return OptionTree.of(option for option in self._options.values() if list(option.record["loc"][:depth]) == loc)

    def declaration_of(self, path: str | Sequence[str]) -> Option | None:
        """The option that declares a path: itself, or the one with placeholders for what the path names.

        `users.users.alice.shell` is declared by `users.users.<name>.shell`.
        """
        loc = _as_loc(path)
        options = [option for option in self._options.values() if _declares(option.record["loc"], loc)]
        return max(options, key=lambda option: _names_in_common(option.record["loc"], loc), default=None)

    def listed(self) -> OptionTree:
        """Those that a manual shows: visible, and not internal."""
        return OptionTree.of(option for option in self._options.values() if option.listed)

    def search(self, text: str = "", *, type: str | None = None, is_set: bool | None = None) -> OptionTree:
        """The options that match a text in name, description or (where it is known) value, the best first.

        `type` is a text in the type; `is_set` asks for those that the configuration defines, or does not, which trees
        know that were read with their state (`hmeval.options.query`).
        """
        from hmeval.options import query

        options: Iterable[Option] = self._options.values()
        if is_set is not None:
            options = query.set_only(options) if is_set else query.unset_only(options)
        if type is not None:
            options = query.of_type(options, type)
        return OptionTree.of(query.search(options, text))

    if TYPE_CHECKING:

        @overload
        def documents(self, format: Literal["options-list"] = ...) -> list[dict[str, Any]]: ...
        @overload
        def documents(self, format: Literal["options-json"]) -> dict[str, dict[str, Any]]: ...
        @overload
        def documents(self, format: Literal["markdown"]) -> str: ...

    def documents(self, format: str = "options-list") -> list[dict[str, Any]] | dict[str, dict[str, Any]] | str:
        """The options as the ecosystem's documents (`hmeval.options.documents`).

        Raises:
            ValueError: an unknown format.
        """
        from hmeval.options import documents

        writers: dict[str, Any] = {
            "options-list": documents.options_list,
            "options-json": documents.options_json,
            "markdown": documents.markdown,
        }
        if format not in writers:
            raise ValueError(f"no such format: {format!r}; one of {', '.join(writers)}")
        written: list[dict[str, Any]] | dict[str, dict[str, Any]] | str = writers[format](self.values())
        return written


def text_of(field: Any) -> str | None:
    """The text of a field that is a string or {_type, text} (mdDoc, literalExpression, literalMD)."""
    if isinstance(field, Mapping):
        text: str | None = field.get("text")
        return text
    return None if field is None else str(field)


def _as_loc(path: str | Sequence[str]) -> list[str]:
    if not isinstance(path, str):
        return list(path)
    from hmeval.options.path import parse_option_path

    return parse_option_path(path)


def _declares(declared: Sequence[str], loc: Sequence[str]) -> bool:
    from hmeval.options.path import is_placeholder

    return len(declared) == len(loc) and all(
        mine == theirs or is_placeholder(mine) for mine, theirs in zip(declared, loc, strict=True)
    )


def _names_in_common(declared: Sequence[str], loc: Sequence[str]) -> int:
    return sum(mine == theirs for mine, theirs in zip(declared, loc, strict=True))
