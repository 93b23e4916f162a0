"""The log keeps to its newest message for whoever has not scrolled away from it."""

from playwright.async_api import Browser, ElementHandle, Page, expect

from sandbox.discord import DiscordServer
from sandbox.welcome import PROMPTS, welcome
from tests.browser.conftest import bot_is_online, opened
from tests.house import House
from tests.member import Member, member

TALL = "\n".join("one line of many" for _ in range(60))


async def log_of(page: Page) -> ElementHandle:
    return await page.get_by_role("log").element_handle()


async def until_at_bottom(page: Page) -> None:
    at_bottom = "log => log.scrollHeight - log.scrollTop - log.clientHeight < 2"
    await page.wait_for_function(at_bottom, arg=await log_of(page))


async def scroll_up(page: Page) -> None:
    log = await log_of(page)
    await page.get_by_role("log").hover()
    await page.mouse.wheel(0, -600)
    away = "log => log.scrollHeight - log.scrollTop - log.clientHeight > 300"
    await page.wait_for_function(away, arg=log)


async def say(one: Member, page: Page, text: str) -> None:
    await one.say(text)
    await expect(page.get_by_role("article").last).to_contain_text(text[-20:])


async def test_what_grows_after_it_was_scrolled_to_is_seen_to_its_end(
    discord_server: DiscordServer, browser: Browser
) -> None:
    async with opened(browser, discord_server.url) as page, member(discord_server.url, "Ben") as ben:
        await say(ben, page, f"{TALL}\nthe first")
        await until_at_bottom(page)
        # As a picture that loads between the scrolling and its event, which says where the log was.
        await page.evaluate(
            """log => log.addEventListener("scroll", () => {
                 log.querySelector(".message:last-child").style.paddingBottom = "700px";
                 log.dataset.grown = "yes";
               }, { capture: true, once: true })""",
            await log_of(page),
        )
        await say(ben, page, f"{TALL}\nthe second")
        await expect(page.get_by_role("log")).to_have_attribute("data-grown", "yes")
        await until_at_bottom(page)
        await say(ben, page, f"{TALL}\nthe third")
        await until_at_bottom(page)
        await expect(page.locator(".jump")).to_be_hidden()


async def test_who_has_scrolled_away_stays_there_until_they_say_something(
    discord_server: DiscordServer, browser: Browser
) -> None:
    async with opened(browser, discord_server.url) as page, member(discord_server.url, "Ben") as ben:
        await say(ben, page, f"{TALL}\nthe first")
        await until_at_bottom(page)
        await scroll_up(page)
        top = await page.get_by_role("log").evaluate("log => log.scrollTop")
        await say(ben, page, f"{TALL}\nthe second")
        await expect(page.get_by_role("button", name="1 new message")).to_be_visible()
        assert await page.get_by_role("log").evaluate("log => log.scrollTop") == top
        await page.get_by_label("Message #paintings").fill("my own")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("article").last).to_contain_text("my own")
        await until_at_bottom(page)


async def test_a_first_evening_begins_with_a_click(house: House, browser: Browser) -> None:
    await house.bot()
    discord = house.servers.discord
    discord.welcome = welcome(None)
    async with opened(browser, discord.url) as page, member(discord.url, "Ben") as ben:
        await bot_is_online(page)
        beginning = page.get_by_label("To begin with")
        await expect(beginning).to_contain_text("drawn by a local stand-in")
        await say(ben, page, f"{TALL}\nthe first")
        await scroll_up(page)
        await page.get_by_label("Message #paintings").fill("half a sentence")
        await beginning.get_by_role("button", name=PROMPTS[0]).click()
        reply = page.get_by_role("article").last
        await expect(reply).to_contain_text("Ada used /imagine")
        await expect(reply).to_contain_text(PROMPTS[0])
        # It is one's own, though the bot wrote it.
        await until_at_bottom(page)
        await expect(page.get_by_label("Message #paintings")).to_have_value("half a sentence")
        for text in ("the second", "the third"):
            await say(ben, page, text)
        await expect(beginning).to_be_hidden()


async def test_on_a_phone_the_drawer_closes_after_a_choice(
    discord_server: DiscordServer, browser: Browser
) -> None:
    async with opened(browser, discord_server.url, width=390, height=844) as page:
        drawer = page.get_by_role("button", name="Servers, channels and members")
        await drawer.click()
        await page.get_by_role("radio", name="Ada").focus()
        # Who chooses by keyboard may go on.
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_role("radio", name="Ben")).to_be_checked()
        await expect(drawer).to_have_attribute("aria-expanded", "true")
        await page.get_by_text("may look and react").click()
        await expect(drawer).to_have_attribute("aria-expanded", "false")
        await expect(page.locator(".composer.refused")).to_be_visible()
