"""Files of members on the page: beside a message, in an option of a subcommand, and in a modal."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from sandbox.discord import DiscordServer
from tests.browser.conftest import bot_is_online, opened
from tests.browser.test_page import assert_fits, assert_loaded, press_until
from tests.studio import Studio, connected_studio, picture

NARROW, TALL = 360, 740


@pytest.fixture
async def studio(discord_server: DiscordServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    async with connected_studio(discord_server, monkeypatch) as client:
        yield client


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A picture whose name has a space, and a larger one."""
    found = [tmp_path / "my fox.png", tmp_path / "dog.png"]
    for path, side in zip(found, (30, 60), strict=True):
        path.write_bytes(picture(size=(side, side)).content)
    return found


def choosing(page: Page, *files: Path) -> None:
    """What the member chooses, each time they are asked."""
    page.on("filechooser", lambda chooser: chooser.set_files(files if chooser.is_multiple() else files[0]))


async def test_a_subcommand_is_filled_in_with_a_file(
    discord_server: DiscordServer, studio: Studio, browser: Browser, files: list[Path]
) -> None:
    async with opened(browser, discord_server.url) as page:
        await bot_is_online(page)
        choosing(page, *files)
        composer = page.get_by_label("Message #paintings")
        await composer.fill("/change")
        await expect(page.get_by_role("option")).to_contain_text(["/change upscale fast", "/change vary"])
        await page.keyboard.press("Enter")
        await expect(composer).to_have_value("/change upscale fast ")
        # With an option that takes a file, more than one is too many.
        await page.get_by_role("button", name="Attach files").click()
        await expect(composer).to_have_value("/change upscale fast image: my_fox.png ")
        await expect(page.get_by_text("/change upscale fast takes no more files")).to_be_visible()
        await page.get_by_role("button", name="Remove my_fox.png").click()
        await expect(composer).to_have_value("/change upscale fast ")

        await composer.fill("/change v")
        await page.keyboard.press("Enter")
        await expect(composer).to_have_value("/change vary image: ")
        await expect(page.get_by_role("option", name="Choose a file…")).to_be_visible()
        await page.keyboard.press("Enter")
        await expect(composer).to_have_value("/change vary image: my_fox.png ")
        await assert_loaded(page.get_by_role("list", name="Files").locator("img"))
        await page.keyboard.type("strength: 7 mood: sa")
        # What was filled in so far is known to the bot.
        await page.get_by_role("option", name="sa7").click()
        await page.keyboard.press("Enter")

        image, mood, strength, content = await studio.next()
        assert (image.filename, mood, strength) == ("my_fox.png", "sa7", 7)
        assert content == files[0].read_bytes()
        await expect(page.get_by_role("list", name="Files")).to_be_hidden()
        answer = page.get_by_role("article").filter(has_text="Only you can see this")
        await expect(answer).to_contain_text("used /change vary")
        # It is edited with another file, which its section and its gallery show.
        await answer.get_by_role("button", name="Make a selection").click()
        await page.get_by_role("option", name="two").click()
        await assert_loaded(answer.get_by_role("img", name="two"))


async def test_the_menu_of_a_message_and_a_modal_with_files_on_a_narrow_screen(
    discord_server: DiscordServer, studio: Studio, browser: Browser, files: list[Path]
) -> None:
    async with opened(browser, discord_server.url, width=NARROW, height=TALL) as page:
        await bot_is_online(page)
        choosing(page, *files)
        await page.get_by_role("button", name="Attach files").click()
        await expect(page.get_by_role("list", name="Files").get_by_role("listitem")).to_have_count(2)
        await assert_fits(page)
        await page.keyboard.press("Enter")
        message = page.get_by_role("article")
        await expect(message.locator(".picture img")).to_have_count(2)
        await assert_loaded(message.locator(".picture img").first)

        await message.locator(".picture img").first.click(button="right")
        await expect(page.get_by_role("menuitem", name="Apps")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("menu")).to_have_count(0)
        await press_until(page, "Shift+Tab", message.get_by_role("button", name="More"))
        for key in ("Enter", "ArrowDown", "ArrowUp", "Enter"):
            await page.keyboard.press(key)
        await expect(page.get_by_role("menuitem", name="Change this picture")).to_be_focused()
        await assert_fits(page)
        await page.keyboard.press("Enter")

        told = await studio.next()
        assert [one.width for one in told.attachments] == [30, 60]
        modal = page.get_by_role("dialog", name="Change this picture")
        await modal.get_by_role("button", name="Submit").click()
        await expect(modal.get_by_role("alert").filter(has_text="Choose")).to_have_text(
            ["Choose a file", "Choose one"]
        )
        await modal.get_by_role("button", name="Choose up to 3 files").click()
        for name in ("my fox.png", "dog.png"):
            await expect(modal.get_by_role("listitem").filter(has_text=name)).to_be_visible()
        await assert_loaded(modal.get_by_role("list", name="Chosen files").locator("img").first)
        await modal.get_by_role("button", name="Remove my fox.png").click()
        await modal.get_by_role("radio", name="Strong").check()
        await modal.get_by_role("checkbox", name="Keep").check()
        await assert_fits(page)
        await modal.get_by_role("button", name="Submit").click()
        (file,), _who, how, keep = await studio.next()
        assert (file.filename, file.width, how, keep) == ("dog.png", 60, "strong", True)
        await expect(modal).to_be_hidden()
