"""What is to be activated: of a configuration that was evaluated, or of a generation that was built."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from hmeval.plan.collisions import collision_warnings
from hmeval.plan.dag import Order, order
from hmeval.plan.darwin import Defaults, defaults_of_configuration
from hmeval.plan.dconf import Databases, databases
from hmeval.plan.disk import Disk, content
from hmeval.plan.generation import read_generation
from hmeval.plan.inputs import Block, ManagedFile, managed_file, text_bytes
from hmeval.plan.launchd import Agent
from hmeval.plan.leaves import NewFiles, built, compose
from hmeval.plan.model import Warned
from hmeval.plan.packages import with_propagated
from hmeval.plan.script import Script, forced_targets, parse_script
from hmeval.plan.units import Texts, unit_texts

USUAL_STORE = "/nix/store"
_BY_THE_SYSTEM = "packages are installed by the system's configuration, into the user's profile there"


class Wanted(NamedTuple):
    """What is to be activated, and for whom.

    Attributes:
        user: the only one that activation lets do it; None where it does not look, or the system does it as that user.
        uid: likewise the only user, by number.
        home: likewise the only HOME.
        store: the store that its paths are in.
        files: its home-files.
        forced: the targets that are not checked.
        hooks: the files with an `onChange` hook.
        profile: the path of its profile of packages; None where it has none.
        packages: the store paths that its profile is made of; None where that is not known.
        session_variables: the text of the file that sets them; None where it is not known.
        unit_folder: where its units are, below HOME; None where no units are managed.
        units: the unit files, by name.
        starts_services: whether units are started and stopped, and not merely suggested to be.
        dconf, agents: the keys of each database, and the launchd agents.
        defaults: macOS's user defaults, by domain; apps: the folder that apps are copied to, or None.
        blocks, order: the blocks of the script, and their order.
        warnings: what the user should know of it.
        conditions: what is not known of it, and why.
        is_broken: whether it lacks what activation cannot do without.
    """

    user: str | None
    uid: int | None
    home: str | None
    store: str
    files: NewFiles
    forced: Sequence[str]
    hooks: Sequence[ManagedFile]
    profile: str | None
    packages: Sequence[str] | None
    session_variables: bytes | None
    unit_folder: str | None
    units: Texts
    starts_services: bool
    dconf: Databases
    agents: Sequence[Agent]
    defaults: Defaults
    apps: str | None
    blocks: Mapping[str, Block]
    order: Order
    warnings: Sequence[Warned] = ()
    conditions: Sequence[str] = ()
    is_broken: bool = False


def wanted_by_configuration(inputs: Mapping[str, Any], disk: Disk) -> Wanted:
    """What hmeval/nix/plan-inputs.nix says of a configuration. Nothing raises."""
    managed = [managed_file(record) for record in inputs["files"]]
    files = compose(managed, inputs["homeFiles"], disk, inputs["overlap"])
    blocks = {name: _block(record) for name, record in inputs["activation"].items()}
    folder, variables = inputs["unitFolder"], inputs["sessionVariables"]
    return Wanted(
        user=None if inputs["activatedByTheSystem"] else inputs["username"],
        uid=None if inputs["activatedByTheSystem"] else inputs["uid"],
        home=inputs["homeDirectory"],
        store=inputs["storeDirectory"],
        files=files,
        forced=[file.target for file in managed if file.force],
        hooks=[file for file in managed if file.has_hook],
        profile=inputs["homePath"],
        packages=with_propagated((path for package in inputs["packages"] for path in package["paths"]), disk),
        session_variables=None if variables is None else text_bytes(variables),
        unit_folder=folder,
        units=unit_texts(files.leaves, folder, disk) if folder is not None else {},
        starts_services=inputs["startServices"],
        dconf=databases(inputs["dconf"]),
        agents=[_agent(record) for record in inputs["agents"]],
        defaults=defaults_of_configuration(inputs["defaults"]),
        apps=inputs["apps"],
        blocks=blocks,
        order=order(blocks),
        warnings=[
            *collision_warnings(inputs["packages"]),
            *(Warned("configuration", warning) for warning in inputs["warnings"]),
        ],
        conditions=list(_conditions_of_configuration(inputs)),
    )


def wanted_by_generation(path: str, disk: Disk) -> Wanted:
    """What a generation that was built says of itself. Nothing raises: what is missing in it is among the warnings."""
    script, missing = _script(path, disk)
    generation = read_generation(path, script.unit_folder, disk)
    root = disk.real(f"{path}/home-files")
    forced, unread = _forced(script, disk)
    broken = [*missing, *([f"{path}/home-files: it is not there"] if generation.targets is None else [])]
    return Wanted(
        user=script.user,
        uid=script.uid,
        home=script.home,
        store=posixpath.dirname(root),
        files=built(root, disk),
        forced=forced,
        hooks=[ManagedFile(target, source, has_hook=True) for target, source in script.hooks],
        profile=generation.profile,
        packages=generation.packages,
        session_variables=generation.session_variables or b"",
        unit_folder=script.unit_folder,
        units=generation.units,
        starts_services=script.starts_services,
        dconf=generation.dconf,
        agents=[Agent(label, domain, content(disk, file)) for label, (file, domain) in generation.agents.items()],
        defaults=generation.defaults,
        apps=generation.apps,
        blocks={name: Block(code, [], [], None) for name, code in script.blocks.items()},
        order=Order(list(script.blocks), [], []),
        warnings=[
            *(Warned("broken-generation", told) for told in broken),
            *(Warned("generation", told) for told in (*unread, *generation.failures)),
        ],
        conditions=list(_conditions_of_generation(script)),
        is_broken=bool(broken),
    )


def _block(record: Mapping[str, Any]) -> Block:
    return Block(record["code"], record["after"], record["before"], record["userDefined"], tuple(record["declaredAt"]))


def _agent(record: Mapping[str, Any]) -> Agent:
    text = record["text"]
    return Agent(record["label"], record["domain"], None if text is None else text_bytes(text))


def _conditions_of_configuration(inputs: Mapping[str, Any]) -> Iterator[str]:
    if inputs["storeDirectory"] != USUAL_STORE:
        yield (
            f"evaluated with the store {inputs['storeDirectory']}, whose paths differ from those of {USUAL_STORE}: "
            "links and packages that stay the same may be shown as changed"
        )
    if inputs["packagesByTheSystem"]:
        yield _BY_THE_SYSTEM
    if len(inputs["packages"]) > 1:
        yield "which packages contain the same files: the build finds all collisions, the warnings only likely ones"
    if inputs["sessionVariables"] is None:
        yield "which session variables change is known after the build"


def _conditions_of_generation(script: Script) -> Iterator[str]:
    if "installPackages" in script.blocks and not script.installs_packages:
        yield _BY_THE_SYSTEM
    yield "what orders the blocks, and which of them you defined, is not kept in a generation: only their order is"


def _script(path: str, disk: Disk) -> tuple[Script, list[str]]:
    """The script of a generation, and why it cannot be run."""
    try:
        script = parse_script(disk.read(f"{path}/activate"))
    except (OSError, ValueError) as error:
        return Script(None, None, None, {}), [_told(f"{path}/activate", error)]
    return script, []


def _forced(script: Script, disk: Disk) -> tuple[list[str], list[str]]:
    """What is forced in a generation, and why that is not known."""
    if script.check is None:
        return [], []
    try:
        return forced_targets(disk.read(script.check)), []
    except (OSError, ValueError) as error:
        return [], [f"{_told(script.check, error)}: which files are forced is not known"]


def _told(path: str, error: OSError | ValueError) -> str:
    return f"{path}: {getattr(error, 'strerror', None) or error}"
