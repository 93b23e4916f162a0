"""Timings, and how they are told."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable


async def measure(call: Callable[[], Awaitable[object]], rounds: int) -> list[float]:
    """Milliseconds of each round, after a few that warm up."""
    for _ in range(min(20, rounds)):
        await call()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - began) * 1000)
        # Others get their turn, as they do in the bot.
        await asyncio.sleep(0)
    return taken


def told(milliseconds: list[float]) -> str:
    p99 = statistics.quantiles(milliseconds, n=100)[98]
    return f"median {statistics.median(milliseconds):7.2f} ms   p99 {p99:7.2f} ms"
