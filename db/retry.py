"""How long Postgres is waited for: for ever, for a time, or until the process is told to end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from core.errors import reason
from db.connect import UNAVAILABLE

log = logging.getLogger(__name__)

T = TypeVar("T")

STOP_SECONDS = 1.0
"""What is answered at all is answered by then, also to a process that is told to end."""

AGAIN_SECONDS_MIN = 0.2
AGAIN_SECONDS_MAX = 5.0


async def until_answered(work: Callable[[], Awaitable[T]]) -> T:
    """Does what must not be left undone because Postgres is away; `work` has to bear being done twice."""
    delay_seconds = AGAIN_SECONDS_MIN
    while True:
        try:
            return await work()
        except UNAVAILABLE as error:
            log.warning("waiting for Postgres: %s", reason(error))
        await asyncio.sleep(delay_seconds)
        delay_seconds = min(delay_seconds * 2, AGAIN_SECONDS_MAX)


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Raises TimeoutError when the time is over. The work is cancelled but not waited for: a driver whose server hangs
    takes its time to give up a connection."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            return task.result()
        raise TimeoutError(f"no answer within {seconds:g} s")
    finally:
        task.cancel()
        # Also where both end in the same moment: then nobody has looked how it ended.
        task.add_done_callback(_forget)


async def until_stopped(stopped: asyncio.Event, work: Coroutine[Any, Any, T]) -> T:
    """What the work returns. When `stopped` is set it has STOP_SECONDS left, and then TimeoutError is raised."""
    working, told = asyncio.create_task(work), asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({working}, timeout=STOP_SECONDS)
        if working.done():
            return working.result()
        raise TimeoutError("not waited for, as the process ends")
    finally:
        told.cancel()
        working.cancel()
        working.add_done_callback(_forget)


def _forget(task: asyncio.Task[T]) -> None:
    """Nobody asks any more how it ended."""
    if not task.cancelled():
        task.exception()
