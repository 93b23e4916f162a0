"""The whole system for a measure: the local servers, their Postgres being the stage's, and who uses them."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from benchmarks.stage import Stage
from sandbox.discord import Exchange
from sandbox.processes import Process, python
from sandbox.stack import Stack, stack

JOBS_MAX = 100
"""How many jobs a member may have at once: the most that there is a setting for."""


@asynccontextmanager
async def house(
    stage: Stage, name: str, *, on_exchange: Callable[[Exchange], None] | None = None
) -> AsyncIterator[Stack]:
    """`on_exchange` sees the bot's REST calls. Nothing is started yet that is measured."""
    async with stack(
        stage.directory / name,
        latency_seconds=0,
        on_exchange=on_exchange,
        on_line=quiet,
        given={"DATABASE_URL": await stage.database()},
    ) as servers:
        servers.environment.update(
            {
                "JOBS_PER_MEMBER_MAX": str(JOBS_MAX),
                "CREDITS_PER_MONTH": "1000000",
                "STABILITY_REQUESTS_PER_10_SECONDS": "10000",
            }
        )
        yield servers


@asynccontextmanager
async def running(*processes: Process) -> AsyncIterator[None]:
    """Starts them, and stops them at the end in the opposite order."""
    started: list[Process] = []
    try:
        for process in processes:
            await process.start()
            started.append(process)
        yield
    finally:
        for process in reversed(started):
            await process.stop()


def quiet(name: str, line: str) -> None:
    """What a process writes is of interest only where something is wrong with it."""
    if any(word in line for word in ("ERROR", "CRITICAL", "Traceback", "Error:")):
        print(f"{name}: {line}", file=sys.stderr, flush=True)


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs a module of this package."""
    return python("-m", f"benchmarks.{name}", *arguments)


@asynccontextmanager
async def stability(latency_seconds: float = 0) -> AsyncIterator[str]:
    """The URL of a Stability that costs this process nothing."""
    url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    command = module("stability", "--latency-seconds", str(latency_seconds))
    process = Process("stability", command, {}, on_line=lambda _name, line: url.set_result(line))
    async with running(process):
        yield await asyncio.wait_for(url, 30)
