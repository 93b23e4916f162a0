"""Waiting with a bound, also for what announces itself to nobody, such as a row in a table."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

_T = TypeVar("_T")

INTERVAL_SECONDS = 0.02


async def soon(awaited: Awaitable[_T], *, within_seconds: float = 30.0) -> _T:
    """What it comes to. Raises TimeoutError: a test that waits for what never comes would keep all others waiting."""
    async with asyncio.timeout(within_seconds):
        return await awaited


async def until(
    look: Callable[[], Awaitable[_T]], condition: Callable[[_T], bool], *, within_seconds: float = 30.0
) -> _T:
    """What `look` returns, once `condition` holds for it."""
    deadline = asyncio.get_running_loop().time() + within_seconds
    while not condition(found := await look()):
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not within {within_seconds} s; it is {found!r}")
        await asyncio.sleep(INTERVAL_SECONDS)
    return found
