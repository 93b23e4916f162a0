"""Stores a picture that is paid for where it is safe: in the bucket or, while that is away, in Postgres."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import BucketUnavailable, LostJob, SpillFull, reason
from core.failures import JobFailed
from core.orders import Job
from db.alarms import AlarmCode, Alarms
from db.bucket.client import Bucket
from db.pool import UNAVAILABLE
from db.queue import Painted, Queue
from db.retry import until_answered
from db.spill import Spill
from worker.imaging import Pictures
from worker.instruments import Instruments
from worker.providers.provider import Painting
from worker.watch import note

log = logging.getLogger(__name__)

BUCKET_PAUSES_SECONDS = (1.0, 2.0, 0.0)
"""After each try that the bucket refuses; its client has tried several times by then."""

BUCKET_SECONDS = 15.0
"""How long the bucket may take, tries and all, before the picture is spilled: the member waits for it."""

PAUSE_SECONDS_MAX = 15.0
LAST_SECONDS = 5.0
"""How long the last tries of a worker that is stopped may take, after its time of grace."""

SPILL_SHARE = 0.5
"""When so much of the spill is taken, the bucket has been away for long, and there is time to act yet."""


@dataclass
class Storage:
    queue: Queue
    bucket: Bucket
    spill: Spill
    alarms: Alarms
    instruments: Instruments
    bucket_seconds: float = BUCKET_SECONDS

    async def store(self, job: Job, painting: Painting, preparing: asyncio.Future[Pictures]) -> None:
        """Returns when the picture is safe, however long that takes. Raises JobFailed of `preparing`, or LostJob if the
        job was taken away: nothing is left behind then."""
        try:
            # As in db/batcher.py: it goes on where this is cancelled, and the loop is told of nothing.
            await asyncio.wait([preparing])
            await self._until_safe(job, painting, preparing.result())
        except asyncio.CancelledError:
            await self._spill_at_last(job, painting, preparing)
        except LostJob:
            await self._discard(job)
            raise

    async def _until_safe(self, job: Job, painting: Painting, pictures: Pictures) -> None:
        painted, in_bucket = _painted(job, painting, pictures), False
        for pause_seconds in _pauses():
            in_bucket = in_bucket or await self._put(job, pictures)
            try:
                if in_bucket:
                    with self.instruments.stage("finish", job):
                        await self.queue.finish(painted)
                    self.instruments.done()
                else:
                    await self._keep(job, painted, pictures)
                return
            except (SpillFull, *UNAVAILABLE) as error:
                log.error("its picture stays in memory: %s", reason(error))
            await asyncio.sleep(pause_seconds)

    async def _spill_at_last(self, job: Job, painting: Painting, preparing: asyncio.Future[Pictures]) -> None:
        """The worker is stopped, and Postgres is quick; or the job was taken away, and nothing is kept."""
        try:
            pictures = await preparing
            painted = _painted(job, painting, pictures)
            async with asyncio.timeout(LAST_SECONDS):
                await until_answered(lambda: self._keep(job, painted, pictures))
        except (JobFailed, LostJob, SpillFull, *UNAVAILABLE) as error:
            log.error("its picture is given up: %s", reason(error))
            await self._discard(job)
            raise asyncio.CancelledError from error

    async def _put(self, job: Job, pictures: Pictures) -> bool:
        """Whether the bucket has it."""
        try:
            async with asyncio.timeout(self.bucket_seconds):
                for pause_seconds in BUCKET_PAUSES_SECONDS:
                    try:
                        with self.instruments.stage("upload", job):
                            await self._put_both(job, pictures)
                        return True
                    except BucketUnavailable as error:
                        log.warning("%s", error)
                    await asyncio.sleep(pause_seconds)
        except TimeoutError:
            log.warning("the bucket takes too long")
        return False

    async def _put_both(self, job: Job, pictures: Pictures) -> None:
        # Both are waited for, so that none arrives after the attempt was discarded.
        results = await asyncio.gather(
            self.bucket.put_original(job, pictures.original),
            self.bucket.put_preview(job, pictures.preview),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _keep(self, job: Job, painted: Painted, pictures: Pictures) -> None:
        try:
            with self.instruments.stage("park", job):
                used = await self.spill.keep(painted, pictures.original, pictures.preview)
        except SpillFull as error:
            await note(self.alarms.raise_(AlarmCode.SPILL_FULL, str(error)))
            raise
        self.instruments.done(spilled=True)
        log.warning("it is done, and its picture is in Postgres until the bucket is back")
        if used >= self.spill.bytes_max * SPILL_SHARE:
            most = self.spill.bytes_max
            await note(self.alarms.raise_(AlarmCode.SPILL_FILLS, f"{used} of {most} bytes"))

    async def _discard(self, job: Job) -> None:
        """The job was taken away, so nothing will lead to what this attempt stored."""
        try:
            await self.bucket.remove_attempt(job)
        except BucketUnavailable as error:
            # The nightly sweep finds it.
            log.warning("%s", error)


def _painted(job: Job, painting: Painting, pictures: Pictures) -> Painted:
    # What is made from a picture is not painted anew: the seed that the answer may name means nothing.
    seed = None if job.order.inputs else painting.seed
    width, height = pictures.size
    return Painted(job.id, job.attempt, seed, len(pictures.original), width, height, painting.request_id)


def _pauses() -> Iterator[float]:
    pause_seconds = 0.5
    while True:
        yield pause_seconds
        pause_seconds = min(pause_seconds * 2, PAUSE_SECONDS_MAX)
