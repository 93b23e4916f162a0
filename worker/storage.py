"""Brings a picture that is paid for to where it is safe: the bucket or, while that is away, Postgres."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

from core.errors import BucketUnavailable, LostJob, ParkingFull, reason
from db.bucket.client import Bucket
from db.orders import Job
from db.pool import UNAVAILABLE, until_answered
from db.queue import Queue
from db.spill import Parking
from worker.imaging import Pictures
from worker.watch import Watch

log = logging.getLogger(__name__)

BUCKET_PAUSES_SECONDS = (1.0, 2.0, 0.0)
"""After each try that the bucket refuses; its client has tried several times by then."""

BUCKET_SECONDS = 15.0
"""How long the bucket may take, tries and all, before the picture is parked: the member waits for it."""

PAUSE_SECONDS_MAX = 15.0
LAST_SECONDS = 5.0
"""How long the last tries of a worker that is stopped may take, after its time of grace."""


class Storage:
    def __init__(
        self,
        queue: Queue,
        bucket: Bucket,
        parking: Parking,
        watch: Watch,
        *,
        bucket_seconds: float = BUCKET_SECONDS,
        uploading: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """`uploading` is entered for as long as the bucket takes a picture."""
        self._queue = queue
        self._bucket = bucket
        self._parking = parking
        self._watch = watch
        self._bucket_seconds = bucket_seconds
        self._uploading = uploading

    async def bring(self, job: Job, seed: int | None, preparing: asyncio.Future[Pictures]) -> None:
        """Returns when the job is done and its picture safe, however long Postgres and the bucket are away.

        Raises LostJob if the job was taken away, and leaves nothing behind then.
        """
        try:
            pictures = await asyncio.shield(preparing)
            await self._until_safe(job, seed, pictures)
        except asyncio.CancelledError:
            await self._at_last(job, seed, await preparing)
        except LostJob:
            await self._discard(job)
            raise

    async def _until_safe(self, job: Job, seed: int | None, pictures: Pictures) -> None:
        in_bucket = False
        for pause_seconds in _pauses():
            in_bucket = in_bucket or await self._put(job, pictures)
            try:
                if in_bucket:
                    await self._finish(job, seed, pictures)
                else:
                    await self._park(job, seed, pictures)
                return
            except (ParkingFull, *UNAVAILABLE) as error:
                log.error("its picture stays in memory: %s", reason(error))
            await asyncio.sleep(pause_seconds)

    async def _at_last(self, job: Job, seed: int | None, pictures: Pictures) -> None:
        """The worker is stopped, and parking is quick; or the job was taken away, and nothing is parked."""
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await until_answered(lambda: self._park(job, seed, pictures))
        except (LostJob, ParkingFull, *UNAVAILABLE) as error:
            log.error("its picture is given up: %s", reason(error))
            await self._discard(job)
            raise asyncio.CancelledError from error

    async def _put(self, job: Job, pictures: Pictures) -> bool:
        """Whether the bucket has it."""
        try:
            async with asyncio.timeout(self._bucket_seconds):
                for pause_seconds in BUCKET_PAUSES_SECONDS:
                    try:
                        with self._uploading():
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
            self._bucket.put_original(job, pictures.original),
            self._bucket.put_preview(job, pictures.preview),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _finish(self, job: Job, seed: int | None, pictures: Pictures) -> None:
        await self._queue.finish(
            job, painted_seed=seed, original_bytes=len(pictures.original), size=pictures.size
        )

    async def _park(self, job: Job, seed: int | None, pictures: Pictures) -> None:
        try:
            used = await self._parking.park(
                job, pictures.original, pictures.preview, painted_seed=seed, size=pictures.size
            )
        except ParkingFull as error:
            await self._watch.parking_is_full(str(error))
            raise
        log.warning("it is done, and its picture parked until the bucket is back")
        await self._watch.parked(used, self._parking.bytes_max)

    async def _discard(self, job: Job) -> None:
        """The job was taken away, so nothing will lead to what this attempt stored."""
        try:
            await self._bucket.remove_attempt(job)
        except BucketUnavailable as error:
            # The nightly sweep finds it.
            log.warning("%s", error)


def _pauses() -> Iterator[float]:
    pause_seconds = 0.5
    while True:
        yield pause_seconds
        pause_seconds = min(pause_seconds * 2, PAUSE_SECONDS_MAX)
