"""What a member has deleted leaves the row at once, whatever state it is in, and the objects fall due."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from core.errors import LostJob
from db.downloads import Downloads
from db.erasure import LATE_SECONDS, Erasure
from db.favourites import Favourites
from db.orders import Job, Jobs, State
from db.pictures import Gallery
from db.pool import Pool
from tests.lives import failed, painted, running, stored, waiting, worker

Live = Callable[[Pool], Awaitable[Job]]

ANNA, BERT = 1, 2
CONTENT = ("prompt", "negative_prompt", "style", "seed", "painted_seed", "failure_detail", "token")


@pytest.fixture
def erasure(pool: Pool) -> Erasure:
    return Erasure(pool)


async def content_left(pool: Pool, job_id: int) -> set[object]:
    """What of a job's content is still in its row, its words for the search included."""
    row = await pool.fetchrow("select * from jobs where id = $1", job_id)
    assert row is not None
    return {row[name] for name in (*CONTENT, "words")} - {None, ""}


async def due(erasure: Erasure) -> list[int]:
    return [job.id for job in await erasure.claim_objects(100, hold_seconds=60)]


async def test_an_erased_picture_leaves_the_bill_and_nothing_else(pool: Pool, erasure: Erasure) -> None:
    job = await painted(pool, member_id=ANNA, negative_prompt="rain", style="anime", seed=4)
    other = await painted(pool, member_id=ANNA)
    for marked in (job, other):
        await Favourites(pool).add(BERT, marked.id)
        await Downloads(pool).begin(BERT, marked.id)
    erased = await erasure.erase(job.id)
    assert await content_left(pool, job.id) == set()
    assert (erased.member_id, erased.credits, erased.state) == (ANNA, job.credits, State.DONE)
    assert erased.erased_at is not None
    for table in ("favourites", "downloads"):
        assert await pool.fetchval(f"select array_agg(job_id) from {table}") == [other.id]  # noqa: S608
    assert await content_left(pool, other.id) != set()


async def test_its_reply_is_behind_so_that_the_bot_takes_it_away(pool: Pool, erasure: Erasure) -> None:
    job = await painted(pool)
    await pool.execute("update jobs set shown_revision = revision, reply_due_at = now()")
    erased = await erasure.erase(job.id)
    assert (erased.revision, erased.shown_revision) == (job.revision + 1, job.revision)


@pytest.mark.parametrize("live", [waiting, running])
async def test_what_has_not_ended_cannot_be_erased_alone(pool: Pool, erasure: Erasure, live: Live) -> None:
    job = await live(pool)
    with pytest.raises(LostJob):
        await erasure.erase(job.id)
    assert await content_left(pool, job.id) != set()


async def test_nothing_is_erased_twice(pool: Pool, erasure: Erasure) -> None:
    job = await painted(pool)
    await erasure.erase(job.id)
    with pytest.raises(LostJob):
        await erasure.erase(job.id)


async def test_objects_fall_due_at_once_and_again_for_what_came_late(pool: Pool, erasure: Erasure) -> None:
    job = await painted(pool)
    assert await due(erasure) == []
    erased = await erasure.erase(job.id)
    assert await due(erasure) == [job.id]
    assert await due(erasure) == []
    await erasure.objects_removed(erased)
    assert await due(erasure) == []
    late = await pool.fetchval("select objects_due_at - erased_at from jobs where id = $1", job.id)
    assert late.total_seconds() == LATE_SECONDS
    await pool.execute(
        """update jobs
           set erased_at = erased_at - $1::interval, objects_due_at = objects_due_at - $1::interval""",
        late,
    )
    assert await due(erasure) == [job.id]
    await erasure.objects_removed(erased)
    assert await pool.fetchval("select objects_due_at from jobs where id = $1", job.id) is None
    with pytest.raises(LostJob):
        await erasure.objects_removed(erased)


async def test_a_worker_that_died_with_them_does_not_keep_them(pool: Pool, erasure: Erasure) -> None:
    job = await painted(pool)
    await erasure.erase(job.id)
    assert await due(erasure) == [job.id]
    await pool.execute("update jobs set objects_due_at = now()")
    assert await due(erasure) == [job.id]


async def test_several_workers_share_what_is_due(pool: Pool, erasure: Erasure) -> None:
    erased = {(await erasure.erase((await painted(pool)).id)).id for _ in range(12)}
    shares = await asyncio.gather(*(erasure.claim_objects(3, hold_seconds=60) for _ in range(8)))
    claimed = [job.id for share in shares for job in share]
    assert len(claimed) == len(set(claimed))
    assert set(claimed) == erased


async def test_a_job_that_was_never_begun_has_no_objects(pool: Pool, erasure: Erasure) -> None:
    job = await Jobs(pool).cancel((await waiting(pool)).id)
    await erasure.erase(job.id)
    assert await due(erasure) == []


async def test_a_member_is_erased_whatever_the_jobs_are_at(
    pool: Pool, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.erasure.MEMBER_BATCH", 2)
    of_bert = await painted(pool, member_id=BERT)
    before = await painted(pool, member_id=ANNA)
    jobs = [before, await painted(pool, member_id=ANNA), await failed(pool, member_id=ANNA)]
    held = await running(pool, member_id=ANNA)
    jobs += [held, await waiting(pool, member_id=ANNA)]
    await erasure.erase(before.id)
    await Favourites(pool).add(ANNA, of_bert.id)
    await Downloads(pool).begin(ANNA, of_bert.id)

    assert await erasure.erase_member(ANNA) == 5
    for job in jobs:
        left = await stored(pool, job.id)
        assert (left.member_id, await content_left(pool, job.id)) == (0, set())
        assert left.erased_at is not None
    assert (await stored(pool, held.id)).state is State.CANCELLED
    with pytest.raises(LostJob):
        await worker(pool).finish(held, painted_seed=1, original_bytes=1)
    assert set(await due(erasure)) == {jobs[0].id, jobs[1].id, jobs[2].id, held.id}
    assert await pool.fetchval("select count(*) from favourites") == 0
    assert await pool.fetchval("select count(*) from downloads") == 0
    assert (await stored(pool, of_bert.id)) == of_bert
    assert await erasure.erase_member(ANNA) == 0


async def test_the_bill_remains(pool: Pool, erasure: Erasure) -> None:
    await painted(pool, member_id=ANNA, model="ultra")
    await erasure.erase_member(ANNA)
    assert await pool.fetchval("select sum(credits) from jobs") == 8


async def test_nobody_sees_what_was_erased(pool: Pool, erasure: Erasure) -> None:
    job = await painted(pool, member_id=ANNA)
    await pool.execute("update jobs set message_id = 99")
    await erasure.erase(job.id)
    gallery = Gallery(pool)
    assert (await gallery.page(owner_id=ANNA, viewer_id=ANNA, channel_ids=[], limit=9)).jobs == []
    assert await gallery.picture(job.id, ANNA) is None
    assert await gallery.by_message(99) is None
    assert await worker(pool).parent(await upscale_of(pool, job.id)) is None


async def upscale_of(pool: Pool, job_id: int) -> Job:
    return await waiting(pool, kind="upscale", parent_id=job_id, model="upscale-fast")
