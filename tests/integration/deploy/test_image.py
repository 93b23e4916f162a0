"""What the Dockerfile makes runs, from a folder that cannot be written to.

It takes about half a minute, most of which pip needs to unpack the wheels.
"""

import asyncio
import signal
import subprocess
from collections.abc import Iterator

import asyncpg
import pytest

from bot.settings import BotSettings
from core.settings import Settings
from db.schema import migrations
from tests.conftest import database_of
from tests.house import House, paint
from tests.integration.deploy.image import Image, build, remove
from tests.member import member, pictures_of
from tests.unit.deploy.declared import fly
from worker.settings import WorkerSettings


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    image = build(tmp_path_factory.mktemp("image"))
    before = image.contents()
    yield image
    after = image.contents()
    remove(image)
    assert after == before


@pytest.mark.parametrize(("group", "settings"), [("bot", BotSettings), ("worker", WorkerSettings)])
def test_without_settings_each_names_what_is_missing(
    image: Image, group: str, settings: type[Settings]
) -> None:
    ended = image.run(fly()["processes"][group])
    assert ended.returncode == 78
    named = {line.partition(":")[0] for line in ended.stderr.splitlines() if "is missing" in line}
    assert named == {name.upper() for name, field in settings.model_fields.items() if field.is_required()}, (
        ended.stderr
    )


async def test_the_release_command_brings_every_migration(image: Image, postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("drop database if exists released")
    await connection.execute("create database released")
    await connection.close()
    environment = {"DATABASE_URL": database_of(postgres_url, "released")}
    command = fly()["deploy"]["release_command"]
    ended = await asyncio.to_thread(image.run, command, environment)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [f"applied {migration.name}" for migration in migrations()]


async def test_a_prompt_becomes_a_picture_and_both_processes_stop_when_told(
    image: Image, house: House
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    try:
        for command in fly()["processes"].values():
            started.append(image.start(command, house.servers.environment))
        async with member(house.servers.discord.url, "Ada") as ada:
            await ada.until_bot_is(online=True)
            assert pictures_of(await paint(ada))
        for process in started:
            process.send_signal(signal.SIGTERM)
        assert [await asyncio.to_thread(process.wait, 30) for process in started] == [0, 0]
    finally:
        for process in started:
            process.kill()
            process.wait()
