"""The pictures that members marked for themselves."""

from collections.abc import Iterable

from db import queries
from db.pool import Pool

_SQL = queries.load("favourites")


class Favourites:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, member_id: int, picture_id: int) -> bool:
        """Marks a picture; again is no fault. False: the member may not see it, or it is there no more."""
        visible: bool = await self._pool.fetchval(_SQL["add"], member_id, picture_id)
        return visible

    async def remove(self, member_id: int, picture_id: int) -> None:
        """Takes the mark away, if there is one."""
        await self._pool.execute(_SQL["remove"], member_id, picture_id)

    async def among(self, member_id: int, picture_ids: Iterable[int]) -> set[int]:
        """Those of the pictures that the member marked."""
        rows = await self._pool.fetch(_SQL["among"], member_id, list(picture_ids))
        return {row["picture_id"] for row in rows}
