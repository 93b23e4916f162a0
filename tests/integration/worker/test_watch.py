"""What only the owner can mend is noticed, told once, and over when it is mended."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from core.failures import FailureCode, JobFailed, Outcome
from core.orders import Job
from db.alarms import Alarm, AlarmCode, Alarms
from db.listen import listen
from db.pool import Pool
from ops.logs import about_job
from tests.jobs import JOB, order
from tests.jobs import job as job_of
from tests.lives import worker
from worker.providers.stability.client import Stability
from worker.watch import JOBS_IN_A_ROW, Watch

TIMEOUT_SECONDS = 10


@pytest.fixture
def alarms(pool: Pool) -> Alarms:
    return Alarms(pool)


@pytest.fixture
def watch(pool: Pool, alarms: Alarms, stability: Stability) -> Watch:
    return Watch(worker(pool), alarms, stability)


def of_model(model: str, job_id: int = JOB.id) -> Job:
    return replace(job_of(of=order(model=model)), id=job_id)


async def fail(watch: Watch, code: FailureCode, job_id: int = 1, model: str = "core") -> None:
    await watch.failed(of_model(model, job_id), JobFailed(code, f"what {code} said"))


async def told(alarms: Alarms) -> list[tuple[AlarmCode, str]]:
    return [(alarm.code, alarm.model) for alarm in await alarms.claim_untold()]


@pytest.mark.parametrize("code", [FailureCode.BAD_KEY, FailureCode.NO_CREDIT])
async def test_an_alarm_is_told_once_until_it_is_over(
    alarms: Alarms, watch: Watch, code: FailureCode
) -> None:
    await fail(watch, code)
    (alarm,) = await alarms.claim_untold()
    price = JOB.price if code is FailureCode.NO_CREDIT else None
    assert alarm == Alarm(AlarmCode(code), "stability", "", f"what {code} said", alarm.raised_at, price)
    await fail(watch, code)
    assert await told(alarms) == []
    await watch.painted(JOB)
    await fail(watch, code)
    assert await told(alarms) == [(AlarmCode(code), "")]


async def gone(watch: Watch, model: str, jobs: int = JOBS_IN_A_ROW) -> None:
    for job_id in range(jobs):
        await fail(watch, FailureCode.MODEL_GONE, job_id, model)


async def test_a_model_that_is_gone_is_not_back_because_another_one_works(
    alarms: Alarms, watch: Watch
) -> None:
    await gone(watch, "ultra")
    assert await told(alarms) == [(AlarmCode.MODEL_GONE, "ultra")]
    await watch.painted(of_model("core"))
    await gone(watch, "ultra")
    assert await told(alarms) == []
    await watch.painted(of_model("ultra"))
    await gone(watch, "ultra")
    assert await told(alarms) == [(AlarmCode.MODEL_GONE, "ultra")]


async def test_what_one_job_alone_met_is_no_word_about_its_model(alarms: Alarms, watch: Watch) -> None:
    for model in ("core", "ultra"):
        await gone(watch, model, JOBS_IN_A_ROW - 1)
    assert await told(alarms) == []
    # Others are painted by other models meanwhile.
    await watch.painted(of_model("core"))
    await fail(watch, FailureCode.MODEL_GONE, 99, "core")
    assert await told(alarms) == []
    await fail(watch, FailureCode.MODEL_GONE, 99, "ultra")
    assert await told(alarms) == [(AlarmCode.MODEL_GONE, "ultra")]


async def test_a_picture_that_was_filtered_was_paid_for_and_ends_an_alarm(
    alarms: Alarms, watch: Watch
) -> None:
    await fail(watch, FailureCode.NO_CREDIT)
    assert await told(alarms) == [(AlarmCode.NO_CREDIT, "")]
    await watch.failed(replace(JOB, price=Decimal(1)), JobFailed(FailureCode.FILTERED))
    await fail(watch, FailureCode.NO_CREDIT)
    assert await told(alarms) == []
    await fail(watch, FailureCode.FILTERED)
    await fail(watch, FailureCode.NO_CREDIT)
    assert await told(alarms) == [(AlarmCode.NO_CREDIT, "")]


@pytest.mark.parametrize("code", [FailureCode.BLOCKED, FailureCode.BAD_PICTURE])
async def test_what_stands_before_stability_and_refuses_many_is_told(
    alarms: Alarms, watch: Watch, code: FailureCode
) -> None:
    for _ in range(5):
        await fail(watch, code, job_id=1)
    assert await told(alarms) == []
    for job_id in range(JOBS_IN_A_ROW):
        await fail(watch, code, job_id)
    assert await told(alarms) == [(AlarmCode.UNAVAILABLE, "")]


async def test_stability_is_away_when_several_jobs_in_a_row_say_so(alarms: Alarms, watch: Watch) -> None:
    for _ in range(5):
        await fail(watch, FailureCode.UNAVAILABLE, job_id=1)
    await fail(watch, FailureCode.UNAVAILABLE, job_id=2)
    await fail(watch, FailureCode.REFUSED, job_id=3)
    for job_id in range(JOBS_IN_A_ROW - 1):
        await fail(watch, FailureCode.UNAVAILABLE, job_id)
    assert await told(alarms) == []
    await fail(watch, FailureCode.UNAVAILABLE, job_id=99)
    assert await told(alarms) == [(AlarmCode.UNAVAILABLE, "")]


@pytest.mark.parametrize("code", [FailureCode.REFUSED, FailureCode.RATE_LIMITED, FailureCode.INTERNAL])
async def test_what_members_or_time_can_mend_is_no_alarm(
    alarms: Alarms, watch: Watch, code: FailureCode
) -> None:
    await fail(watch, code)
    assert await told(alarms) == []


async def test_of_several_bots_one_tells(alarms: Alarms, watch: Watch) -> None:
    await fail(watch, FailureCode.BAD_KEY)
    shares = await asyncio.gather(*(told(alarms) for _ in range(6)))
    assert sorted(map(len, shares)) == [0, 0, 0, 0, 0, 1]


async def test_the_bot_is_woken(alarms: Alarms, watch: Watch, database_url: str) -> None:
    woken = asyncio.Event()
    listener = asyncio.create_task(listen(database_url, {"alarm_raised": woken.set}))
    await asyncio.wait_for(woken.wait(), TIMEOUT_SECONDS)
    woken.clear()
    await fail(watch, FailureCode.NO_CREDIT)
    await asyncio.wait_for(woken.wait(), TIMEOUT_SECONDS)
    listener.cancel()
    await asyncio.gather(listener, return_exceptions=True)


async def test_what_one_provider_does_says_nothing_of_another(alarms: Alarms, watch: Watch) -> None:
    await alarms.raise_(AlarmCode.NO_CREDIT, "", provider="other", price=Decimal(1), pause_seconds=60)
    for code in (AlarmCode.BAD_KEY, AlarmCode.UNAVAILABLE):
        await alarms.raise_(code, "", provider="other", pause_seconds=60)
    await alarms.claim_untold()
    await watch.painted(JOB)
    await watch.check_key()
    assert len(await alarms.open()) == 3
    # Nor does what another has met tell whether one's own balance is right.
    refused = JobFailed(FailureCode.NO_CREDIT, "402")
    assert (await watch.judged(JOB, refused)).code is FailureCode.UNAVAILABLE


async def test_what_an_alarm_costs_is_told_with_it_whatever_it_is_restated_as(
    watch: Watch,
) -> None:
    """A refusal that the balance contradicts keeps what is known of its bill."""
    refused = JobFailed(FailureCode.BAD_KEY, "401", outcome=Outcome.UNKNOWN, request_id="r")
    judged = await watch.judged(JOB, refused)
    assert (judged.code, judged.outcome, judged.request_id) == (
        FailureCode.UNAVAILABLE,
        Outcome.UNKNOWN,
        "r",
    )


async def test_the_owner_is_not_told_what_a_member_typed(alarms: Alarms, watch: Watch) -> None:
    said = "the prompt 'a red fox' costs more than is left"
    with about_job(JOB.id, "a red fox"):
        await watch.failed(JOB, JobFailed(FailureCode.NO_CREDIT, said))
    (alarm,) = await alarms.claim_untold()
    assert alarm.detail == "the prompt '[typed]' costs more than is left"
