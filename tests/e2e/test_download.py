"""A reaction under a picture sends it to whoever reacts."""

from bot.replies.reconciler import EDIT_TIMEOUT_SECONDS
from tests.e2e.pictures import download
from tests.house import House, paint, start
from tests.member import Member, fault, is_done, link_of, pictures_of, text


def is_download(message: dict[str, object]) -> bool:
    return "📥 Here is your picture" in text(message)


async def test_whoever_reacts_is_sent_the_picture_and_once_a_minute(
    house: House, ada: Member, ben: Member, cleo: Member
) -> None:
    bot = await house.bot()
    await house.worker()
    await ada.until_bot_is(online=True)
    done = await paint(ada, "a red fox")
    await ada.until(lambda: any(message == done["id"] for message, _who, _emoji in ada.reactions))
    await bot.kill()
    await ada.until_bot_is(online=False)
    await house.bot()
    await cleo.until_bot_is(online=True)
    await fault(house.servers.discord.url, "expire_tokens")

    await cleo.react(done, "⬇️")
    sent = await cleo.message(is_download)
    assert sent["channel_id"] == cleo.channels["dm"]
    (shown,) = pictures_of(sent)
    assert "/a-red-fox-" in shown["media"]["url"]
    assert (await download(shown["media"]["url"])).size == (256, 256)
    assert "response-content-disposition=attachment" in link_of(sent)
    assert (await download(link_of(sent))).size == (256, 256)

    await cleo.react(done, "⬇️")
    await cleo.react(done, "📥")
    await cleo.react(done, "👍")
    # Ada's comes after whatever Cleo's might have brought.
    await ada.react(done)
    await ada.message(is_download)
    assert len([m for m in await cleo.history("dm") if is_download(m)]) == 1
    # Some clients send it without the selector that asks for its colourful form.
    await ben.react(done, "⬇")
    await ben.message(is_download)


async def test_in_direct_messages_it_works_as_well(house: House, ada: Member, ben: Member) -> None:
    await start(house, ada)
    interaction = await ada.imagine("a secret", channel="dm", width=256, height=256, private=True)
    done = await ada.reply(interaction, is_done)
    assert not done["flags"] & 64
    await ada.react(done)
    await ada.message(is_download)
    gallery = await ben.use("gallery", member=ada.user_id)
    await ben.reply(gallery, lambda message: "has no pictures to show" in text(message))


async def test_closed_direct_messages_are_told_of_in_the_channel(
    house: House, ada: Member, cleo: Member
) -> None:
    await start(house, ada, cleo)
    done = await paint(ada)
    await fault(house.servers.discord.url, "close_dms", member=cleo.user_id)
    await cleo.react(done)
    told = await cleo.message(lambda message: "direct messages are closed" in text(message))
    assert told["referenced_message"]["id"] == done["id"]
    assert told["mentions"] == []


async def test_a_reaction_that_has_to_wait_holds_up_no_picture(house: House, ada: Member) -> None:
    house.servers.environment["REPLY_CONCURRENCY"] = "1"
    await start(house, ada)
    await fault(house.servers.discord.url, "rest", status=429, times=1, path="/reactions", retry_after=20)
    first = await paint(ada, "a red fox")
    await ada.reply(
        await ada.imagine("a blue fox", width=256, height=256),
        is_done,
        within_seconds=EDIT_TIMEOUT_SECONDS - 1,
    )
    assert [reaction for reaction in ada.reactions if reaction[0] == first["id"]] == []
