"""What a look after a generation that was begun brings: the picture, another look, or the end."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import CallTooSoon, LostJob
from core.failures import FailureCode, JobFailed, Outcome
from core.orders import Job, State
from tests.conditions import until
from tests.jobs import job
from tests.unit.worker.runner_house import PAINTING, House
from worker.collector import GONE_SECONDS, LOOK_SECONDS_MAX, UNREADABLE_SECONDS, Collector


def begun(age_seconds: float = 20, **changes: Any) -> Job:
    started_at = datetime.now(UTC) - timedelta(seconds=age_seconds)
    return job(state=State.RUNNING, attempt=1, generation="generation-5", started_at=started_at, **changes)


async def look(house: House, of: Job | None = None) -> tuple[Any, ...]:
    """What the last thing was that it did."""
    await Collector(house.runner).run(of or begun())
    return house.last()


async def test_a_result_is_stored_like_any_picture_and_is_paid_for_once() -> None:
    house = House()
    house.result = PAINTING
    await look(house)
    assert house.done == [
        ("wait",),
        ("collect", "generation-5"),
        ("prepare", b"as it came", (640, 480)),
        ("store", 17, PAINTING),
        ("watch painted", 17),
    ]
    # By whoever began it.
    assert house.spent() == 0
    assert house.value("tigerbrush_generation_seconds_count", model="core") == 1
    assert 20 <= (house.value("tigerbrush_generation_seconds_sum", model="core") or 0) < 30


@pytest.mark.parametrize(
    ("age_seconds", "pause_seconds"), [(0, 10), (99, 10), (500, 50), (80_000, LOOK_SECONDS_MAX)]
)
async def test_the_longer_it_takes_the_less_often_it_is_asked_after(
    age_seconds: float, pause_seconds: float
) -> None:
    assert await look(House(), begun(age_seconds)) == ("look later", pause_seconds, 0)


@pytest.mark.parametrize(
    ("error", "pause_seconds"),
    [
        (JobFailed(FailureCode.UNAVAILABLE), 10),
        (JobFailed(FailureCode.UNAVAILABLE, retry_after_seconds=30), 30),
        (JobFailed(FailureCode.BLOCKED), 10),
        (JobFailed(FailureCode.BAD_KEY), 10),
        (CallTooSoon(25), 25),
    ],
)
async def test_what_is_wrong_on_the_way_is_no_fault_of_the_job(
    error: Exception, pause_seconds: float
) -> None:
    house = House()
    house.faults["wait" if isinstance(error, CallTooSoon) else "collect"] = [error]
    assert await look(house, begun(faults=2)) == ("look later", pause_seconds, 0)
    if isinstance(error, JobFailed):
        assert ("watch failed", error.code) in house.done
        assert ("judged" in house.names()) == (error.code is FailureCode.BAD_KEY)


async def test_a_pause_that_is_asked_for_is_kept_by_all() -> None:
    house = House()
    house.faults["collect"] = [JobFailed(FailureCode.RATE_LIMITED, retry_after_seconds=60)]
    assert await look(house) == ("look later", 60, 0)
    assert ("pause", 60) in house.done


@pytest.mark.parametrize(
    ("code", "outcome"), [(FailureCode.REFUSED, Outcome.UNKNOWN), (FailureCode.FILTERED, Outcome.BILLED)]
)
async def test_a_verdict_ends_the_job(code: FailureCode, outcome: Outcome) -> None:
    house = House()
    house.faults["collect"] = [JobFailed(code, outcome=outcome, request_id="r-9")]
    assert await look(house) == ("fail", code, outcome, "r-9")
    assert house.value("tigerbrush_jobs_ended_total", outcome="failed", code=str(code)) == 1


async def test_it_is_begun_again_when_the_provider_says_that_it_is_gone_or_no_answer_comes_for_a_day() -> (
    None
):
    house = House()
    house.faults["collect"] = [JobFailed(FailureCode.GENERATION_GONE, request_id="r-9")]
    assert await look(house) == ("retry", FailureCode.GENERATION_GONE, Outcome.UNKNOWN, "r-9", 0)
    for error in ([], [JobFailed(FailureCode.UNAVAILABLE)]):
        house.faults["collect"] = list(error)
        assert (await look(house, begun(GONE_SECONDS - 60)))[0] == "look later"
        house.faults["collect"] = list(error)
        again = await look(house, begun(GONE_SECONDS + 60))
        assert again[:3] == ("retry", FailureCode.GENERATION_GONE, Outcome.UNKNOWN)


@pytest.mark.parametrize(
    ("at", "error", "outcome"),
    [
        ("collect", JobFailed(FailureCode.BAD_PICTURE), Outcome.UNKNOWN),
        ("collect", JobFailed(FailureCode.BAD_REQUEST), Outcome.UNKNOWN),
        ("collect", ZeroDivisionError(), Outcome.UNKNOWN),
        # A picture came.
        ("prepare", JobFailed(FailureCode.BAD_PICTURE), Outcome.BILLED),
        ("prepare", ZeroDivisionError(), Outcome.BILLED),
    ],
)
async def test_what_cannot_be_read_is_fetched_again_and_never_painted_again(
    at: str, error: Exception, outcome: Outcome
) -> None:
    for faults, ended in (
        (0, ("look later", UNREADABLE_SECONDS, 1)),
        (1, ("look later", 5 * UNREADABLE_SECONDS, 1)),
        (2, "fail"),
    ):
        house = House()
        house.result = PAINTING
        house.faults[at] = [error]
        done = await look(house, begun(faults=faults))
        assert done == ended if faults < 2 else (done[0], done[2]) == ("fail", outcome)


async def test_of_a_job_that_was_cancelled_the_ledger_is_told_what_came() -> None:
    house = House()
    house.result = PAINTING
    house.faults["store"] = [LostJob("cancelled")]
    assert await look(house) == ("correct", 17, Outcome.BILLED, "request-7")
    house = House()
    house.faults["look later"] = [LostJob("cancelled")]
    assert await look(house) == ("correct", 17, Outcome.UNKNOWN, None)


@pytest.mark.parametrize("lost", [False, True])
async def test_a_worker_that_stops_hands_it_on(lost: bool) -> None:
    house = House()
    house.hangs = "collect"
    house.faults["look later"] = [LostJob("cancelled")] if lost else []
    looking = asyncio.create_task(Collector(house.runner).run(begun()))
    await until(lambda: asyncio.sleep(0, house.names()), lambda names: "collect" in names)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert house.done[2:] == [
        ("look later", 10, 0),
        *([("correct", 17, Outcome.UNKNOWN, None)] if lost else []),
    ]
