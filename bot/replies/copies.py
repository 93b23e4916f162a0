"""Removes messages that are due: those that show a deleted picture beside its reply, and a reply's old place."""

import asyncio
import logging
from typing import Any, TypeAlias

import discord

from bot.discord_errors import UNANSWERED, in_a_line, own_pauses, retry_after_seconds
from bot.rights.access import in_time
from bot.services import Interaction, services_of
from db.copies import Copies, Copy
from db.retry import until_answered
from ops.wake_loop import WakeLoop

log = logging.getLogger(__name__)

Callback: TypeAlias = "discord.InteractionCallbackResponse[Any] | None"

# They are removed one after the other: it must not take from the edits of replies.
BATCH = 10
TIMEOUT_SECONDS = 30.0
HOLD_SECONDS = BATCH * TIMEOUT_SECONDS
PAUSE_SECONDS_MIN = 5.0
PAUSE_SECONDS_MAX = 3600.0

_GONE = {10003, 10008}
"""Discord's codes for an unknown channel and message. Any other refusal may end: a thread is opened again."""


async def record_shared(interaction: Interaction, callback: Callback, picture_ids: list[int]) -> None:
    """Of a page that is shared with everybody, before it shows anything: a restart leaves nothing unrecorded."""
    if interaction.channel_id is None:
        raise AssertionError("Discord sends a channel with every press")
    known = callback.message_id if callback is not None else None
    message_id = known or (await interaction.original_response()).id
    recording = services_of(interaction).copies.record(
        message_id, interaction.channel_id, member_id=interaction.user.id, picture_ids=picture_ids
    )
    await in_time(recording)


class CopyRemover:
    def __init__(self, client: discord.Client, copies: Copies) -> None:
        self._client = client
        self._copies = copies
        loop = WakeLoop(self.remove_due, postponed="messages to remove could not be looked up")
        self.wake, self.serve = loop.wake, loop.serve

    async def remove_due(self) -> None:
        while copies := await self._copies.claim_due(BATCH, hold_seconds=HOLD_SECONDS):
            for copy in copies:
                await self._remove(copy)

    async def _remove(self, copy: Copy) -> None:
        channel = self._client.get_partial_messageable(copy.channel_id)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                with own_pauses():
                    await channel.get_partial_message(copy.message_id).delete()
        except UNANSWERED as error:
            if not (isinstance(error, discord.HTTPException) and error.code in _GONE):
                await self._postpone(copy, error)
                return
        await until_answered(lambda: self._copies.removed(copy))
        log.info("removed message %d", copy.message_id)

    async def _postpone(self, copy: Copy, error: Exception) -> None:
        # The longer it has been failing, the longer the pause.
        pause_seconds = min(max(PAUSE_SECONDS_MIN, copy.due_seconds / 4), PAUSE_SECONDS_MAX)
        delay_seconds = max(pause_seconds, retry_after_seconds(error) or 0.0)
        what = "message %d is to be removed, tried again in %.0f s: %s"
        log.warning(what, copy.message_id, delay_seconds, in_a_line(error))
        await until_answered(lambda: self._copies.postpone(copy, delay_seconds=delay_seconds))
