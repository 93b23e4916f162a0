"""Writes what was changed in a server into the channel that its managers have chosen for that."""

import asyncio
import logging
from collections.abc import Sequence

import discord

from bot.discord_errors import UNANSWERED, in_a_line, is_transient, own_pauses, retry_after_seconds
from bot.messages.changes_log import changes_content
from bot.messages.words import Languages
from bot.sending import send_once
from db.audit import Audit, Change
from db.retry import until_answered
from db.servers import Servers
from ops.wake_loop import WakeLoop

log = logging.getLogger(__name__)

SERVERS, CHANGES = 5, 100
"""At once; what a server has beyond that comes in another message."""

TIMEOUT_SECONDS = 30.0
HOLD_SECONDS = SERVERS * TIMEOUT_SECONDS
PAUSE_SECONDS = 30.0


class ChangeLog:
    def __init__(self, client: discord.Client, audit: Audit, servers: Servers, languages: Languages) -> None:
        self._client = client
        self._audit = audit
        self._servers = servers
        self._languages = languages
        loop = WakeLoop(self.tell_due, postponed="changes could not be looked up")
        self.wake, self.serve = loop.wake, loop.serve

    async def tell_due(self) -> None:
        while found := await self._audit.claim_untold(SERVERS, CHANGES, hold_seconds=HOLD_SECONDS):
            # What is not known yet has no channel, and would not be told.
            await self._servers.load()
            for guild_id, changes in found.items():
                await self._tell(guild_id, changes)

    async def _tell(self, guild_id: int, changes: Sequence[Change]) -> None:
        """What Discord refuses for good is not told: `/settings` has it."""
        rules = self._servers.of(guild_id).rules
        if rules.log_channel is not None:
            try:
                say = self._languages.of(rules.locale or "en-US")
                content = changes_content(changes, say, self._languages.names)
                channel = self._client.get_partial_messageable(rules.log_channel)
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    with own_pauses():
                        await send_once(channel, content, nonce=f"change {changes[0].id}")
            except UNANSWERED as error:
                log.warning("changes in server %d are not told: %s", guild_id, in_a_line(error))
                if is_transient(error):
                    delay_seconds = max(PAUSE_SECONDS, retry_after_seconds(error) or 0.0)
                    await until_answered(lambda: self._audit.postpone(changes, delay_seconds=delay_seconds))
                    return
        await until_answered(lambda: self._audit.told(changes))
