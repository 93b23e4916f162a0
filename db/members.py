"""What members want where nothing else is said."""

from collections import OrderedDict
from collections.abc import Callable

from core.errors import StaleRules
from core.rules import Member, Wishes
from db import queries
from db.pool import Pool

_SQL = queries.load("members")

KNOWN_MAX = 10_000
"""Of so many members the wishes are kept at hand; an order tells who has others."""

TRIES = 5


class Members:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: OrderedDict[int, Member] = OrderedDict()

    def known(self, member_id: int) -> Member:
        """As far as this process has heard; most members want nothing."""
        return self._known.get(member_id, Member())

    def learn(self, member_id: int, member: Member) -> None:
        self._known[member_id] = member
        self._known.move_to_end(member_id)
        if len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)

    async def find(self, member_id: int) -> Member:
        """As they are now."""
        row = await self._pool.fetchrow(_SQL["find"], member_id)
        member = (
            Member() if row is None else Member(Wishes.model_validate_json(row["settings"]), row["revision"])
        )
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
