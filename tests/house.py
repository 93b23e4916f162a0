"""The whole of it with real processes: the local servers, bots and workers, and what members do first."""

import asyncio
from collections.abc import Sequence
from typing import Any

from sandbox.discord import Exchange
from sandbox.processes import Process
from sandbox.stack import Stack
from tests.member import Member, Message, is_done

# Short, so that what was lost is soon found.
QUICK = {"LEASE_SECONDS": "2", "POLL_SECONDS": "0.5", "SHUTDOWN_GRACE_SECONDS": "10"}


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
        await asyncio.gather(*(process.stop(timeout_seconds=20) for process in self._started))


async def start(house: House, *members: Member) -> None:
    await house.bot()
    await house.worker()
    for one in members:
        await one.until_bot_is(online=True)


async def paint(one: Member, prompt: str = "a fox", **options: Any) -> Message:
    return await one.reply(await one.imagine(prompt, width=256, height=256, **options), is_done)
