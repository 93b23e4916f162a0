"""What the bot has shown of each order, and which replies are behind."""

from collections.abc import Collection
from typing import Any

from core.failures import FailureCode
from core.orders import FRONT, PLACE_MAX, Reply
from db import queries
from db.pool import Pool
from db.rows import replies_of

_SQL = queries.load("replies")

MOVED_SECONDS_MIN = 1.0
"""Between two edits of a reply that waits."""

REDRAWN_SECONDS_MIN = 10.0
"""Between two edits of a reply that was pressed."""


class Replies:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claim_due(self, limit: int, *, hold_seconds: float) -> list[Reply]:
        """Replies that are behind; nobody else is given them for as long as they are held."""
        rows = await self._pool.fetch(_SQL["claim_due"], limit, hold_seconds)
        return await self.load([row["order_id"] for row in rows])

    async def claim_moved(self, limit: int, *, hold_seconds: float, stands: bool) -> list[tuple[Reply, int]]:
        """Replies of orders that wait and tell another place in line or another pause than there is, or no place
        though they are at the front of a line that `stands`; and that place, the first in line first. Nobody else
        is given them for as long as they are held."""
        front = FRONT if stands else 0
        rows = await self._pool.fetch(
            _SQL["claim_moved"], limit, PLACE_MAX, MOVED_SECONDS_MIN, hold_seconds, front
        )
        places = {row["order_id"]: row["place"] for row in rows}
        moved = [(reply, places[reply.order.id]) for reply in await self.load(places)]
        return sorted(moved, key=lambda one: one[1])

    async def claim_over(self, limit: int, *, hold_seconds: float) -> list[Reply]:
        """Replies that tell a time that is over, in the same way."""
        rows = await self._pool.fetch(_SQL["claim_over"], limit, hold_seconds)
        return await self.load([row["order_id"] for row in rows])

    async def load(self, order_ids: Collection[int]) -> list[Reply]:
        """As of one moment; in the order of their ids."""
        return replies_of(await self._pool.fetch(_SQL["load"], list(order_ids))) if order_ids else []

    async def next_due_seconds(self) -> float | None:
        """How long until a reply is due, or None when all are up to date."""
        seconds: float | None = await self._pool.fetchval(_SQL["next_due"])
        return seconds

    async def shown(self, reply: Reply, *, message_id: int | None, **told: Any) -> None:
        """As `first_shown`, of its revision."""
        await self.first_shown(
            reply.order.id,
            revision=reply.revision,
            message_id=message_id,
            is_final=reply.progress.is_final,
            is_ephemeral=reply.order.is_ephemeral,
            **told,
        )

    async def first_shown(
        self,
        order_id: int,
        *,
        revision: int = 1,
        message_id: int | None,
        channel_id: int | None = None,
        place: int | None = None,
        pause: FailureCode | None = None,
        over_seconds: float | None = None,
        hold_seconds: float = 0.0,
        is_final: bool = False,
        is_ephemeral: bool = False,
    ) -> None:
        """Records that the message shows this revision, `place` and `pause`, and where it is, if that was learnt.

        The place is below 0 where it is not told. The time that it tells, if any, is over in `over_seconds`. The
        reply is not due again before `hold_seconds` have passed.
        """
        await self._pool.execute(
            _SQL["shown"],
            order_id,
            revision,
            message_id,
            place,
            channel_id,
            hold_seconds,
            pause,
            over_seconds,
            is_final,
            is_ephemeral,
        )

    async def claim_pings(self, limit: int, *, hold_seconds: float) -> list[Reply]:
        """Those whose members are to be told that a picture is there; nobody else is given them for as long as they
        are held."""
        rows = await self._pool.fetch(_SQL["claim_pings"], limit, hold_seconds)
        return await self.load([row["order_id"] for row in rows])

    async def pinged(self, reply: Reply) -> None:
        """It was told, or there is nobody to tell it to."""
        await self._pool.fetchval(_SQL["pinged"], reply.order.id)

    async def removed(self, reply: Reply) -> None:
        """The message of an order that was erased is gone."""
        await self._pool.fetchval(_SQL["removed"], reply.order.id, reply.revision)

    async def redraw(self, message_id: int, *, link_ttl_seconds: float) -> None:
        """Has it shown anew if it tells what is true no more; at most once in REDRAWN_SECONDS_MIN."""
        await self._pool.fetchval(_SQL["redraw"], message_id, link_ttl_seconds, REDRAWN_SECONDS_MIN)

    async def found(self, order_id: int, *, message_id: int, channel_id: int) -> None:
        """Records where the reply is, if that was not known."""
        await self._pool.fetchval(_SQL["found"], order_id, message_id, channel_id)

    async def postpone(self, reply: Reply, *, delay_seconds: float, failure: str | None = None) -> None:
        """It is not due again before `delay_seconds` have passed. `failure` is why no way leads there now."""
        await self._pool.fetchval(_SQL["postpone"], reply.order.id, delay_seconds, failure)

    async def give_up(self, reply: Reply, *, reason: str) -> None:
        """Records that its revision will not be shown; the next one may be."""
        is_final = reply.progress.is_final
        await self._pool.fetchval(_SQL["give_up"], reply.order.id, reply.revision, reason, is_final)
