"""Two servers and their owners: who is looked at, who has which role, and what is chosen among them."""

import asyncio
from collections.abc import AsyncIterator

import discord
import discord.gateway
import discord.http
import pytest
from discord import app_commands, ui
from playwright.async_api import Browser, Locator, Page, Route, expect
from yarl import URL

from sandbox.discord import DiscordServer
from tests.browser.conftest import opened
from tests.browser.test_page import NARROW, TALL, press_until
from tests.conditions import soon

Interaction = discord.Interaction[discord.Client]


class Place(ui.Modal, title="Where"):
    where: ui.Label["Place"] = ui.Label(text="Channel", component=ui.ChannelSelect())
    why: ui.TextInput["Place"] = ui.TextInput(label="Why", style=discord.TextStyle.paragraph)

    async def on_submit(self, interaction: Interaction) -> None:
        assert isinstance(self.where.component, ui.ChannelSelect)
        (channel,) = self.where.component.values
        await interaction.response.send_message(f"in {channel.mention} since {self.why.value}")


class Choices(ui.LayoutView):
    roles: ui.ActionRow["Choices"] = ui.ActionRow()
    anybody: ui.ActionRow["Choices"] = ui.ActionRow()

    @roles.select(cls=ui.RoleSelect, placeholder="Roles", min_values=0, max_values=2)
    async def role(self, interaction: Interaction, select: ui.RoleSelect["Choices"]) -> None:
        await interaction.response.send_message("for " + ", ".join(one.mention for one in select.values))

    @anybody.select(cls=ui.MentionableSelect, placeholder="Anybody")
    async def who(self, interaction: Interaction, select: ui.MentionableSelect["Choices"]) -> None:
        await interaction.response.send_modal(Place())


@app_commands.command(description="Asks who may paint where")
async def rules(interaction: Interaction) -> None:
    await interaction.response.send_message(view=Choices(timeout=None))


class Guest(discord.Client):
    async def setup_hook(self) -> None:
        tree = app_commands.CommandTree(self)
        tree.add_command(rules)
        await tree.sync()

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await guild.text_channels[0].send("Thank you for having me")


@pytest.fixture
async def guest(discord_server: DiscordServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(discord.http.Route, "BASE", discord_server.api_base)
    gateway = URL(discord_server.gateway_url)
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
    async with Guest(intents=discord.Intents(guilds=True)) as client:
        running = asyncio.create_task(client.start(discord_server.token))
        await client.wait_for("ready")
        yield
        await client.close()
        await soon(running)


async def choose(page: Page, select: Locator, option: str) -> None:
    """By keyboard alone."""
    await select.press("ArrowDown")
    target = page.get_by_role("option", name=option)
    rows = page.get_by_role("option")
    for _ in range(await rows.count()):
        if "active" in (await target.get_attribute("class") or ""):
            break
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")


async def test_the_owner_of_a_second_server_invites_the_bot_and_gives_a_role(
    guest: None, discord_server: DiscordServer, browser: Browser
) -> None:
    async with opened(browser, discord_server.url, width=NARROW, height=TALL) as page:
        drawer = page.get_by_role("button", name="Channels and members")
        await drawer.click()
        await page.get_by_role("link", name="The Annex").click()
        await expect(page.get_by_text("Tigerbrush is not in this server yet")).to_be_visible()
        await drawer.click()
        await expect(page.get_by_role("radio", name="Dora")).to_be_checked()
        await press_until(page, "Tab", page.get_by_role("button", name="Add Tigerbrush to The Annex"))
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="Remove Tigerbrush")).to_be_visible()
        await expect(page.get_by_text("Thank you for having me")).to_be_attached()

        roles = page.get_by_role("button", name="Roles of Ben")
        await press_until(page, "Shift+Tab", roles)
        await page.keyboard.press("Enter")
        await page.get_by_role("menuitem", name="Give Curators").press("Enter")
        ben = page.locator(".member", has_text="Ben")
        await expect(ben.get_by_role("listitem")).to_have_text(["Curators"])
        await roles.click()
        await page.get_by_role("menuitem", name="Take Curators").click()
        await expect(ben.get_by_role("listitem")).to_have_count(0)

        # A member who manages nothing has none of these.
        await ben.click()
        await drawer.click()
        await expect(page.get_by_role("radio", name="Ben")).to_be_checked()
        await expect(page.get_by_role("button", name="Roles of Ben")).to_have_count(0)
        await expect(page.get_by_role("button", name="Remove Tigerbrush")).to_have_count(0)


async def test_roles_members_and_channels_are_chosen_by_keyboard(
    guest: None, discord_server: DiscordServer, browser: Browser
) -> None:
    async with opened(browser, discord_server.url) as page:
        await page.get_by_label("Message #paintings").fill("/rules")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Enter")
        await choose(page, page.get_by_role("button", name="Roles", exact=True), "Patrons")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("article").filter(has_text="for @Patrons")).to_be_visible()
        await choose(page, page.get_by_role("button", name="Anybody"), "Ben")
        modal = page.get_by_role("dialog", name="Where")
        await choose(page, modal.get_by_role("button", name="Channel"), "announcements")
        await modal.get_by_label("Why").fill("today")
        await modal.get_by_role("button", name="Submit").click()
        await expect(
            page.get_by_role("article").filter(has_text="in #announcements since today")
        ).to_be_visible()


async def test_until_it_is_open_for_another_member_nothing_is_done_as_the_former(
    guest: None, discord_server: DiscordServer, browser: Browser
) -> None:
    async with opened(browser, discord_server.url) as page:
        box = page.get_by_label("Message #paintings")
        await box.fill("from Ada")
        await page.keyboard.press("Enter")
        said = page.get_by_role("article").filter(has_text="from Ada")
        await expect(said).to_be_visible()
        released = asyncio.Event()

        async def wait(route: Route) -> None:
            await released.wait()
            await route.continue_()

        await page.route("**/events", wait)
        await page.locator(".member", has_text="Ben").click()
        await expect(box).to_be_disabled()
        await expect(said).to_be_visible()
        await expect(page.get_by_role("log")).to_have_js_property("inert", True)
        released.set()
        await box.fill("from Ben")
        await page.keyboard.press("Enter")
        author = page.get_by_role("article").filter(has_text="from Ben").locator(".author")
        await expect(author).to_have_text("Ben")
        await expect(page.get_by_role("log")).to_have_js_property("inert", False)
