"""What the doctor says about Postgres, the clock and what is paused."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from aiohttp import web

from core.settings import BucketSettings, DatabaseSettings
from db.alarms import AlarmCode, Alarms
from db.bucket.client import Bucket, open_bucket
from db.listen import listen
from db.pool import Pool, open_pool
from db.rate_limits import RateLimit
from ops.checks import Check, Finding, run_checks
from ops.storage_checks import StorageChecks
from tests.conditions import until
from tests.front import front
from tests.pgbouncer import needs_pgbouncer, pgbouncer
from tests.second_s3 import Refusal, count_versions


async def findings(settings: DatabaseSettings, pool: Pool, bucket: Bucket) -> list[Finding]:
    return await run_checks(StorageChecks(settings, pool, bucket).all(), settings)


async def lines(pool: Pool, bucket: Bucket) -> Sequence[str]:
    return [finding.line for finding in await findings(pool.settings, pool, bucket)]


async def line(pool: Pool, bucket: Bucket, name: str) -> str:
    (found,) = [line for line in await lines(pool, bucket) if line.split()[1] == f"{name}:"]
    return found


async def test_what_is_paused_and_what_only_the_owner_can_mend_is_no_health(
    pool: Pool, bucket: Bucket
) -> None:
    assert await line(pool, bucket, "alarms") == "ok    alarms: none"
    alarms, limit = Alarms(pool), RateLimit(pool, requests=10)
    await limit.provide()
    await alarms.raise_(AlarmCode.NO_CREDIT, "402", provider="stability", pause_seconds=60)
    await alarms.raise_(AlarmCode.MODEL_GONE, "404", provider="stability", model="core")
    # That the owner was told changes nothing about it.
    await alarms.claim_untold()
    await limit.pause(90)
    found = await line(pool, bucket, "alarms")
    assert found.startswith("WRONG alarms: 3 open. The account with Stability has run out of credits.")
    assert "Stability offers the model core no longer" in found
    assert "Stability asked for a pause, which ends by itself in " in found


async def test_workers_are_known_whatever_a_pooler_calls_their_connections(
    database_url: str, pool: Pool, bucket: Bucket
) -> None:
    connection = await asyncpg.connect(
        database_url, server_settings={"application_name": "tigerbrush-worker"}
    )
    assert (await line(pool, bucket, "workers")).startswith("WRONG workers: none")
    await connection.close()
    worker = asyncio.create_task(listen(database_url, {}, is_worker=True))
    bot = asyncio.create_task(listen(database_url, {}))

    async def look() -> str:
        return await line(pool, bucket, "workers")

    assert await until(look, lambda found: found.startswith("ok"))
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    await until(look, lambda found: found.startswith("WRONG"))
    bot.cancel()
    await asyncio.gather(bot, return_exceptions=True)


async def test_too_few_connections_are_named(database_url: str, pool: Pool, bucket: Bucket) -> None:
    await pool.execute("drop role if exists few; create role few login connection limit 3")
    settings = DatabaseSettings.model_validate({"database_url": database_url.replace("postgres:@", "few:@")})
    async with open_pool(settings, name="test") as few:
        found = await line(few, bucket, "connections")
    assert found.startswith(
        "WRONG connections: only 2 of DATABASE_POOL_SIZE (8) are served at once: too many"
    )


async def test_what_refuses_the_url_is_said_with_what_to_do(
    database_url: str, pool: Pool, bucket: Bucket
) -> None:
    url = database_url.replace("postgres:@", "nobody:secret-word@")
    settings = DatabaseSettings.model_validate({"database_url": url})
    found = await findings(settings, pool, bucket)
    assert found[0].line.startswith('WRONG Postgres: DATABASE_URL Postgres refuses it (role "nobody"')


@needs_pgbouncer
async def test_a_transaction_pooler_is_named(database_url: str, bucket: Bucket) -> None:
    async with pgbouncer(database_url, "transaction") as one:
        url = one.url
        settings = DatabaseSettings.model_validate({"database_url": url})
        async with open_pool(settings, name="test") as pool:
            found = await line(pool, bucket, "Postgres")
        expected = (
            "WRONG Postgres: DATABASE_LISTEN_URL is not set, and DATABASE_URL leads to a transaction pooler."
        )
        assert found.startswith(expected)
        both = DatabaseSettings.model_validate({"database_url": url, "database_listen_url": database_url})
        async with open_pool(both, name="test") as pool:
            wrong = [one for one in await lines(pool, bucket) if one.startswith("WRONG")]
        assert [one.split(":")[0] for one in wrong] == ["WRONG workers"]


async def test_the_clock_is_compared_with_that_of_the_service_that_stores(
    pool: Pool, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        late = datetime.now(UTC) - timedelta(hours=1)
        return web.Response(status=403, headers={"Date": late.strftime("%a, %d %b %Y %H:%M:%S GMT")})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setattr(Bucket, "endpoint", f"http://127.0.0.1:{runner.addresses[0][1]}")
    found = await line(pool, bucket, "clock")
    await runner.cleanup()
    assert found.startswith("WRONG clock: 36"), found
    assert "seconds ahead of the bucket's" in found


def _settings(environment: dict[str, str], **changes: str) -> BucketSettings:
    values = {name.lower(): value for name, value in environment.items()}
    return BucketSettings.model_validate({**values, **changes})


WRITING, ALL = ("PUT",), ("PUT", "GET", "DELETE")
REFUSALS = [
    (ALL, 404, "NoSuchBucket", "BUCKET_NAME is tigerbrush: is it right, and does that bucket exist at http"),
    (ALL, 403, "InvalidAccessKeyId", "Set AWS_ACCESS_KEY_ID to a key that http"),
    (ALL, 403, "SignatureDoesNotMatch", "Set AWS_SECRET_ACCESS_KEY anew"),
    (("GET",), 403, "AccessDenied", "Let the key read, write, list and delete in tigerbrush: s3"),
    (("LIST",), 403, "AccessDenied", "Let the key read, write, list and delete in tigerbrush: s3"),
    (
        ("DELETE",),
        403,
        "AccessDenied",
        "Let the key read, write, list and delete in tigerbrush: s3",
    ),
    (ALL, 403, "RequestTimeTooSkewed", "Set this machine's clock by NTP"),
    (ALL, 400, "AuthorizationHeaderMalformed", "AWS_REGION is auto, and AWS_ENDPOINT_URL_S3 is http"),
    (ALL, 301, "PermanentRedirect", "AWS_REGION is auto, and AWS_ENDPOINT_URL_S3 is http"),
    (WRITING, 403, "QuotaExceeded", "See to the account with the service"),
    (WRITING, 400, "SomethingElse", "Are the five variables that `fly storage create` sets"),
    (ALL, 404, "", "Does AWS_ENDPOINT_URL_S3 (http"),
]


@pytest.mark.parametrize(("methods", "status", "code", "remedy"), REFUSALS)
async def test_a_buckets_refusal_comes_with_what_to_do(
    pool: Pool,
    bucket_environment: dict[str, str],
    methods: tuple[str, ...],
    status: int,
    code: str,
    remedy: str,
) -> None:
    async with front(bucket_environment["AWS_ENDPOINT_URL_S3"]) as one:

        async def answer(request: web.Request) -> web.Response | None:
            method = "LIST" if "list-type" in request.query else request.method
            if method not in methods:
                return None
            text = f"<Error><Code>{code}</Code><Message>So it is.</Message></Error>" if code else ""
            return web.Response(status=status, text=text, content_type="application/xml")

        one.answer = answer
        async with open_bucket(_settings(bucket_environment, aws_endpoint_url_s3=one.url)) as bucket:
            found = await line(pool, bucket, "bucket")
    assert found.startswith("WRONG bucket: cannot be used: ")
    assert (f"{code}: So it is. {remedy}" if code else f"as S3 does. {remedy}") in found


@pytest.mark.parametrize(
    ("endpoint", "remedy"),
    [
        ("http://127.0.0.1:1", "Is AWS_ENDPOINT_URL_S3 (http://127.0.0.1:1) right, and reached from here?"),
        ("https://{host}", "begin with https: where the server speaks http: alone?"),
    ],
)
async def test_a_bucket_that_is_not_reached_comes_with_what_to_do(
    pool: Pool, bucket_environment: dict[str, str], endpoint: str, remedy: str
) -> None:
    host = bucket_environment["AWS_ENDPOINT_URL_S3"].removeprefix("http://")
    settings = _settings(bucket_environment, aws_endpoint_url_s3=endpoint.format(host=host))
    async with open_bucket(settings) as bucket:
        assert remedy in await line(pool, bucket, "bucket")


async def test_a_bucket_that_keeps_old_versions_is_named(
    pool: Pool, versioned_environment: dict[str, str]
) -> None:
    async with open_bucket(_settings(versioned_environment)) as bucket:
        assert (await line(pool, bucket, "bucket")).startswith(
            "ok    bucket: can be written and read, and keeps old versions, which are removed with"
        )
    assert await count_versions(versioned_environment, marks=True) == 0
    async with front(versioned_environment["AWS_ENDPOINT_URL_S3"]) as one:
        one.answer = Refusal(lets=False)
        async with open_bucket(_settings(versioned_environment, aws_endpoint_url_s3=one.url)) as bucket:
            found = await line(pool, bucket, "bucket")
    assert found.startswith("WRONG bucket: cannot be used: the bucket keeps old versions")
    assert "s3:ListBucketVersions and s3:DeleteObjectVersion" in found


async def test_what_hangs_or_lies_is_bounded_and_comes_with_what_to_do(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.checks.CHECK_SECONDS", 0.1)
    settings = pool.settings
    never = asyncio.Event()

    async def hang() -> str:
        await never.wait()
        return ""

    async def lie() -> str:
        raise KeyError("username\n" * 100)

    checks = [Check("Stability", hang), Check("token", lie, remedy="Ask another.")]
    hung, lied = await run_checks(checks, settings)
    assert hung.line.startswith("WRONG Stability: no answer within 0 seconds. Is its address right")
    assert lied.line.startswith("WRONG token: KeyError: ")
    assert lied.line.endswith("Ask another.")
    assert len(lied.line.splitlines()) == 1
    assert len(lied.line) < 400
