"""What each fault of the schedule does, and how it is healed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tests.drill.answers import BUCKET_ANSWERS
from tests.drill.journal import Event, Journal
from tests.drill.proxy import Mode, Proxy
from tests.drill.schedule import Fault, Kind
from tests.drill.system import System
from tests.member import Member
from tests.member import fault as order

_T = TypeVar("_T")

_LINES = {
    Kind.POSTGRES_REFUSE: Mode.REFUSE,
    Kind.POSTGRES_HANG: Mode.HANG,
    Kind.POSTGRES_CUT: Mode.CUT,
    Kind.POSTGRES_DELAY: Mode.DELAY,
    Kind.POSTGRES_HALF_CLOSE: Mode.HALF_CLOSE,
    Kind.POSTGRES_FULL: Mode.TURN_AWAY,
    Kind.POSTGRES_FORGET: Mode.FORGET,
    Kind.BUCKET_REFUSE: Mode.REFUSE,
    Kind.BUCKET_HANG: Mode.HANG,
    Kind.BUCKET_CUT: Mode.CUT,
    Kind.BUCKET_HALF_CLOSE: Mode.HALF_CLOSE,
    **dict.fromkeys(BUCKET_ANSWERS, Mode.ANSWER),
    Kind.STABILITY_REFUSE: Mode.REFUSE,
    Kind.STABILITY_CUT: Mode.CUT,
    Kind.STABILITY_HANG: Mode.HANG,
    Kind.STABILITY_DELAY: Mode.DELAY,
    Kind.DISCORD_REFUSE: Mode.REFUSE,
    Kind.DISCORD_CUT: Mode.CUT,
    Kind.DISCORD_HANG: Mode.HANG,
    Kind.DISCORD_DELAY: Mode.DELAY,
}
_RESTARTS = {Kind.POSTGRES_FAST: "fast", Kind.POSTGRES_IMMEDIATE: "immediate"}
_CALLS = {
    Kind.CALL_429: "429",
    Kind.CALL_500: "500",
    Kind.CALL_GARBAGE: "garbage",
    Kind.CALL_HALF: "half",
    Kind.CALL_RESET: "reset",
    Kind.CALL_HANG: "hang",
    Kind.CALL_REFUSE: "refuse",
    Kind.CALL_BLUR: "blur",
    Kind.CALL_UNAUTHORIZED: "unauthorized",
    Kind.CALL_PAYMENT: "payment",
    Kind.CALL_LANGUAGE: "language400",
    Kind.CALL_408: "408",
    Kind.CALL_ERROR_REASON: "error-reason",
    Kind.CALL_JSON_FILTERED: "json-filtered",
    Kind.CALL_JSON_PICTURE: "json-picture",
    Kind.CALL_REDIRECT: "redirect",
    Kind.CALL_EDGE_403: "html403",
    Kind.CALL_EDGE_401: "json401",
    Kind.CALL_EDGE_402: "empty402",
    Kind.CALL_EDGE_429: "html429",
    Kind.CALL_EDGE_200: "html200",
    Kind.RESULT_LOST: "result-lost",
    Kind.RESULT_500: "result-500",
    Kind.RESULT_HALF: "result-half",
}
CREDITS_OF_THE_POOR = 2.9
"""For a few pictures of the cheapest model, and none of the default one."""

_GATEWAY: dict[Kind, tuple[str, dict[str, object]]] = {
    Kind.GATEWAY_DISCONNECT: ("disconnect", {}),
    Kind.GATEWAY_RECONNECT: ("reconnect", {}),
    Kind.GATEWAY_INVALID: ("invalid_session", {"resumable": False}),
    Kind.GATEWAY_4004: ("disconnect", {"code": 4004}),
    Kind.GATEWAY_RESUMABLE: ("invalid_session", {"resumable": True}),
    Kind.TOKENS_EXPIRE: ("expire_tokens", {}),
}
_EDITS = {"method": "PATCH", "path": "/messages/"}
_REST: dict[Kind, dict[str, object]] = {
    Kind.REST_429: {"status": 429},
    Kind.REST_500: {"status": 500},
    Kind.REST_502: {"status": 502},
    Kind.EDGE_429: {
        "status": 429, "via": False, "body": "text", "retry_after": 2, "path": "/messages",
    },
    Kind.EDGE_403: {"status": 403, "body": "html", "path": "/messages"},
    Kind.REST_ARCHIVED: {"status": 400, "code": 50083, **_EDITS},
    Kind.REST_EXPLICIT: {"status": 400, "code": 20009, **_EDITS},
    Kind.REST_EMPTY: {"status": 200, "applied": True, **_EDITS},
    Kind.EDGE_200: {"status": 200, "body": "html", "path": "/messages"},
    Kind.ANSWER_LOST: {"status": 502, "applied": True, "body": "html", "path": "/callback"},
}  # fmt: skip
_PERMISSIONS = {Kind.PERMISSION_VIEW: "VIEW_CHANNEL", Kind.PERMISSION_SEND: "SEND_MESSAGES"}

_ODD_EVENTS: list[dict[str, object]] = [
    {"entitlements": None},
    {"channel.type": 99},
    {"member.flags": None, "member.avatar_decoration_data": "?"},
    {"app_permissions": None, "guild_locale": {}},
]
"""Of interactions, in fields that a bot can do without."""

RECENT = 10
"""Among how many of the newest interactions and messages one is chosen."""


class Faults:
    """`members` are those whose direct messages close; the first of them may delete any message."""

    def __init__(self, running: System, members: list[Member], journal: Journal) -> None:
        self._running = running
        self._members = members
        self._journal = journal
        self._url = running.discord_url
        self._key = running.servers.stability.key
        self._credits = running.servers.stability.credits

    async def run(self, faults: list[Fault]) -> None:
        """Meets each at its time; returns when the last is over."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                await asyncio.sleep(max(0.0, begun + fault.at_seconds - loop.time()))
                group.create_task(self._meet(fault))

    async def heal(self) -> None:
        """Whatever is still amiss is set right."""
        self._running.thaw_all()
        self._running.servers.stability.forgive()
        self._mend_account()
        await order(self._url, "open_gateway")
        for line in self._running.lines:
            await line.become(Mode.PASS)
        await order(self._url, "heal_rest")
        for permission in _PERMISSIONS.values():
            await order(self._url, "allow", channel=self._channel, permission=permission)
        for one in self._members:
            await order(self._url, "open_dms", member=one.user_id)

    @property
    def _channel(self) -> str:
        return self._members[0].channels["paintings"]

    async def _meet(self, fault: Fault) -> None:
        event = self._journal.begin(fault)
        await self._act_on(fault)(fault, event)
        self._journal.end(event)

    def _act_on(self, fault: Fault) -> Callable[[Fault, Event], Awaitable[None]]:
        kind = fault.kind
        if kind in _LINES:
            return self._break_lines
        if kind in _RESTARTS:
            return self._restart_postgres
        if kind in _CALLS:
            return self._provoke
        if kind in _GATEWAY:
            return self._gateway
        if kind in _REST:
            return self._rest
        if kind in _PERMISSIONS:
            return self._permission
        return {
            Kind.BOT_KILL: self._kill,
            Kind.WORKER_KILL: self._kill,
            Kind.BOT_TERM: self._terminate,
            Kind.WORKER_TERM: self._terminate,
            Kind.BOT_FREEZE: self._freeze,
            Kind.WORKER_FREEZE: self._freeze,
            Kind.ACCOUNT_KEY: self._break_account,
            Kind.ACCOUNT_POOR: self._break_account,
            Kind.GATEWAY_SHUT: self._shut_gateway,
            Kind.EVENT_ODD: self._send_odd,
            Kind.EVENT_REPLAY: self._replay,
            Kind.EVENT_DROP: self._drop,
            Kind.MESSAGE_DELETE: self._delete_message,
            Kind.DIRECT_MESSAGES: self._close_direct_messages,
        }[kind]

    async def _kill(self, fault: Fault, event: Event) -> None:
        event.done = self._running.kill(fault.target)

    async def _terminate(self, fault: Fault, event: Event) -> None:
        event.done = self._running.terminate(fault.target)

    async def _freeze(self, fault: Fault, event: Event) -> None:
        event.done = self._running.freeze(fault.target)
        await asyncio.sleep(fault.seconds)
        self._running.thaw(fault.target)

    async def _break_lines(self, fault: Fault, _event: Event) -> None:
        lines = self._lines(fault)
        for line in lines:
            line.canned = BUCKET_ANSWERS.get(fault.kind, line.canned)
            await line.become(_LINES[fault.kind])
        await asyncio.sleep(fault.seconds)
        for line in lines:
            await line.become(Mode.PASS)

    def _lines(self, fault: Fault) -> list[Proxy]:
        match fault.kind.resource:
            case "bucket":
                return [self._running.bucket_line]
            case "stability line":
                return [self._running.stability_line]
            case "discord line":
                return [self._running.discord_line]
        every = self._running.postgres_lines
        return list(every.values()) if fault.target == "all" else [every[fault.target]]

    async def _restart_postgres(self, fault: Fault, _event: Event) -> None:
        await self._running.database.restart(_RESTARTS[fault.kind], away_seconds=fault.seconds)

    async def _provoke(self, fault: Fault, _event: Event) -> None:
        self._running.servers.stability.provoke(_CALLS[fault.kind], fault.times)

    async def _break_account(self, fault: Fault, _event: Event) -> None:
        stability = self._running.servers.stability
        if fault.kind is Kind.ACCOUNT_KEY:
            stability.key = "sk-another"
        else:
            stability.credits = CREDITS_OF_THE_POOR
        await asyncio.sleep(fault.seconds)
        self._mend_account()

    def _mend_account(self) -> None:
        stability = self._running.servers.stability
        stability.key, stability.credits = self._key, self._credits

    async def _gateway(self, fault: Fault, _event: Event) -> None:
        kind, details = _GATEWAY[fault.kind]
        await order(self._url, kind, **details)

    async def _shut_gateway(self, fault: Fault, _event: Event) -> None:
        await order(self._url, "shut_gateway")
        await asyncio.sleep(fault.seconds)
        await order(self._url, "open_gateway")

    async def _send_odd(self, fault: Fault, event: Event) -> None:
        """What nobody knows, a message that cannot be read, and what members do next in another shape."""
        changes = _pick(_ODD_EVENTS, fault)
        event.note = ", ".join(changes)
        await order(self._url, "send_event", t="GUILD_UPDATE", d={"id": None})
        await order(self._url, "odd_event", t="INTERACTION_CREATE", changes=changes, times=fault.times)

    async def _rest(self, fault: Fault, _event: Event) -> None:
        await order(self._url, "rest", **_REST[fault.kind], times=fault.times)

    async def _permission(self, fault: Fault, _event: Event) -> None:
        details = {"channel": self._channel, "permission": _PERMISSIONS[fault.kind]}
        await order(self._url, "forbid", **details)
        await asyncio.sleep(fault.seconds)
        await order(self._url, "allow", **details)

    async def _replay(self, fault: Fault, event: Event) -> None:
        recent = list(self._running.servers.discord.world.interactions)[-RECENT:]
        event.done = bool(recent)
        if recent:
            event.note = f"interaction {_pick(recent, fault)}"
            await order(self._url, "replay_interaction", id=_pick(recent, fault))

    async def _drop(self, fault: Fault, _event: Event) -> None:
        await order(self._url, "drop_events", times=fault.times)

    async def _delete_message(self, fault: Fault, event: Event) -> None:
        ada = self._members[0]
        recent = [
            versions[-1]
            for id_, versions in ada.seen.items()
            if id_ not in ada.deleted and versions[-1]["channel_id"] == self._channel
        ][-RECENT:]
        event.done = bool(recent)
        if recent:
            event.note = f"message {_pick(recent, fault)['id']}"
            await ada.delete(_pick(recent, fault))

    async def _close_direct_messages(self, fault: Fault, event: Event) -> None:
        one = _pick(self._members, fault)
        event.note = f"member {one.user_id}"
        await order(self._url, "close_dms", member=one.user_id)
        await asyncio.sleep(fault.seconds)
        await order(self._url, "open_dms", member=one.user_id)


def _pick(among: list[_T], fault: Fault) -> _T:
    return among[min(int(fault.pick * len(among)), len(among) - 1)]
