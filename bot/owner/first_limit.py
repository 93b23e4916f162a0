"""Tells the owner, with the first picture of all, which limit stands that nobody has set."""

import logging

import discord

from bot.discord_errors import UNANSWERED, in_a_line
from bot.messages.content import Content, notice
from bot.owner.admission import Admission
from bot.owner.alerts import tell_owner
from core.policy import plain
from db.dashboard import Dashboard
from db.servers import Servers
from ops.wake_loop import WakeLoop

log = logging.getLogger(__name__)

_NONCE = "first-limit"


class FirstLimit:
    def __init__(
        self, client: discord.Client, servers: Servers, dashboard: Dashboard, admission: Admission
    ) -> None:
        self._client = client
        self._servers = servers
        self._dashboard = dashboard
        self._admission = admission
        loop = WakeLoop(
            self.tell, postponed="whether the owner knows of the first limit could not be looked up"
        )
        self.wake, self.serve = loop.wake, loop.serve

    async def tell(self) -> None:
        """By direct message. What Discord does not take for now comes again."""
        if self._servers.is_first_limit_told or not await self._dashboard.has_pictures():
            return
        # Another process may have told it, or the owner have set one.
        await self._servers.load()
        most = self._servers.house.in_all.credits_per_month
        if self._servers.is_first_limit_told or most is None:
            return
        try:
            say = await self._admission.owner_words()
        except UNANSWERED as error:
            log.warning("the owner is told of the first limit later: %s", in_a_line(error))
            return
        text = say(
            "💰 The first picture is painted. All members together may use {most} credits a month, which stands "
            "because nobody has set a limit. Set your own with `/owner`, on the page “Money”.",
            most=plain(most),
        )
        if await tell_owner(self._client, Content(notice(text)), _NONCE):
            await self._servers.first_limit_told()
