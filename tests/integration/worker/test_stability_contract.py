"""What goes between the worker and the local Stability is what the vendor's document of v1 says."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp
import jsonschema_rs
import pytest

from core.failures import JobFailed
from core.operations import STYLES
from sandbox.stability import Exchange, StabilityServer
from tests.jobs import job, order
from tests.specs import STABILITY_V1, spec
from worker.providers.provider import Call
from worker.providers.stability.client import Stability

PATH = "/v1/generation/{engine_id}/text-to-image"


def problems(schema: dict[str, object], value: object) -> list[str]:
    document = spec(STABILITY_V1)
    whole = {**schema, "components": document["components"]}
    return [error.message for error in jsonschema_rs.validator_for(whole).iter_errors(value)]


@asynccontextmanager
async def recording() -> AsyncIterator[tuple[Stability, list[Exchange]]]:
    exchanges: list[Exchange] = []
    server = StabilityServer(latency_seconds=0, on_exchange=exchanges.append)
    await server.start()
    try:
        async with Stability(host=server.url, key=server.key, timeout_seconds=20) as stability:
            yield stability, exchanges
    finally:
        await server.stop()


@pytest.mark.parametrize("model", ["stable-diffusion-v1-6", "stable-diffusion-xl-1024-v1-0"])
@pytest.mark.parametrize(
    ("width", "height", "seed"),
    [(1024, 1024, None), (500, 500, 7), (256, 1536, 0), (1536, 1024, 4_294_967_294)],
)
async def test_what_the_worker_sends_is_what_the_vendor_takes(
    model: str, width: int, height: int, seed: int | None
) -> None:
    async with recording() as (stability, exchanges):
        of = order(model=model, width=width, height=height, seed=seed)
        await stability.paint(job(of=of), {}, Call())
    (exchange,) = exchanges
    assert problems({"$ref": "#/components/schemas/TextToImageRequestBody"}, json.loads(exchange.body)) == []
    operation = spec(STABILITY_V1)["paths"][PATH]["post"]
    assert exchange.content_type in operation["responses"]["200"]["content"]


@pytest.mark.parametrize("style", STYLES)
async def test_every_style_and_a_negative_prompt_are_what_the_vendor_takes(style: str) -> None:
    async with recording() as (stability, exchanges):
        of = order(model="stable-diffusion-v1-6", width=320, height=320, style=style, negative_prompt="x")
        await stability.paint(job(of=of), {}, Call())
    (exchange,) = exchanges
    assert problems({"$ref": "#/components/schemas/TextToImageRequestBody"}, json.loads(exchange.body)) == []


@pytest.mark.parametrize("word", ["refuse", "500", "unauthorized"])
async def test_what_is_refused_is_refused_in_the_vendors_shape(word: str) -> None:
    async with recording() as (stability, exchanges):
        with suppress(JobFailed):
            of = order(model="stable-diffusion-v1-6", prompt=f"a fox [{word}]")
            await stability.paint(job(of=of), {}, Call())
    (exchange,) = exchanges
    assert exchange.status >= 400
    assert problems({"$ref": "#/components/schemas/Error"}, json.loads(exchange.answer)) == []


@pytest.mark.parametrize(
    ("path", "schema"),
    [("/v1/user/balance", "BalanceResponseBody"), ("/v1/engines/list", "ListEnginesResponseBody")],
)
async def test_the_local_server_answers_as_the_vendor_says(path: str, schema: str) -> None:
    server = StabilityServer()
    await server.start()
    headers = {"Authorization": f"Bearer {server.key}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(server.url + path) as response:
        assert problems({"$ref": f"#/components/schemas/{schema}"}, await response.json()) == []
    await server.stop()
