"""The only module that imports the extension: its functions, its texts, and the start of the engine."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from typing import Any

from hmeval.errors import EngineError
from hmeval.literals import encoded

try:
    from hmeval._native import ffi as ffi
    from hmeval._native import lib as lib
except ImportError as error:
    raise EngineError(
        f"the extension hmeval._native cannot be loaded ({error}); build it with `make setup` or `pip install .`"
    ) from error

# Nix settings that hmeval relies on, over whatever nix.conf says; those that a version does not know are left out.
_SETTINGS = {
    "extra-experimental-features": "nix-command flakes",
    "show-trace": "true",  # the trace has the positions
    "build-users-group": "",  # a store that root owns alone: nothing is built
    "allow-dirty": "true",
    "warn-dirty": "false",
}

# A colon that ends an entry of $NIX_PATH, and not a scheme.
_PATH_SEPARATOR = re.compile(r"(?<!\bflake)(?<!\bchannel):(?!//)")

_start_lock = threading.Lock()
_started: str | None = None  # what went wrong, or "" once the engine runs


def text(pointer: Any) -> str:
    """A C string as Python text; bytes that are not UTF-8 are kept as surrogates."""
    raw: bytes = ffi.string(pointer)
    return raw.decode("utf-8", "surrogateescape")


def text_array(strings: list[str]) -> tuple[Any, list[Any]]:
    """A NULL-terminated array of C strings, and what must be kept alive as long as it is used."""
    kept = [ffi.new("char[]", encoded(string)) for string in strings]
    return ffi.new("char *[]", [*kept, ffi.NULL]), kept


def start_engine() -> None:
    """Start Nix, once in this process.

    Raises EngineError, now and at every later call, where Nix could not be started.
    """
    global _started
    with _start_lock:
        if _started is None:
            _started = _start()
    if _started:
        raise EngineError(f"Nix could not be started: {_started}")


def _set_evaluation_settings() -> None:
    """Put the settings of evaluation and fetching into $NIX_CONFIG: the C API takes them from nowhere else."""
    lines = [os.environ.get("NIX_CONFIG", ""), *(f"{name} = {value}" for name, value in _SETTINGS.items())]
    os.environ["NIX_CONFIG"] = "\n".join(lines)


def environment_lookup_path() -> list[str]:
    """The entries of $NIX_PATH where Nix itself does not read it: by way of the C API."""
    by_nix = text(lib.hmeval_engine_interface()) != "c-api"
    return [] if by_nix else [entry for entry in _PATH_SEPARATOR.split(os.environ.get("NIX_PATH", "")) if entry]


def _start() -> str:
    if text(lib.hmeval_engine_interface()) == "c-api":
        _set_evaluation_settings()
    words = [word for pair in _SETTINGS.items() for word in pair]
    settings, _kept = text_array(words)
    message = ffi.new("char **")
    status = lib.hmeval_engine_start(settings, message)
    return "" if status == lib.HMEVAL_OK else text(message[0])


class Reader:
    """Receives what native code writes, on the evaluator's thread."""

    def __init__(self, receive: Callable[[bytes, int], None]) -> None:
        self.receive = receive
        self.handle = ffi.new_handle(self)


@ffi.def_extern(error=1)  # type: ignore[untyped-decorator]
def receive(reader: Any, pointer: Any, size: int, options: int) -> int:
    """The sink that native code calls, on the evaluator's thread; 1 asks it to stop."""
    handle: Reader = ffi.from_handle(reader)
    handle.receive(ffi.buffer(pointer, size)[:], options)
    return 0
