"""Which hosts of flake references can be reached, as far as failures tell: none is asked in vain a second time."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from hmeval.targets.lock import Attributes

_FORGES = {"github": "github.com", "gitlab": "gitlab.com", "sourcehut": "git.sr.ht"}
# What curl, Git and ssh say of a host that cannot be reached, as Nix passes it on.
_UNREACHABLE = re.compile(
    r"resolve host|resolve hostname|name resolution|connect to|timed? ?out|Timeout|[Uu]nreachable|Connection refused"
)
_NO_NAMES = re.compile(r"resolve host|resolve hostname|name resolution")


class Reachable:
    """The hosts that were not reached."""

    def __init__(self) -> None:
        self._failed: dict[str, str] = {}
        self._offline = ""

    def note(self, reference: Attributes, message: str) -> None:
        """Take the message of a fetch that failed: where the name of a forge is not found, there is no network."""
        host = _host(reference)
        if host and _UNREACHABLE.search(message):
            self._failed[host] = message
            if host in _FORGES.values() and _NO_NAMES.search(message):
                self._offline = message

    def why_not(self, reference: Attributes) -> str:
        """Why a reference cannot be fetched, where that is known; or ""."""
        host = _host(reference)
        message = (self._failed.get(host) or self._offline) if host else ""
        return f"not tried, since another one failed: {message}" if message else ""

    @staticmethod
    def is_local(reference: Attributes) -> bool:
        """Whether no host is asked for it."""
        return not _host(reference)


def _host(reference: Attributes) -> str:
    """The host that a reference is fetched from; "" where it is a local one."""
    kind = str(reference["type"])
    if kind in _FORGES:
        return str(reference.get("host") or _FORGES[kind])
    if kind == "indirect":
        return "channels.nixos.org"  # where the global registry is
    return urlsplit(str(reference.get("url", ""))).hostname or ""
