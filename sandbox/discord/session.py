"""A bot's gateway session: what it was told, so that it can be told again after a broken connection."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, web

from sandbox.discord.wire import encode

BUFFER_EVENTS_MAX = 1000
OUTBOX_MAX = 5000
"""More than the 2,500 servers that Discord puts on one shard: each is an event when a session begins."""


class Connection:
    """Writes in the background, so that whoever dispatches need not wait for a slow reader."""

    def __init__(self, websocket: web.WebSocketResponse, *, url: str) -> None:
        self._websocket = websocket
        self.url = url
        self._outbox: asyncio.Queue[str | int] = asyncio.Queue(OUTBOX_MAX)
        self._writer = asyncio.create_task(self._write())
        self.sent_payloads: deque[float] = deque(maxlen=121)
        self.closed_with: int | None = None
        """The code with which this side hung up; the other's answer to it may have another."""

    def send(self, op: int, data: object) -> None:
        self.send_text(encode({"op": op, "d": data, "s": None, "t": None}))

    def send_text(self, text: str) -> None:
        self._put(text)

    def close(self, code: int) -> None:
        """After what was sent before."""
        self._put(code)

    async def finish(self) -> None:
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)

    def _put(self, item: str | int) -> None:
        try:
            self._outbox.put_nowait(item)
        except asyncio.QueueFull:
            # It does not read; its session can be resumed once it does.
            self._writer.cancel()

    async def _write(self) -> None:
        try:
            while True:
                item = await self._outbox.get()
                if isinstance(item, int):
                    self.closed_with = item
                    await self._websocket.close(code=item)
                    return
                await self._websocket.send_str(item)
        except ConnectionError:
            await self._websocket.close(code=WSCloseCode.ABNORMAL_CLOSURE)


@dataclass(slots=True)
class Session:
    id: str
    intents: int
    shard_id: int
    shard_count: int
    connection: Connection | None
    sequence: int = 0
    left_at: float | None = None
    events: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=BUFFER_EVENTS_MAX))

    def takes(self, intent: int) -> bool:
        return intent == 0 or bool(self.intents & intent)

    def dispatch(self, kind: str, data: object, *, drop: bool = False) -> None:
        """`drop` loses the event on the way; it stays there for a resume."""
        self.sequence += 1
        text = encode({"op": 0, "t": kind, "s": self.sequence, "d": data})
        self.events.append((self.sequence, text))
        if self.connection is not None and not drop:
            self.connection.send_text(text)

    def can_resume_from(self, sequence: int) -> bool:
        """Whether nothing after `sequence` has left the buffer."""
        return self.sequence - sequence <= len(self.events)

    def replay(self, sequence: int, connection: Connection) -> None:
        for number, text in self.events:
            if number > sequence:
                connection.send_text(text)
