"""A picture is reported, and a moderator decides about it in the channel for that, over a restart of the bot."""

from tests.house import House, paint
from tests.member import Member, buttons_of, is_done, pictures_of, text
from tests.server import Server


async def test_a_report_is_decided_about_after_a_restart(
    house: House, ada: Member, ben: Member, cleo: Member
) -> None:
    bot = await house.bot()
    await house.worker()
    await ada.until_bot_is(online=True)
    room = await Server(ada, "The Easel").create_channel("moderators")
    settings = await ada.reply(await ada.use("settings"), lambda m: "reports and changes" in text(m))
    await ada.choose(settings, "moderators", menu="reports and changes")
    changed = await ada.message(lambda m: m["channel_id"] == room and "Changed" in text(m))
    assert f"<@{ada.user_id}>: Channel for reports and changes: none → <#{room}>" in text(changed)

    shown = await paint(ben, "a rude fox")
    await cleo.more(await cleo.message(lambda m: m["id"] == shown["id"] and is_done(m)), "Report")
    thanks = await cleo.reply(await cleo.submit(await cleo.modal(), reason="It is rude."), lambda m: True)
    assert "Thank you" in text(thanks)
    report = await ada.message(lambda m: m["channel_id"] == room and "A picture was reported" in text(m))
    assert "**Why:** It is rude" in text(report)
    assert cleo.user_id not in text(report)
    assert pictures_of(report)[0]["spoiler"]
    assert pictures_of(report)[0]["description"] == "a rude fox (made by AI)"
    queue = await ada.reply(await ada.use("reports"), lambda m: "a rude fox" in text(m))

    await bot.kill()
    await ada.until_bot_is(online=False)
    await house.bot()
    await ada.until_bot_is(online=True)
    await ada.press(report, "Block for a day")
    decided = await ada.message(lambda m: m["id"] == report["id"] and "Decided by" in text(m))
    assert f"<@{ben.user_id}> may ask for nothing in this server for a day" in text(decided)
    assert "rude" not in text(decided)
    assert list(buttons_of(decided)) == ["Lift the block"]
    assert pictures_of(decided) == []
    refused = await ben.reply(await ben.imagine("a fox", width=256, height=256), lambda m: True)
    assert "In this server: You may not ask for pictures until <t:" in text(refused)
    blocked = await ada.message(lambda m: m["channel_id"] == room and "is blocked until" in text(m))
    assert f"<@{ada.user_id}>: <@{ben.user_id}>" in text(blocked)
    # Where it is still open to see, whoever comes later reads what was decided.
    await ada.press(queue, "Keep")
    late = await ada.message(lambda m: m["id"] == queue["id"] and "no open reports" in text(m))
    assert f"Decided by <@{ada.user_id}>" in text(late)
