"""How the queue stands, for the gauges of whoever watches it."""

from db import queries
from db.pool import Pool

_SQL = queries.load("gauges")


async def read(pool: Pool) -> dict[str, float]:
    """By the names that the statement gives them."""
    row = await pool.fetchrow(_SQL["read"])
    return {name: float(value) for name, value in row.items()} if row else {}
