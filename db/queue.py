"""The worker's side of the queue: it claims jobs, holds them by a lease, and brings each to an end."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from operator import attrgetter

import asyncpg

from core.errors import LostJob
from core.failures import FailureCode, JobFailed, Outcome
from core.orders import Job, Source, State
from db import queries
from db.alarms import PROBE_FIRST_SECONDS, PROBE_SECONDS
from db.batcher import Batcher
from db.pool import Connection, Pool
from db.rows import job_of, picture_of
from db.uploads import upload_of

_SQL = queries.load("queue")
_UPLOADS = queries.load("uploads")

RECLAIM_BATCH = 100


@dataclass(frozen=True, slots=True)
class Painted:
    """A job that is done, as the statement `finish` takes it: the picture's size is in pixels and in bytes, and the
    request's id is the provider's."""

    id: int
    attempt: int
    seed: int | None
    bytes: int
    width: int
    height: int
    request_id: str | None


_COLUMNS = attrgetter(*(column.name for column in fields(Painted)))


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
        self.attempts_max = attempts_max
        self._probe_seconds = probe_seconds
        self._finishes = Batcher(partial(finish_all, pool))

    async def claim(self, limit: int, *, provider: str = "stability") -> list[Job]:
        """Up to `limit` jobs, now running under this worker's lease, in the order of the line."""
        rows = await self._pool.fetch(
            _SQL["claim"].format(limit=int(limit)), self._worker, self._lease_seconds, provider
        )
        return sorted(map(job_of, rows), key=lambda job: (job.turn, job.id))

    async def claim_probe(self, *, provider: str = "stability") -> list[Job]:
        """One of the jobs that an alarm pauses, from time to time and for one worker, to try whether it is
        over."""
        rows = await self._pool.fetch(
            _SQL["claim_probe"],
            self._worker,
            self._lease_seconds,
            provider,
            self._probe_seconds,
            min(PROBE_FIRST_SECONDS, self._probe_seconds),
        )
        return list(map(job_of, rows))

    async def begun(self, job: Job, generation: str, *, look_after_seconds: float) -> None:
        """The provider answers later, under this id: nobody holds the job until it is to be asked after. Again is no
        fault."""
        values = (job.id, job.attempt, generation, look_after_seconds)
        if await self._pool.fetchval(_SQL["begun"], *values) is None:
            raise _lost(job.id, job.attempt, "what it has begun")

    async def claim_begun(self, limit: int, *, provider: str = "stability") -> list[Job]:
        """Up to `limit` of those that are to be asked after, under this worker's lease until it says `look_later` or
        ends them as any job."""
        rows = await self._pool.fetch(
            _SQL["claim_begun"].format(limit=int(limit)), self._worker, self._lease_seconds, provider
        )
        return list(map(job_of, rows))

    async def look_later(self, job: Job, *, seconds: float, faults: int = 0) -> None:
        """Nobody holds it until then."""
        values = (job.id, job.attempt, self._worker, seconds, faults)
        if await self._pool.fetchval(_SQL["look_later"], *values) is None:
            raise _lost(job.id, job.attempt, "the next look")

    async def extend_leases(self, held: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
        """Takes id and attempt of each job held, and returns those that still are."""
        ids, attempts = _array(id_ for id_, _ in held), _array(attempt for _, attempt in held)
        rows = await self._pool.fetch(_SQL["extend_leases"], ids, attempts, self._lease_seconds, self._worker)
        return _held(rows)

    async def inputs(self, job: Job) -> list[Source]:
        """What a job is made from, in the order's order, without what was deleted meanwhile."""
        ids = job.order.inputs
        found: dict[int, Source] = {
            row["id"]: picture_of(row) for row in await self._pool.fetch(_SQL["inputs"], ids)
        }
        if any(id_ < 0 for id_ in ids):
            found |= {row["id"]: upload_of(row) for row in await self._pool.fetch(_UPLOADS["find_all"], ids)}
        return [found[id_] for id_ in ids if id_ in found]

    async def finish(self, painted: Painted) -> None:
        """The picture that an attempt stored is the job's. Again, by the same attempt, is no fault."""
        if (painted.id, painted.attempt) not in await self._finishes.send(painted):
            raise _lost(painted.id, painted.attempt, "finish")

    async def fail(self, job: Job, error: JobFailed) -> None:
        """Ends the job for good."""
        await self._end_attempt(job, State.FAILED, error.outcome, error)

    async def retry(self, job: Job, error: JobFailed, *, delay_seconds: float) -> State:
        """Queues the job again, or fails it when its attempts are used up; returns which it was."""
        return await self._end_attempt(
            job, State.QUEUED, error.outcome, error, faults=1, delay_seconds=delay_seconds
        )

    async def release(
        self,
        job: Job,
        outcome: Outcome = Outcome.FREE,
        *,
        request_id: str | None = None,
        delay_seconds: float = 0,
        refused: bool = False,
    ) -> None:
        """Queues the job again, and nothing is held against it. `refused`: the provider would not have it, for what
        is not about the job."""
        await self._end_attempt(
            job, State.QUEUED, outcome, request_id=request_id, delay_seconds=delay_seconds, refused=refused
        )

    async def is_refused_alone(self, job: Job) -> bool:
        """Whether others of its model were painted since it was last refused."""
        alone: bool = await self._pool.fetchval(_SQL["is_refused_alone"], job.id)
        return alone

    async def front_waits_seconds(self, *, providers: Collection[str] = ("stability",)) -> float | None:
        """For how long the next job of theirs could have been claimed; None where there is none, or a pause."""
        seconds: float | None = await self._pool.fetchval(_SQL["front_waits"], ",".join(providers))
        return seconds

    async def clock(self) -> datetime:
        """What time it is for Postgres."""
        now: datetime = await self._pool.fetchval(_SQL["clock"])
        return now

    async def reclaim_expired(self, run_out_by: datetime) -> dict[int, State]:
        """Reclaims the jobs whose lease ran out by that time; returns what became of each. The time is asked for before
        (`clock`): the statement may arrive late, after an outage in which no worker could extend a lease."""
        rows = await self._pool.fetch(
            _SQL["reclaim_expired"], RECLAIM_BATCH, self.attempts_max, FailureCode.WORKER_LOST, run_out_by
        )
        return {row["id"]: State(row["state"]) for row in rows}

    async def _end_attempt(
        self,
        job: Job,
        to_state: State,
        outcome: Outcome,
        error: JobFailed | None = None,
        *,
        request_id: str | None = None,
        faults: int = 0,
        delay_seconds: float = 0,
        refused: bool = False,
    ) -> State:
        state = await self._pool.fetchval(
            _SQL["end_attempt"],
            job.id,
            job.attempt,
            to_state,
            outcome,
            error.code if error else None,
            error.detail if error else None,
            faults,
            self.attempts_max,
            delay_seconds,
            refused,
            error.request_id if error else request_id,
        )
        if state is None:
            raise _lost(job.id, job.attempt, "the end of the attempt")
        return State(state)


async def finish_all(executor: "Pool | Connection", painted: list[Painted]) -> set[tuple[int, int]]:
    """Those of them, by id and attempt, that are done now, each with its picture and its bill."""
    # In one order, so that two who lock the same rows do not wait for each other.
    columns = zip(*map(_COLUMNS, sorted(painted, key=lambda one: one.id)), strict=True)
    return _held(await executor.fetch(_SQL["finish"], *columns))


def _held(rows: Iterable[asyncpg.Record]) -> set[tuple[int, int]]:
    return {(row["id"], row["attempt"]) for row in rows}


def _array(numbers: Iterable[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"


def _lost(job_id: int, attempt: int, name: str) -> LostJob:
    return LostJob(f"job {job_id} is no longer held at attempt {attempt}: {name} changed nothing")
