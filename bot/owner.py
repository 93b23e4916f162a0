"""Tells the owner of the bot, once each, what only the owner can mend."""

import asyncio
import logging
import time
from functools import partial

import discord

from bot import render
from bot.discord_errors import UNANSWERED, in_a_line, is_taken, is_transient
from db.alarms import Alarm, Alarms, remedy
from db.errors import reason
from db.pool import UNAVAILABLE, until_answered

log = logging.getLogger(__name__)

AGAIN_SECONDS = 60.0
"""Until an alarm is told again that Discord did not take for now."""


class Owner:
    def __init__(self, client: discord.Client, alarms: Alarms) -> None:
        self._client = client
        self._alarms = alarms
        self._wake = asyncio.Event()
        self._again_at = 0.0

    def wake(self) -> None:
        """Some alarm may be new."""
        self._wake.set()

    async def serve(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self.tell()

    async def tell(self) -> None:
        """Looks for alarms that were not told yet, and tells them by direct message."""
        if time.monotonic() < self._again_at:
            return
        try:
            untold = await self._alarms.claim_untold()
        except UNAVAILABLE as error:
            log.warning("alarms could not be looked up: %s", reason(error))
            return
        for alarm in untold:
            text = _text(alarm)
            log.error("alarm: %s", text)
            if not await self._send(text):
                self._again_at = time.monotonic() + AGAIN_SECONDS
                await until_answered(partial(self._alarms.not_told, alarm))

    async def _send(self, text: str) -> bool:
        """False if it was not taken, and may be later."""
        try:
            owner_id = owner_id_of(await self._client.application_info())
            owner = await self._client.fetch_user(owner_id)
            await owner.send(view=render.notice(f"🚨 {text}"))
        except UNANSWERED as error:
            if not is_taken(error):
                # The log has it; whoever watches that is told all the same.
                log.error("the owner could not be told: %s", in_a_line(error))
                return not is_transient(error)
        return True


def owner_id_of(application: discord.AppInfo) -> int:
    """For a team, the team's owner."""
    team = application.team
    return team.owner_id if team and team.owner_id else application.owner.id


def _text(alarm: Alarm) -> str:
    return f"{remedy(alarm)}\nIn detail: {alarm.detail}"
