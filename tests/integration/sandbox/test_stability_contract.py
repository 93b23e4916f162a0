"""The local Stability takes and refuses what the vendor's document of v2beta does, and answers in its forms.

Parameters are checked before the key, so that a form which is right answers 401 to a wrong key, and nothing is painted.
"""

import io
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import aiohttp
import pytest
from PIL import Image

from sandbox.stability import StabilityServer
from sandbox.stability import server as module
from sandbox.stability.v2beta.fields import Choice
from sandbox.stability.v2beta.operations import OPERATIONS
from tests.specs import STABILITY_V2BETA, spec
from tests.stability_contract import PICTURE, PREFIX, Form, Part, StabilityContract

Size = tuple[int, int]

RESULTS = ("/v2beta/results/{id}", PREFIX + "upscale/creative/result/{id}")
OUT_OF_REACH = {("control/style-transfer", "init_image", "side_max")}
"""A side of 16383 has more pixels than are taken, in any ratio that is."""


@pytest.fixture(scope="module")
def contract() -> StabilityContract:
    return StabilityContract(spec(STABILITY_V2BETA))


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RATE_LIMIT_CALLS", 100_000)


@pytest.fixture
async def server() -> AsyncIterator[StabilityServer]:
    server = StabilityServer(latency_seconds=0)
    await server.start()
    yield server
    await server.stop()


@asynccontextmanager
async def client(server: StabilityServer, key: str) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {key}", "Accept": "image/*"}
    async with aiohttp.ClientSession(server.url, headers=headers) as session:
        yield session


@cache
def drawn(size: Size, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    # One bit a pixel, where the format has that.
    Image.new("1" if kind == "PNG" else "L", size, 1).save(buffer, kind)
    return buffer.getvalue()


def multipart(form: Mapping[str, str | bytes]) -> aiohttp.FormData:
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in form.items():
        if isinstance(value, bytes):
            content = drawn((64, 64)) if value == PICTURE else value
            data.add_field(name, io.BytesIO(content), filename=name, content_type="image/png")
        else:
            data.add_field(name, value)
    return data


async def verdict(session: aiohttp.ClientSession, path: str, form: Form) -> list[str] | None:
    """What is wrong with a form that came with a wrong key; None if nothing is."""
    async with session.post(PREFIX + path, data=multipart(form)) as response:
        assert response.status in (400, 401), (path, response.status)
        errors: list[str] = (await response.json())["errors"]
        return errors if response.status == 400 else None


def right_form(
    contract: StabilityContract, path: str, **changes: str | bytes
) -> dict[str, str | bytes] | None:
    forms = ({**form, **changes} for form in contract.combinations(path))
    return next((form for form in forms if not contract.problems_of_form(path, form)), None)


def good_and_bad(part: Part, path: str) -> Iterator[tuple[str | bytes, bool]]:
    yield from ((value, True) for value in part.samples())
    yield from ((value, False) for value in part.spoiled())
    yield from ((drawn(size), is_good) for size, is_good in sizes(part, path))
    if part.is_file:
        yield from ((drawn((64, 64), kind.upper()), True) for kind in part.schema.get("x-input-formats", ()))
        yield from ((content, False) for content in (b"no picture", drawn((64, 64))[:50]))
        if "x-input-formats" in part.schema:
            yield drawn((64, 64), "GIF"), False


def sizes(part: Part, path: str) -> Iterator[tuple[Size, bool]]:
    """Pictures at a bound and beyond it, as far as no other bound is in the way."""
    limits = {
        name: bound for name, bound in part.limits.items() if (path, part.name, name) not in OUT_OF_REACH
    }
    if "side_min" in limits:
        least = int(limits["side_min"])
        yield from (((least, least), True), ((least * 2, least - 1), False), ((least - 1, least * 2), False))
    if "side_max" in limits:
        most = int(limits["side_max"])
        yield from (((most, 64), True), ((64, most), True), ((most + 1, 64), False), ((64, most + 1), False))
    if "pixels_max" in limits:
        side = round(limits["pixels_max"] ** 0.5)
        assert side**2 == limits["pixels_max"]
        yield from (((side, side), True), ((side, side + 1), False))
    if "ratio_max" in limits:
        assert (limits["ratio_min"], limits["ratio_max"]) == (0.4, 2.5)
        yield from (((160, 64), True), ((64, 160), True), ((161, 64), False), ((64, 161), False))


def test_each_endpoint_is_there_with_its_fields_and_prices(contract: StabilityContract) -> None:
    assert set(OPERATIONS) == set(contract.paths)
    for path, operation in OPERATIONS.items():
        assert {one.name for one in operation.fields} == {part.name for part in contract.parts(path)}
        price = contract.credits(path)
        assert dict(operation.credits) == (
            price if isinstance(price, dict) else {path.partition("/")[2]: price}
        )
        assert operation.is_answered_later == contract.is_answered_later(path)


def test_what_is_not_given_is_what_the_document_presets(contract: StabilityContract) -> None:
    for path, operation in OPERATIONS.items():
        stated = {
            part.name: part.schema["default"] for part in contract.parts(path) if "default" in part.schema
        }
        presets = {one.name: getattr(one, "preset", None) for one in operation.fields}
        assert {name: preset for name, preset in presets.items() if preset is not None} == stated, path


def test_a_choice_is_among_what_the_document_lists(contract: StabilityContract) -> None:
    for path, operation in OPERATIONS.items():
        listed = {
            part.name: set(part.schema["enum"]) for part in contract.parts(path) if "enum" in part.schema
        }
        taken = {one.name: set(one.allowed) for one in operation.fields if isinstance(one, Choice)}
        assert taken == listed, path


@pytest.mark.parametrize("path", OPERATIONS)
async def test_a_field_is_taken_at_its_bounds_and_refused_by_name_beyond_them(
    contract: StabilityContract, server: StabilityServer, path: str
) -> None:
    wrong = []
    async with client(server, "dummy") as session:
        for part in contract.parts(path):
            base = right_form(contract, path, **{part.name: part.samples()[-1]})
            for value, is_good in good_and_bad(part, path):
                form = right_form(contract, path, **{part.name: value}) if is_good else base
                assert form is not None, (part.name, value)
                errors = await verdict(session, path, {**form, part.name: value})
                is_named = errors is not None and any(line.startswith(f"{part.name}: ") for line in errors)
                if (errors is not None) if is_good else not is_named:
                    wrong.append((part.name, value[:40], is_good, errors))
            if part.required:
                without = {name: value for name, value in (base or {}).items() if name != part.name}
                assert f"{part.name}: required" in (await verdict(session, path, without) or ())
    assert wrong == []


@pytest.mark.parametrize("path", OPERATIONS)
async def test_conditions_between_fields_are_those_of_the_document(
    contract: StabilityContract, server: StabilityServer, path: str
) -> None:
    async with client(server, "dummy") as session:
        for form in contract.combinations(path):
            is_right = not contract.problems_of_form(path, form)
            errors = await verdict(session, path, form)
            assert (errors is None) == is_right, (form, errors)


async def test_all_that_is_wrong_is_said_at_once(server: StabilityServer) -> None:
    form: Form = {"grow_mask": "21", "seed": "-1", "mask": PICTURE, "none": "", "output_format": "gif"}
    async with client(server, "dummy") as session:
        errors = await verdict(session, "edit/erase", form)
    assert {line.partition(":")[0] for line in errors or ()} == {
        "image",
        "grow_mask",
        "seed",
        "output_format",
    }


async def test_headers_have_bounds_too(server: StabilityServer) -> None:
    path = PREFIX + "generate/core"
    async with client(server, "dummy") as session:
        for name in ("stability-client-id", "stability-client-user-id", "stability-client-version"):
            for length, status in ((256, 401), (257, 400)):
                headers = {name: "x" * length}
                async with session.post(path, data=multipart({"prompt": "x"}), headers=headers) as response:
                    assert response.status == status


@pytest.mark.parametrize(
    ("path", "accept"),
    [(path, "image/*") for path in OPERATIONS]
    + [(path, "application/json") for path in ("edit/remove-background", "upscale/creative")],
)
async def test_each_answer_is_in_the_documents_form(
    contract: StabilityContract, server: StabilityServer, path: str, accept: str
) -> None:
    form = right_form(contract, path, output_format="webp")
    async with client(server, server.key) as session:
        async with session.post(
            PREFIX + path, data=multipart(form or {}), headers={"Accept": accept}
        ) as response:
            body = await content_of(response)
            assert (
                contract.problems_of_answer("post", PREFIX + path, response.status, response.headers, body)
                == []
            )
        if not contract.is_answered_later(path):
            return
        for template in RESULTS[: 2 if "creative" in path else 1]:
            server.latency_seconds = 1e9
            await check_result(contract, session, template, body["id"], accept, 202)
            server.latency_seconds = 0
            await check_result(contract, session, template, body["id"], accept, 200)


async def check_result(
    contract: StabilityContract,
    session: aiohttp.ClientSession,
    template: str,
    id_: str,
    accept: str,
    status: int,
) -> None:
    # One of the two lists `image/*`, and the other `*/*`.
    accept = "*/*" if accept == "image/*" and template == RESULTS[0] else accept
    async with session.get(template.format(id=id_), headers={"Accept": accept}) as response:
        body = await content_of(response)
        assert response.status == status
        assert contract.problems_of_answer("get", template, status, response.headers, body) == []


async def content_of(response: aiohttp.ClientResponse) -> Any:
    is_json = response.headers["Content-Type"].startswith("application/json")
    return await response.json(content_type=None) if is_json else await response.read()


@pytest.mark.parametrize("kind", ["refuse", "public-figure", "language", "429", "500", "moderation400"])
async def test_each_refusal_is_in_the_documents_form(
    contract: StabilityContract, server: StabilityServer, kind: str
) -> None:
    path = "edit/search-and-replace"
    server.provoke(kind)
    async with client(server, server.key) as session:
        form = right_form(contract, path)
        async with session.post(PREFIX + path, data=multipart(form or {})) as response:
            body = await content_of(response)
    assert contract.problems_of_answer("post", PREFIX + path, response.status, response.headers, body) == []


@pytest.mark.parametrize("template", RESULTS)
async def test_what_is_no_generation_is_refused_in_the_documents_form(
    contract: StabilityContract, server: StabilityServer, template: str
) -> None:
    async with client(server, server.key) as session:
        await check_result(contract, session, template, "a" * 64, "application/json", 404)
        await check_result(contract, session, template, "a" * 63, "application/json", 400)


async def test_more_than_ten_mebibytes_are_too_large(
    contract: StabilityContract, server: StabilityServer
) -> None:
    path = "edit/erase"
    form: Form = {"image": bytes(10 * 1024 * 1024)}
    async with (
        client(server, "dummy") as session,
        session.post(PREFIX + path, data=multipart(form)) as response,
    ):
        body = await content_of(response)
    assert response.status == 413
    assert contract.problems_of_answer("post", PREFIX + path, 413, response.headers, body) == []
