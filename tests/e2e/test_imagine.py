"""The main job, as its member sees it."""

import asyncio

from tests.e2e.pictures import download
from tests.house import House
from tests.member import (
    Member,
    is_done,
    is_failed,
    is_running,
    is_waiting,
    link_of,
    pictures_of,
    text,
    walk,
)


async def test_a_prompt_becomes_a_picture(house: House, ada: Member, ben: Member) -> None:
    await house.bot()
    await ada.until_bot_is(online=True)
    interaction = await ada.imagine("a red fox in the snow", width=640, height=480)
    waiting = await ada.reply(interaction, is_waiting)
    assert "in line" in text(waiting)

    # Longer than the bot lets pass from one edit to the next, or the spinner may be left out.
    house.servers.stability.latency_seconds = 2
    await house.worker()
    done = await ada.reply(interaction, is_done)
    assert any(is_running(version) for version in ada.seen[done["id"]])
    assert "> a red fox in the snow" in text(done)
    assert "640 × 480 · made by AI with Stable Image Core · seed " in text(done)
    (picture,) = pictures_of(done)
    assert picture["description"] == "a red fox in the snow (made by AI)"
    assert (await download(picture["media"]["url"])).format == "WEBP"
    original = await download(link_of(done))
    assert (original.format, original.size) == ("PNG", (640, 480))

    # The others in the channel see it as well, and it is there when the channel is opened anew.
    assert is_done(await ben.message(lambda message: message["id"] == done["id"] and is_done(message)))
    assert [is_done(message) for message in await ben.history()] == [True]
    assert len(house.servers.stability.calls) == 1


async def test_it_works_in_direct_messages(house: House, ada: Member) -> None:
    await house.bot()
    await house.worker()
    await ada.until_bot_is(online=True)
    interaction = await ada.imagine("a lighthouse at night", channel="dm")
    assert (await download(link_of(await ada.reply(interaction, is_done)))).size == (1024, 1024)


async def test_what_cannot_be_painted_is_refused_to_its_member_alone(
    house: House, ada: Member, ben: Member
) -> None:
    await house.bot()
    await ada.until_bot_is(online=True)
    blank = await ada.reply(await ada.imagine(" \u200b "), lambda message: True)
    assert "The prompt is blank" in text(blank)
    large = await ada.reply(
        await ada.imagine("a fox", width=1536, height=1536, model="ultra"), lambda message: True
    )
    assert "the height can be up to 1024" in text(large)
    assert all(message["flags"] & 64 for message in (blank, large))
    assert await ben.history() == []


async def test_a_refusal_says_so_in_words_and_charges_nothing(house: House, ada: Member) -> None:
    await house.bot()
    await house.worker()
    await ada.until_bot_is(online=True)
    refused = await ada.reply(await ada.imagine("something [refuse]"), is_failed)
    assert "content filter refused this prompt" in text(refused)
    assert "Nothing was charged." in text(refused)


async def test_a_passing_fault_is_retried(house: House, ada: Member) -> None:
    await house.bot()
    await house.worker()
    await ada.until_bot_is(online=True)
    await ada.reply(await ada.imagine("a fox [500 once]", width=256, height=256), is_done)
    assert [call.status for call in house.servers.stability.calls] == [500, 200]


async def test_no_prompt_pings_or_breaks_out_of_its_quote(house: House, ada: Member, ben: Member) -> None:
    await house.bot()
    await house.worker()
    await ada.until_bot_is(online=True)
    nasty = f"@everyone <@{ben.user_id}> **bold** ||hidden|| [x](https://example.com)\n# huge"
    done = await ada.reply(await ada.imagine(nasty, width=256, height=256), is_done)
    for version in ada.seen[done["id"]]:
        assert version["mentions"] == []
        assert version["mention_everyone"] is False
    # Discord says with the command whom it mentions.
    assert r"> \@everyone Ben \*\*bold" in text(done)
    assert all(
        "\n#" not in component.get("content", "")[1:] for component in walk(done) if component["type"] == 10
    )


async def test_the_articles_engine_paints_too(house: House, ada: Member) -> None:
    house.servers.environment["STABILITY_MODEL"] = "stable-diffusion-v1-6"
    await house.bot()
    await house.worker()
    await ada.until_bot_is(online=True)
    done = await ada.reply(await ada.imagine("a fox", width=500, height=500), is_done)
    assert "Stable Diffusion 1.6" in text(done)
    assert (await download(link_of(done))).size == (500, 500)


async def test_two_workers_paint_twenty_pictures_each_once(house: House, ada: Member, ben: Member) -> None:
    await house.bot()
    await ada.until_bot_is(online=True)
    house.servers.stability.latency_seconds = 0.1
    interactions = [
        (one, await one.imagine(f"picture {number}", width=256, height=256))
        for number in range(10)
        for one in (ada, ben)
    ]
    await asyncio.gather(house.worker("worker-1"), house.worker("worker-2"))
    replies = [await one.reply(interaction, is_done, within_seconds=60) for one, interaction in interactions]
    assert len({reply["id"] for reply in replies}) == 20
    painted = [call.prompt for call in house.servers.stability.calls]
    assert sorted(painted) == sorted(f"picture {number}" for number in range(10) for _ in range(2))


async def test_the_spinner_is_there_at_once_though_the_worker_is_faster_than_the_answer(
    house: House, ada: Member
) -> None:
    # So that nothing is found by polling.
    house.servers.environment["POLL_SECONDS"] = "60"
    house.servers.stability.latency_seconds = 20
    house.servers.environment["SHUTDOWN_GRACE_SECONDS"] = "0"
    await house.bot()
    await house.worker()
    await ada.until_bot_is(online=True)
    # The first job shows that the worker is ready and idle.
    await ada.reply(await ada.imagine("a fox", width=256, height=256), is_running, within_seconds=10)
    await ada.reply(await ada.imagine("a badger", width=256, height=256), is_running, within_seconds=10)
