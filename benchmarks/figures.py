"""Figures, how they are taken side by side, and how they are told."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence


async def interleaved(
    rounds: int, cases: Mapping[str, Callable[[], Awaitable[float]]]
) -> dict[str, list[float]]:
    """One figure of each case a round, A B A B, after one round that warms up.

    What else the machine does meanwhile then falls on all of them, and the figures of one round can be
    compared.
    """
    figures: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds + 1):
        for name, case in cases.items():
            figure = await case()
            if number > 0:
                figures[name].append(figure)
    return figures


async def timed(call: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds of one call."""
    began = time.perf_counter()
    await call()
    return (time.perf_counter() - began) * 1000


async def timings(call: Callable[[], Awaitable[object]], rounds: int) -> list[float]:
    """Milliseconds of each round, after a few that warm up."""
    for _ in range(min(20, rounds)):
        await call()
    taken = []
    for _ in range(rounds):
        taken.append(await timed(call))
        # Others get their turn, as they do in the bot.
        await asyncio.sleep(0)
    return taken


def ratio(these: Sequence[float], those: Sequence[float]) -> float:
    """The median of the rounds' own ratios: what slowed down a whole round is not in it."""
    return statistics.median(a / b for a, b in zip(these, those, strict=True))


def p99(figures: Sequence[float]) -> float:
    """The greatest where there are fewer than a hundred."""
    return statistics.quantiles(figures, n=100)[98] if len(figures) >= 100 else max(figures)


def told(figures: Sequence[float], digits: int = 0) -> str:
    """The median, and in brackets the smallest and the greatest."""
    median, least, most = (
        f"{number:,.{digits}f}" for number in (statistics.median(figures), min(figures), max(figures))
    )
    return f"{median} ({least} to {most})"
