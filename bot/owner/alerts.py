"""Tells the owner of the bot, once each, what only the owner can mend."""

import logging
import time
from functools import partial

import discord

from bot.discord_errors import UNANSWERED, in_a_line, is_taken, is_transient
from bot.messages.content import notice
from db.alarms import Alarms
from db.pool import until_answered
from ops.wake_loop import WakeLoop

log = logging.getLogger(__name__)

AGAIN_SECONDS = 60.0
"""Until an alarm is told again that Discord did not take for now."""


class Alerts:
    def __init__(self, client: discord.Client, alarms: Alarms) -> None:
        self._client = client
        self._alarms = alarms
        self._again_at = 0.0
        loop = WakeLoop(self.tell, postponed="alarms could not be looked up")
        self.wake, self.serve = loop.wake, loop.serve

    async def tell(self) -> None:
        """By direct message, of the alarms that nobody has told yet."""
        if time.monotonic() < self._again_at:
            return
        for alarm in await self._alarms.claim_untold():
            text = f"{alarm.remedy}\nIn detail: {alarm.detail}"
            log.error("alarm: %s", text)
            if not await self._send(text):
                self._again_at = time.monotonic() + AGAIN_SECONDS
                await until_answered(partial(self._alarms.not_told, alarm))

    async def _send(self, text: str) -> bool:
        """False if it was not taken, and may be later."""
        try:
            owner_id = owner_id_of(await self._client.application_info())
            owner = await self._client.fetch_user(owner_id)
            await owner.send(view=notice(f"🚨 {text}"))
        except UNANSWERED as error:
            if not is_taken(error):
                # The log has it too, for whoever watches that.
                log.error("the owner could not be told: %s", in_a_line(error))
                return not is_transient(error)
        return True


def owner_id_of(application: discord.AppInfo) -> int:
    """For a team, the team's owner."""
    team = application.team
    return team.owner_id if team and team.owner_id else application.owner.id
