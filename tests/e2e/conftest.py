"""The whole of it with real processes: the local servers, a bot and a worker, and members who watch."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.processes import Process
from sandbox.stack import Stack, stack
from tests.member import Member, member

# Short, so that what was lost is soon found.
QUICK = {"LEASE_SECONDS": "2", "POLL_SECONDS": "0.5", "SHUTDOWN_GRACE_SECONDS": "10"}


class House:
    """Starts bots and workers, and stops at the end those that still run."""

    def __init__(self, servers: Stack) -> None:
        self.servers = servers
        self._started: list[Process] = []

    async def bot(self) -> Process:
        return await self._start(self.servers.bot())

    async def worker(self, name: str = "worker") -> Process:
        return await self._start(self.servers.worker(name))

    async def _start(self, process: Process) -> Process:
        await process.start()
        self._started.append(process)
        return process

    async def stop(self) -> None:
        for process in self._started:
            await process.stop(timeout_seconds=20)


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    for name in ("DATABASE_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    async with stack(tmp_path, latency_seconds=0.5) as servers:
        servers.environment.update(QUICK)
        await servers.migrate()
        house = House(servers)
        try:
            yield house
        finally:
            await house.stop()


@pytest.fixture
async def ada(house: House) -> AsyncIterator[Member]:
    async with member(house.servers.discord.url, "Ada") as one:
        yield one


@pytest.fixture
async def ben(house: House) -> AsyncIterator[Member]:
    async with member(house.servers.discord.url, "Ben") as one:
        yield one
