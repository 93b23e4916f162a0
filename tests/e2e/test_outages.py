"""The bucket or Stability is away: what was paid for is shown and kept, and what waits keeps its place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg

from tests.conditions import until
from tests.e2e.pictures import download
from tests.e2e.test_changes import SIZE, picture
from tests.house import House, paint, start
from tests.member import (
    Member,
    buttons_of,
    fault,
    is_done,
    is_failed,
    is_running,
    is_waiting,
    link_of,
    links_of,
    pictures_of,
    text,
)


class Bridge:
    """A way to the bucket that can be taken away."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._server: asyncio.Server | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._target.hostname, self._target.port)
        await asyncio.gather(_pump(reader, back), _pump(there, writer))


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    except OSError:
        pass
    finally:
        target.close()


@asynccontextmanager
async def row_of(house: House) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(house.servers.environment["DATABASE_URL"])
    try:
        yield connection
    finally:
        await connection.close()


def is_spilled(message: dict[str, object]) -> bool:
    return "its full size follows" in text(message)


async def test_a_picture_that_the_bucket_does_not_take_is_shown_and_gets_its_link_later(
    house: House, ada: Member
) -> None:
    bridge = Bridge(house.servers.environment["AWS_ENDPOINT_URL_S3"])
    await bridge.open()
    house.servers.environment["AWS_ENDPOINT_URL_S3"] = bridge.url
    bridge.close()
    await start(house, ada)
    interaction = await ada.imagine("a fox", width=256, height=256)
    spilled = await ada.reply(interaction, is_spilled)
    assert len(pictures_of(spilled)) == 1
    assert links_of(spilled) == []

    page = await ada.reply(await ada.use("gallery"), lambda m: "a fox" in text(m))
    assert len(pictures_of(page)) == 1
    panel = await ada.panel(spilled)
    assert "Link" not in buttons_of(panel)
    assert "follows shortly" in text(panel)

    house.servers.stability.latency_seconds = 2
    secret = await ada.imagine("a secret", width=256, height=256, private=True)
    await ada.reply(secret, is_running)
    await fault(house.servers.discord.url, "expire_tokens")
    sent = await ada.message(lambda m: m["channel_id"] == ada.channels["dm"] and is_spilled(m))

    await bridge.open()
    await ada.until(lambda: is_done(ada.seen[sent["id"]][-1]))
    done = await ada.reply(interaction, is_done)
    assert done["id"] == spilled["id"]
    assert (await download(link_of(done))).size == (256, 256)
    assert len(house.servers.stability.calls) == 2
    bridge.close()


async def test_what_is_answered_later_is_kept_while_the_bucket_is_away_and_not_begun_again(
    house: House, ada: Member
) -> None:
    bridge = Bridge(house.servers.environment["AWS_ENDPOINT_URL_S3"])
    await bridge.open()
    house.servers.environment["AWS_ENDPOINT_URL_S3"] = bridge.url
    bridge.close()
    await start(house, ada)
    interaction = await ada.use("change relight", image=picture(), prompt="a beach", light="left")
    assert len(pictures_of(await ada.reply(interaction, is_spilled, within_seconds=60))) == 1
    await bridge.open()
    done = await ada.reply(interaction, is_done)
    assert (await download(link_of(done))).size == SIZE
    assert len(house.servers.stability.calls) == 1
    bridge.close()


async def test_an_empty_account_pauses_the_queue_and_fails_nothing(
    house: House, ada: Member, ben: Member
) -> None:
    stability = house.servers.stability
    credits, stability.credits = stability.credits, 0
    house.servers.environment["PAUSE_PROBE_SECONDS"] = "1"
    await start(house, ada, ben)
    await house.worker("worker-2")
    interactions = [await ben.imagine(f"fox {number}", width=256, height=256) for number in range(3)]
    for interaction in interactions:
        paused = await ben.reply(interaction, lambda m: is_waiting(m) and "has run out of credits" in text(m))
        assert "keeps its place" in text(paused)
    told = await ada.message(lambda message: "🚨" in text(message))
    assert told["channel_id"] == ada.channels["dm"]
    assert "Buy some" in text(told)

    stability.credits = credits
    for interaction in interactions:
        await ben.reply(interaction, is_done)
    async with row_of(house) as connection:
        assert await connection.fetchval("select sum(faults) from jobs") == 0
        await until(lambda: connection.fetchval("select count(*) from alarms"), lambda count: count == 0)
    await paint(ada, channel="dm")
    assert len([m for m in await ada.history("dm") if "🚨" in text(m)]) == 1
    # Whoever was told is told that it is over, too.
    over = await ada.message(lambda message: "✅ Over, after " in text(message))
    assert "The account with Stability has run out of credits" in text(over)


async def test_one_prompt_and_one_price_stop_nobody_else(house: House, ada: Member, ben: Member) -> None:
    """A firewall refuses the one, and there is no credit for the other."""
    stability = house.servers.stability
    credits, stability.credits = stability.credits, 7
    house.servers.environment["PAUSE_PROBE_SECONDS"] = "1"
    await start(house, ada, ben)
    blocked = await ben.imagine("a fox [html403]", width=256, height=256)
    dear = await ben.imagine("a castle", width=256, height=256, model="ultra")
    paused = await ben.reply(dear, lambda m: is_waiting(m) and "has run out of credits" in text(m))
    cheap = await ben.reply(await ben.imagine("a lake", width=256, height=256), is_done)
    assert not any("Paused" in text(version) for version in ben.seen[cheap["id"]])
    refused = await ben.reply(blocked, is_failed)
    assert "firewall" in text(refused)
    assert "Nothing was charged." in text(refused)
    assert is_waiting(ben.seen[paused["id"]][-1]) or is_running(ben.seen[paused["id"]][-1])
    stability.credits = credits
    await ben.reply(dear, is_done)
    alarms = [text(m) for m in await ada.history("dm") if "🚨" in text(m)]
    assert len(alarms) == 1
    assert "for pictures of 8 credits or more" in alarms[0]
