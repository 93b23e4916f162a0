"""Subcommands, files, menus of messages and modals, as the unmodified discord.py client sees them."""

import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from yarl import URL

from sandbox.discord import DiscordServer
from tests.integration.sandbox.conftest import Bot, Clock, Json, Person
from tests.member import File, named
from tests.studio import FORM, Studio, connected_studio, picture


@pytest.fixture
async def studio(server: DiscordServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    async with connected_studio(server, monkeypatch) as client:
        yield client


async def use(person: Person, command: str, *files: File, **options: Any) -> None:
    given = [{"name": name, "type": 3, "value": value} for name, value in options.items()]
    answer = await person.interact(2, {**named(command, given), **await person.attached(*files)})
    assert answer.status == 200, answer.body


async def test_a_subcommand_with_a_file(studio: Studio, bot: Bot, ada: Person, clock: Clock) -> None:
    sent = picture()
    await use(ada, "change vary", sent, image=0, mood="calm", strength=7)
    image, mood, strength, content = await studio.next()
    assert (mood, strength, content) == ("calm", 7, sent.content)
    assert (image.filename, image.content_type, image.size) == ("fox.png", "image/png", len(sent.content))
    assert (image.width, image.height, image.ephemeral) == (30, 20, True)
    metadata = (await ada.told("MESSAGE_CREATE"))["interaction_metadata"]
    assert metadata["name"] == "change vary"

    # The URL is one of this host, signed, and only that one.
    url = URL(image.url)
    assert url.path == f"/ephemeral-attachments/{ada.paintings.split('/')[-1]}/{image.id}/fox.png"
    assert url.query.keys() == {"ex", "is", "hm"}
    assert (await bot.fetch(str(url))).body == sent.content
    for spoiled in (url.with_query(None), url.update_query(ex="ffffffff"), url.update_query(hm="é")):
        assert (await bot.fetch(str(spoiled))).status == 404
    clock.ahead_seconds += 24 * 3600
    assert (await bot.fetch(str(url))).status == 404


async def test_a_subcommand_in_a_group_and_a_file_that_is_no_picture(studio: Studio, ada: Person) -> None:
    await use(ada, "change upscale fast")
    assert await studio.next() is None
    await use(ada, "change upscale fast", File("notes.txt", b"fox"), image=0)
    image = await studio.next()
    assert (image.filename, image.content_type, image.width) == ("notes.txt", "text/plain", None)


async def test_typing_inside_a_subcommand(studio: Studio, ada: Person) -> None:
    given = [
        {"name": "strength", "type": 4, "value": 7},
        {"name": "mood", "type": 3, "value": "sa", "focused": True},
    ]
    typed = await ada.interact(4, named("change vary", given))
    assert [choice["value"] for choice in typed.body["choices"]] == ["sa7"]


async def test_an_ephemeral_answer_shows_the_new_picture_after_its_menu_was_used(
    studio: Studio, bot: Bot, ada: Person
) -> None:
    await use(ada, "change vary", picture(), image=0, mood="calm")
    shown = await ada.told("MESSAGE_CREATE")
    before = thumbnail_of(shown)
    assert (await ada.press(shown, "nine", component_type=3, values=["two"])).status == 200
    edited = await ada.told("MESSAGE_UPDATE", id=shown["id"])
    after = thumbnail_of(edited)
    assert edited["components"][1]["items"][0]["media"]["url"] == after
    assert [URL(url).name for url in (before, after)] == ["one.png", "two.png"]
    assert (await bot.fetch(after)).body == picture().content
    # It was taken off.
    assert (await bot.fetch(before)).status == 404


async def test_a_command_on_a_message_and_its_modal(studio: Studio, ada: Person, ben: Person) -> None:
    """The bot is told the whole of a message whose content it may not read otherwise."""
    foreign = await ben.say("Look", picture("dog.png"))
    data = {"type": 3, "name": "Change this picture", "target_id": foreign["id"]}
    assert (await ada.interact(2, data)).status == 200
    message = await studio.next()
    assert (message.content, message.author.id, message.id) == ("Look", int(ben.id), int(foreign["id"]))
    (attachment,) = message.attachments
    assert (attachment.filename, attachment.width, attachment.height) == ("dog.png", 30, 20)
    assert await attachment.read() == picture().content

    opened = await ada.told("INTERACTION_MODAL_CREATE")
    sent = [File("a.png", picture(size=(7, 8)).content), File("b.txt", b"fox")]
    filled: Json = {
        "files": {"values": ["1", "0"]},
        "who": {"values": [ben.id]},
        "how": {"value": "strong"},
        "where": {"values": ["subtle"]},
        "keep": {"value": True},
    }
    components = [
        {"type": 18, "component": {**row["component"], **filled[row["component"]["custom_id"]]}}
        for row in opened["components"]
    ]
    submitted = {"custom_id": FORM, "components": components, **await ada.attached(*sent)}
    assert (await ada.interact(5, submitted)).status == 200
    files, who, how, keep = await studio.next()
    assert [(one.filename, one.width) for one in files] == [("b.txt", None), ("a.png", 7)]
    assert [await one.read() for one in files] == [b"fox", sent[0].content]
    assert ([one.id for one in who], how, keep) == ([int(ben.id)], "strong", True)


async def test_files_are_bounded_and_belong_to_who_sent_them(
    studio: Studio, session: aiohttp.ClientSession, ada: Person, ben: Person
) -> None:
    path, too_large = ada.paintings + "/attachments", 10 * 1024 * 1024 + 1
    asked = {"files": [{"id": 0, "filename": "x.png", "file_size": too_large}]}
    assert (await ada.call("POST", path, asked)).refusal == (413, 40005)
    # Whatever was said before, what comes is counted.
    asked["files"][0]["file_size"] = 1
    (place,) = (await ada.call("POST", path, asked)).body["attachments"]
    async with session.put(place["upload_url"], data=io.BytesIO(bytes(too_large))) as response:
        assert response.status == 413
    theirs = {**named("change upscale fast", []), **await ada.attached(picture())}
    assert (await ben.interact(2, theirs)).problem("attachments", "0", "uploaded_filename")
    assert (await ada.interact(2, theirs)).status == 200
    # It was used.
    assert (await ada.interact(2, theirs)).problem("attachments", "0", "uploaded_filename")


def thumbnail_of(message: Json) -> str:
    return str(message["components"][0]["accessory"]["media"]["url"])
