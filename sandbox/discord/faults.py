"""Faults on demand, for tests and drills; the README lists them."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox.discord import errors
from sandbox.discord.gateway import Gateway
from sandbox.discord.interactions import Interactions
from sandbox.discord.outages import RestFault, RestFaults
from sandbox.discord.owner import Owner
from sandbox.discord.rules.permissions import Permission
from sandbox.discord.state import Overwrite, World
from sandbox.discord.wire import Json


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
            "rest": lambda order: self.rest.order(RestFault.read(order)),
            "heal_rest": lambda order: self.rest.heal(),
            "drop_events": lambda order: gateway.drop_events(int(order["times"])),
            "replay_interaction": self._replay,
            "send_event": lambda order: gateway.send_event(str(order["t"]), order["d"]),
            "odd_event": lambda order: gateway.oddities.order(
                str(order["t"]), dict(order["changes"]), int(order.get("times", 1))
            ),
            "refuse_sessions": lambda order: gateway.refuse_sessions(
                int(order["code"]), int(order.get("times", 1))
            ),
            "limit_sessions": self._limit_sessions,
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
        for member in self._world.memberships(self._world.users[order["member"]].id):
            member.takes_direct_messages = taken

    def _limit_sessions(self, order: Json) -> None:
        self._gateway.sessions_left = int(order["remaining"])
        self._gateway.sessions_reset_after_seconds = float(order["reset_after"])

    def _replay(self, order: Json) -> None:
        self._interactions.send(self._world.interactions[str(order["id"])])
