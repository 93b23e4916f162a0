"""The buttons under a job: what each does, for whom, and after a restart of the bot."""

import aiohttp
import asyncpg
from PIL import Image

from core.settings import DatabaseSettings
from db.pool import open_pool
from db.retention import expire
from tests.conditions import until
from tests.e2e import forged
from tests.e2e.pictures import download
from tests.house import House, paint, start
from tests.member import (
    Member,
    buttons_of,
    is_cancelled,
    is_done,
    is_failed,
    is_running,
    is_waiting,
    link_of,
    pictures_of,
    text,
)


async def test_again_edit_and_upscale_make_new_pictures_also_after_a_restart(
    house: House, ada: Member, ben: Member
) -> None:
    bot = await house.bot()
    await house.worker()
    await ada.until_bot_is(online=True)
    done = await paint(ada, "a fox", style="anime", negative_prompt="rain")
    await bot.stop()
    await ada.until_bot_is(online=False)
    await house.bot()
    await ada.until_bot_is(online=True)

    seen_by_ben = await ben.message(is_done) if ben.seen else (await ben.history())[0]
    again = await ben.reply(await ben.press(seen_by_ben, "Again"), is_done)
    assert "style anime · without rain" in text(again)
    first, second = house.servers.stability.calls
    assert (first.prompt, first.model) == (second.prompt, second.model)
    assert first.seed != second.seed

    await ada.press(done, "Edit")
    modal = await ada.modal()
    edited = await ada.reply(await ada.submit(modal, prompt="a badger", size="320x256"), is_done)
    assert "> a badger" in text(edited)
    assert (await download(link_of(edited))).size == (320, 256)

    large = await ada.reply(await ada.more(done, "Upscale"), is_done)
    assert (await download(link_of(large))).size == (1024, 1024)
    assert "Fast Upscaler" in text(large)
    assert list(buttons_of(large)) == ["Vary", "More"]


async def test_a_modal_may_be_filled_in_over_a_restart_and_says_what_is_wrong(
    house: House, ada: Member
) -> None:
    bot = await house.bot()
    await house.worker()
    await ada.until_bot_is(online=True)
    done = await paint(ada)
    await ada.press(done, "Edit")
    modal = await ada.modal()
    await bot.kill()
    await ada.until_bot_is(online=False)
    bot = await house.bot()
    await ada.until_bot_is(online=True)
    wrong = await ada.reply(
        await ada.submit(modal, prompt="a badger", size="1537 × 256", style=["anime"]), lambda message: True
    )
    assert "1536 × 256 fits." in text(wrong)
    assert wrong["flags"] & 64
    # What was typed is kept in the message alone.
    await bot.kill()
    await ada.until_bot_is(online=False)
    await house.bot()
    await ada.until_bot_is(online=True)
    await ada.press(wrong, "Open it again")
    await ada.until(lambda: len(ada.modals) == 2)
    edited = await ada.reply(await ada.submit(ada.modals[1], size="320 × 256, seed 5"), is_done)
    assert (
        f"> a badger\n-# ✓ for <@{ada.user_id}> · 320 × 256 · made by AI with Stable Image Core · style anime · "
        "seed 5"
    ) in text(edited)


async def test_link_and_favourite_answer_the_member_alone_and_say_when_a_picture_has_expired(
    house: House, ada: Member, ben: Member
) -> None:
    await start(house, ada, ben)
    await paint(ada)
    done = await ben.message(is_done)
    link = await ben.reply(await ben.more(done, "Link"), lambda message: True)
    url = text(link).split("```")[1].strip()
    assert isinstance(await download(url), Image.Image)
    assert "works until" in text(link)
    marked = await ben.reply(await ben.more(done, "Favourite"), lambda message: True)
    assert "Among your favourites now" in text(marked)
    unmarked = await ben.reply(await ben.more(done, "Favourite"), lambda message: True)
    assert "No longer among your favourites" in text(unmarked)
    assert all(message["flags"] & 64 for message in (link, marked, unmarked))
    assert len(await ada.history()) == 1

    # Long afterwards, the buttons are still there and the original is not.
    settings = DatabaseSettings.model_validate({"database_url": house.servers.environment["DATABASE_URL"]})
    async with open_pool(settings, name="test") as pool:
        await pool.execute("update pictures set created_at = now() - interval '40 days'")
        await expire(pool, days=30, link_ttl_seconds=0)
        _order, picture_id = await forged.ids(pool, "a fox")
        for custom_id in (f"picture:link:{picture_id}", f"verb:upscale:upscale-fast:{picture_id}:"):
            refused = await forged.press(house, ben, custom_id)
            assert "full size of this picture has expired" in text(refused)
            assert refused["flags"] & 64
        await ben.react(done)
        await ben.message(lambda message: "📥 The full size of this picture has expired" in text(message))
        gallery = await ben.use("gallery", member=ada.user_id)
        listed = await ben.reply(gallery, lambda message: "the full size has expired" in text(message))
        assert len(pictures_of(listed)) == 1
        await until(lambda: _status(url), lambda status: status == 404)
    assert len(house.servers.stability.calls) == 1


async def test_cancel_works_while_waiting_and_while_painting_for_those_who_may(
    house: House, ada: Member, ben: Member
) -> None:
    house.servers.stability.latency_seconds = 60
    await house.bot()
    await ben.until_bot_is(online=True)
    first = await ben.imagine("a fox", width=256, height=256)
    waiting = await ben.reply(first, is_waiting)
    await ben.press(waiting, "Cancel")
    assert "Nothing was charged." in text(await ben.reply(first, is_cancelled))

    await house.worker()
    second = await ada.imagine("a fox", width=256, height=256)
    running = await ada.reply(second, is_running)
    refused = await ben.reply(await ben.press(running, "Cancel"), lambda message: True)
    assert "Only the member who asked" in text(refused)
    third = await ben.imagine("a badger", width=256, height=256)
    # Ada manages messages here.
    await ada.press(await ada.reply(third, is_running), "Cancel")
    await ben.reply(third, is_cancelled)
    await ada.press(running, "Cancel")
    assert "It counts as 3 credits" in text(await ada.reply(second, is_cancelled))
    house.servers.stability.latency_seconds = 0
    await paint(ben)
    assert [call.status for call in house.servers.stability.calls] == [200]


async def test_delete_asks_first_and_leaves_nothing_but_the_bill(
    house: House, ada: Member, ben: Member
) -> None:
    await start(house, ada, ben)
    done = await paint(ada, "my secret garden")
    url = link_of(done)
    refused = await ben.reply(await ben.more(done, "Delete"), lambda message: True)
    assert "Only the member who asked" in text(refused)
    question = await ada.delete_asked(done)
    assert question["flags"] & 64
    await ada.press(question, "Keep it")
    await ada.message(lambda message: message["id"] == question["id"] and "Favourite" in buttons_of(message))

    question = await ada.delete_asked(done)
    await ada.press(question, "Delete it for good")
    await ada.until(lambda: done["id"] in ada.deleted)
    # What he opened himself is his alone.
    shown = [message for message in await ben.history() if not message["flags"] & 64]
    assert not any(map(is_done, shown))
    connection = await asyncpg.connect(house.servers.environment["DATABASE_URL"])
    try:
        row = await connection.fetchrow(
            "select orders.prompt, orders.params, orders.member_id, calls.credits, calls.outcome "
            "from orders join jobs on jobs.order_id = orders.id join calls on calls.job_id = jobs.id"
        )
        assert row is not None
        assert tuple(row) == ("", "{}", int(ada.user_id), 3, "billed")
        await until(lambda: _status(url), lambda status: status == 404)
    finally:
        await connection.close()


async def test_a_refusal_can_be_reworded_at_once(house: House, ada: Member) -> None:
    await start(house, ada)
    refused = await ada.reply(await ada.imagine("a fox [refuse]", width=256, height=256), is_failed)
    await ada.press(refused, "Edit")
    await ada.reply(await ada.submit(await ada.modal(), prompt="a fox"), is_done)


async def test_who_may_not_use_commands_may_not_start_one_by_a_button(
    house: House, ada: Member, cleo: Member
) -> None:
    await start(house, ada, cleo)
    await paint(ada)
    done = await cleo.message(is_done)
    for label in ("Again", "Edit"):
        refused = await cleo.reply(await cleo.press(done, label), lambda message: True)
        assert "You may not use commands in this channel" in text(refused)
    assert len(house.servers.stability.calls) == 1


async def test_a_press_that_breaks_says_so(house: House, ada: Member) -> None:
    await start(house, ada)
    done = await paint(ada)
    connection = await asyncpg.connect(house.servers.environment["DATABASE_URL"])
    try:
        await connection.execute("alter table favourites add constraint never check (false) not valid")
        broken = await ada.reply(await ada.more(done, "Favourite"), lambda message: True)
        assert "That is our fault, not yours" in text(broken)
    finally:
        await connection.close()


async def _status(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status
