"""Keeps the message of each report in its server's channel as it should be: sent once, and edited when the picture was
decided about, or deleted by another way."""

import asyncio
import logging
from datetime import UTC, datetime

import discord

from bot.answers.show import read_previews
from bot.discord_errors import UNANSWERED, in_a_line, is_gone, own_pauses, retry_after_seconds
from bot.messages.content import Content
from bot.messages.reports import report_content
from bot.messages.words import Languages
from bot.sending import send_once, send_what_is_taken
from core.errors import BucketUnavailable
from db.picture_store import PictureStore
from db.pictures import Pictures
from db.reports import Report, Reports
from db.retry import until_answered
from db.servers import Servers
from ops.wake_loop import WakeLoop

log = logging.getLogger(__name__)

BATCH = 5
TIMEOUT_SECONDS = 30.0
HOLD_SECONDS = BATCH * TIMEOUT_SECONDS
PAUSE_SECONDS_MIN = 5.0
PAUSE_SECONDS_MAX = 600.0

_NOBODY = 0
"""Sees what no member's own is."""


class ReportMessages:
    def __init__(
        self,
        client: discord.Client,
        reports: Reports,
        servers: Servers,
        pictures: Pictures,
        store: PictureStore,
        languages: Languages,
    ) -> None:
        self._client = client
        self._reports = reports
        self._servers = servers
        self._pictures = pictures
        self._store = store
        self._languages = languages
        loop = WakeLoop(self.show_due, postponed="reports could not be looked up")
        self.wake, self.serve = loop.wake, loop.serve

    async def show_due(self) -> None:
        while reports := await self._reports.claim_due(BATCH, hold_seconds=HOLD_SECONDS):
            await self._servers.load()
            for report in reports:
                await self._show(report)

    async def _show(self, report: Report) -> None:
        if report.message_id is None and report.decision is not None:
            await until_answered(lambda: self._reports.told(report, None, None))
            return
        rules = self._servers.of(report.guild_id).rules
        channel_id = report.channel_id or rules.log_channel
        if channel_id is None:
            await self._postpone(report, "its server has no channel for reports")
            return
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                content = await self._content(report, rules.locale or "en-US")
                with own_pauses():
                    message_id = await self._put(report, channel_id, content)
        except (BucketUnavailable, *UNANSWERED) as error:
            is_removed = isinstance(error, discord.HTTPException) and is_gone(error)
            if report.message_id is None or not is_removed:
                await self._postpone(report, in_a_line(error), retry_after_seconds(error))
                return
            message_id = None
        place = channel_id if message_id is not None else None
        await until_answered(lambda: self._reports.told(report, place, message_id))

    async def _content(self, report: Report, locale: str) -> Content:
        picture = await self._pictures.find(report.picture_id, _NOBODY)
        previews = await read_previews(self._store, [picture]) if picture is not None else {}
        return report_content(report, picture, previews.get(report.picture_id), self._languages.of(locale))

    async def _put(self, report: Report, channel_id: int, content: Content) -> int:
        channel = self._client.get_partial_messageable(channel_id)
        if report.message_id is not None:
            shown = channel.get_partial_message(report.message_id)
            # An edit without a text has discord.py forget that nobody is to be mentioned.
            nobody = discord.AllowedMentions.none()
            await send_what_is_taken(
                content,
                lambda part: shown.edit(
                    view=part.view, attachments=part.attachments(), allowed_mentions=nobody
                ),
            )
            return report.message_id
        # Discord takes one message a nonce for some minutes, should the bot die before this is recorded.
        sent = await send_what_is_taken(
            content, lambda part: send_once(channel, part, nonce=f"report {report.id}")
        )
        if sent is None:
            raise TimeoutError("Discord does not say where the message is")
        return sent.id

    async def _postpone(self, report: Report, why: str, asked_seconds: float | None = None) -> None:
        # The longer it has been failing, the longer the pause.
        age_seconds = (datetime.now(UTC) - (report.decided_at or report.reported_at)).total_seconds()
        pause_seconds = min(max(PAUSE_SECONDS_MIN, age_seconds / 4), PAUSE_SECONDS_MAX)
        delay_seconds = max(pause_seconds, asked_seconds or 0.0)
        log.warning("report %d is shown later, in %.0f s: %s", report.id, delay_seconds, why)
        await until_answered(lambda: self._reports.postpone(report, delay_seconds=delay_seconds))
