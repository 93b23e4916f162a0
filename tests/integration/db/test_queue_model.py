"""The queue as a whole: any order of events leaves every job where a model of a few lines says it is."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

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

from core.errors import FAILURES, FailureCode, LostJob
from core.operations import MODELS
from core.policy import Limits
from core.settings import DatabaseSettings
from db.erasure import Erasure
from db.orders import Job, Jobs, State
from db.pool import Pool, open_pool
from db.queue import Queue
from db.spill import Parking
from tests.orders import order

T = TypeVar("T")

ATTEMPTS_MAX = 2
PRICE = MODELS["core"].credits
SETTINGS = settings(
    max_examples=60,
    stateful_step_count=40,
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
    revision: int = 1
    begun: bool = False
    charged: bool = True
    erased: bool = False
    parked: bool = False


class QueueMachine(RuleBasedStateMachine):
    """`held` are claims as workers remember them, however old: most are stale, and must change nothing."""

    held = Bundle("held")

    def __init__(self, pool: Pool, runner: asyncio.Runner) -> None:
        super().__init__()
        self._runner = runner
        self._pool = pool
        self._jobs = Jobs(pool, Limits(jobs_per_member=100))
        self._erasure = Erasure(pool)
        self._parking = Parking(pool)
        self._queue = Queue(pool, worker="one", lease_seconds=60, attempts_max=ATTEMPTS_MAX)
        self._expected: dict[int, Expected] = {}
        self._do(pool.execute("truncate jobs, favourites, downloads, parked"))

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def _line(self) -> list[int]:
        """The ids of those that wait, in the order of the line."""
        waiting = [id_ for id_, job in self._expected.items() if job.state is State.QUEUED]
        return sorted(waiting, key=lambda id_: (self._expected[id_].turn, id_))

    def _turn(self, member_id: int) -> int:
        line = self._line()
        turns = [job.turn for job in self._expected.values()]
        current = self._expected[line[0]].turn if line else max(turns, default=1)
        own = [job.turn for job in self._expected.values() if job.member_id == member_id]
        return max(current, max(own, default=0) + 1)

    @rule(member_id=st.integers(1, 3))
    def enqueue(self, member_id: int) -> None:
        turn = self._turn(member_id)
        wanted = order(member_id=member_id)
        job = self._do(self._jobs.enqueue(wanted))
        assert job is not None
        self._expected[job.id] = Expected(turn, member_id)
        assert self._do(self._jobs.enqueue(wanted)) is None

    @rule(target=held, limit=st.integers(1, 3))
    def claim(self, limit: int) -> Any:
        jobs = self._do(self._queue.claim(limit))
        assert [job.id for job in jobs] == self._line()[:limit]
        for job in jobs:
            expected = self._expected[job.id]
            expected.state, expected.begun = State.RUNNING, True
            expected.attempt += 1
            expected.revision += 1
        return multiple(*jobs)

    def _transition(self, job: Job, work: Coroutine[Any, Any, None]) -> Expected | None:
        """What the model says of the job, if this claim of it still counts; else it must be turned away."""
        expected = self._expected[job.id]
        if (expected.state, expected.attempt) != (State.RUNNING, job.attempt):
            with pytest.raises(LostJob):
                self._do(work)
            return None
        self._do(work)
        expected.revision += 1
        return expected

    @rule(job=held)
    def finish(self, job: Job) -> None:
        self._end(job, self._queue.finish(job, painted_seed=1, original_bytes=1), parked=False)

    @rule(job=held)
    def park(self, job: Job) -> None:
        work = self._parking.park(job, b"original", b"preview", painted_seed=1, size=(1, 1))
        self._end(job, work, parked=True)

    def _end(self, job: Job, work: Coroutine[Any, Any, Any], *, parked: bool) -> None:
        """By the attempt that has ended it already, it is neither a fault nor a change."""
        expected = self._expected[job.id]
        if (expected.state, expected.attempt) == (State.DONE, job.attempt):
            self._do(work)
        elif self._transition(job, work):
            expected.state, expected.parked = State.DONE, parked

    @rule()
    def carry(self) -> None:
        claimed = self._do(self._parking.claim_one(hold_seconds=0))
        assert (claimed is not None) == any(job.parked for job in self._expected.values())
        if claimed:
            self._do(self._parking.carried(claimed.job))
            self._expected[claimed.job.id].parked = False
            self._expected[claimed.job.id].revision += 1

    @rule(job=held, code=CODES)
    def fail(self, job: Job, code: FailureCode) -> None:
        if expected := self._transition(job, self._queue.fail(job, code, "")):
            expected.state, expected.charged = State.FAILED, FAILURES[code].charged

    @rule(job=held, code=CODES)
    def retry(self, job: Job, code: FailureCode) -> None:
        if expected := self._transition(job, self._queue.retry(job, code, "", delay_seconds=0)):
            self._fault(expected, charged=FAILURES[code].charged)

    def _fault(self, expected: Expected, *, charged: bool) -> None:
        expected.faults += 1
        if expected.faults < ATTEMPTS_MAX:
            expected.state, expected.begun = State.QUEUED, False
        else:
            expected.state, expected.charged = State.FAILED, charged

    @rule(job=held)
    def hand_back(self, job: Job) -> None:
        if expected := self._transition(job, self._queue.hand_back(job)):
            expected.state, expected.begun = State.QUEUED, False

    @rule(job=consumes(held))
    def extend_lease(self, job: Job) -> None:
        expected = self._expected[job.id]
        kept = (expected.state, expected.attempt) == (State.RUNNING, job.attempt)
        held = {(job.id, job.attempt)}
        assert self._do(self._queue.extend_leases(held)) == (held if kept else set())

    @rule(job=held)
    def let_a_lease_run_out(self, job: Job) -> None:
        self._do(
            self._pool.execute(
                "update jobs set lease_until = now() - interval '1 s' where id = $1 and state = 'running'",
                job.id,
            )
        )
        reaped = self._do(self._queue.reap(self._do(self._queue.clock())))
        expected = self._expected[job.id]
        assert reaped == ([job.id] if expected.state is State.RUNNING else [])
        if reaped:
            self._fault(expected, charged=False)
            expected.revision += 1

    @precondition(lambda self: self._expected)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job_id = data.draw(st.sampled_from(sorted(self._expected)))
        expected = self._expected[job_id]
        if expected.state.is_final:
            with pytest.raises(LostJob):
                self._do(self._jobs.cancel(job_id))
            return
        assert self._do(self._jobs.cancel(job_id)).was_begun == expected.begun
        expected.state, expected.charged = State.CANCELLED, False
        expected.revision += 1

    @precondition(lambda self: self._expected)
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        job_id = data.draw(st.sampled_from(sorted(self._expected)))
        expected = self._expected[job_id]
        if expected.erased or not expected.state.is_final:
            with pytest.raises(LostJob):
                self._do(self._erasure.erase(job_id))
            return
        self._do(self._erasure.erase(job_id))
        expected.erased, expected.parked = True, False
        expected.revision += 1

    @invariant()
    def every_job_is_where_the_model_says(self) -> None:
        rows = self._do(self._pool.fetch("select * from jobs"))
        actual = {job.id: job for job in map(Job.from_row, rows)}
        assert actual.keys() == self._expected.keys()
        for id_, expected in self._expected.items():
            assert _seen(actual[id_]) == expected, id_
            assert actual[id_].credits == (PRICE if expected.charged else 0)


def _seen(job: Job) -> Expected:
    return Expected(
        turn=job.turn,
        member_id=job.member_id,
        state=job.state,
        attempt=job.attempt,
        faults=job.faults,
        revision=job.revision,
        begun=job.was_begun,
        charged=job.credits > 0,
        erased=job.erased_at is not None,
        parked=job.parked,
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
