"""Which Nix is in use, and what it can do."""

from __future__ import annotations

from itertools import count, takewhile
from typing import Any

from hmeval.evaluation.ffi import ffi, lib, text
from hmeval.evaluation.store import default_store_uri


def engine() -> dict[str, Any]:
    """The Nix in use.

    `version`, as in 2.8.0; `interface`: c-api, or compat (Nix 2.8 by way of its C++); `store`: the URI of the store
    that evaluators take by themselves, "auto" for the system's; `capabilities`: what this engine can do that others
    cannot: flakes, interrupts, read-only (native/hmeval.h).
    """
    return {
        "version": text(lib.hmeval_engine_version()),
        "interface": text(lib.hmeval_engine_interface()),
        "store": default_store_uri() or "auto",
        "capabilities": _capabilities(),
    }


def _capabilities() -> list[str]:
    names = lib.hmeval_engine_capabilities()
    return [text(name) for name in takewhile(lambda name: name != ffi.NULL, (names[i] for i in count()))]
