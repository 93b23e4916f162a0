"""Paints plain colours, and refuses its key where the prompt or the environment says so."""

import io
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal

from PIL import Image

from core.failures import FailureCode, JobFailed, Outcome
from core.operations import Role
from core.orders import Job
from worker.providers.provider import Call, Painting
from worker.settings import WorkerSettings


class MakeBelieve:
    name = "make_believe"
    title = "Make-believe"
    key_variable = "MAKE_BELIEVE_KEY"
    host_variable = "MAKE_BELIEVE_HOST"
    account_url = "make-believe.example"
    requests_per_10_seconds = 7

    async def paint(self, job: Job, inputs: Mapping[Role, bytes], call: Call) -> Painting:
        order = job.order
        call.sent()
        if "no key" in order.prompt:
            raise JobFailed(FailureCode.BAD_KEY, "it is refused", outcome=Outcome.FREE)
        buffer = io.BytesIO()
        Image.new("RGB", order.size or (64, 64), "teal").save(buffer, "PNG")
        return Painting(buffer.getvalue(), 42, f"make-believe {order.id}")

    async def collect(self, job: Job, call: Call) -> Painting | None:
        raise AssertionError("it answers at once")

    async def balance(self) -> Decimal:
        if os.environ.get("MAKE_BELIEVE_KEY") == "bad":
            raise JobFailed(FailureCode.BAD_KEY, "it is refused")
        return Decimal(100)


@asynccontextmanager
async def open_provider(_settings: WorkerSettings) -> AsyncIterator[MakeBelieve]:
    yield MakeBelieve()
