"""Flake references: from URLs to attributes, as Nix has them, and what is none."""

from __future__ import annotations

import pytest

from hmeval import Evaluator, TargetError
from hmeval.literals import string_literal
from hmeval.targets.lock import Attributes
from hmeval.targets.reference import (
    describe_reference,
    parse_reference,
    relative_path,
    same_reference,
    with_canonical_url,
)

REVISION = "0123456789abcdef0123456789abcdef01234567"

# Nix's manual, `nix flake`, "Flake references".
REFERENCES: dict[str, Attributes] = {
    "nixpkgs": {"type": "indirect", "id": "nixpkgs"},
    "nixpkgs/nixos-unstable": {"type": "indirect", "id": "nixpkgs", "ref": "nixos-unstable"},
    f"nixpkgs/{REVISION}": {"type": "indirect", "id": "nixpkgs", "rev": REVISION},
    f"nixpkgs/branch/{REVISION}": {"type": "indirect", "id": "nixpkgs", "ref": "branch", "rev": REVISION},
    "flake:nixpkgs": {"type": "indirect", "id": "nixpkgs"},
    "github:a/b": {"type": "github", "owner": "a", "repo": "b"},
    "github:a/b/release-25.11": {"type": "github", "owner": "a", "repo": "b", "ref": "release-25.11"},
    f"github:a/b/{REVISION}": {"type": "github", "owner": "a", "repo": "b", "rev": REVISION},
    "github:a/b?dir=c/d": {"type": "github", "owner": "a", "repo": "b", "dir": "c/d"},
    "github:a/b?ref=c": {"type": "github", "owner": "a", "repo": "b", "ref": "c"},
    "github:a/b?host=example.org": {"type": "github", "owner": "a", "repo": "b", "host": "example.org"},
    "gitlab:a/b": {"type": "gitlab", "owner": "a", "repo": "b"},
    "sourcehut:~a/b": {"type": "sourcehut", "owner": "~a", "repo": "b"},
    "git+https://example.org/a": {"type": "git", "url": "https://example.org/a"},
    "git+ssh://git@example.org/a?ref=b": {"type": "git", "url": "ssh://git@example.org/a", "ref": "b"},
    "git+file:///a/b?dir=c": {"type": "git", "url": "file:///a/b", "dir": "c"},
    "git+file:///a?submodules=1&shallow=1": {"type": "git", "url": "file:///a", "submodules": True, "shallow": True},
    "git://example.org/a": {"type": "git", "url": "git://example.org/a"},
    "hg+https://example.org/a": {"type": "hg", "url": "https://example.org/a"},
    "https://example.org/a.tar.gz": {"type": "tarball", "url": "https://example.org/a.tar.gz"},
    "https://example.org/a": {"type": "tarball", "url": "https://example.org/a"},
    "https://example.org/a?b=c": {"type": "tarball", "url": "https://example.org/a?b=c"},
    "tarball+https://example.org/a": {"type": "tarball", "url": "https://example.org/a"},
    "file+https://example.org/a": {"type": "file", "url": "https://example.org/a"},
    "path:/a/b": {"type": "path", "path": "/a/b"},
    "path:./a": {"type": "path", "path": "./a"},
    "path:../a": {"type": "path", "path": "../a"},
    "path:/a?lastModified=12&rev=" + REVISION: {"type": "path", "path": "/a", "lastModified": 12, "rev": REVISION},
    "/a/b": {"type": "path", "path": "/a/b"},
    "path:/a%20b": {"type": "path", "path": "/a b"},
}
# What needs Mercurial to be told, and what Nix 2.8 does not have.
NOT_ASKED = ("hg+",)
NEWER = ("https://example.org/a", "https://example.org/a?b=c", "tarball+", "file+", "path:/a%20b")


@pytest.mark.parametrize(("url", "expected"), REFERENCES.items())
def test_a_reference(url: str, expected: Attributes) -> None:
    assert parse_reference(url) == expected


# URLs that newer versions of Nix write in another way than they were written in.
ENCODED = (
    "https://example.org/f/0.1.*.tar.gz",
    "https://example.org/f/0.1.%2A.tar.gz",
    "https://example.org/f/0.1.%2a.tar.gz?b=c*d&a=%7Ee",
    "https://example.org/a%7Eb/(c)/d,e;f=g.tar.gz?x=a:b@c/d?e",
    "https://us%65r:p@example.org:80/a+b.tar.gz",
    "git+https://example.org/a*b?c=*&ref=d/e",
    "git+https://example.org/a%2Ab?dir=c*d",
)


def test_references_as_nix_has_them() -> None:
    with Evaluator() as evaluator:
        is_old = evaluator.eval('builtins.compareVersions builtins.nixVersion "2.26" < 0').to_python()
        left_out = (*NOT_ASKED, *NEWER) if is_old else NOT_ASKED
        urls = [url for url in REFERENCES if not url.startswith(left_out) or url.endswith(".tar.gz")]
        urls += [] if is_old else ENCODED
        if evaluator.eval('builtins.compareVersions builtins.nixVersion "2.34" < 0').to_python():
            urls = [url for url in urls if "us%65r" not in url]  # users are not decoded there
        parsed = {url: evaluator.eval(f"builtins.parseFlakeRef {string_literal(url)}").to_python() for url in urls}
    own = {url: parse_reference(url, dir_in_url=is_old) for url in urls}
    assert parsed == (own if is_old else {url: with_canonical_url(reference) for url, reference in own.items()})


SAME = [
    ("https://example.org/f/0.1.*.tar.gz", "https://example.org/f/0.1.%2A.tar.gz"),
    ("https://example.org/f/0.1.*.tar.gz", "https://example.org/f/0.1.%2a.tar.gz"),
    ("https://example.org/a.tar.gz?b=1&a=*", "https://example.org/a.tar.gz?a=%2A&b=1"),
    ("git+https://example.org/a(b)", "git+https://example.org/a%28b%29"),
    ("git+https://example.org/a*?dir=b*", "git+https://example.org/a%2A?dir=b%2A"),
]
OTHERS = [
    ("https://example.org/a/b.tar.gz", "https://example.org/a%2Fb.tar.gz"),
    ("https://example.org/a.tar.gz?b=1", "https://example.org/a.tar.gz?b=2"),
    ("https://example.org/A.tar.gz", "https://example.org/a.tar.gz"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
@pytest.mark.parametrize("dir_in_url", [False, True])
def test_references_that_are_the_same(one: str, other: str, dir_in_url: bool) -> None:
    assert same_reference(parse_reference(one, dir_in_url=dir_in_url), parse_reference(other))


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_references_that_are_not_the_same(one: str, other: str) -> None:
    assert not same_reference(parse_reference(one), parse_reference(other))


@pytest.mark.parametrize(
    ("one", "other"), [("git@example.org:a/b", "ssh://git@example.org/a/b"), ("/a/b*", "file:///a/b%2A")]
)
def test_what_git_takes_for_a_url(one: str, other: str) -> None:
    assert same_reference({"type": "git", "url": one}, {"type": "git", "url": other})


@pytest.mark.parametrize("url", REFERENCES)
def test_a_description_means_the_same(url: str) -> None:
    described = describe_reference(parse_reference(url))
    if "lastModified" not in url and "%" not in url:
        assert parse_reference(described) == parse_reference(url)


@pytest.mark.parametrize(
    "url", ["", "github:a", "github:", f"github:a/b/c?rev={REVISION}", "ftp://a/b", "nixpkgs#x", "path:", "path:/a?b=c"]
)
def test_what_is_no_reference(url: str) -> None:
    with pytest.raises(TargetError):
        parse_reference(url)


def test_a_file_that_is_no_tree() -> None:
    assert parse_reference("https://example.org/a", is_flake=False)["type"] == "file"
    assert parse_reference("https://example.org/a.zip", is_flake=False)["type"] == "tarball"


def test_nix_2_8_keeps_the_folder_in_the_url() -> None:
    old = parse_reference("git+file:///a?ref=b&dir=c", dir_in_url=True)
    assert old == {"type": "git", "url": "file:///a?dir=c", "ref": "b", "dir": "c"}
    assert same_reference(old, parse_reference("git+file:///a?ref=b&dir=c"))
    assert not same_reference(old, parse_reference("git+file:///a?ref=b&dir=d"))


def test_relative_paths() -> None:
    assert relative_path(parse_reference("path:./a")) == "./a"
    assert relative_path(parse_reference("path:/a")) is None
    assert relative_path(parse_reference("github:a/b")) is None
