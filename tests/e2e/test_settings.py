"""What a server's manager sets outlives the bot, and its panel does as well."""

from tests.house import House
from tests.member import Member, is_waiting, text


async def test_the_panel_and_what_was_set_in_it_outlive_the_bot(
    house: House, ada: Member, ben: Member
) -> None:
    bot = await house.bot()
    await ada.until_bot_is(online=True)
    opened = await ada.use("settings")
    panel = await ada.reply(opened, lambda m: "Where pictures are asked for" in text(m))
    await ada.press(panel, "What")
    panel = await ada.reply(opened, lambda m: "Words and patterns" in text(m))
    await ada.press(panel, "Add a word")
    form = await ada.modal()
    await bot.kill()
    await ada.until_bot_is(online=False)

    await house.bot()
    await ada.until_bot_is(online=True)
    await ada.submit(form, text="wolf")
    panel = await ada.reply(opened, lambda m: "✅ Saved: “wolf” is refused" in text(m))
    refused = await ben.reply(await ben.imagine("a wolf"), lambda m: True)
    assert "does not want “wolf” in a prompt" in text(refused)
    assert is_waiting(await ben.reply(await ben.imagine("a fox"), lambda m: True))
    await ada.press(panel, "Changes")
    await ada.reply(opened, lambda m: f"<@{ada.user_id}>: “wolf” is refused" in text(m))
