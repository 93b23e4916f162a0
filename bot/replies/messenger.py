"""The ways by which a job's message reaches its member, tried from the best to the last."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, cast

import discord

from bot.discord_errors import UNANSWERED, in_a_line, is_final, is_gone, own_pauses
from bot.messages.picture import send_what_is_taken
from bot.messages.reply import Reply
from bot.metrics import ReplyMetrics
from bot.replies.sending import sent_once, taken
from core.errors import TigerbrushError
from db.orders import Job

log = logging.getLogger(__name__)

TOKEN_MARGIN = timedelta(seconds=30)
"""A token so near its end is not relied on: an edit takes time, and clocks differ."""

TAKE_BACK_SECONDS = 2.0

_UNKNOWN_MESSAGE = 10008
_WORDS = {
    "token": "by token",
    "bot": "as bot",
    "channel": "in the channel",
    "direct": "by direct message",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a message is."""

    channel_id: int
    message_id: int


_Route: TypeAlias = Callable[[Job, Reply], Awaitable[Shown | None]]


class Undeliverable(TigerbrushError):
    """This state of the job can not be shown in any way, and trying again would not help."""


class OutOfReach(TigerbrushError):
    """Discord refused every way there is now, and one of them may open again."""


class Messenger:
    def __init__(self, client: discord.Client, metrics: ReplyMetrics) -> None:
        self._client = client
        self._metrics = metrics

    async def bring(self, job: Job, reply: Reply) -> Shown | None:
        """Shows `reply` to the job's member and returns where the message is that is now the job's reply.

        None: it is shown, and only its token finds the message that shows it.
        Raises Undeliverable, also for an intermediate state that no way leads to now, as that is not worth
        waiting for; OutOfReach; or what passes by itself (`is_transient`).
        """
        refusals: list[discord.HTTPException] = []
        told = []
        for way, route in self._routes(job):
            try:
                shown = await self._try(way, route, job, reply)
                if way == "direct" and _is_in_no_channel(job):
                    await self._take_back_private(job)
                return shown
            except discord.HTTPException as error:
                if not is_final(error):
                    raise
                # A token finds only what was sent by it.
                is_last = way == "bot" or (way == "token" and _is_in_no_channel(job))
                if is_last and job.message_id is not None and error.code == _UNKNOWN_MESSAGE:
                    raise Undeliverable("the reply was deleted") from error
                refusals.append(error)
                told.append(f"{_WORDS[way]}: {_in_one_line(error)}")
        words = "; ".join(told) or "no way is left but for the end of the job"
        if not job.state.is_final or all(map(is_gone, refusals)):
            raise Undeliverable(words)
        raise OutOfReach(words)

    async def remove(self, job: Job) -> None:
        """Takes away the message of a job that was erased. Raises as `bring` does."""
        if job.message_id is None and not _has_token(job):
            return
        if _is_in_no_channel(job) and not _has_token(job):
            raise Undeliverable("nothing but its token could remove a private reply, and that is over")
        try:
            with own_pauses():
                await taken(self._delete(job))
        except discord.HTTPException as error:
            # Gone by hand before or, if it was private, with its member's client.
            if is_gone(error):
                return
            if not is_final(error):
                raise
            raise OutOfReach(f"the message could not be removed: {_in_one_line(error)}") from error

    async def _take_back_private(self, job: Job) -> None:
        """In whose place a direct message has come, while its token can: nothing else finds it later."""
        if not _has_token(job):
            return
        try:
            async with asyncio.timeout(TAKE_BACK_SECONDS):
                with own_pauses():
                    await taken(self._delete(job))
        except UNANSWERED as error:
            log.info("its private reply stays as it was: %s", in_a_line(error))

    async def _delete(self, job: Job) -> None:
        if _is_in_no_channel(job) or job.message_id is None:
            await self._webhook(job).delete_message(job.message_id or cast(int, "@original"))
        else:
            await self._message(job).delete()

    async def _try(self, way: str, route: _Route, job: Job, reply: Reply) -> Shown | None:
        try:
            with own_pauses():
                shown = await send_what_is_taken(reply, lambda part: route(job, part))
        except UNANSWERED as error:
            self._metrics.failed(way, error)
            raise
        self._metrics.shown(way)
        return shown

    def _routes(self, job: Job) -> list[tuple[str, _Route]]:
        routes: list[tuple[str, _Route]] = []
        if _has_token(job):
            routes.append(("token", self._edit_by_token))
        if job.message_id is not None and not _is_in_no_channel(job):
            routes.append(("bot", self._edit_as_bot))
        if job.state.is_final and not job.is_ephemeral:
            routes.append(("channel", self._post))
        if job.state.is_final:
            routes.append(("direct", self._send_direct_message))
        return routes

    async def _edit_by_token(self, job: Job, reply: Reply) -> Shown | None:
        # Until the id is known, "@original" names the first answer; discord.py's types know only numbers.
        message_id = job.message_id or cast(int, "@original")
        webhook = self._webhook(job)
        message = await taken(
            webhook.edit_message(message_id, view=reply.view, attachments=reply.attachments()),
            ask=None if job.message_id else lambda: webhook.fetch_message(message_id),
        )
        if message is None:
            return _known_place(job)
        if message.flags.ephemeral and not job.is_ephemeral:
            # The first answer was that something had gone wrong, and then the job was stored after all. Once
            # its token is over the bot cannot find this message, so the picture is posted then.
            return None
        return Shown(message.channel.id, message.id)

    async def _edit_as_bot(self, job: Job, reply: Reply) -> Shown | None:
        await taken(self._message(job).edit(view=reply.view, attachments=reply.attachments()))
        return _known_place(job)

    async def _post(self, job: Job, reply: Reply) -> Shown | None:
        """For a command whose answer never reached Discord, or that stands where it cannot be changed."""
        channel = self._client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
        return await _send(channel, job, reply, "in the channel")

    async def _send_direct_message(self, job: Job, reply: Reply) -> Shown | None:
        channel = await self._client.create_dm(discord.Object(job.member_id))
        return await _send(channel, job, reply, "by direct message")

    def _webhook(self, job: Job) -> discord.Webhook:
        webhook = discord.Webhook.partial(job.application_id, cast(str, job.token), client=self._client)
        # discord.py gives it the client's session and forgets the proxy.
        webhook.proxy = self._client.http.proxy
        return webhook

    def _message(self, job: Job) -> discord.PartialMessage:
        channel = self._client.get_partial_messageable(job.reply_channel_id or job.channel_id)
        return channel.get_partial_message(cast(int, job.message_id))


async def _send(channel: discord.abc.Messageable, job: Job, reply: Reply, way: str) -> Shown | None:
    # Discord takes one message a nonce for some minutes, should the bot die before this is recorded.
    message = await sent_once(
        lambda: channel.send(view=reply.view, files=reply.attachments(), nonce=f"job-{job.id}")
    )
    log.info("the reply went out %s", way)
    return Shown(message.channel.id, message.id) if message is not None else None


def _known_place(job: Job) -> Shown | None:
    if job.message_id is None:
        return None
    return Shown(job.reply_channel_id or job.channel_id, job.message_id)


def _has_token(job: Job) -> bool:
    return job.token is not None and datetime.now(UTC) < job.token_expires_at - TOKEN_MARGIN


def _is_in_no_channel(job: Job) -> bool:
    """A private reply that did not go out by direct message: nothing but its token finds it, and nobody else
    may see it."""
    return job.is_ephemeral and job.reply_channel_id in (None, job.channel_id)


def _in_one_line(error: discord.HTTPException) -> str:
    return " ".join(error.text.split()) or str(error.status)
