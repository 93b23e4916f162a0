"""The pictures in the bucket, and the links to them."""

import re
import unicodedata
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import aioboto3
import aiohttp
from aiobotocore.config import AioConfig
from botocore.exceptions import BotoCoreError, ClientError

from db.errors import BucketUnavailable, PictureGone
from db.jobs import Job
from db.links import Links, addressing_style
from db.settings import BucketSettings

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

FILE_NAME_LENGTH_MAX = 32
"""A link that names the file has to fit a button of Discord's, of 512 characters."""

ORIGINAL_BYTES_MAX = 64 * 1024 * 1024
"""Above what the largest picture takes, 16.8 megapixels that do not compress at all."""

PREVIEW_BYTES_MAX = 4 * 1024 * 1024

# aiohttp's own comes through where a body breaks off.
_UNAVAILABLE = (BotoCoreError, ClientError, aiohttp.ClientError, OSError, TimeoutError)


def original_key(job: Job) -> str:
    """The attempt is part of the key: a worker that lost the job cannot write over its successor's."""
    return f"{job.key}/{job.attempt}/original.png"


def preview_key(job: Job) -> str:
    return f"{job.key}/{job.attempt}/preview.webp"


_KEY = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/([1-9][0-9]{0,8})/[^/]+")


def attempt_of(key: str) -> tuple[UUID, int] | None:
    """The job's key and the attempt that an object belongs to; None for what is not ours."""
    match = _KEY.fullmatch(key)
    return (UUID(match[1]), int(match[2])) if match else None


def file_name(job: Job) -> str:
    """What a download is called: the words of the prompt, as far as any file system takes them."""
    plain = unicodedata.normalize("NFKD", job.prompt).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:FILE_NAME_LENGTH_MAX].rstrip("-")
    return f"{words or 'picture'}-{job.id}.png"


class Bucket:
    def __init__(self, client: "S3Client", name: str, links: Links) -> None:
        self._client = client
        self._name = name
        self.links = links

    @property
    def endpoint(self) -> str:
        """Where the program stores, which is not always where members read."""
        return str(self._client.meta.endpoint_url)

    async def put_original(self, job: Job, picture: bytes) -> None:
        await self._put(original_key(job), picture, "image/png", f'inline; filename="{file_name(job)}"')

    async def put_preview(self, job: Job, preview: bytes) -> None:
        await self._put(preview_key(job), preview, "image/webp", "inline")

    async def get_original(self, job: Job) -> bytes:
        """Raises PictureGone, or BucketUnavailable."""
        return await self._get(original_key(job), ORIGINAL_BYTES_MAX)

    async def get_preview(self, job: Job) -> bytes:
        """Raises PictureGone, or BucketUnavailable."""
        return await self._get(preview_key(job), PREVIEW_BYTES_MAX)

    def link(self, job: Job, *, download: bool = False) -> str:
        """A link to the original for whoever has it; with `download`, browsers save it and do not show it."""
        disposition = {"response-content-disposition": f'attachment; filename="{file_name(job)}"'}
        return self.links.to(original_key(job), **(disposition if download else {}))

    async def store(self, key: str, body: bytes) -> None:
        """Something other than a picture. Raises BucketUnavailable."""
        await self._put(key, body, "application/octet-stream", "inline")

    async def read(self, key: str) -> bytes:
        """Raises PictureGone, or BucketUnavailable."""
        return await self._get(key, PREVIEW_BYTES_MAX)

    async def remove(self, job: Job) -> None:
        """Removes whatever any attempt stored of a job. Raises BucketUnavailable; again is no fault."""
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._name, Prefix=f"{job.key}/"
            )
            async for page in pages:
                for item in page.get("Contents", []):
                    await self._client.delete_object(Bucket=self._name, Key=item["Key"])
        except _UNAVAILABLE as error:
            raise BucketUnavailable(f"the pictures of job {job.id} could not be removed: {error}") from error

    async def remove_original(self, job: Job) -> None:
        """Leaves its preview. Raises BucketUnavailable; again is no fault."""
        await self.remove_objects([original_key(job)])

    async def remove_attempt(self, job: Job) -> None:
        """Removes what this attempt stored. Raises BucketUnavailable; again is no fault."""
        await self.remove_objects((original_key(job), preview_key(job)))

    async def pages(self, *, before: datetime) -> AsyncIterator[list[str]]:
        """The keys of all objects stored before then, up to 1,000 at a time. Raises BucketUnavailable."""
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name)
            async for page in pages:
                yield [item["Key"] for item in page.get("Contents", []) if item["LastModified"] < before]
        except _UNAVAILABLE as error:
            raise BucketUnavailable(f"the bucket could not be listed: {error}") from error

    async def remove_objects(self, keys: Iterable[str]) -> None:
        """Raises BucketUnavailable; again is no fault."""
        try:
            for key in keys:
                await self._client.delete_object(Bucket=self._name, Key=key)
        except _UNAVAILABLE as error:
            raise BucketUnavailable(f"objects could not be removed: {error}") from error

    async def _get(self, key: str, bytes_max: int) -> bytes:
        try:
            answer = await self._client.get_object(Bucket=self._name, Key=key)
            async with answer["Body"] as body:
                if answer["ContentLength"] > bytes_max:
                    raise BucketUnavailable(f"{key} is larger than {bytes_max} bytes")
                return await body.read()
        except self._client.exceptions.NoSuchKey as error:
            raise PictureGone(f"{key} is not there") from error
        except _UNAVAILABLE as error:
            raise BucketUnavailable(f"{key} could not be read: {error}") from error

    async def _put(self, key: str, body: bytes, content_type: str, disposition: str) -> None:
        try:
            await self._client.put_object(
                Bucket=self._name,
                Key=key,
                Body=body,
                ContentType=content_type,
                ContentDisposition=disposition,
                # A key is written once, so whoever has the picture has it for good.
                CacheControl="private, max-age=31536000, immutable",
            )
        except _UNAVAILABLE as error:
            raise BucketUnavailable(f"{key} could not be stored: {error}") from error


@asynccontextmanager
async def open_bucket(settings: BucketSettings, *, connections_max: int = 16) -> AsyncIterator[Bucket]:
    """One client for the life of the process: making one costs tens of milliseconds."""
    session = aioboto3.Session(
        aws_access_key_id=settings.aws_access_key_id.get_secret_value(),
        aws_secret_access_key=settings.aws_secret_access_key.get_secret_value(),
        region_name=settings.aws_region,
    )
    config = AioConfig(
        signature_version="s3v4",
        s3={"addressing_style": addressing_style(settings)},
        # Newer botocore adds checksums that not every S3-compatible server knows.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=connections_max,
    )
    async with session.client("s3", endpoint_url=settings.aws_endpoint_url_s3, config=config) as client:
        yield Bucket(client, settings.bucket_name, Links(settings))
