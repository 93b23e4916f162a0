"""One job's way through a worker: paint, prepare, store, finish."""

import asyncio
import logging
import random

from db.bucket import Bucket
from db.errors import BucketUnavailable, FailureCode, JobFailed
from db.jobs import Job
from db.queue import Queue
from worker import imaging
from worker.imaging import Pictures
from worker.stability import Stability

log = logging.getLogger(__name__)

STORE_TRIES = 8
STORE_PAUSE_SECONDS_MAX = 30.0
RETRY_PAUSE_SECONDS = 2.0
RETRY_PAUSE_SECONDS_MAX = 60.0


class JobRunner:
    def __init__(self, queue: Queue, stability: Stability, bucket: Bucket) -> None:
        self._queue = queue
        self._stability = stability
        self._bucket = bucket

    async def run(self, job: Job) -> None:
        """Brings a claimed job to its end or back to the queue. Raises LostJob if it was taken away."""
        try:
            painting = await self._stability.paint(job)
            pictures = await asyncio.to_thread(imaging.prepare, painting.content, job.width, job.height)
            await self._store(job, pictures)
        except JobFailed as error:
            await self.settle(job, error)
        else:
            await self._queue.finish(job, painted_seed=painting.seed, original_bytes=len(pictures.original))
            log.info("job %d is done (request %s)", job.id, painting.request_id)

    async def settle(self, job: Job, error: JobFailed) -> None:
        """Decides what becomes of a job whose attempt failed."""
        log.log(error.failure.log_level, "job %d, attempt %d: %s", job.id, job.attempt, error)
        if error.code is FailureCode.RATE_LIMITED:
            await self._queue.hand_back(job, delay_seconds=error.retry_after_seconds or 0)
        elif error.failure.passing:
            await self._queue.retry(job, error.code, error.detail, delay_seconds=_pause(job.faults))
        else:
            await self._queue.fail(job, error.code, error.detail)

    async def _store(self, job: Job, pictures: Pictures) -> None:
        """The picture is paid for, so the bucket gets many chances before it is given up."""
        for attempt in range(STORE_TRIES):
            try:
                await asyncio.gather(
                    self._bucket.put_original(job, pictures.original),
                    self._bucket.put_preview(job, pictures.preview),
                )
                return
            except BucketUnavailable as error:
                log.warning("job %d: %s", job.id, error)
                last = error
                await asyncio.sleep(min(2**attempt, STORE_PAUSE_SECONDS_MAX))
        raise JobFailed(FailureCode.NOT_STORED, str(last)) from last


def _pause(faults: int) -> float:
    """Doubles with each fault; the jitter keeps jobs that failed together from coming back together."""
    longest = min(RETRY_PAUSE_SECONDS * 2**faults, RETRY_PAUSE_SECONDS_MAX)
    return random.uniform(longest / 2, longest)
