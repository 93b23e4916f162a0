"""Channels, the messages in them, and the reactions under these."""

import unicodedata

from aiohttp import web

from sandbox.discord import errors
from sandbox.discord.messages import Messages
from sandbox.discord.render import Render
from sandbox.discord.rest.wire import answer, number_in, object_of
from sandbox.discord.rules.permissions import Permission, to_write_in
from sandbox.discord.state import Channel, Message, World
from sandbox.discord.wire import Json

PAGE_DEFAULT = 50
PAGE_MAX = 100
_VARIATION_SELECTOR = "\ufe0f"


class Channels:
    def __init__(self, world: World, render: Render, messages: Messages) -> None:
        self._world = world
        self._render = render
        self._messages = messages

    def routes(self) -> list[web.RouteDef]:
        message = "/channels/{channel}/messages/{message}"
        return [
            web.get("/channels/{channel}", self.channel),
            web.post("/channels/{channel}/typing", self.typing),
            web.get("/channels/{channel}/messages", self.page),
            web.post("/channels/{channel}/messages", self.post),
            web.get(message, self.one),
            web.patch(message, self.edit),
            web.delete(message, self.delete),
            web.put(message + "/reactions/{emoji}/@me", self.react),
            web.delete(message + "/reactions/{emoji}/@me", self.take_own_back),
            web.delete(message + "/reactions/{emoji}/{user}", self.take_anothers_back),
        ]

    async def channel(self, request: web.Request) -> web.Response:
        return answer(self._render.channel(self._channel(request)))

    async def typing(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        self._messages.require(channel, self._world.bot_id, to_write_in(channel))
        return web.Response(status=204)

    async def page(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        if Permission.READ_MESSAGE_HISTORY not in self._messages.permissions(channel, self._world.bot_id):
            return answer([])
        limit = number_in(request, "limit", PAGE_DEFAULT, maximum=PAGE_MAX)
        if request.query.keys() - {"limit", "before"}:
            raise errors.not_implemented("pages of messages other than `before`")
        before = number_in(request, "before", 2**63)
        found = [
            message
            for message in reversed(self._world.messages.get(channel.id, {}).values())
            if int(message.id) < before and not message.is_ephemeral
        ]
        return answer([self._render.message_for_bot(message) for message in found[:limit]])

    async def post(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        body, uploads = await object_of(request, self._world.snowflakes.next)
        message = self._messages.post(channel, self._world.bot_id, body, uploads)
        return answer(self._render.message(message, self._world.bot_id))

    async def one(self, request: web.Request) -> web.Response:
        message = self._message(request, Permission.READ_MESSAGE_HISTORY)
        return answer(self._render.message_for_bot(message))

    async def edit(self, request: web.Request) -> web.Response:
        message = self._message(request)
        if message.author_id != self._world.bot_id:
            raise errors.not_the_author()
        body, uploads = await object_of(request, self._world.snowflakes.next)
        edited = self._messages.edit(message, body, uploads)
        return answer(self._render.message(edited, self._world.bot_id))

    async def delete(self, request: web.Request) -> web.Response:
        message = self._message(request)
        if message.author_id != self._world.bot_id:
            if self._messages.channel(message.channel_id).is_direct:
                raise errors.not_in_direct_messages()
            self._message(request, Permission.MANAGE_MESSAGES)
        self._messages.delete(message)
        return web.Response(status=204)

    async def react(self, request: web.Request) -> web.Response:
        message = self._message(request)
        self._messages.react(message, self._world.bot_id, read_emoji(request.match_info["emoji"]))
        return web.Response(status=204)

    async def take_own_back(self, request: web.Request) -> web.Response:
        message = self._message(request)
        emoji = read_emoji(request.match_info["emoji"])
        self._messages.take_reaction_back(message, self._world.bot_id, emoji)
        return web.Response(status=204)

    async def take_anothers_back(self, request: web.Request) -> web.Response:
        message = self._message(request, Permission.MANAGE_MESSAGES)
        emoji = read_emoji(request.match_info["emoji"])
        self._messages.take_reaction_back(message, request.match_info["user"], emoji)
        return web.Response(status=204)

    def _channel(self, request: web.Request, *needed: Permission) -> Channel:
        channel = self._messages.channel(request.match_info["channel"])
        self._messages.require(channel, self._world.bot_id, *needed)
        return channel

    def _message(self, request: web.Request, *needed: Permission) -> Message:
        channel = self._channel(request, *needed)
        message = self._messages.find(channel.id, request.match_info["message"])
        if message.is_ephemeral:
            # It is in no channel: only its interaction's token finds it.
            raise errors.unknown_message()
        return message


def read_emoji(text: str) -> Json:
    """A Unicode emoji; the server has none of its own."""
    emoji = unicodedata.normalize("NFC", text).removesuffix(_VARIATION_SELECTOR)
    if not emoji or emoji.isascii() or len(emoji) > 16 or not all(map(_may_stand_in_emoji, emoji)):
        raise errors.unknown_emoji()
    return {"id": None, "name": text}


def _may_stand_in_emoji(char: str) -> bool:
    return unicodedata.category(char) in ("So", "Sk", "Sm", "Mn", "Me", "Cf", "Po", "Nd", "Cn")
