"""What a member asks for is stored as asked, and costs what it costs only where Stability charges it."""

from decimal import Decimal

import asyncpg
import pytest

from core.errors import FailureCode
from core.operations import UPSCALER, Kind
from db.pool import Pool
from tests.lives import failed, painted, running, stored, waiting, worker


async def test_every_option_is_stored(pool: Pool) -> None:
    job = await waiting(
        pool, negative_prompt="rain", style="anime", private=True, spoiler=True, locale="de", seed=5
    )
    assert (job.kind, job.parent_id, job.credits) == (Kind.IMAGINE, None, Decimal(3))
    assert (job.negative_prompt, job.style, job.seed, job.locale) == ("rain", "anime", 5, "de")
    assert (job.private, job.spoiler) == (True, True)


async def test_an_upscale_names_what_it_is_made_from(pool: Pool) -> None:
    parent = await painted(pool)
    job = await waiting(pool, kind=Kind.UPSCALE, parent_id=parent.id, model=UPSCALER.name)
    assert (job.kind, job.parent_id, job.credits) == (Kind.UPSCALE, parent.id, UPSCALER.credits)


@pytest.mark.parametrize("changes", [{"kind": Kind.UPSCALE}, {"parent_id": 1}])
async def test_one_without_the_other_is_refused(pool: Pool, changes: dict[str, object]) -> None:
    await waiting(pool)
    with pytest.raises(asyncpg.CheckViolationError):
        await waiting(pool, **changes)


async def test_a_picture_costs_its_price_from_the_command_on(pool: Pool) -> None:
    assert (await waiting(pool, model="ultra")).credits == Decimal(8)
    (claimed,) = await worker(pool).claim(1)
    await worker(pool).finish(claimed, painted_seed=1, original_bytes=1)
    assert (await stored(pool, claimed.id)).credits == Decimal(8)


@pytest.mark.parametrize(
    ("code", "credits"), [(FailureCode.REFUSED, 0), (FailureCode.FILTERED, 3), (FailureCode.BAD_KEY, 0)]
)
async def test_a_failure_costs_what_stability_charges_for_it(
    pool: Pool, code: FailureCode, credits: int
) -> None:
    assert (await failed(pool, code)).credits == credits


@pytest.mark.parametrize(("code", "credits"), [(FailureCode.UNAVAILABLE, 0), (FailureCode.NOT_STORED, 3)])
async def test_a_job_that_is_tried_again_keeps_its_price_until_its_end(
    pool: Pool, code: FailureCode, credits: int
) -> None:
    queue = worker(pool, attempts_max=2)
    await queue.retry(await running(pool), code, "", delay_seconds=0)
    (again,) = await queue.claim(1)
    assert again.credits == 3
    await queue.retry(again, code, "", delay_seconds=0)
    assert (await stored(pool, again.id)).credits == credits


async def test_a_job_that_waits_again_is_not_said_to_have_begun(pool: Pool) -> None:
    queue = worker(pool)
    job = await running(pool)
    await queue.hand_back(job)
    assert (await stored(pool, job.id)).started_at is None
    (again,) = await queue.claim(1)
    await queue.retry(again, FailureCode.UNAVAILABLE, "", delay_seconds=0)
    assert (await stored(pool, job.id)).started_at is None


async def test_a_job_whose_workers_are_lost_costs_nothing(pool: Pool) -> None:
    job = await running(pool)
    await pool.execute("update jobs set lease_until = now() - interval '1 second'")
    await worker(pool, attempts_max=1).reap(await worker(pool).clock())
    assert (await stored(pool, job.id)).credits == 0
