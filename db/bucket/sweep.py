"""Objects that a worker has left in the bucket: one that was killed between storing and finishing a job, or that kept
what was handed in after it was erased."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from db import queries
from db.bucket.client import Bucket, attempt_of, upload_of
from db.pool import Pool

_SQL = queries.load("bucket_sweep")

AGE_MIN = timedelta(days=1)
"""What is younger may belong to an attempt that is still at work, or be carried over just now."""


async def sweep(pool: Pool, bucket: Bucket, *, age_min: timedelta = AGE_MIN) -> int:
    """Removes them page by page, and returns how many objects that were. Raises BucketUnavailable."""
    count = 0
    async for page in bucket.pages(before=datetime.now(UTC) - age_min):
        orphans = await orphans_among(pool, page)
        await bucket.remove_objects(orphans)
        count += len(orphans)
    return count


async def orphans_among(pool: Pool, names: Iterable[str]) -> list[str]:
    """What is not ours, by its name or by its row, stays: others may have it in the same bucket."""
    found: dict[tuple[UUID, int, int], list[str]] = {}
    uploads: dict[UUID, str] = {}
    for name in names:
        if (attempt := attempt_of(name)) is not None:
            found.setdefault(attempt, []).append(name)
        elif (upload := upload_of(name)) is not None:
            uploads[upload] = name
    rows = await pool.fetch(_SQL["left"], *map(list, zip(*found, strict=True))) if found else []
    left = [name for row in rows for name in found[row["key"], row["number"], row["attempt"]]]
    rows = await pool.fetch(_SQL["uploads"], list(uploads)) if uploads else []
    return left + [uploads[row["key"]] for row in rows]
