"""Which alarms are raised, of which provider and for whom, and by what they end."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from core.failures import FailureCode, JobFailed, Outcome
from core.orders import Job
from db.alarms import PROBE_SECONDS, Alarm, AlarmCode
from tests.jobs import NOW, job, order
from worker.watch import JOBS_IN_A_ROW, Watch

F, A = FailureCode, AlarmCode


class House:
    """The queue, the alarms and the provider; what each is asked is kept, and fails as a test says."""

    name, title, key_variable = "stability", "Stability", "STABILITY_API_KEY"

    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []
        self.there: list[Alarm] = []
        self.overdue: set[AlarmCode] = set()
        self.credits: Decimal | JobFailed = Decimal(100)
        self.alone = False
        self.asked = 0
        self.away: list[Exception] = []
        house = cast("Any", self)
        self.watch = Watch(house, house, house)

    async def raise_(self, code: AlarmCode, detail: str, **of: Any) -> None:
        if self.away:
            raise self.away.pop()
        self.done.append(("raise", code, detail, of))

    async def resolve(self, codes: Iterable[AlarmCode], **of: Any) -> None:
        if self.away:
            raise self.away.pop()
        self.done.append(("resolve", set(codes), of))

    async def postpone(self, code: AlarmCode, provider: str, *, pause_seconds: float) -> None:
        self.done.append(("postpone", code, provider, pause_seconds))

    async def due(self, provider: str) -> set[AlarmCode]:
        assert provider == "stability"
        return set(self.overdue)

    async def open(self) -> list[Alarm]:
        return self.there

    async def claim_probe(self, *, provider: str) -> list[Job]:
        self.done.append(("probe", provider))
        return [job()]

    async def is_refused_alone(self, of: Job) -> bool:
        assert of.provider == "stability"
        return self.alone

    async def balance(self) -> Decimal:
        self.asked += 1
        if isinstance(self.credits, JobFailed):
            raise self.credits
        return self.credits

    def raised(self) -> list[tuple[AlarmCode, str]]:
        return [(one[1], one[3]["model"]) for one in self.done if one[0] == "raise"]

    async def fail(self, code: FailureCode, *job_ids: int, model: str = "core") -> None:
        for job_id in job_ids or (1,):
            await self.watch.failed(of_model(model, job_id), JobFailed(code, "what it said"))


def of_model(model: str, job_id: int = 1) -> Job:
    return replace(job(of=order(model=model)), id=job_id)


def alarm(code: AlarmCode, provider: str = "stability", price: int | None = None) -> Alarm:
    return Alarm(code, provider, "", "", datetime.now(UTC), None if price is None else Decimal(price))


@pytest.mark.parametrize(
    ("code", "pause_seconds", "price"),
    [(F.BAD_KEY, PROBE_SECONDS, None), (F.NO_CREDIT, PROBE_SECONDS, Decimal(3))],
)
async def test_what_halts_a_provider_is_told_at_once(
    code: FailureCode, pause_seconds: float, price: Decimal | None
) -> None:
    house = House()
    await house.fail(code)
    of = {"provider": "stability", "model": "", "pause_seconds": pause_seconds, "price": price}
    assert house.done == [("raise", A(code), "what it said", of)]


async def test_nothing_that_was_typed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.watch.without_what_was_typed", lambda text: text.replace("fox", "…"))
    house = House()
    await house.watch.failed(job(), JobFailed(F.BAD_KEY, "a fox said no"))
    assert house.done[0][2] == "a … said no"


@pytest.mark.parametrize("code", [F.UNAVAILABLE, F.BLOCKED, F.BAD_PICTURE])
async def test_a_provider_is_away_when_several_jobs_in_a_row_say_so(code: FailureCode) -> None:
    assert JOBS_IN_A_ROW == 3
    house = House()
    await house.fail(code, 1, 2, 1, 2)
    assert house.raised() == []
    await house.fail(F.UNAVAILABLE, 3)
    of = {"provider": "stability", "model": "", "pause_seconds": None, "price": None}
    assert house.done == [("raise", A.UNAVAILABLE, "what it said", of)]


@pytest.mark.parametrize("between", [F.REFUSED, F.RATE_LIMITED, F.BAD_KEY, F.FILTERED, None])
async def test_anything_else_between_them_begins_anew(between: FailureCode | None) -> None:
    house = House()
    await house.fail(F.UNAVAILABLE, 1, 2)
    if between is None:
        await house.watch.painted(of_model("ultra"))
    else:
        await house.fail(between, 9)
    await house.fail(F.UNAVAILABLE, 3, 4)
    assert A.UNAVAILABLE not in [code for code, _model in house.raised()]
    await house.fail(F.UNAVAILABLE, 5)
    assert house.raised()[-1] == (A.UNAVAILABLE, "")


async def test_a_model_is_gone_when_several_of_its_own_jobs_say_so() -> None:
    house = House()
    await house.fail(F.MODEL_GONE, 1, 2, model="ultra")
    await house.fail(F.MODEL_GONE, 3, 4, model="core")
    # That another is painted says nothing of it.
    await house.watch.painted(of_model("core"))
    await house.fail(F.MODEL_GONE, 5, 6, model="core")
    assert house.raised() == []
    await house.fail(F.MODEL_GONE, 7, model="ultra")
    assert house.raised() == [(A.MODEL_GONE, "ultra")]
    await house.fail(F.MODEL_GONE, 8, model="core")
    assert house.raised() == [(A.MODEL_GONE, "ultra"), (A.MODEL_GONE, "core")]


@pytest.mark.parametrize("code", [F.REFUSED, F.RATE_LIMITED, F.INTERNAL, F.INPUT_GONE, F.REJECTED])
async def test_what_members_or_time_can_mend_is_no_alarm(code: FailureCode) -> None:
    house = House()
    await house.fail(code, 1, 2, 3, 4)
    assert house.done == []


@pytest.mark.parametrize("filtered", [False, True])
async def test_a_picture_ends_what_its_own_provider_was_held_for_up_to_its_price(filtered: bool) -> None:
    house = House()
    painted = replace(of_model("ultra"), started_at=NOW, price=Decimal(8))
    if filtered:
        await house.watch.failed(painted, JobFailed(F.FILTERED))
    else:
        await house.watch.painted(painted)
    codes = {A.UNAVAILABLE, A.BAD_KEY, A.NO_CREDIT, A.MODEL_GONE}
    of = {"provider": "stability", "model": "ultra", "raised_before": NOW, "price": Decimal(8)}
    assert house.done == [("resolve", codes, of)]


async def test_no_job_fails_over_an_alarm() -> None:
    house = House()
    house.away = [ConnectionError(), ConnectionError()]
    await house.fail(F.BAD_KEY)
    await house.watch.painted(job())
    assert house.done == []


async def judged(house: House, code: FailureCode, job_id: int = 1, price: int = 3) -> JobFailed:
    of = replace(of_model("core", job_id), price=Decimal(price))
    error = JobFailed(code, "no", outcome=Outcome.UNKNOWN, request_id="r-9")
    found = await house.watch.judged(of, error)
    assert (found.outcome, found.request_id) == (Outcome.UNKNOWN, "r-9")
    return found


async def test_a_refusal_that_the_balance_confirms_stands() -> None:
    house = House()
    house.credits = Decimal("2.9")
    assert str(await judged(house, F.NO_CREDIT)) == "no_credit: no"
    house.credits = JobFailed(F.BAD_KEY)
    assert str(await judged(house, F.BAD_KEY)) == "bad_key: no"


@pytest.mark.parametrize("code", [F.BAD_KEY, F.NO_CREDIT])
async def test_one_that_it_contradicts_is_of_that_job_alone_until_several_have_met_it(
    code: FailureCode,
) -> None:
    house = House()
    house.credits = Decimal(3)
    for job_id in (1, 2, 1, 2):
        found = await judged(house, code, job_id)
        assert found.code is F.UNAVAILABLE
        assert found.detail == "of this job alone: the balance says otherwise, but: no"
    found = await judged(house, code, 3)
    assert (found.code, found.detail) == (code, "the balance says otherwise, but: no")
    # Counted anew then.
    assert (await judged(house, code, 4)).code is F.UNAVAILABLE


@pytest.mark.parametrize(
    ("there", "concerns_it"),
    [
        (alarm(A.NO_CREDIT, price=3), True),
        (alarm(A.NO_CREDIT, price=2), True),
        (alarm(A.NO_CREDIT), True),
        (alarm(A.NO_CREDIT, price=4), False),
        (alarm(A.BAD_KEY), False),
        (alarm(A.NO_CREDIT, "other", price=1), False),
    ],
)
async def test_an_alarm_that_is_there_concerns_its_own_provider_and_what_costs_as_much(
    there: Alarm, concerns_it: bool
) -> None:
    house = House()
    house.there = [there]
    found = await judged(house, F.NO_CREDIT)
    assert (found.code is F.NO_CREDIT) is concerns_it


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("code", [F.BAD_KEY, F.NO_CREDIT])
async def test_where_no_balance_tells_the_others_do(code: FailureCode, alone: bool) -> None:
    house = House()
    house.credits, house.alone = JobFailed(F.UNAVAILABLE), alone
    found = await judged(house, code)
    assert (found.code is F.UNAVAILABLE) is alone


async def test_a_key_is_looked_at_as_a_worker_starts(caplog: pytest.LogCaptureFixture) -> None:
    house = House()
    await house.watch.check_key()
    assert house.done == [("resolve", {A.BAD_KEY}, {"provider": "stability"})]
    house = House()
    house.credits = JobFailed(F.UNAVAILABLE)
    await house.watch.check_key()
    assert house.done == []
    house.credits, house.away = JobFailed(F.BAD_KEY), [ConnectionError()]
    await house.watch.check_key()
    of = {"provider": "stability", "pause_seconds": PROBE_SECONDS}
    assert house.done == [("raise", A.BAD_KEY, "the balance is refused, asked as a worker started", of)]
    assert "STABILITY_API_KEY: Stability does not accept it" in caplog.text


@pytest.mark.parametrize(
    ("due", "credits", "done"),
    [
        (set(), Decimal(1), []),
        ({A.NO_CREDIT}, Decimal(0), [("probe", "stability")]),
        ({A.BAD_KEY}, Decimal(0), [("probe", "stability")]),
        ({A.BAD_KEY}, JobFailed(F.UNAVAILABLE), [("probe", "stability")]),
        ({A.BAD_KEY}, JobFailed(F.BAD_KEY), [("postpone", A.BAD_KEY, "stability", PROBE_SECONDS)]),
        (
            {A.BAD_KEY, A.NO_CREDIT},
            JobFailed(F.BAD_KEY),
            [("postpone", A.BAD_KEY, "stability", PROBE_SECONDS), ("probe", "stability")],
        ),
    ],
)
async def test_a_job_tries_whether_a_pause_is_over_where_there_is_hope(
    due: set[AlarmCode], credits: Decimal | JobFailed, done: list[tuple[Any, ...]]
) -> None:
    house = House()
    house.overdue, house.credits = due, credits
    assert len(await house.watch.claim_probe()) == sum(one[0] == "probe" for one in done)
    assert house.done == done
    # The balance is asked for the key alone.
    assert house.asked == (A.BAD_KEY in due)
