"""`python -m tests.shots`: the pictures of README and docs, of the sandbox's page with the real bot and worker.

python -m tests.shots [NAME ...]    film, panel, gallery, settings, dashboard; without one, all of them
"""

import argparse
import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from playwright.async_api import Browser, Page, async_playwright, expect

from sandbox.stack import Stack, stack
from tests.browser.conftest import WAIT_MILLISECONDS, launch
from tests.house import House
from tests.member import Member, is_done, member
from tests.server import Server
from tests.shots import scenes

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
PAINTING_SECONDS = 2.5
WIDTH, FILM_HEIGHT, STILL_HEIGHT = 700, 620, 1400
SCALE = 1.5

Scene = Callable[[Page, Path], Awaitable[None]]

STILLS: dict[str, Scene] = {
    "panel": scenes.panel,
    "gallery": scenes.gallery,
    "settings": scenes.settings,
    "dashboard": scenes.dashboard,
}
"""In this order: the dashboard is best looked at when all else was asked for."""

WISHES = (
    ("a fishing village in the fog", "core"),
    ("a forest in the snow", "ultra"),
    ("a city at night in the rain", "sd3.5-large"),
    ("hills in spring", "core"),
    ("a lake under the stars", "ultra"),
    ("a desert at noon", "core"),
)


async def main(names: list[str]) -> None:
    expect.set_options(timeout=WAIT_MILLISECONDS)
    PICTURES.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        if "film" in names:
            async with house() as running:
                await take(
                    browser, running, "film.gif", scenes.asked_and_varied, height=FILM_HEIGHT, scale=SCALE
                )
        if any(name in STILLS for name in names):
            async with house() as running:
                await furnish(running.servers)
                for name, scene in STILLS.items():
                    if name in names:
                        await take(browser, running, f"{name}.webp", scene, height=STILL_HEIGHT, scale=SCALE)
        await browser.close()


@asynccontextmanager
async def house() -> AsyncIterator[House]:
    """A new one, with the bot in one server."""
    with tempfile.TemporaryDirectory() as directory:
        async with stack(Path(directory), latency_seconds=PAINTING_SECONDS) as servers:
            # As its owner would have set it, so that nothing is left to be said about it.
            servers.environment["CREDITS_PER_MONTH"] = "2500"
            await servers.migrate()
            running = House(servers, [])
            try:
                await running.bot()
                await running.worker()
                yield running
            finally:
                await running.stop()


async def take(
    browser: Browser, running: House, name: str, scene: Scene, *, height: int, scale: float
) -> None:
    context = await browser.new_context(
        viewport={"width": WIDTH, "height": height}, device_scale_factor=scale, locale="en-US"
    )
    page = await context.new_page()
    await page.goto(running.servers.discord.url)
    await scene(page, PICTURES / name)
    await context.close()
    print(f"{PICTURES / name}: {(PICTURES / name).stat().st_size / 1000:.0f} kB")


async def furnish(servers: Stack) -> None:
    """A second server, and pictures by several members and models, over the days of this month."""
    servers.stability.latency_seconds = 0.0
    url = servers.discord.url
    async with member(url, "Ada") as ada, member(url, "Dora", server="The Annex") as dora:
        await ada.until_bot_is(online=True)
        await Server(dora).invite_bot()
        asked = await ada.message(lambda m: "Is this server let in?" in str(m))
        await ada.press(asked, "Allow")
        await ada.message(lambda m: m["id"] == asked["id"] and "It is let in" in str(m))
        for number in range(4 * len(WISHES)):
            prompt, model = WISHES[number % len(WISHES)]
            one, channel = (dora, "sketches") if number % 3 == 2 else (ada, "paintings")
            await painted(one, prompt, model=model, channel=channel, shape="landscape")
    servers.stability.latency_seconds = PAINTING_SECONDS
    connection = await asyncpg.connect(servers.environment["DATABASE_URL"])
    await connection.execute(OVER_THE_MONTH)
    await connection.close()


async def painted(one: Member, prompt: str, **options: str) -> None:
    await one.reply(await one.imagine(prompt, **options), is_done)


OVER_THE_MONTH = """
update jobs set day = greatest(month, day - order_id::int % 20);
update calls set begun_at = greatest(jobs.day, jobs.month) from jobs where jobs.id = calls.job_id;
delete from usage_days where scope = 'all';
insert into usage_days (day, scope, key, part, credits)
select day, 'all', '', 0, sum(price) from jobs where state = 'done' group by day;
"""

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.shots", description=__doc__)
    parser.add_argument("names", nargs="*", choices=["film", *STILLS, []])
    asyncio.run(main(parser.parse_args().names or ["film", *STILLS]))
