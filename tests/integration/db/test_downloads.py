import asyncio

from db.downloads import Downloads
from db.pool import Pool
from tests.lives import painted


async def test_only_the_first_within_the_time_is_sent(pool: Pool) -> None:
    downloads, picture = Downloads(pool), await painted(pool)
    assert await downloads.begin(1, picture.id)
    assert not await downloads.begin(1, picture.id)
    assert await downloads.begin(2, picture.id)
    await pool.execute("update downloads set sent_at = now() - interval '61 seconds'")
    assert await downloads.begin(1, picture.id)
    assert not await downloads.begin(1, picture.id)


async def test_of_many_at_once_one_is_sent(pool: Pool) -> None:
    downloads, picture = Downloads(pool), await painted(pool)
    for _ in range(2):
        sent = await asyncio.gather(*(downloads.begin(1, picture.id) for _ in range(8)))
        assert sum(sent) == 1
        await pool.execute("update downloads set sent_at = now() - interval '61 seconds'")


async def test_what_is_old_is_forgotten(pool: Pool) -> None:
    downloads, picture = Downloads(pool), await painted(pool)
    await downloads.begin(1, picture.id)
    await downloads.begin(2, picture.id)
    await pool.execute("update downloads set sent_at = now() - interval '25 hours' where member_id = 1")
    await downloads.trim()
    assert await pool.fetchval("select array_agg(member_id) from downloads") == [2]
