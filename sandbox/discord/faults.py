"""Faults on demand, for tests and drills; the README lists them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.discord import errors
from sandbox.discord.gateway import Gateway
from sandbox.discord.interactions import Interactions
from sandbox.discord.owner import Owner
from sandbox.discord.ratelimits import too_many_requests
from sandbox.discord.rules.permissions import Permission
from sandbox.discord.state import Overwrite, World
from sandbox.discord.wire import Json, encode


@dataclass(slots=True)
class _RestFault:
    status: int
    times: int
    path: str
    retry_after_seconds: float
    code: int


class RestFaults:
    """REST calls that are to fail."""

    def __init__(self) -> None:
        self._orders: list[_RestFault] = []

    def order(self, status: int, times: int, path: str, retry_after_seconds: float, code: int = 0) -> None:
        self._orders.append(_RestFault(status, times, path, retry_after_seconds, code))

    def meet(self, path: str) -> web.Response | None:
        """The answer of the fault that this call meets, if any. Raises that of a 429."""
        for order in self._orders:
            if order.times > 0 and order.path in path:
                order.times -= 1
                if order.status == 429:
                    raise too_many_requests(order.retry_after_seconds, scope="shared")
                body = encode({"message": f"{order.status}: provoked", "code": order.code})
                return web.Response(status=order.status, body=body.encode(), content_type="application/json")
        return None


class Faults:
    def __init__(self, world: World, gateway: Gateway, interactions: Interactions, owner: Owner) -> None:
        self.rest = RestFaults()
        self._world = world
        self._gateway = gateway
        self._interactions = interactions
        self._owner = owner
        self._kinds: dict[str, Callable[[Json], None]] = {
            "disconnect": lambda order: gateway.disconnect(int(order.get("code", 4000))),
            "invalid_session": lambda order: gateway.invalidate_sessions(resumable=bool(order["resumable"])),
            "reconnect": lambda order: gateway.reconnect(),
            "shut_gateway": lambda order: gateway.shut(),
            "open_gateway": lambda order: gateway.open(),
            "expire_tokens": lambda order: interactions.expire_all(),
            "forbid": lambda order: self._overwrite(order, allowed=False),
            "allow": lambda order: self._overwrite(order, allowed=True),
            "close_dms": lambda order: self._take_direct_messages(order, taken=False),
            "open_dms": lambda order: self._take_direct_messages(order, taken=True),
            "rest": self._fail_rest,
            "drop_events": lambda order: gateway.drop_events(int(order["times"])),
            "replay_interaction": self._replay,
        }

    async def handle(self, request: web.Request) -> web.Response:
        order: Any = await request.json()
        kind = order.get("kind") if isinstance(order, dict) else None
        if not isinstance(kind, str) or kind not in self._kinds:
            raise errors.invalid_field(f"Must be one of {', '.join(sorted(self._kinds))}", "kind")
        try:
            self._kinds[kind](order)
        except (KeyError, ValueError, TypeError) as error:
            raise errors.invalid_field(f"Is not what {kind} takes", str(error)) from error
        return web.Response(status=204)

    def _overwrite(self, order: Json, *, allowed: bool) -> None:
        """For the bot itself: a member's overwrite wins over those of its roles."""
        channel = self._world.channels[order["channel"]]
        permission = Permission[order["permission"]]
        mine = next((o for o in channel.overwrites if o.id == self._world.bot_id), None)
        if mine is None:
            mine = Overwrite(self._world.bot_id, 1)
            channel.overwrites.append(mine)
        mine.deny = mine.deny & ~permission if allowed else mine.deny | permission
        mine.allow = mine.allow | permission if allowed else mine.allow & ~permission
        self._owner.channel_changed(channel)

    def _take_direct_messages(self, order: Json, *, taken: bool) -> None:
        self._world.guild.members[order["member"]].takes_direct_messages = taken

    def _fail_rest(self, order: Json) -> None:
        self.rest.order(
            int(order["status"]),
            int(order.get("times", 1)),
            str(order.get("path", "")),
            float(order.get("retry_after", 1.0)),
            int(order.get("code", 0)),
        )

    def _replay(self, order: Json) -> None:
        self._interactions.send(self._world.interactions[str(order["id"])])
