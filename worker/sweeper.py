"""Removes from the bucket what members had deleted, and the originals that have expired."""

import logging

from db.bucket.client import Bucket
from db.erasure import Erasure

log = logging.getLogger(__name__)

BATCH = 20
HOLD_SECONDS = 60.0
"""A batch that is not done by then was its worker's last, and another takes it."""

POSTPONED = "deleted pictures stay for now"


class Sweeper:
    def __init__(self, erasure: Erasure, bucket: Bucket) -> None:
        self._erasure = erasure
        self._bucket = bucket

    async def work(self) -> None:
        """Removes all that is due. Raises BucketUnavailable where that has to wait."""
        while prefixes := await self._erasure.claim_removals(BATCH, hold_seconds=HOLD_SECONDS):
            for prefix in prefixes:
                await self._bucket.remove(prefix)
                await self._erasure.removed(prefix)
            log.info("removed what begins with %d names, of pictures deleted or expired", len(prefixes))
