"""The page, used as a member would, with the whole house behind it."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Dialog, Locator, Page, expect

from bot.emoji.signs import Signs
from sandbox.discord import DiscordServer
from tests.browser.conftest import bot_is_online, opened
from tests.conditions import until
from tests.house import House

NARROW, TALL = 360, 740
PRESSES_MAX = 30


@contextmanager
def no_dialogs(page: Page) -> Iterator[None]:
    """An `alert` would open one."""
    dialogs: list[Dialog] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog))
    yield
    assert dialogs == []


async def assert_loaded(picture: Locator) -> None:
    await expect(picture).to_have_js_property("complete", True)
    assert await picture.evaluate("image => image.naturalWidth") > 0


async def assert_fits(page: Page) -> None:
    """Nothing is wider than the window, not even where it would be cut off."""
    for selector in ("html", ".log", ".composer"):
        inner, outer = await page.locator(selector).evaluate("e => [e.scrollWidth, e.clientWidth]")
        assert inner <= outer <= NARROW, selector


async def press_until(page: Page, key: str, target: Locator) -> None:
    for _ in range(PRESSES_MAX):
        if await target.evaluate("element => element === document.activeElement"):
            return
        await page.keyboard.press(key)
    raise AssertionError(f"{PRESSES_MAX} times {key} did not lead to {target}")


async def until_signs_move(house: House) -> None:
    """Until then the cards have the plain ones."""

    async def emoji() -> int:
        return len(house.servers.discord.world.emoji)

    await until(emoji, lambda count: count == len(fields(Signs)))


async def test_a_typed_command_becomes_a_picture(house: House, browser: Browser) -> None:
    await house.bot()
    async with opened(browser, house.servers.discord.url) as page:
        await bot_is_online(page)
        await until_signs_move(house)
        await expect(page.get_by_text("Type /imagine a red fox in the snow")).to_be_visible()
        await page.get_by_label("Message #paintings").press_sequentially("/imagine a red fox in the snow")
        await page.keyboard.press("Enter")

        message = page.get_by_role("article")
        await expect(message).to_contain_text("in line")
        await assert_loaded(message.get_by_role("img", name=":tigerbrush_waiting"))
        await expect(message).to_contain_text("Ada used /imagine")
        # So that the spinner stays for long enough to be seen.
        house.servers.stability.latency_seconds = 2
        await house.worker()
        await expect(message).to_contain_text("Painting")
        picture = message.get_by_role("img", name="a red fox in the snow")
        await expect(picture).to_be_visible()
        await assert_loaded(picture)
        # It fills its card, but for the padding; asked at once, as the card may be drawn anew in between.
        beside = "one => one.closest('.container').clientWidth - one.clientWidth"
        assert await picture.evaluate(beside) == 32

        url = await message.get_by_role("link", name="Full size").get_attribute("href")
        assert url is not None
        response = await page.request.get(url)
        original = Image.open(io.BytesIO(await response.body()))
        assert (original.format, original.size) == ("PNG", (1024, 1024))


async def test_it_can_be_done_by_keyboard_on_a_narrow_screen(house: House, browser: Browser) -> None:
    await house.bot()
    await house.worker()
    async with opened(browser, house.servers.discord.url, width=NARROW, height=TALL) as page:
        await bot_is_online(page)
        composer = page.get_by_label("Message #paintings")
        await press_until(page, "Tab", composer)
        await page.keyboard.type("/im")
        await expect(page.get_by_role("option", name="/imagine")).to_be_visible()
        await assert_fits(page)
        await page.keyboard.press("Tab")
        await expect(composer).to_have_value("/imagine prompt: ")
        await page.keyboard.type("a lighthouse at night")
        # The options below: prompt is filled, width comes next.
        for key in ("ArrowDown", "ArrowDown", "Enter"):
            await page.keyboard.press(key)
        await page.keyboard.type("1024 height: 768")
        await assert_fits(page)
        await page.keyboard.press("Enter")

        link = page.get_by_role("link", name="Full size")
        await expect(link).to_be_visible()
        await assert_loaded(page.get_by_role("img", name="a lighthouse at night"))
        await assert_fits(page)
        await press_until(page, "Shift+Tab", link)
        async with page.expect_popup() as popup:
            await page.keyboard.press("Enter")
        await (await popup.value).close()

        menu = page.get_by_role("button", name="Channels and members")
        await press_until(page, "Shift+Tab", menu)
        await page.keyboard.press("Enter")
        await press_until(page, "Tab", page.get_by_role("link", name="Tigerbrush"))
        await assert_fits(page)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Tigerbrush").first).to_be_visible()
        await expect(page.get_by_role("link", name="Tigerbrush")).to_be_hidden()


async def test_a_prompt_is_text_and_nothing_else(house: House, browser: Browser) -> None:
    await house.bot()
    nasty = "<img src=x onerror=alert(1)> **bold** [x](javascript:alert(1)) <script>alert(1)</script>"
    async with opened(browser, house.servers.discord.url) as page:
        await bot_is_online(page)
        with no_dialogs(page):
            for text in (f"/imagine {nasty}", nasty):
                await page.get_by_label("Message #paintings").fill(text)
                await page.keyboard.press("Enter")
            replied = page.get_by_role("article").filter(has_text="Ada used /imagine")
            said = page.get_by_role("article").filter(has_not_text="Ada used /imagine")
            # The bot shows it as it was typed; what a member says has its markdown.
            await expect(replied.get_by_role("blockquote")).to_have_text(nasty)
            await expect(said.locator(".markdown")).to_have_text(nasty.replace("**", ""))
            await expect(page.get_by_role("article").locator("img:not(.emoji), script, a")).to_have_count(0)


async def test_who_has_no_rights_is_told_so(house: House, browser: Browser) -> None:
    await house.bot()
    async with opened(browser, house.servers.discord.url) as page:
        await bot_is_online(page)
        await page.get_by_text("may look and react").click()
        reason = "You do not have permission to send messages or use commands in #paintings."
        refusal = page.get_by_label(reason)
        await expect(refusal).to_be_visible()
        await expect(refusal).to_be_disabled()
        await expect(page.get_by_role("button", name="Send")).to_be_hidden()
        # The address keeps who and where it is.
        await page.reload()
        await expect(refusal).to_be_disabled()
        # In direct messages nobody takes these rights away.
        await page.get_by_role("link", name="Tigerbrush").click()
        await expect(page.get_by_label("Message @Tigerbrush")).to_be_enabled()


async def test_what_cannot_be_sent_is_said_before_it_is(house: House, browser: Browser) -> None:
    await house.bot()
    async with opened(browser, house.servers.discord.url) as page:
        await bot_is_online(page)
        composer = page.get_by_label("Message #paintings")
        for text, problem in {
            "/imagine": "prompt is required",
            "/imagine prompt: ": "prompt needs a value",
            "/imagine a fox width: 1537": "width must be at most 1536",
            "/imagine prompt: a fox height: 255": "height must be at least 256",
            "/imagine a fox width: wide": "width must be a whole number",
            f"/imagine {'x' * 2001}": "prompt must have at most 2000 characters",
            "/paint a fox": "There is no command /paint",
        }.items():
            await composer.fill(text)
            # Otherwise Enter would first pick the command from the list.
            await page.keyboard.press("Escape")
            await page.keyboard.press("Enter")
            await expect(page.locator(".composer-note")).to_have_text(problem)
            await expect(composer).to_have_value(text)
        await expect(page.get_by_role("article")).to_have_count(0)


async def test_it_comes_back_with_the_server(
    discord_server: DiscordServer, browser: Browser, tmp_path: Path
) -> None:
    async with opened(browser, discord_server.url) as page:
        await page.get_by_label("Message #paintings").fill("before")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("article")).to_contain_text("before")
        await discord_server.stop()
        await expect(page.get_by_text("The server is away.")).to_be_visible()

        again = DiscordServer(tmp_path)
        (channel,) = (one for one in again.world.channels.values() if one.name == "paintings")
        again.world.messages[channel.id].clear()
        await again.start(port=int(discord_server.url.rsplit(":", 1)[1]))
        await expect(page.get_by_text("The server is away.")).to_be_hidden()
        # What changed in the meantime is seen.
        await expect(page.get_by_role("article")).to_have_count(0)
        await again.stop()


async def test_a_long_press_opens_the_menu_though_it_selects_a_word(
    discord_server: DiscordServer, browser: Browser
) -> None:
    async with opened(browser, discord_server.url) as page:
        await page.get_by_label("Message #paintings").fill("a word")
        await page.keyboard.press("Enter")
        words = page.get_by_role("article").get_by_text("a word")
        await words.evaluate("element => getSelection().selectAllChildren(element)")
        asked = {"bubbles": True, "cancelable": True}
        press = "(element, more) => element.dispatchEvent(new PointerEvent('contextmenu', more))"
        # What was selected by a mouse is the browser's matter.
        assert await words.evaluate(press, {**asked, "pointerType": "mouse"})
        await expect(page.get_by_role("menu")).to_have_count(0)
        assert not await words.evaluate(press, {**asked, "pointerType": "touch"})
        await expect(page.get_by_role("menuitem", name="Apps")).to_be_visible()
