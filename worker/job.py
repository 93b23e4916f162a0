"""One job's way through a worker: paint, prepare, store, finish."""

import asyncio
import logging
import random
from dataclasses import replace

from db.bucket import Bucket
from db.errors import BucketUnavailable, FailureCode, JobFailed, LostJob, PictureGone
from db.jobs import Job
from db.models import Kind, upscale_input
from db.queue import Queue
from worker import imaging
from worker.imaging import Pictures
from worker.stability import Painting, Stability
from worker.watch import Watch

log = logging.getLogger(__name__)

STORE_TRIES = 8
STORE_PAUSE_SECONDS_MAX = 30.0
RETRY_PAUSE_SECONDS = 2.0
RETRY_PAUSE_SECONDS_MAX = 60.0


class JobRunner:
    def __init__(self, queue: Queue, stability: Stability, bucket: Bucket, watch: Watch) -> None:
        self._queue = queue
        self._stability = stability
        self._bucket = bucket
        self._watch = watch

    async def run(self, job: Job) -> None:
        """Brings a claimed job to its end or back to the queue. Raises LostJob if it was taken away."""
        try:
            painting, pictures = await (self._upscale(job) if job.kind is Kind.UPSCALE else self._paint(job))
            await self._store(job, pictures)
        except JobFailed as error:
            await self.settle(job, error)
            return
        try:
            await self._queue.finish(
                job,
                painted_seed=painting.seed,
                original_bytes=len(pictures.original),
                size=pictures.size,
            )
        except LostJob:
            await self._discard(job)
            raise
        log.info("job %d is done (request %s)", job.id, painting.request_id)

    async def settle(self, job: Job, error: JobFailed) -> None:
        """Decides what becomes of a job whose attempt failed."""
        log.log(error.failure.log_level, "job %d, attempt %d: %s", job.id, job.attempt, error)
        await self._watch.failed(job, error)
        if error.code is FailureCode.RATE_LIMITED:
            await self._queue.hand_back(job, delay_seconds=error.retry_after_seconds or 0)
        elif error.failure.passing:
            await self._queue.retry(job, error.code, error.detail, delay_seconds=_pause(job.faults))
        else:
            await self._queue.fail(job, error.code, error.detail)

    async def _paint(self, job: Job) -> tuple[Painting, Pictures]:
        painting = await self._stability.paint(job)
        await self._watch.painted(job)
        size = job.width, job.height
        return painting, await asyncio.to_thread(imaging.prepare, painting.content, size)

    async def _upscale(self, job: Job) -> tuple[Painting, Pictures]:
        parent = await self._queue.parent(job)
        if parent is None:
            raise JobFailed(FailureCode.PARENT_GONE, f"job {job.parent_id} was deleted")
        try:
            original = await self._bucket.get_original(parent)
        except PictureGone as error:
            raise JobFailed(FailureCode.PARENT_GONE, str(error)) from error
        except BucketUnavailable as error:
            raise JobFailed(FailureCode.PARENT_UNREAD, str(error)) from error
        size = upscale_input(parent.width, parent.height)
        painting = await self._stability.upscale(await asyncio.to_thread(imaging.shrink, original, size))
        await self._watch.painted(job)
        # It is not painted anew, so the seed that the answer may name means nothing.
        return replace(painting, seed=None), await asyncio.to_thread(imaging.prepare, painting.content, None)

    async def _store(self, job: Job, pictures: Pictures) -> None:
        """The picture is paid for, so the bucket gets many chances before it is given up."""
        for attempt in range(STORE_TRIES):
            try:
                await asyncio.gather(
                    self._bucket.put_original(job, pictures.original),
                    self._bucket.put_preview(job, pictures.preview),
                )
                return
            except asyncio.CancelledError:
                await self._discard(job)
                raise
            except BucketUnavailable as error:
                log.warning("job %d: %s", job.id, error)
                last = error
                await asyncio.sleep(min(2**attempt, STORE_PAUSE_SECONDS_MAX))
        raise JobFailed(FailureCode.NOT_STORED, str(last)) from last

    async def _discard(self, job: Job) -> None:
        """The job was taken away, so nothing will lead to what this attempt stored."""
        try:
            await self._bucket.remove_attempt(job)
        except BucketUnavailable as error:
            log.warning("job %d: %s", job.id, error)


def _pause(faults: int) -> float:
    """Doubles with each fault; the jitter keeps jobs that failed together from coming back together."""
    longest = min(RETRY_PAUSE_SECONDS * 2**faults, RETRY_PAUSE_SECONDS_MAX)
    return random.uniform(longest / 2, longest)
