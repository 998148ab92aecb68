"""What this machine is called, as programs tell it that may take long: resolvers and networks are asked."""

from __future__ import annotations

import sys


class HostNames:
    """Names of this machine, each asked for only once it matters.

    Attributes:
        told: those that were asked for, by kind: what was chosen by them holds as long as they stay the same.
    """

    def __init__(self) -> None:
        self.told: dict[str, str] = {}

    def ask(self, kind: str) -> str:
        """The name of this kind: `full` or `local`."""
        if kind not in self.told:
            self.told[kind] = host_name(kind)
        return self.told[kind]


def host_name(kind: str) -> str:
    """The name with its domain, as `hostname -f` has it (`full`), or what macOS calls itself nearby (`local`).

    Elsewhere than on macOS, the nearest to the latter: the first part of the node's name.
    """
    return _full_name() if kind == "full" else _local_name()


def _full_name() -> str:
    import socket

    return socket.getfqdn()


def _local_name() -> str:
    import os

    if sys.platform != "darwin":
        return os.uname().nodename.partition(".")[0]
    import subprocess

    done = subprocess.run(["scutil", "--get", "LocalHostName"], capture_output=True, text=True, check=False)
    return done.stdout.strip()
