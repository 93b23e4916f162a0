"""What members want where nothing else is said."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import asyncpg

from core.errors import StaleRules
from core.rules import Member, Wishes
from db import queries
from db.pool import Pool

_SQL = queries.load("members")

KNOWN_MAX = 10_000
"""Of so many members the wishes are kept at hand; an order tells who has others."""

TRIES = 5

OVERLAP = timedelta(minutes=1)
"""What was changed since the last look is looked for from so long before it: clocks differ, and commits take time."""


class Members:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: OrderedDict[int, Member] = OrderedDict()
        self._looked_at = datetime.fromtimestamp(OVERLAP.total_seconds(), UTC)

    def known(self, member_id: int) -> Member:
        """As far as this process has heard; most members want nothing."""
        return self._known.get(member_id, Member())

    def learn(self, member_id: int, member: Member) -> None:
        self._known[member_id] = member
        self._known.move_to_end(member_id)
        if len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)

    async def load(self) -> None:
        """What was changed since the last time, here or elsewhere."""
        now = datetime.now(UTC)
        rows = await self._pool.fetch(_SQL["changed"], self._looked_at - OVERLAP, KNOWN_MAX)
        for row in reversed(rows):
            if row["revision"] > self.known(row["member_id"]).revision:
                self.learn(row["member_id"], _member(row))
        self._looked_at = now

    async def find(self, member_id: int) -> Member:
        """As they are now."""
        row = await self._pool.fetchrow(_SQL["find"], member_id)
        member = _member(row)
        self.learn(member_id, member)
        return member

    async def edit(self, member_id: int, edit: Callable[[Wishes], Wishes]) -> Wishes:
        """Raises ValidationError, StaleRules."""
        for _ in range(TRIES):
            member = await self.find(member_id)
            wishes = edit(member.wishes)
            revision = await self._pool.fetchval(_SQL["save"], member_id, wishes.stored(), member.revision)
            if revision is not None:
                self.learn(member_id, Member(wishes, revision))
                return wishes
        raise StaleRules(Member())


def _member(row: asyncpg.Record | None) -> Member:
    """Most have no row."""
    return Member() if row is None else Member(Wishes.model_validate_json(row["settings"]), row["revision"])
