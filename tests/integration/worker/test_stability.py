"""The worker's Stability client against the local Stability: what each answer becomes."""

import base64
import io
import json
from dataclasses import replace

import pytest
from aiohttp import web
from PIL import Image

from core.failures import FailureCode, JobFailed, Outcome
from core.operations import FAST, MODELS, OPERATIONS, PAINTERS, RELIGHT, UPSCALE, Role
from core.orders import Order
from db.alarms import Alarms
from db.pool import Pool
from sandbox.stability import StabilityServer
from tests.integration.worker.serving import serving
from tests.jobs import JOB, ORDER, job, order
from tests.lives import worker
from worker.providers.provider import Begun, Call, Painting
from worker.providers.stability.client import ERROR_BYTES_MAX, Stability
from worker.providers.stability.requests import ENDPOINTS, Endpoint
from worker.watch import Watch

UPSCALING = replace(ORDER, operation=UPSCALE.name, model=FAST.name, inputs=(1,), params={})
GENERATION = "0123456789abcdef" * 4


async def paint(stability: Stability, of: Order = ORDER, picture: bytes | None = None) -> Painting:
    inputs = {} if picture is None else {Role.PICTURE: picture}
    painting = await stability.paint(job(of=of), inputs, Call())
    assert isinstance(painting, Painting)
    return painting


@pytest.mark.parametrize("model", PAINTERS)
async def test_every_model_on_offer_paints(stability: Stability, server: StabilityServer, model: str) -> None:
    painting = await paint(stability, order(model=model, width=512, height=512, seed=11))
    assert painting.content.startswith(b"\x89PNG")
    assert (painting.seed, server.calls[0].seed) == (11, 11)
    assert server.calls[0].model == model
    assert server.calls[0].billed == float(MODELS[model].credits)


@pytest.mark.parametrize("model", PAINTERS)
async def test_every_model_is_told_what_was_asked_for(
    stability: Stability, server: StabilityServer, model: str
) -> None:
    negative_prompt = "rain" if PAINTERS[model].takes_negative_prompt else None
    await paint(
        stability,
        order(model=model, width=512, height=512, seed=3, negative_prompt=negative_prompt, style="anime"),
    )
    call = server.calls[0]
    assert (call.prompt, call.negative_prompt, call.style) == (ORDER.prompt, negative_prompt or "", "anime")
    assert call.seed == 3


async def test_a_picture_is_upscaled(stability: Stability, server: StabilityServer) -> None:
    small = io.BytesIO()
    Image.new("RGB", (100, 60), "teal").save(small, "PNG")
    upscaled = await paint(stability, UPSCALING, small.getvalue())
    with Image.open(io.BytesIO(upscaled.content)) as image:
        assert (image.size, image.format) == ((400, 240), "PNG")
    assert server.calls[-1].billed == float(FAST.credits)


async def test_a_fault_of_the_upscaler_is_known_for_what_it_is(
    stability: Stability, server: StabilityServer
) -> None:
    for kind, code in (("500", FailureCode.UNAVAILABLE), ("refuse", FailureCode.REFUSED)):
        server.provoke(kind)
        picture = io.BytesIO()
        Image.new("RGB", (64, 64)).save(picture, "PNG")
        with pytest.raises(JobFailed) as raised:
            await paint(stability, UPSCALING, picture.getvalue())
        assert raised.value.code is code


async def test_without_a_seed_stability_chooses_and_tells(stability: Stability) -> None:
    painting = await paint(stability, order(seed=None))
    assert painting.seed is not None
    assert painting.request_id is not None


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("refuse", FailureCode.REFUSED),
        ("blur", FailureCode.FILTERED),
        ("language", FailureCode.LANGUAGE),
        ("429", FailureCode.RATE_LIMITED),
        ("500", FailureCode.UNAVAILABLE),
        ("unauthorized", FailureCode.BAD_KEY),
        ("payment", FailureCode.NO_CREDIT),
        ("half", FailureCode.UNAVAILABLE),
        ("reset", FailureCode.UNAVAILABLE),
        ("huge", FailureCode.BAD_PICTURE),
        ("moderation400", FailureCode.REFUSED),
        ("language400", FailureCode.LANGUAGE),
        ("permission", FailureCode.MODEL_GONE),
        ("408", FailureCode.UNAVAILABLE),
        ("425", FailureCode.UNAVAILABLE),
        ("error-reason", FailureCode.UNAVAILABLE),
        ("redirect", FailureCode.UNAVAILABLE),
        ("json-filtered", FailureCode.FILTERED),
    ],
)
@pytest.mark.parametrize("model", ["core", "stable-diffusion-v1-6"])
async def test_each_fault_is_known_for_what_it_is(
    stability: Stability, model: str, word: str, code: str
) -> None:
    with pytest.raises(JobFailed) as raised:
        await paint(stability, order(model=model, prompt=f"a fox [{word}]"))
    assert raised.value.code == code


@pytest.mark.parametrize("body", ["html", "json", "empty"])
@pytest.mark.parametrize("model", ["core", "stable-diffusion-v1-6"])
async def test_a_status_that_is_not_stabilitys_own_is_not_believed(
    stability: Stability, model: str, body: str
) -> None:
    codes = {
        FailureCode.BLOCKED: (400, 401, 402, 403, 404, 410, 413, 422),
        FailureCode.UNAVAILABLE: (408, 425, 429, 500, 502, 503),
        FailureCode.BAD_PICTURE: (200,),
    }
    for code, statuses in codes.items():
        for status in statuses:
            with pytest.raises(JobFailed) as raised:
                await paint(stability, order(model=model, prompt=f"a fox [{body}{status}]"))
            assert (status, raised.value.code) == (status, code)
            assert raised.value.failure.transient
            assert str(status) in raised.value.detail
            # Nobody asked for a pause, least of all of all workers.
            assert raised.value.retry_after_seconds is None


async def test_a_picture_in_json_is_paid_for_and_taken(stability: Stability, server: StabilityServer) -> None:
    for model in ("core", "stable-diffusion-v1-6"):
        painting = await paint(
            stability, order(model=model, prompt="a fox [json-picture]", width=512, height=512, seed=5)
        )
        assert painting.content.startswith(b"\x89PNG")
        assert (painting.seed, server.calls[-1].billed > 0) == (5, True)


async def test_a_redirect_is_not_followed_and_its_host_is_named() -> None:
    """The prompt and the key would go there."""
    arrived: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        arrived.append(request.path)
        return web.Response(body=b"\x89PNG")

    async with serving(answer) as elsewhere:

        async def lead_away(request: web.Request) -> web.Response:
            status = 301 + len(failures) if len(failures) < 3 else 308
            return web.Response(status=status, headers={"Location": f"{elsewhere}{request.path}?secret=1"})

        failures: list[JobFailed] = []
        async with (
            serving(lead_away) as url,
            Stability(host=url, key="sk", timeout_seconds=5) as stability,
        ):
            for call in (paint(stability), paint(stability, UPSCALING, b""), stability.balance(),
                         paint(stability, order(model="stable-diffusion-v1-6"))):  # fmt: skip
                with pytest.raises(JobFailed) as raised:
                    await call
                failures.append(raised.value)
    assert arrived == []
    for failure in failures:
        assert failure.code is FailureCode.UNAVAILABLE
        assert "127.0.0.1" in failure.detail
        assert "secret" not in failure.detail


async def test_what_is_no_balance_is_an_error_that_has_a_name() -> None:
    texts = ["", "<html>", "[]", '{"credits": null}', '{"credits": "many"}', '{"credits": NaN}', "[" * 60_000]
    answers = [web.Response(text=text) for text in texts]
    answers.append(web.Response(status=307, headers={"Location": "http://elsewhere.example/"}))

    async def tell(_request: web.Request) -> web.Response:
        return answers.pop(0)

    async with serving(tell) as url, Stability(host=url, key="sk", timeout_seconds=5) as stability:
        while answers:
            with pytest.raises(JobFailed) as raised:
                await stability.balance()
            assert raised.value.code is FailureCode.UNAVAILABLE
    assert "elsewhere.example" in raised.value.detail


@pytest.mark.parametrize(
    "body",
    [
        '{"finish_reason": "CONTENT_FILTERED", "seed": 1}',
        ' {"image": null, "finishReason": "content_filtered"}',
        '{"artifacts": [{"base64": "", "finishReason": "CONTENT_FILTERED", "seed": 1}]}',
        '{"result": {"status": "CONTENT_FILTERED"}}',
    ],
)
async def test_json_that_says_filtered_is_billed(body: str) -> None:
    async def filter_(_request: web.Request) -> web.Response:
        return web.Response(text=body, content_type="image/png")

    async with serving(filter_) as url, Stability(host=url, key="sk", timeout_seconds=5) as stability:
        with pytest.raises(JobFailed) as raised:
            await paint(stability)
    assert raised.value.code is FailureCode.FILTERED


PNG = base64.b64encode(b"\x89PNG\r\n" + bytes(range(200))).decode()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, json.dumps({"image": f"data:image/png;base64,{PNG}"})),
        (200, json.dumps({"image": "\n".join(PNG[at : at + 76] for at in range(0, len(PNG), 76))})),
        (200, "\ufeff" + json.dumps([{"base64": PNG, "finishReason": "SUCCESS"}])),
        (201, json.dumps({"artifacts": [{"base64": PNG}]})),
        (203, b"\x89PNG\r\n"),
    ],
)
async def test_a_picture_that_was_paid_for_is_taken_however_it_comes(status: int, body: str | bytes) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, body=body, content_type="application/json")

    async with serving(answer) as url, Stability(host=url, key="sk", timeout_seconds=5) as stability:
        painting = await paint(stability)
    assert painting.content.startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (401, {"name": "content_moderation", "errors": ["no"]}, FailureCode.REFUSED),
        (402, {"name": "content_policy_violation", "errors": ["no"]}, FailureCode.REFUSED),
        (429, {"name": "moderation", "errors": ["no"]}, FailureCode.REFUSED),
        (451, {"name": "content_moderation", "errors": []}, FailureCode.REFUSED),
        (401, {"name": "public_figure", "errors": ["no"]}, FailureCode.PUBLIC_FIGURE),
        # The text alone says nothing where it is not about the prompt.
        (402, {"name": "unnamed", "errors": ["See our content policy"]}, FailureCode.NO_CREDIT),
        (500, {"name": "content_moderation", "errors": ["no"]}, FailureCode.UNAVAILABLE),
    ],
)
async def test_a_name_of_moderation_is_about_the_prompt_whatever_the_status(
    status: int, error: dict[str, object], code: FailureCode
) -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.json_response({"id": "1", **error}, status=status)

    async with serving(refuse) as url, Stability(host=url, key="sk", timeout_seconds=5) as stability:
        with pytest.raises(JobFailed) as raised:
            await paint(stability)
    assert raised.value.code is code


@pytest.mark.parametrize(
    ("status", "name", "errors", "code"),
    [
        (422, "invalid_language", ["English is the only supported language"], FailureCode.LANGUAGE),
        (422, "public_figure", ["no"], FailureCode.PUBLIC_FIGURE),
        (422, "unprocessable", ["no"], FailureCode.REJECTED),
        (413, "payload_too_large", ["the body exceeds 10 MiB"], FailureCode.INPUT_TOO_LARGE),
        (400, "bad_request", ["mask: is not a valid image"], FailureCode.INPUT_REFUSED),
        (400, "bad_request", ["init_image: its ratio", "style_image: its area"], FailureCode.INPUT_REFUSED),
        (400, "bad_request", ["image: is not a valid image", "strength: required"], FailureCode.BAD_REQUEST),
        (400, "bad_request", ["image: was flagged by our content moderation"], FailureCode.REFUSED),
        (400, "bad_request", ["images are not taken"], FailureCode.BAD_REQUEST),
    ],
)
async def test_each_name_of_an_error_has_words_of_its_own(
    status: int, name: str, errors: list[str], code: FailureCode
) -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.json_response({"id": "1", "name": name, "errors": errors}, status=status)

    async with serving(refuse) as url, Stability(host=url, key="sk", timeout_seconds=5) as stability:
        with pytest.raises(JobFailed) as raised:
            await paint(stability)
    assert (raised.value.code, raised.value.outcome) == (code, Outcome.FREE)


async def test_what_is_answered_later_is_known_by_its_id() -> None:
    texts = [
        json.dumps({"id": GENERATION}),
        json.dumps({"id": GENERATION[:60] + "/../"}),
        json.dumps({"id": "1"}),
    ]
    # An error is none, whatever its status.
    texts.append(json.dumps({"id": GENERATION, "name": "internal_error", "errors": ["no"]}))
    answers = [web.Response(text=text, content_type="application/json") for text in texts]

    async def tell(_request: web.Request) -> web.Response:
        return answers.pop(0)

    relit = job(of=replace(ORDER, operation=RELIGHT.name, model=next(iter(RELIGHT.models)), params={}))
    async with serving(tell) as url, Stability(host=url, key="sk", timeout_seconds=5) as stability:
        assert await stability.paint(relit, {Role.PICTURE: b""}, Call()) == Begun(GENERATION)
        while answers:
            with pytest.raises(JobFailed) as raised:
                await stability.paint(relit, {Role.PICTURE: b""}, Call())
            assert (raised.value.code, raised.value.outcome) == (FailureCode.BAD_PICTURE, Outcome.UNKNOWN)


BEGUN = replace(JOB, generation=GENERATION, holder=b"\x01\xff")


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (404, "generation_not_found", FailureCode.GENERATION_GONE),
        (403, "content_moderation", FailureCode.REFUSED),
        (401, "unauthorized", FailureCode.BAD_KEY),
        (429, "rate_limit_exceeded", FailureCode.RATE_LIMITED),
        (500, "internal_error", FailureCode.UNAVAILABLE),
        (404, "<html>", FailureCode.BLOCKED),
        (404, "", FailureCode.BLOCKED),
        (502, "", FailureCode.UNAVAILABLE),
        (200, "<html>", FailureCode.BAD_PICTURE),
    ],
)
async def test_what_is_said_of_a_generation_means_what_it_says_and_is_never_known_to_be_free(
    status: int, body: str, code: FailureCode
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        if body.isidentifier():
            return web.json_response({"id": "1", "name": body, "errors": ["no"]}, status=status)
        return web.Response(text=body, status=status, content_type="text/html")

    async with serving(answer) as url, Stability(host=url, key="sk", timeout_seconds=5) as stability:
        with pytest.raises(JobFailed) as raised:
            await stability.collect(BEGUN, Call())
    assert (raised.value.code, raised.value.outcome) == (code, Outcome.UNKNOWN)


async def test_a_generation_is_waited_for_until_it_is_there() -> None:
    asked: list[web.Request] = []
    answers = [
        web.json_response({"id": GENERATION, "status": "in-progress"}, status=202),
        web.json_response({"id": GENERATION, "status": "in-progress"}),
        web.Response(body=b"\x89PNG", headers={"seed": "7", "x-request-id": "r", "finish-reason": "SUCCESS"}),
        web.Response(body=b"\x89PNG", headers={"finish-reason": "CONTENT_FILTERED"}),
        web.Response(body=b"\x89PNG", headers={"finish-reason": "ERROR"}),
        web.json_response({"finish_reason": "ERROR"}),
    ]

    async def answer(request: web.Request) -> web.Response:
        asked.append(request)
        return answers.pop(0)

    async with serving(answer) as url, Stability(host=url, key="sk", timeout_seconds=5) as stability:
        call = Call()
        assert [await stability.collect(BEGUN, call) for _ in range(3)] == [
            None,
            None,
            Painting(b"\x89PNG", 7, "r"),
        ]
        failures = []
        while answers:
            with pytest.raises(JobFailed) as raised:
                await stability.collect(BEGUN, call)
            failures.append((raised.value.code, raised.value.outcome))
    gone = (FailureCode.GENERATION_GONE, Outcome.UNKNOWN)
    assert failures == [(FailureCode.FILTERED, Outcome.BILLED), gone, gone]
    assert {(request.method, request.path) for request in asked} == {("GET", f"/v2beta/results/{GENERATION}")}
    # The vendor is told for whom, in a way that is nobody's name.
    assert {request.headers["stability-client-user-id"] for request in asked} == {"01ff"}


async def test_a_generation_that_cannot_be_asked_after_may_be_billed_all_the_same() -> None:
    async with Stability(host="http://127.0.0.1:1", key="sk", timeout_seconds=5) as nobody:
        with pytest.raises(JobFailed) as raised:
            await nobody.collect(BEGUN, Call())
    assert (raised.value.code, raised.value.outcome) == (FailureCode.UNAVAILABLE, Outcome.UNKNOWN)


async def test_of_two_finish_reasons_one_that_is_no_success_counts() -> None:
    async def filter_(_request: web.Request) -> web.Response:
        answer = web.Response(body=b"\x89PNG", headers={"finish-reason": "SUCCESS"})
        answer.headers.add("finish-reason", "content_filtered")
        return answer

    async with serving(filter_) as url, Stability(host=url, key="sk", timeout_seconds=5) as stability:
        with pytest.raises(JobFailed) as raised:
            await paint(stability)
    assert raised.value.code is FailureCode.FILTERED


async def test_whether_the_key_is_good_is_told_by_stabilitys_own_words_alone(
    pool: Pool, stability: Stability, server: StabilityServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def takes_key(stability: Stability) -> bool | None:
        return await Watch(worker(pool), Alarms(pool), stability).takes_key()

    assert await takes_key(stability) is True
    server.key = "sk-another"
    assert await takes_key(stability) is False

    async def block(_request: web.Request) -> web.Response:
        return web.Response(status=401, text="<html>Who are you?</html>")

    async def redirect(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "https://elsewhere.example/?secret=1"})

    for answer in (block, redirect):
        async with (
            serving(answer) as url,
            Stability(host=url, key="sk", timeout_seconds=5) as elsewhere,
        ):
            assert await takes_key(elsewhere) is None
    assert "redirects to elsewhere.example" in caplog.text
    assert "secret" not in caplog.text


async def test_a_pause_that_is_asked_for_is_kept(stability: Stability) -> None:
    with pytest.raises(JobFailed) as raised:
        await paint(stability, order(prompt="a fox [429]"))
    assert raised.value.retry_after_seconds == 7


async def test_a_hanging_call_ends_at_its_time_out(server: StabilityServer) -> None:
    async with Stability(host=server.url, key=server.key, timeout_seconds=0.2) as stability:
        with pytest.raises(JobFailed) as raised:
            await paint(stability, order(prompt="a fox [hang]"))
    assert raised.value.code is FailureCode.UNAVAILABLE
    assert raised.value.detail == "TimeoutError: no answer in time"


async def test_a_server_that_is_away_is_unavailable(server: StabilityServer) -> None:
    url = server.url
    await server.stop()
    async with Stability(host=url, key=server.key, timeout_seconds=5) as stability:
        with pytest.raises(JobFailed) as raised:
            await paint(stability)
    assert raised.value.code is FailureCode.UNAVAILABLE


@pytest.mark.parametrize("model", ["core", "stable-diffusion-v1-6"])
async def test_the_key_is_kept_out_of_what_is_logged(server: StabilityServer, model: str) -> None:
    async with Stability(host=server.url, key="sk-very-secret", timeout_seconds=5) as stability:
        with pytest.raises(JobFailed) as raised:
            await paint(stability, order(model=model))
    assert raised.value.code is FailureCode.BAD_KEY
    assert "sk-very-secret" not in str(raised.value)


async def test_an_error_without_an_end_is_nobodys_own() -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.Response(status=401, body=b'{"id": "1", "name": "unauthorized"' + bytes(ERROR_BYTES_MAX))

    async with serving(refuse) as url, Stability(host=url, key="sk", timeout_seconds=5) as stability:
        with pytest.raises(JobFailed) as raised:
            await paint(stability)
    assert raised.value.code is FailureCode.BLOCKED


async def test_an_engine_that_is_gone_is_said_so(
    stability: Stability, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Endpoint("/v1/generation/stable-diffusion-v0/text-to-image")
    monkeypatch.setitem(ENDPOINTS, ("imagine", "stable-diffusion-v1-6"), gone)
    with pytest.raises(JobFailed) as raised:
        await paint(stability, order(model="stable-diffusion-v1-6"))
    assert (raised.value.code, raised.value.outcome) == (FailureCode.MODEL_GONE, Outcome.FREE)


@pytest.mark.parametrize("id_", ["id-1", "\xff id\t-1", "x" * 5000])
async def test_the_providers_id_is_one_that_can_be_stored(id_: str) -> None:
    """A picture is not lost over a header that Postgres does not take."""

    async def answer(request: web.Request) -> web.Response:
        status = 200 if "ultra" in request.path else 500
        return web.Response(status=status, body=b"\x89PNG", headers={"x-request-id": id_})

    async with serving(answer) as url, Stability(host=url, key="sk", timeout_seconds=5) as stability:
        painting = await paint(stability, order(model="ultra"))
        with pytest.raises(JobFailed) as raised:
            await paint(stability)
    for found in (painting.request_id, raised.value.request_id):
        assert found in ("id-1", "x" * 100)


async def test_a_call_is_known_as_sent_when_it_is_on_its_way_and_not_before(
    stability: Stability,
) -> None:
    call = Call()
    await stability.paint(job(of=order(width=256, height=256)), {}, call)
    assert call.outcome is Outcome.UNKNOWN
    call = Call()
    async with Stability(host="http://127.0.0.1:1", key="sk", timeout_seconds=5) as nobody:
        with pytest.raises(JobFailed) as raised:
            await nobody.paint(JOB, {}, call)
    assert (call.outcome, raised.value.outcome) == (Outcome.FREE, Outcome.FREE)


def test_every_operation_of_every_model_of_stabilitys_has_an_address() -> None:
    assert ENDPOINTS.keys() == {
        (operation.name, model.name)
        for operation in OPERATIONS.values()
        for model in operation.models.values()
        if model.provider == "stability"
    }
