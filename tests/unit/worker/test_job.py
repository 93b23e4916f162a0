"""What a worker asks of the queue, the ledger and the provider for one job, and in which order."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from core.errors import CallTooSoon, LostJob
from core.failures import FailureCode, JobFailed, Outcome
from core.operations import Role
from core.orders import Job, State
from tests.conditions import soon, until
from tests.jobs import NOW, job, order
from tests.unit.worker.runner_house import PAINTING, House
from worker.job import (
    LOOK_SECONDS,
    RATE_LIMIT_PAUSE_SECONDS_MAX,
    RATE_LIMITS_MAX,
    RELEASE_SECONDS,
    RETRY_PAUSE_SECONDS_MAX,
    _pause,
)
from worker.providers.provider import Begun

UPSCALED = order(operation="upscale", inputs=(33,), width=2560, height=1920)


def begun(**changes: Any) -> Job:
    return job(**{"state": State.RUNNING, "attempt": 1, "started_at": NOW + timedelta(seconds=4), **changes})


def released(outcome: Outcome, request_id: str | None = None, **how: Any) -> tuple[Any, ...]:
    return "release", outcome, {"request_id": request_id, "delay_seconds": 0, "refused": False, **how}


async def run(house: House, of: Job | None = None) -> House:
    await house.runner.run(of or begun())
    return house


async def test_it_is_paced_painted_prepared_and_stored_in_this_order() -> None:
    house = await run(House())
    assert house.done == [
        ("wait",),
        ("paint", 17, {}),
        ("prepare", b"as it came", (640, 480)),
        ("store", 17, PAINTING),
        ("watch painted", 17),
    ]
    assert house.spent() == 3
    for name in ("rate_limit_wait", "generation", "prepare"):
        labels = {"model": "core"} if name == "generation" else {}
        assert house.value(f"tigerbrush_{name}_seconds_count", **labels) == 1


async def test_what_it_is_made_from_is_read_before_anything_is_asked_for() -> None:
    house = await run(House(), begun(of=UPSCALED))
    assert house.done[:4] == [
        ("inputs", 17),
        ("wait",),
        ("paint", 17, {Role.PICTURE: b"source"}),
        # It keeps the size it comes in.
        ("prepare", b"as it came", None),
    ]
    house = House()
    house.faults["inputs"] = [JobFailed(FailureCode.INPUT_GONE)]
    await run(house, begun(of=UPSCALED))
    assert house.last() == ("fail", FailureCode.INPUT_GONE, Outcome.FREE, None)
    assert {"wait", "paint"}.isdisjoint(house.names())
    assert house.spent() == 0


async def test_what_is_answered_later_is_in_the_ledger_before_anything_else_and_frees_its_place() -> None:
    house = House()
    house.answer = Begun("generation-5")
    house.faults["begun"] = [ConnectionError("away")]
    await run(house)
    # Postgres is waited for.
    assert house.done == [("wait",), ("paint", 17, {}), *[("begun", 17, "generation-5", LOOK_SECONDS)] * 2]
    assert house.spent() == 3
    # How long it took is known when it is done.
    assert house.value("tigerbrush_generation_seconds_count", model="core") is None


async def test_of_one_that_was_taken_away_as_it_began_the_ledger_keeps_the_id() -> None:
    house = House()
    house.answer = Begun("generation-5")
    house.faults["begun"] = [LostJob("cancelled")]
    await run(house)
    assert house.last() == ("correct", 17, Outcome.UNKNOWN, None, "generation-5")


@pytest.mark.parametrize("lost", [False, True])
async def test_a_worker_that_stops_while_postgres_is_away_tries_once_more_to_store_what_it_began(
    lost: bool,
) -> None:
    house = House()
    house.answer, house.hangs = Begun("generation-5"), "begun"
    running = asyncio.create_task(house.runner.run(begun()))
    await until(lambda: _value(house.names()), lambda names: "begun" in names)
    house.hangs = ""
    house.faults["begun"] = [LostJob("cancelled")] if lost else []
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    ends = [("correct", 17, Outcome.UNKNOWN, None, "generation-5")] if lost else []
    assert house.done[2:] == [*[("begun", 17, "generation-5", LOOK_SECONDS)] * 2, *ends]


async def test_one_that_is_too_soon_goes_back_for_nothing() -> None:
    house = House()
    house.faults["wait"] = [CallTooSoon(7.5)]
    await run(house)
    assert house.last() == released(Outcome.FREE, delay_seconds=7.5)
    assert house.spent() == 0


@pytest.mark.parametrize(
    ("code", "outcome", "ended"),
    [
        (FailureCode.REFUSED, Outcome.FREE, "fail"),
        (FailureCode.FILTERED, Outcome.BILLED, "fail"),
        (FailureCode.UNAVAILABLE, Outcome.UNKNOWN, "retry"),
        (FailureCode.UNAVAILABLE, Outcome.FREE, "retry"),
    ],
)
async def test_a_failure_costs_what_the_provider_s_answer_tells_and_keeps_its_id(
    code: FailureCode, outcome: Outcome, ended: str
) -> None:
    house = House()
    house.faults["paint"] = [JobFailed(code, outcome=outcome, request_id="r-9")]
    await run(house)
    assert house.last()[:4] == (ended, code, outcome, "r-9")
    assert ("watch failed", code) in house.done
    assert house.spent() == (3 if outcome.counts else 0)
    is_over = house.value("tigerbrush_jobs_ended_total", outcome="failed", code=str(code)) or 0
    assert is_over == (ended == "fail")


async def test_what_breaks_before_it_is_sent_is_free_and_after_that_it_may_be_billed() -> None:
    house = House()
    house.sent = False
    house.faults["paint"] = [RuntimeError("a mistake of ours")]
    await run(house)
    assert house.last()[:4] == ("retry", FailureCode.INTERNAL, Outcome.FREE, None)
    house = House()
    house.faults["paint"] = [RuntimeError("a mistake of ours")]
    await run(house)
    assert house.last()[:4] == ("retry", FailureCode.INTERNAL, Outcome.UNKNOWN, None)
    assert house.spent() == 3


@pytest.mark.parametrize("error", [RuntimeError("ours"), JobFailed(FailureCode.BAD_PICTURE)])
async def test_what_breaks_after_the_picture_came_is_billed_with_its_id(error: Exception) -> None:
    house = House()
    house.faults["prepare"] = [error]
    await run(house)
    assert house.last()[0] == "retry"
    assert house.last()[2:4] == (Outcome.BILLED, "request-7")


async def test_the_last_of_its_attempts_ends_the_job() -> None:
    house = House()
    house.after_retry = State.FAILED
    house.faults["paint"] = [JobFailed(FailureCode.UNAVAILABLE)]
    await run(house)
    ended = {"outcome": "failed", "code": "unavailable"}
    assert house.value("tigerbrush_jobs_ended_total", **ended) == 1


async def test_a_pause_that_is_asked_for_is_kept_where_it_is_longer() -> None:
    for asked, least, most in ((None, 1, 2), (0.5, 1, 2), (30, 30, 30)):
        house = House()
        house.faults["paint"] = [JobFailed(FailureCode.UNAVAILABLE, retry_after_seconds=asked)]
        await run(house)
        assert least <= house.last()[4] <= most


@pytest.mark.parametrize("code", [FailureCode.BAD_KEY, FailureCode.NO_CREDIT])
async def test_what_only_the_owner_can_mend_is_judged_and_the_job_waits(code: FailureCode) -> None:
    house = House()
    house.faults["paint"] = [JobFailed(code, request_id="r-9")]
    await run(house)
    assert house.names()[-3:] == ["judged", "watch failed", "release"]
    assert house.last() == released(Outcome.FREE, "r-9", refused=True)
    house = House()
    house.alone = True
    house.faults["paint"] = [JobFailed(code, request_id="r-9")]
    await run(house)
    assert house.last()[:4] == ("retry", FailureCode.UNAVAILABLE, Outcome.FREE, "r-9")


@pytest.mark.parametrize(
    ("times", "asked", "all_pause", "pause"),
    [
        (0, None, 1, 1),
        (0, 0.2, 1, 1),
        (0, 7, 7, 7),
        (1, 7, 7, 14),
        (3, 7, 7, 56),
        (9, 7, 7, RATE_LIMIT_PAUSE_SECONDS_MAX),
        (0, 900, 900, 900),
    ],
)
async def test_for_the_rate_limit_all_pause_and_the_job_itself_longer_each_time(
    times: int, asked: float | None, all_pause: float, pause: float
) -> None:
    house = House()
    house.faults["paint"] = [JobFailed(FailureCode.RATE_LIMITED, request_id="r-9", retry_after_seconds=asked)]
    await run(house, begun(attempt=times + 3, faults=2))
    assert ("pause", all_pause) in house.done
    assert house.last() == released(Outcome.FREE, "r-9", delay_seconds=pause, refused=True)
    assert "judged" not in house.names()


async def test_one_that_provokes_the_rate_limit_stops_nobody_else_and_ends_at_last() -> None:
    house = House()
    house.alone = True
    house.faults["paint"] = [JobFailed(FailureCode.RATE_LIMITED, retry_after_seconds=7) for _ in range(2)]
    await run(house, begun(attempt=RATE_LIMITS_MAX))
    assert house.last()[0] == "release"
    await run(house, begun(attempt=RATE_LIMITS_MAX + 1))
    assert house.last() == (
        "retry", FailureCode.RATE_LIMITED, Outcome.FREE, None, RATE_LIMIT_PAUSE_SECONDS_MAX,
    )  # fmt: skip
    assert "pause" not in house.names()


async def test_of_a_job_that_was_taken_away_the_ledger_is_told_what_it_cost() -> None:
    house = House()
    house.faults["store"] = [LostJob("another's")]
    await run(house)
    assert house.last() == ("correct", 17, Outcome.BILLED, "request-7")
    assert house.spent() == 3
    house = House()
    house.faults["paint"] = [JobFailed(FailureCode.REFUSED, request_id="r-9")]
    house.faults["fail"] = [LostJob("another's")]
    await run(house)
    assert house.last() == ("correct", 17, Outcome.FREE, "r-9")


@pytest.mark.parametrize(
    ("at", "outcome", "request_id"),
    [
        ("wait", Outcome.FREE, None),
        ("paint", Outcome.UNKNOWN, None),
        ("prepare", Outcome.BILLED, "request-7"),
        ("store", Outcome.BILLED, "request-7"),
    ],
)
@pytest.mark.parametrize("lost", [False, True])
async def test_a_job_that_is_cut_off_goes_back_with_what_it_cost(
    at: str, outcome: Outcome, request_id: str | None, lost: bool
) -> None:
    house = House()
    house.hangs = at
    if lost:
        house.faults["release"] = [LostJob("cancelled")]
    running = asyncio.create_task(house.runner.run(begun()))
    await until(lambda: _value(house.names()), lambda names: at in names)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await soon(running)
    assert released(outcome, request_id) in house.done
    assert [one for one in house.done if one[0] == "correct"] == (
        [("correct", 17, outcome, request_id)] if lost else []
    )
    assert house.spent() == (3 if outcome.counts else 0)


async def _value(value: Any) -> Any:
    return value


@pytest.mark.parametrize("error", [ConnectionError(), None])
async def test_a_worker_that_stops_does_not_wait_for_postgres_for_long(
    monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    assert RELEASE_SECONDS == 2
    monkeypatch.setattr("worker.job.RELEASE_SECONDS", 0.05)
    house = House()
    house.hangs = "paint"
    running = asyncio.create_task(house.runner.run(begun()))
    await until(lambda: _value(house.names()), lambda names: "paint" in names)
    house.hangs = "release" if error is None else ""
    house.faults["release"] = [ConnectionError()] * 1000
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 5)


async def test_jobs_are_claimed_of_its_provider_and_where_there_are_none_one_tries_a_pause() -> None:
    house = House()
    house.queued = [begun(), begun(number=2, attempt=2)]
    assert await house.runner.claim(4) == house.queued
    assert house.done == [("claim", 4, "stability")]
    # How long it waited is told of the first attempt alone.
    assert house.value("tigerbrush_job_pickup_delay_seconds_count") == 1
    assert house.value("tigerbrush_job_pickup_delay_seconds_sum") == 4
    house.queued, house.probe = [], [begun()]
    assert await house.runner.claim(4) == house.probe
    assert house.names()[-1] == "claim probe"


async def test_before_the_first_claim_the_rate_limit_is_there_and_the_key_is_looked_at() -> None:
    house = House()
    house.faults["provide"] = [ConnectionError()]
    await house.runner.prepare()
    assert house.names() == ["provide", "provide", "check key"]


def test_the_pause_doubles_with_each_fault() -> None:
    for faults, longest in ((0, 2), (1, 4), (3, 16), (9, RETRY_PAUSE_SECONDS_MAX)):
        pauses = [_pause(faults) for _ in range(200)]
        assert longest / 2 <= min(pauses) < longest * 0.6
        assert longest * 0.9 < max(pauses) <= longest
