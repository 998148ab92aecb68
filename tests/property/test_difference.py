"""What holds of the difference of any two option trees."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hmeval.options.comparison import FIELDS
from hmeval.options.difference import Difference, compare
from hmeval.options.model import OptionTree
from hmeval.options.path import show_option
from hmeval.options.values import failures
from hmeval.render.difference_page import difference_page
from hmeval.render.json_text import json_text
from hmeval.render.terminal import Style

# Few names, so that trees have options in common and old names lead somewhere.
locs = st.lists(st.sampled_from(["a", "b", "<name>", "x y"]), min_size=1, max_size=3)


PARTLY = {"json": [1, {"error": {"message": "no"}}], "failed": [{"path": [1], "message": "no"}]}


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """A record: an option of its own, hidden or not, or the old name of another one."""
    loc = draw(locs)
    alias = draw(st.none() | locs)
    record: dict[str, Any] = {
        "loc": loc,
        "name": show_option(loc),
        "description": draw(st.none() | st.just("text")),
        "visible": draw(st.booleans()),
        "internal": draw(st.sampled_from([False, False, True])),
        "type": draw(st.sampled_from(["boolean", "string"])),
    }
    if alias is not None:
        record["description"] = f"Alias of {{option}}`{show_option(alias)}`."
    values = st.sampled_from(
        [{"json": 1}, {"json": [1, "é"]}, {"nix": "<function>"}, {"error": {"message": "no"}}, PARTLY]
    )
    if draw(st.booleans()):
        record["value"] = draw(values)
    if draw(st.booleans()):
        record["default"] = {"_type": "literalExpression", "text": draw(st.sampled_from(["1", "2\n3"]))}
    return record


trees = st.lists(records(), max_size=8).map(OptionTree)


def names(difference: Difference) -> dict[str, Any]:
    """The difference by names."""
    return {
        "added": sorted(option.name for option in difference.added),
        "removed": sorted(each.option.name for each in difference.removed),
        "renamed": sorted((pair.before.name, pair.after.name, pair.fields) for pair in difference.renamed),
        "changed": sorted((pair.before.name, pair.fields) for pair in difference.changed),
    }


@given(trees, st.booleans())
def test_a_tree_does_not_differ_from_itself(tree: OptionTree, hidden: bool) -> None:
    difference = compare(tree, tree, hidden=hidden)
    assert not any(difference._replace(not_compared=()))
    unknown = {pair.before.name for pair in difference.not_compared}
    assert unknown <= {name for name, option in tree.items() if failures(option.value)}
    page = difference_page(difference, Style())
    assert page.startswith(f"Not compared ({len(unknown)})\n") if unknown else page == "No option differs.\n"


@given(trees, trees, st.booleans())
def test_the_other_way_round_is_the_mirror_image(a: OptionTree, b: OptionTree, hidden: bool) -> None:
    there, back = names(compare(a, b, hidden=hidden)), names(compare(b, a, hidden=hidden))
    mirrored = [(after, before, fields) for before, after, fields in back["renamed"]]
    assert there["added"] == back["removed"]
    assert there["removed"] == back["added"]
    assert there["renamed"] == sorted(mirrored)
    assert there["changed"] == back["changed"]


@given(trees, trees)
def test_every_listed_option_is_accounted_for(a: OptionTree, b: OptionTree) -> None:
    difference = names(compare(a, b))
    old, new = ({pair[side] for pair in difference["renamed"]} for side in (0, 1))
    gone, come = set(difference["removed"]), set(difference["added"])
    assert not gone & old
    assert not come & new
    for name, option in a.listed().items():
        assert name in gone | old or name in b, f"{name} is nowhere"
        if name not in gone | old | new and name in b.listed():
            assert option.type == b[name].type or name in {changed for changed, _ in difference["changed"]}


@given(trees, trees)
def test_differences_can_be_shown(a: OptionTree, b: OptionTree) -> None:
    difference = compare(a, b)
    page, record = difference_page(difference, Style()), difference.record()
    assert page.endswith(".\n")
    assert json_text(record)
    assert record["summary"] == difference.counts()
    assert sum(len(difference.differing(field)) for field in FIELDS) == sum(
        len(pair.fields) for pair in (*difference.changed, *difference.renamed)
    )
