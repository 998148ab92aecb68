"""The only module that imports the extension: its functions, its texts, and the start of the engine."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from hmeval.errors import EngineError
from hmeval.folders import home_folder
from hmeval.literals import encoded

if TYPE_CHECKING:
    from hmeval.evaluation.policy import Policy

home_folder()  # without one, Nix' libraries end the process when they are loaded

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
_environment_lock = threading.RLock()


class _Start(NamedTuple):
    policy: Policy | None
    failure: str  # what went wrong, or "" once the engine runs


_started: _Start | None = None


def text(pointer: Any) -> str:
    """A C string as Python text; bytes that are not UTF-8 are kept as surrogates."""
    raw: bytes = ffi.string(pointer)
    return raw.decode("utf-8", "surrogateescape")


def text_array(strings: list[str]) -> tuple[Any, list[Any]]:
    """A NULL-terminated array of C strings, and what must be kept alive as long as it is used."""
    kept = [ffi.new("char[]", encoded(string)) for string in strings]
    return ffi.new("char *[]", [*kept, ffi.NULL]), kept


def start_engine(policy: Policy | None = None) -> None:
    """Start Nix, once in this process: by the user's configuration, or by a policy.

    Raises EngineError, now and at every later call, where Nix could not be started; and where it was started by
    another policy, or by none.
    """
    global _started
    with _start_lock:
        if _started is None:
            with environment(policy):
                _started = _Start(policy, _start(policy))
    if _started.failure:
        raise EngineError(f"Nix could not be started: {_started.failure}")
    if _started.policy != policy:
        raise EngineError(
            "Nix already runs in this process, and by another policy: a process has one; evaluate in another process"
        )


def _interface() -> str:
    return text(lib.hmeval_engine_interface())


def _settings(policy: Policy | None) -> dict[str, str]:
    if policy is None:
        return _SETTINGS
    kept = {name: value for name, value in _SETTINGS.items() if name != "extra-experimental-features"}
    return kept | policy.settings(_interface())


@contextmanager
def environment(policy: Policy | None) -> Iterator[None]:
    """The environment in which Nix is to start and to make a state: afterwards it is what it was.

    The C API takes the settings of evaluation and of fetching from $NIX_CONFIG, after nix.conf, and nowhere else. Under
    a policy neither that variable nor $NIX_PATH has anything of the user's.
    """
    lines = [f"{name} = {value}" for name, value in _settings(policy).items()]
    changes: dict[str, str | None] = {}
    if policy is not None:
        changes["NIX_PATH"] = ""
    else:
        lines.insert(0, os.environ.get("NIX_CONFIG", ""))
    if _interface() == "c-api":
        changes["NIX_CONFIG"] = "\n".join(lines)
    with _environment_lock:
        before = {name: os.environ.get(name) for name in changes}
        try:
            _change_environment(changes)
            yield
        finally:
            _change_environment(before)


def _change_environment(changes: Mapping[str, str | None]) -> None:
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def environment_lookup_path() -> list[str]:
    """The entries of $NIX_PATH where Nix itself does not read it: by way of the C API."""
    by_nix = _interface() != "c-api"
    return [] if by_nix else [entry for entry in _PATH_SEPARATOR.split(os.environ.get("NIX_PATH", "")) if entry]


def _start(policy: Policy | None) -> str:
    words = [word for pair in _settings(policy).items() for word in pair]
    settings, _kept = text_array(words)
    flags = 0 if policy is None else lib.HMEVAL_OWN_CONFIGURATION | policy.restricted * lib.HMEVAL_RESTRICTED
    message = ffi.new("char **")
    status = lib.hmeval_engine_start(settings, flags, message)
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
