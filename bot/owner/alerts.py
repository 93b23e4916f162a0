"""Tells the owner of the bot, once each, what only the owner can mend."""

import logging
from functools import partial
from hashlib import sha256

import discord

from bot.discord_errors import UNANSWERED, in_a_line, is_transient
from bot.messages.content import Content, notice
from bot.owner.owners import owner_id_of
from bot.sending import send_once
from db.alarms import Alarms
from db.retry import until_answered
from ops.wake_loop import WakeLoop

log = logging.getLogger(__name__)

NONCE_LENGTH_MAX = 25


class Alerts:
    def __init__(self, client: discord.Client, alarms: Alarms) -> None:
        self._client = client
        self._alarms = alarms
        loop = WakeLoop(self.tell, postponed="alarms could not be looked up")
        self.wake, self.serve = loop.wake, loop.serve

    async def tell(self) -> None:
        """By direct message. What Discord does not take for now comes again."""
        for alarm in await self._alarms.claim_untold():
            text = f"{alarm.remedy}\nIn detail: {alarm.detail}"
            log.error("alarm: %s", text)
            # Discord takes one message a nonce for some minutes, should the bot die before this is recorded.
            nonce = sha256(f"{alarm.code} {alarm.provider} {alarm.model} {alarm.raised_at}".encode())
            content = Content(notice(f"🚨 {text}"))
            if await tell_owner(self._client, content, nonce.hexdigest()[:NONCE_LENGTH_MAX]):
                await until_answered(partial(self._alarms.told, alarm))


async def tell_owner(client: discord.Client, content: Content, nonce: str) -> bool:
    """By direct message. False if Discord did not take it, and may later."""
    try:
        owner = await client.fetch_user(owner_id_of(await client.application_info()))
        await send_once(owner, content, nonce=nonce)
    except UNANSWERED as error:
        log.error("the owner could not be told: %s", in_a_line(error))
        return not is_transient(error)
    return True
