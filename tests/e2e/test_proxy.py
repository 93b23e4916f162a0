"""Where a network lets nothing out but by a proxy, all three services are asked by way of it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import pytest

from sandbox.guard import HOSTS
from tests.house import House, paint, start
from tests.member import Member, link_of

NAMES = {"discord.test", "stability.test", "bucket.test"}


class ForwardProxy:
    """Knows alone where the names lead; `asked` are those for whose servers it was asked."""

    def __init__(self, places: dict[str, str]) -> None:
        self.asked: set[str] = set()
        self.url = ""
        self._places = places

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            line = await reader.readuntil(b"\r\n")
            found = re.match(rb"[A-Z]+ http://([a-z.]+)/", line)
            assert found, line
            name = found[1].decode()
            self.asked.add(name)
            place = urlsplit(self._places[name])
            far_reader, far_writer = await asyncio.open_connection(place.hostname, place.port)
            far_writer.write(line)
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()


@asynccontextmanager
async def forward_proxy(places: dict[str, str]) -> AsyncIterator[ForwardProxy]:
    proxy = ForwardProxy(places)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield proxy
    server.close()


async def test_discord_its_gateway_stability_and_the_bucket_go_by_the_proxy(
    house: House, ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.guard.HOSTS", HOSTS | NAMES)
    environment, servers = house.servers.environment, house.servers
    places = {
        "discord.test": servers.discord.url,
        "stability.test": servers.stability.url,
        "bucket.test": environment["AWS_ENDPOINT_URL_S3"],
    }
    async with forward_proxy(places) as proxy:
        environment |= {
            "HTTP_PROXY": proxy.url,
            "DISCORD_API_BASE": "http://discord.test/api/v10",
            "DISCORD_GATEWAY_URL": "ws://discord.test/gateway",
            "STABILITY_API_HOST": "http://stability.test",
            "AWS_ENDPOINT_URL_S3": "http://bucket.test",
            "BUCKET_ADDRESSING": "path",
        }
        await start(house, ada)
        done = await paint(ada)
        assert link_of(done).startswith("http://bucket.test/tigerbrush/")
        assert proxy.asked == NAMES
        await house.stop()
