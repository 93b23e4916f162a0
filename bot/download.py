"""A reaction under a picture brings it to whoever reacted, by direct message."""

import io
import logging
from collections.abc import Sequence

import discord
from discord import ui

from bot import render
from bot.prompts import escape
from bot.services import Services
from bot.words import ENGLISH, Words
from db.bucket import file_name
from db.errors import BucketUnavailable
from db.jobs import Job, State
from db.logs import about_job

log = logging.getLogger(__name__)

FILE_BYTES_MAX = 10 * 1024 * 1024
"""What a direct message carries without a boost of any kind."""

NOTICE_SECONDS = 30.0
"""How long a member has to read in the channel that the direct messages are closed."""

_CANNOT_MESSAGE_USER = 50007
_VARIATION_SELECTOR = "\ufe0f"


class ReactionDownloads:
    """`emoji` are the reactions that count; the bot offers the first of them."""

    def __init__(self, client: discord.Client, services: Services, emoji: Sequence[str]) -> None:
        self._client = client
        self._services = services
        self._emoji = {_plain(one) for one in emoji}

    async def on_reaction(self, payload: discord.RawReactionActionEvent) -> None:
        """Works on messages of any age: what is known of the picture is in the table."""
        is_own = self._client.user is not None and payload.user_id == self._client.user.id
        if is_own or _plain(payload.emoji.name) not in self._emoji:
            return
        job = await self._services.gallery.by_message(payload.message_id)
        if job is None or job.state is not State.DONE:
            return
        if job.private and job.member_id != payload.user_id:
            return
        with about_job(job.id):
            if await self._services.downloads.begin(payload.user_id, job.id):
                await self._send(payload, job)
            else:
                log.info("it was sent to this member less than a minute ago")

    async def _send(self, payload: discord.RawReactionActionEvent, job: Job) -> None:
        # A reaction does not tell the language of who reacts; whoever asked for the picture reads their own.
        say = self._services.languages.of(job.locale) if job.member_id == payload.user_id else ENGLISH
        user = await self._client.fetch_user(payload.user_id)
        view, files = await self._message(job, say)
        try:
            await user.send(view=view, files=files)
        except discord.Forbidden as error:
            if error.code != _CANNOT_MESSAGE_USER:
                raise
            await self._say_that_messages_are_closed(payload, say)
        else:
            log.info("it was sent to a member who reacted")

    async def _message(self, job: Job, say: Words) -> tuple[ui.LayoutView, list[discord.File]]:
        if job.is_expired:
            text = say("📥 The full size of this picture has expired; only the one in the channel is left.")
            return render.notice(text), []
        try:
            return self._view(job, say), await self._files(job)
        except BucketUnavailable as error:
            log.warning("it could not be sent to a member who reacted: %s", error)
            text = say("📥 The picture cannot be reached at the moment. React again in a minute.")
            return render.notice(text), []

    def _view(self, job: Job, say: Words) -> ui.LayoutView:
        url = self._services.pictures.link(job, download=True)
        items: list[ui.Item[ui.LayoutView]] = [ui.TextDisplay(say("### 📥 Here is your picture"))]
        items.append(ui.TextDisplay(f"> {escape(job.prompt)}\n-# {job.width} × {job.height}"))
        if _fits(job):
            items.append(ui.File(f"attachment://{file_name(job)}"))
        if url is None:
            items.append(ui.TextDisplay(say("Its link appears under the picture shortly.")))
        elif len(url) <= render.LINK_URL_LENGTH_MAX:
            items.append(ui.ActionRow(ui.Button(label=say("Download"), emoji="📥", url=url)))
        else:
            items.append(ui.TextDisplay(f"📥 [{say('Download')}]({url})"))
        return render.view_of(*items)

    async def _files(self, job: Job) -> list[discord.File]:
        if not _fits(job):
            return []
        return [discord.File(io.BytesIO(await self._services.pictures.original(job)), file_name(job))]

    async def _say_that_messages_are_closed(
        self, payload: discord.RawReactionActionEvent, say: Words
    ) -> None:
        channel = self._client.get_partial_messageable(payload.channel_id, guild_id=payload.guild_id)
        text = say(
            "📥 <@{member}>, your direct messages are closed to me. "
            "Open them for this server and react again.",
            member=payload.user_id,
        )
        try:
            await channel.send(
                view=render.notice(text),
                reference=channel.get_partial_message(payload.message_id),
                delete_after=NOTICE_SECONDS,
            )
        except (discord.Forbidden, discord.NotFound) as error:
            log.info("a member with closed direct messages could not be told: %s", error)


def _plain(emoji: str) -> str:
    """Some clients send the selector that asks for a colourful picture, and some do not."""
    return emoji.replace(_VARIATION_SELECTOR, "")


def _fits(job: Job) -> bool:
    return 0 < (job.original_bytes or 0) <= FILE_BYTES_MAX
