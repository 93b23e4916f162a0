"""The bytes of a picture, wherever they are: in the bucket or, where that was away, still in Postgres."""

from core.orders import Picture
from db.bucket.client import Bucket
from db.spill import Spill


class PictureStore:
    """A picture may have been looked up just before it was uploaded; then the bucket has it."""

    def __init__(self, bucket: Bucket, spill: Spill) -> None:
        self._bucket = bucket
        self._spill = spill
        self.link_ttl_seconds = bucket.links.ttl_seconds

    async def original(self, picture: Picture) -> bytes:
        """Raises PictureGone, or BucketUnavailable."""
        spilled = await self._spill.original(picture) if picture.is_spilled else None
        return await self._bucket.get_original(picture) if spilled is None else spilled

    async def preview(self, picture: Picture) -> bytes:
        """Raises PictureGone, or BucketUnavailable."""
        spilled = await self._spill.preview(picture) if picture.is_spilled else None
        return await self._bucket.get_preview(picture) if spilled is None else spilled

    def link(self, picture: Picture, *, download: bool = False) -> str | None:
        """As `Bucket.link`; None while it is spilled, or when it has expired: a link would lead nowhere."""
        if picture.is_spilled or picture.is_expired:
            return None
        return self._bucket.link(picture, download=download)
