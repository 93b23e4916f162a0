"""The gallery: pages to turn, a picture to open, words to search for, and what others may see of it."""

from typing import Any

from tests.e2e.pictures import download
from tests.house import House, paint, start
from tests.member import Member, Message, buttons_of, is_done, link_of, pictures_of, text


async def open_gallery(one: Member, **options: Any) -> Message:
    interaction = await one.use("gallery", **options)
    return await one.reply(interaction, lambda message: not message["flags"] & 128)


def prompts(page: Message) -> list[str]:
    return [item["description"].removesuffix(" (made by AI)") for item in pictures_of(page)]


async def turn(one: Member, page: Message, label: str) -> Message:
    before = prompts(page)
    await one.press(page, label)
    return await one.message(lambda message: message["id"] == page["id"] and prompts(message) != before)


async def test_pages_are_turned_there_and_back_also_after_a_restart(house: House, ada: Member) -> None:
    house.servers.stability.latency_seconds = 0
    bot = await house.bot()
    await house.worker()
    await ada.until_bot_is(online=True)
    empty = await open_gallery(ada)
    assert "the first one is here" in text(empty)
    for number in range(5):
        await paint(ada, f"picture {number}")

    first = await open_gallery(ada, page_size=2)
    assert first["flags"] & 64
    assert prompts(first) == ["picture 4", "picture 3"]
    assert "**1.** picture 4\n-# 256 × 256 · <t:" in text(first)
    assert (await download(pictures_of(first)[0]["media"]["url"])).size == (256, 256)
    assert "Page 1 of 3 · 5 pictures" in text(first)
    assert buttons_of(first) == {
        **{"1": True, "2": True},
        **{"First": False, "Previous": False, "Next": True, "Last": True},
        **{"Filter": True, "Share": True},
    }

    second = await turn(ada, first, "Next")
    assert prompts(second) == ["picture 2", "picture 1"]
    assert "**3.** picture 2\n" in text(second)
    await bot.kill()
    await ada.until_bot_is(online=False)
    await house.bot()
    await ada.until_bot_is(online=True)
    last = await turn(ada, second, "Last")
    assert prompts(last) == ["picture 0"]
    assert buttons_of(last)["Next"] is False
    assert prompts(await turn(ada, last, "First")) == ["picture 4", "picture 3"]


async def test_a_picture_is_opened_with_its_buttons_and_deleted_from_there(house: House, ada: Member) -> None:
    await start(house, ada)
    done = await paint(ada, "a lighthouse")
    page = await open_gallery(ada)
    await ada.press(page, "Share")
    shared = await ada.message(lambda m: "Pictures of" in text(m) and not m["flags"] & 64)
    await ada.react(done)
    sent = await ada.message(lambda m: "Here is your picture" in text(m))
    opened = await ada.reply(await ada.press(page, "1"), is_done)
    assert opened["flags"] & 64
    assert "> a lighthouse" in text(opened)
    assert (await download(link_of(opened))).size == (256, 256)
    await ada.press(opened, "Delete")
    asked = await ada.message(lambda m: m["id"] == opened["id"] and "for good" in text(m))
    await ada.press(asked, "Keep it")
    kept = await ada.message(lambda m: m["id"] == opened["id"] and is_done(m))
    await ada.press(kept, "Delete")
    asked = await ada.message(lambda m: m["id"] == opened["id"] and "for good" in text(m))
    await ada.press(asked, "Delete it for good")
    # Wherever the bot put it.
    await ada.until(lambda: {done["id"], shared["id"], sent["id"]} <= ada.deleted)


async def test_others_see_what_is_not_private_and_a_shared_page_shows_no_more(
    house: House, ada: Member, ben: Member
) -> None:
    await start(house, ada, ben)
    await paint(ada, "for everybody")
    await paint(ada, "a secret", private=True)
    assert prompts(await open_gallery(ben, member=ada.user_id)) == ["for everybody"]
    mine = await open_gallery(ada)
    assert prompts(mine) == ["a secret", "for everybody"]

    await ada.press(mine, "Share")
    shared = await ben.message(lambda m: "Pictures of" in text(m) and not m["flags"] & 64)
    assert prompts(shared) == ["for everybody"]
    assert buttons_of(shared) == {"1": True}
    opened = await ben.reply(await ben.press(shared, "1"), is_done)
    assert opened["flags"] & 64


async def test_search_with_its_proposals_and_favourites(house: House, ada: Member, ben: Member) -> None:
    await start(house, ada, ben)
    await paint(ada, "Ein Äpfelbaum im Nebel")
    fox = await paint(ada, "a red fox")
    assert await ada.proposals("gallery", "search", "apf") == ["Ein Äpfelbaum im Nebel"]
    assert await ben.proposals("gallery", "search", "apf") == []
    assert prompts(await open_gallery(ada, search="NEBEL apfel")) == ["Ein Äpfelbaum im Nebel"]
    assert "has these words: badger" in text(await open_gallery(ada, search="badger"))

    assert "No favourites yet" in text(await open_gallery(ben, favourites=True))
    await ben.reply(await ben.more(fox, "Favourite"), lambda message: True)
    assert prompts(await open_gallery(ben, favourites=True)) == ["a red fox"]
