"""The whole of it with real processes: the local servers, a bot and a worker, and members who watch."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from sandbox.discord import Exchange
from sandbox.processes import Process
from sandbox.stack import Stack, stack
from tests.contract import DiscordContract
from tests.member import Member, member
from tests.specs import DISCORD, find_spec

# Short, so that what was lost is soon found.
QUICK = {"LEASE_SECONDS": "2", "POLL_SECONDS": "0.5", "SHUTDOWN_GRACE_SECONDS": "10"}


# The faults that tests order from Discord. 501 is not among them: what the bot uses has to be there.
PROVOKED = {500, 502, 503, 504}


class House:
    """Starts bots and workers, and stops at the end those that still run. `exchanges` are the bot's calls."""

    def __init__(self, servers: Stack, exchanges: Sequence[Exchange]) -> None:
        self.servers = servers
        self.exchanges = exchanges
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


@pytest.fixture(scope="session")
def contract() -> DiscordContract | None:
    """None where the document is not at hand; test_contract.py says so."""
    document = find_spec(DISCORD)
    return DiscordContract(document) if document else None


@pytest.fixture
async def house(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contract: DiscordContract | None
) -> AsyncIterator[House]:
    for name in ("DATABASE_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    exchanges: list[Exchange] = []
    async with stack(tmp_path, latency_seconds=0.5, on_exchange=exchanges.append) as servers:
        servers.environment.update(QUICK)
        await servers.migrate()
        house = House(servers, exchanges)
        try:
            yield house
        finally:
            await house.stop()
    if contract is not None:
        problems = [p for e in exchanges if e.status not in PROVOKED for p in contract.check(e)]
        assert problems == []


@pytest.fixture
async def ada(house: House) -> AsyncIterator[Member]:
    async with member(house.servers.discord.url, "Ada") as one:
        yield one


@pytest.fixture
async def ben(house: House) -> AsyncIterator[Member]:
    async with member(house.servers.discord.url, "Ben") as one:
        yield one
