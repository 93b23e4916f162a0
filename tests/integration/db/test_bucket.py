from dataclasses import replace
from datetime import UTC, datetime

import aiohttp
import pytest
from botocore.awsrequest import AWSPreparedRequest

from core.errors import BucketUnavailable, PictureGone
from core.orders import Job
from core.settings import BucketSettings
from db.bucket.client import Bucket, attempt_of, open_bucket, original_key
from db.bucket.links import Links
from db.pool import Pool
from tests.front import front
from tests.lives import running

BUTTON_URL_LENGTH_MAX = 512
"""Discord's."""


@pytest.fixture
async def job(pool: Pool) -> Job:
    return await running(pool, prompt="Ein Fuchs im Schnee, 冬")


@pytest.fixture(params=["the sandbox's", "another that keeps versions"])
def bucket_environment(request: pytest.FixtureRequest, bucket_environment: dict[str, str]) -> dict[str, str]:
    if request.param == "the sandbox's":
        return bucket_environment
    environment: dict[str, str] = request.getfixturevalue("versioned_environment")
    return environment


reads_signatures = pytest.mark.parametrize("bucket_environment", ["the sandbox's"], indirect=True)
"""The other one lets in whoever asks."""


def settings_of(environment: dict[str, str], **changes: str) -> BucketSettings:
    given = {name.lower(): value for name, value in environment.items()}
    return BucketSettings.model_validate({**given, **changes})


async def fetch(url: str) -> tuple[int, bytes, dict[str, str]]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.read(), dict(response.headers)


async def test_a_link_opens_the_original_with_its_type_and_name(bucket: Bucket, job: Job) -> None:
    await bucket.put_original(job, b"png bytes")
    status, body, headers = await fetch(bucket.link(job))
    assert (status, body, headers["Content-Type"]) == (200, b"png bytes", "image/png")
    assert headers["Content-Disposition"] == f'inline; filename="ein-fuchs-im-schnee-{job.id}.png"'


@reads_signatures
async def test_a_link_that_was_tampered_with_or_not_signed_opens_nothing(bucket: Bucket, job: Job) -> None:
    await bucket.put_original(job, b"png bytes")
    link = bucket.link(job)
    assert (await fetch(link[:-4] + "0000"))[0] == 403
    assert (await fetch(link.partition("?")[0]))[0] == 403


async def test_the_preview_comes_back(bucket: Bucket, job: Job) -> None:
    await bucket.put_preview(job, b"webp bytes")
    assert await bucket.get_preview(job) == b"webp bytes"


async def test_keys_tell_nothing_but_the_job(job: Job) -> None:
    assert original_key(job) == f"{job.order.key}/1/1/original.png"
    assert attempt_of(original_key(job)) == (job.order.key, 1, 1)


async def test_what_is_not_there_is_said_so(bucket: Bucket, job: Job) -> None:
    with pytest.raises(PictureGone, match=r"preview\.webp is not there"):
        await bucket.get_preview(job)
    with pytest.raises(PictureGone, match=r"original\.png is not there"):
        await bucket.get_original(job)


async def test_no_more_is_read_than_a_picture_can_have(
    bucket: Bucket, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bucket.put_original(job, b"png bytes")
    assert await bucket.get_original(job) == b"png bytes"
    monkeypatch.setattr("db.bucket.client.ORIGINAL_BYTES_MAX", 8)
    with pytest.raises(BucketUnavailable, match="larger than 8 bytes"):
        await bucket.get_original(job)


@reads_signatures
async def test_the_name_in_a_link_for_saving_is_signed(bucket: Bucket, job: Job) -> None:
    await bucket.put_original(job, b"png bytes")
    link = bucket.link(job, download=True)
    assert (await fetch(link))[0] == 200
    assert (await fetch(link.replace("schnee", "wald")))[0] == 403


async def test_what_a_link_for_saving_opens_is_saved_under_its_name(
    versioned_environment: dict[str, str], job: Job
) -> None:
    async with open_bucket(settings_of(versioned_environment)) as bucket:
        await bucket.put_original(job, b"png bytes")
        status, body, headers = await fetch(bucket.link(job, download=True))
    assert (status, body) == (200, b"png bytes")
    assert headers["Content-Disposition"] == f'attachment; filename="ein-fuchs-im-schnee-{job.id}.png"'


@reads_signatures
async def test_a_link_opens_by_the_public_name_that_it_is_signed_for_and_by_no_other(
    bucket_environment: dict[str, str], job: Job
) -> None:
    endpoint, name = bucket_environment["AWS_ENDPOINT_URL_S3"], bucket_environment["BUCKET_NAME"]
    async with front(endpoint) as members_way:
        public = f"{members_way.url}/{name}"
        async with open_bucket(settings_of(bucket_environment, public_bucket_url=f"{public}/")) as bucket:
            await bucket.put_original(job, b"png bytes")
            for link in (bucket.link(job), bucket.link(job, download=True)):
                assert link.startswith(f"{public}/{original_key(job)}?")
                assert (await fetch(link))[:2] == (200, b"png bytes")
                assert (await fetch(link.replace(members_way.url, endpoint)))[0] == 403


@pytest.mark.parametrize("endpoint", ["https://fly.storage.tigris.dev", "https://t3.storage.dev"])
def test_a_domain_of_ones_own_takes_the_place_of_tigris_after_signing(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: now)
    given = {
        "aws_endpoint_url_s3": endpoint,
        "aws_access_key_id": "id",
        "aws_secret_access_key": "secret",
        "bucket_name": "pictures.example.com",
        "bucket_addressing": "path",
    }
    domain = "https://pictures.example.com"
    plain, ours = [
        Links(BucketSettings.model_validate(given | public)).to("key/1/original.png")
        for public in ({}, {"public_bucket_url": domain})
    ]
    assert plain.startswith(f"{endpoint}/pictures.example.com/key/1/original.png?")
    assert ours == plain.replace(f"{endpoint}/pictures.example.com", domain)


@pytest.mark.parametrize("download", [False, True])
async def test_a_link_fits_a_button(job: Job, download: bool) -> None:
    settings = BucketSettings.model_validate(
        {
            "aws_endpoint_url_s3": "https://fly.storage.tigris.dev",
            # As long as Tigris makes them.
            "aws_access_key_id": "tid_" + "x" * 42,
            "aws_secret_access_key": "tsec_" + "x" * 60,
            "bucket_name": "tigerbrush-production",
        }
    )
    longest = replace(job, order=replace(job.order, prompt="fuchs " * 100), id=16 * 10**9, attempt=99)
    async with open_bucket(settings) as bucket:
        link = bucket.link(longest, download=download)
    assert len(link) <= BUTTON_URL_LENGTH_MAX


async def test_removing_takes_what_any_attempt_stored_and_nothing_else(
    bucket: Bucket, pool: Pool, job: Job
) -> None:
    other = await running(pool)
    second = replace(job, attempt=2)
    for stored in (job, second, other):
        await bucket.put_original(stored, b"png bytes")
        await bucket.put_preview(stored, b"webp bytes")
    await bucket.remove(f"{job.order.key}/")
    await bucket.remove(f"{job.order.key}/")
    for stored in (job, second):
        with pytest.raises(PictureGone):
            await bucket.get_original(stored)
        with pytest.raises(PictureGone):
            await bucket.get_preview(stored)
    assert await bucket.get_original(other) == b"png bytes"


async def test_an_attempt_is_removed_alone(bucket: Bucket, job: Job) -> None:
    second = replace(job, attempt=2)
    for stored in (job, second):
        await bucket.put_original(stored, b"png bytes")
    await bucket.remove_attempt(second)
    await bucket.remove_attempt(second)
    assert await bucket.get_original(job) == b"png bytes"
    with pytest.raises(PictureGone):
        await bucket.get_original(second)


@pytest.mark.parametrize(
    ("endpoint", "name", "url"),
    [
        ("https://fly.storage.tigris.dev", "tigers", "https://tigers.fly.storage.tigris.dev"),
        ("https://t3.storage.dev", "tigers", "https://tigers.t3.storage.dev"),
        ("http://127.0.0.1:9000", "tigers", "http://127.0.0.1:9000/tigers"),
        ("http://127.0.0.1:9000", "127", "http://127.0.0.1:9000/127"),
        # As a paste may have them.
        (" HTTPS://S3.Example.com:8443/\n", " tigers\n", "https://tigers.s3.example.com:8443"),
        # No certificate is good for dots before the host.
        ("https://t3.storage.dev", "pictures.example.com", "https://t3.storage.dev/pictures.example.com"),
        ("https://a.supabase.co/storage//v1/s3/", "tigers", "https://a.supabase.co/storage/v1/s3/tigers"),
    ],
)
async def test_storing_and_links_go_to_the_same_address(job: Job, endpoint: str, name: str, url: str) -> None:
    settings = BucketSettings.model_validate(
        {
            "aws_endpoint_url_s3": endpoint,
            "aws_access_key_id": "id",
            "aws_secret_access_key": "secret",
            "bucket_name": name,
        }
    )
    stored_at = []

    def look(request: AWSPreparedRequest, **_more: object) -> None:
        stored_at.append(request.url)
        raise ConnectionRefusedError("far enough")

    async with open_bucket(settings) as bucket:
        link = bucket.link(job)
        bucket._client.meta.events.register("before-send.s3", look)
        with pytest.raises(BucketUnavailable):
            await bucket.put_original(job, b"png bytes")
    assert set(stored_at) == {f"{url}/{original_key(job)}"}
    assert link.startswith(f"{url}/{original_key(job)}?")
    assert "X-Amz-Signature=" in link
