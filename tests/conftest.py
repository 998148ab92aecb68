"""What all tests share: an environment that has nothing of the machine's user in it, and the ways to run things."""

from __future__ import annotations

import json as json_format
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import pytest

HERE = Path(__file__).resolve().parent
HOME_MANAGER, NIXPKGS_LIB = "HMEVAL_TEST_HOME_MANAGER", "HMEVAL_TEST_NIXPKGS_LIB"
NIXPKGS, NIX_DARWIN = "HMEVAL_TEST_NIXPKGS", "HMEVAL_TEST_NIX_DARWIN"
NIX = "HMEVAL_TEST_NIX"
"""The folder with the `nix` and `nix-instantiate` that are the reference, where it is not the one on PATH."""

CHECKOUTS = (HOME_MANAGER, NIXPKGS_LIB, NIXPKGS, NIX_DARWIN)
NEEDED = {"real": (HOME_MANAGER, NIXPKGS_LIB), "nixpkgs": (HOME_MANAGER, NIXPKGS)}
"""Marker → the checkouts without which a test that has it is left out."""

# Packages that configurations of the tests need of nixpkgs, and that no search of Home Manager's text finds.
SOUGHT_BY_ARGUMENT = set(
    """bashInteractive diffutils findutils gettext gnugrep gnused home-manager inetutils ncurses nixos-option""".split()
)

NIX_CONF = """\
build-users-group =
builders =
download-attempts = 1
experimental-features = nix-command flakes
substituters =
use-registries = false
"""

HANGS = 1800.0
"""Seconds after which a program is taken for hung: far beyond the longest one, on the slowest machine."""

SESSION = Path(tempfile.mkdtemp(prefix="hmeval-tests-"))


def hermetic_environment(session: Path) -> dict[str, str]:
    """The environment of the tests: the machine's, without what changes Nix, hmeval, folders or output."""
    taken_away = ("NIX_", "XDG_", "HMEVAL_", "LC_", "CLICOLOR")
    unwanted = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LANGUAGE"}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in (*CHECKOUTS, NIX) or not (name.startswith(taken_away) or name in unwanted)
    }
    if NIX in kept:
        kept["PATH"] = f"{kept[NIX]}{os.pathsep}{kept.get('PATH', os.defpath)}"
    folders = {
        "HOME": "home",
        "XDG_CACHE_HOME": "cache",
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_RUNTIME_DIR": "run",
        "XDG_STATE_HOME": "state",
        "NIX_CONF_DIR": "nix/etc",
        "NIX_LOG_DIR": "nix/log",
        "NIX_STATE_DIR": "nix/var",
        "NIX_STORE_DIR": "nix/store",
    }
    places = {name: str(session / folder) for name, folder in folders.items()}
    return kept | places | {"NIX_PATH": "", "USER": "alice", "LOGNAME": "alice", "LANG": "C.UTF-8"}


def enter(session: Path) -> None:
    """Make the session's folders, and make its environment this process' own: before Nix is loaded, which reads it."""
    environment = hermetic_environment(session)
    for place in filter(lambda value: value.startswith(f"{session}{os.sep}"), environment.values()):
        Path(place).mkdir(mode=0o700, parents=True, exist_ok=True)
    Path(environment["NIX_CONF_DIR"], "nix.conf").write_text(NIX_CONF)
    os.environ.clear()
    os.environ.update(environment)
    time.sleep(0.06)  # settings that changed just before a process began are none that it is known to have read


enter(SESSION)

# Whoever starts the tests in the background may have Ctrl-C ignored, or by nohup the end of a terminal, and what they
# start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# How long an example takes is the engine's affair and the machine's.
hypothesis.settings.register_profile("hmeval", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("hmeval")


def remove(session: Path) -> None:
    """Remove the session's folders; what is in a Nix store is write-protected."""
    for folder, _, _ in os.walk(session):
        Path(folder).chmod(stat.S_IRWXU)
    shutil.rmtree(session)


def left_out(variables: Sequence[str]) -> str:
    """Why a test is left out that needs checkouts which are not there."""
    return f"set {' and '.join(variables)}"


def missing_for(marker: str) -> tuple[str, ...]:
    """The environment variables that tests with a marker need, and that are not set."""
    return tuple(variable for variable in NEEDED[marker] if not os.environ.get(variable))


def checkout(variable: str, holds: str) -> Path:
    """The checkout that an environment variable names; skips the test where it is not set."""
    if not os.environ.get(variable):
        pytest.skip(left_out([variable]))
    folder = Path(os.environ[variable])
    assert (folder / holds).is_file(), f"{variable} names {folder}, which holds no {holds}"
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the tests whose checkouts are not at hand."""
    for marker in filter(missing_for, NEEDED):
        reason = left_out(missing_for(marker))
        for item in items:
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out, and why: `.ci/run` repeats these lines at its end."""
    reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])]
    for reason, count in Counter(reasons).most_common():
        terminalreporter.write_line(f"{count} tests were left out: {reason.removeprefix('Skipped: ')}")


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    remove(SESSION)


@pytest.fixture(scope="session")
def home_manager() -> Path:
    """A checkout of the real Home Manager."""
    return checkout(HOME_MANAGER, "modules/modules.nix")


@pytest.fixture(scope="session")
def nixpkgs_lib() -> Path:
    """A checkout of nixpkgs.lib: the folder `lib` is in it."""
    return checkout(NIXPKGS_LIB, "lib/modules.nix")


@pytest.fixture(scope="session")
def nixpkgs() -> Path:
    """The whole of nixpkgs: all packages, all of NixOS."""
    return checkout(NIXPKGS, "pkgs/top-level/impure.nix")


@pytest.fixture(scope="session")
def nix_darwin() -> Path:
    """A checkout of nix-darwin."""
    return checkout(NIX_DARWIN, "eval-config.nix")


@pytest.fixture(scope="session")
def world(home_manager: Path, nixpkgs_lib: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stand-in for nixpkgs, with the real lib, in which the real Home Manager evaluates (tests/world)."""
    folder = tmp_path_factory.mktemp("world")
    arguments = ["--lib", nixpkgs_lib / "lib", "--home-manager", home_manager, folder]
    command = [sys.executable, HERE / "world/make-world", *arguments]
    subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
    return folder / "nixpkgs"


@pytest.fixture(scope="session")
def whole_world(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world with the packages that whole configurations need beside those which make-world finds."""
    folder = tmp_path_factory.mktemp("whole") / "nixpkgs"
    shutil.copytree(world, folder)
    names = set(re.findall(r'"([^"]+)"', (folder / "names.nix").read_text())) | SOUGHT_BY_ARGUMENT
    (folder / "names.nix").write_text("[\n" + "".join(f'  "{name}"\n' for name in sorted(names)) + "]\n")
    return folder


@pytest.fixture(scope="session")
def nix_instantiate() -> Callable[..., Any]:
    """Nix's own opinion: `nix_instantiate(expression, strict=True, json=True)` gives the value, or its text."""
    program = shutil.which("nix-instantiate")
    if program is None:
        pytest.skip("there is no nix-instantiate to compare with")

    def run(expression: str, *, strict: bool = True, json: bool = True) -> Any:
        flags = [flag for flag, wanted in (("--strict", strict), ("--json", json)) if wanted]
        done = subprocess.run(
            [program, "--eval", "--read-write-mode", *flags, "--expr", expression],
            capture_output=True,
            text=True,
            timeout=HANGS,
        )
        assert done.returncode == 0, done.stderr
        return json_format.loads(done.stdout) if json else done.stdout.rstrip("\n")

    return run


@pytest.fixture
def hmeval_command(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """hmeval as its users run it: `hmeval_command("options", …, cwd=…, input=…, env={…})` waits for the process.

    Its working folder is the test's own; `env` comes on top of the session's environment.
    """

    def run(
        *arguments: str | Path,
        cwd: Path = tmp_path,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = HANGS,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "hmeval", *map(str, arguments)],
            cwd=cwd,
            env=os.environ | dict(env or {}),
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return run
