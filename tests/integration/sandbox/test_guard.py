"""A web page from elsewhere cannot drive the sandbox through the browser of whoever runs it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.discord import DiscordServer
from sandbox.stability import StabilityServer

ORDER = '{"kind": "expire_tokens"}'


@pytest.fixture(params=["discord", "stability"])
async def url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Of a call that changes something."""
    server: DiscordServer | StabilityServer
    if request.param == "discord":
        server, path = DiscordServer(), "/sandbox/faults"
    else:
        server, path = StabilityServer(latency_seconds=0), "/sandbox/provoke"
    await server.start()
    yield server.url + path
    await server.stop()


async def post(url: str, **headers: str) -> int:
    named = {
        "Content-Type": "application/json",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    body = ORDER if "faults" in url else '{"kind": "500", "times": 1}'
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=named) as response:
        return response.status


async def test_a_call_from_this_machine_is_taken(url: str) -> None:
    own = url.rsplit("/sandbox", 1)[0]
    assert await post(url) < 300
    assert await post(url, Origin=own, Sec_Fetch_Site="same-origin", Sec_Fetch_Dest="empty") < 300
    # By a tunnel, whose port is another.
    assert await post(url, Host="localhost:9999", Origin="http://localhost:9999") < 300


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "attacker.example:8080"},
        {"Host": "127.0.0.1.attacker.example"},
        {"Host": "["},
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/x-www-form-urlencoded"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Dest": "empty"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Dest": "document"},
    ],
)
async def test_what_comes_from_elsewhere_is_refused(url: str, headers: dict[str, str]) -> None:
    assert await post(url, **headers) == 403


async def test_a_body_that_is_none_is_refused_in_words(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.post(url) as response:
        assert response.status == 400


async def test_the_page_has_one_name_as_its_pictures_have() -> None:
    server = DiscordServer()
    await server.start()
    port = server.url.rsplit(":", 1)[1]
    async with aiohttp.ClientSession() as session:
        # By a tunnel, it is only there: its port is another.
        for host, status in ((f"localhost:{port}", 302), (f"[::1]:{port}", 302), ("localhost:9", 200)):
            named = {"Host": host}
            async with session.get(server.url, headers=named, allow_redirects=False) as response:
                assert response.status == status
                assert response.headers.get("Location", f"{server.url}/") == f"{server.url}/"
    await server.stop()


async def test_the_page_its_events_and_the_gateway_are_closed_to_others_too() -> None:
    server = DiscordServer()
    await server.start()
    member = next(iter(server.world.guild.members))
    headers = {"Origin": "https://attacker.example"}
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/sandbox/world", f"/sandbox/members/{member}/events", "/api/v10/gateway"):
            for odd in (headers, {"Host": "attacker.example"}):
                async with session.get(server.url + path, headers=odd) as response:
                    assert response.status == 403
        framed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe"}
        followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}
        for odd, status in ((framed, 403), (followed, 200)):
            async with session.get(server.url, headers=odd) as response:
                assert response.status == status
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(server.gateway_url, origin="https://attacker.example")
        assert refused.value.status == 403
    await server.stop()
