"""What the worker sends to Stability is what the vendor's documents of v1 and v2beta say."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import jsonschema_rs
import pytest

from core.failures import JobFailed
from core.operations import FAST, OPERATIONS, STYLES, Bounds, Role
from sandbox.stability import Exchange, StabilityServer
from tests.jobs import job, order
from tests.specs import STABILITY_V1, STABILITY_V2BETA, spec
from worker.providers.provider import Call
from worker.providers.stability.client import Stability
from worker.providers.stability.contract import jobs
from worker.providers.stability.requests import ENDPOINTS, request_of

PATH = "/v1/generation/{engine_id}/text-to-image"


V2BETA = [names for names, endpoint in ENDPOINTS.items() if not endpoint.is_v1]
PICTURE = b"\x89PNG"


def problems(schema: dict[str, object], value: object, name: str = STABILITY_V1) -> list[str]:
    document = spec(name)
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


def form_of(path: str) -> dict[str, Any]:
    operation = spec(STABILITY_V2BETA)["paths"][path]["post"]
    schema: dict[str, Any] = operation["requestBody"]["content"]["multipart/form-data"]["schema"]
    return schema


def typed(form: dict[str, Any], name: str, text: str) -> object:
    """As the document has it: in a form all is text."""
    schema = form["properties"].get(name, {})
    if "$ref" in schema:
        schema = spec(STABILITY_V2BETA)["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return {"integer": int, "number": float}.get(schema.get("type"), str)(text)


@pytest.mark.parametrize(("operation", "model"), V2BETA)
def test_each_request_of_each_operation_is_what_the_vendor_takes(operation: str, model: str) -> None:
    found = OPERATIONS[operation]
    sent: set[str] = set()
    for variant, job_, roles in jobs(found, found.models[model]):
        request = request_of(job_, dict.fromkeys(roles, PICTURE))
        form = form_of(request.path)
        values = {name: typed(form, name, text) for name, text in request.fields.items()}
        values |= dict.fromkeys(request.parts, "")
        assert problems(form, values, STABILITY_V2BETA) == [], variant
        # The document forbids no other names, so a misspelt one would go unnoticed.
        assert values.keys() <= form["properties"].keys()
        sent |= values.keys()
    # Whatever a member may ask for is sent, under whichever name.
    endpoint = ENDPOINTS[operation, model]
    asked = {param.name for param in found.params} - {"width", "height", "fields"}
    if not found.models[model].takes_negative_prompt:
        asked.discard("negative_prompt")
    if not found.models[model].styles:
        asked.discard("style")
    if model == FAST.name:
        asked.discard("seed")
    assert {endpoint.fields[name] for name in asked - {"right", "up"}} <= sent
    assert {endpoint.parts[one.role] for one in found.inputs} <= sent
    assert ("aspect_ratio" in sent) == found.sized


@pytest.mark.parametrize(("operation", "model"), V2BETA)
def test_no_picture_is_handed_in_that_the_vendor_would_not_take(operation: str, model: str) -> None:
    found, endpoint = OPERATIONS[operation], ENDPOINTS[operation, model]
    for number, one in enumerate(found.inputs):
        limits = form_of(endpoint.path)["properties"][endpoint.parts[one.role]]["x-input-limits"]
        # A mask that differs in size is brought to that of its picture.
        bounds = found.bounds_for(found.models[model], number) if one.role is not Role.MASK else Bounds()
        for name, value in limits.items():
            ours = getattr(bounds, name if name != "ratio_min" else "ratio_max")
            if name == "ratio_min":
                ours = ours and 1 / ours
            assert ours is not None, (name, value)
            assert ours >= value if name.endswith("min") else ours <= value, (name, ours, value)
