"""A loop that does its work whenever it is woken: by a notification, or by the next tick."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from core.errors import BucketUnavailable, reason
from db.pool import UNAVAILABLE


class WakeLoop:
    """`work` does all that is due, and claims it for a time: another takes up what this one leaves when cancelled.

    While Postgres or the bucket is away the rest waits for the next time, which `postponed` says in the log.
    """

    def __init__(self, work: Callable[[], Awaitable[None]], *, postponed: str) -> None:
        self._work = work
        self._postponed = postponed
        self._woken = asyncio.Event()
        self._log = logging.getLogger(work.__module__)

    def wake(self) -> None:
        """There may be something to do."""
        self._woken.set()

    async def serve(self) -> None:
        """Runs until it is cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                await self._work()
            except (BucketUnavailable, *UNAVAILABLE) as error:
                self._log.warning("%s: %s", self._postponed, reason(error))
