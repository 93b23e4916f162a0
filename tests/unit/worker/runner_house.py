"""All that a runner of jobs works with, in one."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from core.failures import FailureCode, JobFailed, Outcome
from core.operations import Role
from core.orders import Job, State
from core.provenance import Mark
from tests.workshop import instruments
from worker import imaging
from worker.job import JobRunner
from worker.providers.provider import Begun, Call, Painting

PAINTING = Painting(b"as it came", 7, "request-7")
PICTURES = imaging.Pictures(b"original", b"preview", (640, 480))


class House:
    """All that a runner works with; what each is asked is kept, and fails as a test says."""

    name = "stability"

    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []
        self.faults: dict[str, list[BaseException]] = {}
        self.hangs = ""
        self.sent = True
        self.alone = False
        self.after_retry = State.QUEUED
        self.answer: Painting | Begun = PAINTING
        self.result: Painting | None = None
        self.attempts_max = 3
        self.probe: list[Job] = []
        self.queued: list[Job] = []
        self.instruments = instruments()
        house = cast("Any", self)
        self.runner = JobRunner(
            house, house, house, house, house, house, house, house, house, self.instruments
        )

    async def _do(self, name: str, *how: Any, **more: Any) -> None:
        self.done.append((name, *how, *([more] if more else [])))
        if self.hangs == name:
            await asyncio.Event().wait()
        if self.faults.get(name):
            raise self.faults[name].pop(0)

    # The rate limit, the watch and the queue's claims.
    async def provide(self) -> None:
        await self._do("provide")

    async def check_key(self) -> None:
        await self._do("check key")

    async def claim(self, limit: int, *, provider: str) -> list[Job]:
        await self._do("claim", limit, provider)
        return self.queued

    async def claim_probe(self) -> list[Job]:
        await self._do("claim probe")
        return self.probe

    async def wait(self) -> None:
        await self._do("wait")

    async def pause(self, seconds: float) -> None:
        await self._do("pause", seconds)

    # The provider.
    async def paint(self, of: Job, inputs: Mapping[Role, bytes], call: Call) -> Painting | Begun:
        if self.sent:
            call.sent()
        await self._do("paint", of.id, inputs)
        return self.answer

    async def collect(self, of: Job, call: Call) -> Painting | None:
        await self._do("collect", of.generation)
        return self.result

    # The watch.
    async def judged(self, of: Job, error: JobFailed) -> JobFailed:
        await self._do("judged")
        return error.restated(FailureCode.UNAVAILABLE, "alone") if self.alone else error

    async def failed(self, of: Job, error: JobFailed) -> None:
        await self._do("watch failed", error.code)

    async def painted(self, of: Job) -> None:
        await self._do("watch painted", of.id)

    # The queue.
    async def begun(self, of: Job, generation: str, *, look_after_seconds: float) -> None:
        await self._do("begun", of.id, generation, look_after_seconds)

    async def look_later(self, of: Job, *, seconds: float, faults: int = 0) -> None:
        await self._do("look later", round(seconds), faults)

    async def release(self, of: Job, outcome: Outcome = Outcome.FREE, **how: Any) -> None:
        await self._do("release", outcome, {"request_id": None, "delay_seconds": 0, "refused": False, **how})

    async def retry(self, of: Job, error: JobFailed, *, delay_seconds: float) -> State:
        await self._do("retry", error.code, error.outcome, error.request_id, delay_seconds)
        return self.after_retry

    async def fail(self, of: Job, error: JobFailed) -> None:
        await self._do("fail", error.code, error.outcome, error.request_id)

    async def is_refused_alone(self, of: Job) -> bool:
        return self.alone

    # The ledger, the inputs, the storage and the processors.
    async def correct(
        self, of: Job, outcome: Outcome, *, request_id: str | None, generation: str | None
    ) -> None:
        await self._do("correct", of.id, outcome, request_id, *([generation] if generation else []))

    async def of(self, of: Job) -> Mapping[Role, bytes]:
        if of.order.inputs:
            await self._do("inputs", of.id)
        return {Role.PICTURE: b"source"} if of.order.inputs else {}

    async def store(self, of: Job, painting: Painting, preparing: asyncio.Future[Any]) -> None:
        await preparing
        await self._do("store", of.id, painting)

    async def in_thread(self, work: Any, *arguments: Any) -> Any:
        await self._do("prepare", *arguments[1:])
        return work(*arguments)

    def prepare(self, mark: Mark, painted: bytes, size: tuple[int, int] | None) -> imaging.Pictures:
        return PICTURES

    def names(self) -> list[str]:
        return [name for name, *_ in self.done]

    def last(self) -> tuple[Any, ...]:
        return self.done[-1]

    def spent(self) -> float:
        return self.value("tigerbrush_credits_spent_total", model="core") or 0

    def value(self, name: str, **labels: str) -> float | None:
        return self.instruments.registry.get_sample_value(name, labels)
