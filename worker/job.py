"""One job's way through a worker: paint, prepare, store, finish."""

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

from core.errors import BucketUnavailable, CallTooSoon, FailureCode, JobFailed, PictureGone
from core.operations import Kind, upscale_input
from db.alarms import AlarmCode
from db.orders import Job
from db.picture_store import Pictures
from db.pool import UNAVAILABLE, until_answered
from db.queue import Queue
from db.rate_limits import Pace
from worker import imaging
from worker.cpus import usable_cpus
from worker.providers.stability.answers import RETRY_AFTER_SECONDS_MAX, Painting
from worker.providers.stability.client import Stability
from worker.storage import Storage
from worker.watch import Watch

log = logging.getLogger(__name__)

T = TypeVar("T")

HANDS = usable_cpus()
"""How many pictures are worked on at once: more are no quicker, and each takes the memory of its pixels."""

RETRY_PAUSE_SECONDS = 2.0
RETRY_PAUSE_SECONDS_MAX = 60.0

RATE_LIMIT_PAUSE_SECONDS_MIN = 1.0
"""However soon Stability says that it may be asked again."""

RATE_LIMITS_MAX = 10
"""A job that went back so often has been refused for the limit of requests for more than an hour, or provokes
it: from then on it counts as a fault."""


class JobRunner:
    def __init__(
        self,
        queue: Queue,
        pace: Pace,
        stability: Stability,
        pictures: Pictures,
        storage: Storage,
        watch: Watch,
        *,
        preparing: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """`preparing` is entered, in a thread, for as long as a picture is prepared."""
        self._queue = queue
        self._pace = pace
        self._stability = stability
        self._pictures = pictures
        self._storage = storage
        self._watch = watch
        self._preparing = preparing
        self._hands = asyncio.Semaphore(HANDS)

    async def run(self, job: Job) -> None:
        """Brings a claimed job to its end or back to the queue. Raises LostJob if it was taken away."""
        try:
            if job.kind is Kind.UPSCALE:
                # It is not painted anew, so the seed that the answer may name means nothing.
                painting, seed, size = await self._upscale(job), None, None
            else:
                await self._pace.wait()
                painting = await self._stability.paint(job)
                seed, size = painting.seed, (job.width, job.height)
            # From here on it is paid for.
            preparing = asyncio.ensure_future(self._by_hand(self._prepare, painting.content, size))
            await self._storage.bring(job, seed, preparing)
        except CallTooSoon as error:
            log.info("it goes back: %s", error)
            seconds = error.seconds
            await until_answered(lambda: self._queue.hand_back(job, delay_seconds=seconds))
        except JobFailed as error:
            await self.settle(job, error)
        else:
            await self._watch.painted(job)
            log.info("it is done (request %s)", painting.request_id)

    async def _by_hand(self, work: Callable[..., T], *arguments: object) -> T:
        """Work on a picture, off the event loop."""
        async with self._hands:
            return await asyncio.to_thread(work, *arguments)

    def _prepare(self, painted: bytes, size: tuple[int, int] | None) -> imaging.Pictures:
        with self._preparing():
            return imaging.prepare(painted, size)

    async def settle(self, job: Job, error: JobFailed) -> None:
        """Decides what becomes of a job whose attempt failed; waits for Postgres to record it."""
        if error.failure.pausing:
            error = await self._judged(job, error)
        log.log(error.failure.log_level, "attempt %d: %s", job.attempt, error)
        await self._watch.failed(job, error)
        if error.code is FailureCode.RATE_LIMITED:
            await self._rest(job, error)
        elif error.failure.pausing:
            await until_answered(lambda: self._queue.refuse(job))
        elif error.failure.passing:
            await self._retry(job, error, max(_pause(job.faults), error.retry_after_seconds or 0))
        else:
            await until_answered(lambda: self._queue.fail(job, error.code, error.detail))

    async def _judged(self, job: Job, error: JobFailed) -> JobFailed:
        """A refusal of the key or for want of credit; or, where it is about this job alone, a passing fault:
        then its words are what Stability stumbles over, and nobody else has to wait for it.

        The balance tells; but it may take a key that may not paint, and its number has been seen wrong for a
        while: what several jobs in a row have met is true in spite of it.
        """
        if error.code is FailureCode.BAD_KEY:
            contradicted = await self._stability.takes_key()
        else:
            contradicted = await self._stability.affords(job.credits)
        if contradicted is None:
            alone = await until_answered(lambda: self._queue.is_refused_alone(job))
        elif contradicted:
            code = AlarmCode(error.code)
            alone = not await until_answered(lambda: self._watch.concerns_all(code, job))
            error = JobFailed(error.code, f"the balance says otherwise, but: {error.detail}")
        else:
            return error
        return JobFailed(FailureCode.UNAVAILABLE, f"of this job alone: {error.detail}") if alone else error

    async def _rest(self, job: Job, error: JobFailed) -> None:
        """All keep the pause that Stability asks for, but where others were painted since the job's last one:
        then it provokes them. It keeps a longer one each time itself."""
        pause_seconds = max(error.retry_after_seconds or 0, RATE_LIMIT_PAUSE_SECONDS_MIN)
        if not await until_answered(lambda: self._queue.is_refused_alone(job)):
            await self._pace.pause(pause_seconds)
        times = job.attempt - job.faults - 1
        delay_seconds = max(
            pause_seconds, min(pause_seconds * 2.0 ** min(times, 10), RETRY_AFTER_SECONDS_MAX)
        )
        if times < RATE_LIMITS_MAX:
            await until_answered(lambda: self._queue.refuse(job, delay_seconds=delay_seconds))
        else:
            await self._retry(job, error, delay_seconds)

    async def _retry(self, job: Job, error: JobFailed, delay_seconds: float) -> None:
        await until_answered(
            lambda: self._queue.retry(job, error.code, error.detail, delay_seconds=delay_seconds)
        )

    async def _upscale(self, job: Job) -> Painting:
        parent = await until_answered(lambda: self._queue.parent(job))
        if parent is None:
            raise JobFailed(FailureCode.PARENT_GONE, f"job {job.parent_id} was deleted")
        try:
            original = await self._pictures.original(parent)
        except PictureGone as error:
            raise JobFailed(FailureCode.PARENT_GONE, str(error)) from error
        except (BucketUnavailable, *UNAVAILABLE) as error:
            raise JobFailed(FailureCode.PARENT_UNREAD, str(error)) from error
        size = upscale_input(parent.width, parent.height)
        shrunk = await self._by_hand(imaging.shrink, original, size)
        await self._pace.wait()
        return await self._stability.upscale(shrunk)


def _pause(faults: int) -> float:
    """Doubles with each fault; the jitter keeps jobs that failed together from coming back together."""
    longest = min(RETRY_PAUSE_SECONDS * 2**faults, RETRY_PAUSE_SECONDS_MAX)
    return random.uniform(longest / 2, longest)
