"""A generation that was built: what it put into HOME, and what else it remembers. It is only read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from hmeval.plan.darwin import Defaults, apps_of_script, defaults_of_script
from hmeval.plan.disk import Disk, content, walk

T = TypeVar("T")

_STORE_PATH = re.compile(r"^(/.*?/[0-9a-df-np-sv-z]{32}-[^/]+)")
_DCONF_FILE = re.compile(r"(/\S+-hm-dconf\.ini)")


class Generation(NamedTuple):
    """What a generation holds; what is missing in it is empty, and named in `failures`.

    Attributes:
        path: its folder, links resolved; None for no generation.
        targets: what its home-files put below HOME; None where it has none.
        units: the unit files, by name below the units' folder; None for what cannot be read.
        profile: the path that its home-path leads to; None where it has none.
        packages: the store paths that its home-path refers to; None where it has none.
        session_variables: the text of the file that sets them.
        dconf: the keys of each database, by its name (None for the user's own), with their values where they are known.
        agents: the launchd agents, by label: the path of the file, and the domain.
        defaults: macOS's user defaults that its script writes; apps: the folder that it copies apps to, or None.
        failures: what could not be read, and why.
    """

    path: str | None
    targets: list[str] | None
    units: dict[str, bytes | None]
    profile: str | None
    packages: list[str] | None
    session_variables: bytes | None
    dconf: dict[str | None, dict[str, str | None]]
    agents: dict[str, tuple[str, str]]
    defaults: Defaults
    apps: str | None
    failures: tuple[str, ...] = ()


NO_GENERATION = Generation(None, None, {}, None, None, None, {}, {}, {}, None)


def read_generation(folder: str | None, unit_folder: str | None, disk: Disk) -> Generation:
    """The generation in a folder, or none. Nothing raises."""
    if folder is None:
        return NO_GENERATION
    path = disk.real(folder)
    failures: list[str] = []
    targets = list(_targets(disk, path, failures))
    script = (content(disk, f"{path}/activate") or b"").decode("utf-8", "surrogateescape")
    units_at = f"{path}/home-files/{unit_folder}/" if unit_folder else None
    found = Generation(
        path=path,
        targets=targets if _is_folder(disk, f"{path}/home-files") else None,
        units=_units(disk, targets, unit_folder, units_at) if units_at else {},
        profile=disk.real(f"{path}/home-path") if _is_folder(disk, f"{path}/home-path") else None,
        packages=_references(disk, f"{path}/home-path", failures),
        session_variables=content(disk, f"{path}/home-path/etc/profile.d/hm-session-vars.sh"),
        dconf=_dconf(disk, path, script, failures),
        agents=dict(_agents(disk, path)),
        defaults=defaults_of_script(script, disk),
        apps=apps_of_script(script),
    )
    return found._replace(failures=tuple(failures))


def _targets(disk: Disk, path: str, failures: list[str]) -> Iterator[str]:
    folder = disk.real(f"{path}/home-files")
    yield from (target for target, kind in walk(disk, folder, failures) if kind in ("file", "link"))


def _units(disk: Disk, targets: list[str], unit_folder: str | None, units_at: str) -> dict[str, bytes | None]:
    prefix = f"{unit_folder}/"
    names = (target[len(prefix) :] for target in targets if target.startswith(prefix))
    return {name: _unit(disk, units_at + name) for name in names}


def _unit(disk: Disk, path: str) -> bytes | None:
    """The text of a unit; one that is the null device is masked, as by an empty file."""
    return b"" if disk.entry(path).link == "/dev/null" else content(disk, path)


def _references(disk: Disk, folder: str, failures: list[str]) -> list[str] | None:
    """The store paths that links below a folder lead to: a profile is made of them."""
    root = disk.real(folder)
    if not _is_folder(disk, root):
        failures.append(f"{folder}: it is not there: which packages were installed is not known")
        return None
    links = (disk.entry(f"{root}/{name}").link for name, kind in walk(disk, root, failures) if kind == "link")
    return sorted({match[1] for match in map(_STORE_PATH.match, links) if match})


def _dconf(disk: Disk, path: str, script: str, failures: list[str]) -> dict[str | None, dict[str, str | None]]:
    """The keys in `state/dconf-keys[-NAME].json`, with the values in the files that the script loads."""
    databases: dict[str | None, dict[str, str | None]] = {}
    for name, _ in _or_empty(lambda: disk.children(f"{path}/state")):
        match = re.fullmatch(r"dconf-keys(?:-(.+))?\.json", name)
        if match is None:
            continue
        try:
            keys = json.loads(disk.read(f"{path}/state/{name}"))
            databases[match[1]] = {key: None for key in keys if isinstance(key, str)}
        except (OSError, ValueError, TypeError) as error:
            failures.append(f"{path}/state/{name}: {error}")
    files = _DCONF_FILE.findall(script)
    # The script loads them in the order of the databases, the user's own first.
    ordered = sorted(databases, key=lambda name: (name is not None, name or ""))
    for database, file in zip(ordered, files, strict=False):
        values = dict(keyfile_values(content(disk, file) or b""))
        databases[database] = {key: values.get(key) for key in databases[database]}
    return databases


def keyfile_values(text: bytes) -> Iterator[tuple[str, str]]:
    """The keys of what `dconf load /` reads, as paths, with their values."""
    section = ""
    for line in text.decode("utf-8", "surrogateescape").split("\n"):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif "=" in line:
            key, _, value = line.partition("=")
            yield f"/{section}/{key}", value


def _agents(disk: Disk, path: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for name, _ in _or_empty(lambda: disk.children(disk.real(f"{path}/LaunchAgents"))):
        label = name.removesuffix(".plist")
        domain = (content(disk, f"{path}/LaunchAgentDomains/{label}.domain") or b"").decode("utf-8", "replace").strip()
        yield label, (f"{path}/LaunchAgents/{name}", domain if domain in ("gui", "user") else "gui")


def _is_folder(disk: Disk, path: str) -> bool:
    return disk.entry(disk.real(path)).kind == "directory"


def _or_empty(produce: Callable[[], list[T]]) -> list[T]:
    try:
        return produce()
    except (OSError, ValueError):
        return []
