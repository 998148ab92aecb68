"""hmeval.toml: the target, the user and the overrides of a project; and files of overrides (`--override-inputs`).

It is found from the current folder upwards. What flags give is stronger: `--flake` and `--file` replace its target and
its user, `--user` and `--system` its user, `--override-input` what it has for the same input. Its overrides are for one
flake alone, whichever of its configurations is asked for. Paths are relative to the file that they are in.
"""

from __future__ import annotations

import os
import re

from hmeval.errors import TargetError
from hmeval.targets.request import Request

TYPE_CHECKING = False  # whatever is cached is answered without what typing imports
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from hmeval.targets.request import AnyPath

NAME = "hmeval.toml"
_KEYS = ("target", "user", "overrides")
_FLAGS = {"--flake": "flake", "--file": "file", "--user": "user"}
_SWITCHES = {"--offline": "offline", "--system": "system"}

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
_NAME_IN_REGISTRY = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]*")


def find_project(folder: str, top: str = "/") -> str | None:
    """The nearest hmeval.toml, from a folder upwards as far as `top`; None where there is none."""
    return next((file for above in _upwards(folder, top) if os.path.isfile(file := os.path.join(above, NAME))), None)


def with_project(request: Request) -> Request:
    """What is asked for, completed by the hmeval.toml that is found. Raises TargetError for one that is wrong."""
    file = None if request.file is not None else find_project(os.getcwd())
    return request if file is None else completed(request, file, ".")


def completed(request: Request, file: str, folder: str) -> Request:
    """What is asked for in a folder, completed by a project's file. Raises TargetError where that is wrong."""
    project = Project(file)
    if request.flake is not None:
        found = project.overrides() if project.is_about(request.flake) else {}
        return request if not found else _overridden(request, found, file)
    target, user = project.target(), project.user()
    if target.get("user") and user:
        raise project.wrong("user", "the target names a user already: write one of the two")
    if request.user is not None or request.system:
        target, user = {name: value for name, value in target.items() if name not in ("user", "system")}, None
    target |= {"user": user} if user else {}
    is_meant = target.get("flake") or target.get("file") or project.is_found_with(folder)
    return _overridden(request.replace(**target), project.overrides() if is_meant else {}, file)


def _overridden(request: Request, found: Mapping[str, str], file: str) -> Request:
    return request.replace(override_inputs={**found, **request.override_inputs}, files=(*request.files, file))


class Project:
    """What a project's file says. Raises TargetError, with file, line and key, where that cannot be meant.

    Attributes:
        file: its path.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self._folder = os.path.dirname(os.path.abspath(file))
        self._toml = _Toml(file)
        for key in self._toml.content:
            if key not in _KEYS:
                raise self.wrong(key, f"this key is not known; there are {', '.join(_KEYS)}")
        if not self._target_text() and self._toml.content.get("target") is not None:
            raise self.wrong("target", 'a text is expected: a flake or a home.nix, such as target = ".#alice"')

    def describe(self) -> dict[str, Any]:
        """What it says, as plain data."""
        described = {
            "file": self.file,
            "target": self._target_text(),
            "user": self.user(),
            "overrides": self.overrides(),
        }
        return {name: value for name, value in described.items() if value}

    def wrong(self, key: str, problem: str) -> TargetError:
        """The error for one of its keys."""
        return self._toml.wrong((key,), problem)

    def target(self) -> dict[str, Any]:
        """The target that it names, as arguments of a Request; none where it names none."""
        text = self._target_text()
        if text is None:
            return {}
        try:
            written = read_flags(text, _FLAGS, _SWITCHES) if text.startswith("-") else self._plain(text)
        except TargetError as error:
            raise self.wrong("target", str(error)) from None
        if written.get("file"):
            if self._toml.content.get("overrides"):
                raise self.wrong("overrides", "they go with a flake, and the target is a file")
            written["file"] = self._absolute(written["file"])
        else:
            written["flake"] = relative_to(self._folder, written["flake"])
        return written

    def user(self) -> str | None:
        """The user that it names."""
        user = self._toml.content.get("user")
        if user is not None and not (isinstance(user, str) and user):
            raise self.wrong("user", 'a name is expected, such as user = "alice"')
        return user

    def overrides(self) -> dict[str, str]:
        """By name of an input, what replaces it: an absolute folder, or a reference."""
        table = self._toml.content.get("overrides", {})
        if not isinstance(table, dict):
            raise self.wrong("overrides", 'a table is expected: [overrides], then lines such as nixpkgs = "../nixpkgs"')
        return self._toml.overrides(table, ("overrides",))

    def is_about(self, flake: str) -> bool:
        """Whether its overrides are for this flake: its target's, or the nearest one.

        A folder that neither lies in the project nor has it in itself is none of its business, whatever it says.
        """
        target = self.target()
        own = target.get("flake", "" if target else self._folder)
        theirs, here = _flake_folder(flake), os.path.realpath(self._folder)
        if theirs is None:
            return bool(own.partition("#")[0] == flake.partition("#")[0])
        return _flake_folder(own) == theirs and (_is_below(theirs, here) or _is_below(here, theirs))

    def is_found_with(self, folder: str) -> bool:
        """Whether the flake that is found from a folder upwards is the one that is found from the file's."""
        return _flake_folder(folder) == _flake_folder(self._folder)

    def _target_text(self) -> str | None:
        text = self._toml.content.get("target")
        return text if isinstance(text, str) and text else None

    def _plain(self, text: str) -> dict[str, Any]:
        is_path = not _SCHEME.match(text) and is_file(self._absolute(text))
        return {"file" if is_path else "flake": text}

    def _absolute(self, path: str) -> str:
        return os.path.normpath(os.path.join(self._folder, os.path.expanduser(path)))


def read_overrides(file: AnyPath) -> dict[str, str]:
    """By name of an input, what replaces it, as a TOML file says it. Raises TargetError where that is wrong."""
    toml = _Toml(os.fspath(file))
    return toml.overrides(toml.content, ())


def read_flags(text: str, flags: Mapping[str, str], switches: Mapping[str, str]) -> dict[str, Any]:
    """A target that is written with the command line's flags, as arguments. Raises TargetError."""
    import shlex

    given: dict[str, Any] = {}
    try:
        words = iter(shlex.split(text))
    except ValueError as error:
        raise TargetError(f"{text}: {error}") from None
    for word in words:
        if word in switches:
            given[switches[word]] = True
        elif word in flags:
            given[flags[word]] = next(words, "")
        else:
            raise TargetError(f"{word} is not known; give {', '.join([*flags, *switches])}")
    if bool(given.get("flake")) == bool(given.get("file")):
        raise TargetError("give --flake REF[#NAME] or --file FILE")
    return given


def is_file(named: str) -> bool:
    """Whether it is a module's file; everything else is a flake."""
    is_path = not _SCHEME.match(named) and "#" not in named
    return is_path and (named.endswith(".nix") or os.path.isfile(named))


def relative_to(folder: str, reference: str) -> str:
    """A flake reference that is written in a file of a folder, with the name after it: an absolute path, or a URL."""
    place, mark, name = reference.partition("#")
    path, question, query = place.partition("?")
    scheme = "path:" if path.startswith("path:") else ""
    path = path.removeprefix("path:")
    absolute = os.path.normpath(os.path.join(folder, os.path.expanduser(path or ".")))
    if not scheme and (_SCHEME.match(path) or (_NAME_IN_REGISTRY.fullmatch(path) and not os.path.exists(absolute))):
        return reference
    return f"{scheme}{absolute}{question}{query}{mark}{name}"


def _flake_folder(reference: str) -> str | None:
    """The folder of the flake that a reference names, where it is a local one (as hmeval.targets.flake finds it)."""
    path = re.sub(r"^(path:|git\+file://)", "", reference.partition("#")[0].partition("?")[0])
    if _SCHEME.match(path):
        return None
    for above in _upwards(os.path.realpath(path or "."), "/"):
        if os.path.isfile(os.path.join(above, "flake.nix")):
            return above
        if os.path.exists(os.path.join(above, ".git")):
            break
    return None


def _upwards(folder: str, top: str) -> Iterator[str]:
    above = os.path.abspath(folder)
    while True:
        yield above
        if above in (top, os.path.dirname(above)):
            return
        above = os.path.dirname(above)


def _is_below(path: str, folder: str) -> bool:
    return f"{path}/".startswith(f"{folder.rstrip('/')}/")


class _Toml:
    """A TOML file: its content, and where its keys are. Raises TargetError where it is none."""

    def __init__(self, file: str) -> None:
        import tomllib

        self._file = os.path.abspath(file)
        try:
            with open(file, encoding="utf-8-sig", newline="") as opened:
                self._text = opened.read()
            self.content: dict[str, Any] = tomllib.loads(self._text)
        except OSError as error:
            raise TargetError(f"{self._file} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise TargetError(f"{self._file} is not UTF-8, which TOML is") from None
        except tomllib.TOMLDecodeError as error:
            raise TargetError(f"{self._file} is no TOML: {error}") from None

    def overrides(self, table: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, str]:
        """By name of an input, what replaces it, of one of the tables."""
        return {name: self._replacement(place, (*path, name)) for name, place in table.items()}

    def wrong(self, path: tuple[str, ...], problem: str) -> TargetError:
        """The error for a key."""
        return TargetError(f"{self._file}:{self._line(path)}: {'.'.join(path)}: {problem}")

    def _replacement(self, place: Any, path: tuple[str, ...]) -> str:
        if isinstance(place, dict):
            below = next(iter(place), "nixpkgs")
            raise self.wrong(path, f'a text is expected; an input of an input is written "{path[-1]}/{below}" = "DIR"')
        if not isinstance(place, str) or not place:
            raise self.wrong(path, "a folder or a flake reference is expected, as a text")
        if _SCHEME.match(place) and not place.startswith("path:"):
            return place
        scheme = "path:" if place.startswith("path:") else ""
        folder = os.path.expanduser(place.removeprefix("path:"))
        absolute = os.path.normpath(os.path.join(os.path.dirname(self._file), folder))
        if not os.path.isdir(absolute):
            raise self.wrong(path, f"there is no folder {absolute}")
        return f"{scheme}{absolute}"

    def _line(self, path: tuple[str, ...]) -> int:
        """The line of a key: its statement begins below the last lines that are TOML without it."""
        import tomllib

        lines = [f"{line}\n" for line in self._text.split("\n")]
        before = 0
        for count in range(1, len(lines) + 1):
            try:
                content: Any = tomllib.loads("".join(lines[:count]))
            except tomllib.TOMLDecodeError:
                continue
            for key in path:
                content = content.get(key) if isinstance(content, dict) else None
            if content is not None:
                return before + 1
            before = count
        return 1
