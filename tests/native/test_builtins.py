"""Builtins that Nix 2.8.0 lacks, and that the compatibility library gives it.

The expectations are what Nix 2.26.3 answers: the same table is run by way of the official C API (`make test-modern`)
and over Nix 2.8.0, so that each engine is compared with the other.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hmeval import EvaluationError, Evaluator, Function

# With the features `nix-command` and `flakes`, and none that is experimental beside them.
NAMES = """
    abort add addDrvOutputDependencies addErrorContext all any appendContext attrNames attrValues baseNameOf bitAnd
    bitOr bitXor break builtins catAttrs ceil compareVersions concatLists concatMap concatStringsSep convertHash
    currentSystem currentTime deepSeq derivation derivationStrict dirOf div elem elemAt false fetchGit
    fetchMercurial fetchTarball fetchTree fetchurl filter filterSource findFile flakeRefToString floor foldl'
    fromJSON fromTOML functionArgs genList genericClosure getAttr getContext getEnv getFlake groupBy hasAttr
    hasContext hashFile hashString head import intersectAttrs isAttrs isBool isFloat isFunction isInt isList isNull
    isPath isString langVersion length lessThan listToAttrs map mapAttrs match mul nixPath nixVersion null
    parseDrvName parseFlakeRef partition path pathExists placeholder readDir readFile readFileType removeAttrs
    replaceStrings scopedImport seq sort split splitVersion storeDir storePath stringLength sub substring tail throw
    toFile toJSON toPath toString toXML trace traceVerbose true tryEval typeOf unsafeDiscardOutputDependency
    unsafeDiscardStringContext unsafeGetAttrPos warn zipAttrsWith
"""


class Fails(NamedTuple):
    """An error: its kind, and a part of its message."""

    kind: str
    message: str = ""


SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
SRI = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
REV = "0123456789abcdef0123456789abcdef01234567"
DERIVATION = 'derivation { name = "n"; system = "s"; builder = "b"; }'
PLAIN_DRV_PATH = f"builtins.unsafeDiscardOutputDependency ({DERIVATION}).drvPath"


def converted(hash: str, wanted: str, algorithm: str | None = None) -> str:
    """A call of convertHash."""
    named = f'hashAlgo = "{algorithm}"; ' if algorithm else ""
    return f'builtins.convertHash {{ hash = "{hash}"; {named}toHashFormat = "{wanted}"; }}'


def contexts(string: str) -> str:
    """What a string's context says of each of its paths."""
    return f"builtins.attrValues (builtins.getContext ({string}))"


TABLE: dict[str, list[tuple[str, Any]]] = {
    "readFileType": [
        ("builtins.readFileType ./folder", "directory"),
        ("builtins.readFileType ./file", "regular"),
        ("builtins.readFileType (toString ./file)", "regular"),
        ("builtins.readFileType { outPath = toString ./folder; }", "directory"),
        ("builtins.readFileType ./link", "symlink"),
        ("builtins.readFileType ./dangling", "symlink"),
        ("builtins.readFileType ./missing", Fails("other", "missing'")),
        ('builtins.readFileType "file"', Fails("other", "doesn't represent an absolute path")),
        ("builtins.readFileType 1", Fails("type", "cannot coerce an integer to a string")),
        ("builtins.readFileType /dev/null", "unknown"),
        ("__readFileType ./folder", "directory"),
        ("readFileType", Fails("undefined-variable")),
    ],
    "addDrvOutputDependencies": [
        (contexts(PLAIN_DRV_PATH), [{"path": True}]),
        (contexts(f"builtins.addDrvOutputDependencies ({PLAIN_DRV_PATH})"), [{"allOutputs": True}]),
        (contexts(f"builtins.addDrvOutputDependencies ({DERIVATION}).drvPath"), [{"allOutputs": True}]),
        (f"builtins.addDrvOutputDependencies ({PLAIN_DRV_PATH}) == {PLAIN_DRV_PATH}", True),
        (
            f"builtins.addDrvOutputDependencies ({DERIVATION}).outPath",
            Fails("other", "derivation output such as 'out'"),
        ),
        (f"builtins.addDrvOutputDependencies ({DERIVATION})", Fails("other", "derivation output such as 'out'")),
        ('builtins.addDrvOutputDependencies "a"', Fails("other", "exactly one element, but has 0")),
        ('builtins.addDrvOutputDependencies (builtins.toFile "a" "b")', Fails("other", "-a' is not a derivation")),
        (
            'builtins.addDrvOutputDependencies (builtins.toFile "a" "b" + builtins.toFile "c" "d")',
            Fails("other", "exactly one element, but has 2"),
        ),
        ("builtins.addDrvOutputDependencies 1", Fails("type", "cannot coerce an integer to a string")),
    ],
    "convertHash": [
        (converted(SRI, "base16"), SHA256),
        (converted(SRI, "nix32"), "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73"),
        (converted(SRI, "base32"), "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73"),
        (converted(SRI, "base64"), SRI.removeprefix("sha256-")),
        (converted(SRI, "sri"), SRI),
        (converted(SHA256, "sri", "sha256"), SRI),
        (converted(f"sha256:{SHA256}", "sri"), SRI),
        (converted("d41d8cd98f00b204e9800998ecf8427e", "nix32", "md5"), "3y8bwfr609h3lh9ch0izcqq7fl"),
        (converted("da39a3ee5e6b4b0d3255bfef95601890afd80709", "base64", "sha1"), "2jmj7l5rSw0yVb/vlWAYkK/YBwk="),
        (converted(f"sha256:{SHA256}", "sri", "md5"), Fails("other", "should have type 'md5'")),
        (converted(SHA256, "sri"), Fails("other", "does not include a type")),
        (converted("e3b0", "sri", "sha256"), Fails("other", "has wrong length")),
        (converted("", "sri", "sha256"), Fails("other", "has wrong length")),
        (converted("x", "sri", "sha3"), Fails("other", "unknown hash algorithm 'sha3'")),
        (converted(SRI, "base17"), Fails("other", "unknown hash format 'base17'")),
        (f'builtins.convertHash {{ hash = "{SRI}"; toHashFormat = "sri"; more = 1; }}', SRI),
        (f'builtins.convertHash {{ hash = "{SRI}"; }}', Fails("missing-attribute", "'toHashFormat' missing")),
        ('builtins.convertHash { toHashFormat = "sri"; }', Fails("missing-attribute", "'hash' missing")),
        ('builtins.convertHash { hash = 1; toHashFormat = "sri"; }', Fails("type")),
        (f'builtins.convertHash {{ hash = "{SRI}"; hashAlgo = null; toHashFormat = "sri"; }}', Fails("type")),
        ("builtins.convertHash 1", Fails("type")),
    ],
    "warn": [
        ('builtins.warn "said" 2', 2),
        ('builtins.warn "${builtins.toFile "a" "b"}" 1', 1),
        ('builtins.warn (throw "m") 2', Fails("throw", "m")),
        ('builtins.warn "said" (throw "v")', Fails("throw", "v")),
        ("builtins.warn 1 2", Fails("type")),
        ('builtins.warn { outPath = "a"; } 1', Fails("type")),
        ('__warn "said" 1', 1),
        ("warn", Fails("undefined-variable")),
    ],
    "traceVerbose": [
        ('builtins.traceVerbose "x" 2', 2),
        ('builtins.traceVerbose (throw "m") 2', 2),
        ('builtins.traceVerbose 1 (throw "v")', Fails("throw", "v")),
        ("builtins.traceVerbose", Function()),
        ("__traceVerbose 1 2", 2),
    ],
    "break": [
        ("break 1", 1),
        ("builtins.break (1 + 1)", 2),
        ('builtins.break (throw "b")', Fails("throw", "b")),
        ('(builtins.break { a = throw "b"; }) ? a', True),
    ],
    "parseFlakeRef": [
        (
            'builtins.parseFlakeRef "github:NixOS/nixpkgs/23.05?dir=lib"',
            {"dir": "lib", "owner": "NixOS", "ref": "23.05", "repo": "nixpkgs", "type": "github"},
        ),
        ('builtins.parseFlakeRef "nixpkgs/23.05"', {"id": "nixpkgs", "ref": "23.05", "type": "indirect"}),
        ('builtins.parseFlakeRef "path:/a/b"', {"path": "/a/b", "type": "path"}),
        ('builtins.parseFlakeRef "/nowhere/b"', {"path": "/nowhere/b", "type": "path"}),
        (
            f'builtins.parseFlakeRef "git+https://a.example/b?ref=main&rev={REV}"',
            {"ref": "main", "rev": REV, "type": "git", "url": "https://a.example/b"},
        ),
        (
            'builtins.parseFlakeRef "git+file:///a?submodules=1&shallow=1"',
            {"shallow": True, "submodules": True, "type": "git", "url": "file:///a"},
        ),
        ('builtins.parseFlakeRef "https://a.example/b.zip"', {"type": "tarball", "url": "https://a.example/b.zip"}),
        ('builtins.parseFlakeRef "sourcehut:~a/b"', {"owner": "~a", "repo": "b", "type": "sourcehut"}),
        ('builtins.parseFlakeRef "./b"', Fails("other", "is not an absolute path")),
        ('builtins.parseFlakeRef "bogus://a"', Fails("other", "is unsupported")),
        ('builtins.parseFlakeRef "github:a/b#c"', Fails("other", "unexpected fragment 'c'")),
        ("builtins.parseFlakeRef 1", Fails("type")),
    ],
    "flakeRefToString": [
        (
            'builtins.flakeRefToString { dir = "lib"; owner = "a"; ref = "23.05"; repo = "b"; type = "github"; }',
            "github:a/b/23.05?dir=lib",
        ),
        ('builtins.flakeRefToString { type = "path"; path = "/a"; lastModified = 12; }', "path:/a?lastModified=12"),
        (
            'builtins.flakeRefToString { type = "git"; url = "https://a.example/b"; shallow = true; dir = "x"; }',
            "git+https://a.example/b?dir=x&shallow=1",
        ),
        ('builtins.flakeRefToString { type = "indirect"; id = "nixpkgs"; }', "flake:nixpkgs"),
        ('builtins.flakeRefToString { type = "x"; }', Fails("other", "unsupported input")),
        ("builtins.flakeRefToString { }", Fails("other", "type")),
        ('builtins.flakeRefToString { type = "path"; path = /a; }', Fails("other", "attribute 'path' is a path")),
        ("builtins.flakeRefToString 1", Fails("type")),
    ],
}

CASES = [(expression, expected) for cases in TABLE.values() for expression, expected in cases]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the expressions of the table are at home."""
    made = tmp_path_factory.mktemp("builtins").resolve()
    (made / "folder").mkdir()
    (made / "file").write_text("x")
    (made / "link").symlink_to("folder")
    (made / "dangling").symlink_to("missing")
    return made


def test_the_names(evaluator: Evaluator) -> None:
    assert evaluator.eval("builtins").attr_names() == sorted(NAMES.split())


def test_every_builtin_that_nix_2_8_lacks_is_in_the_table(nix_instantiate: Callable[..., Any]) -> None:
    """Nix's own program has no compatibility library."""
    own = set(nix_instantiate("builtins.attrNames builtins"))
    assert set(NAMES.split()) - own in (set(TABLE), set())


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_meaning(evaluator: Evaluator, folder: Path, expression: str, expected: Any) -> None:
    if not isinstance(expected, Fails):
        assert evaluator.eval(expression, base=folder).to_python() == expected
        return
    with pytest.raises(EvaluationError) as failure:
        evaluator.eval(expression, base=folder).to_python()
    assert failure.value.kind == expected.kind
    assert expected.message in failure.value.message


@pytest.mark.real
def test_nixpkgs_lets_itself_be_evaluated(evaluator: Evaluator, nixpkgs_lib: Path) -> None:
    """It refuses an engine that lacks one of these (nixpkgs, lib/minfeatures.nix)."""
    assert evaluator.eval(f"(import {nixpkgs_lib}/lib/minfeatures.nix).missing").to_python() == []


def test_fetch_tree_takes_text(evaluator: Evaluator, tmp_path: Path) -> None:
    """A URL with a scheme of its own, which Nix 2.8 takes for a file."""
    (tmp_path / "a").write_text("content")
    assert evaluator.eval(f'builtins.readFile ((builtins.fetchTree "path:{tmp_path}") + "/a")').to_python() == "content"
    as_set = f'builtins.fetchTree {{ type = "path"; path = "{tmp_path}"; }}'
    same = f'(builtins.fetchTree "path:{tmp_path}").narHash == ({as_set}).narHash'
    assert evaluator.eval(same).to_python() is True
    with pytest.raises(EvaluationError):
        evaluator.eval('builtins.fetchTree "nothing:a"')


@pytest.mark.parametrize("arguments", ['type = "nothing";', 'type = "file"; url = "nothing:a";'])
def test_fetch_tree_of_an_unknown_type_fails(evaluator: Evaluator, arguments: str) -> None:
    with pytest.raises(EvaluationError):
        evaluator.eval(f"builtins.fetchTree {{ {arguments} }}").to_python()


def test_a_warning_is_told_on_standard_error(program: Any) -> None:
    """And nowhere else."""
    printed = program("""
        import os, sys
        os.dup2(1, 2)
        from hmeval import Evaluator
        Evaluator().eval('builtins.warn "take care" 1')
    """)
    assert "evaluation warning:" in printed
    assert "take care" in printed
