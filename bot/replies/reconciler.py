"""Keeps replies true: brings each to the newest revision of its job, whatever was missed in between.

It acts on what the table says, never on what a notification said, so a restart, a lost notification and a
failed edit are all the same to it: a reply that is behind.
"""

import asyncio
import logging
from datetime import UTC, datetime

from bot.discord_errors import in_a_line, is_transient, retry_after_seconds
from bot.messages import order as render
from bot.messages.picture import picture_reply
from bot.messages.reply import Reply
from bot.messages.words import Languages
from bot.replies.download_reactions import Offers
from bot.replies.messenger import Messenger, OutOfReach, Shown, Undeliverable
from core.errors import BucketUnavailable, reason
from db.orders import Estimate, Job, Jobs, State
from db.picture_store import Pictures
from db.pool import UNAVAILABLE, until_answered, until_stopped
from db.replies import Replies
from ops.logs import about_job

log = logging.getLogger(__name__)

HOLD_SECONDS = 10.0
"""A reply that a bot works on is due again after this long, should that bot have died."""

EDIT_TIMEOUT_SECONDS = 8.0
"""Below HOLD_SECONDS, so that no second edit starts while the first may still arrive."""

MOVED_MAX = 5
"""How many replies a poll brings to a new place in line, or to a pause or its end, and how many beyond a time
that is over; the rest of the edits are for what matters more."""

SPINNER_PAUSE_SECONDS_MAX = 15.0
"""The end of the job must not wait for long because its spinner could not be shown."""

PAUSE_SECONDS_MAX = 300.0
REFUSED_PAUSE_SECONDS_MAX = 3600.0
"""Where Discord refuses every way, until somebody opens one."""

RETRY_AFTER_SECONDS_MAX = 24 * 3600.0
"""No longer pause than this is believed."""

_NOT_IN_LINE = Estimate(None, None)

_PASSING = (*UNAVAILABLE, BucketUnavailable, OutOfReach)
"""Beside what Discord is waited for."""


class Keeper:
    def __init__(
        self,
        jobs: Jobs,
        replies: Replies,
        pictures: Pictures,
        messenger: Messenger,
        offers: Offers,
        languages: Languages,
        *,
        concurrency: int,
    ) -> None:
        self._jobs = jobs
        self._replies = replies
        self._pictures = pictures
        self._messenger = messenger
        self._offers = offers
        self._languages = languages
        self._concurrency = concurrency
        self._tasks: set[asyncio.Task[None]] = set()
        self._at_work: set[int] = set()
        self._wake = asyncio.Event()
        self._poll_due = False
        self._stopped = asyncio.Event()

    def wake(self) -> None:
        """Some reply may be behind."""
        self._wake.set()

    def poll(self) -> None:
        """Time to look for what no notification told of: lost ones, changed places in line, and pauses."""
        self._poll_due = True
        self._wake.set()

    def stop(self) -> None:
        """No further reply is begun; `serve` returns when those at work are done."""
        self._stopped.set()
        self._wake.set()

    async def serve(self) -> None:
        while not self._stopped.is_set():
            self._wake.clear()
            try:
                await until_stopped(self._stopped, self._begin_all())
            except UNAVAILABLE as error:
                log.warning("replies could not be looked up: %s", reason(error))
            await self._wake.wait()
        await asyncio.gather(*self._tasks)

    async def _begin_all(self) -> None:
        await self._begin_due()
        if self._poll_due:
            self._poll_due = False
            await self._begin_moved()

    async def _begin_due(self) -> None:
        free = self._concurrency - len(self._tasks)
        if free > 0:
            for job in await self._replies.claim_due(free, hold_seconds=HOLD_SECONDS):
                self._begin(job)

    async def _begin_moved(self) -> None:
        free = min(self._concurrency - len(self._tasks), MOVED_MAX)
        if free > 0:
            for job, _place in await self._replies.claim_moved(free, hold_seconds=HOLD_SECONDS):
                self._begin(job)
            for job in await self._replies.claim_over(free, hold_seconds=HOLD_SECONDS):
                self._begin(job)

    def _begin(self, job: Job) -> None:
        if job.id in self._at_work:
            # What it shows is not recorded yet, as Postgres was away; it is due again after that.
            return
        self._at_work.add(job.id)
        task = asyncio.create_task(self._keep(job), name=f"reply-{job.id}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        # There is a place free, and the job may have moved on meanwhile.
        self._wake.set()

    async def _keep(self, job: Job) -> None:
        with about_job(job.id, job.prompt, job.negative_prompt):
            try:
                await self._show(job)
            except UNAVAILABLE as error:
                log.warning("what is shown could not be recorded: %s", reason(error))
            except Exception:  # the outermost frame of a reply: its fault must not stop the others
                log.exception("its reply broke and is tried again")
            finally:
                self._at_work.discard(job.id)

    async def _show(self, job: Job) -> None:
        try:
            async with asyncio.timeout(EDIT_TIMEOUT_SECONDS):
                shown, estimate = await self._bring(job)
        except Undeliverable as error:
            log.warning("its reply cannot show revision %d (%s): %s", job.revision, job.state, error)
            giving_up = self._replies.give_up(job.id, job.revision, reason=str(error))
            await until_stopped(self._stopped, giving_up)
        except Exception as error:  # noqa: BLE001 - whatever it was, a reply is tried again, less and less often
            await self._postpone(job, error)
        else:
            await self._record(job, shown, estimate)

    async def _record(self, job: Job, shown: Shown | None, estimate: Estimate) -> None:
        # Shown once and not recorded, it would be shown again, perhaps elsewhere.
        recording = until_answered(
            lambda: self._replies.shown(
                job.id,
                job.revision,
                message_id=shown.message_id if shown else None,
                channel_id=shown.channel_id if shown else None,
                place=estimate.place,
                pause=estimate.paused,
                over_seconds=render.over_seconds(estimate),
            )
        )
        await until_stopped(self._stopped, recording)
        log.info("its reply shows revision %d (%s)", job.revision, job.state)
        if shown is not None:
            self._offers.make(job, shown)

    async def _bring(self, job: Job) -> tuple[Shown | None, Estimate]:
        """Where the message is that shows the job now, and the place in line and the pause that it tells."""
        if job.erased_at is not None:
            await self._messenger.remove(job)
            return None, _NOT_IN_LINE
        reply, estimate = await until_stopped(self._stopped, self._reply(job))
        return await self._messenger.bring(job, reply), estimate

    async def _postpone(self, job: Job, error: Exception) -> None:
        if not isinstance(error, _PASSING) and not is_transient(error):
            log.error("its reply broke", exc_info=error)
        delay_seconds = _pause_seconds(job, error)
        log.warning("its reply is tried again in %.0f s: %s", delay_seconds, in_a_line(error))
        failure = str(error) if isinstance(error, OutOfReach) else None
        postponing = self._replies.postpone(job.id, delay_seconds=delay_seconds, failure=failure)
        await until_stopped(self._stopped, postponing)
        asyncio.get_running_loop().call_later(delay_seconds, self.wake)

    async def _reply(self, job: Job) -> tuple[Reply, Estimate]:
        say = self._languages.of(job.locale)
        match job.state:
            case State.QUEUED:
                estimate = await self._estimate(job)
                return render.waiting(job, estimate, say), estimate
            case State.RUNNING:
                estimate = await self._estimate(job)
                return render.running(job, estimate, say), estimate
            case State.DONE:
                return await picture_reply(self._pictures, job, say), _NOT_IN_LINE
            case State.FAILED:
                return render.failed(job, say), _NOT_IN_LINE
            case State.CANCELLED:
                return render.cancelled(job, say), _NOT_IN_LINE

    async def _estimate(self, job: Job) -> Estimate:
        estimate = await self._jobs.estimate(job)
        is_shown = job.shown_revision == job.revision
        if is_shown and job.estimate_over_at is not None and job.estimate_over_at <= datetime.now(UTC):
            return estimate.once_over(job.shown_place)
        return estimate


def _pause_seconds(job: Job, error: Exception) -> float:
    """What was asked for; else longer, the longer it has been failing: no column has to count the tries."""
    asked = retry_after_seconds(error)
    if asked is not None:
        return min(max(1.0, asked), RETRY_AFTER_SECONDS_MAX)
    since = job.erased_at or job.finished_at or job.started_at or job.created_at
    longest = REFUSED_PAUSE_SECONDS_MAX if isinstance(error, OutOfReach) else PAUSE_SECONDS_MAX
    if not job.state.is_final:
        longest = SPINNER_PAUSE_SECONDS_MAX
    return min(max(1.0, (datetime.now(UTC) - since).total_seconds() / 4), longest)
