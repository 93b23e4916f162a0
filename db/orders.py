"""The bot's side of the queue: orders come in, are looked up, and are cancelled."""

import asyncio
import json
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from core.errors import LostJob, StaleRules, reason
from core.failures import FAILURES, FailureCode
from core.operations import MODELS
from core.orders import (
    ID_MAX,
    JOB_NUMBERS,
    PLACE_MAX,
    STANDS_SECONDS,
    Estimate,
    Job,
    Order,
    Progress,
    Request,
    State,
    Wanted,
)
from core.policy import Limits, Used, blocked
from core.rules import Member, Wishes
from db import queries
from db.batcher import Batcher
from db.pool import UNAVAILABLE, Pool
from db.rows import progresses_of

log = logging.getLogger(__name__)

_SQL = queries.load("orders")

OPEN_MAX = 100
"""A member has no more in line at once; should it be more after all, these are the first of them."""

FIRST_ANSWER_SECONDS = 5.0
"""How long the command's own answer may take before the reply is counted as missing; Discord waits for 3."""

COUNTED_SECONDS = 5.0
"""For how long a line that was counted is known to be about as long."""

UNCOUNTED_SHARE = 0.5
"""Of the places that were free then, this process fills so many before it counts again; others may fill the rest."""

_WANTED = [column.name for column in fields(Wanted)]
_USED = [column.name for column in fields(Used)]
_LIMITS = [column.name for column in fields(Limits)]


@dataclass(frozen=True, slots=True)
class Seen:
    """The revisions of the rules by which it was decided; None is not asked about."""

    house: int | None = None
    server: int | None = None
    member: int | None = None


_NO_OTHER, _NOTHING_SEEN = Limits(), Seen()


class Orders:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._uncounted = 0.0
        self._counted_at = float("-inf")
        self._announcements = Batcher(self._notify)
        self._announcing: set[asyncio.Future[None]] = set()

    async def create(
        self, request: Request, limits: Limits = _NO_OTHER, seen: Seen = _NOTHING_SEEN
    ) -> Progress | None:
        """Stores an order, or returns None if this interaction has one already.

        Raises LimitReached, NotAllowed, or StaleRules where others were `seen` than there are now.
        """
        model = MODELS[request.model]
        key = uuid4()
        wanted = {name: getattr(request, name) for name in _WANTED}
        row = await self._store(request, key, wanted, limits, seen)
        if row["line_length"] is not None:
            self._uncounted = (limits.queue_length - row["line_length"]) * UNCOUNTED_SHARE
            self._counted_at = time.monotonic()
        if row["id"] is None:
            if not row["is_replay"]:
                _check_stored(row)
                used = Used(**{name: row[name] for name in _USED})
                limits.check(used, model.credits, request.count, in_server=request.guild_id is not None)
            return None
        self._uncounted -= request.count
        self._announce()
        order = Order(id=row["id"], key=key, created_at=row["created_at"], **wanted)
        jobs = (
            Job(
                id=order.id * JOB_NUMBERS + number,
                order=order,
                state=State.QUEUED,
                provider=model.provider,
                price=model.credits,
                turn=row["turn"] + number - 1,
            )
            for number in range(1, request.count + 1)
        )
        return Progress(order=order, jobs=tuple(jobs))

    def _announce(self) -> None:
        """Wakes an idle worker, beside whatever the caller does next; many at once are one."""
        task = asyncio.ensure_future(self._announcements.send(None))
        self._announcing.add(task)
        task.add_done_callback(self._announcing.discard)

    async def _notify(self, _orders: list[None]) -> None:
        try:
            await self._pool.execute(_SQL["announce"])
        except UNAVAILABLE as error:
            log.warning("no worker could be woken, and their next poll finds it: %s", reason(error))

    async def _store(
        self, request: Request, key: UUID, wanted: dict[str, Any], limits: Limits, seen: Seen
    ) -> asyncpg.Record:
        """One row in any case: what is used of the limits, and the order if it was stored."""
        model = MODELS[request.model]
        (row,) = await self._pool.fetch(
            _SQL["create"],
            request.interaction_id,
            key,
            # The function takes them in the order in which `Wanted` names them.
            *(wanted | {"params": json.dumps(dict(request.params))}).values(),
            model.provider,
            model.credits,
            request.application_id,
            request.token,
            request.token_expires_at,
            FIRST_ANSWER_SECONDS,
            # And these in that of `Limits`.
            limits.queue_length if self._has_to_count(request.count) else None,
            *(getattr(limits, name) for name in _LIMITS if name != "queue_length"),
            seen.house,
            seen.server,
            seen.member,
        )
        return row

    def _has_to_count(self, count: int) -> bool:
        """To count the line costs as much as it is long: not done again while there is known to be room."""
        return self._uncounted < count or time.monotonic() - self._counted_at >= COUNTED_SECONDS

    async def find(self, order_id: int) -> Progress | None:
        """In any state, unless it was erased; without its pictures."""
        # A custom id may name a number that no order can have.
        if order_id > ID_MAX // JOB_NUMBERS:
            return None
        found = progresses_of(await self._pool.fetch(_SQL["find"], order_id))
        return found[0] if found else None

    async def cancel(self, order_id: int) -> list[State]:
        """Ends what is left of an order, and returns the states of these jobs. Raises LostJob if nothing is left."""
        rows = await self._pool.fetch(_SQL["cancel"], order_id)
        if not rows:
            raise LostJob(f"order {order_id} has ended already and cannot be cancelled")
        return [State(row["state_before"]) for row in rows]

    async def estimate(self, progress: Progress) -> Estimate:
        """Of an order that has ended meanwhile, nothing is known."""
        (estimate,) = await self._estimates([progress])
        return estimate

    async def open_of(self, member_id: int) -> list[tuple[Progress, Estimate]]:
        """What a member has at work and in line, in the order in which it is served."""
        rows = await self._pool.fetch(_SQL["open_of"], member_id, OPEN_MAX)
        progresses = progresses_of(rows)
        return list(zip(progresses, await self._estimates(progresses), strict=True))

    async def stands(self) -> bool:
        """Whether the line is known not to move soon."""
        return _stands(await self._pool.fetchval(_SQL["moves_in_seconds"]))

    async def _estimates(self, progresses: list[Progress]) -> list[Estimate]:
        ids = [job.id for progress in progresses for job in progress.in_state(State.QUEUED, State.RUNNING)]
        rows = await self._pool.fetch(_SQL["estimates"], ids, PLACE_MAX - 1)
        by_job = {row["id"]: _estimate(row) for row in rows}
        return [
            _of_order([by_job[job.id] for job in progress.jobs if job.id in by_job])
            for progress in progresses
        ]


def _check_stored(row: asyncpg.Record) -> None:
    """Raises where another thing than a limit has kept it out."""
    if row["is_stale"]:
        wishes = Wishes.model_validate_json(row["member_settings"] or "{}")
        raise StaleRules(Member(wishes, row["member_revision"] or 0))
    if row["blocked_in"] is not None:
        raise blocked(row["blocked_in"], row["blocked_reason"], row["blocked_until"])


def _of_order(estimates: Iterable[Estimate]) -> Estimate:
    """Its place is that of the job which is next, and it is done when the last of them is."""
    known = list(estimates)
    if not known:
        return Estimate()
    places = [one.place for one in known if one.place is not None]
    seconds = [one.seconds for one in known]
    # While some of it is at work, it waits for nothing.
    waits = len(places) == len(known)
    first = min(known, key=lambda one: one.place or 0)
    return Estimate(
        min(places) if waits else None,
        max(one for one in seconds if one is not None) if None not in seconds else None,
        first.paused if waits else None,
        first.pause_seconds if waits else None,
        first.stands,
    )


def _estimate(row: asyncpg.Record) -> Estimate:
    place, usual, at_work = row["place"], row["usual_seconds"], row["at_work"]
    paused = FailureCode(row["paused"]) if row["paused"] is not None else None
    if paused is not None and FAILURES[paused].halts_provider:
        return Estimate(place, None, paused, stands=True)
    if place is None:
        left = None if usual is None else max(0.0, usual - (row["seconds_so_far"] or 0.0))
        return Estimate(None, left)
    until_begun = row["seconds_until_begun"]
    # As many are painted at once as are now; those are half done, as far as anybody knows.
    seconds = None if usual is None else usual * (1 + (place - 1 + at_work / 2) / max(1, at_work))
    return Estimate(
        place,
        None if seconds is None else until_begun + seconds,
        paused,
        until_begun if paused is not None else None,
        paused is not None or _stands(row["moves_in_seconds"]),
    )


def _stands(moves_in_seconds: float | None) -> bool:
    return moves_in_seconds is not None and moves_in_seconds >= STANDS_SECONDS
