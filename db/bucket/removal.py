"""Removes objects for good: where a bucket keeps versions, a deletion alone leaves them readable."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from core.errors import BucketUnavailable
from db.bucket.s3 import genuine, listed, said

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client


class Removal:
    def __init__(self, client: "S3Client", name: str) -> None:
        self._client = client
        self._name = name
        self._keeps_versions: bool | None = None

    async def under(self, prefix: str) -> None:
        if await self.keeps_versions():
            await self._remove_versions(prefix)
            return
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix)
        async for page in pages:
            for item in listed(page).get("Contents", []):
                await self.of(item["Key"])

    async def of(self, key: str) -> None:
        if not await self.keeps_versions():
            answer = genuine(await self._client.delete_object(Bucket=self._name, Key=key))
            if not answer.get("DeleteMarker"):
                return
            # It could not be asked, and gives itself away.
            self._keeps_versions = True
        await self._remove_versions(key, only=key)

    async def keeps_versions(self) -> bool:
        """Asked before anything is removed, as a deletion hides the versions from a try that comes later."""
        if self._keeps_versions is None:
            try:
                answer = await self._client.get_bucket_versioning(Bucket=self._name)
            except ClientError as error:
                if not _is_refused(error):
                    raise
                self._keeps_versions = False
            else:
                self._keeps_versions = genuine(answer, xml=True).get("Status") in ("Enabled", "Suspended")
        return self._keeps_versions

    async def _remove_versions(self, prefix: str, *, only: str | None = None) -> None:
        try:
            async for key, version in self._versions(prefix):
                if only in (None, key):
                    genuine(await self._client.delete_object(Bucket=self._name, Key=key, VersionId=version))
        except ClientError as error:
            raise BucketUnavailable(
                "the bucket keeps old versions, which need the permissions s3:ListBucketVersions and "
                f"s3:DeleteObjectVersion to be removed: {said(error)}"
            ) from error

    async def _versions(self, prefix: str) -> AsyncIterator[tuple[str, str]]:
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._name, Prefix=prefix)
        async for page in pages:
            found: dict[str, Any] = {**listed(page)}
            for item in (*found.get("Versions", []), *found.get("DeleteMarkers", [])):
                yield item["Key"], item["VersionId"]


def _is_refused(error: ClientError) -> bool:
    """By the service's own word, and not for now: it knows no versions, or lets this key not ask for them."""
    code = error.response["Error"].get("Code", "")
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return not code.isdecimal() and (400 <= status < 500 or status == 501)
