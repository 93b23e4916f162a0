"""What members do with their pictures, in the page."""

from playwright.async_api import Browser, expect

from tests.browser.conftest import bot_is_online, opened
from tests.house import House


async def test_gallery_modal_and_download(house: House, browser: Browser) -> None:
    await house.bot()
    await house.worker()
    async with opened(browser, house.servers.discord.url) as page:
        await bot_is_online(page)
        composer = page.get_by_label("Message #paintings")
        await composer.fill("/imagine prompt: a red fox width: 256 height: 256")
        await page.keyboard.press("Enter")
        first = page.get_by_role("article").filter(has=page.get_by_role("link", name="Full size"))
        await expect(first).to_have_count(1)

        await first.get_by_role("button", name="Edit").click()
        modal = page.get_by_role("dialog", name="Paint it differently")
        prompt = modal.get_by_label("What the picture should show")
        await expect(prompt).to_have_value("a red fox")
        await prompt.fill("a badger")
        await modal.get_by_role("button", name="Submit").click()
        await expect(modal).to_have_count(0)
        await expect(page.get_by_role("img", name="a badger")).to_be_visible()

        await composer.fill("/gallery page_size: 1")
        await page.keyboard.press("Enter")
        pages = page.get_by_role("article").filter(has_text="Pictures of")
        await expect(pages).to_contain_text("a badger")
        await pages.get_by_role("button", name="Next").click()
        await expect(pages).to_contain_text("a red fox")
        await expect(pages.get_by_role("img", name="a red fox")).to_be_visible()

        await first.first.get_by_role("button", name="📥").click()
        await page.get_by_role("link", name="Tigerbrush").click()
        sent = page.get_by_role("article").filter(has_text="Here is your picture")
        await expect(sent.get_by_role("link", name="Download").first).to_be_visible()
