"""Tells the owner of the bot, once each, what only the owner can mend, and when it is mended."""

import logging
from datetime import timedelta
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
            nonce = _nonce(f"{alarm.code} {alarm.provider} {alarm.model} {alarm.raised_at}")
            if await tell_owner(self._client, Content(notice(f"🚨 {text}")), nonce):
                await until_answered(partial(self._alarms.told, alarm))
        for ended in await self._alarms.claim_ended():
            alarm = ended.alarm
            text = f"Over, after {_span(ended.ended_at - alarm.raised_at)}: {alarm.problem}"
            log.info("alarm: %s", text)
            if await tell_owner(self._client, Content(notice(f"✅ {text}")), _nonce(f"end {ended.id}")):
                await until_answered(partial(self._alarms.end_told, ended))


def _nonce(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:NONCE_LENGTH_MAX]


def _span(time: timedelta) -> str:
    minutes = round(time.total_seconds() / 60)
    if minutes < 1:
        return "less than a minute"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "day"), (hours, "hour"), (minutes, "minute"))
    return ", ".join(f"{count} {name}{'s' if count > 1 else ''}" for count, name in parts if count)


async def tell_owner(client: discord.Client, content: Content, nonce: str) -> bool:
    """By direct message. False if Discord did not take it, and may later."""
    try:
        owner = await client.fetch_user(owner_id_of(await client.application_info()))
        await send_once(owner, content, nonce=nonce)
    except UNANSWERED as error:
        log.error("the owner could not be told: %s", in_a_line(error))
        return not is_transient(error)
    return True
