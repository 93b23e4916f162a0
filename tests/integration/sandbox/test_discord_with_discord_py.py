"""The local Discord in front of the unmodified discord.py client, as the bot uses it."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
from discord import app_commands
from yarl import URL

from sandbox.discord import DiscordServer, Exchange
from tests.conditions import soon
from tests.integration.sandbox.conftest import BOUND_SECONDS, Bot, Person

INTENTS = discord.Intents(guilds=True, guild_reactions=True, dm_reactions=True)


class Settings(discord.ui.Modal, title="Settings"):
    seed: discord.ui.TextInput["Settings"] = discord.ui.TextInput(label="Seed", max_length=3)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"Seed {self.seed.value}", ephemeral=True)


class Buttons(discord.ui.View):
    @discord.ui.button(label="Again", custom_id="again")
    async def again(self, interaction: discord.Interaction, _button: discord.ui.Button["Buttons"]) -> None:
        await interaction.response.edit_message(content="Once more", view=self)

    @discord.ui.button(label="Settings", custom_id="settings")
    async def settings(self, interaction: discord.Interaction, _button: discord.ui.Button["Buttons"]) -> None:
        await interaction.response.send_modal(Settings(custom_id="settings"))


class Painter(discord.Client):
    """`events` names what it was told; `reactions` holds the emojis."""

    def __init__(self, **options: Any) -> None:
        # How long it waits for another server after each.
        super().__init__(intents=INTENTS, guild_ready_timeout=0.05, **options)
        self.tree = app_commands.CommandTree(self)
        self.tree.add_command(paint)
        self.events: asyncio.Queue[str] = asyncio.Queue()
        self.reactions: asyncio.Queue[str] = asyncio.Queue()

    async def setup_hook(self) -> None:
        self.add_view(Buttons(timeout=None))
        await self.tree.sync()

    async def on_ready(self) -> None:
        self.events.put_nowait("ready")

    async def on_resumed(self) -> None:
        self.events.put_nowait("resumed")

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        self.reactions.put_nowait(payload.emoji.name)


@app_commands.command(description="Paints a picture")
async def paint(
    interaction: discord.Interaction, prompt: app_commands.Range[str, 1, 100], mood: str | None = None
) -> None:
    await interaction.response.defer(thinking=True)
    text: discord.ui.TextDisplay[discord.ui.LayoutView] = discord.ui.TextDisplay(f"{prompt}, {mood}")
    gallery: discord.ui.MediaGallery[discord.ui.LayoutView] = discord.ui.MediaGallery(
        discord.MediaGalleryItem("attachment://fox.txt", description="A fox")
    )
    view = discord.ui.LayoutView()
    view.add_item(discord.ui.Container(text, gallery))
    file = discord.File(io.BytesIO(b"fox"), "fox.txt")
    await interaction.edit_original_response(attachments=[file], view=view)
    await interaction.followup.send("What now?", view=Buttons(timeout=None))


@paint.autocomplete("mood")
async def propose_moods(_interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=f"{current}{end}", value=f"{current}{end}") for end in ("d", "ge")]


async def next_of(queue: asyncio.Queue[str]) -> str:
    return await asyncio.wait_for(queue.get(), BOUND_SECONDS)


@pytest.fixture
async def painter(server: DiscordServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Painter]:
    monkeypatch.setattr(discord.http.Route, "BASE", server.api_base)
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", URL(server.gateway_url))
    async with Painter() as client:
        running = asyncio.create_task(client.start(server.token))
        assert await next_of(client.events) == "ready"
        yield client
        await client.close()
        await soon(running)


async def test_it_logs_in_and_knows_where_it_is(painter: Painter, bot: Bot) -> None:
    assert painter.user is not None
    assert str(painter.user.id) == bot.application_id
    (guild,) = painter.guilds
    assert (guild.name, guild.me.id) == ("The Easel", painter.user.id)
    paintings = discord.utils.get(guild.text_channels, name="paintings")
    assert paintings is not None
    assert paintings.permissions_for(guild.me).send_messages
    assert [command["name"] for command in (await bot.call("GET", bot.commands)).body] == ["paint"]


async def test_an_invitation_is_a_new_server_and_a_removal_the_end_of_it(
    painter: Painter, server: DiscordServer
) -> None:
    annex = server.guilds.named("The Annex")
    for _ in range(2):
        joined = painter.wait_for("guild_join")
        server.guilds.invite_bot(annex)
        guild = await soon(joined)
        assert (guild.name, str(guild.owner_id)) == ("The Annex", annex.owner_id)
        assert guild.me.guild_permissions.send_messages
        left = painter.wait_for("guild_remove")
        server.guilds.remove_bot(annex)
        assert (await soon(left)).id == guild.id
    joined = painter.wait_for("guild_join")
    server.guilds.invite_bot(annex)
    await (await soon(joined)).leave()
    assert server.world.bot_guild(annex.id) is None


async def test_a_wrong_token_does_not_log_in(painter: Painter) -> None:
    async with discord.Client(intents=INTENTS) as client:
        with pytest.raises(discord.LoginFailure):
            await client.login("wrong")


async def test_a_command_a_press_a_modal_and_typing(painter: Painter, ada: Person) -> None:
    focused = {"name": "mood", "type": 3, "value": "sa", "focused": True}
    typed = await ada.interact(4, {"name": "paint", "options": [focused]})
    assert [choice["value"] for choice in typed.body["choices"]] == ["sad", "sage"]

    await ada.use(prompt="a fox", mood="sad")
    asked = await ada.told("MESSAGE_CREATE", content="What now?")
    painted, _ = await ada.history()
    text, gallery = painted["components"][0]["components"]
    assert (text["content"], gallery["items"][0]["description"]) == ("a fox, sad", "A fox")

    await ada.press(asked, "again")
    assert (await ada.told("MESSAGE_UPDATE", id=asked["id"]))["content"] == "Once more"

    await ada.press(asked, "settings")
    opened = await ada.told("INTERACTION_MODAL_CREATE")
    (holder,) = opened["components"]
    field = (holder.get("components") or [holder.get("component")])[0]
    filled = [{"type": 1, "components": [{**field, "value": "7"}]}]
    await ada.interact(5, {"custom_id": opened["custom_id"], "components": filled})
    assert (await ada.told("MESSAGE_CREATE", content="Seed 7"))["flags"] == 64


async def test_it_posts_edits_and_reads_messages_with_its_own_token(painter: Painter, ben: Person) -> None:
    assert painter.user is not None
    channel = painter.get_partial_messageable(int(ben.paintings.split("/")[-1]))
    message = await channel.send("A fox", file=discord.File(io.BytesIO(b"fox"), "fox.txt"))
    partial = channel.get_partial_message(message.id)
    edited = await partial.edit(content="Two foxes", attachments=message.attachments)
    assert [attachment.filename for attachment in edited.attachments] == ["fox.txt"]
    assert await edited.attachments[0].read() == b"fox"
    assert [one.content async for one in channel.history()] == ["Two foxes"]
    user = await painter.fetch_user(int(ben.id))
    private = await user.send(embed=discord.Embed(title="Done").set_footer(text="7"))
    assert (await ben.told("MESSAGE_CREATE", id=str(private.id)))["embeds"][0]["title"] == "Done"
    await partial.delete()
    with pytest.raises(discord.NotFound) as refused:
        await partial.fetch()
    assert refused.value.code == 10008


async def test_it_resumes_and_is_told_what_it_missed(painter: Painter, bot: Bot, ben: Person) -> None:
    path = f"{ben.paintings}/messages/{(await ben.say())['id']}/reactions"
    await bot.fault("drop_events", times=1)
    await ben.call("PUT", f"{path}/🦊")
    await bot.fault("disconnect")
    assert await next_of(painter.events) == "resumed"
    await ben.call("PUT", f"{path}/🐻")
    assert [await next_of(painter.reactions) for _ in range(2)] == ["🦊", "🐻"]


async def test_it_resumes_when_it_is_told_to_connect_again(painter: Painter, bot: Bot) -> None:
    await bot.fault("reconnect")
    assert await next_of(painter.events) == "resumed"


async def test_it_waits_for_its_limits_by_itself(
    painter: Painter, ben: Person, exchanges: list[Exchange]
) -> None:
    """One reaction in a quarter of a second is what is allowed."""
    message = await ben.say()
    channel = painter.get_partial_messageable(int(message["channel_id"]))
    partial = channel.get_partial_message(int(message["id"]))
    for emoji in "🦊🐻🦉":
        await partial.add_reaction(emoji)
    statuses = [exchange.status for exchange in exchanges if "reactions" in exchange.path]
    assert [status for status in statuses if status != 429] == [204, 204, 204]
    assert [await next_of(painter.reactions) for _ in range(3)] == list("🦊🐻🦉")


async def test_it_tries_again_what_was_refused_for_a_limit(
    painter: Painter, bot: Bot, ben: Person, exchanges: list[Exchange]
) -> None:
    await bot.fault("rest", status=429, times=2, path="/messages", retry_after=0.05)
    channel = painter.get_partial_messageable(int(ben.paintings.split("/")[-1]))
    await channel.send("A fox")
    assert [e.status for e in exchanges if e.path.endswith("/messages")] == [429, 429, 200]
    assert [message["content"] for message in await ben.history()] == ["A fox"]


async def test_a_heart_that_beats_keeps_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    server = DiscordServer(heartbeat_interval_seconds=0.6)
    await server.start()
    monkeypatch.setattr(discord.http.Route, "BASE", server.api_base)
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", URL(server.gateway_url))
    beats: asyncio.Queue[str] = asyncio.Queue()
    async with Painter(enable_debug_events=True) as client:

        @client.event
        async def on_socket_raw_receive(text: str) -> None:
            if '"op":11' in text:
                beats.put_nowait(text)

        running = asyncio.create_task(client.start(server.token))
        assert await next_of(client.events) == "ready"
        for _ in range(3):
            await next_of(beats)
        assert client.events.empty()
        await client.close()
        await soon(running)
    await server.stop()
