"""Which port each server has: that of the last time, as links in old messages lead there."""

import json
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

from yarl import URL

HOST = "127.0.0.1"

_NAMES = {"discord": "the page", "s3": "the pictures", "stability": "Stability"}


class Held(Exception):
    """Somebody else has the port that was asked for; the message says who, if that can be known."""


class Ports:
    """`tell` is called with what there is to say where a port is another one now."""

    def __init__(self, directory: Path, *, tell: Callable[[str], None]) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._file = directory / "ports.json"
        self._tell = tell
        self._known: dict[str, int] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def pick(self, name: str, wanted: int | None = None) -> int:
        """`wanted` or the port of the last time; 0, for any, where there is none or another has it. Raises Held.

        Which one it came to is for `keep`: nobody else can take it between a server's being told 0 and listening.
        """
        port = wanted or self._known.get(name, 0)
        if _is_free(port):
            if wanted:
                self._known[name] = wanted
            return port
        if wanted:
            raise Held(f"Port {wanted} is taken by {holder(wanted)}: name another with --port, or none.")
        return 0

    def keep(self, name: str, url: str) -> None:
        """The port that it is reached by now, and is to be the next time."""
        port = URL(url).port
        assert port is not None
        known = self._known.get(name, port)
        if known != port:
            self._tell(
                f"Port {known}, which {_NAMES[name]} had, is taken by {holder(known)}: it is {port} now."
            )
        self._known[name] = port
        self._file.write_text(json.dumps(self._known))


def free_port() -> int:
    """For a server that has to be told which."""
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def holder(port: int) -> str:
    """Who listens there, as far as Linux tells this user."""
    for inode in _listening(port):
        for entry in Path("/proc").glob("[0-9]*/fd/*"):
            try:
                if os.readlink(entry) == f"socket:[{inode}]":
                    process = entry.parents[1]
                    return f"{(process / 'comm').read_text().strip()} (process {process.name})"
            except OSError:
                # It has ended, or is another user's.
                continue
    return "another program"


def _listening(port: int) -> list[str]:
    """The inodes of the sockets that listen on it."""
    table = Path("/proc/net/tcp")
    if not table.exists():
        return []
    return re.findall(rf"(?m)^ *\d+: \w+:{port:04X} \w+:0000 0A(?: +\S+){{5}} +(\d+)", table.read_text())
