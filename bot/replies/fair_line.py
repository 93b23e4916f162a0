"""A line in which no member stands in the way of the others, however much one asks for."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.errors import TigerbrushError


class LeftOut(TigerbrushError):
    """The line is full, and this member has the most in it."""


class FairLine:
    """Gives `at_once` slots at a time, one a member; the members take turns."""

    def __init__(self, *, at_once: int, waiting_max: int) -> None:
        self._free = at_once
        self._waiting_max = waiting_max
        # The next member first.
        self._waiting: dict[int, deque[asyncio.Future[None]]] = {}
        self._served: set[int] = set()
        self.length = 0

    def has(self, member_id: int) -> bool:
        return member_id in self._waiting

    @asynccontextmanager
    async def slot(self, member_id: int) -> AsyncIterator[None]:
        """Raises LeftOut, at once or while it waits, when there is no room for it."""
        slot = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(member_id, deque()).append(slot)
        self.length += 1
        if self.length > self._waiting_max:
            self._leave_one_out()
        self._admit()
        try:
            await slot
        except asyncio.CancelledError:
            if slot.cancelled():
                raise
            self._end(member_id)
            raise
        try:
            yield
        finally:
            self._end(member_id)

    def _end(self, member_id: int) -> None:
        self._free += 1
        self._served.discard(member_id)
        self._admit()

    def _admit(self) -> None:
        while self._free and (member_id := self._next()) is not None:
            line = self._waiting.pop(member_id)
            slot = line.popleft()
            self.length -= 1
            if line:  # behind the others
                self._waiting[member_id] = line
            if not slot.done():
                self._free -= 1
                self._served.add(member_id)
                slot.set_result(None)

    def _next(self) -> int | None:
        return next((member_id for member_id in self._waiting if member_id not in self._served), None)

    def _leave_one_out(self) -> None:
        """The last of whoever has the most waiting."""
        member_id = max(self._waiting, key=lambda one: len(self._waiting[one]))
        line = self._waiting[member_id]
        slot = line.pop()
        self.length -= 1
        if not line:
            del self._waiting[member_id]
        if not slot.done():
            slot.set_exception(LeftOut("the line is full"))
