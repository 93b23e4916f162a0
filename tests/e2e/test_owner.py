"""What the owner of the bot is told, sets and looks at in /owner; over a restart of the bot."""

import re

from db.pool import Pool
from tests.conditions import until
from tests.e2e.test_admission import now, restarted
from tests.house import House, paint
from tests.member import Member, text


async def test_the_first_limit_is_told_and_another_is_set_met_and_looked_at(
    house: House, ada: Member, ben: Member, pool: Pool
) -> None:
    bot = await house.bot()
    await house.worker()
    await ada.until_bot_is(online=True)
    await paint(ben)
    told = await ada.message(lambda m: "The first picture is painted" in text(m))
    assert "may use 2500 credits a month" in text(told)
    panel = await ada.reply(await ada.use("owner"), lambda m: "Dashboard" in text(m))
    await ada.choose(panel, "money", menu="Another page")
    panel = await now(ada, panel, "nobody has set one")

    # Its pages, and what they set, outlive the bot.
    bot = await restarted(house, bot, ada)
    await ada.press(panel, "All together")
    await ada.submit(await ada.modal(), credits_per_month="6", credits_per_day="")
    panel = await now(ada, panel, "**All together:** 6 credits a month")
    assert "nobody has set one" not in text(panel)
    await restarted(house, bot, ada)
    await paint(ben)
    refused = await ben.reply(await ben.imagine("a fox", width=256, height=256), lambda m: True)
    assert "All members together have used 6 of 6 credits this month" in text(refused)
    assert "The owner of this bot set that" in text(refused)
    balance = "select count(*) from balances where provider = 'stability'"
    await until(lambda: pool.fetchval(balance), lambda count: count == 1)
    await ada.choose(panel, "dashboard", menu="Another page")
    panel = await now(ada, panel, "**6 credits** of 6 this month")
    assert re.search(r"\*\*[0-9.,]+ credits\*\* are left with Stability \(<t:\d+:R>\)", text(panel))
    assert "Credits by model: Stable Image Core: 6." in str(panel["components"])
    assert len([m for m in await ada.history("dm") if "The first picture is painted" in text(m)]) == 1
