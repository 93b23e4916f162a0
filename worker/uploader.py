"""Carries parked pictures over into the bucket as soon as it is back."""

import asyncio
import logging

from core.errors import BucketUnavailable, LostJob, reason
from db.bucket.client import Bucket
from db.orders import Job
from db.spill import Parked, Parking
from ops.logs import about_job
from ops.wake_loop import Woken
from worker.watch import Watch

log = logging.getLogger(__name__)

HOLD_SECONDS = 120.0
"""A picture that is not over by then was its worker's last, and another takes it."""

PUT_SECONDS = 60.0
"""Below HOLD_SECONDS, so that no two workers carry one picture at once."""


class Carrier(Woken):
    postponed = "parked pictures stay for now"

    def __init__(self, parking: Parking, bucket: Bucket, watch: Watch) -> None:
        super().__init__()
        self._parking = parking
        self._bucket = bucket
        self._watch = watch

    async def work(self) -> None:
        carried = 0
        while parked := await self._parking.claim_one(hold_seconds=HOLD_SECONDS):
            with about_job(parked.job.id, parked.job.prompt, parked.job.negative_prompt):
                over = await self._carry(parked)
            if not over:
                break
            carried += 1
        if carried:
            await self._watch.carried(await self._parking.bytes_used(), self._parking.bytes_max)

    async def _carry(self, parked: Parked) -> bool:
        """False: the bucket is still away, so there is no use in trying the next."""
        job = parked.job
        try:
            async with asyncio.timeout(PUT_SECONDS):
                await self._bucket.put_original(job, parked.original)
                await self._bucket.put_preview(job, parked.preview)
        except (BucketUnavailable, TimeoutError) as error:
            log.warning("it stays parked: %s", reason(error))
            await self._parking.postpone(job)
            return False
        await self._record(job)
        return True

    async def _record(self, job: Job) -> None:
        try:
            await self._parking.carried(job)
        except LostJob as error:
            # Carried by another too, or erased meanwhile: then its objects are removed once more, later.
            log.info("%s", error)
        else:
            log.info("its picture was carried over")
