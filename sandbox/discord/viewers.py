"""Who looks at what: the member, the channel and the message of a call to the members' API."""

from aiohttp import web

from sandbox.discord import errors
from sandbox.discord.messages import Messages
from sandbox.discord.state import Channel, Message, User, World
from sandbox.discord.wire import Json


class Viewers:
    """Raises what Discord answers for what is not there, or not to be seen."""

    def __init__(self, world: World, messages: Messages) -> None:
        self._world = world
        self._messages = messages

    def member(self, request: web.Request) -> User:
        user = self._world.users.get(request.match_info["member"])
        if user is None or user.bot:
            raise errors.unknown_member()
        return user

    def channel(self, request: web.Request) -> Channel:
        channel = self._messages.channel(request.match_info["channel"])
        self._messages.require(channel, self.member(request).id)
        return channel

    def message(self, request: web.Request) -> Message:
        return self.seen(self.member(request).id, self.channel(request), request.match_info["message"])

    def seen(self, user_id: str, channel: Channel, message_id: str) -> Message:
        message = self._messages.find(channel.id, message_id)
        if not is_shown_to(message, user_id):
            raise errors.unknown_message()
        return message


def is_shown_to(message: Message, user_id: str) -> bool:
    return message.visible_to in (None, user_id) and not message.dismissed


async def json_of_member(request: web.Request) -> Json:
    try:
        body = await request.json()
    except ValueError as error:
        raise errors.invalid_json() from error
    if not isinstance(body, dict):
        raise errors.invalid_json()
    return body
