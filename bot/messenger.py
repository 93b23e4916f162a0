"""The ways by which a job's message reaches its member, tried from the best to the last."""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import cast

import discord

from bot.render import Reply
from db.errors import TigerbrushError
from db.jobs import Job

log = logging.getLogger(__name__)

TOKEN_MARGIN = timedelta(seconds=30)
"""A token so near its end is not relied on: an edit takes time, and clocks differ."""

# Discord's error codes, where the status alone does not tell.
_UNKNOWN_MESSAGE = 10008


class Undeliverable(TigerbrushError):
    """The message can not reach the member in any way."""


class _RouteClosed(TigerbrushError):
    """This way does not lead there, but another may."""


class Messenger:
    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def bring(self, job: Job, reply: Reply) -> int | None:
        """Shows `reply` to the job's member and returns the id of the message that is now the job's reply.

        None: nothing was shown, as an intermediate state is not worth a message of its own.
        Raises Undeliverable, or discord.py's own exceptions for what may pass.
        """
        reasons = []
        for route in self._routes(job):
            try:
                return await route(job, reply)
            except _RouteClosed as error:
                reasons.append(str(error))
        if not job.state.is_final:
            return None
        raise Undeliverable("; ".join(reasons))

    def _routes(self, job: Job) -> list[Callable[[Job, Reply], Awaitable[int]]]:
        routes: list[Callable[[Job, Reply], Awaitable[int]]] = []
        if job.token is not None and datetime.now(UTC) < job.token_expires_at - TOKEN_MARGIN:
            routes.append(self._edit_by_token)
        if job.message_id is not None:
            routes.append(self._edit_as_bot)
        elif job.state.is_final:
            routes.append(self._post)
        if job.state.is_final:
            routes.append(self._send_direct_message)
        return routes

    async def _edit_by_token(self, job: Job, reply: Reply) -> int:
        webhook = discord.Webhook.partial(job.application_id, cast(str, job.token), client=self._client)
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
        return message.id

    async def _edit_as_bot(self, job: Job, reply: Reply) -> int:
        channel = self._client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
        message = channel.get_partial_message(cast(int, job.message_id))
        try:
            await message.edit(view=reply.view, attachments=reply.attachments())
        except discord.NotFound as error:
            if error.code == _UNKNOWN_MESSAGE:
                raise Undeliverable("the reply was deleted") from error
            raise _RouteClosed(f"as bot: {error.text}") from error
        except discord.Forbidden as error:
            raise _RouteClosed(f"as bot: {error.text}") from error
        return message.id

    async def _post(self, job: Job, reply: Reply) -> int:
        """For a command whose answer never reached Discord, or whose place nobody knows."""
        channel = self._client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
        return await _send(channel, job, reply, "in the channel")

    async def _send_direct_message(self, job: Job, reply: Reply) -> int:
        user = await self._client.fetch_user(job.member_id)
        return await _send(user, job, reply, "by direct message")


async def _send(target: discord.abc.Messageable, job: Job, reply: Reply, way: str) -> int:
    try:
        # Discord takes one message a nonce for some minutes, should the bot die before this is recorded.
        message = await target.send(view=reply.view, files=reply.attachments(), nonce=f"job-{job.id}")
    except (discord.NotFound, discord.Forbidden) as error:
        raise _RouteClosed(f"{way}: {error.text}") from error
    log.info("job %d: the reply went out %s", job.id, way)
    return message.id
