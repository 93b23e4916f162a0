"""The local Stability over real HTTP: what it takes, refuses, bills and answers."""

import io
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from typing import Any

import aiohttp
import pytest
from PIL import Image

from sandbox.stability import Sent, StabilityServer

Fetch = Callable[..., Any]


@pytest.fixture
async def server() -> AsyncIterator[StabilityServer]:
    server = StabilityServer(latency_seconds=0, credits=100)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def session(server: StabilityServer) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {server.key}"}
    async with aiohttp.ClientSession(server.url, headers=headers) as session:
        yield session


def form(**fields: str) -> aiohttp.FormData:
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        data.add_field(name, value)
    return data


async def core(
    session: aiohttp.ClientSession, accept: str = "image/*", **fields: str
) -> tuple[int, Any, Any]:
    async with session.post(
        "/v2beta/stable-image/generate/core", data=form(**fields), headers={"Accept": accept}
    ) as response:
        is_json = response.content_type == "application/json"
        return response.status, await response.json() if is_json else await response.read(), response.headers


async def v1(
    session: aiohttp.ClientSession, engine: str = "stable-diffusion-v1-6", **body: Any
) -> tuple[int, Any]:
    body = {"text_prompts": [{"text": "a fox"}], **body}
    async with session.post(f"/v1/generation/{engine}/text-to-image", json=body) as response:
        return response.status, await response.json()


async def enlarge(
    session: aiohttp.ClientSession, headers: dict[str, str] | None = None, **fields: str
) -> tuple[int, bytes]:
    data = form(**fields)
    data.add_field("image", PICTURE, filename="a.png", content_type="image/png")
    async with session.post(ENLARGE, data=data, headers=headers) as response:
        return response.status, await response.read()


def drawn(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


ENLARGE, PICTURE = "/v2beta/stable-image/upscale/fast", drawn(64, 40)


def size(picture: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(picture)).size


async def test_core_paints_and_bills(session: aiohttp.ClientSession, server: StabilityServer) -> None:
    status, picture, headers = await core(session, prompt="a fox", seed="7", aspect_ratio="16:9")
    assert status == 200
    assert size(picture) == (2016, 1152)
    assert (headers["finish-reason"], headers["seed"]) == ("SUCCESS", "7")
    assert headers["Content-Type"] == "image/png"
    assert server.credits == 97
    (call,) = server.calls
    assert (call.prompt, call.seed, call.billed, call.request_id) == ("a fox", 7, 3, headers["x-request-id"])


async def test_the_same_seed_paints_the_same_and_none_paints_another(session: aiohttp.ClientSession) -> None:
    first, again = [(await core(session, prompt="a fox", seed="7"))[1] for _ in range(2)]
    assert first == again
    seeds = {(await core(session, prompt="a fox"))[2]["seed"] for _ in range(2)}
    assert len(seeds) == 2


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "prompt: required"),
        ({"prompt": "x" * 10_001}, "prompt: cannot exceed 10000 characters"),
        ({"prompt": "x", "aspect_ratio": "1:3"}, "aspect_ratio: must be one of"),
        ({"prompt": "x", "seed": "-1"}, "seed: must be between 0 and"),
        ({"prompt": "x", "seed": "many"}, "seed: must be a number"),
        ({"prompt": "x", "style_preset": "ugly"}, "style_preset: must be one of"),
        ({"prompt": "x", "output_format": "gif"}, "output_format: must be one of"),
    ],
)
async def test_v2beta_names_what_is_wrong(
    session: aiohttp.ClientSession, server: StabilityServer, fields: dict[str, str], problem: str
) -> None:
    status, error, _ = await core(session, **fields)
    assert (status, error["name"]) == (400, "bad_request")
    assert error["errors"][0].startswith(problem)
    assert server.credits == 100


async def test_v2beta_takes_multipart_alone(session: aiohttp.ClientSession) -> None:
    async with session.post("/v2beta/stable-image/generate/core", data={"prompt": "x"}) as response:
        assert response.status == 400
        assert "multipart/form-data" in (await response.json())["errors"][0]


async def test_json_is_answered_where_it_is_wanted(session: aiohttp.ClientSession) -> None:
    _, answer, _ = await core(session, accept="application/json", prompt="a fox", seed="3")
    assert (answer["finish_reason"], answer["seed"]) == ("SUCCESS", 3)
    assert (await core(session, accept="text/html", prompt="a fox"))[0] == 400


@pytest.mark.parametrize(
    ("path", "fields", "expected"),
    [
        ("generate/ultra", {"prompt": "x"}, (1024, 1024)),
        ("generate/sd3", {"prompt": "x", "model": "sd3.5-medium", "aspect_ratio": "21:9"}, (1536, 640)),
    ],
)
async def test_the_other_models_paint_their_own_sizes(
    session: aiohttp.ClientSession, path: str, fields: dict[str, str], expected: tuple[int, int]
) -> None:
    async with session.post(f"/v2beta/stable-image/{path}", data=form(**fields)) as response:
        assert size(await response.read()) == expected


async def test_upscaling_makes_four_times_the_size(session: aiohttp.ClientSession) -> None:
    _, picture = await enlarge(session)
    assert size(picture) == (256, 160)


async def test_v1_paints(session: aiohttp.ClientSession, server: StabilityServer) -> None:
    status, answer = await v1(session, width=512, height=768, seed=5)
    assert status == 200
    assert (answer["artifacts"][0]["finishReason"], answer["artifacts"][0]["seed"]) == ("SUCCESS", 5)
    assert server.credits == 99


@pytest.mark.parametrize(
    ("engine", "body", "status", "message"),
    [
        ("stable-diffusion-v1-6", {"width": 500}, 400, "increments of 64"),
        ("stable-diffusion-v1-6", {"width": 256}, 400, "320 to 1536"),
        ("stable-diffusion-v1-6", {"cfg_scale": 36}, 400, "cfg_scale must be between 0 and 35"),
        ("stable-diffusion-v1-6", {"steps": 9}, 400, "steps must be between 10 and 150"),
        ("stable-diffusion-v1-6", {"text_prompts": []}, 400, "at least one"),
        ("stable-diffusion-v1-6", {"sampler": "GUESS"}, 400, "sampler must be one of"),
        ("stable-diffusion-xl-1024-v1-0", {"width": 512, "height": 512}, 400, "allowed dimensions"),
        ("stable-diffusion-9", {}, 404, "was not found"),
    ],
)
async def test_v1_names_what_is_wrong(
    session: aiohttp.ClientSession, engine: str, body: dict[str, Any], status: int, message: str
) -> None:
    got, error = await v1(session, engine, **body)
    assert got == status
    assert message in error["message"]


async def test_a_wrong_key_is_refused_and_repeated_as_the_vendor_does(server: StabilityServer) -> None:
    async with (
        aiohttp.ClientSession(server.url, headers={"Authorization": "Bearer wrong"}) as session,
        session.get("/v1/user/balance") as response,
    ):
        assert response.status == 401
        assert "wrong" in (await response.json())["message"]


async def test_an_empty_account_paints_nothing(
    session: aiohttp.ClientSession, server: StabilityServer
) -> None:
    server.credits = 2
    assert (await core(session, prompt="x"))[0] == 402
    async with session.get("/v1/user/balance") as response:
        assert await response.json() == {"credits": 2}


@pytest.mark.parametrize(
    ("word", "status", "name"),
    [
        ("refuse", 403, "content_moderation"),
        ("language", 422, "invalid_language"),
        ("429", 429, "rate_limit_exceeded"),
        ("500", 500, "internal_error"),
        ("payment", 402, "payment_required"),
    ],
)
async def test_words_provoke_refusals(
    session: aiohttp.ClientSession, server: StabilityServer, word: str, status: int, name: str
) -> None:
    got, error, _ = await core(session, prompt=f"a fox [{word}]")
    assert (got, error["name"]) == (status, name)
    assert server.credits == 100
    assert (await core(session, prompt=f"a fox [{word} once]"))[0] == status
    assert (await core(session, prompt=f"a fox [{word} once]"))[0] == 200


async def test_a_blurred_picture_is_billed(session: aiohttp.ClientSession, server: StabilityServer) -> None:
    status, _, headers = await core(session, prompt="a fox [blur]")
    assert (status, headers["finish-reason"]) == (200, "CONTENT_FILTERED")
    assert server.credits == 97


@pytest.mark.parametrize("word", ["half", "reset"])
async def test_words_provoke_broken_connections(session: aiohttp.ClientSession, word: str) -> None:
    with pytest.raises(aiohttp.ClientError):
        await core(session, prompt=f"a fox [{word}]")


async def test_faults_can_be_ordered_for_the_next_calls(session: aiohttp.ClientSession) -> None:
    async with session.post("/sandbox/provoke", json={"kind": "500", "times": 1, "match": "fox"}) as response:
        assert response.status == 204
    statuses = [(await core(session, prompt=prompt))[0] for prompt in ("a cat", "a fox", "a fox")]
    assert statuses == [200, 500, 200]


async def test_more_than_150_requests_in_10_seconds_are_turned_away(session: aiohttp.ClientSession) -> None:
    statuses = []
    for _ in range(151):
        async with session.post("/v2beta/stable-image/generate/core", data=form()) as response:
            statuses.append(response.status)
    assert statuses == [400] * 150 + [429]
    assert response.headers["Retry-After"] == "60"


async def test_what_it_does_not_know_it_says(session: aiohttp.ClientSession) -> None:
    async with session.post("/v2beta/audio/compose") as response:
        assert response.status == 404


async def test_a_form_is_looked_at_before_the_key(server: StabilityServer) -> None:
    async with aiohttp.ClientSession(server.url, headers={"Authorization": "Bearer dummy"}) as session:
        status, error, _ = await core(session, seed="-1")
        assert (status, [line.partition(":")[0] for line in error["errors"]]) == (400, ["prompt", "seed"])
        assert (await core(session, prompt="x"))[0] == 401


async def test_what_has_no_prompt_is_provoked_by_its_path(
    session: aiohttp.ClientSession, server: StabilityServer
) -> None:
    server.provoke("500", match="upscale/fast")
    assert (await core(session, prompt="a fox"))[0] == 200
    assert [(await enlarge(session))[0] for _ in range(2)] == [500, 200]


async def test_a_call_tells_what_was_sent_and_by_whom(
    session: aiohttp.ClientSession, server: StabilityServer
) -> None:
    who = {"stability-client-id": "a-bot", "stability-client-user-id": "somebody"}
    await enlarge(session, headers=who, output_format="webp", unknown="x")
    (call,) = server.calls
    assert (call.client_id, call.client_user_id) == ("a-bot", "somebody")
    assert (call.path, call.fields) == (ENLARGE, {"output_format": "webp", "unknown": "x"})
    assert call.inputs == {"image": Sent(64, 40, len(PICTURE), sha256(PICTURE).hexdigest())}
