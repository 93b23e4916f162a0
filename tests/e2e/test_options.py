"""What /imagine takes beside a prompt, and the languages in which it answers."""

from typing import Any

import aiohttp

from tests.e2e.pictures import download
from tests.house import House, paint, start
from tests.member import Member, fault, is_done, is_waiting, link_of, pictures_of, text


async def test_what_was_used_is_sent_shown_and_can_be_repeated(house: House, ada: Member) -> None:
    await start(house, ada)
    options: dict[str, Any] = {
        "model": "sd3.5-medium",
        "style": "origami",
        "negative_prompt": "rain",
        "seed": 7,
    }
    interaction = await ada.imagine("a fox", shape="wide", spoiler=True, **options)
    done = await ada.reply(interaction, is_done)
    assert "made by AI with Stable Diffusion 3.5 Medium · style Origami · without rain · seed 7" in text(done)
    assert pictures_of(done)[0]["spoiler"] is True
    (call,) = house.servers.stability.calls
    assert (call.model, call.seed) == ("sd3.5-medium", 7)
    assert (await download(link_of(done))).size == (1536, 864)


async def test_what_a_model_cannot_do_is_refused_before_anything_is_queued(house: House, ada: Member) -> None:
    await house.bot()
    await ada.until_bot_is(online=True)
    both = await ada.reply(await ada.imagine("a fox", shape="wide", width=512), lambda message: True)
    assert "but not both" in text(both)
    turbo = await ada.imagine("a fox", model="sd3.5-large-turbo", negative_prompt="rain")
    assert "takes no negative prompt" in text(await ada.reply(turbo, lambda message: True))
    assert all(not is_waiting(message) for message in await ada.history())


async def test_a_private_picture_is_seen_by_nobody_else_and_outlives_its_token(
    house: House, ada: Member, ben: Member
) -> None:
    await house.bot()
    await ada.until_bot_is(online=True)
    soon = await ada.imagine("a secret", width=256, height=256, private=True)
    assert (await ada.reply(soon, is_waiting))["flags"] & 64
    worker = await house.worker()
    assert (await ada.reply(soon, is_done))["flags"] & 64
    await worker.stop()

    late = await ada.imagine("another secret", width=256, height=256, private=True)
    await ada.reply(late, is_waiting)
    await fault(house.servers.discord.url, "expire_tokens")
    await house.worker()
    sent = await ada.message(lambda m: m["channel_id"] == ada.channels["dm"] and is_done(m))
    assert "> another secret" in text(sent)
    assert await ben.history() == []


async def test_a_german_reads_german(house: House, ada: Member) -> None:
    ada.locale = "de"
    await house.bot()
    await ada.until_bot_is(online=True)
    # What everybody sees is in the language of the server, which is English.
    public = await ada.imagine("ein Fuchs", width=256, height=256)
    await ada.reply(public, lambda message: "in line" in text(message))
    interaction = await ada.imagine("ein Fuchs", width=256, height=256, private=True)
    await ada.reply(interaction, lambda message: is_waiting(message) and "Abbrechen" in text(message))
    await house.worker()
    done = await ada.reply(interaction, lambda message: "Volle Größe" in text(message))
    assert "gemalt in" in text(done)
    asked = await ada.imagine("ein Fuchs", width=1536, height=1536, model="ultra")
    wrong = await ada.reply(asked, lambda message: True)
    assert "Bei einer Breite von 1536 kann die Höhe bis zu 1024 sein" in text(wrong)
    url = f"{house.servers.discord.url}/sandbox/members/{ada.user_id}/channels/{ada.channels['dm']}/commands"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        commands = {command["name"]: command for command in await response.json()}
    assert commands["imagine"]["name_localizations"]["de"] == "malen"
    assert commands["gallery"]["options"][1]["description_localizations"]["de"] == "Wörter der Beschreibung"


async def test_a_member_has_everything_deleted(house: House, ada: Member, ben: Member) -> None:
    await start(house, ada, ben)
    mine, hers = await paint(ada, "a fox"), await paint(ben, "a badger")
    question = await ada.reply(await ada.use("forget-me"), lambda message: True)
    await ada.press(question, "Delete everything of mine")
    await ada.message(lambda message: "Deleted: 1 picture" in text(message))
    await ada.until(lambda: mine["id"] in ada.deleted)
    assert hers["id"] not in ada.deleted
