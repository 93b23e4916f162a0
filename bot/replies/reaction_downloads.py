"""A reaction under an order sends its pictures to whoever reacted, by direct message.

Members take turns, a few at a time, so that many at once take no more memory than a few.
"""

import io
import logging
import time
from collections.abc import Sequence
from functools import partial

import discord
from discord import ui

from bot.discord_errors import UNANSWERED, in_a_line, is_final, refuses_as_harmful
from bot.messages.content import LINK_URL_LENGTH_MAX, notice, view_of
from bot.messages.prompts import escape
from bot.messages.words import ENGLISH, Words
from bot.replies.fair_line import FairLine, LeftOut
from bot.replies.sending import send_new
from bot.services import Services
from core.errors import BucketUnavailable, reason
from core.orders import Picture
from db.bucket.client import file_name
from db.pool import UNAVAILABLE
from db.retry import until_answered
from ops.logs import about_job

log = logging.getLogger(__name__)

FILE_BYTES_MAX = 10 * 1024 * 1024
"""What a direct message carries without a boost of any kind."""

AT_ONCE = 4
"""A member's messages are sent one after the other, as Discord takes about one a second of them."""

HELD_BYTES_MAX = 2 * FILE_BYTES_MAX
"""Of all originals in memory; beyond that, and where many wait, the link goes alone."""

CROWD = 8
WAITING_MAX = 1000
NOTICE_SECONDS = 30.0
"""How long a member has to read in the channel why no message came; meanwhile no other is written there."""

_CLOSED = {50007, 50278}
"""Discord's codes for a member who takes no direct messages, or who shares no server with the bot."""

_VARIATION_SELECTOR = "\ufe0f"


class ReactionDownloads:
    """`emoji` are the reactions that count; the bot adds the first of them."""

    def __init__(self, client: discord.Client, services: Services, emoji: Sequence[str]) -> None:
        self._client = client
        self._services = services
        self._emoji = {_plain(one) for one in emoji}
        self._line = FairLine(at_once=AT_ONCE, waiting_max=WAITING_MAX)
        self._in_hand: set[tuple[int, int]] = set()
        self._left_out: set[int] = set()
        self._held_bytes = 0
        self._told_until: dict[int, float] = {}

    async def on_reaction(self, payload: discord.RawReactionActionEvent) -> None:
        """Works on messages of any age: what is known of the picture is in the table."""
        asked = payload.user_id, payload.message_id
        if _plain(str(payload.emoji.name)) not in self._emoji or self._is_bot(payload):
            return
        if asked in self._in_hand:
            return
        self._in_hand.add(asked)
        try:
            async with self._line.slot(payload.user_id):
                await self._serve(payload)
        except LeftOut:
            # Told of once all that is in the line is sent.
            self._left_out.add(payload.user_id)
        except UNAVAILABLE as error:
            log.warning("a reaction cannot be served while Postgres is away: %s", reason(error))
        finally:
            self._in_hand.discard(asked)

    def _is_bot(self, payload: discord.RawReactionActionEvent) -> bool:
        """Who reacts in a server is told with the reaction; in direct messages there is no other bot."""
        is_own = self._client.user is not None and payload.user_id == self._client.user.id
        return is_own or (payload.member is not None and payload.member.bot)

    async def _serve(self, payload: discord.RawReactionActionEvent) -> None:
        """All that the message shows, one message each, until one does not arrive."""
        pictures = await self._services.pictures.by_message(payload.message_id)
        # What has expired is told of once, and only where nothing else comes.
        pictures = [picture for picture in pictures if not picture.is_expired] or pictures[:1]
        for picture in pictures:
            order = picture.order
            if order.private and order.member_id != payload.user_id:
                return
            with about_job(picture.id, order.prompt, order.negative_prompt):
                if not await self._services.downloads.begin(payload.user_id, picture.id):
                    log.info("it was sent to this member less than a minute ago")
                elif not await self._deliver(payload, picture):
                    return

    async def _deliver(self, payload: discord.RawReactionActionEvent, picture: Picture) -> bool:
        """Whether it arrived, the link at least."""
        order = picture.order
        # A reaction does not tell the language of who reacts; whoever asked for the picture reads their own.
        say = self._services.languages.of(order.locale) if order.member_id == payload.user_id else ENGLISH
        try:
            arrived = await self._send(payload.user_id, picture, say)
        except UNANSWERED as error:
            arrived = False
            log.warning("it could not be sent to a member who reacted: %s", in_a_line(error))
            await self._tell_in_channel(payload, _explain(payload.user_id, error, say))
        if not arrived:
            take_back = partial(self._services.downloads.take_back, payload.user_id, picture.id)
            await until_answered(take_back)
        return arrived

    async def _send(self, member_id: int, picture: Picture, say: Words) -> bool:
        """Whether it arrived, the link at least. Raises what discord.py raises."""
        user = await self._client.fetch_user(member_id)
        if user.bot:
            return True
        if member_id in self._left_out and not self._line.has(member_id):
            self._left_out.discard(member_id)
            await send_new(user, notice(_too_many(say)))
        if picture.is_expired:
            text = say("📥 The full size of this picture has expired; only the one in the channel is left.")
            await send_new(user, notice(text))
            return True
        try:
            # None: it is sent, and nothing tells where, to take it away again.
            message = await self._send_picture(user, picture, say)
        except BucketUnavailable as error:
            log.warning("it could not be sent to a member who reacted: %s", reason(error))
            text = say("📥 The picture cannot be reached at the moment. React again in a minute.")
            await send_new(user, notice(text))
            return False
        if message is not None:
            await self._record(message, member_id, picture)
        log.info("it was sent to a member who reacted")
        return True

    async def _send_picture(self, user: discord.User, picture: Picture, say: Words) -> discord.Message | None:
        """With its file if there is room for it; else, or if Discord does not take that, the link alone."""
        size = picture.bytes
        is_crowded = self._line.length > CROWD or self._held_bytes + size > HELD_BYTES_MAX
        if not is_crowded and picture.bytes <= FILE_BYTES_MAX:
            self._held_bytes += size
            try:
                return await self._send_file(user, picture, say)
            except discord.HTTPException as error:
                if not is_final(error) or error.code in _CLOSED:
                    raise
                log.info("Discord does not take the file, so its link goes alone: %s", in_a_line(error))
            finally:
                self._held_bytes -= size
        return await send_new(user, self._view(picture, say, with_file=False))

    async def _send_file(self, user: discord.User, picture: Picture, say: Words) -> discord.Message | None:
        original = await self._services.picture_store.original(picture)

        def file() -> discord.File:
            return discord.File(io.BytesIO(original), file_name(picture))

        try:
            return await send_new(user, self._view(picture, say, with_file=True), file)
        except discord.HTTPException as error:
            if not refuses_as_harmful(error):
                raise
            log.info("Discord takes its link for harmful, so the file goes alone: %s", in_a_line(error))
        return await send_new(user, self._view(picture, say, with_file=True, with_link=False), file)

    def _view(
        self, picture: Picture, say: Words, *, with_file: bool, with_link: bool = True
    ) -> ui.LayoutView:
        items: list[ui.Item[ui.LayoutView]] = [ui.TextDisplay(say("### 📥 Here is your picture"))]
        items.append(
            ui.TextDisplay(f"> {escape(picture.order.prompt)}\n-# {picture.width} × {picture.height}")
        )
        if with_file:
            items.append(ui.File(f"attachment://{file_name(picture)}", spoiler=picture.order.spoiler))
        if with_link:
            items.append(self._link(picture, say))
        return view_of(*items)

    def _link(self, picture: Picture, say: Words) -> ui.Item[ui.LayoutView]:
        url = self._services.picture_store.link(picture, download=True)
        if url is None:
            return ui.TextDisplay(say("Its link appears under the picture shortly."))
        if len(url) <= LINK_URL_LENGTH_MAX:
            return ui.ActionRow(ui.Button(label=say("Download"), emoji="📥", url=url))
        return ui.TextDisplay(f"📥 [{say('Download')}]({url})")

    async def _tell_in_channel(self, payload: discord.RawReactionActionEvent, text: str) -> None:
        """Where else, as no direct message comes: without a ping, and for a time in which it is said once."""
        now = time.monotonic()
        self._told_until = {member: until for member, until in self._told_until.items() if until > now}
        if payload.user_id in self._told_until:
            return
        self._told_until[payload.user_id] = now + NOTICE_SECONDS
        channel = self._client.get_partial_messageable(payload.channel_id, guild_id=payload.guild_id)
        reference = channel.get_partial_message(payload.message_id).to_reference(fail_if_not_exists=False)
        view = notice(text)
        try:
            try:
                message = await send_new(channel, view, reference=reference)
            except discord.HTTPException as error:
                if not is_final(error):
                    raise
                # To refer to one takes the right to read the channel's history.
                message = await send_new(channel, view)
        except UNANSWERED as error:
            log.info("nor could the member be told in the channel: %s", in_a_line(error))
            return
        if message is not None:
            await self._record(message, payload.user_id, None)

    async def _record(self, message: discord.Message, member_id: int, picture: Picture | None) -> None:
        """So that it is found when the picture is deleted; a notice, which is of none, goes by itself."""
        record = partial(
            self._services.copies.record,
            message.id,
            message.channel.id,
            member_id=member_id,
            picture_ids=[picture.id] if picture else [],
            stays_seconds=None if picture else NOTICE_SECONDS,
            is_download=picture is not None,
        )
        await until_answered(record)


def _explain(member_id: int, error: Exception, say: Words) -> str:
    if isinstance(error, discord.HTTPException) and error.code in _CLOSED:
        return say(
            "📥 <@{member}>, your direct messages are closed to me. "
            "Open them for this server and react again.",
            member=member_id,
        )
    return say(
        "📥 <@{member}>, the picture could not be sent to you. React again in a minute.", member=member_id
    )


def _too_many(say: Words) -> str:
    return say("📥 These were more pictures than fit in the line. React again to those that did not come.")


def _plain(emoji: str) -> str:
    """Some clients send the selector that asks for a colourful picture, and some do not."""
    return emoji.replace(_VARIATION_SELECTOR, "")
