"""StoredTree: the options of an entry, each unpacked when it is asked for."""

from __future__ import annotations

from hmeval.options.model import Option, OptionTree, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from hmeval.cache.entries import Entry
    from hmeval.options.model import Record

# After the options, what choosing among them takes. No Nix name holds a NUL.
_NAMES, _COLUMNS = "\0names", "\0columns"


def tree_documents(records: Sequence[Record]) -> Iterator[tuple[str, Any]]:
    """The documents of an entry that holds these options, in their order."""
    for record in records:
        yield record["name"], record
    yield _NAMES, [record["name"] for record in records]
    listed = bytes(Option(record).listed for record in records)
    without_values = not any("value" in record for record in records)
    texts = [text_of(record.get("description")) or "" for record in records]
    yield _COLUMNS, (without_values, listed, texts, [len(record["loc"]) for record in records])


class StoredOption(Option):
    """An option of an entry, unpacked when more is asked for than its name and path."""

    __slots__ = ("_place", "_record")
    _place: tuple[Entry, int, str, int]  # the entry, the place in it; the option's name, and of how many it is made
    _record: Record | None

    def __init__(self, *place: Any) -> None:
        object.__setattr__(self, "_place", place)
        object.__setattr__(self, "_record", None)

    @property
    def record(self) -> Record:  # type: ignore[override] # it cannot be set in an Option either
        if self._record is None:
            entry, number, _, _ = self._place
            object.__setattr__(self, "_record", entry.at(number))
        assert self._record is not None
        return self._record

    @property
    def name(self) -> str:
        return self._place[2]

    @property
    def loc(self) -> Sequence[str]:
        _, _, name, depth = self._place
        parts = name.split(".")
        if len(parts) == depth and '"' not in name:
            return parts
        loc: Sequence[str] = self.record["loc"]
        return loc


class StoredTree(OptionTree):
    """As any OptionTree; names, searches and what is below a path are found without the options themselves."""

    __slots__ = ("_columns_", "_entry", "_names", "_places_")

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._names: list[str] = entry.get(_NAMES)
        self._places_: dict[str, int] | None = None
        self._columns_: tuple[bool, bytes, list[str], list[int]] | None = None

    def options(self) -> Iterator[Option]:
        """All options, those too whose name another one has."""
        depths = self._columns[3]
        return (StoredOption(self._entry, place, name, depths[place]) for place, name in enumerate(self._names))

    def __getitem__(self, name: str) -> Option:
        record = self._entry.get(name) if name[:1] != "\0" else None
        if record is None:
            raise KeyError(name)
        return Option(record)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def at(self, loc: Sequence[str]) -> Option:
        from hmeval.options.path import show_option

        return self[show_option(loc)]

    def under(self, path: str | Sequence[str]) -> OptionTree:
        from hmeval.options.path import parse_option_path, show_option

        loc = parse_option_path(path) if isinstance(path, str) else list(path)
        if not loc:
            return self
        name = show_option(loc)
        below = f"{name}."
        found = (place for known, place in self._places.items() if known == name or known.startswith(below))
        options = map(self._option, found)
        return OptionTree.of(option for option in options if list(option.loc[: len(loc)]) == loc)

    def declaration_of(self, path: str | Sequence[str]) -> Option | None:
        return self._whole().declaration_of(path)

    def listed(self) -> OptionTree:
        listed = self._columns[1]
        return OptionTree.of(self._option(place) for place in self._places.values() if listed[place])

    def search(self, text: str = "", *, type: str | None = None, is_set: bool | None = None) -> OptionTree:
        if type is not None or is_set is not None or not text.split() or not self._columns[0]:
            return self._whole().search(text, type=type, is_set=is_set)
        from hmeval.options import query

        _, _, texts, depths = self._columns
        # All that a search looks at, where there are no values.
        candidates = [
            Option({"name": name, "description": texts[place], "loc": (name,) * depths[place]})
            for name, place in self._places.items()
        ]
        return OptionTree.of(self[option.name] for option in query.search(candidates, text))

    def values(self) -> Any:
        return list(map(self._option, self._places.values()))

    def items(self) -> Any:
        return self._whole().items()

    def _whole(self) -> OptionTree:
        return OptionTree.of(self.options())

    def _option(self, place: int) -> Option:
        return StoredOption(self._entry, place, self._names[place], self._columns[3][place])

    @property
    def _places(self) -> dict[str, int]:
        if self._places_ is None:
            self._places_ = _first_places(self._names)
        return self._places_

    @property
    def _columns(self) -> tuple[bool, bytes, list[str], list[int]]:
        if self._columns_ is None:
            self._columns_ = self._entry.get(_COLUMNS)
        assert self._columns_ is not None
        return self._columns_


def _first_places(names: Iterable[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        places.setdefault(name, place)
    return places
