"""A real pgbouncer before the tests' Postgres, where one is installed."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.ports import free_port
from tests.conditions import soon

_PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")

needs_pgbouncer = pytest.mark.skipif(
    _PROGRAM is None, reason="pgbouncer is not installed (Debian: apt-get install pgbouncer)"
)


class Pooler:
    """`url` is that of the database through it.

    Whatever ends it, it is started again, as systemd does: 1.18 ends by itself ("bad client state") where somebody
    who cancels a statement is gone before the server has heard of it.
    """

    def __init__(self, file: Path, user: str, url: str) -> None:
        self.url = url
        self._command = [str(_PROGRAM), *(["-u", user] if os.geteuid() == 0 else []), str(file)]
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._stopped = asyncio.Event()

    async def start(self) -> None:
        self._keeper = asyncio.create_task(self._keep())
        await _until_it_listens(urlsplit(self.url).port)

    async def kill(self) -> None:
        """Returns when its successor listens."""
        killed = self._kill()
        await soon(killed.wait())
        await _until_it_listens(urlsplit(self.url).port)

    async def stop(self) -> None:
        assert self._keeper is not None
        self._stopped.set()
        self._kill()
        await soon(self._keeper)

    def _kill(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        return self._process

    async def _keep(self) -> None:
        while not self._stopped.is_set():
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
            )
            if self._stopped.is_set():
                self._kill()
            await self._process.wait()


@asynccontextmanager
async def pgbouncer(database_url: str, mode: str, *, size: int = 20) -> AsyncIterator[Pooler]:
    """Before that database; `size` is how many connections to the server it has."""
    port = free_port()
    parts = urlsplit(database_url)
    server = Path(parse_qs(parts.query)["host"][0])
    with tempfile.TemporaryDirectory() as folder:
        file = _settings(Path(folder), port, server, mode, size)
        url = f"postgresql://postgres@127.0.0.1:{port}{parts.path}?sslmode=disable"
        # It does not run as root, and the folder of the server's socket may be closed to all but the server's user.
        one = Pooler(file, (server / ".s.PGSQL.5432").owner(), url)
        try:
            await one.start()
            yield one
        finally:
            await one.stop()


def _settings(folder: Path, port: int, server: Path, mode: str, size: int) -> Path:
    file = folder / "pgbouncer.ini"
    file.write_text(
        f"[databases]\n* = host={server} user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = any\npool_mode = {mode}\ndefault_pool_size = {size}\n"
    )
    folder.chmod(0o755)
    file.chmod(0o644)
    return file


async def _until_it_listens(port: int | None) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
