"""What a job's picture is made from, as its provider takes it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import BucketUnavailable, PictureGone, reason
from core.failures import FailureCode, JobFailed
from core.operations import MODELS, OPERATIONS, Role
from core.orders import Job, Picture, Source, Upload
from db.bucket.client import Bucket
from db.picture_store import PictureStore
from db.pool import UNAVAILABLE
from db.queue import Queue
from db.retry import until_answered, within
from db.uploads import Uploads
from worker.attachments import Attachments
from worker.cpus import CpuSlots
from worker.fitting import Material, fitted

log = logging.getLogger(__name__)

KEEP_SECONDS = 15.0
"""How long the bucket may take for what was handed in: the member waits, and a later attempt can do it."""


@dataclass(frozen=True, slots=True)
class Inputs:
    queue: Queue
    pictures: PictureStore
    bucket: Bucket
    uploads: Uploads
    attachments: Attachments
    cpus: CpuSlots

    async def of(self, job: Job) -> Mapping[Role, bytes]:
        """Raises JobFailed where one is gone, cannot be read, or does not fit; waits for Postgres."""
        order = job.order
        if not order.inputs:
            return {}
        sources = await until_answered(lambda: self.queue.inputs(job))
        if len(sources) < len(order.inputs):
            raise JobFailed(FailureCode.INPUT_GONE, f"of {list(order.inputs)} not all are there still")
        operation, model = OPERATIONS[order.operation], MODELS[order.model]
        materials = [
            Material(
                operation.inputs[number].role,
                await self._content(source),
                operation.bounds_for(model, number),
                is_ours=isinstance(source, Picture),
            )
            for number, source in enumerate(sources)
        ]
        return await self.cpus.in_thread(fitted, materials, order.params.get("fields", ()))

    async def _content(self, source: Source) -> bytes:
        try:
            if isinstance(source, Picture):
                return await self.pictures.original(source)
            return await self._handed_in(source)
        except PictureGone as error:
            raise JobFailed(FailureCode.INPUT_GONE, str(error)) from error
        except (BucketUnavailable, *UNAVAILABLE) as error:
            raise JobFailed(FailureCode.INPUT_UNREAD, reason(error)) from error

    async def _handed_in(self, upload: Upload) -> bytes:
        if upload.url is not None:
            try:
                content = await self.attachments.fetch(upload)
            except JobFailed as error:
                # A worker may have kept it that was lost before it could say so.
                if error.code is not FailureCode.INPUT_GONE:
                    raise
            else:
                await self._keep(upload, content)
                return content
        return await self.bucket.get_upload(upload)

    async def _keep(self, upload: Upload, content: bytes) -> None:
        """Before anything is made of it: Discord's link ends, and this attempt may fail."""
        try:
            await within(KEEP_SECONDS, self.bucket.put_upload(upload, content))
            await within(KEEP_SECONDS, self.uploads.kept(upload))
        except (BucketUnavailable, *UNAVAILABLE) as error:
            log.warning("what was handed in is with Discord alone for now: %s", reason(error))
