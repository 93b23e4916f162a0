"""Which port each server has: that of the last time, as links in old messages lead there."""

import json
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

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
        """`wanted`, the port of the last time or, if somebody else has that by now, a free one. Raises Held."""
        known = wanted or self._known.get(name, 0)
        port = _bindable(known)
        if not port and wanted:
            raise Held(f"Port {wanted} is taken by {holder(wanted)}: name another with --port, or none.")
        if not port:
            port = _bindable(0)
            self._tell(
                f"Port {known}, which {_NAMES[name]} had, is taken by {holder(known)}: it is {port} now."
            )
        self._known[name] = port
        self._file.write_text(json.dumps(self._known))
        return port


def _bindable(port: int) -> int:
    """The port itself, or the one found for 0; 0 if it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return 0
        found: int = probe.getsockname()[1]
        return found


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
