"""The bot itself, other users, and where the gateway is."""

from collections.abc import Callable

from aiohttp import web

from sandbox.discord import errors
from sandbox.discord.gateway import IDENTIFY_BUCKETS, SESSIONS_PER_DAY, Gateway
from sandbox.discord.render import Render
from sandbox.discord.rest.wire import answer, json_of
from sandbox.discord.state import World

# GATEWAY_MESSAGE_CONTENT and the like are not granted; nothing else is noteworthy of this application.
_APPLICATION_FLAGS = 0


class Users:
    def __init__(
        self, world: World, render: Render, gateway: Gateway, *, gateway_url: Callable[[], str]
    ) -> None:
        self._world = world
        self._render = render
        self._gateway = gateway
        self._gateway_url = gateway_url

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/gateway", self.gateway),
            web.get("/gateway/bot", self.gateway_bot),
            web.get("/users/@me", self.current),
            web.post("/users/@me/channels", self.open_direct_messages),
            web.get("/users/{user}", self.user),
            web.get("/applications/@me", self.application),
            web.get("/oauth2/applications/@me", self.application),
        ]

    async def gateway(self, _request: web.Request) -> web.Response:
        return answer({"url": self._gateway_url()})

    async def gateway_bot(self, _request: web.Request) -> web.Response:
        limit = {
            "total": SESSIONS_PER_DAY,
            "remaining": max(0, self._gateway.sessions_left),
            "reset_after": int(self._gateway.sessions_reset_after_seconds * 1000),
            "max_concurrency": IDENTIFY_BUCKETS,
        }
        return answer({"url": self._gateway_url(), "shards": 1, "session_start_limit": limit})

    async def current(self, _request: web.Request) -> web.Response:
        return answer(self._render.current_user())

    async def user(self, request: web.Request) -> web.Response:
        user = self._world.users.get(request.match_info["user"])
        if user is None:
            raise errors.unknown_user()
        return answer(self._render.user(user))

    async def open_direct_messages(self, request: web.Request) -> web.Response:
        body = await json_of(request, self._world.snowflakes.next)
        recipient = str(body.get("recipient_id")) if isinstance(body, dict) else ""
        channel = self._world.direct_channel(recipient)
        if channel is None:
            raise errors.unknown_user()
        return answer(self._render.channel(channel))

    async def application(self, _request: web.Request) -> web.Response:
        owner = self._world.users[self._world.guild.owner_id]
        absent = ("icon", "interactions_endpoint_url", "role_connections_verification_url",
                  "event_webhooks_url", "team", "type")  # fmt: skip
        return answer(
            {
                **dict.fromkeys(absent),
                "id": self._world.application_id,
                "name": self._world.users[self._world.bot_id].username,
                "description": "",
                "bot": self._render.user_by_id(self._world.bot_id),
                "bot_public": True,
                "bot_require_code_grant": False,
                "verify_key": "0" * 64,
                "flags": _APPLICATION_FLAGS,
                "flags_new": str(_APPLICATION_FLAGS),
                "max_participants": -1,
                "tags": [],
                "redirect_uris": [],
                "owner": self._render.user(owner),
                "approximate_guild_count": len(self._world.bot_guilds()),
                "approximate_user_install_count": 0,
                "approximate_user_authorization_count": 0,
                "event_webhooks_status": 1,
                "event_webhooks_types": [],
                "explicit_content_filter": 0,
                "integration_types_config": {"0": {}},
                "eligible_oauth2_scopes": [],
            }
        )
