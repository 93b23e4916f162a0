"""`python -m worker contract` against the local Stability, which looks at the fields before the key as well."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from aiohttp import web

from sandbox.stability import StabilityServer
from tests.integration.worker.serving import serving
from worker.contract import check_contracts
from worker.providers.stability.requests import ENDPOINTS
from worker.settings import WorkerSettings

Print = Callable[[], list[str]]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Print:
    return lambda: capsys.readouterr().out.splitlines()


async def check(url: str) -> int:
    settings = WorkerSettings.model_validate(
        {
            "database_url": "postgresql://nobody@127.0.0.1:1/none",
            "bucket_name": "none",
            "aws_endpoint_url_s3": "http://127.0.0.1:1",
            "aws_access_key_id": "none",
            "aws_secret_access_key": "none",
            "stability_api_host": url,
            "stability_api_key": "sk-real",
            # It does not wait between them; the local Stability takes so many.
            "stability_requests_per_10_seconds": 10_000,
        }
    )
    return await asyncio.to_thread(check_contracts, settings)


async def test_every_request_is_right_and_none_is_paid_for(server: StabilityServer, printed: Print) -> None:
    assert await check(server.url) == 0
    about, *rows, sums = printed()
    assert server.url in about
    assert {row.split()[0] for row in rows} == {"right", "skipped"}
    assert [row for row in rows if row.startswith("right   vary sd3.5-flash highest")] == [
        "right   vary sd3.5-flash highest /v2beta/stable-image/generate/sd3: the fields pass "
        "(401 unauthorized: Incorrect API key provided: [key])"
    ]
    # Three of each, but of what is asked for its key first.
    v1 = sum(endpoint.is_v1 for endpoint in ENDPOINTS.values())
    assert sums == f"{3 * (len(ENDPOINTS) - v1)} right, {v1} skipped"
    assert not server.calls


async def test_a_field_that_is_wrong_is_named(
    server: StabilityServer, printed: Print, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = ENDPOINTS["vary", "ultra"]
    spoiled = replace(right, fields={**right.fields, "strength": "strenght"})
    monkeypatch.setitem(ENDPOINTS, ("vary", "ultra"), spoiled)
    assert await check(server.url) == 1
    wrong = [row for row in printed() if row.startswith("wrong")]
    assert [row.split()[1:4] for row in wrong] == [
        ["vary", "ultra", one] for one in ("least", "lowest", "highest")
    ]
    assert all("strength: required" in row for row in wrong)


async def test_what_is_not_stabilitys_own_proves_nothing(
    printed: Print, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [
        web.Response(status=401, text="<html>"),
        web.Response(body=b"\x89PNG"),
        web.Response(status=503),
    ]
    keys = set()

    async def answer(request: web.Request) -> web.Response:
        keys.add(request.headers["Authorization"])
        return answers.pop(0)

    for names in list(ENDPOINTS):
        if names != ("imagine", "core"):
            monkeypatch.delitem(ENDPOINTS, names)
    async with serving(answer) as url:
        assert await check(url) == 1
    assert [row.split()[0] for row in printed()[1:-1]] == ["unclear"] * 3
    assert not any("sk-real" in key for key in keys)
