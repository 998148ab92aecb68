"""What holds of every path, every record and every search."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from hmeval.options.documents import configuration_document, markdown, options_json, options_list
from hmeval.options.model import OptionTree
from hmeval.options.path import OptionPathError, is_placeholder, parse_option_path, show_option
from hmeval.options.query import nearest
from hmeval.render.json_text import json_document, json_list_pieces, json_object, json_text
from hmeval.render.option_page import option_page
from hmeval.render.tables import plain_table
from hmeval.render.terminal import Style

# Nix strings: any characters, and bytes that are no UTF-8 (lone surrogates), but no zero byte. A set of characters is
# drawn from many times as fast as a filtered one.
BYTES = "".join(map(chr, range(0xDC80, 0xDD00)))
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0", include_characters=BYTES)
texts = st.text(characters, max_size=20)
parts = st.one_of(texts, st.sampled_from(["enable", "programs", "git", "<name>", "*", "in", "2bwm", "a.b", ""]))
locs = st.lists(parts, min_size=1, max_size=5)
literals = st.fixed_dictionaries({"_type": st.sampled_from(["literalExpression", "literalMD"]), "text": texts})
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


types = st.recursive(
    st.fixed_dictionaries(
        {"name": texts},
        optional={
            "description": texts,
            "members": st.lists(values, max_size=3),
            "bounds": st.sampled_from([{"minimum": 1}, {"minimum": 0, "maximum": 1.5}, {"above": 0}]),
            "pattern": texts,
            "recursive": st.just(True),
        },
    ),
    lambda inner: (
        st.fixed_dictionaries(
            {
                "name": st.sampled_from(["nullOr", "either", "listOf", "coercedTo"]),
                "elements": st.lists(inner, max_size=3),
            },
            optional={"freeform": inner, "converted_from": inner, "sub_options": st.just(True)},
        )
        | st.fixed_dictionaries({"name": st.just("attrTag"), "tags": st.dictionaries(texts, inner, max_size=2)})
    ),
    max_leaves=6,
)


def named(record: dict[str, Any]) -> dict[str, Any]:
    """The record with the name that its place gives it."""
    return record | {"name": show_option(record["loc"])}


# Records of any shape that the native code writes.
records = st.fixed_dictionaries(
    {
        "loc": locs,
        "description": st.none() | texts | st.fixed_dictionaries({"_type": st.just("mdDoc"), "text": texts}),
        "declarations": st.lists(texts, max_size=2),
        "internal": st.booleans(),
        "visible": st.booleans(),
        "readOnly": st.booleans(),
        "type": texts,
    },
    optional={
        "default": literals,
        "example": literals,
        "relatedPackages": st.lists(texts | st.lists(texts, max_size=2), max_size=2),
        "value": st.fixed_dictionaries({"json": values}) | st.fixed_dictionaries({"nix": texts}),
        "type_info": types,
        "instance_of": locs,
        "within": locs,
        "instances": st.lists(locs, max_size=2),
    },
).map(named)
trees = st.lists(records, max_size=6).map(OptionTree)


@given(locs)
def test_a_path_that_is_shown_is_read_back(loc: list[str]) -> None:
    # lib.showOption leaves `<…>` as it is, whatever it holds: there its text has more than one reading.
    assume(not any(is_placeholder(part) and "." in part for part in loc))
    assert parse_option_path(show_option(loc)) == loc


@given(st.text(max_size=30))
def test_any_text_is_a_path_or_refused_with_a_column(text: str) -> None:
    try:
        assert parse_option_path(text)
    except OptionPathError as refusal:
        column = refusal.column
    else:
        column = 1
    assert 1 <= column <= len(text) + 1


@given(trees)
def test_documents_survive_json(tree: OptionTree) -> None:
    options = list(tree.values())
    listed, keyed = options_list(options), options_json(options)
    document = configuration_document({"kind": "file"}, options)
    document["options"] = list(document["options"])
    assert json.loads("".join(json_list_pieces(listed))) == json.loads(json_text(listed))
    assert json.loads(json_object(keyed)) == json.loads(json_text(keyed))
    read = json.loads(json_document(document, "options"))
    assert read == json.loads(json_text(document))
    assert len(read["options"]) == len(tree)
    assert json_document(document, "options").encode()


@given(trees)
def test_everything_can_be_shown(tree: OptionTree) -> None:
    assert markdown(tree.values()) or not tree
    assert len(plain_table(tree.values()).splitlines()) >= len(tree)
    for option in tree.values():
        assert option_page(option, Style())


@given(trees, st.text(max_size=20) | texts)
def test_search_never_raises_and_finds_only_what_is_there(tree: OptionTree, text: str) -> None:
    assert set(tree.search(text)) <= set(tree)


@given(trees)
def test_an_options_own_name_finds_it_first(tree: OptionTree) -> None:
    for name in tree:
        assert next(iter(tree.search(name))) == name


@given(trees, st.sampled_from(["boolean", "null or", "é"]), st.booleans())
def test_filters_choose_and_keep_the_order(tree: OptionTree, kind: str, is_set: bool) -> None:
    chosen = tree.search(type=kind, is_set=is_set)
    assert list(chosen) == [name for name in tree if name in chosen]
    types = [option.type.lower() for option in chosen.values()]
    assert all(set(kind.split()) <= set(type.split()) or kind in type for type in types)
    assert all(option.is_set is is_set for option in chosen.values())


@given(trees, st.integers(0, 5))
def test_what_a_search_finds_holds_its_words_or_something_near(tree: OptionTree, place: int) -> None:
    """A word of a name, description or value that occurs as it is typed finds nothing else."""
    for option in list(tree.values())[place : place + 1]:
        for word in option.name.lower().split():
            for found in tree.search(word).values():
                texts = (found.name, found.description or "", json.dumps(found.value, ensure_ascii=False))
                assert any(word in text.lower() for text in texts) or found.name == word


@given(trees, texts)
def test_the_nearest_paths_are_few(tree: OptionTree, wrong: str) -> None:
    assert len(nearest(tree, wrong)) <= 3
