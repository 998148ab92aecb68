"""Starting a worker's process: as soon as possible, so this imports next to nothing."""

from __future__ import annotations

import _socket  # `socket` takes nearly as long to import as the process takes to start
import os
import sys
from typing import NamedTuple

from hmeval.errors import EngineError
from hmeval.folders import home_folder

# The evaluator's stack has 72 MB, Python and the libraries have 30.
_BESIDE_THE_HEAP = 160 * 1024 * 1024


# Where Nix's own builders are at home; it is not there.
_NOBODYS = "/homeless-shelter"

# What says where the store, certificates, programs and temporary files are.
_NEEDED = frozenset(
    "LANG LC_ALL LD_LIBRARY_PATH NIX_DATA_DIR NIX_LOG_DIR NIX_REMOTE NIX_SSL_CERT_FILE NIX_STATE_DIR NIX_STORE_DIR "
    "PATH SSL_CERT_FILE TMPDIR".split()
)


class Process(NamedTuple):
    """A worker's process: its number, the socket to talk to it, and where its standard error is read."""

    pid: int
    socket: _socket.socket
    errors: int


_prepared: list[tuple[dict[str, str], Process]] = []


def prepare() -> None:
    """Start a process, without a limit of memory, for the next `spawn` of just such a one.

    It dies with the calling thread. Where it cannot be started, `spawn` will tell.
    """
    try:
        environment = _environment(None, True)
        _prepared.append((environment, _start(None, environment)))
    except (EngineError, OSError):
        return


def spawn(memory: int | None, *, trusted: bool = True) -> Process:
    """Start a process that may have so many bytes of memory; it dies with the calling thread (PR_SET_PDEATHSIG).

    For code that is not trusted it knows nothing of the user: no configuration, no home folder, few variables.
    Raises EngineError, OSError.
    """
    environment = _environment(memory, trusted)
    if memory is None and _prepared and _prepared[-1][0] == environment:
        return _prepared.pop()[1]
    return _start(memory, environment)


def _start(memory: int | None, environment: dict[str, str]) -> Process:
    ours, theirs = _socket.socketpair()
    errors, their_errors = os.pipe()
    try:
        theirs.setblocking(True)
        return Process(_run(memory, environment, theirs.fileno(), their_errors), ours, errors)
    except BaseException:
        ours.close()
        os.close(errors)
        raise
    finally:
        theirs.close()
        os.close(their_errors)


def _run(memory: int | None, environment: dict[str, str], socket: int, errors: int) -> int:
    """Run Python with the socket as standard input, in a process group of its own: Ctrl-C is for its client."""
    if not sys.executable:
        raise EngineError("a worker needs a Python interpreter to run, and sys.executable names none")
    # `site` is not needed where the path is given.
    path = [*sys.path, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))]
    program = (
        f"import sys; sys.path[:] = {path!r}; "
        f"from hmeval.evaluation.worker_process import run; run({os.getpid()}, {memory!r})"
    )
    flags = ["-I", "-S", *(["-B"] if sys.dont_write_bytecode else [])]
    places = [(socket, 0), (errors, 1), (errors, 2)]
    return os.posix_spawn(
        sys.executable,
        [sys.executable, *flags, "-c", program],
        environment,
        file_actions=[(os.POSIX_SPAWN_DUP2, from_, to) for from_, to in places],
        setpgroup=0,
        setsigmask=[],
    )


def _environment(memory: int | None, trusted: bool) -> dict[str, str]:
    environment = _of_the_user() if trusted else _without_the_user()
    if memory is not None:
        # What Nix's collector holds it never gives back, so it must not hold everything: C++ and Python need some, too.
        heap = memory - _BESIDE_THE_HEAP
        environment["GC_MAXIMUM_HEAP_SIZE"] = str(heap)
        environment["GC_INITIAL_HEAP_SIZE"] = str(heap // 4)  # by itself Nix takes up to 384 MiB at once
    return environment


def _of_the_user() -> dict[str, str]:
    """The environment as it is. Raises EngineError without a home folder, at which Nix' libraries end the process."""
    home_folder()
    return dict(os.environ)


def _without_the_user() -> dict[str, str]:
    """The environment in which nobody is at home; Nix reads its folders from there when its libraries are loaded."""
    environment = {name: value for name, value in os.environ.items() if name in _NEEDED}
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(home_folder(), ".cache")
    return environment | {
        "HOME": _NOBODYS,
        "NIX_CONF_DIR": f"{_NOBODYS}/nix",
        "NIX_USER_CONF_FILES": "",
        "XDG_CACHE_HOME": cache,
        "XDG_CONFIG_DIRS": _NOBODYS,
        "XDG_CONFIG_HOME": _NOBODYS,
    }
