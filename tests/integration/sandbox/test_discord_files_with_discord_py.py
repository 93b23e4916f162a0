"""Subcommands, files, menus of messages and modals, as the unmodified discord.py client sees them."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands
from PIL import Image
from yarl import URL

from sandbox.discord import DiscordServer
from tests.integration.sandbox.conftest import BOUND_SECONDS, Bot, Clock, Json, Person
from tests.member import File, named

FORM = "form"
Select = discord.ui.Select["Overlay"]


def picture(name: str = "fox.png", size: tuple[int, int] = (30, 20)) -> File:
    file = io.BytesIO()
    Image.new("RGB", size, "orange").save(file, "PNG")
    return File(name, file.getvalue())


class Form(discord.ui.Modal, title="Change this picture"):
    """One of each kind that a label takes."""

    def __init__(self, told: asyncio.Queue[Any]) -> None:
        super().__init__(custom_id=FORM)
        self._told = told
        self.files = discord.ui.FileUpload[Any](custom_id="files", min_values=1, max_values=3)
        self.who = discord.ui.UserSelect[Any](custom_id="who", required=False)
        self.how = discord.ui.RadioGroup[Any](custom_id="how")
        self.where = discord.ui.CheckboxGroup[Any](custom_id="where", required=False)
        self.keep = discord.ui.Checkbox[Any](custom_id="keep")
        for one in ("Subtle", "Strong"):
            self.how.add_option(label=one, value=one.lower())
            self.where.add_option(label=one, value=one.lower())
        for name in ("files", "who", "how", "where", "keep"):
            self.add_item(discord.ui.Label(text=name.capitalize(), component=getattr(self, name)))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        self._told.put_nowait((self.files.values, self.who.values, self.how.value, self.keep.value))
        await interaction.response.send_message("Changed", ephemeral=True)


class Overlay(discord.ui.LayoutView):
    """A picture that changes with what is chosen."""

    def __init__(self, shown: str) -> None:
        super().__init__(timeout=None)
        thumbnail = discord.ui.Thumbnail[Any](f"attachment://{shown}.png", description=shown)
        gallery = discord.ui.MediaGallery[Any](discord.MediaGalleryItem(f"attachment://{shown}.png"))
        row: discord.ui.ActionRow[Overlay] = discord.ui.ActionRow()
        select = Select(custom_id="nine", options=[discord.SelectOption(label=n) for n in ("one", "two")])
        select.callback = self.chosen  # type: ignore[method-assign]
        self.add_item(discord.ui.Section(discord.ui.TextDisplay(shown), accessory=thumbnail))
        self.add_item(gallery)
        self.add_item(row.add_item(select))
        self.select = select

    async def chosen(self, interaction: discord.Interaction) -> None:
        shown = self.select.values[0]
        await interaction.response.edit_message(attachments=[file_of(shown)], view=Overlay(shown))


def file_of(shown: str) -> discord.File:
    return discord.File(io.BytesIO(picture().content), f"{shown}.png")


class Studio(discord.Client):
    """`told` is what its commands were called with."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True), guild_ready_timeout=0.05)
        self.told: asyncio.Queue[Any] = asyncio.Queue()
        self.connected = asyncio.Event()
        self.tree = app_commands.CommandTree(self)
        change = app_commands.Group(name="change", description="Changes a picture")
        upscale = app_commands.Group(name="upscale", description="Enlarges it", parent=change)
        self.tree.add_command(change)
        vary: Any = change.command(description="Another like it")(self._vary())
        upscale.command(description="Quick")(self._fast())
        vary.autocomplete("mood")(self._moods)
        self.tree.context_menu(name="Change this picture")(self._menu())

    async def setup_hook(self) -> None:
        self.add_view(Overlay("one"))
        await self.tree.sync()

    async def on_ready(self) -> None:
        self.connected.set()

    def _vary(self) -> Any:
        async def vary(
            interaction: discord.Interaction, image: discord.Attachment, mood: str, strength: int = 5
        ) -> None:
            self.told.put_nowait((image, mood, strength, await image.read()))
            await interaction.response.send_message(file=file_of("one"), view=Overlay("one"), ephemeral=True)

        return vary

    def _fast(self) -> Any:
        async def fast(interaction: discord.Interaction, image: discord.Attachment | None = None) -> None:
            self.told.put_nowait(image)
            await interaction.response.send_message("Quick")

        return fast

    def _menu(self) -> Any:
        async def menu(interaction: discord.Interaction, message: discord.Message) -> None:
            self.told.put_nowait(message)
            await interaction.response.send_modal(Form(self.told))

        return menu

    async def _moods(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        strength = interaction.namespace.strength
        return [app_commands.Choice(name=f"{typed}{strength}", value=f"{typed}{strength}")]


async def next_of(queue: asyncio.Queue[Any]) -> Any:
    return await asyncio.wait_for(queue.get(), BOUND_SECONDS)


@pytest.fixture
async def studio(server: DiscordServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    monkeypatch.setattr(discord.http.Route, "BASE", server.api_base)
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", URL(server.gateway_url))
    async with Studio() as client:
        running = asyncio.create_task(client.start(server.token))
        await asyncio.wait_for(client.connected.wait(), BOUND_SECONDS)
        yield client
        await client.close()
        await running


async def use(person: Person, command: str, *files: File, **options: Any) -> None:
    given = [{"name": name, "type": 3, "value": value} for name, value in options.items()]
    answer = await person.interact(2, {**named(command, given), **await person.attached(*files)})
    assert answer.status == 200, answer.body


async def test_a_subcommand_with_a_file(studio: Studio, bot: Bot, ada: Person, clock: Clock) -> None:
    sent = picture()
    await use(ada, "change vary", sent, image=0, mood="calm", strength=7)
    image, mood, strength, content = await next_of(studio.told)
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
    assert await next_of(studio.told) is None
    await use(ada, "change upscale fast", File("notes.txt", b"fox"), image=0)
    image = await next_of(studio.told)
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
    message = await next_of(studio.told)
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
    files, who, how, keep = await next_of(studio.told)
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
