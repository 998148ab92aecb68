"""Builds the extension `hmeval._native`: finds the Nix engine, and compiles the C files against it.

The engine is the official C API where pkg-config knows `nix-expr-c`; otherwise Debian 12's Nix 2.8.0, whose libraries
are in /usr/lib/nix and whose headers scripts/fetch-nix-headers brings, with native/compat/nix-2.8 between them.
HMEVAL_SANITIZE=address,undefined (any -fsanitize= list) builds with sanitizers.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import cffi

ROOT = Path(__file__).resolve().parent.parent
NATIVE = Path("native")
COMPAT = NATIVE / "compat" / "nix-2.8"
LIBRARIES_2_8 = Path("/usr/lib/nix")

NO_ENGINE = """no Nix engine to build hmeval against was found. Install one of:
  - Nix 2.26 or later with its development files, so that `pkg-config nix-expr-c` finds it
    (with Nix: the `dev` output of the `nix` package);
  - on Debian 12: apt-get install nix-bin libboost-dev libgc-dev nlohmann-json3-dev libssl-dev g++ pkg-config dpkg-dev,
    then run scripts/fetch-nix-headers, which brings the headers of Nix 2.8.0."""


def pkg_config(*arguments: str) -> list[str] | None:
    """The words that pkg-config answers, or None where it does not know a package."""
    try:
        answer = subprocess.run(["pkg-config", *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return shlex.split(answer.stdout)


def headers_2_8() -> Path | None:
    """Where the headers of Nix 2.8.0 lie: the folder that holds src/libexpr/eval.hh."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("HMEVAL_NIX_HEADERS") or cache / "hmeval" / "nix-2.8.0")
    return folder if (folder / "src/libexpr/eval.hh").is_file() else None


def c_api_build() -> dict[str, Any] | None:
    """How to build against the official C API."""
    flakes = pkg_config("--modversion", "nix-flake-c") is not None
    packages = ["nix-expr-c", "nix-store-c", "nix-util-c", "bdw-gc", *(["nix-flake-c"] if flakes else [])]
    cflags, libs = pkg_config("--cflags", *packages), pkg_config("--libs", *packages)
    if cflags is None or libs is None:
        return None
    library_dirs = [word[2:] for word in libs if word.startswith("-L")]
    return {
        "define_macros": [("HMEVAL_FLAKES", "1")] if flakes else [],
        # interpose.c lets exceptions through.
        "extra_compile_args": [*(word for word in cflags if not word.startswith("-std=")), "-fexceptions"],
        "extra_link_args": [*libs, *(f"-Wl,-rpath,{folder}" for folder in library_dirs)],
    }


def compat_build() -> dict[str, Any] | None:
    """How to build against Nix 2.8.0, through the compatibility library."""
    headers = headers_2_8()
    if headers is None or not (LIBRARIES_2_8 / "libnixexpr.so").exists():
        return None
    includes = [COMPAT, *(headers / "src" / f"lib{name}" for name in ("util", "store", "expr", "main", "fetchers"))]
    return {
        "sources": sorted(str(path.relative_to(ROOT)) for path in (ROOT / COMPAT).glob("*.cc")),
        "include_dirs": [str(path) for path in includes],
        "define_macros": [("HMEVAL_COMPAT", "1")],
        "library_dirs": [str(LIBRARIES_2_8)],
        "libraries": ["nixexpr", "nixstore", "nixutil", "gc"],
        # The thread's variables are looked at in every call that Nix evaluates.
        "extra_compile_args": ["-ftls-model=initial-exec"],
        "extra_link_args": [f"-Wl,-rpath,{LIBRARIES_2_8}"],
    }


def declarations() -> str:
    """The part of hmeval.h that CFFI reads, and the function that C calls."""
    header = (ROOT / NATIVE / "hmeval.h").read_text()
    match = re.search(r"/\* cffi: begin \*/(.*)/\* cffi: end \*/", header, re.DOTALL)
    assert match, "native/hmeval.h has lost its cffi marks"
    callback = 'extern "Python" int receive(void *, const uint8_t *, size_t, size_t);'
    return match[1] + callback


def sanitizer_flags() -> list[str]:
    sanitizers = os.environ.get("HMEVAL_SANITIZE")
    return [f"-fsanitize={sanitizers}", "-fno-omit-frame-pointer", "-g"] if sanitizers else []


def ffi_builder() -> cffi.FFI:
    """The description of the extension, as setuptools takes it (`cffi_modules` in setup.py)."""
    build = c_api_build() or compat_build()
    if build is None:
        raise SystemExit(NO_ENGINE)
    sources = sorted(str(path.relative_to(ROOT)) for path in (ROOT / NATIVE).glob("*.c"))
    ffi = cffi.FFI()
    ffi.cdef(declarations())
    ffi.set_source(
        "hmeval._native",
        '#include "hmeval.h"',
        sources=[*sources, *build.pop("sources", [])],
        include_dirs=[str(NATIVE), *build.pop("include_dirs", [])],
        extra_compile_args=["-O2", *sanitizer_flags(), *build.pop("extra_compile_args", [])],
        extra_link_args=[*build.pop("extra_link_args", []), *sanitizer_flags()],
        **build,
    )
    return ffi
