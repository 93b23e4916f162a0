"""The members' API: what the page, and tests in a member's place, see and do. The README is its reference."""

from collections.abc import Callable

from aiohttp import web

from sandbox.discord.errors import unknown_message
from sandbox.discord.gateway import Gateway
from sandbox.discord.messages import Messages
from sandbox.discord.render import Render
from sandbox.discord.rest.channels import read_emoji
from sandbox.discord.rest.wire import answer, number_in
from sandbox.discord.rules.permissions import Permission, to_write_in
from sandbox.discord.state import Channel, Guild, User, World
from sandbox.discord.streams import Streams
from sandbox.discord.uploads import Uploads
from sandbox.discord.viewers import Viewers, is_shown_to, json_of_member
from sandbox.discord.wire import Json

PAGE_DEFAULT = 50


class Members:
    def __init__(
        self,
        world: World,
        render: Render,
        gateway: Gateway,
        streams: Streams,
        messages: Messages,
        viewers: Viewers,
        uploads: Uploads,
        *,
        welcome: Callable[[], Json | None],
    ) -> None:
        self._world = world
        self._render = render
        self._gateway = gateway
        self._streams = streams
        self._messages = messages
        self._viewers = viewers
        self._uploads = uploads
        self._welcome = welcome

    def routes(self) -> list[web.RouteDef]:
        member = "/sandbox/members/{member}"
        channel = member + "/channels/{channel}"
        message = channel + "/messages/{message}"
        return [
            web.get("/sandbox/world", self.world),
            web.get(member + "/channels", self.channels),
            web.get(member + "/events", self.events),
            web.get(channel + "/messages", self.page),
            web.post(channel + "/messages", self.post),
            web.delete(message, self.delete),
            web.put(message + "/reactions/{emoji}", self.react),
            web.delete(message + "/reactions/{emoji}", self.take_reaction_back),
        ]

    async def world(self, _request: web.Request) -> web.Response:
        world = self._world
        return answer(
            {
                "application": {"id": world.application_id, "name": world.users[world.bot_id].username},
                "bot": self._render.user_by_id(world.bot_id),
                "bot_online": self._gateway.is_bot_online,
                "guild": {"id": world.guild.id, "name": world.guild.name},
                "guilds": [self._server(guild) for guild in world.guilds.values()],
                "members": [
                    {"user": self._render.user(user), "about": self._about(user)} for user in world.people()
                ],
                "channels": [self._told(channel) for channel in world.channels.values() if channel.name],
                "welcome": self._welcome(),
            }
        )

    async def channels(self, request: web.Request) -> web.Response:
        user_id = self._viewers.member(request).id
        order = list(self._world.guilds)
        seen = sorted(
            self._world.channels.values(),
            key=lambda one: (one.type, order.index(one.guild_id) if one.guild_id else 0, one.position),
        )
        return answer(
            [
                {
                    **self._told(channel),
                    "can_send": to_write_in(channel) in permissions,
                    "can_react": Permission.ADD_REACTIONS in permissions,
                    "can_use_commands": Permission.USE_APPLICATION_COMMANDS in permissions,
                    "can_manage_messages": Permission.MANAGE_MESSAGES in permissions,
                }
                for channel in seen
                if Permission.VIEW_CHANNEL in (permissions := self._messages.permissions(channel, user_id))
            ]
        )

    async def events(self, request: web.Request) -> web.StreamResponse:
        user_id = self._viewers.member(request).id
        return await self._streams.serve(request, user_id, {"bot_online": self._gateway.is_bot_online})

    async def page(self, request: web.Request) -> web.Response:
        user_id, channel = self._viewers.member(request).id, self._viewers.channel(request)
        limit = number_in(request, "limit", PAGE_DEFAULT)
        before = number_in(request, "before", 2**63)
        found = [
            message
            for message in self._world.messages.get(channel.id, {}).values()
            if int(message.id) < before and is_shown_to(message, user_id)
        ]
        return answer([self._render.message(message, user_id) for message in found[-limit:]])

    async def post(self, request: web.Request) -> web.Response:
        user_id, channel = self._viewers.member(request).id, self._viewers.channel(request)
        body = await json_of_member(request)
        entries = body.get("attachments") or []
        uploads = dict(enumerate(self._uploads.named(user_id, entries).values()))
        said = {
            "content": body.get("content"),
            "attachments": [
                {"id": number, "description": entry.get("description")}
                for number, entry in enumerate(entries)
            ],
        }
        message = self._messages.post(channel, user_id, said, uploads)
        self._uploads.used(entries)
        return answer(self._render.message(message, user_id))

    async def delete(self, request: web.Request) -> web.Response:
        user_id, message = self._viewers.member(request).id, self._viewers.message(request)
        if message.is_ephemeral:
            self._messages.dismiss(message)
        else:
            channel = self._messages.channel(message.channel_id)
            if message.author_id != user_id:
                self._messages.require(channel, user_id, Permission.MANAGE_MESSAGES)
            self._messages.delete(message)
        return web.Response(status=204)

    async def react(self, request: web.Request) -> web.Response:
        user_id, message = self._viewers.member(request).id, self._viewers.message(request)
        if message.is_ephemeral:
            raise unknown_message()
        self._messages.react(message, user_id, read_emoji(request.match_info["emoji"]))
        return web.Response(status=204)

    async def take_reaction_back(self, request: web.Request) -> web.Response:
        user_id, message = self._viewers.member(request).id, self._viewers.message(request)
        self._messages.take_reaction_back(message, user_id, read_emoji(request.match_info["emoji"]))
        return web.Response(status=204)

    def _server(self, guild: Guild) -> Json:
        """With all its roles, and its members with theirs."""
        return {
            "id": guild.id,
            "name": guild.name,
            "owner_id": guild.owner_id,
            "has_bot": self._world.bot_id in guild.members,
            "roles": [self._render.role(role) for role in guild.roles.values()],
            "members": [
                {"user_id": one.user_id, "roles": one.roles, "about": one.about}
                for one in guild.members.values()
            ],
        }

    def _about(self, user: User) -> str:
        return next((one.about for one in self._world.memberships(user.id) if one.about), "")

    def _told(self, channel: Channel) -> Json:
        return {
            "id": channel.id,
            "type": channel.type,
            "name": channel.name or self._world.users[self._world.bot_id].username,
            "topic": channel.topic,
            "guild_id": channel.guild_id,
            "nsfw": channel.nsfw,
        }
