"""The worker's Stability client against the local Stability: what each answer becomes."""

import io
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from PIL import Image

from db.errors import FailureCode, JobFailed
from db.jobs import Job
from db.models import MODELS, PAINTERS, UPSCALER
from sandbox.stability import StabilityServer
from tests.jobs import JOB
from worker.imaging import shrink
from worker.stability import ERROR_BYTES_MAX, Stability


@pytest.fixture
async def server() -> AsyncIterator[StabilityServer]:
    server = StabilityServer(latency_seconds=0, rate_limit_pause_seconds=7)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def stability(server: StabilityServer) -> AsyncIterator[Stability]:
    async with aiohttp.ClientSession() as session:
        yield Stability(session, host=server.url, key=server.key, timeout_seconds=20)


def job(**changes: object) -> Job:
    return replace(JOB, **changes)  # type: ignore[arg-type]  # any field at all


@pytest.mark.parametrize("model", PAINTERS)
async def test_every_model_on_offer_paints(stability: Stability, server: StabilityServer, model: str) -> None:
    painting = await stability.paint(job(model=model, width=512, height=512, seed=11))
    assert painting.content.startswith(b"\x89PNG")
    assert (painting.seed, server.calls[0].seed) == (11, 11)
    assert server.calls[0].model == model
    assert server.calls[0].billed == float(MODELS[model].credits)


@pytest.mark.parametrize("model", PAINTERS)
async def test_every_model_is_told_what_was_asked_for(
    stability: Stability, server: StabilityServer, model: str
) -> None:
    negative_prompt = "rain" if PAINTERS[model].takes_negative_prompt else None
    await stability.paint(
        job(model=model, width=512, height=512, seed=3, negative_prompt=negative_prompt, style="anime")
    )
    call = server.calls[0]
    assert (call.prompt, call.negative_prompt, call.style) == (JOB.prompt, negative_prompt or "", "anime")
    assert call.seed == 3


async def test_a_picture_is_upscaled(stability: Stability, server: StabilityServer) -> None:
    painting = await stability.paint(job(width=512, height=512))
    upscaled = await stability.upscale(shrink(painting.content, (100, 60)))
    with Image.open(io.BytesIO(upscaled.content)) as image:
        assert (image.size, image.format) == ((400, 240), "PNG")
    assert server.calls[-1].billed == float(UPSCALER.credits)


async def test_a_fault_of_the_upscaler_is_known_for_what_it_is(
    stability: Stability, server: StabilityServer
) -> None:
    for kind, code in (("500", FailureCode.UNAVAILABLE), ("refuse", FailureCode.REFUSED)):
        server.provoke(kind)
        picture = io.BytesIO()
        Image.new("RGB", (64, 64)).save(picture, "PNG")
        with pytest.raises(JobFailed) as raised:
            await stability.upscale(picture.getvalue())
        assert raised.value.code is code


async def test_without_a_seed_stability_chooses_and_tells(stability: Stability) -> None:
    painting = await stability.paint(job(seed=None))
    assert painting.seed is not None
    assert painting.request_id is not None


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("refuse", FailureCode.REFUSED),
        ("blur", FailureCode.FILTERED),
        ("language", FailureCode.REJECTED),
        ("429", FailureCode.RATE_LIMITED),
        ("500", FailureCode.UNAVAILABLE),
        ("unauthorized", FailureCode.BAD_KEY),
        ("payment", FailureCode.NO_CREDIT),
        ("half", FailureCode.UNAVAILABLE),
        ("reset", FailureCode.UNAVAILABLE),
        ("huge", FailureCode.BAD_PICTURE),
    ],
)
@pytest.mark.parametrize("model", ["core", "stable-diffusion-v1-6"])
async def test_each_fault_is_known_for_what_it_is(
    stability: Stability, model: str, word: str, code: str
) -> None:
    with pytest.raises(JobFailed) as raised:
        await stability.paint(job(model=model, prompt=f"a fox [{word}]"))
    assert raised.value.code == code


async def test_a_pause_that_is_asked_for_is_kept(stability: Stability) -> None:
    with pytest.raises(JobFailed) as raised:
        await stability.paint(job(prompt="a fox [429]"))
    assert raised.value.retry_after_seconds == 7


async def test_a_hanging_call_ends_at_its_time_out(server: StabilityServer) -> None:
    async with aiohttp.ClientSession() as session:
        stability = Stability(session, host=server.url, key=server.key, timeout_seconds=0.2)
        with pytest.raises(JobFailed) as raised:
            await stability.paint(job(prompt="a fox [hang]"))
    assert raised.value.code is FailureCode.UNAVAILABLE


async def test_a_server_that_is_away_is_unavailable(server: StabilityServer) -> None:
    url = server.url
    await server.stop()
    async with aiohttp.ClientSession() as session:
        stability = Stability(session, host=url, key=server.key, timeout_seconds=5)
        with pytest.raises(JobFailed) as raised:
            await stability.paint(job())
    assert raised.value.code is FailureCode.UNAVAILABLE


@pytest.mark.parametrize("model", ["core", "stable-diffusion-v1-6"])
async def test_the_key_is_kept_out_of_what_is_logged(server: StabilityServer, model: str) -> None:
    async with aiohttp.ClientSession() as session:
        stability = Stability(session, host=server.url, key="sk-very-secret", timeout_seconds=5)
        with pytest.raises(JobFailed) as raised:
            await stability.paint(job(model=model))
    assert raised.value.code is FailureCode.BAD_KEY
    assert "sk-very-secret" not in str(raised.value)


async def test_an_error_without_an_end_is_known_by_its_status() -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.Response(status=401, body=bytes(ERROR_BYTES_MAX + 1))

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession() as session:
        stability = Stability(session, host=f"http://{host}:{port}", key="sk", timeout_seconds=5)
        with pytest.raises(JobFailed) as raised:
            await stability.paint(job())
    await runner.cleanup()
    assert raised.value.code is FailureCode.BAD_KEY


async def test_an_engine_that_is_gone_is_said_so(
    stability: Stability, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = replace(MODELS["stable-diffusion-v1-6"], path="/v1/generation/stable-diffusion-v0/text-to-image")
    monkeypatch.setitem(MODELS, "stable-diffusion-v1-6", gone)
    with pytest.raises(JobFailed) as raised:
        await stability.paint(job(model="stable-diffusion-v1-6"))
    assert raised.value.code is FailureCode.MODEL_GONE
