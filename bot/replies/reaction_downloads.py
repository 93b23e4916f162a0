"""A reaction under an order sends its pictures to whoever reacted, by direct message.

Members take turns, a few at a time, so that many at once take no more memory than a few.
"""

import logging
import time
from collections.abc import Sequence
from functools import partial

import discord

from bot.discord_errors import UNANSWERED, in_a_line, is_final
from bot.messages.content import Content, notice
from bot.messages.download import download_content, expired, not_sent, too_many, unreachable
from bot.messages.words import ENGLISH, Words
from bot.replies.fair_line import FairLine, LeftOut
from bot.sending import send_once, send_what_is_taken
from bot.services import Services
from core.errors import BucketUnavailable, reason
from core.orders import Order, Picture
from db.pool import UNAVAILABLE
from db.retry import until_answered
from ops.logs import about_job

log = logging.getLogger(__name__)

FILE_BYTES_MAX = 10 * 1024 * 1024  # what a direct message carries without a boost of any kind
AT_ONCE = 4
CROWD = 8  # where more wait, the link goes alone
WAITING_MAX = 1000
NOTICE_SECONDS = 30.0  # how long a notice stays in the channel; meanwhile its member gets no other

_CLOSED = {50007, 50278}
"""Discord's codes for a member who takes no direct messages, or who shares no server with the bot."""


class ReactionDownloads:
    """`emoji` are the reactions that count, and in a server its own."""

    def __init__(self, client: discord.Client, services: Services, emoji: Sequence[str]) -> None:
        self._client = client
        self._services = services
        self._emoji = {_plain(one) for one in emoji}
        self._line = FairLine(at_once=AT_ONCE, waiting_max=WAITING_MAX)
        self._in_progress: set[tuple[int, int]] = set()
        self._left_out: set[int] = set()
        self._told_until: dict[int, float] = {}

    async def on_reaction(self, payload: discord.RawReactionActionEvent) -> None:
        """Works on messages of any age."""
        asked = payload.user_id, payload.message_id
        if not self._counts(payload) or self._is_bot(payload):
            return
        if asked in self._in_progress:
            return
        self._in_progress.add(asked)
        try:
            async with self._line.slot(payload.user_id):
                await self._serve(payload)
        except LeftOut:
            # Told of with the last picture of theirs that is in the line.
            self._left_out.add(payload.user_id)
        except UNAVAILABLE as error:
            log.warning("a reaction cannot be served while Postgres is away: %s", reason(error))
        finally:
            self._in_progress.discard(asked)

    def _counts(self, payload: discord.RawReactionActionEvent) -> bool:
        """The bot's own also where a server has another, as they are under its older pictures."""
        emoji = _plain(str(payload.emoji.name))
        own = self._services.rules.servers.of(payload.guild_id).rules.reaction
        return emoji in self._emoji or (own is not None and emoji == _plain(own))

    def _is_bot(self, payload: discord.RawReactionActionEvent) -> bool:
        """In direct messages, where no member comes with the event, there is no other bot than this one."""
        is_own = self._client.user is not None and payload.user_id == self._client.user.id
        return is_own or (payload.member is not None and payload.member.bot)

    async def _serve(self, payload: discord.RawReactionActionEvent) -> None:
        """All pictures that the message shows, one message each, until one does not arrive."""
        pictures = await self._services.pictures.by_message(payload.message_id)
        # Expired pictures are told of once, and only if there are no others.
        pictures = [picture for picture in pictures if not picture.is_expired] or pictures[:1]
        for picture in pictures:
            order = picture.order
            if order.private and order.member_id != payload.user_id:
                return
            with about_job(picture.id, order.prompt, order.negative_prompt):
                if not await self._services.downloads.begin(payload.user_id, picture.id):
                    log.info("sent to this member less than a minute ago")
                elif not await self._deliver(payload, picture):
                    return

    async def _deliver(self, payload: discord.RawReactionActionEvent, picture: Picture) -> bool:
        """Whether it arrived, as a link at least."""
        member_id, order = payload.user_id, picture.order
        say = self._words_for(payload, order)
        try:
            arrived = await self._send(member_id, picture, say)
        except UNANSWERED as error:
            arrived = False
            log.warning("not sent to a member who reacted: %s", in_a_line(error))
            is_closed = isinstance(error, discord.HTTPException) and error.code in _CLOSED
            await self._tell_in_channel(payload, not_sent(member_id, say, is_closed=is_closed))
        if not arrived:
            await until_answered(partial(self._services.downloads.take_back, member_id, picture.id))
        return arrived

    def _words_for(self, payload: discord.RawReactionActionEvent, order: Order) -> Words:
        """A reaction does not tell its member's language; that of the order's own member is known."""
        rules = self._services.rules
        of_place = rules.servers.of(payload.guild_id).rules.locale
        own = order.locale if order.member_id == payload.user_id else of_place
        locale = rules.members.known(payload.user_id).wishes.locale or own
        return self._services.languages.of(locale) if locale else ENGLISH

    async def _send(self, member_id: int, picture: Picture, say: Words) -> bool:
        """Whether it arrived, as a link at least. Raises what discord.py raises."""
        user = await self._client.fetch_user(member_id)
        if user.bot:
            return True
        if member_id in self._left_out and not self._line.has(member_id):
            self._left_out.discard(member_id)
            await send_once(user, Content(notice(too_many(say))))
        if picture.is_expired:
            await send_once(user, Content(notice(expired(say))))
            return True
        try:
            message = await self._send_picture(user, picture, say)
        except BucketUnavailable as error:
            log.warning("not sent to a member who reacted: %s", reason(error))
            await send_once(user, Content(notice(unreachable(say))))
            return False
        if message is not None:
            await self._record(message, member_id, picture)
        log.info("sent to a member who reacted")
        return True

    async def _send_picture(self, user: discord.User, picture: Picture, say: Words) -> discord.Message | None:
        """With its file if there is room for it, else with the small one."""
        store, size = self._services.picture_store, picture.bytes
        is_wanted = self._line.length <= CROWD and size <= FILE_BYTES_MAX
        with self._services.held_bytes.room_for(size if is_wanted else 0) as has_room:
            is_original = is_wanted and has_room
            file = await (store.original(picture) if is_original else self._preview(picture))
            link = store.link(picture, download=True)
            content = download_content(picture, link, file, say, is_original=is_original)
            return await send_what_is_taken(content, partial(send_once, user))

    async def _preview(self, picture: Picture) -> bytes | None:
        try:
            return await self._services.picture_store.preview(picture)
        except BucketUnavailable as error:
            log.warning("sent as a link alone: %s", reason(error))
            return None

    async def _tell_in_channel(self, payload: discord.RawReactionActionEvent, text: str) -> None:
        """Without a ping, for a time in which it is said once."""
        now = time.monotonic()
        self._told_until = {member: until for member, until in self._told_until.items() if until > now}
        if payload.user_id in self._told_until:
            return
        self._told_until[payload.user_id] = now + NOTICE_SECONDS
        channel = self._client.get_partial_messageable(payload.channel_id, guild_id=payload.guild_id)
        reference = channel.get_partial_message(payload.message_id).to_reference(fail_if_not_exists=False)
        content = Content(notice(text))
        try:
            try:
                message = await send_once(channel, content, reference=reference)
            except discord.HTTPException as error:
                if not is_final(error):
                    raise
                # A reference takes the right to read the channel's history.
                message = await send_once(channel, content)
        except UNANSWERED as error:
            log.info("nor could the member be told in the channel: %s", in_a_line(error))
            return
        if message is not None:
            await self._record(message, payload.user_id, None)

    async def _record(self, message: discord.Message, member_id: int, picture: Picture | None) -> None:
        """So that it is removed when the picture is deleted or, as a notice, after its time."""
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


def _plain(emoji: str) -> str:
    """Without the variation selector, which some clients send and some do not."""
    return emoji.replace("\ufe0f", "")
