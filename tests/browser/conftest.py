"""A real browser that looks at the page."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Error, Page, Playwright, async_playwright, expect

from sandbox.discord import DiscordServer

WAIT_MILLISECONDS = 20_000

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = [
    # Root, as in a container, has no sandbox to use.
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


async def launch(playwright: Playwright) -> Browser:
    installed = next((path for name in _NAMES if (path := shutil.which(name))), None)
    try:
        return await playwright.chromium.launch(executable_path=installed, args=_ARGUMENTS)
    except Error as error:
        if installed or "Executable doesn't exist" not in error.message or os.environ.get("CI"):
            raise
        pytest.skip("no Chromium is installed; `make browser` installs one")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=WAIT_MILLISECONDS)
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        yield browser
        await browser.close()


@asynccontextmanager
async def opened(browser: Browser, url: str, *, width: int = 1280, height: int = 800) -> AsyncIterator[Page]:
    """The page, once it shows a channel. A script's error is a failure of the test."""
    context = await browser.new_context(viewport={"width": width, "height": height}, locale="en-US")
    page = await context.new_page()
    page.set_default_timeout(WAIT_MILLISECONDS)
    errors: list[Error] = []
    page.on("pageerror", lambda error: errors.append(error))
    await page.goto(url)
    await expect(page.get_by_role("log")).not_to_have_attribute("aria-busy", "true")
    await expect(page.locator(".intro, .message").first).to_be_visible()
    yield page
    await context.close()
    assert errors == []


async def bot_is_online(page: Page) -> None:
    await expect(page.get_by_text("Tigerbrush is online")).to_be_visible()


@pytest.fixture
async def discord_server(tmp_path: Path) -> AsyncIterator[DiscordServer]:
    """The local Discord alone, without a bot."""
    server = DiscordServer(tmp_path)
    await server.start()
    yield server
    await server.stop()
