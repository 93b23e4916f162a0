"""What a member can press, choose and fill in, with a bot that has some of everything."""

import asyncio
import io
from collections.abc import AsyncIterator

import discord
import discord.gateway
import discord.http
import pytest
from discord import app_commands, ui
from PIL import Image
from playwright.async_api import Browser, Page, expect
from yarl import URL

from sandbox.discord import DiscordServer
from tests.browser.conftest import bot_is_online, opened
from tests.conditions import soon

Interaction = discord.Interaction[discord.Client]


class Change(ui.Modal, title="Change the picture"):
    prompt: ui.TextInput["Change"] = ui.TextInput(label="Prompt", default="a fox", max_length=100)
    style: ui.Label["Change"] = ui.Label(
        text="Style", component=ui.Select(options=[discord.SelectOption(label=x) for x in ("Oil", "Ink")])
    )

    async def on_submit(self, interaction: Interaction) -> None:
        assert isinstance(self.style.component, ui.Select)
        await interaction.response.send_message(f"{self.prompt.value} in {self.style.component.values[0]}")


class Everything(ui.LayoutView):
    row: ui.ActionRow["Everything"] = ui.ActionRow()
    colours: ui.ActionRow["Everything"] = ui.ActionRow()

    def __init__(self) -> None:
        super().__init__(timeout=None)
        picture = discord.MediaGalleryItem("attachment://a.png", description="an orange field", spoiler=True)
        container = ui.Container["Everything"](ui.TextDisplay("### In a container"), accent_colour=0x3BA55D)
        container.add_item(ui.MediaGallery(picture)).add_item(ui.Separator())
        self.add_item(container)

    @row.button(label="Change", style=discord.ButtonStyle.primary)
    async def change(self, interaction: Interaction, _button: ui.Button["Everything"]) -> None:
        await interaction.response.send_modal(Change())

    @row.button(label="Silent", style=discord.ButtonStyle.danger)
    async def silent(self, _interaction: Interaction, _button: ui.Button["Everything"]) -> None:
        """Never answers."""

    @colours.select(
        placeholder="Colours",
        min_values=2,
        max_values=2,
        options=[discord.SelectOption(label=x) for x in ("Red", "Green", "Blue")],
    )
    async def choose(self, interaction: Interaction, select: ui.Select["Everything"]) -> None:
        await interaction.response.send_message(f"chose {', '.join(select.values)}", ephemeral=True)


@app_commands.command(description="Shows some of everything")
async def show(interaction: Interaction) -> None:
    content = io.BytesIO()
    Image.new("RGB", (300, 200), (220, 120, 40)).save(content, "PNG")
    content.seek(0)
    await interaction.response.send_message(view=Everything(), file=discord.File(content, "a.png"))


@app_commands.command(description="Finds a picture")
async def find(interaction: Interaction, title: str, private: bool, whose: discord.User) -> None:
    await interaction.response.defer(thinking=True)
    await interaction.followup.send(f"{title} {private} {whose.id}")


@find.autocomplete("title")
async def titles(_interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=f"{typed} no. {number}", value=f"id-{number}") for number in (1, 2)]


class Guest(discord.Client):
    async def setup_hook(self) -> None:
        tree = app_commands.CommandTree(self)
        tree.add_command(show)
        tree.add_command(find)
        await tree.sync()


@pytest.fixture
async def guest(discord_server: DiscordServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(discord.http.Route, "BASE", discord_server.api_base)
    gateway = URL(discord_server.gateway_url)
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
    async with Guest(intents=discord.Intents(guilds=True)) as client:
        running = asyncio.create_task(client.start(discord_server.token))
        yield
        await client.close()
        await soon(running)


@pytest.fixture
async def page(guest: None, discord_server: DiscordServer, browser: Browser) -> AsyncIterator[Page]:
    async with opened(browser, discord_server.url) as page:
        await bot_is_online(page)
        yield page


async def use(page: Page, command: str) -> None:
    await page.get_by_label("Message #paintings").fill(command)
    # Closes the list of commands, where Enter would pick one.
    await page.keyboard.press("Escape")
    await page.keyboard.press("Enter")


async def test_a_modal_is_filled_in(page: Page) -> None:
    await use(page, "/show")
    opener = page.get_by_role("button", name="Change")
    await opener.press("Enter")
    modal = page.get_by_role("dialog", name="Change the picture")
    await expect(modal.get_by_label("Prompt")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(modal).to_be_hidden()
    await expect(opener).to_be_focused()

    await opener.press("Enter")
    await modal.get_by_label("Prompt").fill("")
    await modal.get_by_role("button", name="Submit").click()
    await expect(modal.get_by_text("This field is required")).to_be_visible()
    await modal.get_by_label("Prompt").fill("a hare")
    await expect(modal.get_by_text("6/100")).to_be_visible()
    await modal.get_by_role("button", name="Style").press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await modal.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("a hare in Ink")).to_be_visible()
    await expect(modal).to_be_hidden()


async def test_a_modal_fits_a_narrow_screen(page: Page) -> None:
    await use(page, "/show")
    await page.get_by_role("button", name="Change").click()
    await page.set_viewport_size({"width": 360, "height": 740})
    rows = page.get_by_role("dialog").locator(".modal-rows")
    assert await rows.evaluate("rows => rows.scrollWidth <= rows.clientWidth")
    await expect(page.get_by_role("button", name="Style")).to_be_in_viewport(ratio=1)
    await expect(page.get_by_role("button", name="Submit")).to_be_in_viewport(ratio=1)


async def test_a_button_that_is_not_answered_says_so(page: Page) -> None:
    await use(page, "/show")
    button = page.get_by_role("button", name="Silent")
    await button.click()
    await expect(button).to_have_attribute("aria-busy", "true")
    await expect(page.get_by_text("This interaction failed")).to_be_visible()
    await expect(button).not_to_have_attribute("aria-busy", "true")


async def test_a_select_sends_as_many_as_it_takes(page: Page) -> None:
    await use(page, "/show")
    await page.get_by_role("button", name="Colours").click()
    await page.get_by_role("option", name="Blue").click()
    await page.get_by_role("option", name="Red").click()
    await expect(page.get_by_role("option", name="Green")).to_be_disabled()
    await page.keyboard.press("Escape")
    reply = page.get_by_role("article").filter(has_text="chose Blue, Red")
    await expect(reply).to_contain_text("Only you can see this")
    await reply.get_by_role("button", name="Dismiss message").click()
    await expect(reply).to_have_count(0)


async def test_a_spoilered_picture_opens_in_two_steps(page: Page) -> None:
    await use(page, "/show")
    message = page.get_by_role("article")
    await expect(message.get_by_role("heading", name="In a container")).to_be_visible()
    await message.get_by_role("button", name="Spoiler").click()
    await message.get_by_role("button", name="Show alt text").click()
    await expect(page.get_by_role("note")).to_contain_text("an orange field")
    await page.keyboard.press("Escape")
    await message.get_by_role("button", name="Open picture").click()
    await expect(page.get_by_role("dialog").get_by_role("img", name="an orange field")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_the_picker_fills_in_options(page: Page) -> None:
    composer = page.get_by_label("Message #paintings")
    await composer.press_sequentially("/fi")
    await expect(page.get_by_role("option", name="/find")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(composer).to_have_value("/find title: ")
    await page.keyboard.type("Fox")
    # What the bot proposes is shown; its value is another than its name.
    await page.get_by_role("option", name="Fox no. 2").click()
    await page.keyboard.press("Tab")
    await expect(composer).to_have_value("/find title: Fox no. 2 private: ")
    # What is typed on while the same is proposed is replaced as a whole.
    await page.keyboard.type("Tr")
    await page.get_by_role("option", name="True").click()
    await page.keyboard.press("Tab")
    await page.get_by_role("option", name="@Ben").click()
    await expect(composer).to_have_value("/find title: Fox no. 2 private: True whose: @Ben ")
    await page.keyboard.press("Enter")
    ben = await page.get_by_role("radio", name="Ben").get_attribute("value")
    await expect(page.get_by_text(f"id-2 True {ben}")).to_be_visible()


async def test_reactions_are_given_and_taken_back(page: Page) -> None:
    await page.get_by_label("Message #paintings").fill("hello")
    await page.keyboard.press("Enter")
    message = page.get_by_role("article")
    await message.get_by_role("button", name="Add reaction").click()
    await page.get_by_role("button", name="inbox tray").click()
    reaction = message.get_by_role("button", name="📥, 1")
    await expect(reaction).to_have_attribute("aria-pressed", "true")
    await reaction.click()
    await expect(reaction).to_have_count(0)
