"""What one worker of the fleet does once a day for all."""

from db import queries
from db.pool import Pool

_SQL = queries.load("daily_tasks")

EVERY_SECONDS = 24 * 3600.0


async def begin(pool: Pool, name: str) -> bool:
    """Whether to do it now: True for only one worker a day."""
    return await pool.fetchval(_SQL["begin"], name, EVERY_SECONDS) is not None
