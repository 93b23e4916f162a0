"""Which picture was last sent to whom, so that a member who asks twice is not sent it twice."""

from db import queries
from db.pool import Pool

_SQL = queries.load("downloads")

WITHIN_SECONDS = 60.0
KEPT_SECONDS = 24 * 3600.0


class Downloads:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def begin(self, member_id: int, picture_id: int, *, within_seconds: float = WITHIN_SECONDS) -> bool:
        """Whether to send it now: True for only one of all that ask within this time."""
        return await self._pool.fetchval(_SQL["begin"], member_id, picture_id, within_seconds) is not None

    async def take_back(self, member_id: int, picture_id: int) -> None:
        """It did not arrive, so whoever asks again is sent it at once. Forgotten meanwhile is no fault."""
        await self._pool.fetchval(_SQL["take_back"], member_id, picture_id)

    async def trim(self) -> None:
        """Forgets what is older than anybody asks for."""
        await self._pool.execute(_SQL["trim"], KEPT_SECONDS)
