"""What is handed in, fetched from a server as unpleasant as one finds, and kept in a real bucket."""

import asyncio
import gzip
import io
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from PIL import Image

from core.errors import BucketUnavailable, PictureGone
from core.failures import FailureCode, JobFailed
from core.operations import ERASE, Role
from core.orders import UPLOAD_BYTES_MAX, Job, Source, Upload
from db.bucket.client import Bucket
from db.erasure import Erasure
from db.pool import Pool
from db.uploads import Uploads
from tests.lives import painted_by, running, stored
from tests.workshop import Workshop
from worker.attachments import Attachments

SIGNATURE = "5ec2e7"
QUERY = f"?ex=68d2&is=67d2&hm={SIGNATURE}&"

GONE, UNREAD = FailureCode.INPUT_GONE, FailureCode.INPUT_UNREAD
BROKEN, MISFIT = FailureCode.INPUT_BROKEN, FailureCode.INPUT_MISFIT

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def picture(size: tuple[int, int] = (128, 96)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, "PNG")
    return buffer.getvalue()


PICTURE = picture()


_HEADERS = {"Location": "Location", "Encoding": "Content-Encoding"}


class Cdn:
    """Where attachments are: each path answers as a test says. `asked` are the requests."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[web.Request] = []
        self.answers: dict[str, Answer] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        return await self.answers[request.path](request)

    def answer(
        self, content: bytes = PICTURE, *, status: int = 200, kind: str = "image/png", **headers: str
    ) -> str:
        async def whole(_request: web.Request) -> web.Response:
            return web.Response(
                status=status,
                body=content,
                content_type=kind,
                headers={_HEADERS[name]: value for name, value in headers.items()},
            )

        return self.by(whole)

    def by(self, answer: Answer) -> str:
        """The URL by which it answers so."""
        path = f"/attachments/1/{len(self.answers)}/fox.png"
        self.answers[path] = answer
        return self.url + path + QUERY


@pytest.fixture
async def cdn() -> AsyncIterator[Cdn]:
    cdn = Cdn()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", cdn.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    cdn.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield cdn
    finally:
        await runner.cleanup()


@pytest.fixture
async def attachments(cdn: Cdn) -> AsyncIterator[Attachments]:
    async with Attachments(f"{cdn.url}/api/v10", lambda _url: None, timeout_seconds=4) as attachments:
        yield attachments


@pytest.fixture
def workshop(pool: Pool, bucket: Bucket, attachments: Attachments) -> Workshop:
    house: Any = Provider()
    return Workshop(pool, bucket, house, attachments)


class Provider:
    name = "stability"


async def handed_in(pool: Pool, url: str, size: int = len(PICTURE)) -> Upload:
    # How large it is, is what a client said, and may be wrong.
    return await Uploads(pool).add(10, url=url, width=4096, height=4096, size=size)


async def job_of(pool: Pool, *sources: Source) -> Job:
    inputs = tuple(source.id for source in sources)
    params = {"fields": [1]} if len(sources) == 1 else {}
    return await running(pool, operation=ERASE.name, model="erase", inputs=inputs, prompt="", params=params)


async def again(pool: Pool, job: Job) -> Job:
    return await job_of(pool, *[u for u in [await Uploads(pool).find(id_) for id_ in job.order.inputs] if u])


async def failure(workshop: Workshop, job: Job) -> FailureCode:
    with pytest.raises(JobFailed) as raised:
        await workshop.inputs.of(job)
    assert SIGNATURE not in str(raised.value)
    assert raised.value.outcome == "free"
    return raised.value.code


async def kept(bucket: Bucket, upload: Upload) -> bytes | None:
    try:
        return await bucket.get_upload(upload)
    except PictureGone:
        return None


async def test_it_is_kept_before_anything_is_made_of_it_and_then_asked_for_no_more(
    pool: Pool, workshop: Workshop, bucket: Bucket, cdn: Cdn
) -> None:
    mask = picture((50, 50))
    uploads = [await handed_in(pool, cdn.answer()), await handed_in(pool, cdn.answer(mask), len(mask))]
    parts = await workshop.inputs.of(await job_of(pool, *uploads))
    assert list(parts) == [Role.PICTURE, Role.MASK] or set(parts) == {Role.PICTURE, Role.MASK}
    for part, mode in ((parts[Role.PICTURE], "RGB"), (parts[Role.MASK], "L")):
        with Image.open(io.BytesIO(part)) as image:
            assert (image.size, image.mode) == ((128, 96), mode)
    assert [await kept(bucket, upload) for upload in uploads] == [PICTURE, mask]
    found = [await Uploads(pool).find(upload.id) for upload in uploads]
    assert [upload.url if upload else "" for upload in found] == [None, None]
    cdn.answers.clear()
    assert await workshop.inputs.of(await job_of(pool, *uploads)) == parts
    assert len(cdn.asked) == 2
    assert cdn.asked[0].query["hm"] == SIGNATURE
    assert cdn.asked[0].headers["Accept-Encoding"] == "identity"
    for upload in uploads:
        await bucket.remove(f"{upload.key}/")


async def test_one_that_does_not_fit_is_kept_all_the_same(
    pool: Pool, workshop: Workshop, bucket: Bucket, cdn: Cdn
) -> None:
    narrow = picture((1, 5000))
    upload = await handed_in(pool, cdn.answer(narrow), len(narrow))
    assert await failure(workshop, await job_of(pool, upload)) is MISFIT
    assert await kept(bucket, upload) == narrow
    await bucket.remove(f"{upload.key}/")


def body(*chunks: bytes, length: int | None = None, pause_seconds: float = 0) -> Answer:
    """Sends these and, without a length, goes on with the last one for ever."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "image/png"})
        if length is not None:
            response.content_length = length
        await response.prepare(request)
        try:
            for chunk in chunks:
                await response.write(chunk)
            while length is None:
                await response.write(chunks[-1])
                await asyncio.sleep(pause_seconds)
        except ConnectionError:
            return response
        if request.transport is not None:
            request.transport.close()
        return response

    return answer


UNPLEASANT: dict[str, tuple[Callable[[Cdn], str], FailureCode]] = {
    "drop by drop": (lambda cdn: cdn.by(body(b"\x89PNG", b"x", pause_seconds=0.05)), UNREAD),
    "without an end": (lambda cdn: cdn.by(body(bytes(2**20))), BROKEN),
    "shorter than it says": (lambda cdn: cdn.by(body(PICTURE, length=10_000)), UNREAD),
    "cut off without a word": (lambda cdn: cdn.answer(PICTURE[:-20]), UNREAD),
    "elsewhere": (lambda cdn: cdn.answer(status=302, Location=cdn.answer()), UNREAD),
    "a page": (lambda cdn: cdn.answer(b"<html>Who are you?</html>", kind="text/html"), UNREAD),
    "a page that says 403": (lambda cdn: cdn.answer(b"<html>", status=403, kind="text/html"), UNREAD),
    "expired": (lambda cdn: cdn.answer(b"no longer available", status=404, kind="text/plain"), GONE),
    "forbidden": (lambda cdn: cdn.answer(b"<Error/>", status=403, kind="application/xml"), GONE),
    "a fault": (lambda cdn: cdn.answer(status=502), UNREAD),
    "too often": (lambda cdn: cdn.answer(b"{}", status=429, kind="application/json"), UNREAD),
    "a bomb": (
        lambda cdn: cdn.answer(gzip.compress(bytes(50_000_000)), Encoding="gzip"), UNREAD
    ),
    "no picture": (lambda cdn: cdn.answer(b"x" * 1000), BROKEN),
}  # fmt: skip


@pytest.mark.parametrize("name", UNPLEASANT)
async def test_whatever_answers_in_its_place_is_no_picture(
    pool: Pool, workshop: Workshop, bucket: Bucket, cdn: Cdn, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    url, code = UNPLEASANT[name][0](cdn), UNPLEASANT[name][1]
    caplog.set_level(logging.DEBUG)
    upload = await handed_in(pool, url)
    assert await failure(workshop, await job_of(pool, upload)) is code
    assert SIGNATURE not in caplog.text
    # No second host was asked.
    assert len(cdn.asked) == 1
    if code is not BROKEN:
        assert await kept(bucket, upload) is None
    await bucket.remove(f"{upload.key}/")


async def test_more_than_a_member_may_hand_in_is_not_read(
    cdn: Cdn, attachments: Attachments, pool: Pool
) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Type": "image/png"})
        await response.prepare(request)
        try:
            while sent < 10 * UPLOAD_BYTES_MAX:
                await response.write(bytes(2**20))
                sent += 2**20
        except ConnectionError:
            pass
        return response

    with pytest.raises(JobFailed, match="more than"):
        await attachments.fetch(await handed_in(pool, cdn.by(endless)))
    # What was on its way is a few MB.
    assert sent < 2 * UPLOAD_BYTES_MAX


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.discordapp.com/attachments/1/2/fox.png",
        "https://cdn.discordapp.com:8443/attachments/1/2/fox.png",
        "https://cdn.discordapp.com.example.com/fox.png",
        "https://example.com/cdn.discordapp.com/fox.png",
        "https://user:password@cdn.discordapp.com/fox.png",
        "https://cdn.discordapp.com@example.com/fox.png",
        "http://127.0.0.1:1/fox.png",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "//cdn.discordapp.com/fox.png",
        "http://[",
        "",
    ],
)
async def test_nobody_but_discord_is_asked(
    pool: Pool, attachments: Attachments, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(aiohttp.ClientSession, "get", lambda *how, **_more: asked.append(how))
    with pytest.raises(JobFailed) as raised:
        await attachments.fetch(await handed_in(pool, url))
    assert (raised.value.code, asked) == (BROKEN, [])


@pytest.mark.parametrize("host", ["cdn.discordapp.com", "media.discordapp.net"])
@pytest.mark.parametrize("api_base", ["https://discord.com/api/v10", "http://127.0.0.1:9/api"])
async def test_discords_own_hosts_are_asked_by_way_of_the_proxy(pool: Pool, host: str, api_base: str) -> None:
    proxied = []

    async def proxy(request: web.Request) -> web.Response:
        proxied.append(request.headers["Host"])
        return web.Response(status=502)

    async with served(proxy) as url, Attachments(api_base, lambda _url: url) as attachments:
        with pytest.raises(JobFailed, match="ClientHttpProxyError") as raised:
            await attachments.fetch(await handed_in(pool, f"https://{host}/fox.png{QUERY}"))
        assert raised.value.code is UNREAD
    assert proxied == [host]


@asynccontextmanager
async def served(handler: Answer) -> AsyncIterator[str]:
    server = web.ServerRunner(web.Server(handler))  # type: ignore[arg-type] # all requests are of one kind
    await server.setup()
    await web.TCPSite(server, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{server.addresses[0][1]}"
    finally:
        await server.cleanup()


async def test_while_the_bucket_is_away_it_is_used_and_kept_by_a_later_attempt(
    pool: Pool, workshop: Workshop, bucket: Bucket, cdn: Cdn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_how: object) -> None:
        raise BucketUnavailable("away")

    upload = await handed_in(pool, cdn.answer())
    with monkeypatch.context() as patched:
        patched.setattr(bucket, "put_upload", away)
        assert set(await workshop.inputs.of(await job_of(pool, upload))) == {Role.PICTURE, Role.MASK}
    assert await Uploads(pool).find(upload.id) == upload
    await workshop.inputs.of(await job_of(pool, upload))
    assert await kept(bucket, upload) == PICTURE
    # With the link gone, a bucket that is away is a fault that passes.
    with monkeypatch.context() as patched:
        patched.setattr(bucket, "get_upload", away)
        assert await failure(workshop, await job_of(pool, upload)) is UNREAD
    await bucket.remove(f"{upload.key}/")
    assert await failure(workshop, await job_of(pool, upload)) is GONE


async def test_what_a_worker_kept_before_it_died_is_found_after_a_day(
    pool: Pool, workshop: Workshop, bucket: Bucket, cdn: Cdn
) -> None:
    upload = await handed_in(pool, cdn.answer(b"no longer available", status=404, kind="text/plain"))
    await bucket.put_upload(upload, PICTURE)
    assert set(await workshop.inputs.of(await job_of(pool, upload))) == {Role.PICTURE, Role.MASK}
    await bucket.remove(f"{upload.key}/")


async def test_what_was_erased_is_not_fetched(pool: Pool, workshop: Workshop, cdn: Cdn) -> None:
    upload = await handed_in(pool, cdn.answer())
    job = await job_of(pool, upload)
    await Erasure(pool).erase_member(10)
    assert await failure(workshop, job) is GONE
    assert cdn.asked == []


async def test_a_picture_that_the_bucket_does_not_have_yet_can_be_changed(
    pool: Pool, workshop: Workshop
) -> None:
    painting = await running(pool)
    await workshop.spill.keep(painted_by(painting), PICTURE, b"preview")
    (spilled,) = (await stored(pool, painting.order.id)).progress.pictures
    assert spilled.is_spilled
    parts = await workshop.inputs.of(await job_of(pool, spilled))
    with Image.open(io.BytesIO(parts[Role.PICTURE])) as image:
        assert image.size == (128, 96)
