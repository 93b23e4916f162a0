"""The ways by which a job's message reaches its member, tried from the best to the last."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, cast

import aiohttp
import discord

from bot.metrics import ReplyMetrics
from bot.render import Reply
from db.errors import TigerbrushError
from db.jobs import Job

log = logging.getLogger(__name__)

TOKEN_MARGIN = timedelta(seconds=30)
"""A token so near its end is not relied on: an edit takes time, and clocks differ."""

# Discord's error codes, where the status alone does not tell.
_UNKNOWN_MESSAGE = 10008


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a message is."""

    channel_id: int
    message_id: int


_Route: TypeAlias = Callable[[Job, Reply], Awaitable[Shown | None]]


class Undeliverable(TigerbrushError):
    """The message can not reach the member in any way."""


class _RouteClosed(TigerbrushError):
    """This way does not lead there, but another may."""


class Messenger:
    def __init__(self, client: discord.Client, metrics: ReplyMetrics) -> None:
        self._client = client
        self._metrics = metrics

    async def bring(self, job: Job, reply: Reply) -> Shown | None:
        """Shows `reply` to the job's member and returns where the message is that is now the job's reply.

        None: the message that shows it is found by its token alone, or nothing was shown, as an intermediate
        state is not worth a message of its own.
        Raises Undeliverable, or discord.py's own exceptions for what may pass.
        """
        reasons = []
        for way, route in self._routes(job):
            try:
                return await self._try(way, route(job, reply))
            except _RouteClosed as error:
                reasons.append(str(error))
        if not job.state.is_final:
            return None
        raise Undeliverable("; ".join(reasons))

    async def remove(self, job: Job) -> None:
        """Takes away the message of a job that was erased. Raises Undeliverable where the bot cannot."""
        if job.message_id is None:
            return
        channel = self._client.get_partial_messageable(job.reply_channel_id or job.channel_id)
        try:
            await channel.get_partial_message(job.message_id).delete()
        except discord.NotFound:
            # Deleted by hand before or, if it was private, only its member's client had it.
            return
        except discord.Forbidden as error:
            raise Undeliverable(f"the message could not be removed: {error.text}") from error

    async def _try(self, way: str, bringing: Awaitable[Shown | None]) -> Shown | None:
        try:
            shown = await bringing
        except (TigerbrushError, discord.DiscordException, aiohttp.ClientError, OSError) as error:
            self._metrics.failed(way, error)
            raise
        self._metrics.shown(way)
        return shown

    def _routes(self, job: Job) -> list[tuple[str, _Route]]:
        routes: list[tuple[str, _Route]] = []
        if job.token is not None and datetime.now(UTC) < job.token_expires_at - TOKEN_MARGIN:
            routes.append(("token", self._edit_by_token))
        # A private reply is in no channel: nothing but its token finds it, and nobody else may see it; unless
        # it went out by direct message.
        went_elsewhere = job.reply_channel_id not in (None, job.channel_id)
        if job.message_id is not None and (went_elsewhere or not job.is_ephemeral):
            routes.append(("bot", self._edit_as_bot))
        elif job.state.is_final and not job.is_ephemeral:
            routes.append(("channel", self._post))
        if job.state.is_final:
            routes.append(("direct", self._send_direct_message))
        return routes

    async def _edit_by_token(self, job: Job, reply: Reply) -> Shown | None:
        webhook = discord.Webhook.partial(job.application_id, cast(str, job.token), client=self._client)
        # discord.py gives it the client's session and forgets the proxy.
        webhook.proxy = self._client.http.proxy
        # Until the id is known, "@original" names the first answer; discord.py's types know only numbers.
        message_id = job.message_id or cast(int, "@original")
        try:
            message = await webhook.edit_message(message_id, view=reply.view, attachments=reply.attachments())
        except discord.NotFound as error:
            if job.message_id is not None and error.code == _UNKNOWN_MESSAGE:
                raise Undeliverable("the reply was deleted") from error
            raise _RouteClosed(f"by token: {error.text}") from error
        except discord.HTTPException as error:
            if error.status in (401, 403):
                raise _RouteClosed(f"by token: {error.text}") from error
            raise
        if message.flags.ephemeral and not job.is_ephemeral:
            # The first answer was that something had gone wrong, and then the job was stored after all. Once
            # its token is over the bot cannot find this message, so the picture is posted then.
            return None
        return Shown(message.channel.id, message.id)

    async def _edit_as_bot(self, job: Job, reply: Reply) -> Shown:
        channel = self._client.get_partial_messageable(job.reply_channel_id or job.channel_id)
        message = channel.get_partial_message(cast(int, job.message_id))
        try:
            await message.edit(view=reply.view, attachments=reply.attachments())
        except discord.NotFound as error:
            if error.code == _UNKNOWN_MESSAGE:
                raise Undeliverable("the reply was deleted") from error
            raise _RouteClosed(f"as bot: {error.text}") from error
        except discord.Forbidden as error:
            raise _RouteClosed(f"as bot: {error.text}") from error
        return Shown(channel.id, message.id)

    async def _post(self, job: Job, reply: Reply) -> Shown:
        """For a command whose answer never reached Discord, or whose place nobody knows."""
        channel = self._client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
        return await _send(channel, job, reply, "in the channel")

    async def _send_direct_message(self, job: Job, reply: Reply) -> Shown:
        user = await self._client.fetch_user(job.member_id)
        return await _send(user, job, reply, "by direct message")


async def _send(target: discord.abc.Messageable, job: Job, reply: Reply, way: str) -> Shown:
    try:
        # Discord takes one message a nonce for some minutes, should the bot die before this is recorded.
        message = await target.send(view=reply.view, files=reply.attachments(), nonce=f"job-{job.id}")
    except (discord.NotFound, discord.Forbidden) as error:
        raise _RouteClosed(f"{way}: {error.text}") from error
    log.info("the reply went out %s", way)
    return Shown(message.channel.id, message.id)
