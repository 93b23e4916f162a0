"""The members' API: what the page, and tests in a member's place, see and do. The README is its reference."""

from typing import Any

from aiohttp import web

from sandbox.discord import errors, interactions
from sandbox.discord.gateway import Gateway
from sandbox.discord.interactions import Interactions
from sandbox.discord.messages import Messages
from sandbox.discord.render import Render
from sandbox.discord.rest.channels import read_emoji
from sandbox.discord.rest.wire import answer, number_in
from sandbox.discord.rules import selects
from sandbox.discord.rules.command_permissions import may_use
from sandbox.discord.rules.components import BUTTON
from sandbox.discord.rules.modals import read_submission
from sandbox.discord.rules.options import read_options
from sandbox.discord.rules.permissions import Permission, to_write_in
from sandbox.discord.rules.tree import walk
from sandbox.discord.state import Channel, Interaction, Member, Message, World
from sandbox.discord.store import Store
from sandbox.discord.streams import Streams
from sandbox.discord.wire import Json

PAGE_DEFAULT = 50
LOCALE_DEFAULT = "en-US"
IN_GUILD, IN_DIRECT_MESSAGES = 0, 1

# The data for the bot, the message that was pressed, and the interaction whose modal was submitted.
_Told = tuple[Json, Message | None, Interaction | None]


class Members:
    def __init__(
        self,
        world: World,
        store: Store,
        render: Render,
        gateway: Gateway,
        streams: Streams,
        messages: Messages,
        interactions: Interactions,
    ) -> None:
        self._world = world
        self._store = store
        self._render = render
        self._gateway = gateway
        self._streams = streams
        self._messages = messages
        self._interactions = interactions

    def routes(self) -> list[web.RouteDef]:
        member = "/sandbox/members/{member}"
        channel = member + "/channels/{channel}"
        message = channel + "/messages/{message}"
        return [
            web.get("/sandbox/world", self.world),
            web.get(member + "/channels", self.channels),
            web.get(member + "/events", self.events),
            web.get(channel + "/commands", self.commands),
            web.get(channel + "/messages", self.page),
            web.post(channel + "/messages", self.post),
            web.delete(message, self.delete),
            web.put(message + "/reactions/{emoji}", self.react),
            web.delete(message + "/reactions/{emoji}", self.take_reaction_back),
            web.post(channel + "/interactions", self.interact),
            web.get("/attachments/{channel}/{attachment}/{filename}", self.attachment),
        ]

    async def world(self, _request: web.Request) -> web.Response:
        world = self._world
        return answer(
            {
                "application": {"id": world.application_id, "name": world.users[world.bot_id].username},
                "bot": self._render.user_by_id(world.bot_id),
                "bot_online": self._gateway.is_bot_online,
                "guild": {"id": world.guild.id, "name": world.guild.name},
                "members": [
                    {"user": self._render.user_by_id(member.user_id), "about": member.about}
                    for member in world.people()
                ],
                "channels": [self._told(channel) for channel in world.channels.values() if channel.name],
            }
        )

    async def channels(self, request: web.Request) -> web.Response:
        user_id = self._member(request).user_id
        seen = sorted(self._world.channels.values(), key=lambda channel: (channel.type, channel.position))
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
        user_id = self._member(request).user_id
        return await self._streams.serve(request, user_id, {"bot_online": self._gateway.is_bot_online})

    async def commands(self, request: web.Request) -> web.Response:
        user_id, channel = self._member(request).user_id, self._channel(request)
        usable = self._usable(channel).values()
        return answer([command for command in usable if may_use(self._world, command, channel, user_id)])

    async def page(self, request: web.Request) -> web.Response:
        user_id, channel = self._member(request).user_id, self._channel(request)
        limit = number_in(request, "limit", PAGE_DEFAULT)
        before = number_in(request, "before", 2**63)
        found = [
            message
            for message in self._world.messages.get(channel.id, {}).values()
            if int(message.id) < before and _is_shown_to(message, user_id)
        ]
        return answer([self._render.message(message, user_id) for message in found[-limit:]])

    async def post(self, request: web.Request) -> web.Response:
        user_id, channel = self._member(request).user_id, self._channel(request)
        body = await _json(request)
        message = self._messages.post(channel, user_id, {"content": body.get("content")}, {})
        return answer(self._render.message(message, user_id))

    async def delete(self, request: web.Request) -> web.Response:
        user_id, message = self._member(request).user_id, self._message(request)
        if message.is_ephemeral:
            self._messages.dismiss(message)
        else:
            channel = self._messages.channel(message.channel_id)
            if message.author_id != user_id:
                self._messages.require(channel, user_id, Permission.MANAGE_MESSAGES)
            self._messages.delete(message)
        return web.Response(status=204)

    async def react(self, request: web.Request) -> web.Response:
        user_id, message = self._member(request).user_id, self._message(request)
        if message.is_ephemeral:
            raise errors.unknown_message()
        self._messages.react(message, user_id, read_emoji(request.match_info["emoji"]))
        return web.Response(status=204)

    async def take_reaction_back(self, request: web.Request) -> web.Response:
        user_id, message = self._member(request).user_id, self._message(request)
        self._messages.take_reaction_back(message, user_id, read_emoji(request.match_info["emoji"]))
        return web.Response(status=204)

    async def interact(self, request: web.Request) -> web.Response:
        body = await _json(request)
        user_id, channel = self._member(request).user_id, self._channel(request)
        kinds = {
            interactions.COMMAND: self._command,
            interactions.COMPONENT: self._component,
            interactions.AUTOCOMPLETE: self._command,
            interactions.MODAL_SUBMIT: self._modal,
        }
        kind = body.get("type")
        if not isinstance(kind, int) or kind not in kinds or not isinstance(body.get("data"), dict):
            raise errors.invalid_field("Must be 2, 3, 4 or 5, with an object as data", "type")
        data, message, opener = kinds[kind](user_id, channel, body)
        interaction = self._interactions.begin(
            kind,
            user_id,
            channel,
            data,
            locale=str(body.get("locale") or LOCALE_DEFAULT),
            nonce=body.get("nonce"),
            message=message,
            opener=opener,
        )
        if kind != interactions.AUTOCOMPLETE:
            return answer({"id": interaction.id})
        return await self._choices(interaction)

    async def attachment(self, request: web.Request) -> web.Response:
        names = request.match_info
        found = next(
            (
                attachment
                for message in self._world.messages.get(names["channel"], {}).values()
                for attachment in message.attachments
                if (attachment.id, attachment.filename) == (names["attachment"], names["filename"])
            ),
            None,
        )
        content = self._store.get_file(found.id) if found else None
        if found is None or content is None:
            raise errors.not_found()
        headers = {"Cache-Control": "private, max-age=31536000, immutable"}
        return web.Response(body=content, content_type=found.content_type, headers=headers)

    async def _choices(self, interaction: Interaction) -> web.Response:
        choices = await self._interactions.choices(interaction)
        if choices is None:
            return answer({"code": 0, "message": "The bot proposed nothing within 3 seconds"}, 504)
        return answer({"id": interaction.id, "choices": choices})

    def _command(self, user_id: str, channel: Channel, body: Json) -> _Told:
        self._messages.require(channel, user_id, Permission.USE_APPLICATION_COMMANDS)
        command = self._usable(channel).get(str(body["data"].get("name")))
        if command is None:
            raise errors.unknown_application_command()
        if not may_use(self._world, command, channel, user_id):
            raise errors.missing_permissions()
        complete = body["type"] == interactions.COMMAND
        options = read_options(command, {"options": body["data"].get("options")}, complete=complete)
        return {"id": command["id"], "name": command["name"], "type": 1, "options": options}, None, None

    def _component(self, user_id: str, channel: Channel, body: Json) -> _Told:
        message = self._seen(user_id, channel, str(body.get("message_id")))
        data = body["data"]
        usable = (one for one in walk(message.components) if "custom_id" in one and not one.get("disabled"))
        component = next((one for one in usable if one["custom_id"] == data.get("custom_id")), None)
        if component is None:
            raise errors.invalid_field("Is of no component that can be used on this message", "custom_id")
        told: Json = {key: component[key] for key in ("custom_id", "id")}
        told["component_type"] = component["type"]
        if component["type"] != BUTTON:
            told["values"] = _chosen(component, data.get("values", []))
        return told, message, None

    def _modal(self, user_id: str, channel: Channel, body: Json) -> _Told:
        custom_id = body["data"].get("custom_id")
        opener = next(
            (
                one
                for one in reversed(self._world.interactions.values())
                if (one.user_id, one.channel_id) == (user_id, channel.id)
                and one.modal
                and one.modal["custom_id"] == custom_id
            ),
            None,
        )
        if opener is None or opener.modal is None:
            raise errors.invalid_field("Is of no modal that was opened for this member", "custom_id")
        components = read_submission(opener.modal, body["data"])
        # A modal is submitted once.
        opener.modal = None
        message = self._world.message(channel.id, opener.message_id or "")
        return {"custom_id": custom_id, "components": components}, message, opener

    def _usable(self, channel: Channel) -> dict[str, Json]:
        """By name; a command of the server stands before a global one."""
        context = IN_DIRECT_MESSAGES if channel.is_direct else IN_GUILD
        usable = [
            command
            for command in self._world.commands.values()
            if context in (command["contexts"] if command["contexts"] is not None else (0, 1, 2))
            and command.get("guild_id") in (None, channel.guild_id)
        ]
        return {one["name"]: one for one in sorted(usable, key=lambda one: "guild_id" in one)}

    def _member(self, request: web.Request) -> Member:
        member = self._world.guild.members.get(request.match_info["member"])
        if member is None or member.user_id == self._world.bot_id:
            raise errors.unknown_member()
        return member

    def _channel(self, request: web.Request) -> Channel:
        channel = self._messages.channel(request.match_info["channel"])
        self._messages.require(channel, self._member(request).user_id)
        return channel

    def _message(self, request: web.Request) -> Message:
        return self._seen(
            self._member(request).user_id, self._channel(request), request.match_info["message"]
        )

    def _seen(self, user_id: str, channel: Channel, message_id: str) -> Message:
        message = self._messages.find(channel.id, message_id)
        if not _is_shown_to(message, user_id):
            raise errors.unknown_message()
        return message

    def _told(self, channel: Channel) -> Json:
        name = channel.name or self._world.users[self._world.bot_id].username
        return {"id": channel.id, "type": channel.type, "name": name, "topic": channel.topic}


def _is_shown_to(message: Message, user_id: str) -> bool:
    return message.visible_to in (None, user_id) and not message.dismissed


def _chosen(component: Json, values: Any) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise errors.invalid_field("Must be a list of strings", "values", code="LIST_TYPE_CONVERT")
    if not component["min_values"] <= len(set(values)) == len(values) <= component["max_values"]:
        raise errors.invalid_field("More or fewer than may be chosen", "values")
    if component["type"] == selects.STRING_SELECT:
        offered = [option["value"] for option in component["options"]]
        if not set(values) <= set(offered):
            raise errors.invalid_field("Not among the options", "values")
    return values


async def _json(request: web.Request) -> Json:
    try:
        body = await request.json()
    except ValueError as error:
        raise errors.invalid_json() from error
    if not isinstance(body, dict):
        raise errors.invalid_json()
    return body
