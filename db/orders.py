"""A job: one picture that a member asked for, from the command to the end."""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self
from uuid import UUID

import asyncpg

from core.errors import FAILURES, FailureCode, LostJob
from core.operations import MODELS, Kind
from core.policy import Limits
from db import queries
from db.pool import Pool

_SQL = queries.load("jobs")

PLACE_MAX = 1000
"""Places in line are counted up to here: counting a long queue would cost more than the answer is worth."""

DURATIONS_FROM = 50
"""How many of a model's newest pictures an estimate is made from."""

DURATIONS_SECONDS_MAX = 24 * 3600.0
"""How old they may be: Stability's speed changes, and an estimate from last week would be a guess."""

OPEN_MAX = 100
"""A member has no more in line at once; should it be more after all, these are the first of them."""

FIRST_ANSWER_SECONDS = 5.0
"""How long the command's own answer may take before the reply is counted as missing; Discord waits for 3."""


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (State.DONE, State.FAILED, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Order:
    """What a member asks for with one interaction, and what is needed to answer it.

    `locale` is the language in which the member reads Discord, as Discord names it.
    `parent_channel_id` is the channel of which `channel_id` is a public thread, if it is one.
    `traceparent` is the trace that it is part of, as W3C writes it.
    """

    interaction_id: int
    application_id: int
    token: str = field(repr=False)
    token_expires_at: datetime
    member_id: int
    guild_id: int | None
    channel_id: int
    prompt: str
    width: int
    height: int
    model: str
    seed: int | None = None
    kind: Kind = Kind.IMAGINE
    parent_id: int | None = None
    negative_prompt: str | None = None
    style: str | None = None
    private: bool = False
    spoiler: bool = False
    locale: str = "en-US"
    traceparent: str | None = None
    parent_channel_id: int | None = None

    @property
    def is_ephemeral(self) -> bool:
        """Whether others must be kept from seeing the reply; in direct messages there are none."""
        return self.private and self.guild_id is not None


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the table `jobs`; the migrations say what each column means."""

    id: int
    key: UUID
    state: State
    created_at: datetime
    prompt: str
    width: int
    height: int
    model: str
    seed: int | None
    kind: Kind
    parent_id: int | None
    negative_prompt: str | None
    style: str | None
    private: bool
    spoiler: bool
    locale: str
    credits: Decimal
    member_id: int
    guild_id: int | None
    channel_id: int
    turn: int
    attempt: int
    faults: int
    started_at: datetime | None
    finished_at: datetime | None
    painted_seed: int | None
    original_bytes: int | None
    parked: bool
    failure: FailureCode | None
    interaction_id: int
    application_id: int
    token: str | None = field(repr=False)
    token_expires_at: datetime
    message_id: int | None
    reply_channel_id: int | None
    revision: int
    shown_revision: int
    erased_at: datetime | None
    expired_at: datetime | None
    traceparent: str | None
    parent_channel_id: int | None
    shown_place: int | None
    estimate_over_at: datetime | None

    @property
    def is_ephemeral(self) -> bool:
        """Whether the reply is one that only its member sees, and only its token finds."""
        return self.private and self.guild_id is not None

    @property
    def is_expired(self) -> bool:
        """Whether the time is over for which the owner keeps originals; the preview is still there."""
        return self.expired_at is not None

    @property
    def was_begun(self) -> bool:
        """Whether a worker had begun with it, so that Stability may charge for what was cancelled."""
        return self.started_at is not None

    @classmethod
    def from_row(cls, row: asyncpg.Record) -> Self:
        """Takes the columns it knows: a newer schema may already have more."""
        values = {column.name: row[column.name] for column in fields(cls)}
        values["state"] = State(values["state"])
        values["kind"] = Kind(values["kind"])
        values["failure"] = FailureCode(values["failure"]) if values["failure"] else None
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Estimate:
    """`place` is 1 for the job that is next, and None for one that does not wait.

    `seconds` is how long until it is likely done, 0 where it could be any moment, or None where nobody knows:
    nothing of its model was painted lately.
    `paused` is why it is not begun: until the owner has mended that, or for RATE_LIMITED until
    `pause_seconds` have passed.
    """

    place: int | None
    seconds: float | None
    paused: FailureCode | None = None
    pause_seconds: float | None = None

    def once_over(self, place_before: int | None) -> Self:
        """What can be told instead of a time that has gone by, at that place in line: the next one at that
        place would be no better."""
        if self.paused is not None or self.seconds is None:
            return self
        if self.place is None or self.place == 1:
            return replace(self, seconds=0.0)
        moved = place_before is not None and self.place < place_before
        return self if moved else replace(self, seconds=None)

    @classmethod
    def from_row(cls, row: asyncpg.Record) -> Self:
        place, usual, at_work = row["place"], row["usual_seconds"], row["at_work"]
        paused = FailureCode(row["paused"]) if row["paused"] is not None else None
        if paused is not None and FAILURES[paused].pausing:
            return cls(place, None, paused)
        if place is None:
            left = None if usual is None else max(0.0, usual - (row["seconds_so_far"] or 0.0))
            return cls(None, left)
        until_begun = row["seconds_until_begun"]
        # As many are painted at once as are now; those are half done, as far as anybody knows.
        seconds = None if usual is None else usual * (1 + (place - 1 + at_work / 2) / max(1, at_work))
        return cls(
            place,
            None if seconds is None else until_begun + seconds,
            paused,
            until_begun if paused is not None else None,
        )


class Jobs:
    """The bot's side of the queue."""

    def __init__(self, pool: Pool, limits: Limits | None = None) -> None:
        self._pool = pool
        self._limits = limits or Limits()

    async def enqueue(self, order: Order) -> Job | None:
        """Stores a job, or returns None if this interaction has one already. Raises LimitReached."""
        price = MODELS[order.model].credits
        row = await self._store(order, price)
        if row["id"] is not None:
            return Job.from_row(row)
        if not row["replayed"]:
            self._limits.check(dict(row), price, in_server=order.guild_id is not None)
        return None

    async def _store(self, order: Order, price: Decimal) -> asyncpg.Record:
        """One row in any case: what is used of the limits, and the job if it was stored."""
        row = await self._pool.fetchrow(
            _SQL["enqueue"],
            order.interaction_id,
            order.application_id,
            order.token,
            order.token_expires_at,
            order.member_id,
            order.guild_id,
            order.channel_id,
            order.prompt,
            order.width,
            order.height,
            order.model,
            order.seed,
            order.kind,
            order.parent_id,
            order.negative_prompt,
            order.style,
            order.private,
            order.spoiler,
            order.locale,
            price,
            FIRST_ANSWER_SECONDS,
            self._limits.queue_length,
            self._limits.jobs_per_member,
            self._limits.credits_per_member,
            self._limits.credits_per_server,
            self._limits.credits_in_all,
            order.traceparent,
            order.parent_channel_id,
        )
        if row is None:
            raise AssertionError("`enqueue` answers with one row in any case")
        return row

    async def find(self, job_id: int) -> Job | None:
        """A job in any state, unless it was erased."""
        row = await self._pool.fetchrow(_SQL["find"], job_id)
        return Job.from_row(row) if row else None

    async def place_in_line(self, job: Job) -> int:
        """1 for the job that is next; PLACE_MAX stands for itself and all that is beyond."""
        ahead: int = await self._pool.fetchval(_SQL["place_in_line"], job.turn, job.id, PLACE_MAX - 1)
        return ahead + 1

    async def cancel(self, job_id: int) -> Job:
        """Ends a job that waits or is being painted; `was_begun` of the result tells which it was.

        Raises LostJob if it has ended already.
        """
        row = await self._pool.fetchrow(_SQL["cancel"], job_id)
        if row is None:
            raise LostJob(f"job {job_id} has ended already and cannot be cancelled")
        return Job.from_row(row)

    async def estimate(self, job: Job) -> Estimate:
        """Of a job that has ended meanwhile, nothing is known."""
        return (await self._estimates([job])).get(job.id, Estimate(None, None))

    async def open_of(self, member_id: int) -> list[tuple[Job, Estimate]]:
        """What a member has at work and in line, in the order in which it is served."""
        jobs = [Job.from_row(row) for row in await self._pool.fetch(_SQL["open_of"], member_id, OPEN_MAX)]
        estimates = await self._estimates(jobs)
        return [(job, estimates[job.id]) for job in jobs if job.id in estimates]

    async def _estimates(self, jobs: list[Job]) -> dict[int, Estimate]:
        rows = await self._pool.fetch(
            _SQL["estimates"],
            [job.id for job in jobs],
            PLACE_MAX - 1,
            DURATIONS_SECONDS_MAX,
            DURATIONS_FROM,
        )
        return {row["id"]: Estimate.from_row(row) for row in rows}
