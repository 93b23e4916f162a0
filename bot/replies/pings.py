"""Tells who wants it that a picture is there which took long: once, and nobody else."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import discord

from bot.discord_errors import UNANSWERED, in_a_line, is_final, own_pauses
from bot.messages.content import Content, notice
from bot.messages.notices import picture_is_there
from bot.messages.words import Languages
from bot.sending import send_once
from core.orders import Reply
from db.copies import Copies
from db.members import Members
from db.replies import Replies
from db.retry import until_answered
from ops.logs import about_order
from ops.wake_loop import WakeLoop

log = logging.getLogger(__name__)

# One after the other: it must not take from the edits of replies.
BATCH = 5
TIMEOUT_SECONDS = 8.0
HOLD_SECONDS = (
    BATCH * TIMEOUT_SECONDS
)  # less than Discord knows a nonce for, should the bot die before it is recorded
LATE = timedelta(hours=1)
"""After that nobody waits any more."""


class Pings:
    def __init__(
        self, client: discord.Client, replies: Replies, copies: Copies, members: Members, languages: Languages
    ) -> None:
        self._client = client
        self._replies = replies
        self._copies = copies
        self._members = members
        self._languages = languages
        loop = WakeLoop(self.tell_due, postponed="who waits for a picture could not be looked up")
        self.wake, self.serve = loop.wake, loop.serve

    async def tell_due(self) -> None:
        while replies := await self._replies.claim_pings(BATCH, hold_seconds=HOLD_SECONDS):
            for reply in replies:
                with about_order(reply.order.id):
                    await self._tell(reply)

    async def _tell(self, reply: Reply) -> None:
        message = None
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                if _is_waited_for(reply):
                    with own_pauses():
                        message = await self._send(reply)
        except UNANSWERED as error:
            # It is due again when it is held no more.
            log.warning("a member is told later that a picture is there: %s", in_a_line(error))
            return
        if message is not None:
            await until_answered(partial(self._record, reply, message))
        await until_answered(partial(self._replies.pinged, reply))

    async def _send(self, reply: Reply) -> discord.Message | None:
        """By the first way that Discord does not refuse; None if it refuses all, or does not tell where it is."""
        for way in self._ways(reply):
            try:
                return await way()
            except discord.HTTPException as error:
                if not is_final(error):
                    raise
                log.info("a member is told by another way, or not at all: %s", in_a_line(error))
        return None

    def _ways(self, reply: Reply) -> list[Callable[[], Awaitable[discord.Message | None]]]:
        """A private one in a server is told of in no channel."""
        order, ways = reply.order, []
        if not order.is_ephemeral:
            channel_id = reply.channel_id or order.channel_id
            channel = self._client.get_partial_messageable(channel_id, guild_id=order.guild_id)
            say = self._languages.of(order.locale)
            there = partial(self._post, channel, reply, picture_is_there(reply, say, is_there=True))
            if reply.message_id is not None:
                card = channel.get_partial_message(reply.message_id)
                ways.append(partial(there, reference=card.to_reference(fail_if_not_exists=False)))
            # A reference takes the right to read the channel's history.
            ways.append(there)
        return [*ways, partial(self._send_direct_message, reply)]

    async def _send_direct_message(self, reply: Reply) -> discord.Message | None:
        wished = self._members.known(reply.order.member_id).wishes.locale
        say = self._languages.of(wished or reply.order.locale)
        channel = await self._client.create_dm(discord.Object(reply.order.member_id))
        return await self._post(channel, reply, picture_is_there(reply, say, is_there=False))

    async def _post(
        self, channel: discord.abc.Messageable, reply: Reply, text: str, **more: Any
    ) -> discord.Message | None:
        # Discord asks for ids as texts, and discord.py sends them as they are.
        member: Any = SimpleNamespace(id=str(reply.order.member_id))
        alone = discord.AllowedMentions(everyone=False, roles=False, users=[member], replied_user=False)
        nonce = f"ping-{reply.order.id}"
        return await send_once(channel, Content(notice(text)), nonce=nonce, allowed_mentions=alone, **more)

    async def _record(self, reply: Reply, message: discord.Message) -> None:
        """So that it goes with its pictures."""
        await self._copies.record(
            message.id,
            message.channel.id,
            member_id=reply.order.member_id,
            picture_ids=[picture.id for picture in reply.progress.pictures],
        )


def _is_waited_for(reply: Reply) -> bool:
    is_late = datetime.now(UTC) - reply.progress.changed_at > LATE
    return bool(reply.progress.pictures and reply.order.member_id) and not is_late
