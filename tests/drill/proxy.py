"""A TCP line between two processes, that can be made to misbehave."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto

CHUNK_BYTES = 64 * 1024
DELAY_SECONDS = 0.3
LINGER_SECONDS = 1.0

Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Mode(Enum):
    PASS = auto()
    REFUSE = auto()
    """Nobody listens; what was connected is reset."""

    CUT = auto()
    """What was connected is reset; a new connection ends in the middle of the first answer."""

    HANG = auto()
    """Not a byte passes; what came meanwhile follows when it is over."""

    DELAY = auto()
    """Each piece takes DELAY_SECONDS."""

    HALF_CLOSE = auto()
    """The other side says in the middle of its answer that this was all, and goes on listening."""

    ANSWER = auto()
    """What was connected is reset; whoever asks anew gets the canned answer."""

    TURN_AWAY = auto()
    """What was connected goes on; whoever asks anew gets the canned answer."""

    FORGET = auto()
    """What was connected is a hole for good, as behind a NAT that forgot it; what is new passes."""


@dataclass(eq=False, slots=True)
class _Pair:
    """Both ends of one connection: `near` is who called."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    half_closed: bool = False
    forgotten: bool = False

    def reset(self) -> None:
        for writer in (self.near, self.far):
            _reset(writer)


class Proxy:
    """Listens on `port` of this machine, and connects each caller to wherever `connect` leads."""

    def __init__(self, connect: Connect, *, canned: bytes = b"", asked: bytes = b"\r\n\r\n") -> None:
        """`asked` is how a question ends that gets the `canned` answer."""
        self.mode = Mode.PASS
        self.port = 0
        self._connect = connect
        self.canned = canned
        self._asked = asked
        self._listening: asyncio.Server | None = None
        self._place: socket.socket | None = None
        self._pairs: set[_Pair] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()

    async def start(self, host: str = "127.0.0.1") -> None:
        if self._place is None:
            # Bound and not listening, so that nobody takes the port while it is closed.
            self._place = _bound(host, 0)
            self.port = self._place.getsockname()[1]
        self._listening = await asyncio.start_server(self._accept, sock=_bound(host, self.port))

    async def stop(self) -> None:
        self._close()
        if self._place is not None:
            self._place.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def become(self, mode: Mode) -> None:
        self.mode = mode
        if mode is Mode.HANG:
            self._flowing.clear()
        else:
            self._flowing.set()
        for pair in list(self._pairs):
            if mode in (Mode.REFUSE, Mode.CUT, Mode.ANSWER) or pair.half_closed:
                pair.reset()
            pair.forgotten = pair.forgotten or mode is Mode.FORGET
        if mode is Mode.REFUSE:
            self._close()
        elif self._listening is None:
            await self.start()

    def _close(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("a connection is served by a task")
        self._tasks.add(task)
        try:
            if self.mode in (Mode.ANSWER, Mode.TURN_AWAY):
                await self._reply(reader, writer)
            else:
                await self._join(reader, writer)
        except (OSError, asyncio.CancelledError):
            # The outermost frame of the task: asyncio's streams take a cancelled one for a fault.
            pass
        finally:
            self._tasks.discard(task)
            _reset(writer)

    async def _reply(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await reader.readuntil(self._asked)
        writer.write(self.canned)
        await writer.drain()
        writer.write_eof()
        # Reading on, as a reset would take the answer away from a caller that is still sending.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while await reader.read(CHUNK_BYTES):
                    pass

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._flowing.wait()
        far_reader, far_writer = await self._connect()
        pair = _Pair(writer, far_writer)
        self._pairs.add(pair)
        pumps = [
            asyncio.ensure_future(self._pump(pair, reader, far_writer, answers=False)),
            asyncio.ensure_future(self._pump(pair, far_reader, writer, answers=True)),
        ]
        try:
            # The first that breaks ends both; an end in one direction alone does not.
            await asyncio.wait(pumps, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            self._pairs.discard(pair)
            for pump in pumps:
                pump.cancel()
            _reset(far_writer)
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(
        self, pair: _Pair, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        while data := await source.read(CHUNK_BYTES):
            await self._flowing.wait()
            if self.mode is Mode.DELAY:
                await asyncio.sleep(DELAY_SECONDS)
            if pair.forgotten or (answers and pair.half_closed):
                continue
            breaks = answers and self.mode in (Mode.CUT, Mode.HALF_CLOSE)
            target.write(data[: len(data) // 2] if breaks else data)
            await target.drain()
            if breaks and self.mode is Mode.CUT:
                target.close()
                raise ConnectionAbortedError("cut")
            if breaks:
                pair.half_closed = True
                target.write_eof()
        await self._flowing.wait()
        if pair.forgotten and not answers:
            raise ConnectionAbortedError("nobody is left who could find out")
        if not (pair.forgotten or (answers and pair.half_closed)):
            target.write_eof()


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        bound.setsockopt(socket.SOL_SOCKET, option, 1)
    bound.bind((host, port))
    return bound


def _reset(writer: asyncio.StreamWriter) -> None:
    """Drops the connection; the other end sees a reset rather than an end, unless it was closed before."""
    transport = writer.transport
    if not transport.is_closing():
        with contextlib.suppress(OSError):
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
