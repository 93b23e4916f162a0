"""What the local Stability answers later: ids, polls, the bill, and all that can go wrong in between."""

import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from PIL import Image

from sandbox.stability import Generation, StabilityServer
from tests.integration.sandbox.conftest import Clock

CREATIVE = "/v2beta/stable-image/upscale/creative"
RELIGHT = "/v2beta/stable-image/edit/replace-background-and-relight"
HOURS = 3600.0


@pytest.fixture
async def server(clock: Clock) -> AsyncIterator[StabilityServer]:
    server = StabilityServer(latency_seconds=30, credits=100, clock=clock)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def session(server: StabilityServer) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {server.key}"}
    async with aiohttp.ClientSession(server.url, headers=headers) as session:
        yield session


def form(path: str, prompt: str) -> aiohttp.FormData:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, "PNG")
    image, words = ("image", "prompt") if path == CREATIVE else ("subject_image", "background_prompt")
    data = aiohttp.FormData({words: prompt, "output_format": "jpeg"}, default_to_multipart=True)
    data.add_field(image, buffer.getvalue(), filename="a.png", content_type="image/png")
    return data


async def begin(
    session: aiohttp.ClientSession, server: StabilityServer, prompt: str = "a fox", path: str = RELIGHT
) -> Generation:
    async with session.post(path, data=form(path, prompt)) as response:
        assert response.status == 200
        assert response.content_type == "application/json"
        return server.generations[(await response.json())["id"]]


async def fetch(session: aiohttp.ClientSession, generation: Generation) -> tuple[int, Any]:
    async with session.get(f"/v2beta/results/{generation.id}", headers={"Accept": "*/*"}) as response:
        is_json = response.content_type == "application/json"
        return response.status, await response.json() if is_json else await response.read()


async def outcome(session: aiohttp.ClientSession, generation: Generation) -> tuple[int, str]:
    """The status, and the error's name where there is one."""
    status, answer = await fetch(session, generation)
    return status, answer["name"] if isinstance(answer, dict) and "name" in answer else ""


@pytest.mark.parametrize(("path", "credits", "size"), [(RELIGHT, 8, (64, 64)), (CREATIVE, 60, (3152, 3152))])
async def test_it_is_billed_when_it_is_begun_and_can_be_fetched_when_it_is_done(
    session: aiohttp.ClientSession,
    server: StabilityServer,
    clock: Clock,
    path: str,
    credits: float,
    size: tuple[int, int],
) -> None:
    generation = await begin(session, server, path=path)
    (call,) = server.calls
    assert (call.generation_id, call.billed, call.status) == (generation.id, credits, 200)
    assert (call.prompt, server.credits) == ("a fox", 100 - credits)
    clock.ahead_seconds += 20
    assert await fetch(session, generation) == (202, {"id": generation.id, "status": "in-progress"})
    assert generation.fetched == 0
    clock.ahead_seconds += 11
    pictures = [await fetch(session, generation) for _ in range(2)]
    assert pictures[0] == pictures[1]
    assert Image.open(io.BytesIO(pictures[0][1])).size == size
    assert (generation.fetched, len(generation.sha256 or "")) == (2, 64)
    assert (len(server.calls), server.credits) == (1, 100 - credits)


async def test_each_result_is_found_where_it_belongs(
    session: aiohttp.ClientSession, server: StabilityServer
) -> None:
    server.credits = 100
    for path, status in ((RELIGHT, 404), (CREATIVE, 202)):
        generation = await begin(session, server, path=path)
        for headers in ({"Accept": "image/*"}, {"Accept": "application/json"}):
            async with session.get(f"{CREATIVE}/result/{generation.id}", headers=headers) as response:
                assert response.status == status
    async with session.get(f"{CREATIVE}/result/{generation.id}", headers={"Accept": "*/*"}) as response:
        assert response.status == 400


async def test_another_key_and_another_day_find_nothing(
    session: aiohttp.ClientSession, server: StabilityServer, clock: Clock
) -> None:
    generation = await begin(session, server)
    own, server.key = server.key, "sk-another"
    assert await outcome(session, generation) == (401, "unauthorized")
    async with session.get(
        f"/v2beta/results/{generation.id}", headers={"Authorization": f"Bearer {server.key}"}
    ) as response:
        assert (response.status, (await response.json())["name"]) == (404, "generation_not_found")
    server.key = own
    clock.ahead_seconds += 24 * HOURS - 60
    assert await outcome(session, generation) == (200, "")
    clock.ahead_seconds += 61
    assert await outcome(session, generation) == (404, "generation_not_found")
    await begin(session, server)
    assert generation.id not in server.generations


async def test_who_asks_too_often_is_counted_and_refused_where_that_is_wanted(
    session: aiohttp.ClientSession, server: StabilityServer, clock: Clock
) -> None:
    generation, other = await begin(session, server), await begin(session, server)
    for ahead_seconds in (0, 11, 9, 11):
        clock.ahead_seconds += ahead_seconds
        await fetch(session, generation)
        await fetch(session, other)
    assert (generation.early_polls, len(generation.polls), server.generations.early_polls) == (1, 4, 2)
    server.refuses_early_polls = True
    assert await outcome(session, generation) == (429, "rate_limit_exceeded")


@pytest.mark.parametrize(
    ("kind", "status", "name"),
    [
        ("500", 500, "internal_error"),
        ("refuse", 403, "content_moderation"),
        ("429", 429, "rate_limit_exceeded"),
        ("lost", 404, "generation_not_found"),
        ("html502", 502, ""),
        ("empty404", 404, ""),
        ("garbage", 200, ""),
    ],
)
async def test_what_goes_wrong_with_a_result_was_billed(
    session: aiohttp.ClientSession, server: StabilityServer, kind: str, status: int, name: str
) -> None:
    server.latency_seconds = 0
    generation = await begin(session, server, f"a fox [result-{kind} once]")
    assert await outcome(session, generation) == (status, name)
    assert (server.calls[0].billed, generation.fetched) == (8, 0)
    assert await outcome(session, generation) == (200, "")
    forever = await begin(session, server, f"a fox [result-{kind}]")
    assert [await outcome(session, forever) for _ in range(2)] == [(status, name)] * 2


async def test_a_fault_of_results_is_ordered_by_the_path_and_met_by_nothing_else(
    session: aiohttp.ClientSession, server: StabilityServer
) -> None:
    server.latency_seconds = 0
    server.provoke("result-500", 2, match="relight")
    server.provoke("500", 1, match="relight")
    async with session.post(RELIGHT, data=form(RELIGHT, "a fox")) as response:
        assert response.status == 500
    generation, other = await begin(session, server), await begin(session, server, path=CREATIVE)
    assert await outcome(session, other) == (200, "")
    assert [(await outcome(session, generation))[0] for _ in range(3)] == [500, 500, 200]


@pytest.mark.parametrize("word", ["blur", "result-blur"])
async def test_a_result_that_is_filtered_says_so_and_was_billed(
    session: aiohttp.ClientSession, server: StabilityServer, word: str
) -> None:
    server.latency_seconds = 0
    generation = await begin(session, server, f"a fox [{word}]")
    async with session.get(
        f"/v2beta/results/{generation.id}", headers={"Accept": "application/json"}
    ) as response:
        assert (await response.json())["finish_reason"] == "CONTENT_FILTERED"
    async with session.get(f"/v2beta/results/{generation.id}") as response:
        assert response.headers["finish-reason"] == "CONTENT_FILTERED"
    assert server.calls[0].billed == 8


async def test_what_is_refused_when_it_is_begun_has_no_id_and_no_bill(
    session: aiohttp.ClientSession, server: StabilityServer
) -> None:
    for word in ("refuse", "public-figure", "500", "html503"):
        async with session.post(RELIGHT, data=form(RELIGHT, f"a fox [{word}]")) as response:
            assert response.status >= 400
    assert [(call.billed, call.generation_id) for call in server.calls] == [(0, None)] * 4
    assert server.generations == {}
