"""What the bot has shown of each job, and which replies are behind."""

from core.errors import FailureCode
from db import queries
from db.orders import PLACE_MAX, Job
from db.pool import Pool

_SQL = queries.load("replies")

MOVED_SECONDS_MIN = 10.0
"""How long a place in line is shown before it is worth another edit."""


class Replies:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claim_due(self, limit: int, *, hold_seconds: float) -> list[Job]:
        """Jobs whose reply is behind; nobody else is given them for as long as they are held."""
        rows = await self._pool.fetch(_SQL["claim_due"], limit, hold_seconds)
        return [Job.from_row(row) for row in rows]

    async def claim_moved(
        self, limit: int, *, hold_seconds: float, moved_seconds_min: float = MOVED_SECONDS_MIN
    ) -> list[tuple[Job, int]]:
        """Waiting jobs whose place in line has changed by what a person notices, or whose reply tells of
        another pause than there is, and that place, the first in line first. Nobody else is given them for as
        long as they are held."""
        rows = await self._pool.fetch(_SQL["claim_moved"], limit, PLACE_MAX, moved_seconds_min, hold_seconds)
        return sorted(((Job.from_row(row), row["place"]) for row in rows), key=lambda moved: moved[1])

    async def claim_over(self, limit: int, *, hold_seconds: float) -> list[Job]:
        """Jobs that wait or are painted, whose reply tells a time that is over, in the same way."""
        rows = await self._pool.fetch(_SQL["claim_over"], limit, hold_seconds)
        return [Job.from_row(row) for row in rows]

    async def next_due_seconds(self) -> float | None:
        """How long until a reply is due, or None when all are up to date."""
        seconds: float | None = await self._pool.fetchval(_SQL["next_due"])
        return seconds

    async def shown(
        self,
        job_id: int,
        revision: int,
        *,
        message_id: int | None,
        channel_id: int | None = None,
        place: int | None = None,
        pause: FailureCode | None = None,
        over_seconds: float | None = None,
        hold_seconds: float = 0.0,
    ) -> None:
        """Records that the reply shows `revision`, `place` and `pause`, and where it is, if that was learnt.

        The time that it tells, if any, is over in `over_seconds`. It is not due again before `hold_seconds`
        have passed.
        """
        await self._pool.fetchval(
            _SQL["shown"],
            job_id,
            revision,
            message_id,
            place,
            channel_id,
            hold_seconds,
            pause,
            over_seconds,
        )

    async def found(self, job_id: int, *, message_id: int, channel_id: int) -> None:
        """Records where the reply is, if that was not known."""
        await self._pool.fetchval(_SQL["found"], job_id, message_id, channel_id)

    async def postpone(self, job_id: int, *, delay_seconds: float, failure: str | None = None) -> None:
        """It is not due again before `delay_seconds` have passed. `failure` is why no way leads there now."""
        await self._pool.fetchval(_SQL["postpone"], job_id, delay_seconds, failure)

    async def give_up(self, job_id: int, revision: int, *, reason: str) -> None:
        """Records that `revision` will not be shown; the next one may be."""
        await self._pool.fetchval(_SQL["give_up"], job_id, revision, reason)
