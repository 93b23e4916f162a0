"""What a bucket, or what stands before it, answers oddly: a fault that may pass, and never a picture."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from aiohttp import web

from core.errors import BucketUnavailable, PictureGone
from core.orders import Job
from core.settings import BucketSettings
from db.bucket.client import Bucket, open_bucket, original_key
from db.pool import Pool
from tests.front import Answer, Front, front
from tests.lives import running

PAGE = b"<html><body><h1>Who are you?</h1><p>Sign in to go on.</p></body></html>"
STORED = {"ETag": '"0123456789abcdef0123456789abcdef"', "Content-Type": "image/png"}


def xml(code: str) -> bytes:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>".encode()


def plainly(status: int, body: bytes, **headers: str) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(
            status=status,
            body=body,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    return answer


async def broken_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={**STORED, "Content-Length": "100"})
    await response.prepare(request)
    await response.write(b"half")
    assert request.transport is not None
    request.transport.close()
    return response


async def without_a_length(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers=STORED)
    await response.prepare(request)
    await response.write(b"png ")
    await response.write(b"bytes")
    return response


async def without_an_end(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers=STORED)
    await response.prepare(request)
    while True:
        await response.write(b"x" * 65536)


ODD = {
    "an edge's refusal": plainly(403, PAGE, Content_Type="text/html"),
    "an edge's refusal in words": plainly(403, b"error code: 1015", Content_Type="text/plain"),
    "a proxy that knows no such host": plainly(404, PAGE, Content_Type="text/html"),
    "nothing there, and nobody says so": plainly(404, b""),
    "another bucket's word": plainly(404, xml("NoSuchBucket"), Content_Type="application/xml"),
    "a page that asks for a login": plainly(200, PAGE, Content_Type="text/html"),
    "that page, as a service might": plainly(200, PAGE, Content_Type="text/html", ETag='"abc"'),
    "an error as a success": plainly(200, xml("InternalError"), Content_Type="application/xml"),
    "another region": plainly(
        301, xml("PermanentRedirect"), Content_Type="application/xml", x_amz_bucket_region="eu-west-9"
    ),
    "another host": plainly(307, b"", Location="http://127.0.0.1:1/elsewhere"),
    "a redirect that is none": plainly(302, PAGE, Content_Type="text/html"),
    "too many": plainly(503, xml("SlowDown"), Content_Type="application/xml"),
    "half an answer": broken_off,
}
"""To whatever is asked."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore waits for seconds before it tries again."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)


@pytest.fixture
async def line(bucket_environment: dict[str, str]) -> AsyncIterator[Front]:
    async with front(bucket_environment["AWS_ENDPOINT_URL_S3"]) as one:
        yield one


@pytest.fixture
async def odd(line: Front, bucket_environment: dict[str, str]) -> AsyncIterator[Bucket]:
    given = {name.lower(): value for name, value in bucket_environment.items()}
    settings = BucketSettings.model_validate({**given, "aws_endpoint_url_s3": line.url})
    async with open_bucket(settings) as bucket:
        yield bucket


@pytest.fixture
async def job(pool: Pool) -> Job:
    return await running(pool)


async def list_all(bucket: Bucket) -> None:
    async for _page in bucket.pages(before=datetime.now(UTC)):
        pass


@pytest.mark.parametrize("name", ODD)
async def test_whatever_is_done_it_may_work_later(odd: Bucket, line: Front, job: Job, name: str) -> None:
    line.answer = ODD[name]
    actions: list[Callable[[], Awaitable[object]]] = [
        lambda: odd.get_original(job),
        lambda: odd.put_original(job, b"png bytes"),
        lambda: odd.remove(f"{job.order.key}/"),
        lambda: odd.remove_objects([original_key(job)]),
        lambda: list_all(odd),
    ]
    for action in actions:
        with pytest.raises(BucketUnavailable) as raised:
            await action()
        assert not isinstance(raised.value, PictureGone)
    line.answer = None
    await odd.put_original(job, b"png bytes")
    assert await odd.get_original(job) == b"png bytes"


async def test_only_the_services_own_word_says_that_a_picture_is_gone(
    odd: Bucket, line: Front, job: Job
) -> None:
    line.answer = plainly(404, xml("NoSuchKey"), Content_Type="application/xml")
    with pytest.raises(PictureGone):
        await odd.get_original(job)


async def test_an_answer_without_a_length_is_read_as_far_as_a_picture_goes(
    odd: Bucket, line: Front, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.answer = without_a_length
    assert await odd.get_original(job) == b"png bytes"
    line.answer = without_an_end
    monkeypatch.setattr("db.bucket.client.ORIGINAL_BYTES_MAX", 200_000)
    with pytest.raises(BucketUnavailable, match="larger than 200000 bytes"):
        await odd.get_original(job)


async def test_a_picture_that_comes_shorter_than_it_was_stored_is_none(
    odd: Bucket, line: Front, job: Job
) -> None:
    await odd.put_original(job, b"png bytes")

    async def cut(request: web.Request) -> web.StreamResponse:
        # A proxy that tells no length, and whose own source broke off: nothing else gives it away.
        response = web.StreamResponse(headers={**STORED, "x-amz-meta-bytes": "9"})
        await response.prepare(request)
        await response.write(b"png")
        return response

    line.answer = cut
    with pytest.raises(BucketUnavailable, match="came with 3 of 9 bytes"):
        await odd.get_original(job)
    line.answer = None
    assert await odd.get_original(job) == b"png bytes"


async def test_what_is_taken_without_a_receipt_was_not_taken(odd: Bucket, line: Front, job: Job) -> None:
    line.answer = plainly(200, b"")
    with pytest.raises(BucketUnavailable, match="without an ETag"):
        await odd.put_original(job, b"png bytes")


async def test_what_others_set_for_their_work_with_aws_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    bucket_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    job: Job,
) -> None:
    home = tmp_path_factory.mktemp("home")
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(
        "[default]\nregion = eu-west-9\nendpoint_url = http://127.0.0.1:1\nservices = ours\n"
        "s3 =\n    addressing_style = virtual\n    use_accelerate_endpoint = true\n"
        "    payload_signing_enabled = x\n"
        "ca_bundle = /nowhere.pem\nproxy_ca_bundle = /nowhere.pem\nmax_attempts = none\nretry_mode = bogus\n"
        "use_fips_endpoint = true\ndefaults_mode = bogus\n"
        "[services ours]\ns3 =\n    endpoint_url = http://127.0.0.1:1\n"
    )
    (home / ".aws" / "credentials").write_text("[default]\naws_access_key_id = other\n")
    odd = {
        "HOME": str(home),
        "AWS_PROFILE": "no-such-profile",
        "AWS_DEFAULT_PROFILE": "no-such-profile",
        "AWS_CONFIG_FILE": str(home / ".aws" / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
        "AWS_SESSION_TOKEN": "somebody-elses",
        "AWS_DEFAULT_REGION": "eu-west-9",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_CA_BUNDLE": "/nowhere.pem",
        "REQUESTS_CA_BUNDLE": "/nowhere.pem",
        "AWS_MAX_ATTEMPTS": "none",
        "AWS_RETRY_MODE": "bogus",
        "AWS_DEFAULTS_MODE": "bogus",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "bogus",
        "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH": "bogus",
        "AWS_REQUEST_CHECKSUM_CALCULATION": "bogus",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "bogus",
        "AWS_AUTH_SCHEME_PREFERENCE": "bogus",
        "AWS_SIGV4A_SIGNING_REGION_SET": "*",
        "AWS_DATA_PATH": "/nowhere",
        "AWS_CSM_PORT": "none",
        "AWS_METADATA_SERVICE_TIMEOUT": "none",
    }
    given = {name.lower(): value for name, value in bucket_environment.items()}
    settings = BucketSettings.model_validate(given)
    for profile in ("no-such-profile", "default"):
        for name, value in {**odd, "AWS_PROFILE": profile, "AWS_DEFAULT_PROFILE": profile}.items():
            monkeypatch.setenv(name, value)
        async with open_bucket(settings) as bucket:
            await bucket.put_original(job, uuid4().bytes)
            assert len(await bucket.get_original(job)) == 16
            assert bucket._client.meta.region_name == settings.aws_region
