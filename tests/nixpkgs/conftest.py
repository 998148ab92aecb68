"""The configurations in `machines`, and what hmeval and Nix say of them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hmeval.literals import path_literal, string_literal
from hmeval.options.path import parse_option_path
from tests.conftest import NIX, left_out
from tests.nixpkgs.comparison import Installation, Said, ask_hmeval, questions, scope
from tests.nixpkgs.reference import Failed, Part, ask

HERE = Path(__file__).resolve().parent

ALICE = ("home-manager", "users", "alice")
GENERATION = "config.home.activationPackage.drvPath"
SYSTEM = "config.system.build.toplevel.drvPath"
BOOK = "darwinConfigurations.book"
USERS = "options.home-manager.users.valueMeta.attrs.alice.configuration.options"

# Instances whose options are compared as well.
OF_NIXOS = (
    "users.users.alice",
    'services.nginx.virtualHosts."desk.example"',
    'fileSystems."/boot"',
    "systemd.services.backup",
)
OF_A_HOME = ('home.file.".note"',)

# The reference must be able to evaluate today's nixpkgs (nixpkgs, lib/minver.nix), and builds nothing on the way.
OLDEST_REFERENCE = (2, 18)
SETTINGS = "allow-import-from-derivation = false"


class Compared(NamedTuple):
    """An installation, what hmeval says of it, and Nix's answers to the same questions."""

    installation: Installation
    said: Said
    answers: Mapping[str, Any]


@pytest.fixture(scope="package")
def reference() -> tuple[int, ...]:
    """The version of the Nix that is the reference; skips the test where it cannot evaluate nixpkgs."""
    program = shutil.which("nix-instantiate")
    told = subprocess.run([str(program), "--version"], capture_output=True, text=True).stdout if program else ""
    version = tuple(map(int, re.findall(r"\d+", told)[:2]))
    if version < OLDEST_REFERENCE:
        pytest.skip(left_out([NIX]))
    return version


@pytest.fixture(scope="package")
def channels(reference: tuple[int, ...], home_manager: Path, nixpkgs: Path) -> Iterator[None]:
    """Home Manager and nixpkgs as channels: what <…> finds in the environment. Nothing is built."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NIX_PATH", f"home-manager={home_manager}:nixpkgs={nixpkgs}")
        patch.setenv("NIX_CONFIG", SETTINGS)
        yield


@pytest.fixture(scope="package")
def machines(
    channels: None, home_manager: Path, nixpkgs: Path, nix_darwin: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The configurations, in a folder of their own, and their flake."""
    folder = tmp_path_factory.mktemp("machines") / "machines"
    shutil.copytree(HERE / "machines", folder)
    text = (folder / "flake.nix").read_text()
    for name, place in {"nixpkgs": nixpkgs, "home-manager": home_manager, "nix-darwin": nix_darwin}.items():
        text = text.replace(f"@{name}@", str(place))
    (folder / "flake.nix").write_text(text)
    return folder


class Host(NamedTuple):
    """What holds configurations: a Nix expression, the installations in it, and whether it is the flake."""

    expression: str
    installations: tuple[Installation, ...]
    is_flake: bool = False


def hosts(machines: Path, nixpkgs: Path, home_manager: Path) -> list[Host]:
    """Every configuration that is compared, as nixos-rebuild, home-manager and darwin-rebuild take it."""
    nixos, home = machines / "channels/configuration.nix", machines / "standalone.nix"
    return [
        Host(
            f"import <nixpkgs/nixos> {{ configuration = {path_literal(str(nixos))}; }}",
            of_a_system("nixos", {"file": nixos, "nixpkgs": nixpkgs}, "", OF_NIXOS),
        ),
        Host(
            "import <home-manager/modules> { pkgs = import <nixpkgs> { }; "
            f"configuration = {path_literal(str(home))}; }}",
            (a_home("home", {"file": home, "home_manager": home_manager, "nixpkgs": nixpkgs}, ""),),
        ),
        Host(
            f"builtins.getFlake {string_literal(f'path:{machines}')}",
            (
                *of_a_system(
                    "darwin", {"flake": f"{machines}#darwinConfigurations.book"}, ".darwinConfigurations.book"
                ),
                a_home("flake-home", {"flake": f"{machines}#alice"}, ".homeConfigurations.alice"),
            ),
            is_flake=True,
        ),
    ]


NAMES = ("nixos", "nixos-home", "home", "darwin", "darwin-home", "flake-home")


def of_a_system(
    name: str, load: Mapping[str, Any], below: str, instances: Sequence[str] = ()
) -> tuple[Installation, Installation]:
    """A system, and the home of alice in it."""
    system = Installation(
        name,
        {**load, "system": True},
        f"host{below}.options",
        {SYSTEM: f"host{below}.system.drvPath" if below else f"host.{SYSTEM}"},
        instances={path: instance_in_nix(f"host{below}", path) for path in instances},
    )
    home = f"host{below}.config.home-manager.users.alice.{GENERATION.removeprefix('config.')}"
    return (
        system,
        Installation(f"{name}-home", {**load, "user": "alice"}, f"host{below}.{USERS}", {GENERATION: home}, ALICE),
    )


def a_home(name: str, load: Mapping[str, Any], below: str) -> Installation:
    """A home on its own."""
    instances = {path: instance_in_nix(f"host{below}", path) for path in OF_A_HOME}
    generation = {GENERATION: f"host{below}.{GENERATION}"}
    return Installation(name, load, f"host{below}.options", generation, instances=instances)


def instance_in_nix(host: str, path: str) -> str:
    """The options of an instance, as nixpkgs' module system keeps them; its name is the last one of the path."""
    *option, name = parse_option_path(path)
    return f"{host}.options.{'.'.join(option)}.valueMeta.attrs.{string_literal(name)}.configuration.options"


@pytest.fixture(scope="package")
def compared(machines: Path, nixpkgs: Path, home_manager: Path) -> Callable[[str], Compared]:
    """`compared("nixos")`: an installation, with both answers. Those of one host are asked for together."""
    known: dict[str, Compared] = {}

    def find(name: str) -> Compared:
        if name not in known:
            (host,) = [host for host in hosts(machines, nixpkgs, home_manager) if name in names_in(host)]
            if host.is_flake:
                lock(machines)
            known.update((one.installation.name, one) for one in compare(host, nixpkgs, machines))
        return known[name]

    return find


def lock(flake: Path) -> None:
    """Have Nix write flake.lock, and copy the inputs into the store."""
    command = ["nix", "--extra-experimental-features", "nix-command flakes", "flake", "lock", f"path:{flake}"]
    subprocess.run(command, check=True, capture_output=True, timeout=1800)


def names_in(host: Host) -> list[str]:
    """What the installations of a host are called."""
    return [installation.name for installation in host.installations]


def compare(host: Host, nixpkgs: Path, machines: Path) -> Iterator[Compared]:
    """Ask hmeval, then Nix about what hmeval has answered."""
    said = [ask_hmeval(installation) for installation in host.installations]
    parts = [Part({"host": host.expression}, {"source": 'if host ? outPath then "${host}" else null'})]
    for installation, one in zip(host.installations, said, strict=True):
        asked = questions(installation, one)
        parts.append(Part(scope(installation), {f"{installation.name} {key}": nix for key, nix in asked.items()}))
    answers = ask(nixpkgs, parts)
    for installation, one in zip(host.installations, said, strict=True):
        start = f"{installation.name} "
        own = {key.removeprefix(start): answer for key, answer in answers.items() if key.startswith(start)}
        if answers["source"]:
            relabel_files(own, answers["source"], str(machines))
        yield Compared(installation, one, relabel(own, installation))


def relabel(answer: Any, installation: Installation) -> Any:
    """An answer without the place of a home in a system."""
    prefix = installation.prefix
    if isinstance(answer, str):
        return answer.replace(installation.prefix_text, "") if prefix else answer
    if isinstance(answer, dict):
        return {relabel(key, installation): relabel(value, installation) for key, value in answer.items()}
    if isinstance(answer, Failed):
        return Failed(relabel(answer.message, installation))
    if isinstance(answer, list):
        start = len(prefix) if tuple(answer[: len(prefix)]) == prefix else 0
        return [relabel(one, installation) for one in answer[start:]]
    return answer


def relabel_files(answers: Mapping[str, Any], source: str, folder: str) -> None:
    """Put the folder that the user edits in the place of a flake's source, where files are named."""
    for document in answers["documents"]:
        document["declarations"] = [file.replace(source, folder) for file in document["declarations"]]
    for name, answer in answers.items():
        for definition in answer if name.startswith("definitions ") and isinstance(answer, list) else ():
            definition["file"] = definition["file"].replace(source, folder)
