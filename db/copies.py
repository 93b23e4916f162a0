"""Messages in which the bot shows pictures beside their replies: they go when one of these is deleted, and
where a reply was before it moved, at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from db import queries
from db.pool import Pool

_SQL = queries.load("copies")


@dataclass(frozen=True, slots=True)
class Copy:
    """A message that is to be removed; it has been for `due_seconds`."""

    message_id: int
    channel_id: int
    due_seconds: float


class Copies:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def record(
        self,
        message_id: int,
        channel_id: int,
        *,
        member_id: int,
        picture_ids: Sequence[int],
        stays_seconds: float | None = None,
        is_download: bool = False,
    ) -> None:
        """What was posted for this member and shows these pictures. It goes after `stays_seconds` anyway; at once
        where one of the pictures was erased meanwhile, or the member forgotten who is sent a download. A second
        time changes nothing."""
        await self._pool.execute(
            _SQL["record"], message_id, channel_id, member_id, list(picture_ids), stays_seconds, is_download
        )

    async def claim_due(self, limit: int, *, hold_seconds: float) -> list[Copy]:
        """Messages to remove, the longest due first; nobody else is given them while they are held."""
        rows = await self._pool.fetch(_SQL["claim_due"], limit, hold_seconds)
        return [Copy(**row) for row in rows]

    async def postpone(self, copy: Copy, *, delay_seconds: float) -> None:
        await self._pool.fetchval(_SQL["postpone"], copy.message_id, delay_seconds)

    async def removed(self, copy: Copy) -> None:
        """Another bot may have been quicker, which is no fault."""
        await self._pool.fetchval(_SQL["removed"], copy.message_id)
