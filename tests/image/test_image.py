"""The image that the Dockerfile makes, built and run without rights, without capabilities and read-only.

Its base apart, it is what is built elsewhere. `make image` builds it and runs these.
"""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from bot.settings import BotSettings
from core.settings import Settings
from db.schema import migrations
from sandbox.processes import Child, spawn
from tests.conditions import until
from tests.conftest import database_of
from tests.house import House, paint
from tests.image.containers import Containers
from tests.image.image import REVISION, STORE, Image
from tests.member import member, pictures_of
from tests.postgres_line import line_to
from tests.unit.deploy.declared import fly
from worker.settings import WorkerSettings

MEGABYTES_MAX = 100


@pytest.fixture(scope="module")
def image() -> Image:
    if (store := os.environ.get(STORE)) is None:
        pytest.skip("`make image` builds one and runs these tests")
    return Image(Containers(Path(store)))


def test_it_is_small(image: Image) -> None:
    assert image.bytes_above_base / 1e6 <= MEGABYTES_MAX


def test_it_says_what_it_is_and_what_it_runs(image: Image) -> None:
    config = image.config
    assert config["User"] == "10001:10001"
    assert config["Cmd"] == ["python", "-m", "bot"]
    assert config["StopSignal"] in ("SIGTERM", "15")
    assert config["Labels"]["org.opencontainers.image.revision"] == REVISION


LOOK = """
id -u
grep ^CapEff: /proc/1/status | cut -f2
find / -xdev -writable -not -type l -not -path '/tmp*' -not -path '/run/*' -not -path '/var/tmp' 2>/dev/null
for tool in cc gcc g++ ld make; do command -v $tool; done
ls -d /opt/venv/bin/pip* /opt/venv/lib/*/site-packages/pip /opt/sbom /build /tmp/* 2>/dev/null
"""


def test_nothing_in_it_can_be_changed_nor_is_there_what_it_was_built_with(image: Image) -> None:
    # What keeps anyone from writing would hide what the files themselves allow.
    looked = image.run(["sh", "-c", LOOK], {}, "--read-only=false")
    assert (looked.stdout.splitlines(), looked.stderr) == (["10001", "0000000000000000"], "")


UNCOMPILED = """
from importlib.util import cache_from_source
from pathlib import Path
for place in ("/app", "/opt/venv/lib"):
    for file in Path(place).rglob("*.py"):
        if not Path(cache_from_source(str(file))).exists():
            print(file)
"""


def test_a_start_compiles_nothing(image: Image) -> None:
    assert image.run(["python", "-c", UNCOMPILED]).stdout == ""


INSTALLED = "from importlib.metadata import *; [print(one.name, one.version) for one in distributions()]"


def test_scanners_find_in_it_what_is_installed(image: Image) -> None:
    listed = json.loads(image.run(["cat", "/app/tigerbrush.cdx.json"]).stdout)
    assert (listed["bomFormat"], listed["metadata"]["component"]["name"]) == ("CycloneDX", "tigerbrush")
    named = {f"{one['name']} {one['version']}" for one in listed["components"]}
    assert named == set(image.run(["python", "-c", INSTALLED]).stdout.splitlines())
    assert all(one["purl"].startswith("pkg:pypi/") for one in listed["components"])


@pytest.mark.parametrize(("group", "settings"), [("bot", BotSettings), ("worker", WorkerSettings)])
def test_without_settings_each_names_what_is_missing(
    image: Image, group: str, settings: type[Settings]
) -> None:
    ended = image.run(fly()["processes"][group].split())
    assert ended.returncode == 78
    named = {line.partition(":")[0] for line in ended.stderr.splitlines() if "is missing" in line}
    assert named == {name.upper() for name, field in settings.model_fields.items() if field.is_required()}, (
        ended.stderr
    )


@pytest.mark.parametrize("group", ["bot", "worker"])
async def test_told_to_end_below_an_init_before_python_runs_it_ends(image: Image, group: str) -> None:
    # 78 if it was not heeded, as there are no settings; the default, which an init brings back, has its own.
    assert await _told(image, fly()["processes"][group], "--init") in (0, 128 + signal.SIGTERM)


async def _told(image: Image, command: str, *options: str, after_seconds: float = 0) -> int:
    """The status of a container that is told to end so long after its first process began to heed that."""
    name, pid = await asyncio.to_thread(image.start, command.split(), *options)
    await until(lambda: asyncio.to_thread(_heeds, pid, signal.SIGTERM), bool)
    # The moment is what is tried; nothing is waited for.
    await asyncio.sleep(after_seconds)
    os.kill(pid, signal.SIGTERM)
    await until(lambda: asyncio.to_thread(Path(f"/proc/{pid}").exists), lambda runs: not runs)
    return int(await asyncio.to_thread(image.containers.podman, "wait", name))


def _heeds(pid: int, number: signal.Signals) -> bool:
    """Whether the process catches the signal, or blocks it to read it."""
    lines = (line.partition(":") for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    masks = {name: value for name, _, value in lines}
    return any(int(masks[name], 16) >> (number - 1) & 1 for name in ("SigCgt", "SigBlk"))


async def test_the_release_command_brings_every_migration(image: Image, postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("drop database if exists released")
    await connection.execute("create database released")
    await connection.close()
    async with line_to(database_of(postgres_url, "released")) as (_line, url):
        command = fly()["deploy"]["release_command"].split()
        ended = await asyncio.to_thread(image.run, command, {"DATABASE_URL": url})
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [f"applied {migration.name}" for migration in migrations()]


@pytest.fixture
async def contained(image: Image, house: House, database_url: str) -> AsyncIterator[House]:
    """The house, whose bots and workers are containers."""
    given = house.servers.environment

    async def run(arguments: Sequence[str], environment: Mapping[str, str]) -> Child:
        _python, *rest = arguments
        return await spawn(image.command(["python", *rest], given), os.environ)

    async with line_to(database_url) as (_line, url):
        given["DATABASE_URL"] = url
        inside = House(replace(house.servers, spawn=run), house.exchanges)
        try:
            yield inside
        finally:
            await inside.stop()


async def test_a_prompt_becomes_a_picture_and_both_processes_stop_when_told(contained: House) -> None:
    bot, worker = await contained.bot(), await contained.worker()
    async with member(contained.servers.discord.url, "Ada") as ada:
        await ada.until_bot_is(online=True)
        assert pictures_of(await paint(ada))
    assert [await bot.stop(), await worker.stop()] == [0, 0]


@pytest.mark.parametrize("group", ["bot", "worker"])
async def test_told_to_end_in_its_first_half_second_as_process_1_it_ends(
    image: Image, contained: House, group: str
) -> None:
    given = [f"--env={name}={value}" for name, value in contained.servers.environment.items()]
    command = fly()["processes"][group]
    told = (_told(image, command, *given, after_seconds=tenths / 10) for tenths in range(5))
    assert await asyncio.gather(*told) == [0] * 5
