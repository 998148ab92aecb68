"""What the `activate` script of a generation that was built says: for whom it is, its blocks, and what these do.

Source: `activationScript` of Home Manager's modules/home-environment.nix, and the blocks of modules/files.nix,
modules/systemd.nix and modules/files/check-link-targets.sh, as they have been since 2021.
"""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

_BLOCK = re.compile(r'^_iNote "Activating %s" "(.*)"$', re.MULTILINE)
_USER = re.compile(r'^ *(?:checkStringEq USER "\$USER"|checkUsername) (.*)$', re.MULTILINE)
_UID = re.compile(r'^ *checkStringEq UID "\$\(id -u\)" (\d+)$', re.MULTILINE)
_HOME = re.compile(r'^ *(?:checkPathEq HOME "\$HOME"|checkHomeDirectory) (.*)$', re.MULTILINE)
_CHECK = re.compile(r'-exec bash (\S+) "\$newGenFiles"')
_FORCED = re.compile(r"^\s*forcedPaths=\((.*?)\)$", re.MULTILINE | re.DOTALL)
_UNITS = re.compile(r"\$newGenPath/home-files/(\S*?systemd/user)\b")


class Script(NamedTuple):
    """An activation script.

    Attributes:
        user: the only one that it lets activate it; None where it does not look.
        uid: likewise the only user, by number.
        home: likewise the only HOME.
        blocks: the code of each, in their order.
    """

    user: str | None
    uid: int | None
    home: str | None
    blocks: dict[str, str]

    @property
    def check(self) -> str | None:
        """The path of the script that checks the targets, which knows what is forced."""
        found = _CHECK.search(self.blocks.get("checkLinkTargets", ""))
        return found[1] if found else None

    @property
    def hooks(self) -> list[tuple[str, str]]:
        """The files with an `onChange` hook: their targets, and what these are compared with."""
        words = _words(self.blocks.get("checkFilesChanged", "").replace("\\\n", " "))
        # _cmp SOURCE HOME/TARGET && changedFiles[TARGET]=0 || …
        places = [place for place, word in enumerate(words[:-4]) if word == "_cmp" and words[place + 3] == "&&"]
        return [(words[at + 4].removeprefix("changedFiles[").removesuffix("]=0"), words[at + 1]) for at in places]

    @property
    def unit_folder(self) -> str | None:
        """Where the user's units are, below HOME; None where nothing reloads them."""
        block = self.blocks.get("reloadSystemd")
        if block is None:
            return None
        found = _UNITS.search(block)
        return found[1] if found else ".config/systemd/user"

    @property
    def starts_services(self) -> bool:
        """Whether it starts and stops units, and does not merely suggest it."""
        return "sd-switch" in self.blocks.get("reloadSystemd", "")

    @property
    def installs_packages(self) -> bool:
        """Whether it puts packages into the user's profile, and does not leave that to the system."""
        return re.search(r"nix-env -i|profile install", self.blocks.get("installPackages", "")) is not None


def parse_script(text: bytes) -> Script:
    """What a script says. Nothing raises: what is not there is empty."""
    script = text.decode("utf-8", "surrogateescape")
    _, *pieces = _BLOCK.split(script)
    blocks = dict(zip(pieces[::2], pieces[1::2], strict=True))
    uid = _argument(_UID, script)
    return Script(_argument(_USER, script), None if uid is None else int(uid), _argument(_HOME, script), blocks)


def forced_targets(check: bytes) -> list[str]:
    """The targets that the script that checks them leaves alone."""
    found = _FORCED.search(check.decode("utf-8", "surrogateescape"))
    return [word.removeprefix("$HOME/") for word in _words(found[1])] if found else []


def _argument(pattern: re.Pattern[str], script: str) -> str | None:
    found = pattern.search(script)
    words = _words(found[1]) if found else []
    return words[0] if words else None


def _words(code: str) -> list[str]:
    """The words of shell code, their quotes taken off; none where a quote has no end."""
    try:
        return shlex.split(code)
    except ValueError:
        return []
