"""A process that starts while something is amiss goes on by itself, and ends whenever it is told to."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.processes import Process, print_line, spawn
from tests.conditions import soon, until
from tests.drill.proxy import Mode
from tests.house import House, paint
from tests.member import Member, fault, is_waiting
from tests.postgres_line import line_to

PROMPTLY_SECONDS = 5.0
"""Until it is killed. One that has nothing to finish takes a moment, also on a busy machine."""


class Heard:
    def __init__(self, house: House) -> None:
        self._lines: list[str] = []
        house.servers = replace(house.servers, on_line=self._hear)

    def _hear(self, name: str, line: str) -> None:
        self._lines.append(line)
        print_line(name, line)

    async def until(self, words: str) -> None:
        async def said() -> str:
            return "\n".join(self._lines)

        await until(said, lambda text: words in text)

    def __str__(self) -> str:
        return "\n".join(self._lines)


@pytest.fixture
def heard(house: House) -> Heard:
    return Heard(house)


async def test_a_bot_goes_on_by_itself_and_is_there_while_its_commands_cannot_be_registered(
    house: House, ada: Member, heard: Heard
) -> None:
    bot = await house.bot()
    await ada.until_bot_is(online=True)
    await bot.stop()
    await ada.until_bot_is(online=False)
    # Others than Discord has, so that they are to be registered.
    world = house.servers.discord.world
    next(command for command in world.commands.values() if command["name"] == "queue")["nsfw"] = True

    url = house.servers.discord.url
    await fault(url, "rest", status=502, path="/users/@me")
    await fault(url, "rest", status=401, body="html", path="/users/@me")
    await fault(url, "rest", status=429, body="text", via=False, retry_after=1, path="/gateway/bot")
    await fault(url, "rest", status=403, code=50001, path="/commands", method="PUT", times=None)
    bot = await house.bot()
    await heard.until("the commands are not registered")
    await ada.until_bot_is(online=True)
    await ada.reply(await ada.imagine("a fox"), is_waiting)
    assert "waiting for Discord: 502" in str(heard)
    assert "Traceback" not in str(heard)
    assert await bot.stop() == 0


async def test_a_token_that_discord_does_not_know_is_a_mistake_in_the_configuration(
    house: House, heard: Heard
) -> None:
    house.servers.environment["DISCORD_TOKEN"] = "wrong"
    bot = await house.bot()
    assert await soon(bot.wait()) == 78
    await heard.until("DISCORD_TOKEN: Discord does not accept it")
    assert "Traceback" not in str(heard)


async def test_a_bot_that_waits_ends_when_it_is_told_to(house: House, heard: Heard) -> None:
    await fault(house.servers.discord.url, "rest", status=503, path="/users/@me", times=None)
    bot = await house.bot()
    await heard.until("waiting for Discord")
    assert await bot.stop(PROMPTLY_SECONDS) == 0
    house.servers.environment["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/nothing"
    bot = await house.bot()
    await heard.until("waiting for Postgres")
    assert await bot.stop(PROMPTLY_SECONDS) == 0


async def test_processes_end_soon_and_well_while_postgres_hangs_below_them(
    house: House, ada: Member, heard: Heard
) -> None:
    async with line_to(house.servers.environment["DATABASE_URL"]) as (line, url):
        house.servers.environment["DATABASE_URL"] = url
        bot, worker = await house.bot(), await house.worker()
        await ada.until_bot_is(online=True)
        await paint(ada)
        await line.become(Mode.HANG)
        # From here on each of them waits for some answer.
        await heard.until("Postgres does not answer")
        statuses = tuple(await asyncio.gather(*(one.stop(PROMPTLY_SECONDS) for one in (bot, worker))))
        await line.become(Mode.PASS)
    assert statuses == (0, 0)
    assert "Traceback" not in str(heard)


@pytest.mark.parametrize("name", ["bot", "worker"])
async def test_a_process_that_is_told_to_end_while_it_imports_ends_well(house: House, name: str) -> None:
    # The others are forked from one that has imported all.
    house.servers = replace(house.servers, spawn=spawn)
    process = await (house.bot() if name == "bot" else house.worker())
    await _until_it_imports(process)
    assert await process.stop(PROMPTLY_SECONDS) == 0


async def _until_it_imports(process: Process) -> None:
    """aiohttp, which is some way before anything of ours is set up."""
    maps = Path(f"/proc/{process.pid}/maps")
    async with asyncio.timeout(20):
        while "multidict" not in maps.read_text():  # noqa: ASYNC240, ASYNC110 - the kernel's, and it tells nobody
            await asyncio.sleep(0)
