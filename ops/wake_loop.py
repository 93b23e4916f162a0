"""A loop that does its work whenever it is woken: by a notification, or by the next tick."""

import asyncio
import logging
from abc import ABC, abstractmethod

from core.errors import reason
from db.pool import UNAVAILABLE


class Woken(ABC):
    """Its work claims what is due for a time: what it held when it was cancelled, another takes up."""

    postponed: str
    """The line of the log for work that is left for the next time."""

    unavailable: tuple[type[Exception], ...] = UNAVAILABLE

    def __init__(self) -> None:
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    async def serve(self) -> None:
        """Runs until it is cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self.work()
            except self.unavailable as error:
                logging.getLogger(type(self).__module__).warning("%s: %s", self.postponed, reason(error))

    @abstractmethod
    async def work(self) -> None:
        """Does all that is due."""
