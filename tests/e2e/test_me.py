"""What a member has set holds in every process, over a restart: the defaults, the language, and the ping."""

import json

from db.pool import Pool
from tests.conditions import until
from tests.house import House
from tests.member import Member, Message, text, walk


async def test_defaults_language_and_ping_outlive_the_bot(house: House, ben: Member, pool: Pool) -> None:
    bot = await house.bot()
    await ben.until_bot_is(online=True)
    panel = await ben.reply(await ben.use("me"), lambda message: True)
    await ben.choose(panel, "anime", menu="me:style")
    await ben.message(lambda m: m["id"] == panel["id"] and "Style: Anime" in chosen(m))
    await ben.press(panel, "Ping after a minute: off")
    panel = await ben.message(lambda m: m["id"] == panel["id"] and "Ping after a minute: on" in str(m))
    await bot.kill()
    await ben.until_bot_is(online=False)

    bot = await house.bot()
    await ben.until_bot_is(online=True)
    # The panel of a bot that is gone.
    await ben.choose(panel, "de", menu="me:language")
    await ben.message(lambda m: m["id"] == panel["id"] and "Deine Einstellungen" in text(m))
    asked = await ben.imagine("a fox", width=256, height=256)
    waiting = await ben.reply(asked, lambda message: True)
    await bot.kill()
    await pool.execute("update orders set created_at = created_at - interval '2 minutes'")
    await house.bot()
    await house.worker()
    # What everybody sees is in the language of the server.
    await ben.message(lambda m: m["id"] == waiting["id"] and "Full size" in text(m))
    told = await ben.message(lambda m: "🔔" in text(m))
    assert [user["id"] for user in told["mentions"]] == [ben.user_id]
    assert told["message_reference"]["message_id"] == waiting["id"]
    assert "your picture is there" in text(told)
    params = await pool.fetchval("select params from orders order by id desc limit 1")
    assert json.loads(params)["style"] == "anime"
    sql = "select ping_at = 'infinity' from replies where order_id = (select max(id) from orders)"
    await until(lambda: pool.fetchval(sql), bool)
    assert sum("🔔" in text(one) for one in await ben.history()) == 1


def chosen(message: Message) -> list[str]:
    """The labels of what the menus show as chosen."""
    options = [option for one in walk(message) for option in one.get("options", [])]
    return [option["label"] for option in options if option.get("default")]
