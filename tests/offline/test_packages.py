"""The stand-in for nixpkgs' packages: what modules ask of them, without building one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NIXPKGS = Path(__file__).resolve().parents[2] / "hmeval/offline/nixpkgs"

Instantiate = Callable[..., Any]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("pkgs.git.pname", "git"),
        ("builtins.match ''2[.].*'' pkgs.git.version != null", True),
        ("baseNameOf (lib.getExe pkgs.ripgrep)", "rg"),
        ("pkgs.bash.shellPath", "/bin/bash"),
        ("pkgs.hello.outPath == pkgs.hello.out.outPath", True),
        ("pkgs.hello.outPath != pkgs.git.outPath", True),
        ("(pkgs.hello.overrideAttrs (old: { version = ''${old.version}-1''; })).version", "2.12.3-1"),
        ("(pkgs.extend (final: prev: { bye = final.hello; })).bye.pname", "hello"),
        ("pkgs.callPackage ({ git, n ? 1 }: { inherit n; name = git.pname; }) { n = 2; } ? override", True),
        ("(pkgs.writeText ''name'' ''text'').text", "text"),
        ("(pkgs.writeText ''a'' ''1'').outPath == (pkgs.writeText ''a'' ''2'').outPath", False),
        ("(pkgs.writeShellScriptBin ''run'' ''true'').meta.mainProgram", "run"),
        ("lib.hasSuffix ''-links.drv'' (pkgs.linkFarm ''links'' { a = pkgs.hello; }).drvPath", True),
        ("(pkgs.symlinkJoin { name = ''all''; paths = [ pkgs.hello ]; }).name", "all"),
        ("lib.all (package: lib.isDerivation package && package ? meta) (map (n: pkgs.${n}) names)", True),
        ("lib.length names >= 40", True),
        ("pkgs.stdenv.hostPlatform.isLinux && !pkgs.stdenv.hostPlatform.isDarwin", True),
        ("(import nixpkgs { system = ''aarch64-darwin''; }).stdenv.hostPlatform.config", "aarch64-apple-darwin"),
    ],
)
def test_packages(nix_instantiate: Instantiate, expression: str, expected: Any) -> None:
    """Packages have what nixpkgs' packages have."""
    names = f"builtins.attrNames (import {NIXPKGS}/packages.nix)"
    pkgs = "import nixpkgs { system = ''x86_64-linux''; }"
    bindings = f"nixpkgs = {NIXPKGS}; pkgs = {pkgs}; names = {names}; inherit (pkgs) lib;"
    assert nix_instantiate(f"let {bindings} in {expression}") == expected


@pytest.mark.parametrize(
    ("format_name", "settings", "expected"),
    [
        ("json", "{ a = [ 1 null ]; }", '{"a":[1,null]}'),
        ("toml", "{ b.c = ''x''; a = 1; }", '{"a":1,"b":{"c":"x"}}'),
        ("yaml", "{ a = true; }", '{"a":true}'),
        ("ini", "{ s.a = 1; }", "[s]\na=1\n"),
        ("keyValue", "{ a = true; b = ''x''; }", "a=true\nb=x\n"),
    ],
)
def test_formats(nix_instantiate: Instantiate, format_name: str, settings: str, expected: str) -> None:
    """Files of settings have a type that takes the settings, and the text of the format or what it is made of."""
    expression = f"""
      let pkgs = import {NIXPKGS} {{ }};
          format = pkgs.formats.{format_name} {{ }};
          merged = format.type.merge [ "settings" ] [ {{ file = "test"; value = {settings}; }} ];
          file = format.generate "settings" merged;
      in file.text or (builtins.toJSON file.value)
    """
    assert nix_instantiate(expression) == expected
