"""Group commit: calls that come while one is under way are made together as the next."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Batcher(Generic[Item, Answer]):
    """`send` is never called twice at once. A lone item is sent at once; nothing waits for others to come."""

    def __init__(self, send: Callable[[list[Item]], Awaitable[Answer]]) -> None:
        self._send = send
        self._sending = asyncio.Lock()
        self._waiting: list[Item] = []
        self._next: asyncio.Task[Answer] | None = None

    async def send(self, item: Item) -> Answer:
        """Answers or raises as the call that the item went with, which is made even if nobody waits for it any more."""
        self._waiting.append(item)
        call = self._next
        if call is None:
            call = self._next = asyncio.create_task(self._send_waiting())
            # Nobody may wait for it any more, and what it raises is theirs to know.
            call.add_done_callback(lambda call: call.cancelled() or call.exception())
        # Unlike asyncio.shield, which from Python 3.14 on tells the loop of it, too, when nobody waits any more.
        await asyncio.wait([call])
        return call.result()

    async def _send_waiting(self) -> Answer:
        async with self._sending:
            items, self._waiting, self._next = self._waiting, [], None
            return await self._send(items)
