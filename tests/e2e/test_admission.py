"""A server paints when the bot's owner lets it in, and no longer when it is shut or left; over restarts of the bot."""

import re

from db.pool import Pool
from sandbox.processes import Process
from tests.conditions import until
from tests.house import House, paint
from tests.member import Member, Message, buttons_of, is_cancelled, is_waiting, text
from tests.server import Server

THERE = "sketches"


async def restarted(house: House, bot: Process, one: Member) -> Process:
    await bot.stop()
    await one.until_bot_is(online=False)
    bot = await house.bot()
    await one.until_bot_is(online=True)
    return bot


async def now(one: Member, message: Message, said: str) -> Message:
    """The same message, once it says that."""
    return await one.message(lambda m: m["id"] == message["id"] and said in text(m))


async def tried(one: Member) -> str:
    refused = await one.reply(
        await one.imagine("a fox", channel=THERE, width=256, height=256), lambda m: True
    )
    return text(refused)


async def left(pool: Pool, *, is_left: bool = True) -> None:
    look = pool.fetchval
    await until(
        lambda: look("select left_at is not null from servers where name = 'The Annex'"),
        lambda found: found is is_left,
    )


async def test_a_server_is_let_in_shut_left_and_asked_about_anew(
    house: House, ada: Member, dora: Member, pool: Pool
) -> None:
    bot = await house.bot()
    await ada.until_bot_is(online=True)
    annex = Server(dora)
    await annex.invite_bot()
    asked = await ada.message(lambda m: "Is this server let in?" in text(m))
    assert "**The Annex** · 4 members" in text(asked)
    assert "Its owner is dora" in text(asked)
    assert "has not let this server in yet, and has been asked" in await tried(dora)

    # The message outlives the bot that has sent it, and it is not sent again.
    bot = await restarted(house, bot, ada)
    await ada.press(asked, "Allow")
    decided = await ada.message(lambda m: m["id"] == asked["id"] and "It is let in" in text(m))
    assert f"Decided by <@{ada.user_id}>" in text(decided)
    assert buttons_of(decided) == {}
    waiting = await dora.reply(await dora.imagine("a fox", channel=THERE, width=256, height=256), is_waiting)

    # Shut, with what waits there, by the page of /owner.
    panel = await ada.reply(await ada.use("owner"), lambda m: "Dashboard" in text(m))
    await ada.choose(panel, "servers", menu="Another page")
    panel = await now(ada, panel, "2 servers")
    await ada.choose(panel, str(await annex.id()), menu="Open a server")
    panel = await now(ada, panel, "All servers")
    await ada.press(panel, "Shut")
    await ada.submit(await ada.modal(), reason="not paid", span=["day"])
    gone = await dora.message(lambda m: m["id"] == waiting["id"] and is_cancelled(m))
    assert "does not let it paint in this server any more.\nNothing was charged." in text(gone)
    assert re.search(r"until <t:\d+:f>\. \(not paid\)", await tried(dora))
    assert await pool.fetchval("select sum(credits) from usage") == 0
    panel = await now(ada, panel, "Shut until <t:")
    await ada.press(panel, "Allow")
    await now(ada, panel, "It is let in")

    # Removed and back, it is as it was.
    await annex.remove_bot()
    await left(pool)
    await annex.invite_bot()
    await left(pool, is_left=False)
    await house.worker()
    await paint(dora, channel=THERE)

    # Refused and left, it is asked about anew when it comes again.
    panel = await ada.reply(await ada.use("owner"), lambda m: "Dashboard" in text(m))
    await ada.choose(panel, "servers", menu="Another page")
    panel = await now(ada, panel, "2 servers")
    await ada.choose(panel, str(await annex.id()), menu="Open a server")
    panel = await now(ada, panel, "All servers")
    await ada.press(panel, "Refuse and leave")
    panel = await now(ada, panel, "🚪 Leave The Annex?")
    await ada.press(panel, "Refuse and leave")
    await now(ada, panel, "The bot has left it.")
    assert not await annex.has_bot()
    await left(pool)
    await annex.invite_bot()
    again = await ada.message(lambda m: "Is this server let in?" in text(m) and m["id"] != asked["id"])
    assert "has not let this server in yet" in await tried(dora)
    await ada.press(again, "Refuse and leave")
    await ada.message(lambda m: m["id"] == again["id"] and "The bot is not there any more" in text(m))
    assert not await annex.has_bot()
