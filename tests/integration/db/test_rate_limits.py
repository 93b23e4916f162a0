"""The key's limit of requests holds for the whole fleet."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from core.settings import DatabaseSettings
from db.pool import Pool, open_pool
from db.queue import Queue
from db.rate_limits import RateLimit
from tests.lives import waiting

WINDOW_SECONDS = 1.0
REQUESTS = 10


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.rate_limits.SLOT_SECONDS", WINDOW_SECONDS)


async def test_no_window_has_more_however_many_ask(database_url: str) -> None:
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    loop, times = asyncio.get_running_loop(), list[float]()

    async def call(limit: RateLimit, count: int) -> None:
        for _ in range(count):
            await limit.wait()
            times.append(loop.time())

    async with AsyncExitStack() as exits:
        limits = [
            RateLimit(await exits.enter_async_context(open_pool(settings, name="test")), requests=REQUESTS)
            for _ in range(4)
        ]
        await asyncio.gather(*(limit.provide() for limit in limits))
        begun = loop.time()
        await asyncio.gather(*(call(limit, 4) for limit in limits for _ in range(2)))
    # 32 calls take four windows, of which the last begins after three; a slot's turns are one apart, less the
    # time that one of them came late.
    assert loop.time() - begun >= 3 * WINDOW_SECONDS
    times.sort()
    spans = [later - earlier for earlier, later in zip(times, times[REQUESTS:], strict=False)]
    assert min(spans) > WINDOW_SECONDS * 0.8


async def test_nobody_waits_while_a_slot_is_free(pool: Pool) -> None:
    """A slot that another has just taken is not taken a second time in the order it had before."""
    limit = RateLimit(pool, requests=1000)
    await limit.provide()

    async def take() -> list[float | None]:
        return [await limit._take() for _ in range(25)]

    waits = [wait for taken in await asyncio.gather(*(take() for _ in range(20))) for wait in taken]
    assert [wait for wait in waits if wait] == []


async def test_a_pause_holds_for_all_and_nothing_is_claimed_in_it(pool: Pool) -> None:
    limit, queue = (
        RateLimit(pool, requests=REQUESTS),
        Queue(pool, worker="w", lease_seconds=30, attempts_max=3),
    )
    await limit.provide()
    await waiting(pool)
    await limit.pause(60)
    # A shorter one, asked for by a worker that was told so a little later, ends no longer one.
    await limit.pause(1)
    assert await queue.claim(4) == []
    assert await queue.front_waits_seconds() is None
    assert await pool.fetchval("select min(free_at) > now() + interval '50 seconds' from rate_limit_slots")
    await pool.execute("update rate_limit_slots set free_at = now()")
    assert len(await queue.claim(4)) == 1


async def test_a_lower_limit_is_kept_to_at_once(pool: Pool) -> None:
    await RateLimit(pool, requests=REQUESTS).provide()
    few = RateLimit(pool, requests=1)
    begun = asyncio.get_running_loop().time()
    await few.wait()
    await few.wait()
    assert asyncio.get_running_loop().time() - begun >= WINDOW_SECONDS * 0.9


async def test_slots_that_a_restore_took_away_are_provided_again_without_spinning(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit, asked = RateLimit(pool, requests=REQUESTS), 0

    async def take() -> float | None:
        nonlocal asked
        asked += 1
        return await _take()

    _take = limit._take
    monkeypatch.setattr(limit, "_take", take)
    await limit.provide()
    await pool.execute("delete from rate_limit_slots")
    async with asyncio.timeout(5):
        await limit.wait()
    assert asked < 5
    assert await pool.fetchval("select count(*) from rate_limit_slots") == REQUESTS
    await pool.execute("delete from rate_limit_slots")
    await limit.pause(60)
    assert await pool.fetchval("select min(free_at) > now() + interval '50 seconds' from rate_limit_slots")
