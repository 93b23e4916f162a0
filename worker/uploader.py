"""Uploads the pictures that the bucket did not take as soon as it is back."""

import asyncio
import logging

from core.errors import BucketUnavailable, LostJob, reason
from core.orders import Picture
from db.alarms import AlarmCode, Alarms
from db.bucket.client import Bucket
from db.spill import Spill, Spilled
from ops.logs import about_job
from worker.storage import SPILL_SHARE
from worker.watch import note

log = logging.getLogger(__name__)

HOLD_SECONDS = 120.0
"""A picture that is not uploaded by then was its worker's last, and another takes it."""

PUT_SECONDS = 60.0
"""Below HOLD_SECONDS, so that no two workers upload one picture at once."""

POSTPONED = "spilled pictures stay for now"


class Uploader:
    def __init__(self, spill: Spill, bucket: Bucket, alarms: Alarms) -> None:
        self._spill = spill
        self._bucket = bucket
        self._alarms = alarms

    async def work(self) -> None:
        """Uploads all that is due, one after another, until the bucket refuses one."""
        uploaded = 0
        while spilled := await self._spill.claim_one(hold_seconds=HOLD_SECONDS):
            picture = spilled.picture
            with about_job(picture.id, picture.order.prompt, picture.order.negative_prompt):
                if not await self._upload(spilled):
                    break
                await self._record(picture)
            uploaded += 1
        if uploaded and await self._spill.bytes_used() < self._spill.bytes_max * SPILL_SHARE:
            await note(self._alarms.resolve((AlarmCode.SPILL_FILLS, AlarmCode.SPILL_FULL)))

    async def _upload(self, spilled: Spilled) -> bool:
        """False: the bucket is still away, so there is no use in trying the next."""
        try:
            async with asyncio.timeout(PUT_SECONDS):
                await self._bucket.put_original(spilled.picture, spilled.original)
                await self._bucket.put_preview(spilled.picture, spilled.preview)
        except (BucketUnavailable, TimeoutError) as error:
            log.warning("its picture stays in Postgres: %s", reason(error))
            await self._spill.postpone(spilled.picture)
            return False
        return True

    async def _record(self, picture: Picture) -> None:
        try:
            await self._spill.uploaded(picture)
        except LostJob as error:
            # Uploaded by another too, or erased meanwhile: then its objects are removed once more, later.
            log.info("%s", error)
        else:
            log.info("its picture was uploaded")
