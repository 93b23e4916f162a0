"""What the bot has shown of each job, and which replies are behind."""

from db import queries
from db.jobs import Job
from db.pool import Pool

_SQL = queries.load("replies")


class Replies:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claim_due(self, limit: int, *, hold_seconds: float) -> list[Job]:
        """Jobs whose reply is behind; nobody else is given them for as long as they are held."""
        rows = await self._pool.fetch(_SQL["claim_due"], limit, hold_seconds)
        return [Job.from_row(row) for row in rows]

    async def next_due_seconds(self) -> float | None:
        """How long until a reply is due, or None when all are up to date."""
        seconds: float | None = await self._pool.fetchval(_SQL["next_due"])
        return seconds

    async def shown(self, job_id: int, revision: int, *, message_id: int | None) -> None:
        """Records that the reply shows `revision`, and where the reply is, if that was learnt."""
        await self._pool.fetchval(_SQL["shown"], job_id, revision, message_id)

    async def postpone(self, job_id: int, *, delay_seconds: float, count_fault: bool) -> None:
        await self._pool.fetchval(_SQL["postpone"], job_id, delay_seconds, int(count_fault))

    async def give_up(self, job_id: int, revision: int, *, reason: str) -> None:
        """Records that `revision` can never be shown."""
        await self._pool.fetchval(_SQL["give_up"], job_id, revision, reason)
