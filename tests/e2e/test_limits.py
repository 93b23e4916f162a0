"""Each limit by itself, with values that do not end on it, as members meet them by `/imagine`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from db.pool import Pool
from tests.house import House
from tests.member import Member, is_cancelled, is_waiting, text

# Credits: 3, 2.5 and 8.
CORE, FLASH, ULTRA = "core", "sd3.5-flash", "ultra"
LOFT = "sketches"


@pytest.fixture
async def house(house: House) -> House:
    house.servers.discord.add_guild("The Loft", LOFT)
    return house


@asynccontextmanager
async def limited(house: House, pool: Pool, one: Member, **limits: str) -> AsyncIterator[None]:
    """A bot with these limits and no other, and a ledger that is empty."""
    for table in ("replies", "calls", "jobs", "orders", "usage"):
        await pool.execute(f"delete from {table}")
    house.servers.environment.update(limits)
    bot = await house.bot()
    await one.until_bot_is(online=True)
    yield
    await bot.kill()
    for name in limits:
        del house.servers.environment[name]
    await one.until_bot_is(online=False)


async def accepted(one: Member, model: str, channel: str = "paintings") -> str:
    asked = await one.imagine("a fox", model=model, width=512, height=512, channel=channel)
    await one.reply(asked, is_waiting)
    return asked


async def refused(one: Member, model: str, words: str, channel: str = "paintings") -> None:
    asked = await one.imagine("a fox", model=model, width=512, height=512, channel=channel)
    answer = await one.reply(asked, lambda message: True)
    assert words in text(answer), text(answer)
    assert channel == "dm" or answer["flags"] & 64


async def test_each_limit_holds_by_itself_and_off_its_boundary(
    house: House, ada: Member, ben: Member, pool: Pool
) -> None:
    async with limited(house, pool, ada, CREDITS_PER_MEMBER_PER_MONTH="7"):
        first = await accepted(ben, CORE)
        await accepted(ben, FLASH, LOFT)
        # 5.5 of 7: neither 3 more nor 2.5, in no server; for another member there is room.
        for model, price, channel in ((CORE, "3", "paintings"), (FLASH, "2.5", LOFT), (FLASH, "2.5", "dm")):
            words = f"You have used 5.5 of 7 credits this month, and this costs {price}."
            await refused(ben, model, words, channel)
        await refused(ada, ULTRA, "You have used 0 of 7 credits")
        await accepted(ada, CORE)
        await ben.press(await ben.reply(first, is_waiting), "Cancel")
        await ben.reply(first, is_cancelled)
        await accepted(ben, CORE)
    async with limited(house, pool, ada, CREDITS_PER_SERVER_PER_MONTH="7"):
        await accepted(ben, CORE)
        await accepted(ada, FLASH)
        await refused(ben, CORE, "This server has used 5.5 of 7 credits")
        await refused(ada, FLASH, "This server has used 5.5 of 7 credits")
        # Another server, and direct messages, which together are one.
        await accepted(ben, CORE, LOFT)
        await accepted(ben, CORE, "dm")
        await accepted(ada, CORE, "dm")
        await refused(ben, FLASH, "Direct messages have used 6 of 7 credits", "dm")
    async with limited(house, pool, ada, CREDITS_PER_MONTH="7"):
        await accepted(ben, CORE)
        await accepted(ada, FLASH, LOFT)
        for one, channel in ((ben, "paintings"), (ada, LOFT), (ben, "dm")):
            await refused(one, FLASH, "All members together have used 5.5 of 7 credits", channel)
    async with limited(house, pool, ada, JOBS_PER_MEMBER_MAX="2"):
        first = await accepted(ben, CORE)
        await accepted(ben, CORE, "dm")
        await refused(ben, FLASH, "2 of your pictures are waiting or being painted, and 2 is the most")
        await accepted(ada, CORE)
        await ben.press(await ben.reply(first, is_waiting), "Cancel")
        await ben.reply(first, is_cancelled)
        await accepted(ben, CORE)
        await refused(ben, CORE, "2 of your pictures are waiting", LOFT)
    async with limited(house, pool, ada, QUEUE_LENGTH_MAX="2"):
        first = await accepted(ben, CORE)
        await accepted(ada, CORE, LOFT)
        await refused(ben, FLASH, "2 pictures are waiting already, and no more than 2 can")
        await ben.press(await ben.reply(first, is_waiting), "Cancel")
        await ben.reply(first, is_cancelled)
        await accepted(ada, CORE, "dm")
