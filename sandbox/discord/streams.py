"""What members see happen: one stream of server-sent events for each page that is open."""

import asyncio
import contextlib
from collections.abc import Callable

from aiohttp import web

from sandbox.discord.wire import Json, encode

QUEUE_MAX = 500
HEARTBEAT_SECONDS = 15.0


class Streams:
    def __init__(self) -> None:
        self._queues: dict[str, set[asyncio.Queue[str | None]]] = {}

    def send(self, user_id: str, kind: str, data: Json) -> None:
        text = f"data: {encode({'t': kind, 'd': data})}\n\n"
        for queue in list(self._queues.get(user_id, ())):
            try:
                queue.put_nowait(text)
            except asyncio.QueueFull:
                # It reads no more; the page connects again and asks for the messages.
                self._queues[user_id].discard(queue)

    def send_all(self, kind: str, data: Json, *, where: Callable[[str], bool] = lambda user_id: True) -> None:
        for user_id in list(self._queues):
            if where(user_id):
                self.send(user_id, kind, data)

    def close(self) -> None:
        for queues in self._queues.values():
            for queue in queues:
                with contextlib.suppress(asyncio.QueueFull):
                    queue.put_nowait(None)
            queues.clear()

    async def serve(self, request: web.Request, user_id: str, ready: Json) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        response.content_type = "text/event-stream"
        await response.prepare(request)
        queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE_MAX)
        queues = self._queues.setdefault(user_id, set())
        queues.add(queue)
        try:
            await response.write(f"data: {encode({'t': 'READY', 'd': ready})}\n\n".encode())
            while queue in queues:
                # The comment makes a connection that is gone noticed.
                text = ": still here\n\n"
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        item = await queue.get()
                        if item is None:
                            break
                        text = item
                await response.write(text.encode())
        except ConnectionResetError:
            # The page was closed.
            pass
        finally:
            queues.discard(queue)
        return response
