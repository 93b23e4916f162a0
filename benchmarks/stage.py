"""What every measure stands on: one Postgres for all of them, and how much is to be measured."""

import asyncio
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from pathlib import Path

import asyncpg

from db.migrate import migrate
from sandbox.postgres import postgres

PACKAGES = ("asyncpg", "discord.py", "aiohttp", "pillow", "procrastinate", "psycopg", "pgqueuer")
CONNECTIONS_MAX = 500
SETTINGS = ("fsync", "synchronous_commit", "shared_buffers", "jit", "max_connections")


@dataclass(frozen=True, slots=True)
class Stage:
    """`directory` is the measure's to use, and is removed at the end. `large` asks for ten times the rows.

    `quick` asks for as little as shows that the measure works; its figures mean nothing.
    """

    directory: Path
    postgres_url: str
    large: bool = False
    quick: bool = False
    filled: dict[int, str] = field(default_factory=dict)
    """The URLs of databases with so many pictures, which measures share (`benchmarks.filled`)."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def say(self, line: str) -> None:
        """How far it is, for whoever waits."""
        print(line, file=sys.stderr, flush=True)

    def amount(self, usual: int, *, quick: int) -> int:
        """Of rounds, rows or samples."""
        return quick if self.quick else usual

    async def database(self, *, migrated: bool = True) -> str:
        """The URL of a new database of the one server."""
        name = f"bench_{next(self._numbers)}"
        connection = await asyncpg.connect(self.postgres_url)
        await connection.execute(f"create database {name}")
        await connection.close()
        url = re.sub(r"/postgres\?", f"/{name}?", self.postgres_url)
        if migrated:
            connection = await asyncpg.connect(url)
            await migrate(connection)
            await connection.close()
        return url

    async def machine(self) -> dict[str, str]:
        """Where, with what, and when."""
        connection = await asyncpg.connect(self.postgres_url)
        facts = {
            "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            "commit": _commit(),
            "machine": f"{_processor()}, {_memory_gib():.0f} GiB, {platform.system()} {platform.release()}",
            "Python": platform.python_version(),
            "Postgres": await connection.fetchval("show server_version"),
            **{name: await connection.fetchval(f"show {name}") for name in SETTINGS},
        }
        await connection.close()
        for package in PACKAGES:
            try:
                facts[package] = version(package)
            except PackageNotFoundError:
                facts[package] = "not installed"
        return facts


@contextmanager
def open_stage(*, large: bool = False, quick: bool = False) -> Iterator[Stage]:
    """With a Postgres of its own, as the sandbox starts it and with nothing set that it does not set.

    But a large stage has room for many more connections than the hundred that it allows.
    """
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "postgres"
        if large:
            with postgres(data) as url:
                asyncio.run(_make_room(url))
        with postgres(data) as url:
            yield Stage(Path(directory), url, large=large, quick=quick)


async def _make_room(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(f"alter system set max_connections = {CONNECTIONS_MAX}")
    await connection.close()


def _commit() -> str:
    answer = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or "not known"


def _processor() -> str:
    names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return f"{len(names)} × {names[0]}" if names else platform.processor()


def _memory_gib() -> float:
    kib = re.search(r"^MemTotal:\s*(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return int(kib[1]) / 2**20 if kib else 0.0
