"""Names that options alone do not tell: those of packages, and of the real instances of submodules."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from hmeval.errors import EvaluationError
from hmeval.literals import string_literal
from hmeval.lsp.index import Entry, OptionIndex, structure
from hmeval.lsp.meaning import ELEMENT, Path
from hmeval.options.path import is_placeholder

if TYPE_CHECKING:
    from hmeval import Configuration

# The names below each path of a list; null in a path stands for every name. A value that throws has none.
_NAMES_AT = """
paths:
let
  inherit (builtins) attrNames concatMap head isAttrs tail tryEval;
  names =
    value:
    let
      tried = tryEval (if isAttrs value && value.type or null != "derivation" then attrNames value else [ ]);
    in
    if tried.success then tried.value else [ ];
  walk =
    above: path: value:
    if path == [ ] then
      [ { path = above; names = names value; } ]
    else
      concatMap (
        name:
        if head path == null || head path == name then walk (above ++ [ name ]) (tail path) value.${name} else [ ]
      ) (names value);
in
concatMap (path: walk [ ] path config) paths
"""


class Names:
    """Many names, to be found by what is typed of them."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = sorted(names)
        lower = [name.lower() for name in self._names]
        self._text = "\n".join(lower)
        self._starts = [0, *accumulate(len(name) + 1 for name in lower)]

    def __len__(self) -> int:
        return len(self._names)

    def matching(self, typed: str) -> Iterator[str]:
        """The names that begin with a text, and then those that hold it, letter case aside, each once."""
        first = bisect_left(self._names, typed)
        last = bisect_right(self._names, f"{typed}\U0010ffff")
        yield from self._names[first:last]
        at, wanted = 0, typed.lower()
        while wanted and (at := self._text.find(wanted, at)) >= 0:
            number = bisect_right(self._starts, at) - 1
            if not first <= number < last:
                yield self._names[number]
            at = self._starts[number + 1]


def package_names(configuration: Configuration) -> Names:
    """The names in the configuration's pkgs; none where that cannot be evaluated. Nothing in it is."""
    return Names(_told(configuration, "builtins.attrNames pkgs"))


def instance_names(configuration: Configuration, index: OptionIndex) -> Mapping[Path, Sequence[str]]:
    """The names that the configuration has where options have a placeholder, by the path above them."""
    written = " ".join(f"[ {' '.join(map(_step, path))} ]" for path in _with_instances(index.root))
    told = _told(configuration, f"({_NAMES_AT}) [ {written} ]")
    return {tuple(one["path"]): one["names"] for one in told if one["names"]}


def _with_instances(entry: Entry) -> Iterator[Path]:
    """The paths that names stand below, of what the configuration defines."""
    if entry.option is not None and entry.option.value is not None and not entry.option.is_set:
        return
    if _holds_instances(entry):
        yield entry.path
    for below in (*entry.children.values(), *([entry.any] if entry.any is not None else ())):
        if below.name != ELEMENT:
            yield from _with_instances(below)


def _holds_instances(entry: Entry) -> bool:
    if entry.any is not None:
        return entry.any.name != ELEMENT
    option = entry.option
    is_set_of = option is not None and structure(option.type_info).get("name") in ("attrsOf", "lazyAttrsOf")
    return is_set_of and "json" not in ((option and option.value) or {})


def _step(name: str) -> str:
    return "null" if is_placeholder(name) else string_literal(name)


def _told(configuration: Configuration, expression: str) -> Any:
    """What an expression gives; nothing where that cannot be evaluated."""
    try:
        shown = configuration.shown(expression, None, json=True)
        return [] if shown["failed"] else json.loads(shown["text"])
    except EvaluationError as error:
        if error.kind == "interrupted":
            raise
        return []
