"""The gateway, version 10: who is connected, and what each is told."""

import asyncio
import json
import logging
import secrets
from collections.abc import Callable

from aiohttp import WSMsgType, web

from sandbox.discord.guild import render_guild_create
from sandbox.discord.oddities import Oddities
from sandbox.discord.render import Render
from sandbox.discord.session import Connection, Session
from sandbox.discord.state import World
from sandbox.discord.wire import Json

log = logging.getLogger(__name__)

HEARTBEAT_INTERVAL_SECONDS = 41.25
ACK_SECONDS = 0.01
RESUMABLE_SECONDS = 90.0
SESSIONS_MAX = 50
PAYLOADS_PER_MINUTE_MAX = 120
IDENTIFY_BUCKETS = 1
"""How many sessions may begin at once, of shards that differ by it."""

IDENTIFY_SECONDS = 5.0
"""For so long after one, no other of its bucket may."""

SESSIONS_PER_DAY = 1000


class Op:
    DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE_STATE = 0, 1, 2, 3, 4
    RESUME, RECONNECT, REQUEST_MEMBERS, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 6, 7, 8, 9, 10, 11


class Close:
    UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, AUTHENTICATION_FAILED = 4001, 4002, 4003, 4004
    ALREADY_AUTHENTICATED, INVALID_SEQUENCE, RATE_LIMITED, SESSION_TIMED_OUT = 4005, 4007, 4008, 4009
    INVALID_SHARD, INVALID_VERSION, INVALID_INTENTS, DISALLOWED_INTENTS = 4010, 4012, 4013, 4014


class Intent:
    GUILDS = 1 << 0
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13


PRIVILEGED_INTENTS = 1 << 1 | 1 << 8 | 1 << 15
"""Members, presences and message content: this application was not granted them."""

INTENTS_MAX = 1 << 26

# After these the session is gone; after any other close it may be resumed.
_FINAL_CODES = {1000, 1001, 4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014}


class Gateway:
    def __init__(
        self,
        world: World,
        render: Render,
        *,
        token: str,
        heartbeat_interval_seconds: float = HEARTBEAT_INTERVAL_SECONDS,
    ) -> None:
        self._world = world
        self._render = render
        self._token = token
        self._heartbeat_interval_seconds = heartbeat_interval_seconds
        self._sessions: dict[str, Session] = {}
        self._connections: set[Connection] = set()
        self._drop_count = 0
        self.oddities = Oddities()
        self._refusals: list[int] = []
        self._held = 0
        self._identified_at: dict[int, float] = {}
        self.identifies_refused = 0
        self.sessions_left = SESSIONS_PER_DAY
        self.sessions_reset_after_seconds = 86_400.0
        self._shut = False
        self.on_presence: Callable[[bool], None] = lambda online: None

    @property
    def is_bot_online(self) -> bool:
        return any(session.connection for session in self._sessions.values())

    @property
    def has_session(self) -> bool:
        """Whether an event would reach the bot, if only after a resume."""
        self._forget_old_sessions()
        return bool(self._sessions)

    @property
    def shards(self) -> set[int]:
        """Those that are connected."""
        return {session.shard_id for session in self._sessions.values() if session.connection}

    def dispatch(self, kind: str, data: Json, *, intent: int = 0, guild_id: str | None) -> None:
        """To every session of the right shard with the intent: the server's shard, or shard 0 without one."""
        for session in list(self._sessions.values()):
            if session.takes(intent) and _is_of(session, guild_id):
                drop = self._drop_count > 0
                self._send(session, kind, data, drop=drop)
                self._drop_count -= drop

    def drop_events(self, count: int) -> None:
        self._drop_count = count

    def send_event(self, kind: str, data: object) -> None:
        """To every session, whatever it is and whether or not it asked for such."""
        for session in list(self._sessions.values()):
            session.dispatch(kind, data)

    def refuse_sessions(self, code: int, times: int) -> None:
        """The next that identify or resume are hung up on with the code."""
        self._refusals = [code] * times

    def hold_sessions(self, times: int) -> None:
        """The next that identify or resume hear no word of it, and only their heartbeats are answered."""
        self._held = times

    def _send(self, session: Session, kind: str, data: Json, *, drop: bool = False) -> None:
        session.dispatch(kind, self.oddities.applied_to(kind, data), drop=drop)

    def shut(self) -> None:
        """Nobody gets in until it is opened; who was in may resume then."""
        self._shut = True
        self.disconnect(4000)

    def open(self) -> None:
        self._shut = False

    def disconnect(self, code: int) -> None:
        for connection in self._connections:
            connection.close(code)
        if code in _FINAL_CODES:
            self._clear_sessions()

    def reconnect(self) -> None:
        for connection in self._connections:
            connection.send(Op.RECONNECT, None)

    def invalidate_sessions(self, *, resumable: bool) -> None:
        for connection in self._connections:
            connection.send(Op.INVALID_SESSION, resumable)
        if not resumable:
            self._clear_sessions()

    def _clear_sessions(self) -> None:
        self._sessions.clear()
        self.on_presence(False)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self._shut:
            raise web.HTTPServiceUnavailable
        websocket = web.WebSocketResponse(max_msg_size=15_000)
        await websocket.prepare(request)
        # By the name under which it came: there may be something in between.
        connection = Connection(websocket, url=f"ws://{request.host}{request.path}")
        self._connections.add(connection)
        try:
            if request.query.get("v", "10") != "10" or request.query.get("encoding", "json") != "json":
                connection.close(Close.INVALID_VERSION)
            await self._converse(websocket, connection)
        finally:
            self._connections.discard(connection)
            await connection.finish()
            self._leave(connection, connection.closed_with or websocket.close_code)
        return websocket

    async def _converse(self, websocket: web.WebSocketResponse, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        patience = self._heartbeat_interval_seconds * 1.5
        connection.send(Op.HELLO, {"heartbeat_interval": int(self._heartbeat_interval_seconds * 1000)})
        deadline = loop.time() + patience
        while True:
            try:
                # To aiohttp, 0 means to wait for ever.
                message = await websocket.receive(timeout=max(0.001, deadline - loop.time()))
            except TimeoutError:
                connection.closed_with = Close.SESSION_TIMED_OUT
                await websocket.close(code=Close.SESSION_TIMED_OUT)
                return
            if message.type is not WSMsgType.TEXT:
                if message.type is WSMsgType.BINARY:
                    connection.close(Close.DECODE_ERROR)
                    continue
                return
            op = self._receive(message.data, connection)
            if op == Op.HEARTBEAT:
                deadline = loop.time() + patience

    def _receive(self, text: str, connection: Connection) -> int | None:
        try:
            payload = json.loads(text)
            op, data = payload["op"], payload.get("d")
        except (ValueError, KeyError, TypeError, AttributeError):
            connection.close(Close.DECODE_ERROR)
            return None
        now = asyncio.get_running_loop().time()
        connection.sent_payloads.append(now)
        sent = connection.sent_payloads
        if len(sent) > PAYLOADS_PER_MINUTE_MAX and now - sent[0] < 60:
            connection.close(Close.RATE_LIMITED)
            return None
        code = self._act(op, data if isinstance(data, dict) else {}, connection)
        if code is not None:
            connection.close(code)
        return op if isinstance(op, int) else None

    def _act(self, op: object, data: Json, connection: Connection) -> int | None:
        """Does what was asked, or returns the code to close with."""
        known = any(session.connection is connection for session in self._sessions.values())
        match op:
            case Op.HEARTBEAT:
                # discord.py would take an answer that comes before it noted the question for a very late one.
                loop = asyncio.get_running_loop()
                loop.call_later(ACK_SECONDS, connection.send, Op.HEARTBEAT_ACK, None)
                return None
            case Op.IDENTIFY | Op.RESUME if self._refusals:
                return self._refusals.pop()
            case Op.IDENTIFY | Op.RESUME if self._held:
                self._held -= 1
                return None
            case Op.IDENTIFY:
                return Close.ALREADY_AUTHENTICATED if known else self._identify(data, connection)
            case Op.RESUME:
                return Close.ALREADY_AUTHENTICATED if known else self._resume(data, connection)
            case Op.PRESENCE if known:
                return None
            case Op.VOICE_STATE | Op.REQUEST_MEMBERS if known:
                log.warning("the sandbox does not implement gateway op %s", op)
                return None
            case Op.PRESENCE | Op.VOICE_STATE | Op.REQUEST_MEMBERS:
                return Close.NOT_AUTHENTICATED
            case _:
                return Close.UNKNOWN_OPCODE

    def _identify(self, data: Json, connection: Connection) -> int | None:
        if data.get("token") != self._token:
            return Close.AUTHENTICATION_FAILED
        intents = data.get("intents")
        if not isinstance(intents, int) or not 0 <= intents < INTENTS_MAX:
            return Close.INVALID_INTENTS
        if intents & PRIVILEGED_INTENTS:
            return Close.DISALLOWED_INTENTS
        match data.get("shard") or [0, 1]:
            case [int(shard_id), int(shard_count)] if 0 <= shard_id < shard_count:
                pass
            case _:
                return Close.INVALID_SHARD
        if self._identifies_too_soon(shard_id):
            connection.send(Op.INVALID_SESSION, False)
            return None
        session = Session(secrets.token_hex(16), intents, shard_id, shard_count, connection)
        self._forget_old_sessions()
        self._sessions[session.id] = session
        self.sessions_left -= 1
        self._send(session, "READY", self._ready(session, connection.url))
        channels = self._world.channels_by_guild()
        for guild in self._world.bot_guilds():
            if intents & Intent.GUILDS and _is_of(session, guild.id):
                created = render_guild_create(self._world, guild, channels[guild.id], self._render)
                self._send(session, "GUILD_CREATE", {**created, "unavailable": False})
        self.on_presence(True)
        return None

    def _identifies_too_soon(self, shard_id: int) -> bool:
        bucket, now = shard_id % IDENTIFY_BUCKETS, self._world.clock()
        if now - self._identified_at.get(bucket, 0.0) < IDENTIFY_SECONDS:
            self.identifies_refused += 1
            return True
        self._identified_at[bucket] = now
        return False

    def _resume(self, data: Json, connection: Connection) -> int | None:
        if data.get("token") != self._token:
            return Close.AUTHENTICATION_FAILED
        self._forget_old_sessions()
        session = self._sessions.get(str(data.get("session_id")))
        sequence = data.get("seq")
        if session is None:
            connection.send(Op.INVALID_SESSION, False)
            return None
        if not isinstance(sequence, int) or not 0 <= sequence <= session.sequence:
            del self._sessions[session.id]
            return Close.INVALID_SEQUENCE
        if not session.can_resume_from(sequence):
            del self._sessions[session.id]
            connection.send(Op.INVALID_SESSION, False)
            return None
        if session.connection is not None:
            session.connection.close(4000)
        session.replay(sequence, connection)
        session.connection, session.left_at = connection, None
        self._send(session, "RESUMED", {})
        self.on_presence(True)
        return None

    def _leave(self, connection: Connection, code: int | None) -> None:
        for session in list(self._sessions.values()):
            if session.connection is connection:
                session.connection = None
                session.left_at = asyncio.get_running_loop().time()
                if code in _FINAL_CODES:
                    del self._sessions[session.id]
        self.on_presence(self.is_bot_online)

    def _forget_old_sessions(self) -> None:
        now = asyncio.get_running_loop().time()
        left = [session for session in self._sessions.values() if session.left_at is not None]
        for session in left:
            crowded = len(self._sessions) >= SESSIONS_MAX
            if crowded or now - (session.left_at or now) > RESUMABLE_SECONDS:
                del self._sessions[session.id]

    def _ready(self, session: Session, url: str) -> Json:
        guilds = [
            {"id": one.id, "unavailable": True} for one in self._world.bot_guilds() if _is_of(session, one.id)
        ]
        return {
            "v": 10,
            "user": self._render.current_user(),
            "guilds": guilds,
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": url,
            "shard": [session.shard_id, session.shard_count],
            "application": {"id": self._world.application_id, "flags": 0},
            "private_channels": [],
            "relationships": [],
            "user_settings": {},
        }


def _is_of(session: Session, guild_id: str | None) -> bool:
    """Whether what happens in a server, or in direct messages, is that shard's."""
    shard_id = (int(guild_id) >> 22) % session.shard_count if guild_id is not None else 0
    return session.shard_id == shard_id
