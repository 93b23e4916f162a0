"""A line to the tests' Postgres that can be made to misbehave, and what a process is told to go by it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.drill.proxy import Proxy
from tests.drill.refusals import FULL, STARTUP


@asynccontextmanager
async def line_to(database_url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """The line, and the URL of the same database through it."""
    parts = urlsplit(database_url)
    socket = Path(parse_qs(parts.query)["host"][0]) / ".s.PGSQL.5432"
    line = Proxy(lambda: asyncio.open_unix_connection(socket), canned=FULL, asked=STARTUP)
    await line.start()
    try:
        yield line, f"postgresql://postgres@127.0.0.1:{line.port}{parts.path}?sslmode=disable"
    finally:
        await line.stop()
