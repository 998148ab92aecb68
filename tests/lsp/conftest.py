"""A workspace to edit, and a made set of options, with every type that the language server has to see through."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from hmeval.lsp.index import OptionIndex
from hmeval.options.model import Option
from hmeval.options.path import parse_option_path

BOOL, STR, INT = {"name": "bool"}, {"name": "str"}, {"name": "int"}
PACKAGE, LINES = {"name": "package"}, {"name": "separatedString", "separator": "\n"}
ANYTHING = {"name": "anything"}


def of(name: str, *elements: Any, **more: Any) -> dict[str, Any]:
    """The structure of a type with others in it."""
    return {"name": name, "elements": list(elements), **more}


def submodule(**more: Any) -> dict[str, Any]:
    """That of a submodule, whose options are listed apart."""
    return {"name": "submodule", "sub_options": True, **more}


def holds(name: str) -> dict[str, Any]:
    """That of a type with submodules in it."""
    return of(name, submodule(), sub_options=True)


TYPES: dict[str, dict[str, Any]] = {
    "home.username": STR,
    "home.packages": of("listOf", PACKAGE),
    "home.sessionVariables": of("attrsOf", STR),
    "home.language": submodule(freeform=of("attrsOf", STR)),
    "home.language.base": of("nullOr", STR),
    "home.keyboard": of("nullOr", submodule(), sub_options=True),
    "home.keyboard.layout": of("nullOr", STR),
    "home.keyboard.options": of("listOf", STR),
    "home.file": holds("attrsOf"),
    "home.file.<name>.text": of("nullOr", LINES),
    "home.file.<name>.executable": BOOL,
    "programs.git.enable": BOOL,
    "programs.git.package": PACKAGE,
    "programs.git.lfs.enable": BOOL,
    "programs.git.ignores": of("listOf", STR),
    "programs.git.settings": of("attrsOf", ANYTHING),
    "programs.git.signing.format": of("nullOr", {"name": "enum", "members": ["openpgp", "ssh", "x509"]}),
    "programs.git.includes": holds("listOf"),
    "programs.git.includes.*.path": {"name": "path"},
    "programs.git.includes.*.condition": of("nullOr", STR),
    "programs.gitui.enable": BOOL,
    "programs.zsh.enable": BOOL,
    "programs.zsh.history.size": INT,
    "programs.zsh.historySubstringSearch.enable": BOOL,
    "programs.ssh.matchBlocks": holds("attrsOf"),
    "programs.ssh.matchBlocks.<name>.port": of("nullOr", INT),
    "programs.ssh.matchBlocks.<name>.forwards": holds("listOf"),
    "programs.ssh.matchBlocks.<name>.forwards.*.bind.port": INT,
    "services.mpd.network": of("either", STR, submodule(), sub_options=True),
    "services.mpd.network.port": INT,
    "services.mpd.level": of("either", {"name": "enum", "members": ["low", "high"]}, INT),
    "services.mpd.level2": {"name": "enum", "members": [1, 2, None, True]},
    "xdg.enable": BOOL,
    'xdg."odd name".enable': BOOL,
}

# What the configuration has where options have a placeholder.
INSTANCES = {("home", "file"): ["a b", "notes"], ("programs", "ssh", "matchBlocks"): ["work", "*"]}


def option(name: str, told: dict[str, Any], **more: Any) -> Option:
    """An option as its record."""
    record = {"name": name, "loc": parse_option_path(name), "type": told["name"], "type_info": told}
    return Option(record | {"description": f"What {name} is for.", "internal": False, "visible": True} | more)


def options() -> list[Option]:
    """The set, and an option that is hidden."""
    hidden = option("programs.git.aliases", {"name": "attrs"}, visible=False)
    return [*(option(name, told) for name, told in TYPES.items()), hidden]


@pytest.fixture(scope="session")
def index() -> OptionIndex:
    """The set, as the language server keeps it."""
    index = OptionIndex(options())
    index.name_instances(INSTANCES)
    return index


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of the workspace."""
    return Path(shutil.copytree(Path(__file__).resolve().parent / "home", tmp_path / "home"))
