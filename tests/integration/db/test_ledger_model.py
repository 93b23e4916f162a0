"""The ledger as a whole: whatever happens in whichever order, used = billed + unknown + reserved, for everybody."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from core.errors import LimitReached, LostJob
from core.failures import FailureCode, JobFailed, Outcome
from core.operations import MODELS
from core.orders import Job, State
from core.policy import Limits
from core.settings import DatabaseSettings
from db.erasure import Erasure
from db.ledger import Ledger, audit
from db.orders import Orders
from db.pool import Pool, open_pool
from db.queue import Queue
from db.spill import Spill
from tests.lives import painted_by, pass_a_month
from tests.orders import request

T = TypeVar("T")

ATTEMPTS_MAX = 2
SETTINGS = settings(
    max_examples=20,
    stateful_step_count=30,
    # Each example is the database's work, whose time is not ours to judge.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    # The examples of another day are of another database.
    database=None,
)
LIMIT = Decimal(60)
LIMITS = Limits(jobs_per_member=100, member_month=LIMIT, server_month=2 * LIMIT, all_month=3 * LIMIT)
MEMBERS = st.integers(1, 3)
NUMBERS = st.integers(0, 1000)
SERVERS = st.sampled_from([None, 5, 6])
MODEL_NAMES = st.sampled_from(["core", "sd3.5-large"])
OUTCOMES = st.sampled_from([Outcome.FREE, Outcome.BILLED, Outcome.UNKNOWN])
CODES = st.sampled_from([FailureCode.REFUSED, FailureCode.FILTERED, FailureCode.UNAVAILABLE])


@dataclass
class Expected:
    """What the model says of a job: who pays for it, what may be billed of its attempts, and whether it is open."""

    member_id: int
    guild_id: int
    price: Decimal
    months_ago: int = 0
    state: State = State.QUEUED
    attempt: int = 0
    faults: int = 0
    generation: str | None = None
    asked_after: bool = False
    calls: dict[int, Outcome] = field(default_factory=dict)

    @property
    def used(self) -> Decimal:
        counted = sum(outcome.counts for outcome in self.calls.values())
        return self.price * (counted + (not self.state.is_final))

    def leave(self, state: State) -> None:
        self.state, self.generation, self.asked_after = state, None, False


def _pick(some: Sequence[T], which: int) -> T | None:
    return some[which % len(some)] if some else None


class LedgerMachine(RuleBasedStateMachine):
    """What is drawn does not depend on what is there, as that depends on who is the quickest; of a job or a claim that
    there is not, nothing is done."""

    def __init__(self, pool: Pool, runner: asyncio.Runner) -> None:
        super().__init__()
        self._runner = runner
        self._pool = pool
        self._orders = Orders(pool)
        self._queue = Queue(pool, worker="one", lease_seconds=60, attempts_max=ATTEMPTS_MAX)
        self._ledger, self._erasure, self._spill = Ledger(pool), Erasure(pool), Spill(pool)
        self._expected: dict[int, Expected] = {}
        # Claims as workers remember them, however old.
        self._held: list[Job] = []
        self._do(
            pool.execute(
                "truncate orders, jobs, replies, pictures, favourites, downloads, spill, removals, calls, "
                "usage, usage_days, usage_keys "
                "restart identity"
            )
        )

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def _used(self, member_id: int | None = None, guild_id: int | None = None) -> Decimal:
        """In this month."""
        return sum(
            (
                job.used
                for job in self._expected.values()
                if job.months_ago == 0
                and (member_id is None or job.member_id == member_id)
                and (guild_id is None or job.guild_id == guild_id)
            ),
            Decimal(0),
        )

    @rule(member_id=MEMBERS, guild_id=SERVERS, model=MODEL_NAMES, count=st.integers(1, 4))
    def create(self, member_id: int, guild_id: int | None, model: str, count: int) -> None:
        wanted = request(member_id=member_id, guild_id=guild_id, model=model, count=count)
        price, server = MODELS[model].credits, guild_id or 0
        fits = (
            self._used(member_id) + count * price <= LIMIT
            and self._used(guild_id=server) + count * price <= 2 * LIMIT
            and self._used() + count * price <= 3 * LIMIT
        )
        with contextlib.nullcontext() if fits else _refused():
            progress = self._do(self._orders.create(wanted, LIMITS))
            assert progress is not None
            for job in progress.jobs:
                self._expected[job.id] = Expected(member_id, server, price)
            # A replay changes nothing, however much is used by then.
            assert self._do(self._orders.create(wanted, LIMITS)) is None

    @rule(limit=st.integers(1, 3), later=st.booleans())
    def claim(self, limit: int, later: bool) -> None:
        """Those that are answered `later` are begun at once."""
        jobs = self._do(self._queue.claim(limit))
        for job in jobs:
            expected = self._expected[job.id]
            expected.state, expected.attempt = State.RUNNING, job.attempt
            expected.calls[job.attempt] = Outcome.OPEN
            if later:
                self._begin(job)
        self._held += jobs

    @rule(which=NUMBERS)
    def begin(self, which: int) -> None:
        if job := _pick(self._held, which):
            self._begin(job)

    def _begin(self, job: Job) -> None:
        """What is answered later stays reserved, and its call open. Begun again, it is not by another id."""
        generation = f"generation of {job.id} at {job.attempt}"
        work = self._queue.begun(job, generation, look_after_seconds=0)
        is_another = self._expected[job.id].generation not in {None, generation}
        if expected := self._end(job, work, Outcome.OPEN, is_late=is_another):
            expected.generation = generation

    @rule(limit=st.integers(1, 3))
    def ask_after(self, limit: int) -> None:
        jobs = self._do(self._queue.claim_begun(limit))
        for job in jobs:
            self._expected[job.id].asked_after = True
        self._held += jobs

    @rule(which=NUMBERS)
    def look_later(self, which: int) -> None:
        if (job := _pick(self._held, which)) is None:
            return
        with contextlib.suppress(LostJob):
            self._do(self._queue.look_later(job, seconds=0))
            self._expected[job.id].asked_after = False

    def _end(
        self, job: Job, work: Coroutine[Any, Any, Any], outcome: Outcome, *, is_late: bool = False
    ) -> Expected | None:
        """What the model says of the job, if this claim of it still counts; else nothing may change."""
        expected = self._expected[job.id]
        if is_late or (expected.state, expected.attempt) != (State.RUNNING, job.attempt):
            with contextlib.suppress(LostJob):
                self._do(work)
            return None
        self._do(work)
        expected.calls[job.attempt] = outcome
        return expected

    @rule(which=NUMBERS, spilled=st.booleans())
    def finish(self, which: int, spilled: bool) -> None:
        if (job := _pick(self._held, which)) is None:
            return
        painted = painted_by(job)
        work = self._spill.keep(painted, b"png", b"webp") if spilled else self._queue.finish(painted)
        if expected := self._end(job, work, Outcome.BILLED):
            expected.leave(State.DONE)

    @rule(which=NUMBERS, code=CODES, outcome=st.none() | OUTCOMES)
    def fail(self, which: int, code: FailureCode, outcome: Outcome | None) -> None:
        if (job := _pick(self._held, which)) is None:
            return
        error = JobFailed(code, outcome=outcome)
        if expected := self._end(job, self._queue.fail(job, error), error.outcome):
            expected.leave(State.FAILED)

    @rule(which=NUMBERS, code=CODES, outcome=st.none() | OUTCOMES)
    def retry(self, which: int, code: FailureCode, outcome: Outcome | None) -> None:
        if (job := _pick(self._held, which)) is None:
            return
        error = JobFailed(code, outcome=outcome)
        if expected := self._end(job, self._queue.retry(job, error, delay_seconds=0), error.outcome):
            self._fault(expected)

    def _fault(self, expected: Expected) -> None:
        expected.faults += 1
        expected.leave(State.QUEUED if expected.faults < ATTEMPTS_MAX else State.FAILED)

    @rule(which=NUMBERS, outcome=OUTCOMES)
    def release(self, which: int, outcome: Outcome) -> None:
        if (job := _pick(self._held, which)) is None:
            return
        if expected := self._end(job, self._queue.release(job, outcome), outcome):
            expected.leave(State.QUEUED)

    @rule(which=NUMBERS)
    def let_a_lease_run_out(self, which: int) -> None:
        running = sorted(id_ for id_, job in self._expected.items() if job.state is State.RUNNING)
        if (job_id := _pick(running, which)) is None:
            return
        expected = self._expected[job_id]
        self._do(self._run_out(job_id))
        if expected.generation and not expected.asked_after:
            return
        if expected.generation and expected.faults + 1 < ATTEMPTS_MAX:
            # It is asked after by another attempt, and not paid for twice.
            expected.calls[expected.attempt + 1] = expected.calls.pop(expected.attempt)
            expected.attempt += 1
            expected.faults += 1
            expected.asked_after = False
        else:
            expected.calls[expected.attempt] = Outcome.UNKNOWN
            self._fault(expected)

    async def _run_out(self, job_id: int) -> None:
        await self._pool.execute(
            "update jobs set lease_until = now() - interval '1 s' where id = $1 and state = 'running'", job_id
        )
        await self._queue.reclaim_expired(await self._queue.clock())

    @rule(which=NUMBERS, outcome=OUTCOMES)
    def correct(self, which: int, outcome: Outcome) -> None:
        if (job := _pick(self._held, which)) is None:
            return
        self._do(self._ledger.correct(job, outcome, generation="known at last"))
        calls = self._expected[job.id].calls
        if calls.get(job.attempt) is Outcome.UNKNOWN:
            calls[job.attempt] = outcome

    @rule(which=NUMBERS)
    def cancel(self, which: int) -> None:
        order_id = (_pick(sorted(self._expected), which) or 0) // 16
        with contextlib.suppress(LostJob):
            self._do(self._orders.cancel(order_id))
        for job_id, expected in self._expected.items():
            if job_id // 16 == order_id:
                self._cancel(expected)

    def _cancel(self, expected: Expected) -> None:
        if expected.state is State.RUNNING:
            expected.calls[expected.attempt] = Outcome.UNKNOWN
        if not expected.state.is_final:
            expected.leave(State.CANCELLED)

    @rule(which=NUMBERS)
    def erase(self, which: int) -> None:
        with contextlib.suppress(LostJob):
            self._do(self._erasure.erase(_pick(sorted(self._expected), which) or 0))

    @rule(member_id=MEMBERS)
    def forget(self, member_id: int) -> None:
        """What is used stays that member's until the month is over."""
        self._do(self._erasure.erase_member(member_id))
        for expected in self._expected.values():
            if expected.member_id == member_id:
                self._cancel(expected)

    @rule(ended=st.booleans())
    def pass_a_month(self, ended: bool) -> None:
        self._do(self._pass_a_month(ended))
        for expected in self._expected.values():
            expected.months_ago += 1

    async def _pass_a_month(self, ended: bool) -> None:
        await pass_a_month(self._pool)
        if ended:
            await self._ledger.end_month()
            assert await self._pool.fetchval("select count(*) from usage_keys") == 0

    @rule(which=NUMBERS, member_id=MEMBERS, guild_id=SERVERS)
    def do_much_at_once(self, which: int, member_id: int, guild_id: int | None) -> None:
        """In which order, nobody can tell: what has become of it is read, and has to be counted all the same."""
        self._do(self._at_once(_pick(sorted(self._expected), which) or 0, member_id, guild_id))

    async def _at_once(self, job_id: int, member_id: int, guild_id: int | None) -> None:
        async def work() -> None:
            for job in await self._queue.claim(2):
                await self._queue.finish(painted_by(job))

        async def work_later() -> None:
            for job in await self._queue.claim(2):
                await self._queue.begun(job, "later", look_after_seconds=0)
            for job in await self._queue.claim_begun(2):
                await self._queue.finish(painted_by(job))

        wanted = {"member_id": member_id, "guild_id": guild_id, "count": 2}
        before = self._used(member_id)
        ended = await asyncio.gather(
            *(self._orders.create(request(**wanted), LIMITS) for _ in range(4)),
            *(work() for _ in range(2)),
            *(work_later() for _ in range(2)),
            self._orders.cancel(job_id // 16),
            self._run_out(job_id),
            return_exceptions=True,
        )
        assert {type(end) for end in ended if isinstance(end, Exception)} <= {LostJob, LimitReached}
        await self._read()
        # A fault may cost more than was reserved; a command never passes the limit.
        assert self._used(member_id) <= max(before, LIMIT) + MODELS["sd3.5-large"].credits

    async def _read(self) -> None:
        for row in await self._pool.fetch("select * from jobs"):
            expected = self._expected.setdefault(
                row["id"], Expected(row["member_id"], row["guild_id"], row["price"])
            )
            expected.state, expected.attempt = State(row["state"]), row["attempt"]
            expected.faults, expected.generation = row["faults"], row["generation"]
            expected.asked_after = row["generation"] is not None and row["worker"] is not None
            expected.calls.clear()
        for row in await self._pool.fetch("select job_id, attempt, outcome from calls"):
            self._expected[row["job_id"]].calls[row["attempt"]] = Outcome(row["outcome"])

    @invariant()
    def all_that_may_be_billed_is_counted(self) -> None:
        self._do(self._check())

    async def _check(self) -> None:
        assert (await audit(self._pool))[1] == []
        rows = await self._pool.fetch(
            """select 'month' as period, scope, month < usage_month() as is_over, key, sum(credits) as credits
               from usage group by 2, 3, 4
               union all
               select 'day', scope, day < usage_day(), key, sum(credits) from usage_days
               where day > usage_day() - 32 group by 2, 3, 4"""
        )
        found = {(row["period"], row["scope"], row["is_over"], row["key"]): row["credits"] for row in rows}
        expected: Counter[tuple[str, str, bool, bytes]] = Counter()
        holders = {
            member: await self._pool.fetchval("select usage_holder($1, usage_month())", member)
            for member in {job.member_id for job in self._expected.values()}
        }
        for job in self._expected.values():
            is_over = job.months_ago > 0
            server, holder = job.guild_id.to_bytes(8), holders[job.member_id]
            for period in ("month", "day") if job.months_ago < 2 else ("month",):
                keys = [("all", b""), ("server", server)]
                if not is_over:
                    keys += [("member", holder), ("here", holder + server)]
                for scope, key in keys:
                    expected[period, scope, is_over, key] += job.used  # type: ignore[assignment] # counts in tenths
        # Nobody can tell any more whose the sums of months are that are over.
        known = {
            key: credits
            for key, credits in found.items()
            if credits and not (key[1] in ("member", "here") and key[2])
        }
        assert known == {key: credits for key, credits in expected.items() if credits}
        # By its id what was begun can be found on the provider's bill.
        assert (
            await self._pool.fetchval(
                "select count(*) from jobs left join calls on calls.job_id = jobs.id and calls.attempt = jobs.attempt "
                "where jobs.generation is not null and calls.generation is distinct from jobs.generation"
            )
            == 0
        )
        open_calls = await self._pool.fetchval("select count(*) from calls where outcome = 'open'")
        assert open_calls == sum(job.state is State.RUNNING for job in self._expected.values())


@contextlib.contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except LimitReached:
        return
    raise AssertionError("beyond a limit, an order was stored")


def test_whatever_may_be_billed_is_counted(database_url: str) -> None:
    with asyncio.Runner() as runner:
        opening = open_pool(DatabaseSettings.model_validate({"database_url": database_url}), name="test")
        pool = runner.run(opening.__aenter__())

        class Machine(LedgerMachine):
            def __init__(self) -> None:
                super().__init__(pool, runner)

        try:
            run_state_machine_as_test(Machine, settings=SETTINGS)
        finally:
            runner.run(opening.__aexit__(None, None, None))
