"""The pictures in the bucket, and the links to them."""

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID, uuid4

from botocore.exceptions import ClientError

from core.errors import BucketUnavailable, PictureGone
from core.orders import UPLOAD_BYTES_MAX, Job, Picture, Upload
from core.settings import BucketSettings
from db.bucket.links import Links
from db.bucket.s3 import genuine, listed, open_client, said, unavailable

if TYPE_CHECKING:
    from aiobotocore.response import StreamingBody
    from types_aiobotocore_s3 import S3Client

FILE_NAME_LENGTH_MAX = 32
"""A link that names the file has to fit a button of Discord's, of 512 characters."""

ORIGINAL_BYTES_MAX = 64 * 1024 * 1024
"""Above what the largest picture takes, 16.8 megapixels that do not compress at all."""

PREVIEW_BYTES_MAX = 4 * 1024 * 1024

READ_SECONDS = 120.0
"""How long one object may take to come, drop by drop."""

CHUNK_BYTES = 256 * 1024

_BYTES = "bytes"
"""In an object's metadata: how many it has."""


def original_key(of: Job | Picture) -> str:
    """The attempt is part of the key: a worker that lost the job cannot write over its successor's."""
    return f"{of.order.key}/{of.number}/{of.attempt}/original.png"


def preview_key(of: Job | Picture) -> str:
    return f"{of.order.key}/{of.number}/{of.attempt}/preview.webp"


def upload_key(upload: Upload) -> str:
    return f"{upload.key}/upload"


_UUID = "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_KEY = re.compile(_UUID + "/([1-9][0-9]?)/([1-9][0-9]{0,8})/[^/]+")
_UPLOAD_KEY = re.compile(_UUID + "/upload")


def attempt_of(key: str) -> tuple[UUID, int, int] | None:
    """The order's key, the job's number and the attempt that an object belongs to; None for what is not ours."""
    match = _KEY.fullmatch(key)
    return (UUID(match[1]), int(match[2]), int(match[3])) if match else None


def upload_of(key: str) -> UUID | None:
    """The upload's key; None for what is no upload of ours."""
    match = _UPLOAD_KEY.fullmatch(key)
    return UUID(match[1]) if match else None


def file_name(of: Job | Picture) -> str:
    """What a download is called: the words of the prompt, as far as any file system takes them."""
    plain = unicodedata.normalize("NFKD", of.order.prompt).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:FILE_NAME_LENGTH_MAX].rstrip("-")
    return f"{words or 'picture'}-{of.id}.png"


class Bucket:
    def __init__(self, client: "S3Client", name: str, links: Links) -> None:
        self._client = client
        self._name = name
        self.links = links
        self._keeps_versions: bool | None = None

    @property
    def endpoint(self) -> str:
        """Where the program stores, which is not always where members read."""
        return str(self._client.meta.endpoint_url)

    async def put_original(self, of: Job | Picture, picture: bytes) -> None:
        await self._put(original_key(of), picture, "image/png", f'inline; filename="{file_name(of)}"')

    async def put_preview(self, of: Job | Picture, preview: bytes) -> None:
        await self._put(preview_key(of), preview, "image/webp", "inline")

    async def get_original(self, of: Job | Picture) -> bytes:
        """Raises PictureGone, or BucketUnavailable."""
        return await self._get(original_key(of), ORIGINAL_BYTES_MAX)

    async def get_preview(self, of: Job | Picture) -> bytes:
        """Raises PictureGone, or BucketUnavailable."""
        return await self._get(preview_key(of), PREVIEW_BYTES_MAX)

    async def put_upload(self, upload: Upload, content: bytes) -> None:
        """As it was handed in. Raises BucketUnavailable; again is no fault."""
        await self.store(upload_key(upload), content)

    async def get_upload(self, upload: Upload) -> bytes:
        """Raises PictureGone, or BucketUnavailable."""
        return await self._get(upload_key(upload), UPLOAD_BYTES_MAX)

    def link(self, of: Job | Picture, *, download: bool = False) -> str:
        """A link to the original for whoever has it; with `download`, browsers save it and do not show it."""
        disposition = {"response-content-disposition": f'attachment; filename="{file_name(of)}"'}
        return self.links.to(original_key(of), **(disposition if download else {}))

    async def store(self, key: str, body: bytes) -> None:
        """Something other than a picture. Raises BucketUnavailable."""
        await self._put(key, body, "application/octet-stream", "inline")

    async def read(self, key: str) -> bytes:
        """Raises PictureGone, or BucketUnavailable."""
        return await self._get(key, PREVIEW_BYTES_MAX)

    async def pages(self, *, before: datetime) -> AsyncIterator[list[str]]:
        """The keys of all objects stored before then, up to 1,000 at a time. Raises BucketUnavailable."""
        with unavailable("the bucket could not be listed"):
            async for page in self._list("list_objects_v2", ""):
                yield [item["Key"] for item in page.get("Contents", []) if item["LastModified"] < before]

    async def remove(self, prefix: str) -> None:
        """Removes all whose names begin so. Raises BucketUnavailable; again is no fault."""
        with unavailable(f"{prefix} could not be removed"):
            if await self.keeps_versions():
                await self._remove_versions(prefix)
                return
            async for page in self._list("list_objects_v2", prefix):
                for item in page.get("Contents", []):
                    await self._remove(item["Key"])

    async def remove_attempt(self, of: Job | Picture) -> None:
        """Removes what this attempt stored. Raises BucketUnavailable; again is no fault."""
        await self.remove_objects((original_key(of), preview_key(of)))

    async def remove_objects(self, keys: Iterable[str]) -> None:
        """Raises BucketUnavailable; again is no fault."""
        with unavailable("objects could not be removed"):
            for key in keys:
                await self._remove(key)

    async def keeps_versions(self) -> bool:
        """Whether a deletion alone leaves old versions readable. Asked first, as it hides them from a listing."""
        if self._keeps_versions is None:
            try:
                answer = genuine(await self._client.get_bucket_versioning(Bucket=self._name), xml=True)
                self._keeps_versions = answer.get("Status") in ("Enabled", "Suspended")
            except ClientError as error:
                if not _is_refused(error):
                    raise
                await self._try_versions()
        return bool(self._keeps_versions)

    async def _try_versions(self) -> None:
        """A bucket that may not be asked gives itself away by the mark that a deletion leaves."""
        key = f"versions-{uuid4()}"
        await self.store(key, b"")
        answer = genuine(await self._client.delete_object(Bucket=self._name, Key=key))
        self._keeps_versions = bool(answer.get("DeleteMarker"))
        if self._keeps_versions:
            await self._remove_versions(key)

    async def _remove(self, key: str) -> None:
        if await self.keeps_versions():
            await self._remove_versions(key, only=key)
        else:
            genuine(await self._client.delete_object(Bucket=self._name, Key=key))

    async def _remove_versions(self, prefix: str, *, only: str | None = None) -> None:
        try:
            async for page in self._list("list_object_versions", prefix):
                for item in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                    if only in (None, item["Key"]):
                        version = {"Key": item["Key"], "VersionId": item["VersionId"]}
                        genuine(await self._client.delete_object(Bucket=self._name, **version))
        except ClientError as error:
            raise BucketUnavailable(
                "the bucket keeps old versions, which need the permissions s3:ListBucketVersions and "
                f"s3:DeleteObjectVersion to be removed: {said(error)}"
            ) from error

    async def _list(
        self, operation: Literal["list_objects_v2", "list_object_versions"], prefix: str
    ) -> AsyncIterator[dict[str, Any]]:
        paginator: Any = self._client.get_paginator(operation)
        async for page in paginator.paginate(Bucket=self._name, Prefix=prefix):
            yield listed(page)

    async def _get(self, key: str, bytes_max: int) -> bytes:
        with unavailable(f"{key} could not be read"):
            try:
                async with asyncio.timeout(READ_SECONDS):
                    answer = genuine(await self._client.get_object(Bucket=self._name, Key=key))
                    async with answer["Body"]:
                        found = await _read(answer["Body"], bytes_max)
            except ClientError as error:
                # A page that says 404 is not the bucket's word.
                if error.response["Error"].get("Code") == "NoSuchKey":
                    raise PictureGone(f"{key} is not there") from error
                raise
        if found is None:
            raise BucketUnavailable(f"{key} is larger than {bytes_max} bytes")
        stored = answer["Metadata"].get(_BYTES, "")
        if stored.isdecimal() and int(stored) != len(found):
            raise BucketUnavailable(f"{key} came with {len(found)} of {stored} bytes")
        return found

    async def _put(self, key: str, body: bytes, content_type: str, disposition: str) -> None:
        with unavailable(f"{key} could not be stored"):
            answer = await self._client.put_object(
                Bucket=self._name,
                Key=key,
                Body=body,
                ContentType=content_type,
                ContentDisposition=disposition,
                # A key is written once, so whoever has the picture has it for good.
                CacheControl="private, max-age=31536000, immutable",
                # A proxy may pass the beginning on without its length: nothing else tells that it is not all.
                Metadata={_BYTES: str(len(body))},
            )
        if "ETag" not in genuine(answer):
            raise BucketUnavailable(f"{key} was taken without an ETag, so not by the bucket", code="")


@asynccontextmanager
async def open_bucket(settings: BucketSettings, *, connections_max: int = 16) -> AsyncIterator[Bucket]:
    """One client for the life of the process: making one costs tens of milliseconds."""
    async with open_client(settings, connections_max=connections_max) as client:
        yield Bucket(client, settings.bucket_name, Links(settings))


async def _read(body: "StreamingBody", bytes_max: int) -> bytes | None:
    """None: there is more than that."""
    found = bytearray()
    while chunk := await body.read(CHUNK_BYTES):
        found += chunk
        if len(found) > bytes_max:
            return None
    return bytes(found)


def _is_refused(error: ClientError) -> bool:
    """By the service's own word, and not for now: it knows no versions, or lets this key not ask for them."""
    code = error.response["Error"].get("Code", "")
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return not code.isdecimal() and (400 <= status < 500 or status == 501)
