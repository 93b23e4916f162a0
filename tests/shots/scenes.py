"""What is done in the page while it is looked at."""

import asyncio
import io
import re
from pathlib import Path

from PIL import Image
from playwright.async_api import Locator, Page, expect

from tests.shots.film import Film

PROMPT = "mountains by the sea at sunset"
_KEY_MILLISECONDS = 35
_LOOK_SECONDS = 1.0
"""As long as whoever watches needs to see what is there."""

_POINTER = """
() => {
  const arrow = document.createElement("div");
  Object.assign(arrow.style, {
    width: "24px", height: "26px", background: "white",
    clipPath: "polygon(0 0, 0 75%, 21% 58%, 36% 92%, 50% 85%, 36% 53%, 65% 53%)",
  });
  const pointer = document.createElement("div");
  pointer.setAttribute("aria-hidden", "true");
  Object.assign(pointer.style, {
    position: "fixed", zIndex: 1000, pointerEvents: "none", filter: "drop-shadow(0 1px 2px black)", left: "95%",
    top: "70%", transition: "left .3s, top .3s",
  });
  pointer.append(arrow);
  document.body.append(pointer);
  addEventListener("mousemove", (event) => {
    pointer.style.left = `${event.clientX}px`;
    pointer.style.top = `${event.clientY}px`;
  });
}
"""


async def asked_and_varied(page: Page, file: Path) -> None:
    """A picture is asked for, waited for and varied."""
    await opened(page)
    await page.evaluate(_POINTER)
    film = Film()
    async with film.of(page):
        await page.get_by_role("textbox", name=re.compile("Message")).click()
        await asyncio.sleep(_LOOK_SECONDS)
        await page.keyboard.type("/im", delay=_KEY_MILLISECONDS * 2)
        await expect(page.get_by_role("option", name=re.compile("imagine"))).to_be_visible()
        await page.keyboard.press("Enter")
        await page.keyboard.type(f"{PROMPT} shape: w", delay=_KEY_MILLISECONDS)
        wide = page.get_by_role("option", name=re.compile("Wide"))
        await expect(wide).to_be_visible()
        await wide.click()
        # Where it covers nothing.
        await page.mouse.move(560, 120)
        await page.keyboard.press("Enter")
        first = await finished(page, 1)
        await asyncio.sleep(_LOOK_SECONDS)
        vary = first.get_by_role("button", name="Vary")
        await vary.hover()
        await asyncio.sleep(_LOOK_SECONDS / 2)
        await vary.click()
        strong = page.get_by_role("button", name=re.compile("Strong"))
        await strong.hover()
        await asyncio.sleep(_LOOK_SECONDS)
        await strong.click()
        await finished(page, 2)
        await asyncio.sleep(_LOOK_SECONDS)
    film.save(file)


async def panel(page: Page, file: Path) -> None:
    """What More opens."""
    await opened(page)
    await page.locator("[data-custom-id^='picture:more']").last.click()
    shown = articles(page).filter(has_text="Only you can see this").last
    await expect(shown.get_by_role("button", name="Favourite")).to_be_visible()
    await still(page, shown, file)


async def gallery(page: Page, file: Path) -> None:
    await opened(page)
    await say(page, "/gallery")
    shown = articles(page).last
    await expect(shown).to_contain_text("Pictures of")
    await still(page, shown, file)


async def settings(page: Page, file: Path) -> None:
    """Two roles are given what they may use, and the page then says so."""
    await opened(page)
    await say(page, "/settings")
    shown = articles(page).filter(has_text="Only you can see this").last
    await shown.get_by_role("button", name="Who and how much").click()
    await expect(shown).to_contain_text("Everybody else")
    for role, day, at_once in (("Newcomers", "12", "1"), ("Patrons", "200", "8")):
        await shown.locator("button.select").click()
        await page.get_by_role("option", name=role).click()
        await shown.get_by_role("button", name="✏️ Change", exact=True).click()
        form = page.get_by_role("dialog")
        await form.get_by_label("Credits a day").fill(day)
        await form.get_by_label(re.compile("at once")).fill(at_once)
        await form.get_by_role("button", name="Submit").click()
        await expect(shown).to_contain_text(f"{day} credits a day")
    # There and back, so that it does not say what was saved just now.
    await shown.get_by_role("button", name="Where").click()
    await expect(shown).to_contain_text("Where pictures are asked for")
    await shown.get_by_role("button", name="Who and how much").click()
    await expect(shown).to_contain_text("Everybody else")
    await still(page, shown, file)


async def dashboard(page: Page, file: Path) -> None:
    await opened(page)
    await say(page, "/owner")
    shown = articles(page).filter(has_text="Only you can see this").last
    await expect(shown.get_by_role("img", name=re.compile("Credits by"))).to_be_visible()
    await still(page, shown, file)


async def opened(page: Page) -> None:
    await expect(page.get_by_role("log")).not_to_have_attribute("aria-busy", "true")
    await expect(page.get_by_text("Tigerbrush is online")).to_be_visible()
    await expect(page.locator(".intro, .message").first).to_be_visible()


async def say(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name=re.compile("Message"))
    before = await articles(page).count()
    await box.fill(text)
    # The first is for what is proposed.
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await expect(articles(page)).to_have_count(before + 1)


def articles(page: Page) -> Locator:
    return page.get_by_role("article")


async def finished(page: Page, count: int) -> Locator:
    done = articles(page).filter(has=page.get_by_role("link", name="Full size"))
    await expect(done).to_have_count(count)
    return done.last


async def still(page: Page, shown: Locator, file: Path) -> None:
    """Once all of its pictures are there, without what only somebody who points at it sees."""
    for picture in await shown.get_by_role("img").all():
        await expect(picture).to_have_js_property("complete", True)
    await page.mouse.move(0, 0)
    data = await shown.screenshot()
    Image.open(io.BytesIO(data)).convert("RGB").save(file, "WEBP", quality=82, method=6)
