"""A second server is let in, gives a role its own allowance, and a member meets it: all in the page."""

import re

from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.conftest import bot_is_online, opened
from tests.browser.test_changes import choose
from tests.house import House

FOX = "/imagine prompt: a fox width: 256 height: 256"


async def say(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Message #sketches")
    await box.fill(text)
    await page.keyboard.press("Enter")


async def act_as(page: Page, name: str) -> None:
    await page.locator(".member", has_text=name).click()
    await expect(page.get_by_role("radio", name=name)).to_be_checked()


def shown(page: Page, text: str) -> Locator:
    return page.get_by_role("article").filter(has_text=text)


async def test_a_second_server_is_let_in_and_a_role_s_limit_is_met(house: House, browser: Browser) -> None:
    await house.bot()
    async with opened(browser, house.servers.discord.url) as page:
        await bot_is_online(page)
        annex, easel = (page.get_by_role("link", name=name) for name in ("The Annex", "The Easel"))
        await annex.click()
        await page.get_by_role("button", name="Add Tigerbrush to The Annex").click()
        await expect(page.get_by_role("button", name="Remove Tigerbrush")).to_be_visible()
        await say(page, FOX)
        await expect(shown(page, "has not let this server in yet, and has been asked")).to_be_visible()

        await easel.click()
        await expect(page.get_by_role("textbox", name="Message #paintings")).to_be_enabled()
        await page.get_by_role("link", name=re.compile("^Tigerbrush")).click()
        await shown(page, "Is this server let in?").get_by_role("button", name="Allow").click()
        await expect(shown(page, "It is let in")).to_be_visible()

        await annex.click()
        await page.get_by_role("textbox", name="Message #sketches").fill("/settings")
        proposal = page.get_by_role("option", name=re.compile("settings"))
        await expect(proposal).to_be_visible()
        await page.keyboard.press("Enter")
        await expect(proposal).to_have_count(0)
        await page.keyboard.press("Enter")
        panel = shown(page, "Only you can see this").last
        await panel.get_by_role("button", name="Who and how much").click()
        await expect(panel).to_contain_text("Everybody else")
        await choose(page, panel, "Guests")
        await panel.get_by_role("button", name="✏️ Change", exact=True).click()
        form = page.get_by_role("dialog")
        await form.get_by_label("Credits a day").fill("4")
        await form.get_by_role("button", name="Submit").click()
        await expect(panel).to_contain_text("Saved:")
        await expect(panel).to_contain_text("4 credits a day")

        await act_as(page, "Cleo")
        await say(page, FOX)
        await expect(shown(page, "in line")).to_be_visible()
        await say(page, FOX)
        refused = shown(page, "In this server you have used 3 of 4 credits today, and this costs 3.")
        await expect(refused).to_contain_text("Whoever manages this server set that")
