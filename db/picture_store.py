"""A finished picture, wherever it is: in the bucket or, where that was away, still parked in Postgres."""

from db.bucket.client import Bucket
from db.orders import Job
from db.spill import Parking


class Pictures:
    """A job may have been read just before its picture was carried over; then the bucket has it."""

    def __init__(self, bucket: Bucket, parking: Parking) -> None:
        self._bucket = bucket
        self._parking = parking
        self.link_ttl_seconds = bucket.links.ttl_seconds

    async def original(self, job: Job) -> bytes:
        """Raises PictureGone, or BucketUnavailable."""
        parked = await self._parking.original(job) if job.parked else None
        return await self._bucket.get_original(job) if parked is None else parked

    async def preview(self, job: Job) -> bytes:
        """Raises PictureGone, or BucketUnavailable."""
        parked = await self._parking.preview(job) if job.parked else None
        return await self._bucket.get_preview(job) if parked is None else parked

    def link(self, job: Job, *, download: bool = False) -> str | None:
        """As `Bucket.link`; None while it is parked, or when it has expired: a link would lead nowhere."""
        return None if job.parked or job.is_expired else self._bucket.link(job, download=download)
