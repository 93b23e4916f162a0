"""The ways by which a reply reaches its member, tried from the best to the last."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeAlias, cast

import discord

from bot.discord_errors import UNANSWERED, in_a_line, is_final, is_gone, own_pauses
from bot.instruments import Instruments
from bot.messages.content import Content
from bot.sending import send_once, send_what_is_taken, taken
from core.errors import TigerbrushError
from core.orders import Reply, State

log = logging.getLogger(__name__)

TOKEN_MARGIN = timedelta(seconds=30)  # before its end a token is not relied on: clocks differ
REMOVE_SECONDS = 2.0

_UNKNOWN_MESSAGE = 10008
_WORDS = {
    "token": "by token",
    "bot": "as bot",
    "channel": "in the channel",
    "direct": "by direct message",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a message is."""

    channel_id: int
    message_id: int


_Route: TypeAlias = Callable[[Reply, Content], Awaitable[Shown | None]]


class Undeliverable(TigerbrushError):
    """No way can show this revision, now or later."""


class OutOfReach(TigerbrushError):
    """Discord refused every way, and one of them may open again."""


class Messenger:
    def __init__(self, client: discord.Client, instruments: Instruments) -> None:
        self._client = client
        self._instruments = instruments

    async def deliver(self, reply: Reply, content: Content) -> Shown | None:
        """Shows it to the order's member. None: only its token finds the message that shows it.

        Raises Undeliverable, also for an intermediate state that no way leads to now; OutOfReach; or what passes
        by itself (`is_transient`).
        """
        refusals: list[discord.HTTPException] = []
        told = []
        for way, route in self._routes(reply):
            try:
                shown = await self._try(way, route, reply, content)
            except discord.HTTPException as error:
                if not is_final(error):
                    raise
                # A token finds only what was sent by it.
                is_last = way == "bot" or (way == "token" and _is_in_no_channel(reply))
                if is_last and reply.message_id is not None and error.code == _UNKNOWN_MESSAGE:
                    raise Undeliverable("the reply was deleted") from error
                refusals.append(error)
                told.append(f"{_WORDS[way]}: {_in_one_line(error)}")
            else:
                if way == "direct" and _is_in_no_channel(reply) and _has_token(reply):
                    await self._take_back_private(reply)
                return shown
        is_lost = not reply.progress.is_final or all(map(is_gone, refusals))
        raise (Undeliverable if is_lost else OutOfReach)("; ".join(told) or "no way is left")

    async def remove(self, reply: Reply) -> None:
        """Of an order that was erased. Raises as `deliver` does."""
        if reply.message_id is None and not _has_token(reply):
            return
        if _is_in_no_channel(reply) and not _has_token(reply):
            raise Undeliverable("nothing but its token could remove a private reply, and that is over")
        try:
            with own_pauses():
                if _is_in_no_channel(reply) or reply.message_id is None:
                    deleting = self._webhook(reply).delete_message(_id_or_original(reply))
                else:
                    deleting = self._message(reply).delete()
                await taken(deleting)
        except discord.HTTPException as error:
            if is_gone(error):
                return
            if not is_final(error):
                raise
            raise OutOfReach(f"the message could not be removed: {_in_one_line(error)}") from error

    async def _take_back_private(self, reply: Reply) -> None:
        """A direct message has come in its place, and only its token can remove it."""
        try:
            async with asyncio.timeout(REMOVE_SECONDS):
                await self.remove(reply)
        except (*UNANSWERED, OutOfReach) as error:
            log.info("its private reply stays as it was: %s", in_a_line(error))

    async def _try(self, way: str, route: _Route, reply: Reply, content: Content) -> Shown | None:
        try:
            with own_pauses():
                shown = await send_what_is_taken(content, partial(route, reply))
        except UNANSWERED as error:
            self._instruments.delivery_failed(way, error)
            raise
        self._instruments.delivered(way)
        if way in ("channel", "direct"):
            log.info("the reply went out %s", _WORDS[way])
        return shown

    def _routes(self, reply: Reply) -> list[tuple[str, _Route]]:
        routes: list[tuple[str, _Route]] = []
        if _has_token(reply):
            routes.append(("token", self._edit_by_token))
        if reply.message_id is not None and not _is_in_no_channel(reply):
            routes.append(("bot", self._edit_as_bot))
        if reply.progress.is_final and not reply.order.is_ephemeral:
            routes.append(("channel", self._post))
        if reply.progress.is_final and not (_is_in_no_channel(reply) and _lacks_a_picture(reply)):
            routes.append(("direct", self._send_direct_message))
        return routes

    async def _edit_by_token(self, reply: Reply, content: Content) -> Shown | None:
        message_id, webhook = _id_or_original(reply), self._webhook(reply)
        message = await taken(
            webhook.edit_message(message_id, view=content.view, attachments=content.attachments()),
            ask=None if reply.message_id else lambda: webhook.fetch_message(message_id),
        )
        if message is None:
            return _known_place(reply)
        if message.flags.ephemeral and not reply.order.is_ephemeral:
            # The first answer said that something went wrong, and then the order was stored after all. Once the
            # token is over the bot cannot find this message, so the picture is posted then.
            return None
        return Shown(message.channel.id, message.id)

    async def _edit_as_bot(self, reply: Reply, content: Content) -> Shown | None:
        await taken(self._message(reply).edit(view=content.view, attachments=content.attachments()))
        return _known_place(reply)

    async def _post(self, reply: Reply, content: Content) -> Shown | None:
        """Where the answer never reached Discord, or cannot be changed."""
        order = reply.order
        channel = self._client.get_partial_messageable(order.channel_id, guild_id=order.guild_id)
        return await _send(channel, reply, content)

    async def _send_direct_message(self, reply: Reply, content: Content) -> Shown | None:
        channel = await self._client.create_dm(discord.Object(reply.order.member_id))
        return await _send(channel, reply, content)

    def _webhook(self, reply: Reply) -> discord.Webhook:
        webhook = discord.Webhook.partial(reply.application_id, cast(str, reply.token), client=self._client)
        # discord.py gives it the client's session and forgets the proxy.
        webhook.proxy = self._client.http.proxy
        return webhook

    def _message(self, reply: Reply) -> discord.PartialMessage:
        channel = self._client.get_partial_messageable(_channel_id(reply))
        return channel.get_partial_message(cast(int, reply.message_id))


async def _send(channel: discord.abc.Messageable, reply: Reply, content: Content) -> Shown | None:
    # Discord takes one message a nonce for some minutes, should the bot die before this is recorded.
    message = await send_once(channel, content, nonce=f"order-{reply.order.id}")
    return Shown(message.channel.id, message.id) if message is not None else None


def _id_or_original(reply: Reply) -> int:
    """Until the id is known, "@original" names the first answer; discord.py's types know only numbers."""
    return reply.message_id or cast(int, "@original")


def _channel_id(reply: Reply) -> int:
    return reply.channel_id or reply.order.channel_id


def _known_place(reply: Reply) -> Shown | None:
    return None if reply.message_id is None else Shown(_channel_id(reply), reply.message_id)


def _has_token(reply: Reply) -> bool:
    return reply.token is not None and datetime.now(UTC) < reply.token_expires_at - TOKEN_MARGIN


def _is_in_no_channel(reply: Reply) -> bool:
    """An ephemeral reply: only its token finds it, and nobody else may see it."""
    return reply.order.is_ephemeral and _channel_id(reply) == reply.order.channel_id


def _lacks_a_picture(reply: Reply) -> bool:
    """One was deleted, so its member has seen them all."""
    return len(reply.progress.pictures) < len(reply.progress.in_state(State.DONE))


def _in_one_line(error: discord.HTTPException) -> str:
    return " ".join(error.text.split()) or str(error.status)
