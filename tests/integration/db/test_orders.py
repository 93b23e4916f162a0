"""What a member asks for is stored as asked."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.failures import FailureCode
from core.operations import FAST
from core.orders import State
from db.orders import Orders
from db.pool import Pool
from tests.lives import failed, painted, running, stored, waiting, worker
from tests.orders import request

ANNA = 1


async def test_every_option_is_stored(pool: Pool) -> None:
    progress = await waiting(
        pool,
        width=640,
        height=480,
        negative_prompt="rain",
        style="anime",
        private=True,
        spoiler=True,
        locale="de",
        seed=5,
        parent_channel_id=29,
        traceparent="00-1-2-01",
        count=3,
    )
    order = progress.order
    assert (order.operation, order.inputs, order.model, order.count) == ("imagine", (), "core", 3)
    assert (order.size, order.seed) == ((640, 480), 5)
    assert (order.negative_prompt, order.style, order.locale) == ("rain", "anime", "de")
    assert (order.private, order.spoiler, order.is_ephemeral) == (True, True, True)
    assert (order.parent_channel_id, order.traceparent) == (29, "00-1-2-01")
    found = await stored(pool, order.id)
    assert found.progress == progress
    assert (found.application_id, found.token, found.revision, found.shown_revision) == (1, "token", 1, 0)
    (claimed, *_) = await worker(pool).claim(1)
    assert claimed.order == order


async def test_what_was_not_asked_for_is_not_stored(pool: Pool) -> None:
    order = (await waiting(pool, seed=None, style=None)).order
    assert dict(order.params) == {"width": 1024, "height": 1024}
    assert (order.seed, order.style, order.negative_prompt) == (None, None, None)


async def test_an_upscale_names_what_it_is_made_from(pool: Pool) -> None:
    picture = await painted(pool)
    progress = await waiting(pool, operation="upscale", inputs=(picture.id,), model=FAST.name)
    assert progress.order.inputs == (picture.id,)
    assert progress.jobs[0].price == FAST.credits


@pytest.mark.parametrize(
    ("guild_id", "private", "ephemeral"), [(20, True, True), (20, False, False), (None, True, False)]
)
async def test_only_a_private_reply_in_a_server_is_one_that_nothing_but_its_token_finds(
    pool: Pool, guild_id: int | None, private: bool, ephemeral: bool
) -> None:
    progress = await waiting(pool, guild_id=guild_id, private=private)
    assert await pool.fetchval("select ephemeral from replies") is ephemeral is progress.order.is_ephemeral


async def test_each_picture_has_the_price_of_its_model_from_the_command_on(pool: Pool) -> None:
    progress = await waiting(pool, model="ultra", count=2)
    assert [(job.provider, job.price) for job in progress.jobs] == [("stability", Decimal(8))] * 2
    assert {job.price for job in await worker(pool).claim(2)} == {Decimal(8)}


@pytest.mark.parametrize(
    ("code", "counted"), [(FailureCode.REFUSED, 0), (FailureCode.FILTERED, 3), (FailureCode.BAD_KEY, 0)]
)
async def test_of_a_failure_is_known_what_it_counts(pool: Pool, code: FailureCode, counted: int) -> None:
    (job,) = (await failed(pool, code)).jobs
    assert job.counted == counted
    assert job.failure is code


async def test_what_is_open_is_found_those_at_work_first(pool: Pool) -> None:
    done = await painted(pool, member_id=ANNA)
    first = await waiting(pool, member_id=ANNA, count=2)
    await waiting(pool, member_id=2)
    last = await waiting(pool, member_id=ANNA)
    (job,) = await worker(pool).claim(1)
    assert job.order == first.order
    orders = Orders(pool)
    shown = await orders.open_of(ANNA)
    assert [(progress.order.id, progress.state) for progress, _ in shown] == [
        (first.order.id, State.RUNNING),
        (last.order.id, State.QUEUED),
    ]
    assert [job.state for job in shown[0][0].jobs] == [State.RUNNING, State.QUEUED]
    assert await orders.open_of(12345) == []
    assert done.order.id not in [progress.order.id for progress, _ in shown]


async def test_an_order_is_found_in_any_state_until_it_is_erased(pool: Pool) -> None:
    orders = Orders(pool)
    job = await running(pool)
    found = await orders.find(job.order.id)
    assert found is not None
    assert (found.order, found.jobs) == (job.order, (replace(job, holder=b""),))
    await orders.cancel(job.order.id)
    assert await orders.find(job.order.id) is not None
    await pool.execute("update orders set erased_at = now()")
    assert await orders.find(job.order.id) is None
    assert await orders.find(12345) is None


async def test_a_request_hides_its_token(pool: Pool) -> None:
    assert "token='" not in repr(request(token="secret"))
    await waiting(pool)
