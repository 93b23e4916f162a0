"""What a member has deleted leaves the rows at once, and the objects fall due."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import pytest

from core.errors import LostJob
from core.failures import FailureCode, JobFailed
from core.orders import Job, Picture, Source, State
from db.copies import Copies
from db.downloads import Downloads
from db.erasure import LATE_SECONDS, Erasure
from db.favourites import Favourites
from db.ledger import Ledger, audit
from db.orders import Orders
from db.pictures import Pictures
from db.pool import Pool
from db.replies import Replies
from db.spill import Spill
from tests.conditions import until
from tests.lives import failed, finish, painted, painted_by, running, stored, waiting, worker

ANNA, BERT = 901234567890123451, 902345678901234562
DIRECT = 903456789012345673
"""Anna's channel of direct messages."""

MESSAGE = 905678901234500000

SECRET = "zebrafinch"
"""A word of a prompt that stands nowhere else."""


@pytest.fixture
def erasure(pool: Pool) -> Erasure:
    return Erasure(pool)


async def tables(pool: Pool) -> list[str]:
    rows = await pool.fetch(
        "select table_name from information_schema.tables "
        "where table_schema = 'public' and table_type = 'BASE TABLE'"
    )
    return [row[0] for row in rows]


async def left_of(pool: Pool, *words: object) -> dict[str, int]:
    """In which tables any of these stands in any column, and in how many rows."""
    found = {}
    for table in await tables(pool):
        count = await pool.fetchval(
            f"select count(*) from {table} as r where r::text ilike any($1)",
            [f"%{word}%" for word in words],
        )
        if count:
            found[table] = count
    return found


async def due(erasure: Erasure) -> set[str]:
    return set(await erasure.claim_removals(100, hold_seconds=60))


def prefix(picture: Picture | Job) -> str:
    return f"{picture.order.key}/"


async def ordered(pool: Pool, count: int, done: int, **changes: object) -> list[Picture]:
    """The pictures of an order of so many that is done as far as that."""
    await waiting(pool, count=count, **changes)
    return [await finish(pool, job) for job in await worker(pool).claim(done)]


async def test_an_erased_picture_leaves_the_bill_and_nothing_else(pool: Pool, erasure: Erasure) -> None:
    asked = {"member_id": ANNA, "negative_prompt": f"no {SECRET}", "style": "anime", "seed": 4}
    picture = await painted(pool, prompt=f"a {SECRET}", **asked)
    other = await painted(pool, member_id=ANNA)
    for marked in (picture, other):
        await Favourites(pool).add(BERT, marked.id)
        await Downloads(pool).begin(BERT, marked.id)
    assert set(await left_of(pool, SECRET)) == {"orders", "pictures", "favourites"}
    await erasure.erase(picture.id)
    assert await left_of(pool, SECRET) == {}
    reply = await stored(pool, picture.order.id)
    order, (job,) = reply.order, reply.progress.jobs
    assert (order.prompt, dict(order.params), order.inputs, order.member_id) == ("", {}, (), ANNA)
    assert (job.state, reply.token, reply.progress.pictures) == (State.DONE, None, ())
    assert job.price == 3
    assert order.erased_at is not None
    for table in ("favourites", "downloads"):
        assert await pool.fetchval(f"select array_agg(picture_id) from {table}") == [other.id]
    assert (await stored(pool, other.order.id)).progress.pictures == (other,)
    assert (await audit(pool))[1] == []


async def test_of_an_order_of_four_the_others_stay_and_its_prompt(pool: Pool, erasure: Erasure) -> None:
    first, second, third, last = await ordered(pool, 4, 4, member_id=ANNA, prompt=SECRET, seed=7)
    before = await stored(pool, first.order.id)
    await erasure.erase(second.id)
    reply = await stored(pool, first.order.id)
    assert reply.progress.pictures == (first, third, last)
    assert (reply.order, reply.revision) == (before.order, before.revision + 1)
    assert await due(erasure) == {f"{prefix(second)}2/"}
    assert await left_of(pool, SECRET) == {"orders": 1, "pictures": 3}
    for picture in (first, last):
        await erasure.erase(picture.id)
    assert (await stored(pool, first.order.id)).order.prompt == SECRET
    await erasure.erase(third.id)
    reply = await stored(pool, first.order.id)
    assert (reply.order.prompt, reply.order.erased_at is not None, reply.revision) == (
        "",
        True,
        before.revision + 4,
    )
    # With the last of them all goes that any attempt left.
    assert await due(erasure) == {f"{prefix(first)}1/", f"{prefix(first)}4/", prefix(first)}
    assert await left_of(pool, SECRET) == {}


async def test_while_a_picture_is_still_to_come_its_order_stays(pool: Pool, erasure: Erasure) -> None:
    (picture,) = await ordered(pool, 2, 1, member_id=ANNA)
    await erasure.erase(picture.id)
    reply = await stored(pool, picture.order.id)
    assert (reply.order.erased_at, reply.order.prompt) == (None, picture.order.prompt)
    (job,) = await worker(pool).claim(1)
    other = await finish(pool, job)
    assert (await stored(pool, picture.order.id)).progress.pictures == (other,)


async def test_two_that_delete_the_last_two_at_once_delete_the_order(pool: Pool, erasure: Erasure) -> None:
    for _ in range(4):
        pictures = await ordered(pool, 2, 2, member_id=ANNA, prompt=SECRET)
        await asyncio.gather(*(erasure.erase(picture.id) for picture in pictures))
        assert (await stored(pool, pictures[0].order.id)).order.erased_at is not None
    assert await left_of(pool, SECRET) == {}


async def test_its_reply_is_behind_so_that_the_bot_takes_it_away(pool: Pool, erasure: Erasure) -> None:
    picture, replies = await painted(pool), Replies(pool)
    await replies.shown(await stored(pool, picture.order.id), message_id=99)
    assert await replies.claim_due(9, hold_seconds=20) == []
    await erasure.erase(picture.id)
    (reply,) = await replies.claim_due(9, hold_seconds=20)
    assert (reply.order.erased_at is not None, reply.message_id, reply.channel_id) == (True, 99, 30)


@pytest.mark.parametrize("live", [waiting, running, failed])
async def test_what_is_no_picture_cannot_be_erased_alone(
    pool: Pool, erasure: Erasure, live: Callable[[Pool], Awaitable[object]]
) -> None:
    await live(pool)
    with pytest.raises(LostJob):
        await erasure.erase(await pool.fetchval("select id from jobs"))
    assert await pool.fetchval("select prompt from orders") != ""
    assert await due(erasure) == set()


async def test_nothing_is_erased_twice(pool: Pool, erasure: Erasure) -> None:
    picture = await painted(pool)
    await erasure.erase(picture.id)
    with pytest.raises(LostJob, match=f"picture {picture.id} is not there, or was erased before"):
        await erasure.erase(picture.id)
    with pytest.raises(LostJob):
        await erasure.erase(12345)


async def test_objects_fall_due_at_once_and_again_for_what_came_late(pool: Pool, erasure: Erasure) -> None:
    picture = await painted(pool)
    assert await due(erasure) == set()
    await erasure.erase(picture.id)
    assert await due(erasure) == {prefix(picture)}
    assert await due(erasure) == set()
    await erasure.removed(prefix(picture))
    assert await due(erasure) == set()
    late = await pool.fetchval("select removals.due_at - erased_at from removals, orders")
    assert late.total_seconds() == LATE_SECONDS
    await pool.execute("update removals set due_at = now()")
    assert await due(erasure) == {prefix(picture)}
    for _ in range(2):
        await erasure.removed(prefix(picture))
    assert await pool.fetchval("select count(*) from removals") == 0


async def test_a_worker_that_died_with_them_does_not_keep_them(pool: Pool, erasure: Erasure) -> None:
    picture = await painted(pool)
    await erasure.erase(picture.id)
    assert await due(erasure) == {prefix(picture)}
    await pool.execute("update removals set due_at = now()")
    assert await due(erasure) == {prefix(picture)}


async def test_several_workers_share_what_is_due(pool: Pool, erasure: Erasure) -> None:
    pictures = [await painted(pool) for _ in range(12)]
    for picture in pictures:
        await erasure.erase(picture.id)
    shares = await asyncio.gather(*(erasure.claim_removals(3, hold_seconds=60) for _ in range(8)))
    claimed = [one for share in shares for one in share]
    assert len(claimed) == len(set(claimed))
    assert set(claimed) == set(map(prefix, pictures))


async def everything(pool: Pool) -> tuple[list[Picture], list[Job]]:
    """All that Anna can have: pictures, and jobs that came to none."""
    common = {"member_id": ANNA, "prompt": f"a {SECRET}", "negative_prompt": SECRET}
    pictures = await ordered(pool, 4, 4, **common)
    pictures.append(await painted(pool, guild_id=None, channel_id=DIRECT, **common))
    pictures.append(await painted(pool, private=True, **common))
    spilled = await running(pool, **common)
    await Spill(pool).keep(painted_by(spilled), b"png", b"webp")
    pictures += (await stored(pool, spilled.order.id)).progress.pictures
    refused = await running(pool, **common)
    await worker(pool).fail(refused, JobFailed(FailureCode.REFUSED, f"403: '{SECRET}'"))
    await waiting(pool, count=3, **common)
    return pictures, [refused, *await worker(pool).claim(2)]


async def test_of_a_forgotten_member_nothing_is_left(
    pool: Pool, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.erasure.MEMBER_BATCH", 2)
    of_bert = await painted(pool, member_id=BERT)
    pictures, jobs = await everything(pool)
    replies = Replies(pool)
    for number, picture in enumerate(pictures):
        message_id = MESSAGE + picture.order.id
        await replies.shown(await stored(pool, picture.order.id), message_id=message_id)
        await Copies(pool).record(number, 30, member_id=ANNA, picture_ids=[picture.id, of_bert.id])
        await Favourites(pool).add(ANNA, picture.id)
    await Favourites(pool).add(ANNA, of_bert.id)
    await Favourites(pool).add(BERT, pictures[0].id)
    await Downloads(pool).begin(ANNA, of_bert.id)
    # Some of it was deleted one by one before.
    for picture in (pictures[0], pictures[4]):
        await erasure.erase(picture.id)
    before = await stored(pool, of_bert.order.id)
    assert set(await left_of(pool, ANNA)) == {
        "orders",
        "jobs",
        "pictures",
        "favourites",
        "downloads",
        "copies",
    }

    assert await erasure.erase_member(ANNA) == len(pictures) - 2
    assert await left_of(pool, ANNA, SECRET) == {}
    # The bot still needs to know where its messages are.
    assert await left_of(pool, DIRECT) == {"replies": 1}
    for reply in await replies.claim_due(100, hold_seconds=20):
        await replies.removed(reply)
    assert await left_of(pool, ANNA, SECRET, DIRECT, MESSAGE // 1000) == {}
    assert await pool.fetchval("select array_agg(order_id) from replies where token <> ''") == [
        of_bert.order.id
    ]
    assert await stored(pool, of_bert.order.id) == before
    for job in jobs[1:]:
        assert (await stored(pool, job.order.id)).progress.state is State.CANCELLED
        with pytest.raises(LostJob):
            await worker(pool).finish(painted_by(job))
    assert await erasure.erase_member(ANNA) == 0
    assert (await audit(pool))[1] == []
    await Ledger(pool).end_month()
    assert (await audit(pool))[1] == []


async def test_all_that_any_attempt_left_is_removed_and_each_order_is_one_removal(
    pool: Pool, erasure: Erasure
) -> None:
    pictures, jobs = await everything(pool)
    never_begun = await waiting(pool, member_id=ANNA)
    await erasure.erase_member(ANNA)
    begun = {*map(prefix, pictures), *map(prefix, jobs)}
    assert await due(erasure) == begun
    assert f"{never_begun.order.key}/" not in begun


async def test_what_is_asked_for_while_the_member_is_forgotten_is_no_half_order(
    pool: Pool, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that comes after the rest was cancelled is either gone with it, or whole."""
    await painted(pool, member_id=ANNA)
    async with pool.acquire() as other, other.transaction():
        await other.execute("select from orders for update")
        forgetting = asyncio.create_task(erasure.erase_member(ANNA))
        await until(
            lambda: other.fetchval("select count(*) from pg_locks where not granted"), lambda count: count > 0
        )
        late = await waiting(pool, member_id=ANNA, prompt=SECRET)
    assert await forgetting == 1
    (job,) = await worker(pool).claim(1)
    assert (job.order, job.order.prompt, job.order.erased_at) == (late.order, SECRET, None)


async def test_what_another_made_of_it_is_theirs(pool: Pool, erasure: Erasure) -> None:
    picture = await painted(pool, member_id=ANNA)
    enlarged = await painted(
        pool, member_id=BERT, operation="upscale", model="upscale-fast", inputs=(picture.id,)
    )
    await erasure.erase_member(ANNA)
    assert (await stored(pool, enlarged.order.id)).progress.pictures == (enlarged,)


async def test_the_bill_remains(pool: Pool, erasure: Erasure) -> None:
    await painted(pool, member_id=ANNA, model="ultra")
    await erasure.erase_member(ANNA)
    totals, differences = await audit(pool)
    assert sum(total.credits for total in totals) == 8
    assert differences == []


async def test_nobody_sees_what_was_erased(pool: Pool, erasure: Erasure) -> None:
    picture = await painted(pool, member_id=ANNA)
    await Favourites(pool).add(BERT, picture.id)
    await pool.execute("update replies set message_id = 99")
    await erasure.erase(picture.id)
    pictures = Pictures(pool)
    for page in (
        await pictures.page(owner_id=ANNA, viewer_id=ANNA, channel_ids=[30], limit=9),
        await pictures.page(owner_id=ANNA, viewer_id=ANNA, channel_ids=[30], search="fox", limit=9),
        await pictures.favourites(viewer_id=BERT, channel_ids=[30], limit=9),
    ):
        assert page.pictures == []
    assert await pictures.find(picture.id, ANNA) is None
    assert await pictures.by_message(99) == []
    assert await pictures.suggestions(ANNA, "", 9) == []
    assert await Orders(pool).find(picture.order.id) is None
    assert not await Favourites(pool).add(ANNA, picture.id)
    assert await inputs(pool, [picture]) == []


async def inputs(pool: Pool, pictures: Iterable[Picture]) -> list[Source]:
    ids = tuple(picture.id for picture in pictures)
    job = await running(pool, operation="upscale", model="upscale-fast", inputs=ids)
    return await worker(pool).inputs(job)


async def test_what_is_still_spilled_is_erased_with_its_bytes(pool: Pool, erasure: Erasure) -> None:
    job, spill = await running(pool), Spill(pool)
    await spill.keep(painted_by(job), b"png", b"webp")
    claimed = await spill.claim_one(hold_seconds=60)
    assert claimed is not None
    await erasure.erase(job.id)
    assert await spill.bytes_used() == 0
    with pytest.raises(LostJob):
        await spill.uploaded(claimed.picture)


async def test_a_record_that_is_made_again_keeps_nothing_of_what_was_erased(
    pool: Pool, erasure: Erasure
) -> None:
    """The answer to the first was lost, and the picture was seen and deleted meanwhile."""
    job, spill = await running(pool), Spill(pool)
    await spill.keep(painted_by(job), b"png", b"webp")
    await erasure.erase(job.id)
    await spill.keep(painted_by(job), b"png", b"webp")
    assert await spill.bytes_used() == 0
