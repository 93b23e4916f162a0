"""A bot that works on pictures of members: subcommands with files, a command on messages, a modal with all fields."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord
import pytest
from discord import app_commands
from PIL import Image
from yarl import URL

from sandbox.discord import DiscordServer
from tests.member import File

BOUND_SECONDS = 30.0
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
        select.callback = self.chosen  # type: ignore[method-assign] # as discord.py would have it
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

    async def next(self) -> Any:
        return await asyncio.wait_for(self.told.get(), BOUND_SECONDS)

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


@asynccontextmanager
async def connected_studio(server: DiscordServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    """The bot, as soon as it is connected."""
    monkeypatch.setattr(discord.http.Route, "BASE", server.api_base)
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", URL(server.gateway_url))
    async with Studio() as client:
        running = asyncio.create_task(client.start(server.token))
        await asyncio.wait_for(client.connected.wait(), BOUND_SECONDS)
        yield client
        await client.close()
        await running
