"""A shard's connection to Discord's gateway, which outlives whatever the gateway does.

discord.py's own loop ends the client by an event that it cannot read and by some close codes. After an outage it
waits for up to 17 minutes, and it gives a session up, with all that came meanwhile, when the first resume fails.
"""

import asyncio
import logging
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
from discord.gateway import ReconnectWebSocket, WebSocketClosure
from yarl import URL

from bot.discord_errors import in_a_line
from bot.gateway.endpoints import until_a_session_is_left
from bot.gateway.status import GatewayStatus
from bot.gateway.websocket import TRANSIENT, WebSocket
from core.errors import reason

log = logging.getLogger(__name__)

CONNECT_SECONDS = 180.0  # with the pauses that Discord wants between identifies
READY_SECONDS = 30.0  # for the session to start: a gateway may answer heartbeats and nothing else
STEADY_SECONDS = 10.0  # a connection that lasted this long was a good one
RESUME_SECONDS_MAX = 5.0  # the bot is back this soon after an outage of the gateway
SESSION_SECONDS_MAX = 120.0
SESSIONS_PER_HOUR = 20  # beyond, the pauses grow: Discord takes 1,000 sessions in a day
CLOSE_SECONDS = 2.0
FAILURES_MAX = 3  # after these the session's own gateway may be gone, or the session

_REFUSALS = {
    4004: "it does not accept DISCORD_TOKEN any more",
    4010: "there is no such shard: see DISCORD_SHARD_IDS and DISCORD_SHARD_COUNT",
    4011: "the bot is in so many servers that it needs more shards: see DISCORD_SHARD_COUNT",
    4012: "it does not speak this version any more",
    4013: "it does not know these intents",
    4014: "it does not grant these intents",
}


@dataclass(frozen=True, slots=True)
class _Session:
    id: str | None = None
    sequence: int | None = None
    gateway: URL | None = None


class Shard:
    def __init__(
        self,
        client: discord.AutoShardedClient,
        shard_id: int,
        status: GatewayStatus,
        identifying: asyncio.Lock,
    ) -> None:
        """`identifying` is held while a shard of this process starts its session."""
        self._client = client
        self._id = shard_id
        self._status = status
        self._identifying = identifying
        self._websocket: WebSocket | None = None
        self._session = _Session()
        self._ready_at: float | None = None
        self._failures = 0
        self._begun: deque[float] = deque(maxlen=2 * SESSIONS_PER_HOUR)
        self._problem_logged = ""

    async def serve(self) -> None:
        """Runs until it is cancelled."""
        while True:
            self._ready_at = None
            try:
                await self._converse()
            except Exception as error:  # the outermost frame of a connection, after which comes the next
                if not isinstance(error, TRANSIENT):
                    log.exception("the connection of shard %d broke", self._id)
                self._failures = 1 if self._was_steady() else self._failures + 1
                self._note_session(error)
                self._client.dispatch("disconnect")
                self._client.dispatch("shard_disconnect", self._id)
                self._log_problem(error)
                await self.close(code=4000)
                await asyncio.sleep(self._pause_seconds(error))

    def _was_steady(self) -> bool:
        return self._ready_at is not None and time.monotonic() - self._ready_at > STEADY_SECONDS

    async def close(self, *, code: int = 1000) -> None:
        """Also the thread that keeps the connection alive. By 1000 the session is over."""
        websocket, self._websocket = self._websocket, None
        if websocket is not None:
            try:
                async with asyncio.timeout(CLOSE_SECONDS):
                    await websocket.close(code=code)
            except TRANSIENT as error:
                log.debug("the gateway was not told: %s", reason(error))

    async def _converse(self) -> None:
        """Until an exception tells that the connection ended."""
        websocket = await (self._resume() if self._session.id is not None else self._identify())
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not websocket.is_ready:
                    await websocket.poll_event()
        except TimeoutError:
            raise TimeoutError(f"no session begins within {READY_SECONDS:g} s") from None
        self._ready_at, self._problem_logged = time.monotonic(), ""
        self._status.note_problem(self._id, None)
        while True:
            await websocket.poll_event()

    async def _identify(self) -> WebSocket:
        async with self._identifying:
            await until_a_session_is_left(self._client, self._status, self._id)
            websocket = await self._connect()
        self._begun.append(time.monotonic())
        return websocket

    async def _resume(self) -> WebSocket:
        session = self._session
        return await self._connect(
            # The session's own gateway may be gone, while the others would take it.
            gateway=session.gateway if self._failures < FAILURES_MAX else None,
            resume=True,
            session=session.id,
            sequence=session.sequence,
        )

    async def _connect(self, **session: Any) -> WebSocket:
        async with asyncio.timeout(CONNECT_SECONDS):
            self._websocket = await WebSocket.from_client(self._client, shard_id=self._id, **session)
        return self._websocket

    def _note_session(self, error: Exception) -> None:
        websocket = self._websocket
        if websocket is not None and websocket.is_ready:
            self._session = _Session(websocket.session_id, websocket.sequence, websocket.gateway)
        given_up = isinstance(error, ReconnectWebSocket) and not error.resume
        in_vain = websocket is not None and not websocket.is_ready and self._failures > 2 * FAILURES_MAX
        if given_up or in_vain or isinstance(error, discord.ConnectionClosed):
            self._session = _Session()

    def _log_problem(self, error: Exception) -> None:
        """Once, however often it is tried."""
        problem = _problem(error)
        self._status.note_problem(self._id, problem)
        if problem != self._problem_logged:
            usual = isinstance(error, ReconnectWebSocket) and self._failures == 1
            level = logging.INFO if usual else logging.WARNING
            log.log(level, "shard %d waits for Discord's gateway: %s", self._id, problem)
        self._problem_logged = problem

    def _pause_seconds(self, error: Exception) -> float:
        if self._session.id is not None and isinstance(error, ReconnectWebSocket) and self._failures == 1:
            return 0.0
        if self._session.id is not None or isinstance(error, (aiohttp.ClientError, OSError)):
            return min(2.0 ** min(self._failures - 1, 10), RESUME_SECONDS_MAX)
        hour_ago = time.monotonic() - 3600
        too_many = sum(begun_at > hour_ago for begun_at in self._begun) - SESSIONS_PER_HOUR
        return min(2.0 ** min(max(self._failures - 1, too_many), 10), SESSION_SECONDS_MAX)


def _problem(error: Exception) -> str:
    match error:
        case discord.ConnectionClosed():
            said = _REFUSALS.get(error.code)
            return f"it hung up with {error.code}" + (f", as {said}" if said else "")
        case ReconnectWebSocket():
            return "it wants another connection" if error.resume else "it has given the session up"
        case WebSocketClosure():
            return "it hung up"
    return in_a_line(error)
