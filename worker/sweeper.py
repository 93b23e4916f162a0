"""Removes from the bucket what members had deleted, and the originals that have expired."""

import logging

from core.errors import BucketUnavailable, LostJob
from db.bucket.client import Bucket
from db.erasure import Erasure
from db.orders import Job
from db.pool import UNAVAILABLE
from ops.wake_loop import Woken

log = logging.getLogger(__name__)

BATCH = 20
HOLD_SECONDS = 60.0
"""A batch that is not done by then was its worker's last, and another takes it."""


class Sweeper(Woken):
    postponed = "deleted pictures stay for now"
    unavailable = (BucketUnavailable, *UNAVAILABLE)

    def __init__(self, erasure: Erasure, bucket: Bucket) -> None:
        super().__init__()
        self._erasure = erasure
        self._bucket = bucket

    async def work(self) -> None:
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
