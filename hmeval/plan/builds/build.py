"""What a derivation's build writes, where its commands are few and plain; it is followed here, and not run.

Source: nixpkgs' pkgs/stdenv/generic/setup.sh (`genericBuild`, `substitute`, the phases) and the builders of
pkgs/build-support/trivial-builders, replace-vars and pkgs/pkgs-lib/formats.nix, of nixpkgs 24.11, 25.05, 25.11 and
26.11 (July 2026). None of their spellings is known here: whatever builder, variable or command is not understood makes
the whole unknown.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from hmeval.plan.builds.places import UNKNOWN, File, Folder, Link, Places
from hmeval.plan.builds.programs import PROGRAMS
from hmeval.plan.builds.recipe import Recipe, store_name
from hmeval.plan.builds.shell import Shell
from hmeval.plan.builds.syntax import Unsupported

Read: TypeAlias = Callable[[str], "File | None"]
"""What is in the store at a path: a file, or None for what is none or is not known."""

# Each sources the stdenv's setup and calls genericBuild; the older one does so by itself.
_BUILDERS = (("-e", "source-stdenv.sh", "default-builder.sh"), ("-e", "default-builder.sh"))
_BUILD_FOLDER = f"/{UNKNOWN}build"
_ATTRIBUTES = f"{_BUILD_FOLDER}/.attrs.json"

# What the builder reads of these changes nothing of what is written.
_INDIFFERENT = frozenset(
    """allowSubstitutes allowedReferences allowedRequisites builder disallowedReferences disallowedRequisites doCheck
    dontUnpack enableParallelBuilding enableParallelChecking enableParallelInstalling name nativeBuildInputs
    NIX_MAIN_PROGRAM outputChecks outputs passAsFile pname preferLocalBuild requiredSystemFeatures stdenv strictDeps
    system version __darwinAllowLocalNetworking __impureHostDeps __propagatedImpureHostDeps __propagatedSandboxProfile
    __sandboxProfile __structuredAttrs __ignoreNulls __json""".split()
)
# What commands use. The stdenv's setup neither reads nor sets them; one that is not given is empty.
_DATA = frozenset("checkPhase content destination dir executable files isExecutable src text value".split())
_COMMANDS = frozenset("buildCommand buildPhase checkPhase installPhase".split())
_PASSED = _DATA - _COMMANDS | {"buildCommand"}
_UNDERSTOOD = _INDIFFERENT | _DATA | _COMMANDS
_EMPTY: tuple[Any, ...] = ("", [], {})
# What Nix puts a path in the place of, once it has built what that depends on (content-addressed derivations).
_PLACEHOLDER = re.compile(r"/[0-9a-df-np-sv-z]{52}(?![0-9a-z])")
# Names of packages that define no hooks for the build.
_HARMLESS_TOOL = re.compile(r"(?:jq|shellcheck(?:-minimal)?)-[0-9.]+(?:-bin|-dev)?")


def what_is_built(recipe: Recipe, path: str, read: Read) -> File | Link | None:
    """What a build puts at a path of one of its outputs; None where that is not known for certain."""
    if not any(path == output or path.startswith(f"{output}/") for output in recipe.outputs.values()):
        return None
    try:
        found = _built(recipe, read).get(path)
    except (Unsupported, UnicodeError, ValueError):
        return None
    return None if isinstance(found, Folder) else found


def _built(recipe: Recipe, read: Read) -> Places:
    """What is there once the stdenv's builder is done. Raises Unsupported."""
    _check_builder(recipe)
    variables = recipe.variables
    for name, value in variables.items():
        if not (name in _UNDERSTOOD or name in recipe.outputs or value is None or value is False or value in _EMPTY):
            raise Unsupported(f"the variable {name}")
    shell = _shell(recipe, read)
    if _PLACEHOLDER.search(repr(variables)):
        raise Unsupported("a path that only a build will tell")
    if "buildCommand" in variables:
        shell.run_alone(_text(variables["buildCommand"]))
    else:
        _run_phases(recipe, shell)
    return shell.places


def _check_builder(recipe: Recipe) -> None:
    """Raises Unsupported for what nixpkgs' stdenv does not build, or builds with tools that may take part in it."""
    scripts = tuple(store_name(argument) for argument in recipe.arguments)
    is_bash = posixpath.basename(recipe.builder) == "bash"
    is_stdenv = store_name(_text(recipe.variables.get("stdenv", ""))).startswith("stdenv-")
    if not (is_stdenv and is_bash) or scripts not in _BUILDERS:
        raise Unsupported(f"the builder {recipe.builder} {' '.join(recipe.arguments)}")
    for tool in _list(recipe.variables.get("nativeBuildInputs", [])):
        if _HARMLESS_TOOL.fullmatch(store_name(tool)) is None:
            raise Unsupported(f"the tool {tool}")


def _shell(recipe: Recipe, read: Read) -> Shell:
    """The builder's shell before it runs what is its own."""
    places = Places(recipe.outputs.values(), _BUILD_FOLDER, read)
    variables: dict[str, str] = dict.fromkeys(_DATA, "")
    as_files = () if recipe.structured else _list(recipe.variables.get("passAsFile", []))
    if not _PASSED.issuperset(as_files):
        raise Unsupported(f"variables that are passed as files: {' '.join(as_files)}")
    for name in sorted(_DATA | {"name", "pname", "system", "version"}):
        if isinstance(value := recipe.variables.get(name, ""), str | bool):
            variables[name] = value if isinstance(value, str) else "1" if value else ""
        else:
            variables.pop(name, None)  # an array, say
        variables[f"{name}Path"] = ""
        if name in as_files:
            variables[f"{name}Path"] = f"{_BUILD_FOLDER}/{UNKNOWN}{name}"
            places.put(variables[f"{name}Path"], File(_bytes(variables.pop(name))))
    if recipe.structured:
        variables["NIX_ATTRS_JSON_FILE"] = _ATTRIBUTES
    return Shell(variables | dict(recipe.outputs), places, PROGRAMS, {_ATTRIBUTES: recipe.variables})


def _run_phases(recipe: Recipe, shell: Shell) -> None:
    """Run the phases of a package that unpacks nothing. Raises Unsupported.

    Its fixup changes neither a single file that cannot be executed nor one that names no interpreter to be patched.
    """
    variables, out = recipe.variables, recipe.outputs.get("out")
    if not variables.get("dontUnpack") or list(recipe.outputs) != ["out"] or "buildPhase" not in variables:
        raise Unsupported("the phases of a package")
    shell.run_alone(_text(variables["buildPhase"]))
    if variables.get("doCheck"):
        shell.run_alone(_text(variables.get("checkPhase", "")))
    shell.run_alone(_text(variables.get("installPhase", "")))
    made = shell.places.get(out or "")
    if not isinstance(made, File) or (made.executable and made.content.startswith(b"#!")):
        raise Unsupported("what the fixup phase may change")


def _list(value: Any) -> list[str]:
    """The words of a list, which without structured attributes is one text."""
    return [_text(word) for word in value] if isinstance(value, list) else _text(value).split()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Unsupported(f"a variable that is no text: {value!r}")
    return value


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
