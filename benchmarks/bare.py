"""`python -m benchmarks.bare`: the worker as it is, but that it makes no preview and stores none.

What it takes less than the worker is what the preview costs, with decoding the picture for it and the thread
in which that is done.
"""

from collections.abc import Callable
from unittest.mock import patch

from core.orders import Job, Picture
from db.bucket.client import Bucket
from worker import imaging
from worker.__main__ import main
from worker.cpus import CpuSlots
from worker.imaging import Pictures


def pass_through(painted: bytes, size: tuple[int, int] | None, _xmp: bytes) -> Pictures:
    if size is None:
        raise AssertionError("an upscaled picture is not measured")
    return Pictures(painted, b"", size)


async def here(_cpus: CpuSlots, work: Callable[..., Pictures], *arguments: object) -> Pictures:
    """Stands for a thread."""
    return work(*arguments)


async def store_none(_bucket: Bucket, _of: Job | Picture, _preview: bytes) -> None:
    """Stands for `Bucket.put_preview`."""


if __name__ == "__main__":
    with (
        patch.object(imaging, "prepare", pass_through),
        patch.object(CpuSlots, "in_thread", here),
        patch.object(Bucket, "put_preview", store_none),
    ):
        main()
