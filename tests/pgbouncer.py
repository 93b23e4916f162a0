"""A real pgbouncer before the tests' Postgres, where one is installed."""

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conditions import soon
from tests.postgres_line import line_to

_PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")

needs_pgbouncer = pytest.mark.skipif(
    _PROGRAM is None, reason="pgbouncer is not installed (Debian: apt-get install pgbouncer)"
)


@asynccontextmanager
async def pgbouncer(database_url: str, mode: str, *, size: int = 20) -> AsyncIterator[str]:
    """The URL of the database through it; `size` is how many connections to the server it has."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    async with line_to(database_url) as (_, url):
        with tempfile.TemporaryDirectory() as folder:
            file = _settings(Path(folder), port, urlsplit(url).port, mode, size)
            user = ["-u", "nobody"] if os.geteuid() == 0 else []
            process = await asyncio.create_subprocess_exec(
                *(str(_PROGRAM), *user, str(file)),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                await _until_it_listens(port)
                yield f"postgresql://postgres@127.0.0.1:{port}{urlsplit(url).path}?sslmode=disable"
            finally:
                process.kill()
                await soon(process.wait())


def _settings(folder: Path, port: int, server_port: int | None, mode: str, size: int) -> Path:
    file = folder / "pgbouncer.ini"
    file.write_text(
        f"[databases]\n* = host=127.0.0.1 port={server_port} user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = any\npool_mode = {mode}\ndefault_pool_size = {size}\n"
    )
    # It does not run as root, and then cannot read what only root may.
    folder.chmod(0o755)
    file.chmod(0o644)
    return file


async def _until_it_listens(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
