"""Removes from the bucket what members had deleted, and the originals that have expired."""

import asyncio
import logging

from db.bucket import Bucket
from db.erasure import Erasure
from db.errors import BucketUnavailable, LostJob, reason
from db.jobs import Job
from db.pool import UNAVAILABLE

log = logging.getLogger(__name__)

BATCH = 20
HOLD_SECONDS = 60.0
"""A batch that is not done by then was its worker's last, and another takes it."""


class Sweeper:
    def __init__(self, erasure: Erasure, bucket: Bucket) -> None:
        self._erasure = erasure
        self._bucket = bucket
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There may be something to remove."""
        self._wake.set()

    async def serve(self) -> None:
        """Runs until it is cancelled; what it was at then, another worker finishes."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._sweep()
            except (BucketUnavailable, *UNAVAILABLE) as error:
                # The next poll goes on with the rest, and what is held is due again after its hold.
                log.warning("deleted pictures stay for now: %s", reason(error))

    async def _sweep(self) -> None:
        while jobs := await self._erasure.claim_objects(BATCH, hold_seconds=HOLD_SECONDS):
            for job in jobs:
                await self._remove(job)
                try:
                    await self._erasure.objects_removed(job)
                except LostJob:
                    log.info("another worker removed the pictures of job %d too", job.id)
            log.info("removed the pictures of %d jobs that were deleted or have expired", len(jobs))

    async def _remove(self, job: Job) -> None:
        if job.erased_at is None:
            await self._bucket.remove_original(job)
        else:
            await self._bucket.remove(job)
