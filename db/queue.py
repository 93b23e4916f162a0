"""The worker's side of the queue: it claims jobs, holds them by a lease, and brings each to an end."""

from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass
from datetime import datetime

import asyncpg

from core.errors import FAILURES, FailureCode, LostJob
from db import queries
from db.alarms import PROBE_FIRST_SECONDS, PROBE_SECONDS
from db.batcher import Batcher
from db.orders import Job, State
from db.pool import Pool

_SQL = queries.load("queue")

REAP_BATCH = 100


@dataclass(frozen=True, slots=True)
class _Painted:
    """What is recorded of a job that is done, as the statement `finish` takes it."""

    id: int
    attempt: int
    seed: int | None
    bytes: int
    width: int | None
    height: int | None


class Queue:
    """A transition that finds the job in another state, or at another attempt, raises LostJob."""

    def __init__(
        self,
        pool: Pool,
        *,
        worker: str,
        lease_seconds: float,
        attempts_max: int,
        probe_seconds: float = PROBE_SECONDS,
    ) -> None:
        self._pool = pool
        self._worker = worker
        self._lease_seconds = lease_seconds
        self._attempts_max = attempts_max
        self._probe_seconds = probe_seconds
        self._finishes = Batcher(self._finish_all)

    async def claim(self, limit: int) -> list[Job]:
        """Up to `limit` jobs, now running under this worker's lease, in the order of the line."""
        rows = await self._pool.fetch(
            _SQL["claim"].format(limit=int(limit)), self._worker, self._lease_seconds
        )
        return sorted(map(Job.from_row, rows), key=lambda job: (job.turn, job.id))

    async def claim_to_probe(self) -> list[Job]:
        """One of the jobs that an alarm pauses, from time to time and for one worker, to try whether it is
        over."""
        rows = await self._pool.fetch(
            _SQL["claim_to_probe"],
            self._worker,
            self._lease_seconds,
            self._probe_seconds,
            min(PROBE_FIRST_SECONDS, self._probe_seconds),
        )
        return [Job.from_row(row) for row in rows]

    async def extend_leases(self, held: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
        """Takes id and attempt of each job held, and returns those that still are."""
        ids, attempts = _array(id_ for id_, _ in held), _array(attempt for _, attempt in held)
        rows = await self._pool.fetch(_SQL["extend_leases"], ids, attempts, self._lease_seconds)
        return _held(rows)

    async def parent(self, job: Job) -> Job | None:
        """The picture that a job is made from, or None if it was deleted meanwhile."""
        row = await self._pool.fetchrow(_SQL["parent"], job.parent_id)
        return Job.from_row(row) if row else None

    async def finish(
        self,
        job: Job,
        *,
        painted_seed: int | None,
        original_bytes: int,
        size: tuple[int, int] | None = None,
    ) -> None:
        """`size` is the picture's width and height where that is not what the job said before.

        Again, by the same attempt, is no fault: the picture that it stored is the job's.
        """
        painted = _Painted(job.id, job.attempt, painted_seed, original_bytes, *(size or (None, None)))
        if (job.id, job.attempt) not in await self._finishes.send(painted):
            raise _lost(job, "finish")

    async def _finish_all(self, painted: list[_Painted]) -> set[tuple[int, int]]:
        # In one order, so that two who lock the same rows do not wait for each other.
        columns = zip(*map(astuple, sorted(painted, key=lambda one: one.id)), strict=True)
        return _held(await self._pool.fetch(_SQL["finish"], *columns))

    async def fail(self, job: Job, code: FailureCode, detail: str) -> None:
        await self._transition("fail", job, code, detail, FAILURES[code].charged)

    async def retry(self, job: Job, code: FailureCode, detail: str, *, delay_seconds: float) -> None:
        """Queues the job again, or fails it with `code` when its attempts are used up."""
        charged = FAILURES[code].charged
        await self._transition("retry", job, code, detail, charged, self._attempts_max, delay_seconds)

    async def hand_back(self, job: Job, *, delay_seconds: float = 0) -> None:
        """Queues the job again without counting the attempt."""
        await self._transition("hand_back", job, delay_seconds)

    async def refuse(self, job: Job, *, delay_seconds: float = 0) -> None:
        """The same for what is paused from now on: that Stability refused it is noted."""
        await self._transition("refuse", job, delay_seconds)

    async def is_refused_alone(self, job: Job) -> bool:
        """Whether others of its model were painted since it was last refused."""
        alone: bool = await self._pool.fetchval(_SQL["is_refused_alone"], job.id)
        return alone

    async def front_waits_seconds(self) -> float | None:
        """For how long the next job could have been claimed; None where there is none, or a pause."""
        seconds: float | None = await self._pool.fetchval(_SQL["front_waits"])
        return seconds

    async def clock(self) -> datetime:
        """What time it is for Postgres."""
        now: datetime = await self._pool.fetchval(_SQL["clock"])
        return now

    async def reap(self, run_out_by: datetime) -> list[int]:
        """Takes back the jobs whose lease ran out by that time, whoever held them, and returns their ids.

        The time is Postgres' own, of before: the statement itself may arrive late, after an outage during
        which no worker could extend a lease.
        """
        return list(await self.take_back(run_out_by))

    async def take_back(self, run_out_by: datetime) -> dict[int, State]:
        """The same, with what became of each: queued again, or failed."""
        rows = await self._pool.fetch(
            _SQL["reap"], REAP_BATCH, self._attempts_max, FailureCode.WORKER_LOST, run_out_by
        )
        return {row["id"]: State(row["state"]) for row in rows}

    async def _transition(self, name: str, job: Job, *arguments: object) -> None:
        if await self._pool.fetchval(_SQL[name], job.id, job.attempt, *arguments) is None:
            raise _lost(job, name)


def _held(rows: Iterable[asyncpg.Record]) -> set[tuple[int, int]]:
    return {(row["id"], row["attempt"]) for row in rows}


def _array(numbers: Iterable[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"


def _lost(job: Job, name: str) -> LostJob:
    return LostJob(f"job {job.id} is no longer held at attempt {job.attempt}: {name} changed nothing")
