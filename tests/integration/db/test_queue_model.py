"""The queue as a whole: any order of events leaves every job where a model of a few lines says it is."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.errors import LostJob
from core.failures import FailureCode, JobFailed
from core.orders import Job, State
from core.policy import Limits
from core.settings import DatabaseSettings
from db.erasure import Erasure
from db.orders import Orders
from db.pool import Pool, open_pool
from db.queue import Queue
from db.spill import Spill
from tests.lives import painted_by
from tests.orders import request

LIMITS = Limits(jobs_per_member=100)

T = TypeVar("T")

ATTEMPTS_MAX = 2
SETTINGS = settings(
    max_examples=40,
    stateful_step_count=30,
    # Each example is the database's work, whose time is not ours to judge.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    # The examples of another day are of another database.
    database=None,
)
CODES = st.sampled_from([FailureCode.REFUSED, FailureCode.FILTERED, FailureCode.UNAVAILABLE])


@dataclass
class Expected:
    """What the model says of a job."""

    turn: int
    member_id: int
    state: State = State.QUEUED
    attempt: int = 0
    faults: int = 0
    begun: bool = False
    erased: bool = False
    spilled: bool = False
    generation: str | None = None
    asked_after: bool = False

    @property
    def is_held(self) -> bool:
        return self.state is State.RUNNING and (self.generation is None or self.asked_after)

    def leave(self, state: State) -> None:
        """What was begun at the provider is known for as long as the job is at work."""
        self.state, self.generation, self.asked_after = state, None, False


class QueueMachine(RuleBasedStateMachine):
    """`held` are claims as workers remember them, however old: most are stale, and must change nothing."""

    held = Bundle("held")

    def __init__(self, pool: Pool, runner: asyncio.Runner) -> None:
        super().__init__()
        self._runner = runner
        self._pool = pool
        self._orders = Orders(pool)
        self._erasure = Erasure(pool)
        self._spill = Spill(pool)
        self._queue = Queue(pool, worker="one", lease_seconds=60, attempts_max=ATTEMPTS_MAX)
        self._expected: dict[int, Expected] = {}
        self._revisions: dict[int, int] = {}
        self._do(
            pool.execute(
                "truncate orders, jobs, replies, pictures, favourites, downloads, spill, removals, calls, "
                "usage, usage_days, usage_keys "
                "restart identity"
            )
        )

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def _line(self) -> list[int]:
        """The ids of those that wait, in the order of the line."""
        waiting = [id_ for id_, job in self._expected.items() if job.state is State.QUEUED]
        return sorted(waiting, key=lambda id_: (self._expected[id_].turn, id_))

    def _open(self, member_id: int | None = None) -> list[Expected]:
        return [
            job
            for job in self._expected.values()
            if not job.state.is_final and member_id in (None, job.member_id)
        ]

    def _turn(self, member_id: int) -> int:
        line = self._line()
        at_work = [job.turn for job in self._open()]
        current = self._expected[line[0]].turn if line else max(at_work, default=1)
        return max(current, max((job.turn for job in self._open(member_id)), default=0) + 1)

    def _changed(self, *job_ids: int) -> None:
        """What is done to jobs of one order at once is one change of its reply."""
        for order_id in {job_id // 16 for job_id in job_ids}:
            self._revisions[order_id] += 1

    @rule(member_id=st.integers(1, 3), count=st.integers(1, 4))
    def create(self, member_id: int, count: int) -> None:
        turn = self._turn(member_id)
        wanted = request(member_id=member_id, count=count)
        progress = self._do(self._orders.create(wanted, LIMITS))
        assert progress is not None
        assert [job.turn for job in progress.jobs] == list(range(turn, turn + count))
        self._revisions[progress.order.id] = 1
        for job in progress.jobs:
            self._expected[job.id] = Expected(job.turn, member_id)
        assert self._do(self._orders.create(wanted, LIMITS)) is None

    @rule(target=held, limit=st.integers(1, 5), later=st.booleans())
    def claim(self, limit: int, later: bool) -> Any:
        """Those that are answered `later` are begun at once."""
        jobs = self._do(self._queue.claim(limit))
        assert [job.id for job in jobs] == self._line()[:limit]
        for job in jobs:
            expected = self._expected[job.id]
            expected.state, expected.begun = State.RUNNING, True
            expected.attempt += 1
        self._changed(*(job.id for job in jobs))
        if later:
            for job in jobs:
                self.begin(job)
        return multiple(*jobs)

    @rule(job=held)
    def begin(self, job: Job) -> None:
        """Again is no fault, but by no other id."""
        generation = f"generation of {job.id} at {job.attempt}"
        work = self._queue.begun(job, generation, look_after_seconds=0)
        is_another = self._expected[job.id].generation not in {None, generation}
        if expected := self._transition(job, work, is_shown=False, is_late=is_another):
            expected.generation = generation

    @rule(target=held, limit=st.integers(1, 3))
    def ask_after(self, limit: int) -> Any:
        due = {id_ for id_, job in self._expected.items() if job.generation and not job.asked_after}
        jobs = self._do(self._queue.claim_begun(limit))
        assert {job.id for job in jobs} <= due
        assert len(jobs) == min(limit, len(due))
        for job in jobs:
            expected = self._expected[job.id]
            expected.asked_after = True
            assert (job.attempt, job.generation) == (expected.attempt, expected.generation)
        return multiple(*jobs)

    @rule(job=held, faults=st.integers(0, 1))
    def look_later(self, job: Job, faults: int) -> None:
        work = self._queue.look_later(job, seconds=0, faults=faults)
        not_begun = self._expected[job.id].generation is None
        if expected := self._transition(job, work, is_shown=False, is_late=not_begun):
            expected.faults += faults if expected.asked_after else 0
            expected.asked_after = False

    def _transition(
        self, job: Job, work: Coroutine[Any, Any, Any], *, is_shown: bool = True, is_late: bool = False
    ) -> Expected | None:
        """What the model says of the job, if this claim of it still counts; else it must be turned away."""
        expected = self._expected[job.id]
        if is_late or (expected.state, expected.attempt) != (State.RUNNING, job.attempt):
            with pytest.raises(LostJob):
                self._do(work)
            return None
        self._do(work)
        if is_shown:
            self._changed(job.id)
        return expected

    @rule(job=held)
    def finish(self, job: Job) -> None:
        self._end(job, self._queue.finish(painted_by(job)), spilled=False)

    @rule(job=held)
    def spill(self, job: Job) -> None:
        self._end(job, self._spill.keep(painted_by(job), b"original", b"preview"), spilled=True)

    def _end(self, job: Job, work: Coroutine[Any, Any, Any], *, spilled: bool) -> None:
        """By the attempt that has ended it already, it is no fault, and no change of what is shown."""
        expected = self._expected[job.id]
        if (expected.state, expected.attempt) == (State.DONE, job.attempt):
            if not spilled:
                self._do(work)
            else:
                work.close()
        elif self._transition(job, work):
            expected.leave(State.DONE)
            expected.spilled = spilled

    @rule()
    def upload(self) -> None:
        claimed = self._do(self._spill.claim_one(hold_seconds=0))
        assert (claimed is not None) == any(job.spilled for job in self._expected.values())
        if claimed:
            self._do(self._spill.uploaded(claimed.picture))
            self._expected[claimed.picture.id].spilled = False
            self._changed(claimed.picture.id)

    @rule(job=held, code=CODES)
    def fail(self, job: Job, code: FailureCode) -> None:
        if expected := self._transition(job, self._queue.fail(job, JobFailed(code))):
            expected.leave(State.FAILED)

    @rule(job=held, code=CODES)
    def retry(self, job: Job, code: FailureCode) -> None:
        work = self._queue.retry(job, JobFailed(code), delay_seconds=0)
        if expected := self._transition(job, work):
            self._fault(expected)

    def _fault(self, expected: Expected) -> None:
        expected.faults += 1
        if expected.faults < ATTEMPTS_MAX:
            expected.leave(State.QUEUED)
            expected.begun = False
        else:
            expected.leave(State.FAILED)

    @rule(job=held)
    def release(self, job: Job) -> None:
        if expected := self._transition(job, self._queue.release(job)):
            expected.leave(State.QUEUED)
            expected.begun = False

    @rule(job=consumes(held))
    def extend_lease(self, job: Job) -> None:
        expected = self._expected[job.id]
        kept = expected.is_held and expected.attempt == job.attempt
        held = {(job.id, job.attempt)}
        assert self._do(self._queue.extend_leases(held)) == (held if kept else set())

    @precondition(lambda self: any(job.state is State.RUNNING for job in self._expected.values()))
    @rule(data=st.data())
    def let_a_lease_run_out(self, data: st.DataObject) -> None:
        running = sorted(id_ for id_, job in self._expected.items() if job.state is State.RUNNING)
        job_id = data.draw(st.sampled_from(running))
        self._do(
            self._pool.execute(
                "update jobs set lease_until = now() - interval '1 s' where id = $1 and state = 'running'",
                job_id,
            )
        )
        reclaimed = self._do(self._queue.reclaim_expired(self._do(self._queue.clock())))
        expected = self._expected[job_id]
        was_held = expected.is_held
        if was_held and expected.generation and expected.faults + 1 < ATTEMPTS_MAX:
            # It is asked after anew, and whoever was lost with it comes too late.
            expected.faults += 1
            expected.attempt += 1
            expected.asked_after = False
        elif was_held:
            self._fault(expected)
            self._changed(job_id)
        assert reclaimed == ({job_id: expected.state} if was_held else {})

    @precondition(lambda self: self._revisions)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        order_id = data.draw(st.sampled_from(sorted(self._revisions)))
        jobs = [job for id_, job in sorted(self._expected.items()) if id_ // 16 == order_id]
        live = [job for job in jobs if not job.state.is_final]
        if not live:
            with pytest.raises(LostJob):
                self._do(self._orders.cancel(order_id))
            return
        assert self._do(self._orders.cancel(order_id)) == [job.state for job in live]
        for job in live:
            job.leave(State.CANCELLED)
        self._revisions[order_id] += 1

    @precondition(lambda self: self._expected)
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        job_id = data.draw(st.sampled_from(sorted(self._expected)))
        expected = self._expected[job_id]
        if expected.erased or expected.state is not State.DONE:
            with pytest.raises(LostJob):
                self._do(self._erasure.erase(job_id))
            return
        self._do(self._erasure.erase(job_id))
        expected.erased, expected.spilled = True, False
        self._changed(job_id)

    @invariant()
    def every_job_is_where_the_model_says(self) -> None:
        rows = self._do(
            self._pool.fetch(
                """select jobs.*, pictures.erased_at is not null as erased, pictures.id is not null as painted,
                          spill.picture_id is not null as spilled, replies.revision, orders.erased_at as order_erased_at
                   from jobs join orders on orders.id = jobs.order_id join replies using (order_id)
                       left join pictures on pictures.id = jobs.id left join spill on spill.picture_id = jobs.id"""
            )
        )
        assert {row["id"]: _seen(row) for row in rows} == self._expected
        assert {row["order_id"]: row["revision"] for row in rows} == self._revisions
        for row in rows:
            assert row["painted"] == (row["state"] == State.DONE)
            of_order = [job for id_, job in self._expected.items() if id_ // 16 == row["order_id"]]
            is_gone = all(
                job.state.is_final and (job.erased or job.state is not State.DONE) for job in of_order
            )
            # Its prompt goes with its last picture, and not when the last of what was to come fails.
            if row["order_erased_at"] is not None:
                assert is_gone
            elif all(job.erased for job in of_order):
                raise AssertionError(f"order {row['order_id']} has nothing left to be seen")


def _seen(row: asyncpg.Record) -> Expected:
    return Expected(
        turn=row["turn"],
        member_id=row["member_id"],
        state=State(row["state"]),
        attempt=row["attempt"],
        faults=row["faults"],
        begun=row["started_at"] is not None,
        erased=row["erased"],
        spilled=row["spilled"],
        generation=row["generation"],
        asked_after=row["generation"] is not None and row["worker"] is not None,
    )


def test_any_order_of_events(database_url: str) -> None:
    with asyncio.Runner() as runner:
        opening = open_pool(DatabaseSettings.model_validate({"database_url": database_url}), name="test")
        pool = runner.run(opening.__aenter__())

        class Machine(QueueMachine):
            def __init__(self) -> None:
                super().__init__(pool, runner)

        try:
            run_state_machine_as_test(Machine, settings=SETTINGS)
        finally:
            runner.run(opening.__aexit__(None, None, None))
