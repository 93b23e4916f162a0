"""Keeps replies true: brings each to the newest revision of its job, whatever was missed in between.

It acts on what the table says, never on what a notification said, so a restart, a lost notification and a
failed edit are all the same to it: a reply that is behind.
"""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import aiohttp
import discord

from bot import render
from bot.messenger import Messenger, Undeliverable
from bot.render import Reply
from db.bucket import Bucket
from db.errors import BucketUnavailable
from db.jobs import Job, Jobs, State
from db.pool import UNAVAILABLE
from db.replies import Replies

log = logging.getLogger(__name__)

HOLD_SECONDS = 20.0
"""A reply that a bot works on is due again after this long, should that bot have died."""

EDIT_TIMEOUT_SECONDS = 15.0
"""Below HOLD_SECONDS, so that no second edit starts while the first may still arrive."""

PAUSE_SECONDS_MAX = 300.0
REFUSALS_MAX = 8
"""After so many refusals that are no passing fault (4xx), the record says why the reply is not shown."""

_PASSING = (
    *UNAVAILABLE,
    BucketUnavailable,
    aiohttp.ClientError,
    discord.DiscordServerError,
    discord.RateLimited,
)


class Keeper:
    def __init__(
        self, jobs: Jobs, replies: Replies, bucket: Bucket, messenger: Messenger, *, concurrency: int
    ) -> None:
        self._jobs = jobs
        self._replies = replies
        self._bucket = bucket
        self._messenger = messenger
        self._concurrency = concurrency
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Some reply may be behind."""
        self._wake.set()

    def stop(self) -> None:
        """No further reply is begun; `serve` returns when those at work are done."""
        self._stopping = True
        self._wake.set()

    async def serve(self) -> None:
        while not self._stopping:
            self._wake.clear()
            await self._begin_due()
            await self._wake.wait()
        await asyncio.gather(*self._tasks)

    async def _begin_due(self) -> None:
        free = self._concurrency - len(self._tasks)
        if free == 0:
            return
        try:
            due = await self._replies.claim_due(free, hold_seconds=HOLD_SECONDS)
        except UNAVAILABLE as error:
            log.warning("replies could not be looked up: %s", error or type(error).__name__)
            return
        for job in due:
            task = asyncio.create_task(self._keep(job), name=f"reply-{job.id}")
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        # There is a place free, and the job may have moved on meanwhile.
        self._wake.set()

    async def _keep(self, job: Job) -> None:
        try:
            await self._show(job)
        except UNAVAILABLE as error:
            log.warning("job %d: what is shown could not be recorded: %s", job.id, error)
        except Exception:  # the outermost frame of a reply: its fault must not stop the others
            log.exception("job %d: its reply broke and is tried again", job.id)

    async def _show(self, job: Job) -> None:
        try:
            async with asyncio.timeout(EDIT_TIMEOUT_SECONDS):
                message_id = await self._messenger.bring(job, await self._reply(job))
        except Undeliverable as error:
            log.warning("job %d: its reply cannot be shown: %s", job.id, error)
            await self._replies.give_up(job.id, job.revision, reason=str(error))
        except _PASSING as error:
            await self._postpone(job, error, count_fault=False)
        except discord.HTTPException as error:
            if job.reply_faults + 1 < REFUSALS_MAX:
                await self._postpone(job, error, count_fault=True)
            else:
                log.error("job %d: Discord keeps refusing its reply: %s", job.id, error)
                await self._replies.give_up(job.id, job.revision, reason=f"refused: {error}")
        else:
            await self._replies.shown(job.id, job.revision, message_id=message_id)
            log.info("job %d: its reply shows revision %d (%s)", job.id, job.revision, job.state)

    async def _postpone(self, job: Job, error: Exception, *, count_fault: bool) -> None:
        behind_seconds = (
            datetime.now(UTC) - (job.finished_at or job.started_at or job.created_at)
        ).total_seconds()
        # The longer it has been failing, the longer the pause: no column has to count the tries.
        delay_seconds = min(max(1.0, behind_seconds / 4), PAUSE_SECONDS_MAX)
        log.warning(
            "job %d: its reply is tried again in %.0f s: %s", job.id, delay_seconds, error or type(error)
        )
        await self._replies.postpone(job.id, delay_seconds=delay_seconds, count_fault=count_fault)
        asyncio.get_running_loop().call_later(delay_seconds, self.wake)

    async def _reply(self, job: Job) -> Reply:
        match job.state:
            case State.QUEUED:
                return render.waiting(job, await self._jobs.place_in_line(job))
            case State.RUNNING:
                return render.running(job)
            case State.DONE:
                preview = await self._bucket.get_preview(job)
                expires_at = datetime.now(UTC) + timedelta(seconds=self._bucket.link_ttl_seconds)
                return render.done(job, preview, render.Link(await self._bucket.link(job), expires_at))
            case State.FAILED:
                return render.failed(job)
            case State.CANCELLED:
                return render.cancelled(job)
