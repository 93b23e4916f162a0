"""Several pictures, the panel of one, and a verb whose form takes a file, in the page."""

import re
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.conftest import bot_is_online, opened
from tests.browser.test_page import assert_loaded
from tests.house import House
from tests.studio import picture


async def choose(page: Page, message: Locator, option: str) -> None:
    await message.locator("button.select").click()
    await page.get_by_role("option", name=re.compile(option)).first.click()


async def test_one_of_a_mosaic_is_opened_and_changed_with_a_file_of_a_form(
    house: House, browser: Browser, tmp_path: Path
) -> None:
    reference = tmp_path / "waves.png"
    reference.write_bytes(picture(size=(256, 256)).content)
    await house.bot()
    async with opened(browser, house.servers.discord.url) as page:
        await bot_is_online(page)
        page.on("filechooser", lambda chooser: chooser.set_files(reference))
        await page.get_by_label("Message #paintings").fill(
            "/imagine prompt: a red fox width: 256 height: 256 count: 3"
        )
        await page.keyboard.press("Enter")
        mosaic = page.get_by_role("article")
        await expect(mosaic).to_contain_text("in line")
        await house.worker()
        for name in ("1", "2", "3"):
            await expect(mosaic.get_by_role("link", name=name, exact=True)).to_be_visible()
        pictures = mosaic.get_by_role("img", name="a red fox")
        await expect(pictures).to_have_count(3)
        await assert_loaded(pictures.last)

        await choose(page, mosaic, "^2")
        panel = page.get_by_role("article").filter(has_text="Only you can see this")
        await assert_loaded(panel.get_by_role("img", name="a red fox"))
        await choose(page, panel, "Another style")
        form = page.get_by_role("dialog", name="Another style · 8 credits")
        await form.get_by_role("button", name="Second picture").click()
        await expect(form.get_by_role("list", name="Chosen files")).to_contain_text("waves.png")
        await form.get_by_role("button", name="Submit").click()
        await expect(form).to_have_count(0)
        made = page.get_by_role("article").filter(has_text="with the style of another picture")
        await assert_loaded(made.get_by_role("img", name="a red fox"))

        await made.locator("[data-custom-id^='picture:more']").click()
        opened_again = page.get_by_role("article").filter(has_text="From “a red fox”")
        await expect(opened_again).to_contain_text("From a picture that was handed in")
        await opened_again.locator("[data-custom-id^='picture:open']").click()
        await expect(panel).to_have_count(3)
